"""Which words of a sentence belong to which of its doses; and claims in parts."""

from __future__ import annotations

import re

import pytest

from guardrails.claim import Claim
from guardrails.judge import judge
from guardrails.zones import zones
from retrieval.passage import Citation
from tests.guardrails.claims import is_released, judged, medicines, passage

ZONES = [
    # (sentence, what is said of each dose)
    ("Adults 500 mg, children 250 mg.", ["Adults 500 mg", "children 250 mg"]),
    ("Take 500 mg in adults, 250 mg in children.", ["Take 500 mg in adults", "Take 250 mg in children"]),
    ("Hypertension: 10 mg; heart failure: 5 mg.", ["Hypertension: 10 mg", "heart failure: 5 mg"]),
    ("In adults: 10 mg or 20 mg.", ["In adults: 10 mg", "In adults: 20 mg"]),  # the front governs both
    ("10 mg or 20 mg with food.", ["10 mg with food", "20 mg with food"]),  # and so does the end
    # between two separators it is not clear: it belongs to neither
    ("10 mg in gout and angina and 5 mg in asthma.", ["10 mg in gout", "5 mg in asthma"]),
    ("Age: 6 to 11; Dose: 1 tablet.", ["Age: 6 to 11; Dose: 1 tablet"]),  # a row of a table is one
    (
        "Severity: mild; Adults: 10 mg; Children: 5 mg.",
        ["Severity: mild Adults: 10 mg", "Severity: mild Children: 5 mg"],
    ),
]


def _words(text: str) -> list[str]:
    return sorted(re.sub(r"[^\w\s]|\b(?:and|or)\b", " ", text).split())


@pytest.mark.parametrize(("text", "said"), ZONES)
def test_each_dose_has_its_zone(text: str, said: list[str]) -> None:
    found = [" ".join(text[start:end] for start, end in zone.spans) for zone in zones(text) if zone.amounts]
    assert [_words(one) for one in found] == [_words(one) for one in said]


ADULTS, STORE = "Adults take 500 mg twice daily.", "Store the tablets below 25 °C."


def _two(text: str) -> bool:
    one, other = passage(ADULTS), passage(STORE, key="p2", source_id="other@1")
    claim = Claim(text, (Citation("p1", ADULTS), Citation("p2", STORE)))
    return is_released(judge(claim, {"p1": one, "p2": other}, medicines()))


def test_statements_joined_by_a_semicolon_are_each_told_by_their_quote() -> None:
    assert _two("Adults take 0.5 g BID; store the tablets below 25 °C.")
    assert not _two("Adults take 0.5 g BID; store the tablets below 30 °C.")
    assert not _two("Children take 0.5 g BID; store the tablets below 25 °C.")
    assert not _two("Store the tablets below 500 mg; adults take 25 °C twice daily.")


def test_a_label_may_stand_at_the_end_of_the_claim() -> None:
    quote = "Hypertension: 10 mg once daily."
    assert is_released(judged("10 mg once daily (hypertension).", quote))
    assert not is_released(judged("10 mg once daily (heart failure).", quote))
    assert not is_released(judged("10 mg twice daily (hypertension).", quote))
