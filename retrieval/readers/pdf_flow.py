"""Lines and tables of all pages as headed sections: headings, paragraphs, lists, tables whole across pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from retrieval.readers.flow import Flow, Item, Listing, Para
from retrieval.readers.pdf_grid import Grid
from retrieval.readers.pdf_join import EDGE, Part, whole_text
from retrieval.readers.pdf_words import Line, joined
from retrieval.readers.tables import Table, footnote, without_trailing_notes
from retrieval.readers.wording import heading_text

_NUMBERED = re.compile(r"^(\d{1,2})(?:\.(\d{1,2}))?(?:\.\d{1,2})?\.?\s+(?=[A-Z(“\"'])(.{3,140})$")
_CAPTION = re.compile(r"^Table\s+\d+", re.IGNORECASE)
_UNFINISHED = re.compile(r"\b(?:and|or|of|in|on|with|to|for|the|a|by|from|due)$", re.IGNORECASE)


@dataclass
class HeadedFlow:
    """What stands under one heading: its path, outermost first, and its number ("2.1", or "")."""

    heading: tuple[str, ...]
    number: str
    flow: list[Flow] = field(default_factory=list)


def headed_flows(pages: Sequence[Sequence[Part]], heights: Sequence[float]) -> list[HeadedFlow]:
    """The label's full text under its headings; Highlights, contents, page furniture and package text left out."""
    return list(_headed(whole_text(pages, heights)))


def _headed(parts: Sequence[Part]) -> Iterator[HeadedFlow]:
    current = HeadedFlow((), "")
    above: Line | None = None
    block: list[Line] = []
    reached = (0, 0)
    pitch = _pitch(parts)
    for part in parts:
        number = _heading_number(part, block, reached, pitch)
        if isinstance(part, Line) and number:
            current.flow.extend(_blocks(block, pitch, numbered=bool(current.number)))
            block = []
            yield current
            reached = number
            current, above = _entered(current, part, number), part
        elif isinstance(part, Line) and above and _goes_on(part, above, pitch):
            above = part
            current.heading = (*current.heading[:-1], heading_text(f"{current.heading[-1]} {part.text}"))
        elif isinstance(part, Line):
            above = None
            block.append(part)
        else:
            above = None
            current.flow.extend(_blocks(block, pitch, numbered=bool(current.number)))
            block = []
            current.flow.append(_table(part))
    current.flow.extend(_blocks(block, pitch, numbered=bool(current.number)))
    yield current


def _heading_number(
    part: Part, block: Sequence[Line], reached: tuple[int, int], pitch: float
) -> tuple[int, int] | None:
    """The number of a line that is a numbered heading: later than the last, set off by bold type or by space."""
    if not isinstance(part, Line) or part.bullet:
        return None
    found = _NUMBERED.match(part.text)
    if not found or int(found.group(1)) > 17 or part.text.rstrip().endswith((".", ";", ",")):
        return None
    number = (int(found.group(1)), int(found.group(2) or 0))
    apart = not block or part.page != block[-1].page or part.top - block[-1].top > 1.25 * pitch
    plain = bool(found.group(2)) and apart and not re.match(r"\d+\.\d+\s+(mg|mL|g|kg|mcg)\b", part.text)
    forward = number > reached and number[0] <= max(reached[0] + 4, 5)
    return number if forward and (part.bold or plain) else None


def _entered(before: HeadedFlow, part: Line, number: tuple[int, int]) -> HeadedFlow:
    title = heading_text(part.text)
    if not number[1]:
        return HeadedFlow((title,), str(number[0]))
    same = before.number.split(".")[0] == str(number[0])
    parent = before.heading[:1] if same else (f"{number[0]} {PLR_TITLES.get(number[0], '')}".strip(),)
    return HeadedFlow((*parent, title), f"{number[0]}.{number[1]}")


def _goes_on(part: Line, above: Line, pitch: float) -> bool:
    """Whether a line is the next line of the heading above it: in the same type and directly under it."""
    near = part.page == above.page and 0 < part.top - above.top <= 1.2 * min(pitch, 1.5 * part.size)
    turned = part.page == above.page + 1 and part.top < EDGE and _UNFINISHED.search(above.text) is not None
    return (near or turned) and part.bold and above.bold and not part.bullet and not _CAPTION.match(part.text)


def _pitch(parts: Sequence[Part]) -> float:
    steps = [
        low.top - high.top
        for high, low in pairwise(parts)
        if isinstance(high, Line) and isinstance(low, Line) and high.page == low.page and low.top > high.top
    ]
    return median(steps) if steps else 12.0


@dataclass(frozen=True, slots=True)
class _Bullet:
    """A list item before nesting: its left edge, its text, and whether space sets it off from the item before."""

    left: float
    text: str
    apart: bool


def _blocks(lines: Sequence[Line], pitch: float, *, numbered: bool) -> Iterator[Flow]:
    """Lines as paragraphs and lists; a new paragraph begins after a gap, at a bullet, and where the type changes.

    `numbered`: they stand under a numbered heading, where a short line alone is a heading of its own.
    """
    items: list[_Bullet] = []
    last: Line | None = None
    for group in _grouped(lines, pitch):
        if group[0].bullet:
            apart = last is not None and last.page == group[0].page and group[0].top - last.top > 1.5 * pitch
            items.append(_Bullet(group[0].x0, _text(group), apart))
        else:
            if items:
                yield _listing(items)
                items = []
            yield _paragraph(group, numbered=numbered)
        last = group[-1]
    if items:
        yield _listing(items)


def _grouped(lines: Sequence[Line], pitch: float) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if group and _parts_from(group, line, pitch):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _parts_from(group: Sequence[Line], line: Line, pitch: float) -> bool:
    last = group[-1]
    ends = last.text.rstrip().endswith((".", ":", "?", "!"))
    turned = line.page != last.page
    if line.bullet or footnote(line.text) is not None or (not turned and line.top - last.top > 1.25 * pitch):
        return True
    if line.text[:1].islower() and not ends:
        # Whatever the indent: it is the same sentence, and half a sentence may have lost its "not".
        return False
    if turned:
        return ends or line.bold != last.bold or (group[0].bullet and line.x0 < group[0].x0 - 8)
    indent = line.x0 < group[0].x0 - 8 if group[0].bullet else abs(line.x0 - last.x0) > 12 and not last.bold
    return line.bold != last.bold or (indent and (ends or group[0].bullet))


def _text(group: Sequence[Line]) -> str:
    text = ""
    for line in group:
        text = joined(text, line.text)
    return text


def _paragraph(group: Sequence[Line], *, numbered: bool) -> Para:
    text = _text(group)
    if len(group) > 2 and max(line.x1 for line in group) < 330 and not any(line.bold for line in group):
        # Lines that all stop early are a list or a table that lost its form: kept apart, and in one piece.
        text = "; ".join(line.text.rstrip(" ;,.") for line in group)
    lone = (
        numbered
        and len(group) == 1
        and 2 < len(text) <= 60
        and text[0].isupper()
        and not re.search(r"[.;,:]$|\d$", text)
    )
    styled = all(line.bold or line.slanted for line in group) or lone
    return Para(text, styled)


def _listing(items: Sequence[_Bullet]) -> Listing:
    """Items by how far they are indented: one that stands further right than the one before belongs to it."""
    tree, _ = _nested(items, 0, min(item.left for item in items))
    return Listing(tree)


def _nested(items: Sequence[_Bullet], at: int, left: float) -> tuple[tuple[Item, ...], int]:
    made: list[Item] = []
    while at < len(items) and items[at].left >= left - 10:
        item = items[at]
        if made and 10 < item.left - left < 60:
            inner, at = _nested(items, at, item.left)
            made[-1] = replace(made[-1], items=made[-1].items + inner)
        elif made and made[-1].text.endswith(":") and not item.apart:
            # Printed at one indent, but the item before opens a list of its own, which ends where space is left.
            made[-1] = replace(made[-1], items=(*made[-1].items, Item(item.text)))
            at += 1
        else:
            made.append(Item(item.text))
            at += 1
    return tuple(made), at


def _table(grid: Grid) -> Table:
    rows, notes = without_trailing_notes(grid.rows)
    return Table(tuple(rows), notes=notes)


PLR_TITLES = {
    1: "Indications and Usage",
    2: "Dosage and Administration",
    3: "Dosage Forms and Strengths",
    4: "Contraindications",
    5: "Warnings and Precautions",
    6: "Adverse Reactions",
    7: "Drug Interactions",
    8: "Use in Specific Populations",
    9: "Drug Abuse and Dependence",
    10: "Overdosage",
    11: "Description",
    12: "Clinical Pharmacology",
    13: "Nonclinical Toxicology",
    14: "Clinical Studies",
    15: "References",
    16: "How Supplied/Storage and Handling",
    17: "Patient Counseling Information",
}
"""Section numbers and titles fixed by 21 CFR 201.56(d); a repackager's print may leave the titles out."""
