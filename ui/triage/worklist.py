"""The worklist as HTML: filters, a summary by time left, one line for each case, the bar for several at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.triage.clock import Urgency, urgency
from assistant.triage.markets import Markets
from assistant.triage.states import OPEN_STATES, State
from assistant.triage.worklist import CaseLine, Wanted
from ui.markup import count, text
from ui.triage.marks import URGENCY_SIGNS, attributes, button, due_pill, options, pill, serious_pill, state_pill

OPEN = "open cases"
"""The filter that a worklist starts with: everything whose clock can run."""

SUMMARY = (
    (Urgency.OVERDUE, "overdue"),
    (Urgency.URGENT, "urgent"),
    (Urgency.SOON, "soon"),
    (Urgency.LATER, "later"),
)
KEYS = (
    ("j k", "down, up"),
    ("Enter", "open"),
    ("x", "select"),
    ("/", "search"),
    ("u", "back to the list"),
    ("1–9", "parts of a case"),
    ("g s", "signals"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as the form holds them; `state` is "", OPEN or a state, `serious` "", "yes" or "no"."""

    state: str = OPEN
    serious: str = ""
    owner: str = ""
    market: str = ""
    product: str = ""
    text: str = ""
    page: int = 0

    def wanted(self, size: int) -> Wanted:
        """The same for the casebook."""
        if self.state == OPEN:
            states = tuple(state for state in State if state in OPEN_STATES)
        else:
            states = tuple(state for state in State if state.value == self.state)
        serious = {"yes": True, "no": False}.get(self.serious)
        return Wanted(
            states, self.owner, self.product.strip(), "", self.market, serious, None, self.text.strip(), size,
            self.page * size,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Around:
    """What a worklist needs beside its lines: who may own a case, the markets, the time, what may be done.

    `exporter` is the user name of who looks at it, where their role allows exporting.
    """

    owners: tuple[tuple[str, str], ...]
    markets: Markets
    now: datetime
    may_triage: bool
    exporter: str = ""


def worklist(lines: Sequence[CaseLine], total: int, asked: Asked, around: Around, size: int) -> str:
    """The whole list: filters, summary, lines, keys."""
    if lines:
        body = _lines(lines, around)
    else:
        body = (
            '<p class="nothing">No case matches. Adverse events that are mentioned in the chat appear here when they '
            "are taken in; reports in files come in with “Import”.</p>"
        )
    return (
        f'<section class="worklist" aria-label="Worklist">{_filters(asked, around)}'
        f'{_summary(lines, total, around)}<div class="scroll-x">{body}</div>{_pages(total, asked, size)}'
        f"{keys()}</section>"
    )


def keys() -> str:
    """The keys in one line."""
    shown = "".join(
        "<span>" + "".join(f"<kbd>{text(key)}</kbd>" for key in keys.split(" ")) + f" {text(words)}</span>"
        for keys, words in KEYS
    )
    return f'<p class="keyline" aria-label="Keyboard">{shown}</p>'


def _filters(asked: Asked, around: Around) -> str:
    states = [(OPEN, "Open cases"), ("", "All states"), *((state.value, state.value) for state in State)]
    owners = [("", "Anybody’s"), ("-", "Nobody’s"), *around.owners]
    markets = [("", "All markets"), *((each.id, each.name) for each in around.markets.markets)]
    serious = [("", "Serious or not"), ("yes", "Serious"), ("no", "Not serious")]
    take = (
        button("Take in new flags", "take-in", "primary-act")
        + button("Import…", "import")
        + button("Line listing", "listing", kind="xlsx")
        if around.may_triage
        else ""
    )
    return (
        '<form class="filters" data-form="filters" role="search">'
        f'<label class="grow"><span class="sr-only">Search</span><input type="search" name="text" maxlength="200" '
        f'placeholder="Case, medicine or reaction" value="{text(asked.text)}"></label>'
        f"{_select('state', 'State', states, asked.state)}{_select('serious', 'Seriousness', serious, asked.serious)}"
        f'<label><span class="sr-only">Medicine</span><input name="product" maxlength="200" placeholder="Medicine" '
        f'value="{text(asked.product)}"></label>'
        f"{_select('owner', 'Owner', owners, asked.owner)}{_select('market', 'Market', markets, asked.market)}"
        f'<button class="act" type="submit">Filter</button><span class="spacer"></span>{take}</form>'
    )


def _select(name: str, label: str, values: Sequence[tuple[str, str]], chosen: str) -> str:
    return (
        f'<label><span class="sr-only">{text(label)}</span><select name="{name}" data-change="filters">'
        f"{options(values, chosen)}</select></label>"
    )


def _summary(lines: Sequence[CaseLine], total: int, around: Around) -> str:
    found = Counter(urgency(line.due_at, around.now, around.markets) for line in lines if line.due_at)
    marks = "".join(
        f'<span class="due due-{kind.value}"><span aria-hidden="true">{URGENCY_SIGNS[kind]}</span> '
        f"{found[kind]} {words}</span>"
        for kind, words in SUMMARY
    )
    bulk = ""
    if around.may_triage:
        owners = options((("", "nobody"), *around.owners), "")
        bulk = (
            '<form class="bulk" data-form="assign"><span data-selected>0 selected</span>'
            f'<label>Assign to <select name="owner">{owners}</select></label>'
            '<button class="act" type="submit">Assign</button></form>'
        )
        if around.exporter:
            bulk += _together(around)
    return (
        f'<div class="summary"><strong>{count(total, "case")}</strong>{marks}<span class="spacer"></span>{bulk}</div>'
    )


def _together(around: Around) -> str:
    markets = options(((each.id, each.name) for each in around.markets.markets), "")
    return (
        f'<form class="bulk" data-form="together" data-ask="sign" data-meaning="report_exported"'
        f'{attributes(user=around.exporter)}><label>Report for <select name="market">{markets}</select></label>'
        '<button class="act" type="submit">Export in one file…</button></form>'
    )


def _lines(lines: Sequence[CaseLine], around: Around) -> str:
    names = dict(around.owners)
    heads = ("Due", "Case", "State", "Seriousness", "Medicines", "Reactions", "Markets", "Owner", "Received")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    rows = "".join(_line(line, names, around) for line in lines)
    every = (
        '<input type="checkbox" data-action="select-all" aria-label="Select all">'
        if around.may_triage
        else '<span class="sr-only">Select</span>'
    )
    return (
        f'<table class="grid cases"><thead><tr><th scope="col">{every}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _line(line: CaseLine, names: dict[str, str], around: Around) -> str:
    chosen = (
        f'<input type="checkbox" name="case" value="{text(line.id)}" data-version="{line.version}" '
        f'aria-label="Select {text(line.label)}">'
        if around.may_triage
        else ""
    )
    late = urgency(line.due_at, around.now, around.markets).value if line.due_at else "none"
    cells = (
        due_pill(line.due_at, around.now, around.markets),
        f'<button type="button" class="link"{attributes(action="open", case=line.id)}>{text(line.label)}</button>',
        state_pill(line.state),
        serious_pill(line.serious),
        _names(line.products),
        _names(line.events),
        " ".join(pill(market, "market") for market in line.markets) or '<span class="faint">default</span>',
        text(names.get(line.owner, line.owner)) or '<span class="faint">nobody</span>',
        f"{line.received_at:%Y-%m-%d}",
    )
    body = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="line line-{late}" data-case="{text(line.id)}" tabindex="-1"><td>{chosen}</td>{body}</tr>'


def _names(names: Sequence[str]) -> str:
    words = ", ".join(names)
    return f'<span class="clip" title="{text(words)}">{text(words)}</span>' if words else '<span class="faint">–</span>'


def _pages(total: int, asked: Asked, size: int) -> str:
    if total <= size:
        return ""
    last = (total - 1) // size
    before = button("Earlier", "page", "", page=str(asked.page - 1)) if asked.page > 0 else ""
    after = button("Later", "page", "", page=str(asked.page + 1)) if asked.page < last else ""
    return f'<p class="pages">{before} page {asked.page + 1} of {last + 1} {after}</p>'
