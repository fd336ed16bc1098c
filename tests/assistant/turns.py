"""Turns for the tests of storage: one made by hand, and a strategy for every shape that a turn can have."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from assistant.conversation import (
    Answer,
    Assessment,
    Basis,
    CheckedClaim,
    Conflict,
    Flag,
    FlagKind,
    Question,
    Refusal,
    Turn,
    WithheldClaim,
)
from guardrails.claim import Claim
from guardrails.patient import Patient
from guardrails.verdict import CheckRun, Decision, Finding, Severity, Verdict
from retrieval.passage import Citation, Passage, Section

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

PASSAGE = Passage(
    key="met-3",
    source_id="metformin@1",
    text="Start metformin at 500 mg twice daily.",
    section=Section.DOSAGE,
    heading=("Dosage", "Adults"),
    start=10,
    end=48,
    ingredients=("metformin",),
    title="Metformin",
    effective=date(2026, 1, 31),
)


def answer_turn(turn_id: str, conversation_id: str = "talk", text: str = "Dose of metformin?") -> Turn:
    """A small answered turn."""
    claim = Claim(PASSAGE.text, (Citation(PASSAGE.key, PASSAGE.text),))
    checked = CheckedClaim(claim, Verdict(Decision.RELEASE, (), (CheckRun("quote", 0.1),)))
    question = Question(turn_id, conversation_id, text, NOW)
    return Turn(turn_id, conversation_id, Answer(question, (checked,), (PASSAGE,), (), Basis(), 0.25), NOW)


def flag(flag_id: str, turn_id: str, kind: FlagKind = FlagKind.UNSAFE) -> Flag:
    """A flag on a turn."""
    return Flag(flag_id, turn_id, kind, "too high", "500 mg", NOW, "reader")


# Surrogates cannot be encoded and NUL cannot be stored by PostgreSQL: intake removes both before a question is kept.
_words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_names = st.tuples(_words) | st.just(()) | st.tuples(_words, _words)


def _between(least: str, most: str) -> st.SearchStrategy[Decimal | None]:
    return st.none() | st.decimals(Decimal(least), Decimal(most), allow_nan=False, places=None)


def _is_one_moment(at: datetime) -> bool:
    """Not in the hour that a change of the clock repeats: Python calls such a time unequal to the same one in UTC."""
    return at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset()


_moments = st.datetimes(
    timezones=st.just(UTC) | st.timezones(), allow_imaginary=False, min_value=datetime(1900, 1, 1)
).filter(_is_one_moment)
_seconds = st.floats(min_value=0, max_value=1e6)
_patients = st.builds(
    Patient,
    age=_between("0", "125"),
    weight=_between("0.2", "700"),
    height=_between("20", "275"),
    sex=st.sampled_from([None, "female"]),
    creatinine=_between("0.05", "40"),
    creatinine_clearance=_between("0", "400"),
    egfr=_between("0", "400"),
    hepatic_class=st.sampled_from([None, "A", "B", "C"]),
    dialysis=st.none() | st.booleans(),
    pregnant=st.none() | st.booleans(),
    breastfeeding=st.none() | st.booleans(),
    allergies=_names,
    medicines=_names,
    conditions=_names,
)
_questions = st.builds(Question, _words, _words, _words, _moments, _names, _patients, _words)
_passages = st.builds(
    Passage,
    key=_words,
    source_id=_words,
    text=_words,
    section=st.sampled_from(Section),
    heading=_names,
    start=st.integers(0, 10**6),
    end=st.integers(0, 10**6),
    ingredients=_names,
    title=_words,
    effective=st.none() | st.dates(),
    is_table_row=st.booleans(),
    origin=_words,
    verified=st.booleans(),
)
_spans = st.tuples(st.integers(0, 500), st.integers(0, 500))
_bases = st.builds(Basis, *([_words] * 8), _names)


def _claims_of(keys: list[str]) -> st.SearchStrategy[Claim]:
    citations = st.lists(st.builds(Citation, st.sampled_from(keys), _words), min_size=1, max_size=2).map(tuple)
    return st.builds(Claim, _words, citations)


def _findings_of() -> st.SearchStrategy[tuple[Finding, ...]]:
    found = st.builds(
        Finding, _words, _words, st.sampled_from(Severity), explanation=_words, span=_spans, evidence=_words
    )
    return st.lists(found, max_size=2).map(tuple)


_checks = st.lists(st.builds(CheckRun, _words, _seconds), max_size=2).map(tuple)
_refused = st.sampled_from([Decision.WITHHOLD, Decision.ESCALATE])
_withheld = st.lists(
    st.builds(WithheldClaim, _claims_of(["gone", ""]), _findings_of(), _refused, _checks), max_size=2
).map(tuple)
_statements = st.lists(st.builds(Citation, _words, _words), max_size=2).map(tuple)
_conflicts = st.lists(st.builds(Conflict, _words, _statements, _names), max_size=2).map(tuple)
_assessments = st.builds(Assessment, _findings_of(), _names, _names, _conflicts)


@st.composite
def _answers(draw: st.DrawFn) -> Answer:
    passages = draw(st.lists(_passages, min_size=1, max_size=2).map(tuple))
    checks = st.lists(st.builds(CheckRun, _words, _seconds), min_size=1, max_size=2).map(tuple)
    verdicts = st.builds(Verdict, st.just(Decision.RELEASE), _findings_of(), checks)
    checked = st.builds(CheckedClaim, _claims_of([passage.key for passage in passages]), verdicts)
    claims = draw(st.lists(checked, min_size=1, max_size=2).map(tuple))
    last = (draw(_bases), draw(_seconds), draw(_names), draw(_assessments))
    return Answer(draw(_questions), claims, passages, draw(_withheld), *last)


_refusals = st.builds(
    Refusal,
    _questions,
    explanation=_words,
    next_step=_words,
    withheld=_withheld,
    basis=_bases,
    seconds=_seconds,
    notices=_names,
    assessment=_assessments,
)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """Any turn."""
    outcome: Answer | Refusal = draw(_answers() | _refusals)
    return Turn(outcome.question.id, outcome.question.conversation_id, outcome, draw(_moments))
