"""Small pieces of HTML that every part of the page uses. Text from people or documents enters only through `text`."""

from __future__ import annotations

import html
from datetime import date, datetime

ICON_PATHS = {
    "check": "M4 10.5l4 4 8-9",
    "shield": "M10 2.5l6.5 2.4v4.6c0 4-2.7 6.7-6.5 8-3.8-1.3-6.5-4-6.5-8V4.9z M7 10l2.2 2.2L13.3 8",
    "stop": "M6.5 2.5h7l4 4v7l-4 4h-7l-4-4v-7z M10 6v5 M10 13.6v.1",
    "info": "M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15z M10 9v5 M10 6.3v.1",
    "warning": "M10 3l7.5 13.5h-15z M10 8v4 M10 14.2v.1",
    "plus": "M10 4v12 M4 10h12",
    "close": "M5 5l10 10 M15 5L5 15",
    "copy": "M7.5 7.5v-4h9v9h-4 M3.5 7.5h9v9h-9z",
    "flag": "M5 17.5V3 M5 3.5h10l-2.2 3.5 2.2 3.5H5",
    "download": "M10 3v10 M6 9.5l4 4 4-4 M4 16.5h12",
    "menu": "M3.5 5.5h13 M3.5 10h13 M3.5 14.5h13",
    "person": "M10 10a3.3 3.3 0 100-6.6 3.3 3.3 0 000 6.6z M3.5 17c.6-3.4 3.2-5 6.5-5s5.9 1.6 6.5 5",
    "pill": "M4.2 9.9l5.7-5.7a4.2 4.2 0 016 6l-5.7 5.7a4.2 4.2 0 01-6-6z M7 7l6 6",
    "cut": "M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15z M4.7 4.7l10.6 10.6",
    "external": "M8 4H4v12h12v-4 M11 3.5h5.5V9 M16 4l-7 7",
}


def text(value: str) -> str:
    """The value as HTML text, safe in an element and in a quoted attribute."""
    return html.escape(value, quote=True)


def icon(name: str) -> str:
    """A decorative line icon of 20 by 20 units; the words beside it carry the meaning."""
    path = ICON_PATHS[name]
    return f'<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{path}"/></svg>'


def day(value: date | None) -> str:
    """A date as clinicians write it without ambiguity: 31 Jan 2026."""
    return f"{value.day} {value:%b %Y}" if value else "date not stated"


def moment(value: datetime) -> str:
    """A date and a time in the machine's own zone: 31 Jan 2026, 14:05."""
    here = value.astimezone()
    return f"{day(here.date())}, {here:%H:%M}"


def count(number: int, noun: str) -> str:
    """A number and its noun: 1 source, 2 sources."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
