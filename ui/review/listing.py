"""The left half of the page: what waits, the gravest first, and how well reviewers agree."""

from __future__ import annotations

from assistant.review import State
from assistant.review_agreement import Agreement, Kappa
from assistant.review_queue import Line, Page
from ui.markup import count, text
from ui.review.marks import flag_pill, state_pill
from ui.triage.marks import pill

KEYS = (
    ("j k", "down, up"),
    ("Enter", "open"),
    ("c", "correct"),
    ("i", "incorrect"),
    ("/", "find a passage"),
    ("Ctrl+Enter", "save"),
)


def queue(page: Page, *, settled: bool, offset: int, size: int) -> str:
    """The list with its two tabs; what to do where it is empty."""
    waiting = page.total if not settled else None
    tabs = _tab("Waiting for you", "", waiting, current=not settled) + _tab(
        "Settled", "yes", page.states.get(State.SETTLED, 0), current=settled
    )
    body = "".join(map(_line, page.lines))
    shown = f'<ol class="items">{body}</ol>' if body else _empty(page, settled=settled)
    return f'<div class="tabs">{tabs}</div>{shown}{_pages(page.total, offset, size)}{keys()}'


def _tab(words: str, settled: str, number: int | None, *, current: bool) -> str:
    told = f" {number}" if number is not None else ""
    return (
        f'<button type="button" class="tab" data-action="queue" data-settled="{settled}" '
        f'aria-selected="{"true" if current else "false"}">{words}<span class="number">{told}</span></button>'
    )


def _line(line: Line) -> str:
    marks = "".join(map(flag_pill, line.flags)) or pill("sample", "is-expected")
    marks += state_pill(line.state) + (pill("open case", "is-unknown") if line.closed else "")
    asked = line.turn.outcome.question
    return (
        f'<li class="line" data-turn="{text(line.turn.id)}" tabindex="-1"><p class="asked">{text(asked.text)}</p>'
        f'<p class="marks">{marks}<span class="faint">{asked.asked_at:%Y-%m-%d}</span></p></li>'
    )


def _empty(page: Page, *, settled: bool) -> str:
    if settled:
        return '<p class="nothing padded">Nothing is settled yet.</p>'
    others = sum(number for state, number in page.states.items() if state is not State.SETTLED)
    rest = f" {count(others, 'item')} still wait for somebody else." if others else ""
    return (
        '<p class="nothing padded">Nothing waits for you. Answers that clinicians flag in the chat appear here, and a '
        f"sample of the others.{rest}</p>"
    )


def _pages(total: int, offset: int, size: int) -> str:
    if total <= size:
        return ""
    before = _turn_to("Earlier", offset - size) if offset else ""
    after = _turn_to("Later", offset + size) if offset + size < total else ""
    return f'<p class="pages">{before} {offset + 1} to {min(offset + size, total)} of {total} {after}</p>'


def _turn_to(words: str, offset: int) -> str:
    return f'<button type="button" class="act" data-action="page" data-offset="{offset}">{words}</button>'


def keys() -> str:
    """The keys in one line."""
    shown = "".join(
        "<span>" + "".join(f"<kbd>{text(key)}</kbd>" for key in names.split(" ")) + f" {text(words)}</span>"
        for names, words in KEYS
    )
    return f'<p class="keyline" aria-label="Keyboard">{shown}</p>'


def agreement_page(found: Agreement) -> str:
    """Both kappas with their intervals, and what they mean."""
    return (
        '<article class="reviewed"><h2>Agreement of two reviewers</h2><p class="faint">Over the turns that two people '
        "judged without sight of each other: everything about dosing. 1 is perfect, 0 is no better than chance; the "
        "interval is the 95 % interval for large samples.</p>"
        f"{_kappa('Correct or incorrect', found.verdict)}{_kappa('Type of error', found.error)}"
        f"<p>{count(found.disagreements, 'disagreement')} went to a third person.</p></article>"
    )


def _kappa(words: str, found: Kappa) -> str:
    if found.observed is None:
        return f'<section class="kappa"><h3>{words}</h3><p class="nothing">No pair of reviews yet.</p></section>'
    agreed = f"{found.observed:.0%} agreement over {count(found.pairs, 'pair')}"
    value = (
        f'<p class="big">κ = {found.kappa:.2f}</p><p>{found.low:.2f} to {found.high:.2f}; {agreed}</p>'
        if found.kappa is not None
        else f'<p class="nothing">Not defined: every label is the same. {agreed}.</p>'
    )
    return f'<section class="kappa"><h3>{words}</h3>{value}</section>'
