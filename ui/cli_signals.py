"""`pharmassist triage signals`: which products and events are reported together more often than expected.

What it prints are candidates: questions to a person, never findings.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli_decisions import decide, list_decisions
from ui.signal_source import CASES, columns_of, named, prior_of, reports_of

if TYPE_CHECKING:
    from assistant.triage.signals.candidates import Measured, SignalRow
    from assistant.triage.signals.report_set import ReportSet, Roles
    from assistant.triage.signals.thresholds import Measure

app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command()(decide)
app.command("decisions")(list_decisions)


@app.callback(invoke_without_command=True)
def signals(
    context: typer.Context,
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

    if context.invoked_subcommand:
        return _refuse_options(context)
    ranked, counted = _measure(by), _roles(roles)
    with reports_of(source, names, as_written, with_candidates) as reports:
        measured = measure(count(reports, by=columns_of(stratify), roles=counted), prior=prior_of(prior))
        wanted = (product or (), event or ())
        found = number_of(measured, products=wanted[0], events=wanted[1], every_pair=every_pair)
        chosen = rows(measured, rank=ranked, most=most, products=wanted[0], events=wanted[1], every_pair=every_pair)
        if csv is not None:
            write_csv(measured, csv)
        if plots is not None:
            _draw(plots, reports, measured, chosen, counted)
    show = signals_json if as_json else _text
    print(show(named(source), measured, chosen, found))


def _refuse_options(context: typer.Context) -> None:
    """Options of the list before “decide” would be read by nobody."""
    sources = ((name, context.get_parameter_source(name)) for name in context.params)
    given = [name for name, source in sources if source is not None and source.name == "COMMANDLINE"]
    if given:
        raise typer.BadParameter(f"write --{given[0].replace('_', '-')} after {context.invoked_subcommand}")


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
