"""Two sources that differ on the same dose are shown as such; sentences for different cases are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.contradictions import contradictions, spoken_against
from retrieval.passage import Citation
from tests.guardrails.claims import medicines, passage

PAIRS = [
    # (one source, another source, what they differ on or "")
    ("Maximum dose in adults: 2,550 mg per day.", "The maximum dose in adults is 2,000 mg per day.", "maximum"),
    ("Maximum dose in adults: 2,550 mg per day.", "Do not exceed 2 g per day in adults.", "maximum"),
    ("Start adults with 500 mg twice daily.", "The starting dose is 850 mg twice daily in adults.", ""),  # two amounts
    ("Start adults with 500 mg.", "The starting dose in adults is 850 mg.", "start dose"),
    (
        "It is contraindicated in severe renal impairment.",
        "It may be used in severe renal impairment.",
        "contraindication",
    ),
    # the same in another notation
    ("Maximum dose in adults: 2,550 mg per day.", "The maximum daily dose in adults is 2.55 g.", ""),
    # other people, unit, purpose, kind of amount or clearance
    ("Maximum dose in adults: 2,550 mg per day.", "Maximum dose in children: 2,000 mg per day.", ""),
    ("Maximum dose in adults: 2,550 mg per day.", "Maximum single dose in adults: 1,000 mg.", ""),
    ("Maximum dose in gout: 800 mg per day.", "Maximum dose in epilepsy: 600 mg per day.", ""),
    ("Start with 500 mg.", "The maximum dose is 850 mg.", ""),
    (
        "With CrCl below 30 mL/min the maximum is 1 g per day.",
        "With CrCl below 60 mL/min the maximum is 2 g per day.",
        "",
    ),
    ("It is contraindicated in severe renal impairment.", "It may be used in mild renal impairment.", ""),
    # a second medicine
    ("The maximum dose is 40 mg per day.", "With amiodarone the maximum dose is 20 mg per day.", ""),
]


@pytest.mark.parametrize(("one", "other", "about"), PAIRS)
def test_only_what_is_said_of_the_same_case_contradicts(one: str, other: str, about: str) -> None:
    shelf = (passage(one, key="a", source_id="label@1"), passage(other, key="b", source_id="guideline@1"))
    found = contradictions(shelf, medicines())
    assert [each.about for each in found] == ([about] if about else [])
    if found:
        assert (found[0].one, found[0].other) == (Citation("a", one), Citation("b", other))
        assert one in found[0].explanation
        assert other in found[0].explanation


def test_sentences_of_one_document_are_for_different_cases() -> None:
    one = passage("Maximum dose in adults: 2,550 mg per day.", key="a", source_id="label@1")
    other = passage("Maximum dose in adults: 2,000 mg per day.", key="b", source_id="label@2")
    assert contradictions((one, other), medicines()) == ()
    assert len(contradictions((one, replace(other, source_id="guideline@2")), medicines())) == 1


def test_other_medicines_or_products_do_not_contradict() -> None:
    one = passage("The maximum dose is 2,550 mg per day.", key="a", source_id="label@1")
    other = passage(
        "The maximum dose is 2,000 mg per day.", "Glipizide", ("glipizide",), key="b", source_id="glipizide@1"
    )
    slow = passage(
        "The maximum dose is 2,000 mg per day.", "Metformin extended-release tablets", key="c", source_id="er@1"
    )
    assert contradictions((one, other, slow), medicines()) == ()


def test_a_released_claim_is_shown_with_what_speaks_against_it() -> None:
    one = passage("Take it with food. The maximum dose is 2,550 mg per day.", key="a", source_id="label@1")
    other = passage("The maximum dose is 2,000 mg per day.", key="b", source_id="guideline@1")
    evidence = {"a": one, "b": other}
    cited = Citation("a", "The maximum dose is 2,550 mg per day.")
    assert len(spoken_against([cited], evidence, medicines())) == 1
    assert spoken_against([Citation("a", "Take it with food.")], evidence, medicines()) == ()
