"""Figures: what they show, that no two labels overlap, and the trend that one of them draws."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from assistant.triage.signals import plots
from assistant.triage.signals.candidates import Measured, SignalRow, corner, measure, rows
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import ReportsInvalid
from assistant.triage.signals.shrinker import Prior
from assistant.triage.signals.trend import TrendPoint, trend
from tests.assistant.triage.signals.tables import reports

PRIOR = Prior(3.2538, 0.3999, 2.0261, 1.9081, 0.0653)
LONG = "A very long product name that no figure has room for, with a strength of 500 mg and more"


@pytest.fixture
def measured_(tmp_path: Path) -> Measured:
    """Forty products with long names and thirty events, some pairs strong and some not defined."""
    table = []
    for product in range(40):
        for event in range(30):
            number = 12 if product == event else (product * event) % 3
            table += [(f"{product}-{event}-{each}", f"{LONG} {product}", f"{LONG} {event}") for each in range(number)]
    table += [("only", "Alone", "Unheard of")] * 2
    return measure(count(reports(tmp_path, table)), prior=PRIOR)


@pytest.fixture
def many(measured_: Measured) -> tuple[SignalRow, ...]:
    return rows(measured_, every_pair=True)


def drawn(figure: Figure) -> list[Text]:
    """The texts of a figure that have words and are shown; labels of ticks beyond an axis are kept but never drawn."""
    plots.png(figure)
    unseen = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        ticks = (*axis.get_major_ticks(), *axis.get_minor_ticks())
        unseen |= {tick.label1 for tick in ticks if not low <= tick.get_loc() <= high}
    return [
        text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible() and text not in unseen
    ]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of unrotated texts whose boxes share more than a hair."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn(figure) if text.get_rotation() in (0, 90)]
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]


def outside(figure: Figure) -> list[str]:
    """Texts that leave the picture."""
    width, height = figure.get_size_inches() * figure.dpi
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn(figure)]
    return [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]


@pytest.mark.parametrize("measure_", ["ebgm", "ror", "prr"])
def test_a_forest_plot_is_readable_and_says_what_is_not_defined(many: tuple[SignalRow, ...], measure_: str) -> None:
    undefined = [row for row in many if row.prr is None][:2]
    assert undefined
    figure = plots.forest([*many[:18], *undefined], measure=measure_)  # type: ignore[arg-type]
    assert overlapping(figure) == []
    assert outside(figure) == []
    words = [text.get_text() for text in drawn(figure)]
    assert words.count("not defined") == (
        0 if measure_ == "ebgm" else sum(getattr(row, measure_) is None for row in [*many[:18], *undefined])
    )


def test_a_forest_plot_of_one_pair_is_readable(many: tuple[SignalRow, ...]) -> None:
    figure = plots.forest(many[:1])
    assert overlapping(figure) == []
    assert outside(figure) == []


def test_a_heat_map_writes_the_reports_into_its_cells(many: tuple[SignalRow, ...]) -> None:
    figure = plots.heat_map(many)
    assert overlapping(figure) == []
    assert outside(figure) == []
    assert [text.get_text() for text in drawn(figure)].count("12") >= 10


def test_the_corner_that_a_heat_map_shows_is_chosen_from_the_table(
    measured_: Measured, many: tuple[SignalRow, ...]
) -> None:
    chosen = corner(measured_, products=5, events=6)
    products, events = {row.product for row in chosen}, {row.event for row in chosen}
    assert (len(products), len(events)) == (5, 6)
    assert set(chosen) == {row for row in many if row.product in products and row.event in events}
    crossing = {
        name: sum(bool(row.crossed) for row in many if row.product == name) for name in {r.product for r in many}
    }
    assert min(crossing[name] for name in products) >= max(n for name, n in crossing.items() if name not in products)


def test_a_trend_is_readable_with_few_and_with_many_periods() -> None:
    for number in (1, 12, 90):
        points = [
            TrendPoint(f"{1990 + at // 4}Q{at % 4 + 1}", at, 5, 5, 100, at * 2, 1.0, 0.5, -0.5, 1.5)
            for at in range(number)
        ]
        figure = plots.trend(points, LONG, LONG)
        assert overlapping(figure) == []
        assert outside(figure) == []


def test_a_figure_is_a_png_of_a_laptops_width(many: tuple[SignalRow, ...]) -> None:
    image = plots.png(plots.forest(many[:3]))
    assert image.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(image[16:20], "big") == 1080


def test_nothing_to_draw_is_an_error_and_not_an_empty_picture(many: tuple[SignalRow, ...]) -> None:
    with pytest.raises(ValueError, match="needs at least one pair"):
        plots.forest([])
    with pytest.raises(ValueError, match="needs at least one pair"):
        plots.heat_map([])
    with pytest.raises(ValueError, match="needs at least one period"):
        plots.trend([], "A", "X")
    with pytest.raises(ValueError, match="shows ebgm, ror, prr, not n"):
        plots.forest(many, measure="n")


COLUMNS = ("id", "product", "event", "year")


def test_a_trend_counts_each_period_and_accumulates(tmp_path: Path) -> None:
    table = [
        *(("1", "A", "X", "2023"), ("2", "B", "Y", "2023"), ("3", "A", "X", "2024"), ("4", "A", "X", "2024")),
        *(("5", "B", "X", "2024"), ("6", "A", "Y", ""), ("6", "A", "X", "")),
    ]
    points = trend(reports(tmp_path, table, COLUMNS), "a", "x", period="year")
    assert [(each.period, each.n, each.reports, each.n_so_far) for each in points] == [
        *(("2023", 1, 2, 1), ("2024", 2, 3, 3)),
    ]
    # After 2024: 3 with A, 4 with X, of 5.
    assert points[1].expected_so_far == pytest.approx(3 * 4 / 5)
    assert points[1].ic_low < points[1].ic < points[1].ic_high


def test_a_trend_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    given = reports(tmp_path, [("1", "A", "X", "2023")], COLUMNS)
    with pytest.raises(ReportsInvalid, match="has no column quarter"):
        trend(given, "A", "X")
    with pytest.raises(ReportsInvalid, match="no dated report of B"):
        trend(given, "B", "X", period="year")
    with pytest.raises(ReportsInvalid, match="no dated report of Z"):
        trend(given, "A", "Z", period="year")
