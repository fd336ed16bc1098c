"""`pharmassist triage signals`: which products and events are reported together more often than expected.

What it prints are candidates: questions to a person, never findings.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.triage.case import Case
    from assistant.triage.signals.candidates import Measured, SignalRow
    from assistant.triage.signals.report_set import ReportSet, Roles
    from assistant.triage.signals.shrinker import Prior
    from assistant.triage.signals.thresholds import Measure

app = typer.Typer(add_completion=False, rich_markup_mode=None)

CASES = "cases"


@app.callback(invoke_without_command=True)
def signals(
    source: Annotated[
        str, typer.Option(help="cases (the desk's own), a CSV or Parquet table, a FAERS zip, or a folder of quarters.")
    ] = CASES,
    by: Annotated[str, typer.Option(help="Measure to rank by: eb05, ebgm, ic_low, ror_low, prr, chi2, n …")] = "eb05",
    stratify: Annotated[str, typer.Option(help="Columns to stratify by, with commas: sex,age_group,year.")] = "",
    roles: Annotated[str, typer.Option(help="Products that count: suspect (with interacting), or all.")] = "suspect",
    names: Annotated[str, typer.Option(help="FAERS products by ingredient, or as reported.")] = "ingredient",
    product: Annotated[list[str] | None, typer.Option(help="Only this product; repeat for more.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="Only this event; repeat for more.")] = None,
    every_pair: Annotated[bool, typer.Option("--every-pair", help="Pairs that cross no threshold too.")] = False,
    most: Annotated[int, typer.Option(help="How many pairs to print.", min=1)] = 50,
    prior: Annotated[str, typer.Option(help="Prior of EBGM instead of a fitted one: α1,β1,α2,β2,weight.")] = "",
    as_written: Annotated[
        bool, typer.Option("--as-written", help="Keep capitals and blanks of a table apart.")
    ] = False,
    with_candidates: Annotated[
        bool, typer.Option("--with-candidates", help="Count cases that nobody has looked at, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md).")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write every pair with every measure to this file.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Write forest.png, heat-map.png and trend.png here.")] = None,
) -> None:
    """List the pairs of product and event that cross a threshold, strongest first."""
    from assistant.triage.signals.candidates import measure, number_of, rows
    from assistant.triage.signals.counts import count
    from assistant.triage.signals.sources import write_csv
    from ui.signal_shapes import signals_json

    ranked, counted = _measure(by), _roles(roles)
    columns = [each.strip() for each in stratify.split(",") if each.strip()]
    with _opened(source, names, as_written, with_candidates) as reports:
        measured = measure(count(reports, by=columns, roles=counted), prior=_prior(prior))
        wanted = (product or (), event or ())
        found = number_of(measured, products=wanted[0], events=wanted[1], every_pair=every_pair)
        chosen = rows(measured, rank=ranked, most=most, products=wanted[0], events=wanted[1], every_pair=every_pair)
        if csv is not None:
            write_csv(measured, csv)
        if plots is not None:
            _draw(plots, reports, measured, chosen, counted)
    name = source if source == CASES else Path(source).name
    print(signals_json(name, measured, chosen, found) if as_json else _text(name, measured, chosen, found))


@contextmanager
def _opened(source: str, names: str, as_written: bool, with_candidates: bool) -> Iterator[ReportSet]:
    from assistant.triage.signals.cases import of_cases
    from assistant.triage.signals.faers_tables import Names
    from assistant.triage.signals.sources import opened

    if names not in list(Names):
        raise typer.BadParameter(f"--names is {' or '.join(Names)}")
    if source != CASES:
        with opened(Path(source), names=Names(names), as_written=as_written) as reports:
            yield reports
        return
    yield of_cases(_stored_cases(), with_candidates=with_candidates)


def _stored_cases() -> Iterator[Case]:
    """The cases of the casebook that the settings name; nothing is written, so no deadline is computed."""
    from assistant.database import open_database
    from assistant.ledger import Ledger
    from assistant.triage.casebook import Casebook
    from ui.settings import load

    engine = open_database(load().database)
    return Casebook(engine, Ledger(engine), lambda _: None).cases()


def _measure(name: str) -> Measure:
    from assistant.triage.signals.thresholds import MEASURES

    for each in MEASURES:
        if each == name:
            return each
    raise typer.BadParameter(f"--by is one of {', '.join(MEASURES)}")


def _roles(name: str) -> Roles:
    from assistant.triage.signals.report_set import Roles

    if name not in list(Roles):
        raise typer.BadParameter(f"--roles is {' or '.join(Roles)}")
    return Roles(name)


def _prior(text: str) -> Prior | None:
    from assistant.triage.signals.shrinker import Prior

    if not text:
        return None
    try:
        a1, b1, a2, b2, weight = (float(each) for each in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("--prior is five numbers with commas: α1,β1,α2,β2,weight") from error
    return Prior(a1, b1, a2, b2, weight)


def _draw(folder: Path, reports: ReportSet, measured: Measured, chosen: Sequence[SignalRow], roles: Roles) -> None:
    """Write the figures that the rows allow; the trend is that of the strongest pair, where reports are dated."""
    from assistant.triage.signals import plots
    from assistant.triage.signals.candidates import corner
    from assistant.triage.signals.errors import ReportsInvalid
    from assistant.triage.signals.trend import trend

    if not chosen:
        return
    folder.mkdir(parents=True, exist_ok=True)
    ratio: Measure = "ror" if measured.prior is None else "ebgm"
    (folder / "forest.png").write_bytes(plots.png(plots.forest(chosen, measure=ratio)))
    (folder / "heat-map.png").write_bytes(plots.png(plots.heat_map(corner(measured))))
    period = next((each for each in ("quarter", "year") if each in reports.strata), None)
    if period is None:
        return
    first = chosen[0]
    try:
        points = trend(reports, first.product, first.event, period=period, roles=roles)
    except ReportsInvalid as error:
        print(f"no trend.png: {error}", file=sys.stderr)
        return
    (folder / "trend.png").write_bytes(plots.png(plots.trend(points, first.product, first.event)))


def _text(name: str, measured: Measured, chosen: Sequence[SignalRow], found: int) -> str:
    strata = f", stratified by {', '.join(measured.strata)}" if measured.strata else ""
    lines = [f"{name}: {measured.reports:,} reports, {len(measured.table):,} pairs{strata}"]
    lines += [f"  {each}" for each in measured.notices]
    if not chosen:
        return "\n".join([*lines, "No pair crosses a threshold."])
    lines += [
        "",
        f"{'product':30} {'event':28} {'n':>6} {'PRR':>8} {'ROR low':>8} {'IC low':>7} {'EBGM':>7} {'EB05':>7}  rules",
    ]
    lines += [_line(row) for row in chosen]
    rest = f"{found - len(chosen):,} more; --most shows them, --csv writes all." if found > len(chosen) else ""
    return "\n".join(
        [*lines, *([rest] if rest else []), "", "These are candidates for a person to judge, not findings."]
    )


def _line(row: SignalRow) -> str:
    numbers = ((row.prr, 8), (row.ror_low, 8), (row.ic_low, 7), (row.ebgm, 7), (row.eb05, 7))
    cells = " ".join(f"{'–' if value is None else f'{value:.2f}':>{width}}" for value, width in numbers)
    return f"{row.product[:30]:30} {row.event[:28]:28} {row.n:6,} {cells}  {' '.join(row.crossed)}".rstrip()
