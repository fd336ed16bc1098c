from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from assistant.triage.labels.found import Names
from assistant.triage.labels.spans import spans
from assistant.triage.labels.stance import Stance, stance_at
from retrieval.nets import Tagged

NAMES = Names(open_vocabulary())

# A sentence with the place in {braces}, and what is said of it.
STANCES = (
    ("The drug may cause {rash}.", Stance.LISTED),
    ("{Rash} was reported more often than with placebo.", Stance.LISTED),
    ("Diarrhea with or without {rash} was seen.", Stance.LISTED),
    ("{Rash} was not reported in placebo patients.", Stance.LISTED),
    ("In patients treated with the drug, {rash} occurred.", Stance.LISTED),
    ("The percentage of patients with {rash} was 4%.", Stance.LISTED),
    ("No deaths occurred, however {rash} was seen.", Stance.LISTED),
    ("Fatal {pancreatitis} has been reported.", Stance.LISTED),
    ("There were no cases of {rash}.", Stance.DENIED),
    ("No new or serious {rash} was seen.", Stance.DENIED),
    ("The drug does not cause {sedation}.", Stance.DENIED),
    ("{Sedation} was not observed.", Stance.DENIED),
    ("{Sedation} has never been reported.", Stance.DENIED),
    ("It is indicated for the relief of {pain}.", Stance.TREATED),
    ("Trials in the treatment of {hypertension} are reported here.", Stance.TREATED),
    ("Rates in {depression} trials were similar.", Stance.TREATED),
    ("Use care in patients with {glaucoma}.", Stance.BEFOREHAND),
    ("Patients who have {asthma} may be at risk.", Stance.BEFOREHAND),
    ("A history of {seizures} was an exclusion.", Stance.BEFOREHAND),
    ("Use care in pre-existing {anemia}.", Stance.BEFOREHAND),
    ("{Headache} was more common with placebo.", Stance.COMPARATOR),
    ("{Headache} occurred less often than with placebo.", Stance.COMPARATOR),
    ("Adverse Reaction: {Cough}; Drug (N=50): 2%; Placebo (N=49): 6%.", Stance.COMPARATOR),
    ("Adverse Reaction: {Cough}; Drug (N=50): 6%; Placebo (N=49): 2%.", Stance.LISTED),
    ("In a study in dogs, {cataracts} were found.", Stance.ANIMAL),
    ("{Cataracts} were found in rats.", Stance.ANIMAL),
    ("{Tendonitis} was reported with other fluoroquinolone antibiotics.", Stance.CLASS),
    ("As with other members of the class, {tendonitis} is a concern.", Stance.CLASS),
    ("Risk factors for {bleeding} include age.", Stance.ADVICE),
    ("To rule out {pneumonia}, take a radiograph.", Stance.ADVICE),
    ("{Skin} and subcutaneous tissue disorders: itching.", Stance.GROUP),
    ("Cases of autoimmune {hepatitis} were seen.", Stance.NARROWER),
    ("Reactivation of {hepatitis} B was seen.", Stance.NARROWER),
)


@pytest.mark.parametrize(("marked", "stance"), STANCES)
def test_a_sentence_is_read_as_the_table_says(marked: str, stance: Stance) -> None:
    start, end = marked.index("{"), marked.index("}") - 1
    text = marked.replace("{", "").replace("}", "")
    place = stance_at(text, start, end)
    assert place.stance is stance, place
    assert bool(place.cue) == (stance is not Stance.LISTED)


def test_only_the_sentence_around_a_place_counts() -> None:
    text = "There were no deaths. Rash was seen. It is not known why."
    assert stance_at(text, text.index("Rash"), text.index("Rash") + 4).stance is Stance.LISTED


def _named(text: str) -> list[str]:
    return [text[one.start : one.end] for one in NAMES.find(text)]


def test_names_are_found_in_other_orders_and_the_longest_first() -> None:
    assert _named("Elevations in serum ALT, acute renal failure; Edema of the face") == [
        "Elevations in serum ALT",
        "acute renal failure",
        "Edema of the face",
    ]


def test_short_names_count_in_capitals_alone() -> None:
    assert _named("ten patients hit the gas") == []
    assert _named("one case of TEN") == ["TEN"]


def test_no_name_crosses_a_comma_or_a_sentence() -> None:
    assert "Renal. Failure" not in _named("Renal. Failure to thrive")
    assert _named("hepatic, failure") == []


def test_vague_words_alone_are_no_event() -> None:
    assert _named("low to moderate levels, increased, the liver") == []


def _tagged(text: str, rows: list[tuple[float, float, float]]) -> Tagged:
    at, offsets = 0, []
    for word in text.split():
        start = text.index(word, at)
        offsets.append((start, start + len(word)))
        at = start + len(word)
    return Tagged(np.array(offsets, np.int32), np.array(rows, np.float32))


NO, BEGIN, INSIDE = (0.98, 0.01, 0.01), (0.05, 0.9, 0.05), (0.05, 0.05, 0.9)


def test_words_of_one_reaction_are_joined_and_neighbours_are_not() -> None:
    text = "severe skin rash nausea seen"
    found = spans(text, _tagged(text, [NO, BEGIN, INSIDE, BEGIN, NO]), 0.4)
    assert [text[one.start : one.end] for one in found] == ["skin rash", "nausea"]
    assert all(0.9 < one.certainty <= 1 for one in found)


def test_an_empty_text_has_no_span() -> None:
    empty = Tagged(np.zeros((0, 2), np.int32), np.zeros((0, 3), np.float32))
    assert spans("", empty, 0.4) == ()


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    for one in NAMES.find(text):
        assert 0 <= one.start < one.end <= len(text)
        assert stance_at(text, one.start, one.end).start == one.start


@pytest.mark.parametrize(
    "hostile",
    ["no rash, " * 4000, "patients with " * 3000, "(" * 20000 + "rash", "a" * 50000, "rash\n" * 5000, "; x: 1%" * 3000],
    ids=["denials", "patients", "brackets", "one word", "lines", "cells"],
)
def test_hostile_text_is_read_in_time(hostile: str) -> None:
    started = time.process_time()
    found = NAMES.find(hostile)
    for one in found[:20] + found[-20:]:
        stance_at(hostile, one.start, one.end)
    assert time.process_time() - started < 10
