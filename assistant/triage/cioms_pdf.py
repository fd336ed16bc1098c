"""Draws a CIOMS I form as a PDF: one page with the boxes, and pages behind it for what has no room there."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.triage.cioms import SOURCES, TICKS, CiomsForm

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_PLAIN, _BOLD = "CiomsSans", "CiomsSansBold"
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 561.0, 808.0, 34.0
"""Margins of an A4 page in points."""
_LABEL, _VALUE, _SMALLEST = 5.6, 8.6, 6.4
"""Sizes of the printed label, of a value, and of a value that needs room."""
_WIDTH = _RIGHT - _LEFT


def cioms_pdf(form: CiomsForm) -> bytes:
    """The form as a PDF, always the same bytes for the same form."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    _register()
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"CIOMS I {form.control_number}")
    canvas.setAuthor("pharmassist")
    page = _Page(canvas)
    _front(page, form)
    _behind(page, form)
    canvas.save()
    return held.getvalue()


def _register() -> None:
    """DejaVu Sans, which knows Latin, Greek and Cyrillic, from the files of matplotlib (which is not imported)."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    found = find_spec("matplotlib")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    for name, file in ((_PLAIN, "DejaVuSans.ttf"), (_BOLD, "DejaVuSans-Bold.ttf")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))


class _Page:
    """Boxes on a canvas; a text that does not fit is remembered for the pages behind."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.rest: list[tuple[str, str]] = []

    def box(self, x: float, y: float, width: float, height: float, label: str, text: str = "") -> None:
        """A box whose upper left corner is (x, y), with its label and its text."""
        self.canvas.setLineWidth(0.6)
        self.canvas.rect(x, y - height, width, height)
        below = self._label(x, y, width, label)
        if text:
            self._fill(x + 4, below, width - 8, below - (y - height) - 2, label, text)

    def _label(self, x: float, y: float, width: float, label: str) -> float:
        lines = wrapped(label, width - 6, _BOLD, _LABEL)
        self.canvas.setFont(_BOLD, _LABEL)
        for line in lines:
            y -= _LABEL + 1.6
            self.canvas.drawString(x + 3, y, line)
        return y - 2

    def _fill(self, x: float, y: float, width: float, height: float, label: str, text: str) -> None:
        size = _VALUE
        lines = wrapped(text, width, _PLAIN, size)
        while size > _SMALLEST and len(lines) * (size + 2) > height:
            size -= 0.4
            lines = wrapped(text, width, _PLAIN, size)
        room = max(int(height // (size + 2)), 1)
        if len(lines) > room:
            self.rest.append((label, text))
            lines = [*lines[: room - 1], "… continued on the next page"]
        self.canvas.setFont(_PLAIN, size)
        for line in lines:
            y -= size + 2
            self.canvas.drawString(x, y + 1.5, line)

    def tick(self, x: float, y: float, words: str, *, on: bool, width: float) -> float:
        """A small square with its words; gives how far down it went."""
        self.canvas.setLineWidth(0.6)
        self.canvas.rect(x, y - 7, 7, 7)
        if on:
            self.canvas.setLineWidth(1.1)
            self.canvas.line(x + 1.2, y - 5.8, x + 5.8, y - 1.2)
            self.canvas.line(x + 1.2, y - 1.2, x + 5.8, y - 5.8)
        self.canvas.setFont(_PLAIN, _LABEL)
        lines = wrapped(words, width - 12, _PLAIN, _LABEL)
        for place, line in enumerate(lines):
            self.canvas.drawString(x + 11, y - 5.4 - place * (_LABEL + 1.4), line)
        return max(len(lines) * (_LABEL + 1.4), 8) + 3

    def heading(self, y: float, words: str) -> float:
        """A bar across the page; gives the height below it."""
        self.canvas.setFillGray(0.88)
        self.canvas.rect(_LEFT, y - 14, _WIDTH, 14, fill=1)
        self.canvas.setFillGray(0)
        self.canvas.setFont(_BOLD, 8)
        self.canvas.drawCentredString((_LEFT + _RIGHT) / 2, y - 10, words)
        return y - 14


def wrapped(text: str, width: float, font: str, size: float) -> list[str]:
    """Lines of a text that are no wider than `width` points; a word that is wider is broken."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    lines: list[str] = []
    for paragraph in text.replace("\t", " ").split("\n"):
        line = ""
        for word in paragraph.split(" "):
            joined = f"{line} {word}" if line else word
            if stringWidth(joined, font, size) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            while stringWidth(word, font, size) > width and len(word) > 1:
                cut = next(n for n in range(len(word), 0, -1) if n == 1 or stringWidth(word[:n], font, size) <= width)
                lines.append(word[:cut])
                word = word[cut:]
            line = word
        lines.append(line)
    return lines


def _front(page: _Page, form: CiomsForm) -> None:
    canvas = page.canvas
    canvas.setFont(_BOLD, 12)
    canvas.drawString(_LEFT, _TOP - 14, "SUSPECT ADVERSE REACTION REPORT")
    canvas.setFont(_BOLD, 9)
    canvas.drawRightString(_RIGHT, _TOP - 13, "CIOMS FORM")
    y = page.heading(_TOP - 24, "I. REACTION INFORMATION")
    y = _reaction(page, form, y)
    y = page.heading(y - 3, "II. SUSPECT DRUG(S) INFORMATION")
    y = _suspects(page, form, y)
    y = page.heading(y - 3, "III. CONCOMITANT DRUG(S) AND HISTORY")
    page.box(
        _LEFT,
        y,
        _WIDTH,
        62,
        "22. CONCOMITANT DRUG(S) AND DATES OF ADMINISTRATION (exclude those used to treat reaction)",
        form.concomitants,
    )
    page.box(
        _LEFT,
        y - 62,
        _WIDTH,
        62,
        "23. OTHER RELEVANT HISTORY (e.g. diagnostics, allergies, pregnancy with last month of period)",
        form.history,
    )
    y = page.heading(y - 127, "IV. MANUFACTURER INFORMATION")
    _maker(page, form, y)


def _reaction(page: _Page, form: CiomsForm, y: float) -> float:
    ticks = 138.0
    width = _WIDTH - ticks
    x = _LEFT
    for label, text, share in (
        ("1. PATIENT INITIALS (first, last)", form.initials, 0.2), ("1a. COUNTRY", form.country, 0.11),
    ):  # fmt: skip
        page.box(x, y, width * share, 36, label, text)
        x += width * share
    x = _date(page, x, y, width * 0.23, "2. DATE OF BIRTH", form.birth)
    page.box(x, y, width * 0.14, 36, "2a. AGE", form.age)
    page.box(x + width * 0.14, y, width * 0.08, 36, "3. SEX", form.sex)
    _date(page, x + width * 0.22, y, width * 0.24, "4-6. REACTION ONSET", form.onset)
    page.box(
        _LEFT, y - 36, width, 214, "7 + 13. DESCRIBE REACTION(S) (including relevant tests/lab data)", form.description
    )
    page.box(_LEFT + width, y, ticks, 250, "8-12. CHECK ALL APPROPRIATE TO ADVERSE REACTION")
    below = y - 24
    for criterion, words in TICKS:
        below -= page.tick(_LEFT + width + 6, below, words, on=criterion in form.ticks, width=ticks - 10) + 9
    return y - 250


def _date(page: _Page, x: float, y: float, width: float, label: str, parts: tuple[str, str, str]) -> float:
    page.box(x, y, width, 12, label)
    for place, (name, text) in enumerate(zip(("Day", "Month", "Year"), parts, strict=True)):
        page.box(x + place * width / 3, y - 12, width / 3, 24, name, text)
    return x + width


def _suspects(page: _Page, form: CiomsForm, y: float) -> float:
    side = 138.0
    width = _WIDTH - side
    page.box(_LEFT, y, width, 52, "14. SUSPECT DRUG(S) (include generic name)", form.drugs)
    _answers(page, _LEFT + width, y, side, 52, "20. DID REACTION ABATE AFTER STOPPING DRUG?", form.abated)
    page.box(_LEFT, y - 52, width / 2, 44, "15. DAILY DOSE(S)", form.doses)
    page.box(_LEFT + width / 2, y - 52, width / 2, 44, "16. ROUTE(S) OF ADMINISTRATION", form.routes)
    _answers(page, _LEFT + width, y - 52, side, 88, "21. DID REACTION REAPPEAR AFTER REINTRODUCTION?", form.reappeared)
    page.box(_LEFT, y - 96, width, 44, "17. INDICATION(S) FOR USE", form.indications)
    page.box(_LEFT, y - 140, width, 44, "18. THERAPY DATES (from/to)", form.therapy_dates)
    page.box(_LEFT + width, y - 140, side, 44, "19. THERAPY DURATION", form.durations)
    return y - 184


def _answers(page: _Page, x: float, y: float, width: float, height: float, label: str, answer: str) -> None:
    page.box(x, y, width, height, label, "" if answer in {"YES", "NO", "NA", ""} else answer)
    for place, words in enumerate(("YES", "NO", "NA")):
        page.tick(x + 6 + place * 42, y - height + 14, words, on=answer == words, width=42)


def _maker(page: _Page, form: CiomsForm, y: float) -> None:
    half = _WIDTH / 2
    quarter = half / 2
    page.box(_LEFT, y, half, 66, "24a. NAME AND ADDRESS OF MANUFACTURER", form.maker)
    page.box(_LEFT + half, y, half, 66, "26. REMARKS", form.remarks)
    page.box(_LEFT, y - 66, quarter, 34, "24b. MFR CONTROL NO.", form.control_number)
    page.box(_LEFT + quarter, y - 66, quarter, 34, "24c. DATE RECEIVED BY MANUFACTURER", form.received)
    page.box(_LEFT + half, y - 66, half, 34, "24d. REPORT SOURCE")
    for place, words in enumerate(SOURCES):
        x = _LEFT + half + 6 + (place % 2) * quarter
        page.tick(x, y - 77 - (place // 2) * 11, words, on=words in form.sources, width=quarter)
    page.box(_LEFT, y - 100, half, 30, "DATE OF THIS REPORT", form.report_date)
    page.box(_LEFT + half, y - 100, half, 30, "25a. REPORT TYPE")
    page.tick(_LEFT + half + 6, y - 114, "INITIAL", on=not form.follow_up, width=quarter)
    page.tick(_LEFT + half + 6 + quarter, y - 114, "FOLLOW-UP", on=form.follow_up, width=quarter)


def _behind(page: _Page, form: CiomsForm) -> None:
    """The pages for what had no room, each text in full under its box."""
    canvas = page.canvas
    if not page.rest:
        return
    y = _next_page(canvas, form)
    for label, text in page.rest:
        y = _line(canvas, form, y - 8, label, _BOLD, 7.5)
        for line in wrapped(text, _WIDTH, _PLAIN, 8.6):
            y = _line(canvas, form, y, line, _PLAIN, 8.6)


def _line(canvas: Canvas, form: CiomsForm, y: float, line: str, font: str, size: float) -> float:
    if y - size - 3 < _BOTTOM:
        y = _next_page(canvas, form)
    canvas.setFont(font, size)
    canvas.drawString(_LEFT, y - size, line)
    return y - size - 3


def _next_page(canvas: Canvas, form: CiomsForm) -> float:
    canvas.showPage()
    canvas.setFont(_BOLD, 9)
    canvas.drawString(_LEFT, _TOP - 13, "SUSPECT ADVERSE REACTION REPORT: continued")
    canvas.setFont(_PLAIN, 8)
    canvas.drawRightString(_RIGHT, _TOP - 13, f"Mfr control no. {form.control_number}    page {canvas.getPageNumber()}")
    canvas.setLineWidth(0.6)
    canvas.line(_LEFT, _TOP - 20, _RIGHT, _TOP - 20)
    return _TOP - 26
