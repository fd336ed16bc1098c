"""The source beside the answer: where a quotation comes from, the passage with the quoted words marked, and more of
the document around it on request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from guardrails.quoting import places
from retrieval.passage import Passage, Source, SourceKind
from ui.markup import day, icon, text

AROUND = 1500
"""Characters of the document shown before and after the passage in context."""

KIND_WORDS = {
    SourceKind.LABEL: "Drug label",
    SourceKind.MONOGRAPH: "Monograph, written from a label",
    SourceKind.GUIDELINE: "Guideline",
    SourceKind.LITERATURE: "Literature",
}


def locate(quote: str, body: str) -> tuple[int, int] | None:
    """Where the quoted words stand in `body`: the place that the checks accepted, else wherever they occur; or None.

    White space between the words may differ.
    """
    words = quote.split()
    if not words:
        return None
    checked = places(quote, body)
    if checked:
        return checked[0].start, checked[0].end
    found = re.search(r"\s+".join(map(re.escape, words)), body)
    return found.span() if found else None


def source_panel(
    number: int, quotes: Sequence[str], passage: Passage, source: Source | None, address: str, newer: Source | None
) -> str:
    """The whole panel for the words that one claim quotes from one passage.

    `source` is None when the document is gone; `newer` is what supersedes it.
    `address` is what the page sends back to ask for the passage in context, as data attributes.
    """
    return (
        f'<header class="panel-head"><span class="chip is-open">{number}</span>'
        f'<h2 tabindex="-1">{text(passage.title)}</h2></header>{_warnings(passage, source, newer)}'
        f'<p class="path">{" › ".join(map(text, passage.heading)) or text(passage.section.value)}</p>'
        f'<blockquote class="passage">'
        f"{marked(passage.text, quotes)}</blockquote>{_origin(passage)}{_quotes_elsewhere(passage, quotes)}"
        f'<div class="context-row">{_context_button(address, source)}</div><div class="context"></div>'
        f"{_facts(passage, source)}"
    )


def marked(body: str, quotes: Sequence[str]) -> str:
    """The text, escaped, with every quotation in a <mark>; quotations that overlap become one."""
    pieces, done = [], 0
    for start, end in _merged([span for quote in quotes if (span := locate(quote, body))]):
        pieces += [text(body[done:start]), f'<mark class="quote">{text(body[start:end])}</mark>']
        done = end
    return "".join([*pieces, text(body[done:])])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def context(quotes: Sequence[str], passage: Passage, source: Source | None, whole: bool) -> str:
    """The passage in its document: `AROUND` characters either side, or the whole text. Says so if it has moved."""
    if source is None:
        return '<p class="notice">This document is no longer in the index, so its text cannot be shown.</p>'
    start, end = passage.start, passage.end
    if source.text[start:end] != passage.text:
        return '<p class="notice">The document was read again since this answer; the passage has moved.</p>'
    first, last = (0, len(source.text)) if whole else (max(0, start - AROUND), min(len(source.text), end + AROUND))
    before, after = text(source.text[first:start]), text(source.text[end:last])
    return (
        f'<div class="document" tabindex="0" role="region" aria-label="The passage in its document">'
        f"{'… ' if first else ''}{before}"
        f'<span class="here">{marked(passage.text, quotes)}</span>'
        f"{after}{' …' if last < len(source.text) else ''}</div>"
    )


def _context_button(address: str, source: Source | None) -> str:
    if source is None:
        return ""
    return (
        f'<button type="button" class="quiet" data-action="context" {address} aria-expanded="false">Show in context'
        f'</button><button type="button" class="quiet" data-action="whole" {address}>Show the whole document</button>'
    )


def _warnings(passage: Passage, source: Source | None, newer: Source | None) -> str:
    words: list[str] = []
    if source is None:
        words.append("This document is no longer in the index. The passage is shown as it was kept with the answer.")
    elif source.superseded_by:
        label = f"version {newer.version}, effective {day(newer.effective)}" if newer else source.superseded_by
        words.append(f"Superseded by {label}. Ask again for an answer from the current version.")
    if not passage.verified:
        words.append("Unverified: this source could not be compared with the label that it names.")
    return "".join(f'<p class="notice is-small">{icon("warning")}<span>{text(word)}</span></p>' for word in words)


def _quotes_elsewhere(passage: Passage, quotes: Sequence[str]) -> str:
    """The quoted words by themselves, where they cannot be found in the passage to be marked."""
    lost = [quote for quote in quotes if quote.strip() and not locate(quote, passage.text)]
    return "".join(
        f'<p class="aside">Quoted, but not literally in the passage: <q>{text(quote)}</q></p>' for quote in lost
    )


def _origin(passage: Passage) -> str:
    """Where a monograph's fact was taken from: its words are ours, its facts are the label's."""
    return f'<p class="origin">Taken from {text(passage.origin)}</p>' if passage.origin else ""


def _facts(passage: Passage, source: Source | None) -> str:
    pairs = [("Effective", day(passage.effective)), ("Version", passage.source_id.rpartition("@")[2])]
    if source is not None and source.kind is SourceKind.MONOGRAPH:
        pairs = [("Kind", KIND_WORDS[source.kind]), ("Label by", source.publisher), *pairs]
        pairs[2] = ("Label effective", day(passage.effective))
    elif source is not None:
        pairs = [("Kind", KIND_WORDS[source.kind]), ("Publisher", source.publisher), *pairs]
    if source is not None:
        pairs += [("Licence", source.licence), ("Document", source.document)]
    rows = "".join(f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>" for name, value in pairs if value)
    return f'<dl class="facts">{rows}</dl>{_link(source)}'


def _link(source: Source | None) -> str:
    """A link to the publisher's page; only web addresses become links."""
    if source is None or urlsplit(source.url).scheme not in {"http", "https"}:
        return ""
    return (
        f'<p class="out"><a href="{text(source.url)}" target="_blank" rel="noopener noreferrer">'
        f"{icon('external')}Open at the publisher<span class='sr-only'> (opens a new tab)</span></a></p>"
    )
