"""What a file is, and its text: decided from its bytes, never from its name alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from assistant.triage.intake.errors import FileRefused
from retrieval.errors import SourceRefused
from retrieval.readers.pdf_boxes import pdf_text

LARGEST = 32 * 1024 * 1024
"""Bytes of a file."""
LONGEST = 2_000_000
"""Characters of a text or table: its identifiers are looked for word by word, which takes minutes for so many."""
_MOST_CONTROL = 0.001
_REFUSED = {
    b"PK\x03\x04": "It is a zip or an Office file; save the sheet as CSV, or the letter as PDF, and import that.",
    b"\xd0\xcf\x11\xe0": "It is an old Office file; save the sheet as CSV, or the letter as PDF, and import that.",
    b"\x1f\x8b": "It is compressed; unpack it and import what is inside.",
    b"7z\xbc\xaf": "It is compressed; unpack it and import what is inside.",
    b"Rar!": "It is compressed; unpack it and import what is inside.",
}


class FileKind(StrEnum):
    """What a file is read as."""

    TEXT = "text"
    PDF = "PDF"
    E2B = "E2B(R3)"


@dataclass(frozen=True, slots=True)
class FileText:
    """A file as text; `sha256` is of the original bytes. `note` says how it was decoded where that is not certain."""

    name: str
    sha256: str
    kind: FileKind
    text: str
    note: str = ""


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; one that is too large is not read at all.

    Raises:
        FileRefused: too large, not there, or not to be read by who runs this.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise FileRefused(_too_large(path.name, size))
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{path.name} was not imported. It cannot be read ({error.strerror or error}).") from error


def _too_large(name: str, size: int) -> str:
    return f"{name} has {size >> 20} MB and at most {LARGEST >> 20} are read; split it."


def _short_enough(name: str, text: str) -> str:
    if len(text) > LONGEST:
        raise FileRefused(f"{name} has {len(text):,} characters and at most {LONGEST:,} are read at once; split it.")
    return text


def read_file(name: str, data: bytes) -> FileText:
    """The text of a file.

    Raises:
        FileRefused: too large, empty, packed, no text at all, or damaged; the sentence says what to do.
    """
    if len(data) > LARGEST:
        raise FileRefused(_too_large(name, len(data)))
    for magic, why in _REFUSED.items():
        if data.startswith(magic):
            raise FileRefused(f"{name} was not imported. {why}")
    hashed = sha256(data).hexdigest()
    if data.lstrip()[:5] == b"%PDF-":
        return FileText(name, hashed, FileKind.PDF, _short_enough(name, _pdf(name, data)))
    text, note = _decoded(name, data)
    head = text.lstrip()[:4000].lower()
    if head.startswith(("<?xml", "<mcci", "<porr")) and ("mcci_in200100uv" in head or "porr_in049016uv" in head):
        return FileText(name, hashed, FileKind.E2B, text, note)
    if head.startswith(("<?xml", "<!doctype", "<html", "<ichicsr")):
        raise FileRefused(
            f"{name} was not imported. It is XML or HTML, but no E2B(R3) message; export it as that, or as CSV or PDF."
        )
    if not text.strip():
        raise FileRefused(f"{name} was not imported. It holds no text; check that it was saved.")
    return FileText(name, hashed, FileKind.TEXT, _short_enough(name, text), note)


def _pdf(name: str, data: bytes) -> str:
    try:
        text = pdf_text(data)
    except SourceRefused as error:
        raise FileRefused(f"{name} was not imported: {error}.") from error
    if not text.strip():
        raise FileRefused(f"{name} was not imported. It holds pictures only; run text recognition on it first.")
    return text


def _decoded(name: str, data: bytes) -> tuple[str, str]:
    """UTF-8, UTF-16 with its mark, or Windows-1252; line ends become \\n."""
    note = ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = data.decode("cp1252", errors="replace")
            note = f"It is not UTF-8 (byte {error.start:,}) and was read as Windows-1252; check accents and umlauts."
    control = sum(letter < " " and letter not in "\t\r\n\f\v" for letter in text)
    if control > _MOST_CONTROL * len(text):
        raise FileRefused(f"{name} was not imported. It is no text; import CSV, PDF, plain text or E2B(R3) XML.")
    if "\ufffd" in text:
        note = "Some letters could not be decoded and are shown as \ufffd; save the file as UTF-8 and import it again."
    return "\n".join(text.replace("\x00", "").splitlines()), note
