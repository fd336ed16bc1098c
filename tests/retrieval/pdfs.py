"""Small PDFs made by hand: text at given places in Helvetica, lines, dots, and a lock that no empty password opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Put:
    """Words at a place: `x` from the left, `y` from the top, in points."""

    x: float
    y: float
    text: str
    bold: bool = False
    size: float = 10


@dataclass(frozen=True)
class Rule:
    """A thin line, or, when it is as high as wide, a dot."""

    x: float
    y: float
    width: float
    height: float = 0.5


Mark = Put | Rule
HEIGHT = 792


def grid(left: Sequence[float], top: float, rows: Sequence[Sequence[str]], step: float = 20) -> list[Mark]:
    """A fully ruled table: `left` holds the column edges, one more than there are columns; the first row is bold."""
    marks: list[Mark] = []
    bottom = top + step * len(rows)
    for number, row in enumerate(rows):
        y = top + number * step
        marks += [Put(left[place] + 3, y + 13, text, bold=not number) for place, text in enumerate(row) if text]
    marks += [Rule(left[0], top + number * step, left[-1] - left[0]) for number in range(len(rows) + 1)]
    marks += [Rule(edge, top, 0.5, bottom - top) for edge in left]
    return marks


def pdf(*pages: Sequence[Mark], locked: bool = False) -> bytes:
    """A PDF with these pages."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = "\n".join(map(_drawn, page))
        fonts = "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 {HEIGHT}] {fonts} /Contents {6 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content.encode('cp1252'))} >>\nstream\n{content}\nendstream")
    return _assembled(objects, locked)


def _drawn(mark: Mark) -> str:
    if isinstance(mark, Rule):
        return f"{mark.x} {HEIGHT - mark.y - mark.height} {mark.width} {mark.height} re f"
    text = mark.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F{2 if mark.bold else 1} {mark.size} Tf {mark.x} {HEIGHT - mark.y} Td ({text}) Tj ET"


def _assembled(objects: Sequence[str], locked: bool) -> bytes:
    data = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    start = len(data)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    data += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'aa' * 32}> /U <{'bb' * 32}> /P -4 >> /ID [<00> <00>]"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R {lock if locked else ''} >>"
    return data + f"{trailer}\nstartxref\n{start}\n%%EOF".encode()
