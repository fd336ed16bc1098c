"""The stable JSON shapes that other programs read; documented in docs/json.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel

from assistant.conversation import Answer, Assessment, CheckedClaim, Conflict, Outcome, OverrideRate, WithheldClaim
from finetune.measure import BenchReport
from guardrails.verdict import Finding
from retrieval.passage import Passage, Source


class CitationShape(BaseModel):
    """One citation of a claim. `section` is the heading path in the source, outermost first."""

    key: str
    source: str
    title: str
    section: str
    quote: str


class ClaimShape(BaseModel):
    """A released sentence, its citations (at least one), and the warnings and notes to show with it."""

    text: str
    citations: list[CitationShape]
    findings: list[FindingShape]


class FindingShape(BaseModel):
    """Which rule found something, how severe it is (block, warn or inform), and what in words."""

    rule: str
    explanation: str
    severity: str


class StatementShape(BaseModel):
    """What one source says of a conflict."""

    key: str
    title: str
    quote: str


class ConflictShape(BaseModel):
    """Two retrieved sources that do not agree: on what, and the words of each."""

    about: str
    statements: list[StatementShape]


class AssessmentShape(BaseModel):
    """What the dose rules make of the question and the patient, and where sources contradict each other."""

    alerts: list[FindingShape]
    calculations: list[str]
    asked_for: list[str]
    conflicts: list[ConflictShape]


class WithheldShape(BaseModel):
    """A sentence that was drafted and failed a check. Never to be shown as advice."""

    text: str
    findings: list[FindingShape]
    decision: str


class BasisShape(BaseModel):
    """What made the answer: versions of everything, and what was not known."""

    generator: str
    model: str
    adapter: str
    prompt_version: str
    rules_version: str
    index_version: str
    code_version: str
    fallback: str
    not_known: list[str]


class OutcomeShape(BaseModel):
    """`ask --json`. `reason`, `explanation` and `next_step` are null for an answer; `claims` is empty for a refusal."""

    kind: str
    reason: str | None
    explanation: str | None
    next_step: str | None
    notices: list[str]
    claims: list[ClaimShape]
    withheld: list[WithheldShape]
    assessment: AssessmentShape
    basis: BasisShape
    conversation: str
    seconds: float


class SourceShape(BaseModel):
    """One document at one version, as `sources --json` lists it."""

    id: str
    document: str
    kind: str
    title: str
    ingredients: list[str]
    brands: list[str]
    publisher: str
    version: str
    effective: date | None
    url: str
    licence: str
    verified: bool
    superseded_by: str | None


class SourcesShape(BaseModel):
    """`sources --json`."""

    sources: list[SourceShape]


class OverrideRateShape(BaseModel):
    """How often a rule's warnings were shown, and how many were overridden."""

    rule: str
    shown: int
    overridden: int


class OverridesShape(BaseModel):
    """`overrides --json`."""

    rates: list[OverrideRateShape]


class MetricShape(BaseModel):
    """A value over n cases with the ends of its 95 % interval (null where none is defined)."""

    value: float
    n: int
    low: float | None
    high: float | None


class BenchShape(BaseModel):
    """`bench NAME --json`."""

    bench: str
    metrics: dict[str, MetricShape]
    peers: dict[str, dict[str, float]]
    failures: list[str]
    seconds: float
    peak_mb: float


def outcome_json(outcome: Outcome) -> str:
    """An answer or a refusal as one JSON object."""
    return outcome_shape(outcome).model_dump_json(indent=2)


def outcome_shape(outcome: Outcome) -> OutcomeShape:
    """An answer or a refusal in its stable shape."""
    answered = isinstance(outcome, Answer)
    passages = {passage.key: passage for passage in outcome.passages} if isinstance(outcome, Answer) else {}
    claims = [_claim(item, passages) for item in outcome.claims] if isinstance(outcome, Answer) else []
    return OutcomeShape(
        kind="answer" if answered else "refusal",
        reason=None if isinstance(outcome, Answer) else outcome.reason.value,
        explanation=None if isinstance(outcome, Answer) else outcome.explanation,
        next_step=None if isinstance(outcome, Answer) else outcome.next_step,
        notices=list(outcome.notices),
        claims=claims,
        withheld=[_withheld(item) for item in outcome.withheld],
        assessment=_assessment(outcome.assessment),
        basis=BasisShape.model_validate(outcome.basis, from_attributes=True),
        conversation=outcome.question.conversation_id,
        seconds=round(outcome.seconds, 4),
    )


def _claim(item: CheckedClaim, passages: dict[str, Passage]) -> ClaimShape:
    citations = [
        CitationShape(
            key=citation.key,
            source=passages[citation.key].source_id,
            title=passages[citation.key].title,
            section=" > ".join(passages[citation.key].heading),
            quote=citation.quote,
        )
        for citation in item.claim.citations
    ]
    return ClaimShape(text=item.claim.text, citations=citations, findings=_findings(item.verdict.findings))


def _withheld(item: WithheldClaim) -> WithheldShape:
    return WithheldShape(text=item.claim.text, findings=_findings(item.findings), decision=item.decision.value)


def _findings(found: Sequence[Finding]) -> list[FindingShape]:
    return [FindingShape(rule=one.rule, explanation=one.explanation, severity=one.severity.value) for one in found]


def _assessment(made: Assessment) -> AssessmentShape:
    return AssessmentShape(
        alerts=_findings(made.alerts),
        calculations=list(made.calculations),
        asked_for=list(made.asked_for),
        conflicts=[_conflict(conflict) for conflict in made.conflicts],
    )


def _conflict(conflict: Conflict) -> ConflictShape:
    said = zip(conflict.statements, conflict.titles, strict=True)
    return ConflictShape(
        about=conflict.about,
        statements=[StatementShape(key=one.key, title=title, quote=one.quote) for one, title in said],
    )


def sources_json(sources: Sequence[Source]) -> str:
    """The indexed documents as one JSON object, without their texts."""
    listed = [
        SourceShape(
            id=source.id,
            document=source.document,
            kind=source.kind.value,
            title=source.title,
            ingredients=list(source.ingredients),
            brands=list(source.brands),
            publisher=source.publisher,
            version=source.version,
            effective=source.effective,
            url=source.url,
            licence=source.licence,
            verified=source.verified,
            superseded_by=source.superseded_by or None,
        )
        for source in sources
    ]
    return SourcesShape(sources=listed).model_dump_json(indent=2)


def bench_json(report: BenchReport) -> str:
    """A benchmark's report as one JSON object."""
    shape = BenchShape(
        bench=report.bench,
        metrics={
            name: MetricShape(value=metric.value, n=metric.n, low=metric.low, high=metric.high)
            for name, metric in report.metrics.items()
        },
        peers={name: dict(values) for name, values in report.peers.items()},
        failures=list(report.failures),
        seconds=round(report.seconds, 3),
        peak_mb=round(report.peak_mb, 1),
    )
    return shape.model_dump_json(indent=2)


def overrides_json(rates: Sequence[OverrideRate]) -> str:
    """The override rates as one JSON object."""
    listed = [OverrideRateShape.model_validate(rate, from_attributes=True) for rate in rates]
    return OverridesShape(rates=listed).model_dump_json(indent=2)
