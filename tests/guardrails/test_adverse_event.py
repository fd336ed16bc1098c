"""A reaction that happened to somebody is noticed; a question in general is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.adverse_event import AdverseEvents, notice
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
    ("We had to stop her amoxicillin, potassium went to 6.1", "amoxicillin", "potassium went to 6.1"),
    ("patient died after the first dose of natalizumab", "natalizumab", "died"),
    # What stands for identifiers parts the patient from what happened.
    (
        "My patient [NAME] (MRN [RECORD NUMBER], phone [PHONE], born [DATE], [EMAIL], [ADDRESS]) took metformin and "
        "developed severe vomiting, what should I do?",
        "metformin", "severe vomiting",
    ),
    # A question for help behind what happened is none in general.
    ("Gave amoxicillin to a 4-year-old, widespread rash, what should I do next?", "amoxicillin", "rash"),
    ("Vancomycin flushing, how should I treat it?", "vancomycin", "flushing"),
    # From where somebody bleeds is no cause of it.
    ("Warfarin patient bleeding from gums. How should I manage?", "warfarin", "bleeding"),
    ("Bleeding from his nose on apixaban.", "apixaban", "Bleeding"),
]  # fmt: skip
GENERAL = [
    "What are the side effects of metformin?",
    "Can lisinopril cause cough?",
    "dose of baclofen in renal failure",
    "Is natalizumab contraindicated in PML?",
    "management of hypoglycemia with insulin",
    "What should I do if metformin causes vomiting?",
    "How should I manage vomiting in patients on metformin?",
    "Metformin nausea, how common is it?",
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


# Where a reaction sits belongs to it.
@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("she got a gastric ulcer after naproxen", "gastric ulcer"),
        ("he had a severe gastrointestinal bleed after warfarin", "severe gastrointestinal bleed"),
        ("she had an ulcer after naproxen", "ulcer"),
    ],
)
def test_a_reaction_is_named_with_its_place(text: str, event: str) -> None:
    assert [mention.event for mention in notice(text, medicines())] == [event]


# Several medicines are suspected at once only where the words say so.
@pytest.mark.parametrize(
    ("text", "suspected"),
    [
        (
            "He takes warfarin. Amoxicillin was given last week. Now a nosebleed, I blame both.",
            {"warfarin", "amoxicillin"},
        ),
        (
            "He takes warfarin. Amoxicillin was given last week. Now a nosebleed, interaction?",
            {"warfarin", "amoxicillin"},
        ),
        ("He takes warfarin. Amoxicillin was given last week. Now a nosebleed.", {"amoxicillin"}),
        ("Nosebleed on warfarin, an interaction? Could he have amoxicillin instead", {"warfarin"}),
    ],
)
def test_two_suspects_that_are_named_apart(text: str, suspected: set[str]) -> None:
    assert {mention.medicine for mention in notice(text, medicines())} == suspected


# An accident beside a medicine is no reaction to it, unless the words tie them.
@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("She fell off a ladder and has bruising, takes warfarin", False),
        ("Hay fever is awful this year, a cough too, and she takes lisinopril", False),
        ("He has hay fever and a cough, on lisinopril", True),
        ("She fell off a ladder because of dizziness from lisinopril", True),
        ("She has bruising on warfarin", True),
    ],
)
def test_an_accident_is_another_cause(text: str, noticed: bool) -> None:
    assert bool(notice(text, medicines())) is noticed


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for mention in notice(text, medicines()):
        assert mention.quote in text


@pytest.mark.timeout(300)  # a hang, on any machine
def test_long_text_does_not_hang() -> None:
    for piece in ("amoxicillin rash ", "i had a ", "warfarin ", "rash from "):
        notice(piece * 1500, medicines())


@pytest.mark.parametrize(
    ("text", "patients"),
    [
        (
            "Two patients: [NAME] took ibuprofen and had melaena; the other, [NAME], took warfarin and had nosebleed.",
            2,
        ),
        ("One patient took ibuprofen and had melaena. Another patient took warfarin and had a nosebleed.", 2),
        ("A woman on ibuprofen had melaena. My second patient took warfarin and had a nosebleed.", 2),
        ("She took ibuprofen and had melaena; the other day she took warfarin and had a nosebleed.", 1),
        ("Another patient took ibuprofen and had hives.", 1),
    ],
)
def test_another_patient_is_another_report(text: str, patients: int) -> None:
    assert len(AdverseEvents(medicines()).screen(text).reports) == patients
