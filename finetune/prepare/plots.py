"""The figures of a data sheet: what each step left, how the splits are balanced, how long the texts are.

Drawn from the sheet alone, so that they can be drawn again; they are no part of what a snapshot's hash binds. Made
without pyplot. Colours differ in lightness as well as in hue, and every number that a bar shows is also written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.example import Split
from finetune.prepare.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, DPI = 10.8, 100
INK, SOFT, LINE = "#16242b", "#475a64", "#d5dde1"
COLOURS = {Split.TRAIN: "#0b5563", Split.VALIDATION: "#6fb1c0", Split.HELD_OUT: "#c98a4b"}
MOST_BARS = 16


def write_plots(folder: Path, sheet: Sheet) -> tuple[Path, ...]:
    """Write every figure into `folder/plots` as PNG."""
    place = folder / "plots"
    place.mkdir(parents=True, exist_ok=True)
    figures = {"steps": steps(sheet), "lengths": lengths(sheet)}
    figures |= {name: balance(sheet, name) for name in ("area", "topic", "population", "difficulty", "source")}
    made = []
    for name, figure in figures.items():
        path = place / f"{name}.png"
        figure.savefig(path, format="png", dpi=DPI)
        made.append(path)
    return tuple(made)


def steps(sheet: Sheet) -> Figure:
    """The rows that are left after each step."""
    left = [(one.step, one.came - sum(one.dropped.values())) for one in sheet.steps]
    bars = [("were read", sheet.read), *((f"after {step}", count) for step, count in left)]
    figure, axes = _figure(len(bars), "Rows left after each step")
    for place, (_, count) in enumerate(bars):
        axes.barh(place, count, color=COLOURS[Split.TRAIN], height=0.62)
        axes.text(count, place, f"  {count:,}", va="center", color=INK, fontsize=9)
    _named(axes, [name for name, _ in bars])
    return figure


def balance(sheet: Sheet, column: str) -> Figure:
    """The rows of each value of a column, by split."""
    values = dict(list(sheet.balance.get(column, {}).items())[:MOST_BARS])
    figure, axes = _figure(max(1, len(values)), f"Rows by {column}")
    for place, counts in enumerate(values.values()):
        _stacked(axes, place, counts)
    for split, colour in COLOURS.items():
        axes.barh(0, 0, color=colour, label=split.value.replace("_", " "))
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    _named(axes, [name or "not said" for name in values])
    return figure


def lengths(sheet: Sheet) -> Figure:
    """The median length of each text, with the range that holds 99 of 100."""
    figure, axes = _figure(max(1, len(sheet.lengths)), "Characters: median, and up to the 99th percentile")
    for place, one in enumerate(sheet.lengths):
        least, median, _, most, _ = one.quantiles
        axes.plot([least, most], [place, place], color=SOFT, linewidth=3, solid_capstyle="butt")
        axes.plot([median], [place], "o", color=COLOURS[Split(one.split)], markersize=8)
        axes.text(most, place, f"  {median:,.0f}, up to {most:,.0f}", va="center", color=INK, fontsize=9)
    axes.set_xlim(left=0)
    _named(axes, [f"{one.column}, {one.split.replace('_', ' ')}" for one in sheet.lengths])
    return figure


def _stacked(axes: Axes, place: int, counts: Mapping[str, int]) -> None:
    start = 0
    for split, colour in COLOURS.items():
        count = counts.get(split.value, 0)
        axes.barh(place, count, left=start, color=colour, height=0.62)
        start += count
    axes.text(start, place, f"  {start:,}", va="center", color=INK, fontsize=9)


def _figure(bars: int, title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    height = 1.2 + 0.36 * bars
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    # Fixed margins: a layout that is worked out draws every figure twice.
    figure.subplots_adjust(left=0.22, right=0.97, top=1 - 0.5 / height, bottom=0.2 / height)
    axes: Axes = figure.add_subplot()
    axes.set_title(title, loc="left", color=INK, fontsize=12)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(LINE)
    axes.tick_params(bottom=False, labelbottom=False, left=False, colors=SOFT)
    axes.margins(x=0.16)
    return figure, axes


def _named(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    if len(names) > 1:
        axes.invert_yaxis()
