"""Every text colour of the page on every ground it stands on, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ui

HERE = Path(ui.__file__).parent
CSS = (HERE / "style.css").read_text(encoding="utf-8")
BOARD = (HERE / "triage/triage.css").read_text(encoding="utf-8")
TEXT = 4.5
EDGE = 3.0

# text colour, the grounds it is used on
PAIRS = [
    ("ink", ("page", "paper", "sunk", "accent-soft", "warning-soft", "refusal-soft", "withheld-soft")),
    ("ink-soft", ("page", "paper", "sunk", "refusal-soft", "withheld-soft")),
    ("accent", ("page", "paper", "accent-soft", "refusal-soft")),
    ("accent-ink", ("accent",)),
    ("refusal", ("paper", "refusal-soft", "sunk")),
    ("warning", ("paper", "warning-soft")),
    ("withheld", ("page", "paper", "withheld-soft")),
    ("paper", ("withheld", "warning")),
    ("mark-ink", ("mark",)),
]


# on the board; its own colours stand beside those of the chat
BOARD_PAIRS = [
    ("ink", ("red-soft", "amber-soft", "blue-soft", "green-soft")),
    *((name, (f"{name}-soft", "paper")) for name in ("red", "amber", "blue", "green")),
    ("paper", ("red", "ink")),
    ("ink-soft", ("accent-soft",)),
]


def colours(selector: str, css: str = CSS) -> dict[str, str]:
    block = re.search(re.escape(selector) + r" \{(.*?)\}", css, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("selector", [":root", ".dark"])
@pytest.mark.parametrize(("front", "grounds"), PAIRS)
def test_text_can_be_read(selector: str, front: str, grounds: tuple[str, ...]) -> None:
    named = colours(selector)
    low = {ground: contrast(named[front], named[ground]) for ground in grounds}
    assert all(ratio >= TEXT for ratio in low.values()), low


@pytest.mark.parametrize("selector", [":root", ".dark"])
@pytest.mark.parametrize(("front", "grounds"), BOARD_PAIRS)
def test_text_on_the_board_can_be_read(selector: str, front: str, grounds: tuple[str, ...]) -> None:
    named = colours(selector) | colours(selector, BOARD)
    low = {ground: contrast(named[front], named[ground]) for ground in grounds}
    assert all(ratio >= TEXT for ratio in low.values()), low


@pytest.mark.parametrize("selector", [":root", ".dark"])
def test_edges_of_fields_and_the_focus_can_be_seen(selector: str) -> None:
    named = colours(selector)
    for ground in ("page", "paper", "sunk"):
        assert contrast(named["line-strong"], named[ground]) >= EDGE
        assert contrast(named["accent"], named[ground]) >= EDGE


def test_both_schemes_name_the_same_colours() -> None:
    assert colours(":root").keys() == colours(".dark").keys()


def test_contrast_of_black_on_white_is_the_greatest() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
