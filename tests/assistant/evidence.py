"""Passages and a question that the tests of drafting share. Made up, with the characters that are hard to quote."""

from __future__ import annotations

from datetime import UTC, datetime

from assistant.conversation import Question
from assistant.generate import DraftRequest
from retrieval.passage import Passage, Section


def passage(key: str, text: str, *, row: bool = False) -> Passage:
    return Passage(
        key=key,
        source_id="metformin@1",
        text=text,
        section=Section.DOSAGE,
        heading=("Dosage", "Adults"),
        start=0,
        end=len(text),
        ingredients=("metformin",),
        title="Metformin",
        effective=None,
        is_table_row=row,
    )


ADULTS = passage(
    "m1a2",
    "The usual starting dose is 500 mg twice daily or 850 mg once daily, with meals. The maximum is 2,550 mg per day.",
)
RENAL = passage(
    "m3b4",
    "Do not start metformin when eGFR is 30 to 45 mL/min/1.73 m2. It is contraindicated below 30 mL/min/1.73 m2.",
)
ROW = passage("t5c6", 'Table 1: "Adults"\n| Age | Dose |\n| ≥ 65 years | ½ tablet \\ day |', row=True)
PASSAGES = (ADULTS, RENAL, ROW)


def request_for(text: str = "What is the dose of metformin?", passages: tuple[Passage, ...] = PASSAGES) -> DraftRequest:
    question = Question("turn-1", "conversation-1", text, datetime(2026, 11, 1, tzinfo=UTC))
    return DraftRequest(question, passages, ("metformin",), (Section.DOSAGE,))
