"""Sources that contradict each other are found; those that speak of different things are left alone."""

from __future__ import annotations

import pytest

from guardrails.contradictions import contradictions
from retrieval.passage import Passage, Section
from tests.guardrails.claims import medicines


def _passage(key: str, text: str, document: str, title: str = "Metformin tablets", name: str = "metformin") -> Passage:
    place = (Section.DOSAGE, ("Maximum dose",), 0, len(text), (name,), title, None)
    return Passage(key, f"{document}@1", text, *place)


MAX_2550 = "Maximum dose of metformin in adults: 2,550 mg per day, given in divided doses."
MAX_2000 = "Maximum dose of metformin in adults: 2,000 mg per day, given in divided doses."

PAIRS = [
    # one sentence, the other, their contradiction
    (MAX_2550, MAX_2000, "the most metformin a day"),
    (MAX_2550, MAX_2550, ""),
    (MAX_2550, MAX_2550.replace("2,550 mg", "2.55 g"), ""),  # the same in another unit
    (MAX_2550, MAX_2000.replace("in adults", "in children 10 years and older"), ""),  # other people
    (MAX_2550, MAX_2000.replace("metformin", "metformin extended-release tablets"), ""),  # another form
    (MAX_2550, f"{MAX_2550} {MAX_2000}", ""),  # this one has several, for several uses
    (MAX_2550, "Starting dose of metformin in adults: 500 mg twice a day.", ""),  # no maximum
    (
        "Metformin is contraindicated in pregnancy.",
        "Metformin can be used during pregnancy.",
        "metformin in pregnancy",
    ),
    ("Metformin is contraindicated in pregnancy.", "Metformin is contraindicated in pregnancy.", ""),
    ("Metformin is contraindicated in pregnancy.", "Metformin can be used while breastfeeding.", ""),
    # A condition beside it makes it no plain yes.
    ("Metformin is contraindicated in pregnancy.", "Metformin may be used in pregnancy only if clearly needed.", ""),
    ("Metformin is contraindicated in pregnancy.", "Metformin is not recommended in pregnancy.", ""),
]


@pytest.mark.parametrize(("one", "other", "about"), PAIRS)
def test_two_documents(one: str, other: str, about: str) -> None:
    found = contradictions([_passage("a", one, "label"), _passage("b", other, "guide", "Guideline")], medicines())
    assert [each.about for each in found] == ([about] if about else [])
    if about:
        assert {(said.key, said.quote) for said in found[0].statements} == {("a", one), ("b", other)}
        assert set(found[0].titles) == {"Metformin tablets", "Guideline"}


def test_one_document_does_not_contradict_itself() -> None:
    passages = [_passage("a", MAX_2550, "label"), _passage("b", MAX_2000, "label")]
    assert contradictions(passages, medicines()) == ()


def test_other_medicines_and_nothing_at_all_contradict_nothing() -> None:
    other = _passage("b", MAX_2000.replace("metformin", "sitagliptin"), "guide", "Sitagliptin", "sitagliptin")
    assert contradictions([_passage("a", MAX_2550, "label"), other], medicines()) == ()
    assert contradictions([], medicines()) == ()


def test_three_documents_are_each_compared_with_the_first() -> None:
    texts = (MAX_2550, MAX_2000, MAX_2000.replace("2,000", "3,000"))
    found = contradictions([_passage(f"p{at}", text, f"d{at}") for at, text in enumerate(texts)], medicines())
    assert [[said.key for said in each.statements] for each in found] == [["p0", "p1"], ["p0", "p2"]]
