"""Where sentences end. Each row of the table is one way in which labels mislead a splitter."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sentences import sentences

CASES = [
    ("Take 0.5 mg daily. Do not chew.", ["Take 0.5 mg daily.", "Do not chew."]),  # a decimal point
    ("Give i.v. Follow with saline.", ["Give i.v. Follow with saline."]),  # an abbreviation never ends one
    ("Give 5 mg b.i.d. or t.i.d. for 3 days.", ["Give 5 mg b.i.d. or t.i.d. for 3 days."]),
    ("Inhibitors (e.g. Ketoconazole) raise it. Avoid.", ["Inhibitors (e.g. Ketoconazole) raise it.", "Avoid."]),
    ("Acidosis occurs (see below. Rare.) Stop.", ["Acidosis occurs (see below. Rare.)", "Stop."]),
    ("E. Coli and S. Aureus grew. Others did not.", ["E. Coli and S. Aureus grew.", "Others did not."]),
    ("Give vitamin C. Wait a day.", ["Give vitamin C.", "Wait a day."]),  # a letter that does end one
    ("Contains dye No. 5 and talc. Store dry.", ["Contains dye No. 5 and talc.", "Store dry."]),
    ("Dr. Smith agreed. See Table 2. Doses are below.", ["Dr. Smith agreed.", "See Table 2. Doses are below."]),
    ("Drug A vs. Drug B was tested.", ["Drug A vs. Drug B was tested."]),
    ("GFR of < 30 mL/min. should not receive it.", ["GFR of < 30 mL/min. should not receive it."]),  # a small letter
    ("First line\nsecond line", ["First line", "second line"]),  # a line break always ends one
    ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
    ("Is it safe? Yes! It is.", ["Is it safe?", "Yes!", "It is."]),
    ("Keep at 20°C. 5 days later discard.", ["Keep at 20°C. 5 days later discard."]),  # doubtful: not split
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text(alphabet=st.sampled_from('aB1 .!?()[]\n\t"e.g.°®'), max_size=300))
def test_spans_are_in_order_and_lose_nothing_but_space(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
