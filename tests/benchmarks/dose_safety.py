"""`pharmassist bench dose-safety`: does the checker release what a source does not say, or withhold what it says?

Drafts come from the starter corpus, from the labels of the development data where they are there, and from people
(`tests/benchmarks/dose_drafts/`, `tests/benchmarks/dose_safety_cases/`). Each is checked twice: with its quotes, and
with citations that quote nothing, so that the checker must find the support itself. A draft counts as released when
either is. Half of the drafts, by the md5 of their id, are held out: `held out` is the number to believe, `dev` the one
that may have been looked at. Drafts of one sentence resemble each other, so the intervals are a little too narrow.

    pharmassist bench dose-safety --data ../shared/data
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import perf_counter

from finetune.measure import BenchReport, Metric, exact_interval, peak_mb, proportion
from guardrails.claim import Claim
from guardrails.dosing import DoseContext, check_claim
from guardrails.errors import GuardrailError
from guardrails.examined import examine
from guardrails.groundedness import Grounding
from guardrails.judge import judge
from guardrails.patient import Patient
from guardrails.rulebook import shipped
from guardrails.support import with_quotes
from guardrails.verdict import Decision, Finding, Severity
from retrieval.encoder import Encoder
from retrieval.medicines import Medicines
from retrieval.nets import Nets
from retrieval.passage import Passage
from retrieval.settings import RetrievalSettings
from tests.benchmarks.dose_drafts.draft import Draft, Kind, Origin, Way
from tests.benchmarks.dose_drafts.drafts import generated
from tests.benchmarks.dose_drafts.peers import RULES, peer_figures
from tests.benchmarks.dose_drafts.said import corpus, labels, said
from tests.benchmarks.dose_drafts.written import written

RAISED = "the check raised"


@dataclass(frozen=True, slots=True)
class _Checker:
    """The deterministic checks and the dose checks always, the learned verifier on what they let through."""

    medicines: Medicines
    context: DoseContext
    grounding: Grounding


@cache
def _checker() -> _Checker:
    encoder, medicines = Encoder(RetrievalSettings()), Medicines.load()
    return _Checker(medicines, DoseContext(shipped(), medicines, Patient()), Grounding(Nets(encoder), encoder))


def check(claim: Claim, evidence: Mapping[str, Passage]) -> tuple[bool, str]:
    """Whether the checker under test releases the claim, and the ids of the rules that hold it back.

    The checks of `guardrails.guard.Guard.judge` without NeMo Guardrails around them, which would add its milliseconds
    to each of twenty thousand sentences and change no verdict. A check that raises withholds, and is counted.
    """
    checker = _checker()
    quoted = with_quotes(claim, evidence, checker.medicines)
    try:
        verdict = judge(quoted, evidence, checker.medicines)
        examined = examine(quoted, evidence, checker.medicines)
        found = (*verdict.findings, *check_claim(examined, checker.context))
        if not _blocking(found):
            found = checker.grounding.check(examined)
    except GuardrailError as error:
        return False, f"{RAISED}: {error}"
    blocking = _blocking(found)
    return verdict.decision is Decision.RELEASE and not blocking, ", ".join(sorted(blocking))


def _blocking(found: Sequence[Finding]) -> set[str]:
    return {finding.rule for finding in found if finding.severity is Severity.BLOCK}


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft, and what became of it with quotes and without."""

    draft: Draft
    quoted: bool
    unquoted: bool
    why: str

    @property
    def released(self) -> bool:
        return self.quoted or self.unquoted

    @property
    def withheld(self) -> bool:
        return not self.quoted

    @property
    def wrong(self) -> bool:
        return self.withheld if self.draft.faithful else self.released


def run(data: Path) -> BenchReport:
    """Judge every draft; without labels under `data` the starter corpus alone is used."""
    started = perf_counter()
    return replace(report(all_drafts(data)), seconds=perf_counter() - started)


def report(drafts: Sequence[Draft]) -> BenchReport:
    """Judge these drafts. The failures: corrupted drafts first, and of each side those that may be tuned on first."""
    judged = [judge_draft(draft, check) for draft in drafts]
    wrong = sorted(
        (one for one in judged if one.wrong),
        key=lambda one: (one.draft.faithful, one.draft.held_out, one.draft.id),
    )
    peers = {name: peer_figures(drafts, rule) for name, rule in RULES.items()}
    return BenchReport("dose-safety", dict(_metrics(judged)), peers, tuple(map(_line, wrong)), 0.0, peak_mb())


def all_drafts(data: Path) -> tuple[Draft, ...]:
    """The drafts that people wrote, and those generated from the corpus and the labels."""
    monographs = corpus()
    return (*written(monographs), *generated(said((*monographs, *labels(data)))))


def judge_draft(draft: Draft, checker: Callable[[Claim, Mapping[str, Passage]], tuple[bool, str]]) -> Judged:
    """Check the draft with its quotes and without."""
    quoted, why = checker(draft.claim(quoted=True), draft.evidence)
    unquoted, why_not = checker(draft.claim(quoted=False), draft.evidence)
    return Judged(draft, quoted, unquoted, why or why_not)


def _metrics(judged: Sequence[Judged]) -> Iterator[tuple[str, Metric]]:
    corrupted = [one for one in judged if not one.draft.faithful]
    faithful = [one for one in judged if one.draft.faithful]
    for name, part in _parts(corrupted):
        yield f"corrupted released{name}", _share(part, lambda one: one.released)
        if name in {"", ", dev", ", held out"}:
            yield f"corrupted released{name}: at most, one-sided 95 %", _upper(part)
    for name, part in _parts(faithful):
        yield f"faithful withheld{name}", _share(part, lambda one: one.withheld)
    yield "corrupted released, without a quote", _share(corrupted, lambda one: one.unquoted)
    yield "faithful withheld, without a quote", _share(faithful, lambda one: not one.unquoted)
    yield "the check raised", _share(judged, lambda one: one.why.startswith(RAISED))


def _parts(judged: Sequence[Judged]) -> Iterator[tuple[str, Sequence[Judged]]]:
    """All, the halves, who wrote it, and each kind with its held-out half; what has no draft is left out."""
    yield from ((name, part) for name, part in _all_parts(judged) if part)


def _all_parts(judged: Sequence[Judged]) -> Iterator[tuple[str, Sequence[Judged]]]:
    held_out = [one for one in judged if one.draft.held_out]
    yield "", judged
    yield ", dev", [one for one in judged if not one.draft.held_out]
    yield ", held out", held_out
    for origin in Origin:
        yield f", from {origin.value}", [one for one in judged if one.draft.origin is origin]
    for kind in (*Kind, *Way):
        yield f", kind {kind.value}", [one for one in judged if one.draft.kind is kind]
        yield f", kind {kind.value}, held out", [one for one in held_out if one.draft.kind is kind]


def _share(judged: Sequence[Judged], counts: Callable[[Judged], bool]) -> Metric:
    return proportion(sum(map(counts, judged)), len(judged))


def _upper(judged: Sequence[Judged]) -> Metric:
    """The largest rate that the released ones are compatible with, at 95 % one-sided."""
    return Metric(exact_interval(sum(one.released for one in judged), len(judged), 0.90)[1], len(judged))


def _line(one: Judged) -> str:
    draft = one.draft
    how = "withheld" if draft.faithful else "released" if one.quoted else "released without a quote"
    half = "held out" if draft.held_out else "dev"
    return f"{how} ({half}, {draft.kind.value}, {draft.id}): {draft.text} -- {one.why or draft.source}"
