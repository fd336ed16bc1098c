"""One value against its row of the element table: length, type, codes, null flavour, precision and future of dates."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime

from assistant.triage.e2b import moments
from assistant.triage.e2b.report import Value
from assistant.triage.e2b.table import Element
from assistant.triage.e2b.violation import Severity
from assistant.triage.e2b.vocabulary import fault
from assistant.triage.e2b.xml import UNCARRIED

Complaint = tuple[str, Severity, str, str]
"""Rule, severity, what is wrong, how to mend it."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_RESULT = re.compile(r"(<=|>=|<|>)?-?\d+(\.\d+)?")
_WORDY = frozenset({"displayName", "codeSystemVersion", "mediaType", "representation", "compression", "language"})


def complaints(element: Element, value: Value, now: datetime) -> Iterator[Complaint]:
    """Everything that is wrong with one value by itself."""
    if value.null:
        yield from _null(element, value)
        return
    if not value.text:
        said = value.attribute("displayName")
        yield _bad(
            "type", f"it has no code{f', only the words {said!r}' if said else ''}.", "Give the code, or leave it out."
        )
        return
    if element.length and len(value.text) > element.length:
        yield _bad(
            "length",
            f"it has {len(value.text)} characters and may have {element.length}.",
            "Shorten it; what does not fit can stand in the narrative (H.1).",
        )
    if UNCARRIED.search(value.text):
        yield _bad("type", "it has a control character that XML cannot carry.", "Take it out; else it becomes \ufffd.")
    yield from _kind(element, value, now)
    yield from _attributes(element, value)


def _null(element: Element, value: Value) -> Iterator[Complaint]:
    if value.text:
        yield _bad("null flavour", "it has a value and a null flavour.", "Keep the one that is true.")
    if value.null not in element.nulls:
        allowed = f"Allowed are {', '.join(element.nulls)}." if element.nulls else "Give a value, or leave it out."
        yield _bad("null flavour", f"the null flavour {value.null} is not allowed here.", allowed)


def _kind(element: Element, value: Value, now: datetime) -> Iterator[Complaint]:
    text = value.text
    if element.type == "date":
        yield from _date(element, text, now)
    elif element.type == "B64":
        yield from _document(value)
    elif element.codes and element.vocabulary != "unit":
        yield from _code(element, text)
    elif element.type == "N" and not (_RESULT if element.number == "F.r.3.2" else _NUMBER).fullmatch(text):
        yield _bad("type", f"{_short(text)} is not a number.", "Write digits, with a point for decimals.")
    elif element.type == "A" and not element.vocabulary and not text.isalpha():
        yield _bad("type", f"{_short(text)} has characters that are not letters.", "Write letters only.")
    elif why := fault(element.vocabulary, text):
        severity = Severity.WARN if element.vocabulary == "case id" else Severity.REJECT
        yield ("vocabulary", severity, f"{_short(text)} is not allowed: {why}.", "Correct the value.")
    elif element.codes and text not in dict(element.codes):
        yield from _code(element, text)


def _code(element: Element, text: str) -> Iterator[Complaint]:
    if text not in dict(element.codes):
        known = ", ".join(f"{code} ({words})" if words else code for code, words in element.codes)
        yield _bad("code", f"{_short(text)} is not in its list.", f"Choose one of: {known}.")


def _date(element: Element, text: str, now: datetime) -> Iterator[Complaint]:
    first = moments.earliest(text)
    if first is None:
        yield _bad("type", f"{_short(text)} is no date.", "Write it as CCYYMMDDhhmmss+ZZzz, as far as it is known.")
        return
    if not moments.is_at_least(text, element.precision):
        shape = {"second": "CCYYMMDDhhmmss+ZZzz", "day": "CCYYMMDD"}.get(element.precision, "CCYY")
        yield _bad("precision", f"{text} is less than a {element.precision}.", f"At least {shape} is needed.")
    if first > now:
        yield _bad("future", f"{text} is in the future.", "Correct the date; nothing can have happened later than now.")


def _document(value: Value) -> Iterator[Complaint]:
    if value.attribute("compression"):
        return  # what it packs cannot be judged, and R0010 refuses it for the FDA
    try:
        base64.b64decode("".join(value.text.split()), validate=True)
    except (binascii.Error, ValueError):
        yield _bad("type", "the document is not in base64.", "Encode the file in base64 (representation B64).")


def _attributes(element: Element, value: Value) -> Iterator[Complaint]:
    for name, held in value.attributes:
        if name == "codeSystem" and held in element.oid:
            continue
        if name == "codeSystem":
            yield (
                "code system",
                Severity.WARN,
                f"the code is of the list {held}, which is not the one of this element.",
                f"Use {element.oid[-1] if element.oid else 'the usual list'}.",
            )
        elif name == "unit":
            yield _bad("unit", f"its unit is {held}.", "Give it in the unit of the element (kg, cm).")
        elif name not in _WORDY:
            yield ("attribute", Severity.WARN, f"it has an attribute {name} that nothing reads.", "Leave it out.")


def _bad(rule: str, wrong: str, mend: str) -> Complaint:
    return (rule, Severity.REJECT, wrong, mend)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
