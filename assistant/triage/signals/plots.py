"""Figures of signals: a forest plot, a pair's trend, a heat map. Readable on a laptop's screen at their own size.

Figures are made without pyplot, so nothing is shared between threads of a server. Colours differ in lightness as well
as in hue, and every number that a colour shows is also written.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.triage.signals.candidates import SignalRow
from assistant.triage.signals.thresholds import Measure
from assistant.triage.signals.trend import TrendPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 10.8
"""Inches, at 100 dots each: a laptop's content width."""

DPI = 100
INK, SOFT, ACCENT, STRONG, LINE = "#16242b", "#475a64", "#0b5563", "#8a3b12", "#d5dde1"

_ENDS: dict[str, tuple[str, str, str, float]] = {
    "ebgm": ("eb05", "eb95", "EBGM with its 5 % and 95 % points", 2.0),
    "ror": ("ror_low", "ror_high", "Reporting odds ratio with its 95 % interval", 1.0),
    "prr": ("prr_low", "prr_high", "Proportional reporting ratio with its 95 % interval", 1.0),
}


def png(figure: Figure) -> bytes:
    """The figure as a PNG file."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI)
    return out.getvalue()


def forest(rows: Sequence[SignalRow], *, measure: Measure = "ebgm", most: int = 20) -> Figure:
    """A ratio and its interval for each pair, in the order of the rows, on a logarithmic scale.

    A pair for which it is not defined keeps its line and says so.

    Raises:
        ValueError: `measure` is no ratio with an interval, or there is no row.
    """
    if measure not in _ENDS:
        raise ValueError(f"a forest plot shows {', '.join(_ENDS)}, not {measure}")
    if not rows:
        raise ValueError("a forest plot needs at least one pair")
    shown = rows[:most]
    low, high, title, limit = _ENDS[measure]
    figure, axes = _figure(1.5 + 0.34 * len(shown), left=0.40, right=0.80, top=0.62, bottom=0.62)
    axes.set_xscale("log")
    for place, row in enumerate(shown):
        values = [getattr(row, each) for each in (measure, low, high)]
        _forest_line(axes, place, row, values)
    axes.axvline(1, color=SOFT, linewidth=1)
    if limit != 1:
        axes.axvline(limit, color=STRONG, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(shown)), [_pair(row) for row in shown], fontsize=8.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    _plain_powers(axes)
    threshold = "" if limit == 1 else f"; dashed line at {limit:g}, the threshold of the lower end"
    axes.set_xlabel(f"Times as often as expected, logarithmic; solid line at 1{threshold}", fontsize=9, color=SOFT)
    cut = f", the first {len(shown)} of {len(rows):,} pairs" if len(rows) > len(shown) else ""
    _title(figure, title + cut)
    return figure


def _forest_line(axes: Axes, place: int, row: SignalRow, values: Sequence[float | None]) -> None:
    value, low, high = values
    if value is None or low is None or high is None:
        told = "not defined"
    else:
        colour = ACCENT if low > 1 else SOFT
        axes.plot([low, high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot([value], [place], marker="o", markersize=5, color=colour)
        told = f"{_short(value)} ({_short(low)}–{_short(high)})"
    across = axes.get_yaxis_transform()
    for start, text in ((1.02, f"n={row.n:,}"), (1.14, told)):
        axes.text(start, place, text, transform=across, va="center", fontsize=8.5, color=INK, clip_on=False)


def trend(points: Sequence[TrendPoint], product: str, event: str) -> Figure:
    """Reports of a pair by period as bars; below, the information component of all reports so far with its interval.

    Raises:
        ValueError: there is no period.
    """
    from matplotlib.ticker import MaxNLocator

    if not points:
        raise ValueError("a trend needs at least one period")
    figure, (bars, lines) = _stacked(5.2)
    places = range(len(points))
    drawn = bars.bar(places, [each.n for each in points], color=ACCENT, width=0.7)
    if len(points) <= 24:
        bars.bar_label(drawn, fontsize=8, color=INK, padding=1)
    bars.set_ylabel("reports", fontsize=9, color=SOFT)
    bars.set_ylim(0, 1.18 * max(1, *(each.n for each in points)))
    bars.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    lines.fill_between(
        places,
        [each.ic_low for each in points],
        [each.ic_high for each in points],
        color=ACCENT,
        alpha=0.2,
        linewidth=0,
    )
    lines.plot(places, [each.ic for each in points], color=ACCENT, marker="o", markersize=3.5, linewidth=1.5)
    lines.axhline(0, color=STRONG, linewidth=1, linestyle="--")
    lines.set_ylabel("IC so far, 95 %", fontsize=9, color=SOFT)
    lines.grid(axis="y", color=LINE, linewidth=0.6)
    # As many labels as fit beside each other.
    every = -(-len(points) // 14)
    lines.set_xticks(list(places)[::every], [each.period for each in points][::every], fontsize=8.5)
    lines.set_xlim(-0.6, len(points) - 0.4)
    _title(figure, f"{_cut(product, 45)} and {_cut(event, 45)}: {points[-1].n_so_far:,} reports")
    return figure


def heat_map(rows: Sequence[SignalRow], *, products: int = 12, events: int = 14) -> Figure:
    """The information component of the most reported products and events; the number in a cell is its reports.

    A framed cell crosses at least one threshold. An empty cell was not reported. Give it the rows of `corner`.

    Raises:
        ValueError: there is no row.
    """
    if not rows:
        raise ValueError("a heat map needs at least one pair")
    shown = _most_crossed(rows, "product")[:products]
    chosen = shown, _most_crossed([row for row in rows if row.product in shown], "event")[:events]
    height = 1.35 + 1.5 + 0.34 * len(shown)
    figure, axes = _figure(height, left=0.27, right=0.90, top=0.62, bottom=2.0)
    cells = {(row.product, row.event): row for row in rows}
    widest = max(1.0, *(abs(row.ic or 0.0) for row in rows if row.product in chosen[0] and row.event in chosen[1]))
    grid = [[_ic(cells.get((product, event))) for event in chosen[1]] for product in chosen[0]]
    image = axes.imshow(grid, cmap="PuOr_r", vmin=-widest, vmax=widest, aspect="auto")
    for across, event in enumerate(chosen[1]):
        for down, product in enumerate(chosen[0]):
            row = cells.get((product, event))
            if row is not None:
                _heat_cell(axes, across, down, row, widest)
    axes.set_yticks(range(len(chosen[0])), [_cut(each, 34) for each in chosen[0]], fontsize=8.5)
    axes.set_xticks(
        range(len(chosen[1])), [_cut(each, 30) for each in chosen[1]], fontsize=8.5, rotation=40, ha="right"
    )
    axes.set_xlim(-0.5, len(chosen[1]) - 0.5)
    axes.set_ylim(len(chosen[0]) - 0.5, -0.5)
    bar = figure.colorbar(image, ax=axes, fraction=0.03, pad=0.02)
    bar.set_label("information component", fontsize=8.5, color=SOFT)
    _title(figure, "Reports by product and event; framed cells cross a threshold")
    return figure


def _heat_cell(axes: Axes, across: int, down: int, row: SignalRow, widest: float) -> None:
    dark = abs(row.ic or 0.0) > 0.62 * widest
    axes.text(across, down, f"{row.n:,}", ha="center", va="center", fontsize=8, color="white" if dark else INK)
    if row.crossed:
        corners = ((-0.46, -0.46), (0.46, -0.46), (0.46, 0.46), (-0.46, 0.46), (-0.46, -0.46))
        axes.plot([across + x for x, _ in corners], [down + y for _, y in corners], color=INK, linewidth=1.3)


def _most_crossed(rows: Sequence[SignalRow], name: str) -> list[str]:
    """Names with the most candidates first, then with the most reports."""
    weight: dict[str, tuple[int, int]] = {}
    for row in rows:
        crossed, reports = weight.get(getattr(row, name), (0, 0))
        weight[getattr(row, name)] = (crossed + bool(row.crossed), reports + row.n)
    return sorted(weight, key=lambda each: (*(-value for value in weight[each]), each))


def _ic(row: SignalRow | None) -> float:
    return float("nan") if row is None or row.ic is None else row.ic


def _figure(height: float, *, left: float, right: float, top: float, bottom: float) -> tuple[Figure, Axes]:
    """A figure with one pair of axes; left and right are shares of the width, top and bottom are inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    axes = figure.add_axes((left, bottom / height, right - left, 1 - (top + bottom) / height))
    _bare(axes)
    return figure, axes


def _stacked(height: float) -> tuple[Figure, tuple[Axes, Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    upper = figure.add_axes((0.08, 0.50, 0.89, 0.38))
    lower = figure.add_axes((0.08, 0.09, 0.89, 0.36), sharex=upper)
    upper.tick_params(labelbottom=False)
    for axes in (upper, lower):
        _bare(axes)
    return figure, (upper, lower)


def _bare(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.tick_params(which="both", colors=INK, length=0, labelsize=8.5)
    axes.set_axisbelow(True)


def _plain_powers(axes: Axes) -> None:
    """Ticks such as 0.5, 2 and 100 instead of powers of ten, and few enough to stand apart."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_xlim()
    steps = (1, 2, 5) if high / low < 200 else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _title(figure: Figure, text: str) -> None:
    figure.text(0.012, 1 - 0.30 / figure.get_figheight(), text, fontsize=11.5, color=INK, va="center", weight="bold")


def _pair(row: SignalRow) -> str:
    return f"{_cut(row.product, 26)} · {_cut(row.event, 28)}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
