"""What is about neither medicines nor health is turned away; anything that might be is let in."""

from __future__ import annotations

import pytest

from guardrails.screening.scope import CERTAIN, mentions_health, out_of_scope

HEALTH = [
    ("max dose?", True),
    ("on dialysis?", True),
    ("what about thalidomide", True),  # a medicine
    ("Ozempic or Mounjaro", True),  # brands
    ("the capital of Peru", False),
    ("doses", True),
    ("doser", True),
    ("dozing off at work", False),
    ("wardrobe for the hall", False),  # “ward” is a word, not a beginning
    ("he fell in the ward", True),
]


@pytest.mark.parametrize(("text", "health"), HEALTH)
def test_a_word_of_health_or_a_medicine(text: str, health: bool) -> None:
    assert mentions_health(text) is health


SCOPE = [
    # text, the net's certainty that it is about something else, whether it is turned away
    ("what's the weather in Leeds tomorrow", 0.0, True),
    ("write a short poem about autumn", 0.0, True),
    ("write a short poem about warfarin", 1.0, False),  # a medicine keeps it in
    ("any good films on this weekend?", 0.0, True),
    ("and if they forget one?", 0.0, False),  # a follow-up has no sign
    ("and if they forget one?", CERTAIN - 0.01, False),
    ("how do I smash a pumpkin", CERTAIN, True),  # only the net knows
    ("how do I smash a pumpkin", CERTAIN - 0.01, False),
    ("my doctor asks about the weather in Leeds tomorrow", 1.0, False),
    ("", 0.0, False),
]


@pytest.mark.parametrize(("text", "elsewhere", "away"), SCOPE)
def test_both_sides_of_the_scope(text: str, elsewhere: float, away: bool) -> None:
    assert bool(out_of_scope(text, elsewhere)) is away
