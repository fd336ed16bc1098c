"""A fragment is no statement: letters around an amount pass every comparison with the quote, and say nothing."""

from __future__ import annotations

import pytest

from guardrails.claim import Claim
from guardrails.judge import judge
from guardrails.verdict import Decision
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage
from tests.assistant.evidence import ADULTS, ROW

DOSES = "The usual starting dose is 500 mg twice daily or 850 mg once daily, with meals."

# Each was released once: a model with random weights found them.
FRAGMENTS = [
    (ADULTS, DOSES, "850 mg.", False),
    (ADULTS, DOSES, "E 850 mg.", False),
    (ADULTS, DOSES, "It, 850 mg.", False),
    (ADULTS, DOSES, "Mg.", False),
    (ROW, ROW.text, "≥ 65 years, ½ tablet, i.", False),
    (ADULTS, "The maximum is 2,550 mg per day.", "Y Y.", False),
    # a statement, short as it is
    (ADULTS, "The maximum is 2,550 mg per day.", "Maximum 2,550 mg per day.", True),
]


@pytest.mark.parametrize(("cited", "quote", "text", "released"), FRAGMENTS)
def test_a_fragment_is_withheld(cited: Passage, quote: str, text: str, released: bool) -> None:
    claim = Claim(text, (Citation(cited.key, quote),))
    verdict = judge(claim, {cited.key: cited}, Medicines.load())
    assert (verdict.decision is Decision.RELEASE) is released
