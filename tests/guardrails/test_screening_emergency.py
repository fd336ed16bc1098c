"""Urgent advice stands first where somebody needs help now, and nowhere else."""

from __future__ import annotations

import pytest

from guardrails.screening.emergency import notice, notices
from tests.guardrails.intake_questions import emergencies

CASES = [(kind, text) for kind, texts in emergencies("tuned").items() for text in texts]
KINDS = ("overdose", "anaphylaxis", "suicide", "breathing", "seizure", "bleeding", "heart-and-brain")
OWN_KIND = ("overdose", "anaphylaxis", "suicide")


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_an_emergency_is_noticed_and_a_general_question_is_not(kind: str, text: str) -> None:
    found = notices(text)
    if kind in OWN_KIND:
        assert notice(kind) in found
    else:
        assert bool(found) is (kind != "none")


BOUNDARIES = [
    # what happens now, and the same words about the past, a plan or the general case
    ("took 40 tablets of digoxin an hour ago", "overdose"),
    ("took 2 tablets of digoxin an hour ago", ""),
    ("gave 100 units instead of 10", "overdose"),
    ("give 10 units instead of 8?", ""),
    ("toddler swallowed mum's metformin tablets", "overdose"),
    ("toddler swallows tablets badly, is there a syrup", ""),
    ("she is fitting for 6 minutes", "seizure"),
    ("fitted with a pacemaker 6 minutes ago", ""),
    ("on warfarin and hit her head", "bleeding"),
    ("on warfarin and has a head cold", ""),
    ("crushing chest pain since lunch", "heart-and-brain"),
    ("chest wall pain on a statin", ""),
    ("not breathing after morphine", "breathing"),
    ("breathing exercises after surgery", ""),
]


@pytest.mark.parametrize(("text", "kind"), BOUNDARIES)
def test_both_sides_of_an_emergency(text: str, kind: str) -> None:
    assert notices(text) == ((notice(kind),) if kind else ())


@pytest.mark.parametrize("kind", KINDS)
def test_urgent_advice_is_one_plain_sentence_without_a_dose(kind: str) -> None:
    said = notice(kind)
    assert said.endswith(".")
    assert not any(sign.isdigit() for sign in said)


def test_a_notice_is_said_once() -> None:
    assert notices("took too many tablets, too many pills, took an overdose") == (notice("overdose"),)
