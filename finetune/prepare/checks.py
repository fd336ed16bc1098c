"""Step find inconsistencies, second half: answers against the dose rules, and ours against the evidence they cite.

The same checks that stand between a draft and the screen. They take milliseconds a row, so only rows that are still in
are looked at, and of plain answers only those that state a dose of a medicine that has rules. What was found of a
chunk is kept: a kill costs one chunk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from assistant.errors import DraftMalformed
from assistant.reply import ReplyReader
from finetune.columns import NO_EVIDENCE, passages_of
from finetune.dialogue import is_reply
from finetune.prepare.decide import Check, Rows
from finetune.prepare.embedded import one_thread_each
from finetune.prepare.inconsistencies import Inconsistency, Kind
from finetune.whole import write_whole
from guardrails.claim import Claim
from guardrails.dosing import DoseContext, check_claim, check_question
from guardrails.examined import examine
from guardrails.judge import judge
from guardrails.patient import Patient
from guardrails.rulebook import shipped
from guardrails.verdict import Decision, Severity
from retrieval.medicines import Medicines
from retrieval.passage import Passage

_DOSE = r"\d ?(?:mg|mcg|g|kg|mL|units?|mEq|mmol|international units)\b|\d ?%|\b(?:daily|a day|per day|hours|weekly)\b"
_NOT_ABOUT_SIZE = frozenset({"dose.abbreviation", "dose.unread"})
"""Findings about how a dose is written, not about how high it is."""
_LIMITS = frozenset(
    f"dose.{name}"
    for name in (
        *("single-max", "daily-max", "weekly-max", "course", "interval", "duration", "rate", "weekly"),
        *("tenfold", "unit-confusion", "renal", "hepatic"),
    )
)
"""Findings that a dose is beyond a limit, whether they would block an answer or only warn beside it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the answer of one row."""

    ordinal: int
    kind: Kind
    explanation: str


def checker(
    rows: Rows, bound: str, workers: int, check_doses: bool, on_progress: Callable[[str, int, int], None]
) -> Check:
    """A check of the rows of these files; `bound` changes when anything that the rows rest on does."""

    def check(ordinals: pl.Series) -> Iterator[Inconsistency]:
        if not check_doses or not ordinals.len():
            return
        wrong: list[Wrong] = []
        for done, found in enumerate(_each(rows, ordinals, bound, workers), start=1):
            wrong += found
            on_progress("checking doses", done, len(rows.paths))
        texts = rows.texts(pl.Series([one.ordinal for one in wrong], dtype=pl.UInt64))
        said = {row["ordinal"]: row for row in texts.iter_rows(named=True)}
        for one in wrong:
            row = said[one.ordinal]
            yield Inconsistency(
                one.kind, (one.ordinal,), (row["id"],), row["question"], (row["answer"],), one.explanation
            )

    return check


def _each(rows: Rows, ordinals: pl.Series, bound: str, workers: int) -> Iterator[list[Wrong]]:
    jobs = [(path, _of(path, ordinals), bound) for path in rows.paths]
    if workers == 1 or len(jobs) == 1:
        yield from map(_kept, jobs)
        return
    with one_thread_each(), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_kept, jobs)


def _of(path: Path, ordinals: pl.Series) -> pl.Series:
    own = pl.read_parquet(path, columns=["ordinal"])
    return own.join(ordinals.to_frame("ordinal"), on="ordinal", how="semi")["ordinal"]


def _kept(job: tuple[Path, pl.Series, str]) -> list[Wrong]:
    """What is wrong with the rows of one file, from an earlier run where it looked at the same rows."""
    path, ordinals, bound = job
    key = sha256(bound.encode() + ordinals.to_numpy().tobytes()).hexdigest()
    place = path.parent.parent / "checks" / f"{path.stem}.json"
    try:
        held = json.loads(place.read_text(encoding="utf-8"))
        if held["key"] == key:
            return [Wrong(one["ordinal"], Kind(one["kind"]), one["explanation"]) for one in held["wrong"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never done, or not to the end: it is done now
    columns = ["ordinal", "question", "answer", "evidence", "medicines"]
    frame = pl.read_parquet(path, columns=columns).join(ordinals.to_frame("ordinal"), on="ordinal", how="semi")
    wrong = list(conflicts(frame))
    write_whole(place, json.dumps({"key": key, "wrong": [asdict(one) for one in wrong]}))
    return wrong


def conflicts(rows: pl.DataFrame) -> Iterator[Wrong]:
    """What is wrong with each of these rows (ordinal, answer, evidence, medicines)."""
    stating = pl.col("answer").str.contains(_DOSE) & pl.col("medicines").list.len().is_between(1, 4)
    for row in rows.filter((pl.col("evidence") != NO_EVIDENCE) | stating).iter_rows(named=True):
        ours = row["evidence"] != NO_EVIDENCE and is_reply(row["answer"])
        try:
            if ours:
                found = of_reply(row["answer"], passages_of(row["evidence"]))
            else:
                found = of_answer(row["answer"], row["medicines"])
        except Exception as error:  # noqa: BLE001 fail closed: a row that cannot be checked waits for a person
            found = f"the answer could not be checked ({type(error).__name__})"
        if found:
            yield Wrong(row["ordinal"], Kind.EVIDENCE if ours else Kind.RULE, found)


def of_answer(answer: str, medicines: Iterable[str]) -> str:
    """What a plain answer says against a dose rule, "" where nothing."""
    names = tuple(medicines)
    known = _names()
    if not any(name in _ruled() for name in names):
        return ""
    # "Take 6 g daily." is about the medicine of the question, where that is one.
    text = answer if known.find(answer) or len(names) != 1 else f"{names[0]}: {answer}"
    found = check_claim(examine(Claim(text, ()), {}, known), _context())
    if any(one.rule == "dose.unread" for one in found):
        # What the exact reader does not understand is looked at coarsely, as the dose of a question is. It takes a
        # daily amount for a single one, so its limits of single doses do not count.
        found = (*found, *(one for one in check_question(text, _context()) if one.rule != "dose.single-max"))
    return next((one.explanation for one in found if one.rule in _LIMITS and one.severity is not Severity.INFORM), "")


def of_reply(answer: str, evidence: tuple[Passage, ...]) -> str:
    """Why the guardrails would withhold a claim of a reply, "" where they would release all of it."""
    reader = ReplyReader()
    passages = {passage.key: passage for passage in evidence}
    try:
        claims = list(reader.feed(answer))
    except DraftMalformed as error:
        return f"the reply cannot be read: {error}"
    if not reader.complete:
        return "the reply does not end"
    for claim in claims:
        verdict = judge(claim, passages, _names())
        if verdict.decision is not Decision.RELEASE:
            return next((one.explanation for one in verdict.findings if one.severity is Severity.BLOCK), "not released")
        for finding in check_claim(examine(claim, passages, _names()), _context()):
            if finding.severity is Severity.BLOCK and finding.rule not in _NOT_ABOUT_SIZE:
                return finding.explanation
    return ""


@cache
def _names() -> Medicines:
    return Medicines.load()


@cache
def _context() -> DoseContext:
    return DoseContext(shipped(), _names(), Patient())


@cache
def _ruled() -> frozenset[str]:
    """The ingredients that have dose rules."""
    return frozenset(name for rules in shipped().medicines for name in rules.ingredients)
