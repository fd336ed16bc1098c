"""Small pieces of the board's HTML: pills that say a state in words and colour, time left, values of a case as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum

from assistant.triage.clock import Urgency, urgency
from assistant.triage.markets import Markets
from assistant.triage.people_in_case import Measure
from assistant.triage.states import State
from assistant.triage.terms import Term
from ui.markup import text

UNITS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes", "s": "seconds"}
"""The UCUM units of time in words."""

URGENCY_SIGNS = {Urgency.OVERDUE: "✕", Urgency.URGENT: "!", Urgency.SOON: "◔", Urgency.LATER: "○"}
"""A sign beside the words, so that the colour is never all there is."""

MACHINE = '<span class="machine" title="Read or proposed by the machine; nobody has confirmed it">proposed</span>'


def pill(words: str, kind: str = "") -> str:
    """A short text in a rounded box; `kind` is a class of triage.css."""
    return f'<span class="pill {text(kind)}">{text(words)}</span>'


def state_pill(state: State) -> str:
    """The state of a case."""
    return pill(state.value, f"state-{state.name.lower().replace('_', '-')}")


def serious_pill(serious: bool) -> str:
    """Whether an event of a case meets a criterion, proposed ones included; without one nobody need have judged."""
    return pill("serious", "is-serious") if serious else pill("no criterion", "is-mild")


def left_words(due_at: datetime, now: datetime) -> str:
    """The time until a deadline: 3 d 4 h left, 5 h left, 2 d overdue."""
    minutes = int((due_at - now).total_seconds() // 60)
    days, rest = divmod(abs(minutes), 24 * 60)
    hours = rest // 60
    amount = f"{days} d {hours} h" if days else f"{hours} h" if hours else f"{rest} min"
    return f"{amount} overdue" if minutes < 0 else f"{amount} left"


def due_pill(due_at: datetime | None, now: datetime, markets: Markets) -> str:
    """The time left with its sign and colour; a case without a clock says so."""
    if due_at is None:
        return '<span class="due due-none">no clock runs</span>'
    how = urgency(due_at, now, markets)
    return (
        f'<span class="due due-{how.value}" title="{text(how.value)}: {due_at:%Y-%m-%d %H:%M} UTC">'
        f'<span aria-hidden="true">{URGENCY_SIGNS[how]}</span> {text(left_words(due_at, now))}</span>'
    )


def shown(value: object) -> str:
    """A value of a case as people read it, not yet escaped; "" where nothing is known."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Measure):
        return f"{number(value.value)} {UNITS.get(value.unit, value.unit)}"
    if isinstance(value, Term):
        return f"{value.text} ({value.dictionary} {value.version}, {value.code})"
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, tuple):
        return ", ".join(shown(item) for item in value)
    return str(value)


def number(value: Decimal) -> str:
    """A decimal without an exponent and without zeros that say nothing."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def options(values: Iterable[tuple[str, str]], chosen: str) -> str:
    """The options of a select: pairs of value and words."""
    return "".join(
        f'<option value="{text(value)}"{" selected" if value == chosen else ""}>{text(words)}</option>'
        for value, words in values
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table whose cells are HTML already; `heads` are plain words."""
    head = "".join(f'<th scope="col">{text(each)}</th>' for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="grid {text(kind)}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def attributes(**data: str) -> str:
    """Values as data- attributes; those that are empty are left out."""
    return "".join(f' data-{name.replace("_", "-")}="{text(value)}"' for name, value in data.items() if value)


def do_button(words: str, do: str, ask: str, title: str = "", kind: str = "", **data: str) -> str:
    """A button that does one act on a case. `ask`: "reason", "sign" or "none", what the dialog asks for first."""
    given = attributes(action="do", do=do, ask=ask, title=title, **data)
    return f'<button type="button" class="{text(f"act {kind}".strip())}"{given}>{text(words)}</button>'


def do_form(inner: str, do: str, title: str, ask: str = "reason", **data: str) -> str:
    """A form in one line that does one act on a case; `inner` is HTML."""
    return f'<form class="adder"{attributes(form="do", do=do, ask=ask, title=title, **data)}>{inner}</form>'


def labelled(label: str, control: str) -> str:
    """A control with a label that only screen readers say."""
    return f'<label><span class="sr-only">{text(label)}</span>{control}</label>'


def button(words: str, action: str, look: str = "", **data: str) -> str:
    """A button that triage.js acts on; `look` is a class of triage.css."""
    given = attributes(action=action, **data)
    return f'<button type="button" class="{text(f"act {look}".strip())}"{given}>{text(words)}</button>'
