"""A reaction that happened to somebody is noticed; a question in general is not."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.adverse_event import notice
from tests.guardrails.claims import medicines

REPORTED = [
    ("my patient developed a rash after starting amoxicillin", "amoxicillin", "rash"),
    ("pt on lisinopril with cough, switch to losartan?", "lisinopril", "cough"),
    ("She has been vomiting since the second dose of methotrexate. Should it be stopped?", "methotrexate", "vomiting"),
    ("Started warfarin last week. Now he has a nosebleed.", "warfarin", "nosebleed"),  # over two sentences
    ("72 yo on apixaban had a GI bleed yesterday, restart when?", "apixaban", "GI bleed"),
    ("Naproxen gave my wife hives", "naproxen", "hives"),
    ("rash from amoxicillin in my son, what else can he have", "amoxicillin", "rash"),
    ("Amiodarone-induced hypothyroidism in our patient", "amiodarone", "hypothyroidism"),
    ("patient died after the first dose of natalizumab", "natalizumab", "died"),
]
GENERAL = [
    "What are the side effects of metformin?",
    "Can lisinopril cause cough?",
    "dose of baclofen in renal failure",
    "Is natalizumab contraindicated in PML?",
    "management of hypoglycemia with insulin",
    "my patient developed a rash",  # no medicine
    "my patient takes amoxicillin",  # no event
    "",
]


@pytest.mark.parametrize(("text", "medicine", "event"), REPORTED)
def test_a_reported_reaction_is_noticed(text: str, medicine: str, event: str) -> None:
    found = notice(text, medicines())
    assert (medicine, event) in {(mention.medicine, mention.event) for mention in found}
    for mention in found:
        assert text[slice(*mention.event_span)] == mention.event
        assert text[slice(*mention.medicine_span)].lower().startswith(mention.medicine[:4])
        assert mention.quote in text


@pytest.mark.parametrize("text", GENERAL)
def test_a_general_question_is_not(text: str) -> None:
    assert notice(text, medicines()) == ()


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for mention in notice(text, medicines()):
        assert mention.quote in text


def test_long_text_does_not_hang() -> None:
    started = process_time()
    for piece in ("amoxicillin rash ", "i had a ", "warfarin ", "rash from "):
        notice(piece * 1500, medicines())
    assert process_time() - started < 20
