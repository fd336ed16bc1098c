"""Judges another program's draft against its evidence: `check` is the Python function, `pharmassist check` the command.

Both take the same shapes and give the same `Result` (docs/json.md). The draft may come from any chatbot; nothing of it
is stored or logged.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from guardrails.claim import Claim
from guardrails.decide import of_draft
from guardrails.errors import InputInvalid
from guardrails.guard import Guard
from guardrails.patient import Patient
from guardrails.patient_facts import PatientFacts
from guardrails.quoting import places
from guardrails.splitting import split
from guardrails.support import with_quotes
from guardrails.verdict import CheckRun, Decision, Severity, Verdict
from retrieval.passage import Citation, Passage, Section
from retrieval.readers.headings import section_of

LONGEST_FILE = 10_000_000
"""Bytes of one file; more is no evidence for one answer."""

Shape = TypeVar("Shape")


class Evidence(BaseModel):
    """One passage that the draft may cite. `section` is its heading; further fields are ignored."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(min_length=1)
    text: str = Field(min_length=1)
    title: str = ""
    section: str = ""


class DraftClaim(BaseModel):
    """One sentence with the keys that it cites. Without a quote the supporting words are looked for in the passage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    citations: tuple[str, ...] = ()
    quote: str | None = None


class DraftOfClaims(BaseModel):
    """A draft in its JSON form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claims: tuple[DraftClaim, ...]


class FoundShape(BaseModel):
    """One finding on a claim."""

    rule: str
    severity: Severity
    explanation: str


class JudgedShape(BaseModel):
    """One claim, whether it may be shown, and why not or with which warning."""

    text: str
    released: bool
    findings: list[FoundShape]


class RunShape(BaseModel):
    """A check or rail, and the milliseconds that it took over all claims."""

    rule: str
    ms: float


class Result(BaseModel):
    """The verdict on the draft: release only when every claim is released."""

    verdict: Decision
    claims: list[JudgedShape]
    checks: list[RunShape]


def check(
    evidence: Sequence[Evidence], draft: DraftOfClaims | str, guard: Guard, patient: Patient | None = None
) -> Result:
    """Judge every claim of a draft.

    `draft` is a list of claims, or plain text whose sentences carry their keys as `[key]`. A sentence without a key
    cites nothing and is withheld. A draft without a sentence is withheld.

    Raises:
        InputInvalid: two passages have the same key.
    """
    passages = _passages(evidence, guard)
    claims = split(draft) if isinstance(draft, str) else [_claim(one, passages) for one in draft.claims]
    judged: list[tuple[Claim, Verdict]] = []
    for claim in claims:
        quoted = with_quotes(claim, passages, guard.medicines)
        judged.append((claim, guard.judge(quoted, passages, patient=patient)))
    return Result(
        verdict=of_draft([verdict.decision for _, verdict in judged]),
        claims=[_judged(claim, verdict) for claim, verdict in judged],
        checks=_summed(run for _, verdict in judged for run in verdict.checks),
    )


def _passages(evidence: Sequence[Evidence], guard: Guard) -> Mapping[str, Passage]:
    found: dict[str, Passage] = {}
    for one in evidence:
        if one.key in found:
            raise InputInvalid(f"two passages of the evidence have the key “{one.key}”; give each its own")
        found[one.key] = _passage(one, guard)
    return found


def _passage(one: Evidence, guard: Guard) -> Passage:
    about = [*guard.medicines.find(one.title)]
    return Passage(
        key=one.key,
        # Without a title two passages are not known to be of one document.
        source_id=one.title or one.key,
        text=one.text,
        section=section_of(one.section) if one.section else Section.OTHER,
        heading=(one.section,) if one.section else (),
        start=0,
        end=len(one.text),
        ingredients=tuple(dict.fromkeys(name for mention in about if mention.exact for name in mention.ingredients)),
        title=one.title,
        effective=None,
    )


def _claim(one: DraftClaim, passages: Mapping[str, Passage]) -> Claim:
    """The quote belongs to the cited passages that hold it; where none does, to all, so that the quote check fails."""
    quote = one.quote or ""
    holding = [key for key in one.citations if quote and key in passages and places(quote, passages[key].text)]
    quoted = holding or one.citations
    return Claim(one.text, tuple(Citation(key, quote if key in quoted else "") for key in one.citations))


def _judged(claim: Claim, verdict: Verdict) -> JudgedShape:
    findings = [FoundShape(rule=f.rule, severity=f.severity, explanation=f.explanation) for f in verdict.findings]
    return JudgedShape(text=claim.text, released=verdict.decision is Decision.RELEASE, findings=findings)


def _summed(runs: Iterable[CheckRun]) -> list[RunShape]:
    total: defaultdict[str, float] = defaultdict(float)
    for run in runs:
        total[run.rule] += run.ms
    return [RunShape(rule=rule, ms=round(ms, 3)) for rule, ms in total.items()]


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """The evidence of a JSON file. Raises `InputInvalid`, which says what is wrong and where."""
    return _parsed(TypeAdapter(tuple[Evidence, ...]), _text(path), path)


def read_draft(path: Path) -> DraftOfClaims | str:
    """A draft from a file: JSON where it begins with a brace, else plain text. Raises `InputInvalid`."""
    text = _text(path)
    return _parsed(TypeAdapter(DraftOfClaims), text, path) if text.lstrip().startswith("{") else text


def read_patient(path: Path) -> Patient:
    """The patient of a JSON file. Raises `InputInvalid` or `PatientInvalid`."""
    return _parsed(TypeAdapter(PatientFacts), _text(path), path).patient()


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise InputInvalid(f"{path} is larger than {LONGEST_FILE // 1_000_000} MB; give the passages of one answer")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputInvalid(f"{path} is not UTF-8 text") from error


def _parsed(shape: TypeAdapter[Shape], text: str, path: Path) -> Shape:
    try:
        return shape.validate_python(json.loads(text, parse_float=Decimal), strict=False)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputInvalid(f"{path} is not JSON: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the whole'}: {each['msg']}" for each in error.errors())
        raise InputInvalid(f"{path} does not have the documented shape ({wrong}); see docs/json.md") from error
