from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.triage.coding import CodingState, accepted, code
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.meddra import read_meddra
from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from tests.assistant.triage.terms.made_dictionaries import meddra_folder

OPEN = Matcher(open_vocabulary())


class LettersEncoder:
    """Vectors of the letters of a text: near is what has the same letters."""

    name = "letters"

    def __init__(self) -> None:
        self.texts = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        made = np.array([[text.lower().count(chr(97 + place)) for place in range(26)] for text in texts], np.float32)
        return np.asarray(made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9), np.float32)


# A reporter's words and the usual name that must be proposed.
PROPOSED = (
    ("Vomiting", "Vomiting"),
    ("throwing up", "Vomiting"),
    ("THREW UP", "Vomiting"),
    ("diarrhoea", "Diarrhea"),
    ("low sodium", "Hyponatremia"),
    ("hyponatraemia", "Hyponatremia"),
    ("swollen ankles", "Edema peripheral"),
    ("SOB", "Dyspnea"),
    ("heart attack", "Myocardial infarction"),
    ("Steven Johnson syndrome", "Stevens-Johnson syndrome"),
    ("high blood pressure", "Hypertension"),
    ("mild nausea", "Nausea"),
    ("blood in the urine", "Hematuria"),
    ("prolonged QTc", "Electrocardiogram QT prolonged"),
    ("hair loss", "Alopecia"),
    ("severe allergic reaction", "Anaphylactic reaction"),
    ("rhabdomyolisis", "Rhabdomyolysis"),
)


@pytest.mark.parametrize(("verbatim", "preferred"), PROPOSED)
def test_the_words_of_reporters_get_their_term(verbatim: str, preferred: str) -> None:
    made = code(verbatim, OPEN)
    assert made.state is CodingState.PROPOSED, made
    assert made.proposed is not None
    assert made.proposed.preferred == preferred
    assert not made.proposed.term.confirmed


@pytest.mark.parametrize("verbatim", ["", "   ", "asdf qwerty", "the patient disliked the price", "hy", "INR 9"])
def test_nothing_is_proposed_where_no_term_fits(verbatim: str) -> None:
    made = code(verbatim, OPEN)
    assert made.state is CodingState.UNKNOWN
    assert made.proposed is None


def test_several_events_are_named_and_none_is_chosen() -> None:
    made = code("headache and throwing up, rash", OPEN)
    assert made.state is CodingState.SEVERAL
    assert made.parts == ("headache", "throwing up", "rash")
    assert made.proposed is None


def test_a_misspelling_between_opposites_is_left_to_a_person(tmp_path: Path) -> None:
    made = code("hyprkalaemia", Matcher(read_meddra(meddra_folder(tmp_path))))
    assert made.state is CodingState.AMBIGUOUS
    assert {one.preferred for one in made.suggestions[:2]} == {"Hyperkalaemia", "Hypokalaemia"}
    assert made.proposed is None


def test_meddra_is_used_with_its_version_and_a_retired_term_is_not_proposed(tmp_path: Path) -> None:
    matcher = Matcher(read_meddra(meddra_folder(tmp_path)))
    made = code("throwing up", matcher)
    assert made.proposed is not None
    assert (made.proposed.term.dictionary, made.proposed.term.version) == ("MedDRA", "29.1")
    assert (made.proposed.term.code, made.proposed.concept, made.proposed.group) == (
        "90000101",
        "90000001",
        "Gut disorders",
    )
    fulminant = code("fulminant hepatitis", matcher)
    assert fulminant.proposed is not None
    assert fulminant.proposed.preferred == "Hepatitis fulminant"
    retired = code("Vomited NOS", matcher)
    assert all(one.term.code != "90000102" for one in retired.suggestions)


def test_what_the_words_say_beyond_the_term_is_said() -> None:
    made = code("fulminant hepatitis", OPEN)
    assert made.proposed is not None
    assert "fulminant" in made.proposed.reason


def test_a_likeness_in_meaning_is_shown_and_never_proposed(tmp_path: Path) -> None:
    encoder = LettersEncoder()
    matcher = Matcher(read_meddra(meddra_folder(tmp_path)), encoder, tmp_path / "cache")
    made = code("mitingvo rrhoeadia", matcher)
    assert made.state is CodingState.UNKNOWN
    assert made.suggestions
    assert "meaning" in made.suggestions[0].reason
    encoded = encoder.texts
    again = Matcher(read_meddra(tmp_path), encoder, tmp_path / "cache")
    assert code("mitingvo rrhoeadia", again).suggestions == made.suggestions
    assert encoder.texts == encoded + 1


def test_only_a_person_confirms() -> None:
    made = code("vomiting", OPEN)
    assert made.proposed is not None
    term = accepted(made.proposed, "Dr A. Example")
    assert (term.coded_by, term.confirmed) == ("Dr A. Example", True)
    assert (made.proposed.term.coded_by, made.proposed.term.confirmed) == ("machine", False)
