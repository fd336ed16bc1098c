"""Which reader a file goes to: by its first bytes, then by its name."""

from __future__ import annotations

from retrieval.errors import SourceRefused
from retrieval.readers.document import ReadDocument
from retrieval.readers.monograph import read_markdown
from retrieval.readers.spl import read_spl


def read_document(data: bytes, name: str) -> ReadDocument:
    """Read one file's bytes. Raises SourceRefused with one reason when they are no source that can be read."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    low = name.lower()
    if not data.strip():
        raise SourceRefused("it is empty")
    if start.startswith(b"%PDF-") or low.endswith(".pdf"):
        # pdfplumber takes a second to import and most ingestions hold no PDF.
        from retrieval.readers.pdf import read_pdf

        return read_pdf(data)
    if low.endswith((".md", ".markdown")):
        return read_markdown(data)
    if low.endswith(".xml") or start.startswith(b"<"):
        return read_spl(data)
    raise SourceRefused("its type is unknown: labels are SPL XML or PDF, monographs are Markdown, releases are zip")
