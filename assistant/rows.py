"""Turns as rows and back: what `assistant.records` stores, and how it is read again, exactly.

Everything is copied into the turn's own rows, the cited passages verbatim, so that a past answer stays readable
whatever happens to the index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from assistant.conversation import (
    Answer,
    Assessment,
    Basis,
    CheckedClaim,
    Conflict,
    Flag,
    FlagKind,
    Override,
    Question,
    Refusal,
    RefusalReason,
    Turn,
    WithheldClaim,
)
from assistant.database import ALERTS, CHECKS, CITATIONS, CLAIMS, FINDINGS, PASSAGES, TURNS
from guardrails.claim import Claim
from guardrails.patient import Patient
from guardrails.verdict import CheckRun, Decision, Finding, Severity, Verdict
from retrieval.passage import Citation, Passage, Section

Row: TypeAlias = Mapping[str, object]

_ANSWER = "answer"
_REFUSAL = "refusal"
_BASIS = tuple(field.name for field in fields(Basis))
_NUMBERS = ("age", "weight", "height", "creatinine", "creatinine_clearance", "egfr")
_LISTS = ("allergies", "medicines", "conditions")


@dataclass(frozen=True, slots=True)
class StoredParts:
    """The rows of one turn: its own, and those that hang on it, each list in order."""

    turn: RowMapping
    passages: Sequence[RowMapping]
    claims: Sequence[RowMapping]
    citations: Sequence[RowMapping]
    findings: Sequence[RowMapping]
    checks: Sequence[RowMapping]
    alerts: Sequence[RowMapping]


def conversation_row(turn: Turn) -> Row:
    """The conversation that this turn would begin; its title is the question."""
    question = turn.outcome.question
    return {"id": turn.conversation_id, "title": question.text, "started_at": question.asked_at}


def flag_row(flag: Flag) -> Row:
    """One flag."""
    return asdict(flag) | {"kind": flag.kind.value}


def override_row(override: Override) -> Row:
    """One override."""
    return asdict(override)


def turn_rows(turn: Turn) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Every row of a turn, tables in the order in which they must be inserted; the conversation is not among them."""
    outcome = turn.outcome
    yield TURNS, [_turn_row(turn)]
    passages = outcome.passages if isinstance(outcome, Answer) else ()
    yield PASSAGES, [_passage_row(turn.id, at, passage) for at, passage in enumerate(passages)]
    released = outcome.claims if isinstance(outcome, Answer) else ()
    judged: list[CheckedClaim | WithheldClaim] = [*released, *outcome.withheld]
    yield CLAIMS, [_claim_row(turn.id, at, item) for at, item in enumerate(judged)]
    yield CITATIONS, [row for at, item in enumerate(judged) for row in _citation_rows(turn.id, at, item.claim)]
    yield FINDINGS, [row for at, item in enumerate(judged) for row in _finding_rows(turn.id, at, _findings(item))]
    yield CHECKS, [row for at, item in enumerate(judged) for row in _check_rows(turn.id, at, _checks(item))]
    alerts = outcome.assessment.alerts
    yield ALERTS, [{"turn_id": turn.id, "position": at, **_finding_row(alert)} for at, alert in enumerate(alerts)]


def _turn_row(turn: Turn) -> Row:
    outcome = turn.outcome
    question = outcome.question
    refusal = outcome if isinstance(outcome, Refusal) else None
    return {
        "id": turn.id,
        "conversation_id": turn.conversation_id,
        "saved_at": turn.saved_at,
        "kind": _REFUSAL if refusal else _ANSWER,
        "question": question.text,
        "asked_at": question.asked_at,
        "asked_by": question.asked_by,
        "history": list(question.history),
        "patient": _patient_to_json(question.patient),
        "reason": refusal.reason.value if refusal else "",
        "explanation": refusal.explanation if refusal else "",
        "next_step": refusal.next_step if refusal else "",
        "notices": list(outcome.notices),
        "seconds": outcome.seconds,
        **{name: getattr(outcome.basis, name) for name in _BASIS},
        "not_known": list(outcome.basis.not_known),
        "calculations": list(outcome.assessment.calculations),
        "asked_for": list(outcome.assessment.asked_for),
        "conflicts": [asdict(conflict) for conflict in outcome.assessment.conflicts],
    }


def _patient_to_json(patient: Patient) -> Row:
    """Decimals as text, because a number in JSON would lose its exact digits."""
    known = {field.name: getattr(patient, field.name) for field in fields(Patient)}
    numbers = {name: None if known[name] is None else str(known[name]) for name in _NUMBERS}
    return known | numbers | {name: list(known[name]) for name in _LISTS}


def _passage_row(turn_id: str, position: int, passage: Passage) -> Row:
    row = asdict(passage)
    start, end = row.pop("start"), row.pop("end")
    lists = {"heading": list(passage.heading), "ingredients": list(passage.ingredients)}
    place = {"turn_id": turn_id, "position": position, "start_char": start, "end_char": end}
    return row | place | lists | {"section": passage.section.value}


def _claim_row(turn_id: str, position: int, item: CheckedClaim | WithheldClaim) -> Row:
    released = isinstance(item, CheckedClaim)
    decision = item.verdict.decision if isinstance(item, CheckedClaim) else item.decision
    return {
        "turn_id": turn_id,
        "position": position,
        "released": released,
        "text": item.claim.text,
        "decision": decision.value,
    }


def _checks(item: CheckedClaim | WithheldClaim) -> tuple[CheckRun, ...]:
    return item.verdict.checks if isinstance(item, CheckedClaim) else item.checks


def _findings(item: CheckedClaim | WithheldClaim) -> tuple[Finding, ...]:
    return item.verdict.findings if isinstance(item, CheckedClaim) else item.findings


def _citation_rows(turn_id: str, claim: int, of: Claim) -> list[Row]:
    return [
        {"turn_id": turn_id, "claim": claim, "position": at, "key": citation.key, "quote": citation.quote}
        for at, citation in enumerate(of.citations)
    ]


def _finding_rows(turn_id: str, claim: int, findings: tuple[Finding, ...]) -> Iterator[Row]:
    for at, finding in enumerate(findings):
        yield {"turn_id": turn_id, "claim": claim, "position": at, **_finding_row(finding)}


def _finding_row(finding: Finding) -> Row:
    row = asdict(finding)
    start, end = row.pop("span")
    return row | {"span_start": start, "span_end": end, "severity": finding.severity.value}


def _check_rows(turn_id: str, claim: int, checks: tuple[CheckRun, ...]) -> list[Row]:
    return [
        {"turn_id": turn_id, "claim": claim, "position": at, "rule": check.rule, "ms": check.ms}
        for at, check in enumerate(checks)
    ]


def read_turn(parts: StoredParts) -> Turn:
    """The turn that these rows hold; raises `ValueError` or `KeyError` where they hold none."""
    row = parts.turn
    question = Question(
        row["id"],
        row["conversation_id"],
        row["question"],
        row["asked_at"],
        tuple(row["history"]),
        _patient_from_json(row["patient"]),
        row["asked_by"],
    )
    basis = Basis(**{name: row[name] for name in _BASIS[:-1]}, not_known=tuple(row["not_known"]))
    judged = [_read_claim(parts, claim) for claim in parts.claims]
    withheld = tuple(item for item in judged if isinstance(item, WithheldClaim))
    last = (row["seconds"], tuple(row["notices"]), _read_assessment(parts))
    outcome: Answer | Refusal
    if row["kind"] == _ANSWER:
        released = tuple(item for item in judged if isinstance(item, CheckedClaim))
        passages = tuple(_read_passage(passage) for passage in parts.passages)
        outcome = Answer(question, released, passages, withheld, basis, *last)
    else:
        reason = RefusalReason(row["reason"])
        outcome = Refusal(question, reason, row["explanation"], row["next_step"], withheld, basis, *last)
    return Turn(row["id"], row["conversation_id"], outcome, row["saved_at"])


def _patient_from_json(stored: Mapping[str, object]) -> Patient:
    # A turn that an earlier version saved has fewer fields.
    numbers = {name: None if stored.get(name) is None else Decimal(str(stored[name])) for name in _NUMBERS}
    lists = {name: _strings(stored.get(name, [])) for name in _LISTS}
    return Patient(**{**stored, **numbers, **lists})  # type: ignore[arg-type]  # checked by the round-trip test


def _strings(stored: object) -> tuple[str, ...]:
    if not isinstance(stored, list):
        raise ValueError("a stored list is no list")
    return tuple(str(item) for item in stored)


def _read_assessment(parts: StoredParts) -> Assessment:
    row = parts.turn
    alerts = tuple(_read_finding(alert) for alert in parts.alerts)
    conflicts = tuple(_read_conflict(conflict) for conflict in row["conflicts"])
    return Assessment(alerts, _strings(row["calculations"]), _strings(row["asked_for"]), conflicts)


def _read_conflict(stored: Mapping[str, object]) -> Conflict:
    statements = stored["statements"]
    if not isinstance(statements, list):
        raise ValueError("a stored conflict has no statements")
    said = tuple(Citation(str(one["key"]), str(one["quote"])) for one in statements)
    return Conflict(str(stored["about"]), said, _strings(stored["titles"]))


def _read_claim(parts: StoredParts, row: RowMapping) -> CheckedClaim | WithheldClaim:
    at = row["position"]
    citations = tuple(Citation(c["key"], c["quote"]) for c in parts.citations if c["claim"] == at)
    claim = Claim(row["text"], citations)
    findings = tuple(_read_finding(finding) for finding in parts.findings if finding["claim"] == at)
    checks = tuple(CheckRun(check["rule"], check["ms"]) for check in parts.checks if check["claim"] == at)
    if not row["released"]:
        # Rows of the first release do not name the decision; there was only one then.
        return WithheldClaim(claim, findings, Decision(row["decision"] or Decision.WITHHOLD), checks)
    return CheckedClaim(claim, Verdict(Decision.RELEASE, findings, checks))


def _read_finding(row: RowMapping) -> Finding:
    span = (row["span_start"], row["span_end"])
    return Finding(row["rule"], row["version"], Severity(row["severity"]), row["explanation"], span, row["evidence"])


def _read_passage(row: RowMapping) -> Passage:
    return Passage(
        key=row["key"],
        source_id=row["source_id"],
        text=row["text"],
        section=Section(row["section"]),
        heading=tuple(row["heading"]),
        start=row["start_char"],
        end=row["end_char"],
        ingredients=tuple(row["ingredients"]),
        title=row["title"],
        effective=row["effective"],
        is_table_row=row["is_table_row"],
        origin=row["origin"],
        verified=row["verified"],
    )


def read_flag(row: RowMapping) -> Flag:
    """The flag that this row holds."""
    made_at: datetime = row["made_at"]
    return Flag(
        row["id"],
        row["turn_id"],
        FlagKind(row["kind"]),
        row["comment"],
        row["corrected"],
        made_at,
        row["made_by"],
    )


def read_override(row: RowMapping) -> Override:
    """The override that this row holds."""
    return Override(**{field.name: row[field.name] for field in fields(Override)})
