"""Reviews as rows and back, exactly; what `assistant.reviews` stores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TypeAlias

from sqlalchemy.engine import RowMapping

from assistant.review import ErrorType, Judged, JudgedOn, Judgement, Review
from guardrails.claim import Claim
from retrieval.passage import Citation, Passage, Section

Row: TypeAlias = Mapping[str, object]


def review_row(review: Review) -> Row:
    """The columns of a review."""
    judgement, basis = review.judgement, review.basis
    return {
        "id": review.id,
        "turn_id": review.turn_id,
        "place": review.place,
        "by": review.by,
        "person_id": review.person_id,
        "at": review.at,
        "judged": judgement.judged.value,
        "error": judgement.error.value if judgement.error else "",
        "comment": judgement.comment,
        "corrected": json.dumps(
            None if judgement.corrected is None else [asdict(each) for each in judgement.corrected]
        ),
        "evidence": [_passage_to_json(each) for each in basis.evidence],
        "medicines": list(basis.medicines),
        "dosing": review.dosing,
        "doses": list(review.doses),
        "turn_hash": basis.turn_hash,
        "rules_version": basis.rules_version,
        "index_version": basis.index_version,
    }


def read_review(row: RowMapping) -> Review:
    """The review of a row; raises `ValueError`, `KeyError` or `TypeError` where it holds none."""
    corrected = json.loads(row["corrected"])
    claims = None if corrected is None else tuple(_claim_from_json(each) for each in corrected)
    error = ErrorType(row["error"]) if row["error"] else None
    evidence = tuple(_passage_from_json(each) for each in row["evidence"])
    versions = (row["rules_version"], row["index_version"])
    return Review(
        row["id"], row["turn_id"], row["place"], row["by"], row["person_id"], row["at"],
        Judgement(Judged(row["judged"]), error, row["comment"], claims),
        JudgedOn(row["turn_hash"], evidence, tuple(row["medicines"]), *versions), row["dosing"], tuple(row["doses"]),
    )  # fmt: skip


def _claim_from_json(stored: Mapping[str, object]) -> Claim:
    citations = stored["citations"]
    if not isinstance(citations, Sequence):
        raise ValueError("a stored claim has no citations")
    return Claim(str(stored["text"]), tuple(Citation(str(one["key"]), str(one["quote"])) for one in citations))


def _passage_to_json(passage: Passage) -> Row:
    effective = passage.effective.isoformat() if passage.effective else None
    return asdict(passage) | {"section": passage.section.value, "effective": effective}


def _passage_from_json(stored: Mapping[str, object]) -> Passage:
    dated, section = stored["effective"], Section(str(stored["section"]))
    effective = date.fromisoformat(str(dated)) if dated else None
    lists = {name: _strings(stored[name]) for name in ("heading", "ingredients")}
    known = {"section": section, "effective": effective}
    return Passage(**{**stored, **lists, **known})  # type: ignore[arg-type]  # checked by the round-trip test


def _strings(stored: object) -> tuple[str, ...]:
    if not isinstance(stored, list):
        raise ValueError("a stored list is no list")
    return tuple(str(item) for item in stored)
