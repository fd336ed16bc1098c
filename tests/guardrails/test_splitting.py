"""A plain text becomes claims: every word in one of them, every marker on its own sentence, any text at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.splitting import split

SPLITS = [
    # (text, [(claim, keys)])
    ("Take it [p1].", [("Take it.", ["p1"])]),
    ("Take it. [p1] Swallow it whole. [p2]", [("Take it.", ["p1"]), ("Swallow it whole.", ["p2"])]),
    ("Take it.[p1] Swallow it whole [p2].", [("Take it.", ["p1"]), ("Swallow it whole.", ["p2"])]),
    ("Take it [p1][p2].", [("Take it.", ["p1", "p2"])]),
    ("Take it [p1, p2; p3].", [("Take it.", ["p1", "p2", "p3"])]),
    ("Take it [p1] with food [p2].", [("Take it with food.", ["p1", "p2"])]),
    ("Take it [p1] [p1].", [("Take it.", ["p1"])]),
    # without a marker: no citation, never that of a neighbour
    ("Take it. Swallow it whole [p2].", [("Take it.", []), ("Swallow it whole.", ["p2"])]),
    ("Take it [p1]. Swallow it whole.", [("Take it.", ["p1"]), ("Swallow it whole.", [])]),
    # at the start of a line
    ("[p1] Take it. Swallow it.", [("Take it.", ["p1"]), ("Swallow it.", [])]),
    ("Take it.\n[p2] Swallow it.", [("Take it.", []), ("Swallow it.", ["p2"])]),
    # full stops that end nothing
    ("Take 2.5 mg q.d. for e.g. gout [p1].", [("Take 2.5 mg q.d. for e.g. gout.", ["p1"])]),
    ("Take approx. 1.5 mL [p1]. Stop at No. 3 [p2].", [("Take approx. 1.5 mL.", ["p1"]), ("Stop at No. 3.", ["p2"])]),
    # lists
    ("Doses:\n- 500 mg [p1]\n- 850 mg [p2]", [("Doses:", []), ("500 mg", ["p1"]), ("850 mg", ["p2"])]),
    ("1. Take it [p1].\n2. Swallow it [p2].", [("Take it.", ["p1"]), ("Swallow it.", ["p2"])]),
    ("Take\n2. tablets [p1].", [("Take", []), ("2. tablets.", ["p1"])]),  # no list: it does not count from one
    ("**Dose**: 500 mg [p1].", [("Dose: 500 mg.", ["p1"])]),
    # what is in brackets and no key
    ("Take it [see section 2] now [p1].", [("Take it [see section 2] now.", ["p1"])]),
    # two numbers never become one
    ("Take 5[p1]0 mg.", [("Take 5 0 mg.", ["p1"])]),
    ("", []),
    ("[p1]", []),
    ("...", []),
]


@pytest.mark.parametrize(("text", "claims"), SPLITS)
def test_each_sentence_is_a_claim_with_its_own_keys(text: str, claims: list[tuple[str, list[str]]]) -> None:
    assert [(claim.text, [one.key for one in claim.citations]) for claim in split(text)] == claims


WORDS = st.sampled_from(
    [
        "Take",
        "500 mg",
        "2.5",
        "e.g.",
        "q.d.",
        ".",
        ". ",
        "\n",
        "- ",
        "1. ",
        "2) ",
        "[p1]",
        "[a-b, c]",
        "[",
        "]",
        "No. 3",
        ";",
        "**",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join), st.lists(WORDS).map("".join)))
def test_no_word_is_lost_and_no_key_invented(text: str) -> None:
    claims = split(text)
    marker = (
        r"\[[ \t]{0,3}[A-Za-z0-9][\w.@:/#-]{0,99}(?:[ \t]{0,3}[,;][ \t]{0,3}[A-Za-z0-9][\w.@:/#-]{0,99})*[ \t]{0,3}\]"
    )
    bare = re.sub(marker, "", re.sub(r"\*\*|__", "", text))
    kept = re.sub(r"[\W_]|\d", "", "".join(claim.text for claim in claims))
    assert kept == re.sub(r"[\W_]|\d", "", bare)
    assert all(f"{one.key}" in text and one.quote == "" for claim in claims for one in claim.citations)
    assert all(any(sign.isalnum() for sign in claim.text) for claim in claims)
