"""Full and valid reports: every element of the table stands in one of them, with a value that its row allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from assistant.triage.e2b.report import BATCH, REPORT, Batch, Group, Value
from assistant.triage.e2b.table import Element, by_number, elements, groups

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
EVENT = "5b1b21c4-58f1-4a4e-9a0c-0f6f7a1d2e31"
SUSPECT = "0c7c1f52-3f57-4b5a-8f5e-6d2f6f4a9b10"
SPARE = "9a1f2a5c-7a76-4c39-b9f0-2b7d3e6c5a77"
_MOMENTS = {"second": "20240304101112+0000", "day": "20240304", "year": "2023"}
_VOCABULARY = {
    "meddra": "99000001", "meddra version": "27.0", "country": "US", "language": "eng", "unit": "mg",
    "ndc": "12345-678-90", "case id": "US-ACME-0001",
}  # fmt: skip


def sample(element: Element) -> Value:
    """A value that an element's row allows."""
    if element.type == "date":
        return Value(_MOMENTS[element.precision])
    if element.type == "B64":
        return Value("VGhlIHRleHQ=")
    if element.codes:
        return Value(element.codes[0][0])
    if element.vocabulary:
        return Value(_VOCABULARY[element.vocabulary])
    return Value("7" if element.type == "N" else "Words")


def _group(name: str, *, leave_out: tuple[str, ...] = (), **more: str) -> Group:
    """A group with all of its elements, and one of each group inside."""
    inner = tuple(_group(below, leave_out=leave_out) for below, above in groups().items() if above == name)
    here = [element for element in elements() if element.group == name and element.number not in leave_out]
    made = Group(name, tuple((element.number, sample(element)) for element in here), inner)
    for number, text in more.items():
        made = made.set(number.replace("_", "."), Value(text))
    return made


_IDENTIFIED = ("D.8.r.3a", "D.8.r.3b", "D.10.8.r.3a", "D.10.8.r.3b", "G.k.2.1.2a", "G.k.2.1.2b")
"""A PhPID cannot stand beside an MPID; the second medicine has it."""
_PREMARKET = ("FDA.C.5.5a", "FDA.C.5.5b", "FDA.C.5.6.r")


def _medicine(name: str, role: str, *, phpid: bool, similar: bool) -> Group:
    left_out = ("G.k.2.1.1a", "G.k.2.1.1b") if phpid else ("G.k.2.1.2a", "G.k.2.1.2b")
    made = _group("G.k", leave_out=(*left_out, *(() if similar else ("FDA.G.k.1.a",))))
    made = made.set("G.k.1", Value(role)).set("G.k.id", Value(name))
    matrix = made.all("G.k.9.i")[0].set("G.k.9.i.1", Value(EVENT))
    device = made.all("FDA.G.k.12.r")[0].set("FDA.G.k.12.r.1", Value("true"))
    return made.with_groups("G.k.9.i", (matrix,)).with_groups("FDA.G.k.12.r", (device,))


def _earlier(name: str, *, phpid: bool) -> Group:
    mpid = (f"{name}.2a", f"{name}.2b")
    return _group(name, leave_out=mpid if phpid else (f"{name}.3a", f"{name}.3b"))


def _report(*, leave_out: tuple[str, ...]) -> Group:
    made = _group(REPORT, leave_out=(*leave_out, *_IDENTIFIED))
    fixed = {
        "C.1.2": "20240304101112+0000", "N.2.r.4": "20240304101112+0000", "C.1.3": "2", "C.1.7": "true",
        "FDA.C.1.7.1": "1", "FDA.C.1.12": "true", "C.5.4": "1", "N.2.r.2": "ACME", "D.9.1": "20240302",
    }  # fmt: skip
    for number, text in fixed.items():
        made = made.set(number, Value(text))
    for name in ("FDA.C.5.6.r",):
        if name in leave_out:
            made = made.with_groups(name, ())
    event = made.all("E.i")[0].set("E.i.id", Value(EVENT)).set("E.i.3.1", Value("3"))
    document = made.all("C.1.6.1.r")[0].set("C.1.6.1.r.representation", Value("B64"))
    made = made.with_groups("E.i", (event,)).with_groups(
        "C.1.6.1.r", (document.set("C.1.6.1.r.mediaType", Value("text/plain")),)
    )
    for name in ("D.8.r", "D.10.8.r"):
        made = made.with_groups(name, (_earlier(name, phpid=False), _earlier(name, phpid=True)))
    return made.with_groups(
        "G.k",
        (_medicine(SUSPECT, "1", phpid=False, similar=False), _medicine(SPARE, "4", phpid=True, similar=True)),
    )


def _batch(report: Group, receiver: str) -> Batch:
    header = (
        _group(BATCH)
        .set("N.1.3", Value("ACME"))
        .set("N.1.4", Value(receiver))
        .set("N.1.5", Value("20240305101112+0000"))
    )
    return Batch(replace(header, groups=()), (report,))


@cache
def postmarket() -> Batch:
    """A report for CDER with everything that may stand in one."""
    return _batch(_report(leave_out=_PREMARKET).set("N.2.r.3", Value("CDER")), "ZZFDA")


@cache
def premarket() -> Batch:
    """A report under an IND."""
    report = _report(leave_out=("FDA.C.5.5b",)).set("N.2.r.3", Value("CDER_IND"))
    report = report.set("FDA.C.5.5a", Value("123456"))
    linked = report.all("FDA.C.5.6.r")[0].set("FDA.C.5.6.r", Value("234567"))
    return _batch(report.with_groups("FDA.C.5.6.r", (linked,)).with_groups("C.1.10.r", ()), "ZZFDA_PREMKT")


@cache
def exempt() -> Batch:
    """A report of an IND-exempt study of bioequivalence."""
    report = _report(leave_out=("FDA.C.5.5a", "FDA.C.5.6.r")).set("N.2.r.3", Value("CDER_IND_EXEMPT_BA_BE"))
    return _batch(report.set("FDA.C.5.5b", Value("234567")).with_groups("FDA.C.5.6.r", ()), "ZZFDA_PREMKT")


BATCHES = {"postmarket": postmarket, "premarket": premarket, "exempt": exempt}


@cache
def holder(number: str) -> str:
    """The first of the reports that has an element."""
    return next(name for name, make in BATCHES.items() if _has(make(), number))


def _has(batch: Batch, number: str) -> bool:
    tops = (batch.header, *batch.reports)
    return any(group.value(number) is not None for top in tops for group in top.walk())


def changed(batch: Batch, number: str, value: Value | None) -> Batch:
    """The batch with one element put to another value (or taken out) in the first group that has it."""
    if batch.header.value(number) is not None:
        return replace(batch, header=_change(batch.header, number, value)[0])
    return replace(batch, reports=tuple(_change(report, number, value)[0] for report in batch.reports))


def _change(group: Group, number: str, value: Value | None) -> tuple[Group, bool]:
    if group.value(number) is not None:
        return (group.without(number) if value is None else group.set(number, value)), True
    inner = list(group.groups)
    for place, below in enumerate(inner):
        inner[place], done = _change(below, number, value)
        if done:
            return replace(group, groups=tuple(inner)), True
    return group, False


def element(number: str) -> Element:
    return by_number()[number]
