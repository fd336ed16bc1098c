from __future__ import annotations

from datetime import date

import pytest

from assistant.reply import write_reply
from finetune.columns import evidence_text
from finetune.prepare.checks import conflicts, of_answer, of_reply
from finetune.prepare.inconsistencies import Kind, asked_twice, between, contradictions
from finetune.prepare.sign import sign
from guardrails.claim import Claim
from retrieval.passage import Citation, Passage, Section
from tests.finetune.prepare.made import rows

PAIRS = [
    # one answer, the other, what is wrong
    ("Give 500 mg once daily.", "Give 850 mg once daily.", Kind.AMOUNTS),
    ("Give 500 mg once daily.", "Give 500 mg with food, once daily.", Kind.WORDING),
    ("Give 500 mg once daily.", "Give 500 mg, or 850 mg where that fails.", Kind.WORDING),
    ("Give 2,000 mg.", "Give 2000 mg.", Kind.WORDING),
    ("It may be given in pregnancy.", "It may not be given in pregnancy.", Kind.POLARITY),
    ("It may be given in pregnancy.", "Do not crush the tablets of this medicine.", Kind.WORDING),
    ("It is given with food.", "It is taken with meals.", Kind.WORDING),
]


@pytest.mark.parametrize(("one", "other", "kind"), PAIRS)
def test_what_does_not_go_together(one: str, other: str, kind: Kind) -> None:
    assert between(one, other) is kind is between(other, one)


def test_answers_of_one_question_are_compared() -> None:
    signed = sign(
        rows(
            {"question": "How much lisinopril?", "answer": "10 mg once daily."},
            {"question": "how much LISINOPRIL", "answer": "40 mg once daily."},
            {"question": "How much lisinopril?", "answer": "40 mg once daily.", "history": ["In children?"]},
            {"question": "How much warfarin?", "answer": "As the INR says."},
        )
    )
    twice = asked_twice(signed)
    assert twice.to_list() == [0, 1]
    (found,) = contradictions(signed.filter(signed["ordinal"].is_in(twice.implode())))
    assert (found.kind, found.ids, found.holds) == (Kind.AMOUNTS, ("r0", "r1"), True)


@pytest.mark.parametrize(
    ("answer", "medicines", "wrong"),
    [
        ("Give metformin 6,000 mg daily.", ["metformin"], True),
        ("Give 6 g daily.", ["metformin"], True),  # the question names the medicine
        ("Adults may take up to 6,000 mg of metformin a day.", ["metformin"], True),
        ("Give metformin 2,000 mg daily.", ["metformin"], False),
        ("Methotrexate 15 mg every day.", ["methotrexate"], True),
        ("Methotrexate 15 mg once a week.", ["methotrexate"], False),
        ("Give it with food.", ["metformin"], False),
        ("Give 6 g daily.", [], False),
    ],
)
def test_answers_against_the_dose_rules(answer: str, medicines: list[str], wrong: bool) -> None:
    assert bool(of_answer(answer, medicines)) is wrong


TEXT = "The maximum recommended dose of metformin is 2,550 mg per day in adults. Do not crush the tablets."
PASSAGE = Passage(
    "k1", "s@1", TEXT, Section.DOSAGE, ("2 Dosage",), 0, len(TEXT), ("metformin",), "Metformin", date(2025, 1, 1)
)
QUOTE = "The maximum recommended dose of metformin is 2,550 mg per day in adults."


@pytest.mark.parametrize(
    ("said", "quote", "wrong"),
    [
        (QUOTE, QUOTE, False),
        (QUOTE.replace("2,550", "5,250"), QUOTE, True),
        (QUOTE, QUOTE.replace("2,550", "5,250"), True),
        ("Crush the tablets.", "Do not crush the tablets.", True),
    ],
)
def test_replies_against_the_evidence_they_cite(said: str, quote: str, wrong: bool) -> None:
    reply = write_reply([Claim(said, (Citation("k1", quote),))])
    assert bool(of_reply(reply, (PASSAGE,))) is wrong
    found = list(conflicts(rows({"question": "q", "answer": reply, "evidence": evidence_text((PASSAGE,))})))
    assert [one.kind for one in found] == ([Kind.EVIDENCE] if wrong else [])


def test_a_reply_that_cannot_be_read_waits() -> None:
    assert of_reply('[{"citations":[', (PASSAGE,))
    assert of_reply("[{'citations'", (PASSAGE,))


def test_an_answer_that_cannot_be_checked_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("finetune.prepare.checks.of_answer", broken)
    (found,) = conflicts(rows({"question": "q", "answer": "5 mg daily", "medicines": ["metformin"]}))
    assert "could not be checked" in found.explanation
