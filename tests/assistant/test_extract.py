"""What the extractive generator chooses, in what order, and when it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.conversation import Draft, Question
from assistant.extract import MOST_SENTENCES, ExtractiveGenerator
from assistant.generate import DraftRequest
from guardrails.claim import Claim
from retrieval.medicines import Medicines
from retrieval.passage import Passage, Section

MEDICINES = Medicines.load(())


def passage(text: str, section: Section, medicine: str = "metformin", heading: str = "Dosing") -> Passage:
    key = f"{medicine}-{abs(hash((text, section))) % 10**8}"
    return Passage(key, f"{medicine}@1", text, section, (heading,), 0, len(text), (medicine,), medicine.title(), None)


START = passage("Starting dose of metformin in adults: 500 mg twice a day, with meals.", Section.DOSAGE)
MOST = passage("Maximum dose of metformin in adults: 2,550 mg per day.", Section.DOSAGE)
CHILD = passage("Maximum dose of metformin in children from 10 years of age: 2,000 mg per day.", Section.PAEDIATRIC)
USE = passage("Metformin is used for type 2 diabetes mellitus in adults.", Section.INDICATIONS)
BELOW_30 = passage("Metformin is contraindicated with an eGFR below 30 mL/min.", Section.RENAL)
FROM_30 = passage("Starting metformin with an eGFR between 30 and 45 mL/min is not recommended.", Section.RENAL)
WITH_WARFARIN = passage("Metformin had no effect on warfarin in a study.", Section.INTERACTIONS)
LEAD_IN = passage("Metformin may be given as follows:", Section.DOSAGE)
ALL = (START, MOST, CHILD, USE, BELOW_30, FROM_30, WITH_WARFARIN, LEAD_IN)


def drafted(
    question: str,
    passages: tuple[Passage, ...],
    sections: tuple[Section, ...],
    medicines: tuple[str, ...] = ("metformin",),
) -> list[str]:
    asked = Question("t", "c", question, datetime(2026, 11, 23, tzinfo=UTC))
    request = DraftRequest(asked, passages, medicines, sections, (0.6,) * len(passages))
    drafting = ExtractiveGenerator(MEDICINES).draft(request)
    claims: list[Claim] = []
    draft: Draft | None = None
    while draft is None:
        try:
            claims.append(next(drafting))
        except StopIteration as end:
            draft = end.value
    assert draft.claims == tuple(claims)
    texts = {each.key: each.text for each in passages}
    for claim in claims:
        assert claim.citations[0].quote == claim.text
        assert claim.text in texts[claim.citations[0].key]
    return [claim.text for claim in claims]


def test_a_maximum_comes_before_the_starting_dose_and_uses_come_last() -> None:
    said = drafted("metformin dose in adults", ALL, (Section.DOSAGE, Section.INDICATIONS))
    assert said.index(MOST.text) < said.index(START.text)
    assert USE.text not in said or said.index(USE.text) > said.index(START.text)


def test_a_dose_for_children_is_not_given_for_adults() -> None:
    assert CHILD.text not in drafted("metformin max dose adult", ALL, (Section.DOSAGE,))


@pytest.mark.parametrize(("value", "wanted", "other"), [(25, BELOW_30, FROM_30), (38, FROM_30, BELOW_30)])
def test_the_kidney_function_of_the_question_decides(value: int, wanted: Passage, other: Passage) -> None:
    said = drafted(f"metformin with egfr {value}?", ALL, (Section.RENAL, Section.DOSAGE))
    assert said[0] == wanted.text
    assert other.text not in said


OLD = passage("Starting dose of haloperidol in geriatric patients: 0.5 mg to 2 mg twice a day.", Section.DOSAGE)
SEVERE = passage(
    "Starting dose of haloperidol in adults with severe symptoms: 3 mg to 5 mg twice a day.", Section.DOSAGE
)
MILD = passage("Starting dose of haloperidol in adults with moderate symptoms: 0.5 mg to 2 mg a day.", Section.DOSAGE)


@pytest.mark.parametrize(
    ("question", "wanted", "other"),
    [
        ("haloperidol starting dose 82yo", OLD, SEVERE),
        ("haloperidol starting dose 40yo", SEVERE, OLD),
        ("haloperidol starting dose, moderate symptoms", MILD, SEVERE),
        ("haloperidol starting dose, severe symptoms", SEVERE, MILD),
    ],
)
def test_a_dose_for_another_age_or_severity_is_not_shown(question: str, wanted: Passage, other: Passage) -> None:
    sections = (Section.GERIATRIC, Section.DOSAGE) if "82" in question else (Section.DOSAGE,)
    said = drafted(question, (OLD, SEVERE, MILD), sections, ("haloperidol",))
    assert wanted.text in said
    assert other.text not in said


def test_two_medicines_get_only_sentences_about_both() -> None:
    said = drafted("metformin with warfarin ok?", ALL, (Section.INTERACTIONS,), ("metformin", "warfarin"))
    assert said == [WITH_WARFARIN.text]


@pytest.mark.parametrize(
    ("question", "sections"),
    [
        ("how much does metformin cost", (Section.DOSAGE,)),
        ("metformin dose for my cat", (Section.DOSAGE,)),
        ("metformin dose for polycystic ovaries", (Section.DOSAGE,)),
        ("metformin iv dose", (Section.DOSAGE,)),
        ("what does the boxed warning of metformin say", (Section.BOXED_WARNING, Section.WARNINGS)),
        ("is metformin better than warfarin", ()),
        ("does metformin change hair colour", ()),
    ],
)
def test_what_no_passage_covers_gets_an_empty_draft(question: str, sections: tuple[Section, ...]) -> None:
    assert drafted(question, ALL, sections) == []


def test_a_figure_whose_population_stands_only_in_the_heading_is_not_shown_to_others() -> None:
    bare = passage(
        "Metformin: 1,000 mg twice a day is the usual dose.", Section.PAEDIATRIC, heading="2.2 Pediatric Dosage"
    )
    assert bare.text not in drafted("metformin dose", (bare, START), (Section.DOSAGE,))
    assert bare.text in drafted("metformin dose in children", (bare, START), (Section.PAEDIATRIC, Section.DOSAGE))


def test_no_passages_give_an_empty_draft() -> None:
    assert drafted("metformin dose", (), (Section.DOSAGE,)) == []


def test_fragments_are_never_quoted_and_the_answer_stays_short() -> None:
    many = tuple(
        passage(f"Dose step {letter} of metformin in adults is {number} mg per day.", Section.DOSAGE)
        for number, letter in enumerate("abcdefghij", 501)
    )
    said = drafted("metformin dose steps in adults", (LEAD_IN, *many), (Section.DOSAGE,))
    assert LEAD_IN.text not in said
    assert 1 <= len(said) <= MOST_SENTENCES
