"""The ledger as an inspector reads it: a CSV with everything, and a PDF whose first page says whether it holds.

Both are written from entries that are read one at a time, so that a ledger of any length can be exported.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.chain import Anchor, Break, Entry, canonical, moment

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

COLUMNS = ("number", "at", "kind", "by", "subject", "summary", "facts", "previous", "hash")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARGIN = 36
_FONT = "DejaVuSans"
_SIZE = 7.5
_LINE = 9.5
# The left edge and the width of each column, in points of an A4 page that lies on its side (842 by 595).
_TABLE = (
    *(("No.", 36, 32), ("Time (UTC)", 72, 84), ("What", 160, 78), ("Who", 242, 70), ("About", 316, 182)),
    *(("In words", 502, 224), ("Hash", 732, 74)),
)


@dataclass(frozen=True, slots=True)
class Cover:
    """What the first page states."""

    exported_at: datetime
    exported_by: str
    entries: int
    head: Anchor
    anchors: int
    breaks: tuple[Break, ...]

    def lines(self) -> tuple[str, ...]:
        """The statements, in plain sentences."""
        holds = "The chain holds: no entry was changed, removed, moved or inserted."
        verdict = f"The chain does not hold, at {len(self.breaks)} places named below." if self.breaks else holds
        return (
            f"Exported {self.exported_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC by {self.exported_by}.",
            f"{self.entries} entries. {verdict}",
            f"Last entry: {self.head.number}, SHA-256 {self.head.hash}",
            f"Compared with {self.anchors} anchors that were noted outside the database.",
            *(f"• {each.explanation}" for each in self.breaks),
            "Each entry carries the SHA-256 of the one before it. Keep this page apart from the database: a later "
            "ledger is the same up to here exactly if “pharmassist audit verify --anchor” finds no break with the "
            "number and the hash above.",
        )


def write_csv(entries: Iterable[Entry], path: Path) -> str:
    """Write every field of every entry, and return the file's SHA-256.

    A value that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for entry in entries:
            rows.writerow(map(_harmless, _values(entry)))
    return _hash_of(path)


def _values(entry: Entry) -> tuple[str, ...]:
    deed = entry.deed
    said = (deed.kind.value, deed.by, deed.subject, deed.summary, canonical(dict(deed.facts)))
    return str(entry.number), moment(entry.at), *said, entry.previous, entry.hash


def _harmless(value: str) -> str:
    safe = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{safe}" if safe.startswith(_FORMULA) else safe


def write_pdf(entries: Iterable[Entry], cover: Cover, path: Path) -> str:
    """Write the statements and a table of the entries, and return the file's SHA-256."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(_font_file())))
    canvas = Canvas(str(path), pagesize=landscape(A4), pageCompression=1)
    canvas.setTitle("Ledger of decisions")
    canvas.setAuthor("pharmassist")
    _Sheet(canvas, landscape(A4)[1]).write(cover.lines(), entries)
    canvas.save()
    return _hash_of(path)


def _font_file() -> Path:
    """DejaVu Sans, which knows Latin, Greek and Cyrillic, from the files of matplotlib (which is not imported)."""
    found = find_spec("matplotlib")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


class _Sheet:
    """One document that is written from top to bottom."""

    def __init__(self, canvas: Canvas, height: float) -> None:
        self._canvas = canvas
        self._top = height - _MARGIN
        self._y = self._top
        self._page = 0

    def write(self, statements: Sequence[str], entries: Iterable[Entry]) -> None:
        self._begin_page()
        self._canvas.setFont(_FONT, 15)
        self._canvas.drawString(_MARGIN, self._y - 6, "Ledger of decisions")
        self._y -= 28
        for statement in statements:
            for line in _wrapped(statement, 770, 9):
                self._room(13)
                self._canvas.setFont(_FONT, 9)
                self._canvas.drawString(_MARGIN, self._y, line)
                self._y -= 13
        self._y -= 8
        self._heads()
        for entry in entries:
            self._entry(entry)
        self._canvas.showPage()

    def _begin_page(self) -> None:
        self._page += 1
        self._y = self._top
        self._canvas.setFont(_FONT, _SIZE)
        self._canvas.drawRightString(806, 20, f"pharmassist, ledger of decisions, page {self._page}")

    def _room(self, height: float) -> bool:
        """Begin a new page where so much is not left; whether one was begun."""
        if self._y - height > _MARGIN:
            return False
        self._canvas.showPage()
        self._begin_page()
        return True

    def _heads(self) -> None:
        self._canvas.setFont(_FONT, _SIZE + 0.5)
        for name, left, _ in _TABLE:
            self._canvas.drawString(left, self._y, name)
        self._canvas.line(_MARGIN, self._y - 3, 806, self._y - 3)
        self._y -= _LINE + 4

    def _entry(self, entry: Entry) -> None:
        deed = entry.deed
        when = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if entry.at.year > 1 else "unreadable"
        values = (str(entry.number), when, deed.kind.value.replace("_", " "), deed.by, deed.subject)
        texts = (*values, deed.summary, f"{entry.hash[:12]}…")
        cells = [_wrapped(text, width, _SIZE) for text, (_, _, width) in zip(texts, _TABLE, strict=True)]
        height = max(map(len, cells)) * _LINE + 2
        if self._room(height):
            self._heads()
        self._canvas.setFont(_FONT, _SIZE)
        for lines, (_, left, _) in zip(cells, _TABLE, strict=True):
            for at, line in enumerate(lines):
                self._canvas.drawString(left, self._y - at * _LINE, line)
        self._y -= height


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """The text in lines of at most this width; a word that is wider is broken."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    shown = "".join(character if character.isprintable() else " " for character in text)
    lines = [""]
    for word in _pieces(shown.split(), width, size):
        longer = f"{lines[-1]} {word}".strip()
        if stringWidth(longer, _FONT, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines[1:] if len(lines) > 1 and not lines[0] else lines


def _pieces(words: Sequence[str], width: float, size: float) -> Iterator[str]:
    """The words, those that are too wide cut into pieces."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    most = max(int(width / (size * 0.65)), 1)
    for word in words:
        if stringWidth(word, _FONT, size) <= width:
            yield word
        else:
            yield from (word[at : at + most] for at in range(0, len(word), most))


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
