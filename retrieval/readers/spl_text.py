"""The narrative block of an SPL section (HL7 `text`) as paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from retrieval.readers.flow import Flow, Item, Listing, Para
from retrieval.readers.tables import Cell, Table, footnote, without_trailing_notes
from retrieval.readers.wording import MARK_CLOSE, MARK_OPEN, bullet_split, lowered, normal, raised

_BLOCKS = frozenset({"paragraph", "list", "table"})
_STYLE = re.compile(r"bold|italic|underline|emphasis", re.IGNORECASE)
_SKIPPED = frozenset({"renderMultiMedia", "observationMedia"})


def local_name(element: etree._Element) -> str:
    """The tag without its namespace; "" for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


@dataclass
class _Run:
    """Inline text that is being gathered, and how much of it is styled."""

    parts: list[str] = field(default_factory=list)
    plain: int = 0
    styled: int = 0

    def add(self, text: str | None, styled: bool) -> None:
        if not text:
            return
        # A line break of the file is only space; a real break (<br/>) arrives as a form feed and survives.
        self.parts.append(text.replace("\n", " ").replace("\f", "\n") if text != "\f" else "\n")
        if styled:
            self.styled += len(text.strip())
        else:
            self.plain += len(text.strip())

    def take(self) -> Iterator[Flow]:
        """The paragraphs gathered so far; lines that begin with a bullet become a list."""
        text = "".join(self.parts)
        styled = self.styled > 0 and self.plain <= 2
        self.parts, self.plain, self.styled = [], 0, 0
        yield from lines_as_flow(text, styled)


def lines_as_flow(text: str, styled: bool) -> Iterator[Flow]:
    """Text with real line breaks: broken lines are joined, bullets become a list, a blank line parts paragraphs."""
    paragraph = ""
    items: list[Item] = []
    for raw in text.split("\n"):
        line = normal(raw)
        bullet, rest = bullet_split(line)
        if bullet and rest:
            yield from _flush(paragraph, styled)
            paragraph = ""
            items.append(Item(rest))
        elif line and items and not paragraph and items[-1].text[-1] not in ".;:":
            items[-1] = Item(f"{items[-1].text} {line}")
        else:
            if items:
                yield Listing(tuple(items))
                items = []
            if not line or paragraph.rstrip().endswith((".", ":")):
                yield from _flush(paragraph, styled)
                paragraph = ""
            paragraph = f"{paragraph} {line}".strip()
    if items:
        yield Listing(tuple(items))
    yield from _flush(paragraph, styled)


def _flush(paragraph: str, styled: bool) -> Iterator[Flow]:
    if paragraph.strip():
        yield Para(paragraph, styled)


def flow_of(element: etree._Element) -> list[Flow]:
    """Everything inside a `text`, `item` or `td` element, in order."""
    found: list[Flow] = []
    run = _Run()
    _walk(element, run, found, styled=False)
    found.extend(run.take())
    return found


def _walk(element: etree._Element, run: _Run, found: list[Flow], styled: bool) -> None:
    run.add(element.text, styled)
    for child in element:
        name = local_name(child)
        if name in _BLOCKS:
            found.extend(run.take())
            found.extend(_block(child, name))
        elif name == "br":
            run.add("\f", styled)
        elif name in {"sup", "sub", "footnote", "footnoteRef"}:
            run.add(_scripted(child, name), styled)
        elif name and name not in _SKIPPED and name != "caption":
            _walk(child, run, found, styled or bool(_STYLE.search(child.get("styleCode", ""))))
        run.add(child.tail, styled)


def _block(child: etree._Element, name: str) -> list[Flow]:
    if name == "list":
        return list(_listing(child))
    if name == "table":
        return [_table(child)]
    run, found = _Run(), list[Flow]()
    styled = bool(_STYLE.search(child.get("styleCode", "")))
    caption = next((part for part in child if local_name(part) == "caption"), None)
    if caption is not None:
        found.extend(Para(part.text, styled=True) for part in flow_of(caption) if isinstance(part, Para))
    _walk(child, run, found, styled)
    found.extend(run.take())
    return found


def _scripted(child: etree._Element, name: str) -> str:
    text = "".join(map(str, child.itertext()))
    if name == "sup":
        return raised(text)
    if name == "sub":
        return lowered(text)
    if name == "footnoteRef":
        return f"{MARK_OPEN}{child.get('IDREF', '')}{MARK_CLOSE}"
    return f"{MARK_OPEN}{footnote_id(child)}{MARK_CLOSE}"


def footnote_id(footnote: etree._Element) -> str:
    """The mark of an inline footnote: its ID, or one made of its position in the file."""
    return footnote.get("ID") or f"note{footnote.sourceline}"


def _listing(element: etree._Element) -> Iterator[Flow]:
    caption = next((part for part in element if local_name(part) == "caption"), None)
    if caption is not None:
        yield from (Para(part.text, styled=True) for part in flow_of(caption) if isinstance(part, Para))
    items = [item for child in element if local_name(child) == "item" for item in _items(child)]
    if items:
        yield Listing(tuple(items))


def _items(element: etree._Element) -> Iterator[Item]:
    """An item; one with several paragraphs becomes several, so that none is lost."""
    text, inner = "", list[Item]()
    for part in flow_of(element):
        if isinstance(part, Para):
            if inner:
                yield Item(text, tuple(inner))
                text, inner = "", []
            text = f"{text} {part.text}".strip()
        elif isinstance(part, Listing):
            inner.extend(part.items)
        else:
            inner.extend(Item(": ".join(filter(None, (cell.text for cell in row)))) for row in part.rows)
    if text or inner:
        yield Item(text, tuple(inner))


def _table(element: etree._Element) -> Table:
    caption, head, body, foot = "", list[tuple[Cell, ...]](), list[tuple[Cell, ...]](), list[str]()
    for place, row in _rows(element):
        cells = tuple(_cell(cell) for cell in row if local_name(cell) in {"td", "th"})
        if place == "tfoot":
            foot.extend(cell.text for cell in cells)
        elif cells:
            (head if place == "thead" else body).append(cells)
    for part in element:
        if local_name(part) == "caption":
            caption = " ".join(item.text for item in flow_of(part) if isinstance(item, Para))
    notes, remarks = _footnotes(element, foot)
    body, trailing = without_trailing_notes(body)
    notes.update(trailing)
    return Table(tuple(head + body), caption, len(head) if head else -1, notes, tuple(remarks))


def _rows(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """The table's own rows and the part that each is in; a table inside a cell keeps its rows to itself."""
    for part in element:
        name = local_name(part)
        if name == "tr":
            yield "", part
        elif name in {"thead", "tbody", "tfoot"}:
            yield from ((name, row) for row in part if local_name(row) == "tr")


def _footnotes(element: etree._Element, foot: list[str]) -> tuple[dict[str, str], list[str]]:
    notes = {footnote_id(note): normal("".join(map(str, note.itertext()))) for note in element.iter("{*}footnote")}
    remarks: list[str] = []
    for line in (line for text in foot for line in text.split("\n")):
        found = footnote(line)
        if found:
            notes[found[0]] = found[1]
        elif line.strip():
            remarks.append(line)
    return notes, remarks


def _cell(element: etree._Element) -> Cell:
    flow = flow_of(element)
    lines = list(_cell_lines(flow))
    bold = "bold" in element.get("styleCode", "").lower() or local_name(element) == "th"
    strong = bold or (bool(flow) and all(isinstance(part, Para) and part.styled for part in flow))
    return Cell("\n".join(lines), _span(element, "colspan"), _span(element, "rowspan"), strong)


def _cell_lines(flow: list[Flow]) -> Iterator[str]:
    for part in flow:
        if isinstance(part, Para):
            yield part.text
        elif isinstance(part, Listing):
            yield from _item_lines(part.items)
        else:
            yield from ("; ".join(filter(None, (cell.text for cell in row))) for row in part.rows)


def _item_lines(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        yield item.text
        yield from _item_lines(item.items)


def _span(element: etree._Element, name: str) -> int:
    value = element.get(name, "1").strip()
    return int(value) if value.isdigit() and len(value) <= 4 else 1
