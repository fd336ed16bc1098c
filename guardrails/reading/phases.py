"""Reads which phase a dose belongs to (load, start, increase to …), before its amount and after it."""

from __future__ import annotations

import re
from dataclasses import replace

from guardrails.bounds import change_of
from guardrails.reading.work import Assembly

_LOAD = re.compile(r"\bload(?:ed)?\b", re.IGNORECASE)
_INCREMENT = re.compile(r"\b(?:increments|steps) of\s*\Z", re.IGNORECASE)
_TITRATED = re.compile(r"\btitrat\w*\s+(?:the\s+dose\s+|up\s+)?to\s+(?:a\s+dose\s+of\s+)?\Z", re.IGNORECASE)
BY_AN_AMOUNT = re.compile(r"\b(?:by|titrat\w*)\s*(?:about |approximately )?\Z", re.IGNORECASE)
_PHASE_AFTER = re.compile(
    r",?\s*(?:as an? |for |in )?(?:(?P<load>load(?:ing dose)?)|(?P<start>initially|to start|(?:starting|initial) dose)"
    r"|(?P<maintain>maintenance(?: dose)?))\b(?!\s+(?:of|is|dose|with)\b)(?=\s*(?:[,;.)(]|\Z|then\b|and\b|followed\b))",
    re.IGNORECASE,
)


def phase_after(work: Assembly) -> None:
    """ "180 mg load", "5 mg initially": the phase said directly after the dose that is still open."""
    if not work.open:
        return
    draft = work.drafts[-1]
    found = _PHASE_AFTER.match(work.text, work.tokens[draft.last - 1].end)
    if found and not draft.statement.change:
        change = "load" if found.lastgroup == "load" else str(found.lastgroup)
        draft.statement = replace(draft.statement, change=change)
        work.understood.append(found.span())
        work.cut = max(work.cut, found.end())


def change_before(work: Assembly, start: int) -> str:
    """The phase that the words before the amount at this character say, "" for none."""
    before = (work.cut, start)
    change = change_of(work.masked, before)
    if not change and _TITRATED.search(work.masked, *before):
        return "increase to"
    load = None if change else _LOAD.search(work.masked, *before)
    if load:
        work.understood.append(load.span())
        return "load"
    increment = _INCREMENT.search(work.masked, *before)
    if change in {"increase", "decrease"} and increment:
        work.understood.append(increment.span())
        return f"{change} by"
    return change
