"""Small real classes that stand in for what a test must not need: a model, an index, a clock. No patching."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from threading import Event as Gate
from typing import TypeVar

from assistant.conversation import (
    Answer,
    Assessment,
    Basis,
    CheckedClaim,
    Conflict,
    Event,
    Progress,
    Question,
    Refusal,
    RefusalReason,
    Step,
    Turn,
    WithheldClaim,
)
from assistant.people import Person, Role
from guardrails.claim import Claim
from guardrails.verdict import CheckRun, Decision, Finding, Severity, Verdict
from retrieval.passage import Citation, Passage, Section, Source, SourceKind

RENAL = (
    "Lunarine is not started in adults whose eGFR is between 30 and 45 mL/min/1.73 m2. "
    "Lunarine is contraindicated in adults whose eGFR is below 30 mL/min/1.73 m2."
)
DOSING = "Adults take Lunarine tablets 500 mg by mouth twice a day with meals. The maximum is 2,550 mg per day."
HOSTILE = "Lunarine <script>window.hacked = 1</script> interacts with ${window.hacked = 2} {{alcohol}} & `ethanol`."
FILLER = "This paragraph stands between the sections of the made-up label so that there is text around a passage. "
LUNARINE_TEXT = "\n\n".join(
    ["LUNARINE TABLETS", FILLER * 20, DOSING, FILLER * 20, RENAL, FILLER * 20, HOSTILE, FILLER * 20]
)


def lunarine_source(superseded_by: str = "") -> Source:
    """A made-up label with text around each of its passages."""
    return Source(
        id="lunarine@3", document="lunarine", kind=SourceKind.LABEL, title="Lunarine hydrochloride tablets",
        ingredients=("lunarine hydrochloride",), brands=("Moonex",), publisher="Example Laboratories", version="3",
        effective=date(2026, 1, 31), url="https://example.org/labels/lunarine", licence="public label text",
        text=LUNARINE_TEXT, checksum="0" * 64, set_id="", superseded_by=superseded_by,
    )  # fmt: skip


def passage_of(key: str, body: str, section: Section, heading: tuple[str, ...], title: str = "") -> Passage:
    """A passage of the made-up label, where it really stands."""
    source = lunarine_source()
    start = source.text.index(body)
    return Passage(
        key, source.id, body, section, heading, start, start + len(body), source.ingredients, title or source.title,
        source.effective,
    )  # fmt: skip


def dosing_passage() -> Passage:
    """The adult dose, from a section of the made-up label."""
    return passage_of("lun-2.1", DOSING, Section.DOSAGE, ("2 Dosage and administration", "2.1 Adults"))


def renal_passage() -> Passage:
    """What the made-up label says on kidney function; not verified, with the label section it came from."""
    found = passage_of("lun-8.6", RENAL, Section.RENAL, ("8 Use in specific populations", "8.6 Renal impairment"))
    return replace(found, origin="Lunarine tablets, prescribing information, section 8.6", verified=False)


def hostile_passage() -> Passage:
    """A passage and a title that try to run in the page that shows them."""
    return passage_of(
        "lun-x", HOSTILE, Section.INTERACTIONS, ("7 <script>bad()</script>",), "Lunarine <img src=x onerror=bad()>"
    )


def checked(words: str, *citations: Citation, findings: tuple[Finding, ...] = ()) -> CheckedClaim:
    """A claim that was released."""
    return CheckedClaim(
        Claim(words, citations), Verdict(Decision.RELEASE, findings, (CheckRun("citation.quote", 0.2),))
    )


def withheld(words: str, why: str, rule: str = "citation.numbers") -> WithheldClaim:
    """A claim that was not."""
    return WithheldClaim(Claim(words, ()), (Finding(rule, "1", Severity.BLOCK, why),))


FULL_BASIS = Basis(
    generator="extractive", prompt_version="ask@1", rules_version="2026-01", index_version="a1b2c3",
    code_version="0.1.0", not_known=("age", "weight", "kidney function"),
)  # fmt: skip


def canned_answer(question: Question) -> Answer:
    """Three claims over two passages, one withheld sentence and an unverified source."""
    dose, kidney = dosing_passage(), renal_passage()
    claims = (
        checked(
            "Adults take Lunarine tablets 500 mg by mouth twice a day with meals.",
            Citation(dose.key, "Adults take Lunarine tablets 500 mg by mouth twice a day with meals."),
        ),
        checked("The maximum is 2,550 mg per day.", Citation(dose.key, "The maximum is 2,550 mg per day.")),
        checked(
            "Lunarine is contraindicated in adults whose eGFR is below 30 mL/min/1.73 m2.",
            Citation(kidney.key, "contraindicated in adults whose eGFR is below 30 mL/min/1.73 m2"),
            Citation(dose.key, "Adults take Lunarine tablets 500 mg"),
        ),
    )
    refused = withheld("The dose may be raised to 3,000 mg per day.", "“3,000 mg” does not occur in the quoted words.")
    return Answer(question, claims, (dose, kidney), (refused,), FULL_BASIS, 0.24)


def canned_refusal(question: Question) -> Refusal:
    """The medicine asked about is not indexed."""
    return Refusal(
        question, RefusalReason.MEDICINE_NOT_INDEXED, "Zubrovine is not in the index, so there is no source.",
        "Check the spelling, or add its label with “pharmassist ingest FILE”.", basis=FULL_BASIS, seconds=0.05,
    )  # fmt: skip


WARNING = Finding(
    "dose.renal", "1", Severity.WARN, "Halve the dose below 30 mL/min.", evidence="Lunarine label, section 8.6"
)


def warned_answer(question: Question) -> Answer:
    """A warning on the question and one on a sentence, arithmetic, an unknown and two sources that disagree."""
    answer = canned_answer(question)
    first = replace(answer.claims[0], verdict=replace(answer.claims[0].verdict, findings=(WARNING,)))
    over = replace(
        WARNING, rule="dose.daily-max", explanation="6 × 1 g = 6 g a day is over the 4 g a day of the label."
    )
    statements = (Citation("lun-2.1", "The maximum is 2,550 mg per day."), Citation("old-1", "Up to 3,000 mg per day."))
    conflict = Conflict("the daily maximum of lunarine", statements, ("Lunarine label", "Lunarine guideline"))
    made = Assessment((over,), ("15 mg/kg × 12 kg = 180 mg",), ("kidney function: lunarine is halved",), (conflict,))
    return replace(answer, claims=(first, *answer.claims[1:]), assessment=made)


def hostile_answer(question: Question) -> Answer:
    """An answer whose every text tries to run in the page."""
    passage = hostile_passage()
    claims = (checked(HOSTILE, Citation(passage.key, HOSTILE[:40])),)
    refused = withheld("<script>bad()</script>", "<img src=x onerror=bad()>")
    basis = replace(FULL_BASIS, model="<b>model</b>", not_known=("<i>age</i>",))
    return Answer(question, claims, (passage,), (refused,), basis, 0.1, ("<script>bad()</script>",))


def fallback_answer(question: Question) -> Answer:
    """An answer by the stand-in generator, with urgent advice first."""
    basis = replace(FULL_BASIS, fallback="The model server did not answer, so sentences were quoted from the sources.")
    notices = ("If this is an emergency, call the emergency services now.",)
    return replace(canned_answer(question), basis=basis, notices=notices)


@dataclass
class FakeAssistant:
    """Answers by a word of the question: zubrovine (refusal), fallback, hostile, warned, crash, held; else an answer.

    A held question waits after its first sentence until `gate` is set. Turns are kept by `save`, as the real assistant
    does before its last event. `asked` holds every question.
    """

    save: Callable[[Turn], None]
    gate: Gate = field(default_factory=Gate)
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question) -> Iterator[Event]:
        """Events in the order of the real assistant."""
        self.asked.append(question)
        yield Progress(Step.SCREENING)
        if "crash" in question.text:
            raise RuntimeError("made to fail <script>bad()</script>")
        outcome = _outcome(question)
        for event in _steps(outcome):
            yield event
            if "held" in question.text and isinstance(event, CheckedClaim):
                self.gate.wait(60)
        self.save(Turn(question.id, question.conversation_id, outcome, datetime.now(UTC)))
        yield outcome


def _outcome(question: Question) -> Answer | Refusal:
    words = question.text.lower()
    if "zubrovine" in words:
        return canned_refusal(question)
    if "warned" in words:
        return warned_answer(question)
    if "hostile" in words:
        return hostile_answer(question)
    return fallback_answer(question) if "fallback" in words else canned_answer(question)


def _steps(outcome: Answer | Refusal) -> Iterator[Event]:
    yield outcome.assessment
    yield Progress(Step.SEARCHING)
    if isinstance(outcome, Refusal):
        return
    yield Progress(Step.DRAFTING, "12 passages from 2 sources")
    yield from outcome.claims
    yield from outcome.withheld
    yield Progress(Step.SAVING)


LOCAL = Person("local-id", "local", "Local user", frozenset(Role))
"""The one person of single-user mode."""


Made = TypeVar("Made")


def in_a_loop(make: Callable[[], Made]) -> Made:
    """What `make` returns, made while an event loop runs: outside of one, Gradio makes loops that it never closes.

    In a thread of its own, because a test that drives a browser has a loop running already.
    """

    async def made() -> Made:
        return make()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(made())).result()
