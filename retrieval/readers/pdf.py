"""FDA labels as PDF, as DailyMed and the FDA print them."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.psexceptions import PSException
from pdfplumber.page import Page
from pdfplumber.pdf import PDF
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from retrieval.errors import SourceRefused
from retrieval.ingredient import base_name
from retrieval.passage import Section, Source, SourceKind
from retrieval.readers.document import Canon, ReadDocument, fingerprint
from retrieval.readers.flow import Flow, FlowWriter, Para
from retrieval.readers.headings import section_of
from retrieval.readers.pdf_flow import HeadedFlow, headed_flows
from retrieval.readers.pdf_join import Part
from retrieval.readers.pdf_page import page_parts
from retrieval.readers.pdf_words import Line
from retrieval.readers.tables import Table, footnote
from retrieval.readers.wording import heading_text, normal, title_case

LARGEST, MOST_PAGES = 64 * 1024 * 1024, 1000
_BY_NUMBER = {
    1: Section.INDICATIONS, 2: Section.DOSAGE, 3: Section.FORMS, 4: Section.CONTRAINDICATIONS, 5: Section.WARNINGS,
    6: Section.ADVERSE_REACTIONS, 7: Section.INTERACTIONS, 8: Section.OTHER, 9: Section.ABUSE, 10: Section.OVERDOSE,
    11: Section.DESCRIPTION, 12: Section.PHARMACOLOGY, 13: Section.PHARMACOLOGY, 14: Section.STUDIES,
    15: Section.OTHER, 16: Section.STORAGE, 17: Section.COUNSELLING,
}  # fmt: skip
_REVISED = re.compile(r"Revised:\s*(\d{1,2})/(\d{4})")
_ACTIVE = re.compile(r"Strength\s+([A-Z][A-Z0-9 ,()'/-]{2,80}?)\s*\(UNII:\s*\w+\)\s*\(\s*[A-Z][A-Z0-9 ,'()-]*-\s*UNII")
_DRUG_FACTS = re.compile(r"Active ingredients?[^\n]*\n\s*([A-Za-z][A-Za-z -]+?)(?:\s+USP)?,?\s+\d", re.IGNORECASE)
_HEAD = re.compile(r"^(?P<product>.+?)\s*-\s+(?P<generic>[a-z].+)$")
_PRINTED = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{2}),")
_FORM = re.compile(
    r"\b(tablets?|capsules?|injections?|solutions?|suspensions?|creams?|ointments?|gel|patch|powders?|sprays?|syrup)\b.*"
)
_LABELER = re.compile(r"Labeler\s*-\s*([^\n(]{3,80}?)\s*\(\d+\)")
_WEB = re.compile(r"https?://[^\s]+")
# pdfminer raises these from inside damaged files instead of an error of its own.
_DAMAGE = (
    PdfminerException, MalformedPDFException, PSException, ValueError, TypeError, KeyError, IndexError, AttributeError,
    AssertionError, RecursionError, OverflowError, zlib.error, struct.error, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pages:
    parts: list[list[Part]]
    heights: list[float]

    def text(self) -> str:
        """Every line of every page, tables included, for finding names and dates."""
        lines = []
        for page in self.parts:
            for part in page:
                cells = [part.text] if isinstance(part, Line) else [" ".join(c.text for c in row) for row in part.rows]
                lines.extend(cells)
        return "\n".join(lines)


def read_pdf(data: bytes) -> ReadDocument:
    """Read one label. Raises SourceRefused: encrypted, damaged, too large, or pictures without text."""
    if len(data) > LARGEST:
        raise SourceRefused(f"it is larger than {LARGEST // 1024 // 1024} MB")
    pages = _pages(data)
    if not any(pages.parts):
        raise SourceRefused("it is a PDF without text (scanned pages?): run text recognition on it first")
    canon = Canon()
    for headed in headed_flows(pages.parts, pages.heights):
        _write(headed, canon)
    if not canon.blocks:
        raise SourceRefused("it is a PDF in which no label text was found")
    checksum = fingerprint(data)
    return ReadDocument(_source(pages, canon.text, checksum), tuple(canon.blocks))


def _pages(data: bytes) -> _Pages:
    # Not used as a context: closing it parses the pages again, and a damaged file would raise once more there.
    document = opened(data)
    pages = _Pages([], [])
    for number, page in enumerate(parsed(document)):
        pages.parts.append(page_parts(page, number))
        pages.heights.append(float(page.height))
        page.close()
    return pages


def opened(data: bytes) -> PDF:
    """The document of any PDF.

    Raises:
        SourceRefused: it is encrypted or damaged.
    """
    with _refusing_damage():
        return pdfplumber.open(io.BytesIO(data))


def parsed(document: PDF) -> Iterator[Page]:
    """The pages, each with its content already parsed.

    Raises:
        SourceRefused: one is damaged, or there are more than `MOST_PAGES`.
    """
    with _refusing_damage():
        pages = document.pages
    if len(pages) > MOST_PAGES:
        raise SourceRefused(f"it has {len(pages)} pages, more than any label")
    for page in pages:
        with _refusing_damage():
            _ = page.objects
        yield page


@contextmanager
def _refusing_damage() -> Iterator[None]:
    """Turns what pdfminer raises on encrypted or damaged files into a refusal. Only parsing happens inside."""
    try:
        yield
    except _DAMAGE as fault:
        if isinstance(fault, PDFPasswordIncorrect) or any(isinstance(one, PDFPasswordIncorrect) for one in fault.args):
            raise SourceRefused("it is an encrypted PDF: remove the password first") from fault
        raise SourceRefused(f"it is a damaged PDF ({type(fault).__name__})") from fault


def _write(headed: HeadedFlow, canon: Canon) -> None:
    flow = _with_notes(headed.flow)
    if not headed.number:
        for heading, section, parts in _topics(flow):
            FlowWriter(canon, section, heading).write(parts)
        return
    section = _BY_NUMBER.get(int(headed.number.split(".")[0]), Section.OTHER)
    if "." in headed.number:
        section = section_of(headed.heading[-1], section)
    FlowWriter(canon, section, headed.heading).write(flow)


def _topics(flow: list[Flow]) -> list[tuple[tuple[str, ...], Section, list[Flow]]]:
    """Text without section numbers (a boxed warning, Drug Facts), parted at its headings that name a topic."""
    parts: list[tuple[tuple[str, ...], Section, list[Flow]]] = [((), Section.OTHER, [])]
    for one in flow:
        title = heading_text(one.text) if isinstance(one, Para) and one.styled and len(one.text) <= 160 else ""
        section = section_of(title) if title and not one_sentence(one) else Section.OTHER
        if section is not Section.OTHER or title.lower() == "drug facts":
            parts.append(((title,), section, []))
        else:
            parts[-1][2].append(one)
    return [(heading or ("Label text",), section, inside) for heading, section, inside in parts if inside]


def one_sentence(part: Flow) -> bool:
    """Whether a styled paragraph is a bold sentence and no heading."""
    return isinstance(part, Para) and part.text.rstrip().endswith((".", ";"))


def _with_notes(flow: list[Flow]) -> list[Flow]:
    """Footnotes printed under a table become the table's own."""
    made: list[Flow] = []
    for part in flow:
        note = footnote(part.text) if isinstance(part, Para) else None
        table = made[-1] if made else None
        if note and isinstance(table, Table):
            made[-1] = Table(table.rows, table.caption, table.header_rows, {**table.notes, note[0]: note[1]})
        else:
            made.append(part)
    return made


def _source(pages: _Pages, text: str, checksum: str) -> Source:
    whole = pages.text()
    first = [part.text for part in pages.parts[0][:3] if isinstance(part, Line)] or [""]
    head = next((found for line in first if (found := _HEAD.match(line))), None)
    ingredients = _ingredients(whole, head)
    product = title_case(normal(head["product"])) if head else _largest(pages.parts[0])
    publisher = _publisher(whole, first, head)
    effective = _revised(whole)
    version = effective.strftime("%Y.%m") if effective else _printed(first[0])
    document = "pdf-" + re.sub(r"[^a-z0-9]+", "-", f"{product} {publisher}".lower()).strip("-")[:80]
    url = _WEB.search(" ".join(part.text for part in pages.parts[0] if isinstance(part, Line) and part.size <= 8.5))
    return Source(
        id=f"{document}@{version}",
        document=document,
        kind=SourceKind.LABEL,
        title=_title(product, head),
        ingredients=ingredients,
        brands=_brands(product, ingredients) if head else (),
        publisher=publisher,
        version=version,
        effective=effective,
        url=url.group() if url else "",
        licence="public domain / FDA label",
        text=text,
        checksum=checksum,
    )


def _largest(parts: list[Part]) -> str:
    """The line in the largest type near the top of the first page."""
    lines = [part for part in parts[:8] if isinstance(part, Line)]
    return heading_text(max(lines, key=lambda line: line.size).text) if lines else "Drug label"


def _ingredients(whole: str, head: re.Match[str] | None) -> tuple[str, ...]:
    """From the product data at the end, else from Drug Facts, else from the first line."""
    found = [normal(name).lower() for name in _ACTIVE.findall(whole.replace("\n", " "))]
    if not found:
        found = [normal(name).lower() for name in _DRUG_FACTS.findall(whole)[:1]]
    if not found and head:
        found = [normal(_FORM.sub("", head["generic"])).strip(" ,").lower()]
    return tuple(dict.fromkeys(name for name in found if name))


def _brands(product: str, ingredients: tuple[str, ...]) -> tuple[str, ...]:
    """The product's name, where it is not just the ingredient's."""
    words = {word for name in ingredients for word in re.findall(r"[a-z]+", base_name(name))}
    plain = any(word in product.lower() for word in words)
    return () if plain or not words else (product,)


def _title(product: str, head: re.Match[str] | None) -> str:
    form = _FORM.search(head["generic"]) if head else None
    return f"{product} {form.group()}" if form and not _FORM.search(product.lower()) else product


def _publisher(whole: str, first: list[str], head: re.Match[str] | None) -> str:
    labeler = _LABELER.search(whole)
    if labeler:
        return normal(labeler.group(1))
    if head and len(first) > 1:
        return normal(first[1])
    return "U.S. Food and Drug Administration" if "https://www.fda.gov" in whole else ""


def _printed(line: str) -> str:
    """The version of a web page without a date of its own: the day on which it was printed ("1/31/26, 7:17 PM")."""
    found = _PRINTED.match(line)
    return f"20{found[3]}.{found[1]:0>2}.{found[2]:0>2}" if found else "1"


def _revised(whole: str) -> date | None:
    """The last "Revised: 12/2025", as the first day of that month."""
    found = _REVISED.findall(whole)
    return date(int(found[-1][1]), int(found[-1][0]), 1) if found and 1 <= int(found[-1][0]) <= 12 else None
