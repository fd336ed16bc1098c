"""Forms as CIOMS I has them, from the text of a PDF: the box with a known heading, and under it the value.

The headings are matched by their words, not by their place, so that other forms with the same boxes are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.triage.intake.record import Cell, Record
from assistant.triage.intake.values import is_told


@dataclass(frozen=True, slots=True)
class _Box:
    field: str
    heading: re.Pattern[str]


def _boxes(*rows: tuple[str, str]) -> tuple[_Box, ...]:
    """A heading may have its number in front and may be broken over lines."""
    number = r"(?:\d{1,2}\s*[a-d]?[.\s)-]*)?"
    return tuple(
        _Box(field, re.compile(f"{number}(?:{words.replace(' ', chr(92) + 's+')})", re.IGNORECASE))
        for field, words in rows
    )


_NOTES = r"(?:\s*\((?!\d)[^()]{2,60}\))?"
_BOXES = _boxes(
    ("initials", rf"patient(?:'s)? initials{_NOTES}"),
    ("country", r"country(?: of occurrence)?"),
    ("birth", r"date of birth(?:\s+day\s+month\s+year)?|birth date"),
    ("age", r"age(?: at onset)?(?:\s+years?)?(?=\s*[:\n]|\s+\d|$)"),
    ("sex", r"sex(?=\s*[:\n]|\s+[mf]|$)|gender"),
    ("weight", rf"weight{_NOTES}(?=\s*[:\n]|\s+\d)"),
    ("onset", r"(?:4-6[.\s]*)?(?:date of )?reaction onset(?:\s+day\s+month\s+year)?|onset of reaction"),
    ("serious", rf"(?:8-12[.\s]*)?check all appropriate(?: to adverse reaction)?{_NOTES}|seriousness(?: criteria)?"),
    ("narrative", r"(?:7\s*\+\s*13[.\s]*)?describe reaction(?:\(s\)|s)?(?:\s*\(including[^)\n]*\))?"),
    ("event", r"(?:adverse )?reaction(?:\(s\)|s)?(?: terms?)?(?=\s*:)|event(?:\(s\)|s)?(?=\s*:)"),
    ("outcome", r"outcome(?: of (?:the )?reaction)?(?=\s*[:\n])"),
    ("medicine", rf"suspect(?:ed)? (?:drug|medicine|product)(?:\(s\)|s)?(?: name)?{_NOTES}"),
    ("dose", r"daily dose(?:\(s\)|s)?|dose(?:\(s\)|s)?(?=\s*:)"),
    ("route", r"route(?:\(s\)|s)? of administration|route(?:\(s\)|s)?(?=\s*:)"),
    ("indication", r"indication(?:\(s\)|s)? for use"),
    ("dates", rf"therapy dates?{_NOTES}"),
    ("", r"therapy duration"),
    ("dechallenge", r"did (?:the )?(?:reaction|event) abate after stopping (?:the )?(?:drug|medicine)\s*\??"),
    ("rechallenge", r"did (?:the )?(?:reaction|event) re-?appear after re-?introduction\s*\??"),
    ("concomitants", rf"concomitant (?:drug|medication)(?:\(s\)|s)?(?: and dates? of administration)?{_NOTES}"),
    ("history", rf"other relevant history{_NOTES}"),
    ("", r"name and address of (?:the )?(?:manufacturer|reporter)"),
    ("report_id", r"mfr\.? control (?:no|number)\.?|manufacturer(?:'s)? control (?:no|number)\.?"),
    ("received", r"date received(?: by (?:the )?(?:manufacturer|mah))?"),
    ("qualification", r"report source"),
    ("", r"date of this report"),
    ("", r"report type"),
    ("literature", r"literature reference"),
    ("batch", r"(?:batch|lot) (?:no|number)\.?"),
)  # fmt: skip
_LEAST_BOXES = 5
_OPTION = re.compile(r"(?:\[\s*\]|☐|\(\s*\))\s*[^\n\[☐☒☑]*")
_TICKED = re.compile(r"(?:\[\s*[xX✓✔]\s*\]|☒|☑|\(\s*[xX]\s*\)|(?<!\w)[xX](?=\s+[A-Z]))\s*([^\n\[☐☒☑]+)")
_UNTICKED = re.compile(r"\[\s*\]|☐|\(\s*\)")
_DATES = re.compile(
    r"(?P<start>[^\n]*?\d[^\n]*?)(?:\s*(?:\bto\b|–|—|\bbis\b|\s-\s)\s*(?P<end>[^\n]*\d[^\n]*|ongoing))?$", re.M
)
_SPACED_DATE = re.compile(r"(\d{1,2})\s+(\d{1,2}|[A-Za-z]{3,9})\s+(\d{4})")


def looks_like_form(text: str) -> bool:
    """Whether at least five boxes of the form stand in the text."""
    return len({box.field or box.heading for box, _, _ in _headings(text)}) >= _LEAST_BOXES


def read_form(text: str) -> Record:
    """The values of the boxes, each with its place."""
    headings = _headings(text)
    cells: list[Cell] = []
    for at, (box, _, end) in enumerate(headings):
        until = min(_end_of_box(text, end), headings[at + 1][1] if at + 1 < len(headings) else len(text))
        start, stop = _trimmed(text, end, until)
        where = f"the form, box “{' '.join(text[headings[at][1] : end].split())[:40]}”"
        cells += _cells(box.field, text, start, stop, where)
    return Record(tuple(cell for cell in cells if is_told(cell.told)), 0, len(text), "the form")


def without_unticked(text: str) -> str:
    """The text with every option that is not ticked blanked, its length kept: "[ ] patient died" tells of no death."""
    return _OPTION.sub(lambda found: " " * len(found.group()), text)


def _headings(text: str) -> Sequence[tuple[_Box, int, int]]:
    """Every heading once, at the start of a line, in order."""
    found: dict[int, tuple[_Box, int, int]] = {}
    used: set[re.Pattern[str]] = set()
    for start in _line_starts(text):
        for box in _BOXES:
            match = box.heading.match(text, start)
            if match and box.heading not in used:
                used.add(box.heading)
                found[start] = (box, start, match.end())
                break
    return [found[at] for at in sorted(found)]


def _line_starts(text: str) -> Iterator[int]:
    for line in re.finditer(r"^[ \t]*(?=\S)", text, re.M):
        yield line.end()


def _end_of_box(text: str, start: int) -> int:
    """An empty line ends a box; one right after the heading does not."""
    gap = re.compile(r"\n\s*\n").search(text, _trimmed(text, start, len(text))[0])
    return gap.start() if gap else len(text)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in ":"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _cells(field: str, text: str, start: int, end: int, where: str) -> Iterator[Cell]:
    told = text[start:end]
    if field == "dates":
        yield from _therapy(told, start, where)
    elif field in ("serious", "dechallenge", "rechallenge", "sex", "qualification") and _has_boxes(told):
        for tick in _TICKED.finditer(told):
            value = tick.group(1).strip()
            begin = start + tick.start(1)
            yield Cell(field, value, begin, begin + len(value), where)
    elif field in ("birth", "onset", "received") and (date := _SPACED_DATE.search(told)):
        yield Cell(field, "-".join(date.groups()), start + date.start(), start + date.end(), where)
    elif field == "medicine":
        yield from _lines(field, told, start, where)
    elif told:
        yield Cell(field, told, start, end, where)


def _has_boxes(told: str) -> bool:
    return bool(_TICKED.search(told) or _UNTICKED.search(told))


def _therapy(told: str, start: int, where: str) -> Iterator[Cell]:
    found = _DATES.search(told)
    for field in ("start", "end") if found else ():
        value = found.group(field) if found else None
        if value and any(letter.isdigit() for letter in value):
            clean = re.sub(r"^\W*(?:from|von|du)\W*", "", value, flags=re.I).strip()
            begin = start + found.start(field) + value.index(clean) if found else start
            yield Cell(field, clean, begin, begin + len(clean), where)


_NUMBERED = re.compile(r"^\s*(?:#?\d{1,2}[.)]?\s+)?(.*?)\s*$")


def _lines(field: str, told: str, start: int, where: str) -> Iterator[Cell]:
    """One medicine a line, with or without a number in front."""
    at = start
    for line in told.split("\n"):
        found = _NUMBERED.match(line)
        if found and found.group(1):
            begin = at + found.start(1)
            yield Cell(field, found.group(1), begin, begin + len(found.group(1)), where)
        at += len(line) + 1
