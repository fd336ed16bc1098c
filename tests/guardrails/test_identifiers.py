"""The eighteen classes of HIPAA are masked, a table with reasons; knowledge stays; a broken tagger is an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.errors import NetUnavailable
from guardrails.identifiers import Identifier, Kind, Masker, identifiers, masked
from guardrails.masking.known import kept
from guardrails.masking.tagger import Tagger
from retrieval.encoder import Encoder
from retrieval.errors import EncoderError
from retrieval.net_card import NetCard
from retrieval.nets import Nets, Tagged
from retrieval.settings import RetrievalSettings

# By rules alone. On each side of a boundary: what is masked, and its nearest neighbour that is not.
RULES = [
    # (A) names: a title or a known given name; an eponym and a medicine are none
    ("Mrs Jones takes warfarin", "Mrs [NAME] takes warfarin"),
    ("MR SMITH takes warfarin", "MR [NAME] takes warfarin"),
    ("mr jones takes warfarin", "mr [NAME] takes warfarin"),
    ("JOHN SMITH takes warfarin", "[NAME] takes warfarin"),
    ("Smith, John takes warfarin", "[NAME] takes warfarin"),
    ("my patient mary takes warfarin", "my patient [NAME] takes warfarin"),
    ("Dr. Parkinson asks", "Dr. [NAME] asks"),
    ("Parkinson disease asks for levodopa", "Parkinson disease asks for levodopa"),
    ("for Humira or Stelara", "for Humira or Stelara"),
    # (B) smaller than a state; a country and a state stay
    ("lives at 12 Acorn Street", "lives at [ADDRESS]"),
    ("PO Box 118", "[ADDRESS]"),
    ("zip code 94305", "zip code [ADDRESS]"),
    ("postcode SW1A 1AA", "postcode [ADDRESS]"),
    ("seen at Riverside General Hospital", "seen at [HOSPITAL]"),
    ("malaria prophylaxis in Kenya", "malaria prophylaxis in Kenya"),
    # (C) dates with more than a year, and ages over 89
    ("seen 04/14/2023", "seen [DATE]"),
    ("seen 2023-04-14 11:34", "seen [DATE]"),
    ("seen on 3/14", "seen on [DATE]"),
    ("strength 3/14", "strength 3/14"),
    ("amlodipine/valsartan 10/160 mg", "amlodipine/valsartan 10/160 mg"),
    ("seen 12JAN2023", "seen [DATE]"),
    ("seen in april 2022", "seen in [DATE]"),
    ("the April 2022 guideline", "the April 2022 guideline"),
    ("approved by the FDA in June 2021", "approved by the FDA in June 2021"),
    ("seen in 2022", "seen in 2022"),
    ("born 1958", "born [DATE]"),
    ("an 89-year-old", "an 89-year-old"),
    ("a 90-year-old", "a [AGE 90+]-year-old"),
    ("aged 89", "aged 89"),
    ("aged 94", "aged [AGE 90+]"),
    ("94F on donepezil", "[AGE 90+]F on donepezil"),
    ("ninety-three year old", "[AGE 90+] year old"),
    ("94 mg", "94 mg"),
    # (D) telephone, (E) fax
    ("call 555-123-4567 x89", "call [PHONE]"),
    ("fax: 0171 555 0143", "fax: [PHONE]"),
    ("phone 01 84 17 61 18", "phone [PHONE]"),
    ("+44 20 7946 0958", "[PHONE]"),
    ("heparin 5000 units/10000 units", "heparin 5000 units/10000 units"),
    # (F) e-mail, (G) social security
    ("ward7@example.org", "[EMAIL]"),
    ("SSN 219-09-9999", "SSN [SSN]"),
    ("SSN: 219099999", "SSN: [SSN]"),
    # (H) medical record, (I) health plan, (J) account, (K) certificate or licence
    ("MRN: 98765432", "MRN: [RECORD NUMBER]"),
    ("chart A7731902", "chart [RECORD NUMBER]"),
    ("patient 120 kg", "patient 120 kg"),
    ("insurance HPN-987654", "insurance [HEALTH PLAN NUMBER]"),
    ("member no. 4471920", "member no. [HEALTH PLAN NUMBER]"),
    ("plan 1000 mg", "plan 1000 mg"),
    ("account 00123456", "account [ACCOUNT NUMBER]"),
    ("card 4012 8888 8888 1881", "card [ACCOUNT NUMBER]"),
    ("GB82WEST12345698765432", "[ACCOUNT NUMBER]"),
    ("DEA AB1234563", "DEA [LICENCE NUMBER]"),
    ("passport X4482190", "passport [LICENCE NUMBER]"),
    # (L) vehicles, (M) devices
    ("plate KLM 4821", "plate [VEHICLE]"),
    ("VIN 1HGCM82633A004352", "VIN [VEHICLE]"),
    ("pacemaker serial PJN-448812", "pacemaker serial [DEVICE]"),
    ("device 500 mg", "device 500 mg"),
    # (N) links, (O) addresses of machines
    ("see https://example.org/p?id=7 now", "see [URL] now"),
    ("see portal.example.com/p/7 now", "see [URL] now"),
    ("from 192.168.10.44", "from [IP ADDRESS]"),
    ("from 00:1B:44:11:3A:B7", "from [IP ADDRESS]"),
    ("section 5.1.10.2", "section [IP ADDRESS]"),  # four numbers look alike; nobody needs them to answer
    # (P) biometrics, (Q) pictures
    ("fingerprint file FP-220981", "fingerprint file [BIOMETRIC]"),
    ("see face_smith.jpg", "see [PHOTO]"),
    # (R) any other number
    ("case #JH-998877", "case [RECORD NUMBER]"),
    ("trial NCT01234567", "trial NCT01234567"),
    ("PMID 31535829", "PMID 31535829"),
    ("heparin 10000000 units", "heparin 10000000 units"),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_rules_mask_each_class_and_its_neighbour_stays(text: str, expected: str) -> None:
    assert masked(text)[0] == expected


def test_kinds_are_named_in_order() -> None:
    assert masked("Mrs Jones, DOB 12/11/1958")[1] == (Kind.NAME, Kind.DATE)


class FixedNets:
    """A tagger that is sure of the given words, and of nothing else."""

    def __init__(self, labels: dict[str, str], certainty: float = 0.95) -> None:
        self._labels, self._certainty = labels, certainty

    def card(self, folder: Path) -> NetCard:
        names = ("O", "NAME", "PLACE", "ADDRESS", "ID")
        return NetCard("fixed", "tag", names, 128, 1.0, 0.5, "", "", "", "", date(2026, 1, 1))

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        return tuple(self._one(text, self.card(folder).labels) for text in texts)

    def _one(self, text: str, labels: Sequence[str]) -> Tagged:
        words = list(re.finditer(r"\w+", text))
        rows = np.zeros((len(words), len(labels)), dtype=np.float32)
        rows[:, 0] = 1
        for place, word in enumerate(words):
            if label := self._labels.get(word.group()):
                rows[place, 0] = 1 - self._certainty
                rows[place, labels.index(label)] = self._certainty
        return Tagged(np.array([word.span() for word in words], dtype=np.int32).reshape(-1, 2), rows)


class BrokenNets(FixedNets):
    """A tagger whose weights are not there."""

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        raise EncoderError("no weights")


TAGGED = [
    # neighbours of one kind join over a blank, a hyphen and an apostrophe; a name not over a comma
    ("Adwoa Mensah called", {"Adwoa": "NAME", "Mensah": "NAME"}, "[NAME] called"),
    ("Adwoa, Kofi called", {"Adwoa": "NAME", "Kofi": "NAME"}, "[NAME], [NAME] called"),
    ("O'Malley-Reyes's dose", {"O": "NAME", "Malley": "NAME", "Reyes": "NAME"}, "[NAME]'s dose"),
    ("Lange Gasse 7, Graz", dict.fromkeys(("Lange", "Gasse", "7", "Graz"), "ADDRESS"), "[ADDRESS]"),
    ("Kofi Graz", {"Kofi": "NAME", "Graz": "PLACE"}, "[NAME] [PLACE]"),
    # a number goes on to the next blank, a name does not
    ("file QX/77-A1 is", {"QX": "ID"}, "file [RECORD NUMBER] is"),
    ("Kofi/warfarin", {"Kofi": "NAME"}, "[NAME]/warfarin"),
    # medicines, eponyms and bodies stay even where the tagger is wrong; a title makes an eponym a person
    ("metformin now", {"metformin": "NAME"}, "metformin now"),
    ("Lyme disease", {"Lyme": "PLACE"}, "Lyme disease"),
    ("20 mg q.i.d. or b.i.d.", dict.fromkeys(("q", "i", "d", "b"), "NAME"), "20 mg q.i.d. or b.i.d."),
    ("ARISTOTLE found", {"ARISTOTLE": "NAME"}, "ARISTOTLE found"),
    ("the CDC says", {"CDC": "PLACE"}, "the CDC says"),
    ("Mr Graves asks", {"Graves": "NAME"}, "Mr [NAME] asks"),
    # what a rule and the tagger both find becomes one
    ("Mrs Jones Adwoa asks", {"Jones": "NAME", "Adwoa": "NAME"}, "Mrs [NAME] asks"),
]


@pytest.mark.parametrize(("text", "labels", "expected"), TAGGED)
def test_words_of_the_tagger_become_identifiers(text: str, labels: dict[str, str], expected: str) -> None:
    assert Masker(FixedNets(labels)).masked(text)[0] == expected


def test_the_threshold_of_the_card_decides() -> None:
    assert Masker(FixedNets({"Kofi": "NAME"}, 0.49)).masked("Kofi called")[0] == "Kofi called"
    assert Masker(FixedNets({"Kofi": "NAME"}, 0.51)).masked("Kofi called")[0] == "[NAME] called"


def test_a_tagger_that_cannot_be_used_is_an_error_and_nothing_is_returned() -> None:
    with pytest.raises(NetUnavailable) as raised:
        Masker(BrokenNets({})).masked("Kofi called")
    assert "Kofi" not in str(raised.value)


def test_a_tagger_without_its_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NetUnavailable):
        Tagger(Nets(Encoder(RetrievalSettings())), tmp_path / "absent").find("Kofi called")


def test_an_empty_text_has_no_identifier() -> None:
    assert Masker(FixedNets({})).masked("") == ("", ())


def test_known_words_are_stretches_of_the_text() -> None:
    text = "Stevens-Johnson syndrome after Lamictal"
    assert {text[one.start : one.end] for one in kept(text)} >= {"Stevens-Johnson syndrome", "Lamictal"}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_masked_without_overlaps(text: str) -> None:
    found = identifiers(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.timeout(300)  # a hang, on any machine
@pytest.mark.parametrize("piece", ["1.", "a@", "x.com ", "A1-", "Ms A ", "http://", "00:", "a b-", "Jan 1 "])
def test_hostile_text_does_not_hang(piece: str) -> None:
    masked(piece * (20_000 // len(piece)))


def test_an_identifier_says_where_it_stands() -> None:
    assert identifiers("Mrs Jones") == (Identifier(Kind.NAME, 4, 9),)
