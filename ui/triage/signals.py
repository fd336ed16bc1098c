"""The signals tab: which pairs of medicine and reaction are reported together more often than expected.

Over the desk's own cases or a table that lies in the folder of imported sets. What stands here are questions to a
person, never findings.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assistant.triage.case import Case
from assistant.triage.signals import plots
from assistant.triage.signals.candidates import Measured, SignalRow, corner, measure, number_of, rows
from assistant.triage.signals.cases import of_cases
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import ReportsInvalid
from assistant.triage.signals.report_set import ReportSet
from assistant.triage.signals.sources import TABLES, opened
from assistant.triage.signals.thresholds import MEASURES, Measure, Threshold
from assistant.triage.signals.trend import trend
from ui.markup import text
from ui.triage.decisions import Seen, decided, panel, standing_pill
from ui.triage.marks import attributes, options, pill, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CASES = "cases"
MOST = 60
RANKS: Mapping[Measure, str] = {
    "eb05": "EB05",
    "ebgm": "EBGM",
    "ic_low": "IC, lower end",
    "ror_low": "ROR, lower end",
    "prr": "PRR",
    "chi2": "chi-square",
    "n": "reports",
}
HEADS = (
    "Medicine",
    "Reaction",
    "Standing",
    "n",
    "Expected",
    "PRR (95 %)",
    "χ²",
    "ROR (95 %)",
    "IC (95 %)",
    "EBGM (5–95 %)",
    "Crosses",
)


class Signals:
    """The signals over the desk's cases or the sets in a folder. One computation at a time."""

    def __init__(self, cases: Callable[[], Iterator[Case]], folder: Path) -> None:
        self._cases = cases
        self._folder = folder
        self._lock = Lock()
        self._kept: tuple[object, Measured] | None = None
        """What a set of files last came to, and in which state they were: a large one is not counted for each click."""

    def sets(self) -> tuple[str, ...]:
        """The names of the imported sets: tables and FAERS files in the folder."""
        if not self._folder.is_dir():
            return ()
        found = (path for path in self._folder.iterdir() if path.is_dir() or path.suffix.lower() in (*TABLES, ".zip"))
        return tuple(sorted(path.name for path in found if not path.name.startswith(".")))

    def tab(self, asked: Mapping[str, str], seen: Seen) -> str:
        """The whole tab. Raises `ReportsInvalid`, `FaersInvalid` or `SignalError` in one sentence."""
        source = self._known(asked)
        with self._lock, self._opened(source, asked.get("candidates") == "yes") as reports:
            return self._tab(asked, seen, source, reports)

    def pair(self, asked: Mapping[str, str]) -> SignalRow:
        """One pair with its numbers as they are now. Raises as `tab` does."""
        source = self._known(asked)
        with self._lock:
            measured = self._remembered(asked, source)
            if measured is None:
                with self._opened(source, asked.get("candidates") == "yes") as reports:
                    measured = self._measured(asked, source, reports)
        names = [asked.get("product", "")], [asked.get("event", "")]
        found = rows(measured, products=names[0], events=names[1], every_pair=True)
        if len(found) != 1:
            raise ReportsInvalid("No report names this medicine and this reaction together any more; count again.")
        return found[0]

    def _known(self, asked: Mapping[str, str]) -> str:
        source = asked.get("source") or CASES
        if source != CASES and source not in self.sets():
            raise ReportsInvalid(f"There is no set {source} in {self._folder}.")
        return source

    @contextmanager
    def _opened(self, source: str, with_candidates: bool) -> Iterator[ReportSet]:
        if source == CASES:
            yield of_cases(self._cases(), with_candidates=with_candidates)
            return
        with opened(self._folder / source) as reports:
            yield reports

    def _remembered(self, asked: Mapping[str, str], source: str) -> Measured | None:
        """The desk's own cases are never remembered: they change."""
        if source == CASES or self._kept is None or self._kept[0] != self._key(asked, source):
            return None
        return self._kept[1]

    def _measured(self, asked: Mapping[str, str], source: str, reports: ReportSet) -> Measured:
        known = self._remembered(asked, source)
        if known is None:
            known = measure(count(reports, by=_strata(asked, reports)))
            if source != CASES:
                self._kept = self._key(asked, source), known
        return known

    def _key(self, asked: Mapping[str, str], source: str) -> object:
        path = self._folder / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return source, asked.get("by") or "", tuple((str(each), each.stat().st_mtime_ns) for each in files)

    def _tab(self, asked: Mapping[str, str], seen: Seen, source: str, reports: ReportSet) -> str:
        form = _form(asked, (CASES, *self.sets()), reports.strata, str(self._folder))
        try:
            measured = self._measured(asked, source, reports)
        except ReportsInvalid as error:
            return f'<section class="signals">{form}<p class="nothing">{text(str(error))}</p>{decided(seen)}</section>'
        rank: Measure = next((each for each in MEASURES if each == asked.get("rank")), "eb05")
        every = asked.get("every") == "yes"
        found, total = rows(measured, rank=rank, every_pair=every, most=MOST), number_of(measured, every_pair=every)
        chosen = next((r for r in found if (r.product, r.event) == (asked.get("product"), asked.get("event"))), None)
        chosen = chosen or (found[0] if found else None)
        drawn = _plots(reports, measured, found, chosen)
        after = f"{decided(seen)}{_thresholds(measured.rules.rules)}"
        return (
            f'<section class="signals">{form}{_told(measured, total, source)}{_rows(found, total, seen)}'
            f"{panel(chosen, seen) if chosen else ''}{drawn}{after}</section>"
        )


def _strata(asked: Mapping[str, str], reports: ReportSet) -> list[str]:
    return [each for each in (asked.get("by") or "").split(",") if each in reports.strata]


def _form(asked: Mapping[str, str], sets: Sequence[str], strata: Sequence[str], folder: str) -> str:
    known = [(each, "The desk’s own cases" if each == CASES else each) for each in sets]
    by = [("", "not stratified"), *((each, each.replace("_", " ")) for each in strata)]
    yes = {name: " checked" if asked.get(name) == "yes" else "" for name in ("every", "candidates")}
    chosen = options(known, asked.get("source") or CASES)
    rank = options(RANKS.items(), asked.get("rank") or "eb05")
    return (
        f'<form class="filters" data-form="signals"><label>Reports <select name="source">{chosen}</select></label>'
        f'<label>ranked by <select name="rank">{rank}</select></label>'
        f'<label>stratified by <select name="by">{options(by, asked.get("by") or "")}</select></label>'
        f'<label><input type="checkbox" name="every" value="yes"{yes["every"]}> every pair</label>'
        f'<label><input type="checkbox" name="candidates" value="yes"{yes["candidates"]}> unseen candidates too</label>'
        '<button class="act primary-act" type="submit">Count</button>'
        f'<span class="faint" title="{text(folder)}">Tables, FAERS zips and folders that lie in the folder of sets can '
        "be chosen.</span></form>"
    )


def _told(measured: Measured, total: int, source: str) -> str:
    strata = f", stratified by {', '.join(measured.strata)}" if measured.strata else ""
    prior = "EBGM with a prior fitted to these reports" if measured.fit else "EBGM is not computed"
    name = "The desk’s cases" if source == CASES else source
    notices = "".join(f"<li>{text(each)}</li>" for each in measured.notices)
    return (
        f"<p><strong>{text(name)}</strong>: {measured.reports:,} reports, {len(measured.table):,} pairs{text(strata)}; "
        f"{total:,} of them asked for. {prior}. These are candidates for a person to judge, not findings.</p>"
        f'<ul class="faint">{notices}</ul>'
    )


def _rows(found: Sequence[SignalRow], total: int, seen: Seen) -> str:
    if not found:
        return '<p class="nothing">No pair crosses a threshold. Tick “every pair” to see all that were reported.</p>'
    body = (_row(each, seen) for each in found)
    more = f'<p class="faint">{total - len(found):,} more pairs.</p>' if total > len(found) else ""
    return f'<div class="scroll-box">{table(HEADS, body, "measures")}</div>{more}'


def _row(each: SignalRow, seen: Seen) -> tuple[str, ...]:
    show = attributes(action="pair", product=each.product, event=each.event)
    crossed = "".join(pill(rule, "is-serious") for rule in each.crossed)
    unjudged = "".join(pill(f"{rule}: not judged", "is-open") for rule in each.not_judged)
    return (
        f'<button type="button" class="link"{show} title="Its trend and decisions">{text(each.product)}</button>',
        text(each.event),
        standing_pill(seen.standing(each.product, each.event)),
        f"{each.n:,}",
        _number(each.expected),
        _interval(each.prr, each.prr_low, each.prr_high),
        _number(each.chi2),
        _interval(each.ror, each.ror_low, each.ror_high),
        _interval(each.ic, each.ic_low, each.ic_high),
        _interval(each.ebgm, each.eb05, each.eb95),
        f'<span title="{text(each.undefined)}">{crossed}{unjudged}</span>',
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    ends = f' <span class="faint">{_number(low)}–{_number(high)}</span>' if low is not None else ""
    return f"{_number(value)}{ends}"


def _plots(reports: ReportSet, measured: Measured, found: Sequence[SignalRow], chosen: SignalRow | None) -> str:
    if not found or chosen is None:
        return ""
    ratio: Measure = "ror" if measured.prior is None else "ebgm"
    figures = [_figure(plots.forest(found, measure=ratio), "Forest plot"), _trend(reports, chosen)]
    figures.append(_figure(plots.heat_map(corner(measured)), "Heat map"))
    return f'<div class="plots">{"".join(figures)}</div>'


def _trend(reports: ReportSet, chosen: SignalRow) -> str:
    period = next((each for each in ("quarter", "year") if each in reports.strata), None)
    if period is None:
        return (
            "<figure><figcaption>No trend: the reports have no column with a quarter or a year.</figcaption></figure>"
        )
    try:
        points = trend(reports, chosen.product, chosen.event, period=period)
        return _figure(plots.trend(points, chosen.product, chosen.event), "Trend over time")
    except (ReportsInvalid, ValueError) as error:
        return f"<figure><figcaption>No trend: {text(str(error))}</figcaption></figure>"


def _figure(figure: Figure, name: str) -> str:
    image = b64encode(plots.png(figure)).decode("ascii")
    return f'<figure><img alt="{text(name)}" src="data:image/png;base64,{image}"></figure>'


def _thresholds(rules: Sequence[Threshold]) -> str:
    body = ((text(rule.id), text(rule.name), f'<span class="faint">{text(rule.source)}</span>') for rule in rules)
    return f"<h3>Thresholds</h3>{table(('Rule', 'When it is crossed', 'Source'), body)}"
