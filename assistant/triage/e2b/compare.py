"""Whether a message survives: read, written and read again, compared value by value and element by element.

The first comparison uses our own reader on both sides. The second does not: it counts every element of the two files
with its attributes and text, and lists what stands in one and not in the other. Only words beside a code (displayName),
the version of the message's own lists and empty shells are left out of it.

    python -m assistant.triage.e2b.compare MESSAGE.xml …
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.read import read_batch
from assistant.triage.e2b.report import Batch, Unread, Value, flatten
from assistant.triage.e2b.write import write_batch

_STRUCTURE = frozenset({"typeCode", "classCode", "moodCode", "determinerCode"})
_MESSAGE_LISTS = tuple(f"2.16.840.1.113883.3.989.2.1.1.{number}" for number in (18, 19, 20, 21, 22, 23, 27))
"""Lists of codes that say what an element of the message is; the value that they introduce stands beside them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same after the trip; `before` or `after` is None where it is missing."""

    where: str
    number: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What a trip kept. `lost` and `new` are elements of the XML that stand in one file only, with how often."""

    reports: int
    values: int
    numbers: int
    differences: tuple[Difference, ...]
    unread: tuple[Unread, ...]
    lost: tuple[tuple[str, int], ...]
    new: tuple[tuple[str, int], ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs by either comparison."""
        return not (self.differences or self.unread or self.lost or self.new)


def round_trip(data: bytes) -> RoundTrip:
    """Read a message, write it, and compare the two.

    Raises:
        NotE2b: the file is no batch of reports.
    """
    before = read_batch(data)
    written = write_batch(before)
    after = read_batch(written)
    old, new = Counter(_facts(xml.parse(data), "")), Counter(_facts(xml.parse(written), ""))
    known = [item for item in _values(before) if item[1]]
    return RoundTrip(
        reports=len(before.reports),
        values=len(known),
        numbers=len({number for _, number, _ in known}),
        differences=tuple(differences(before, after)),
        unread=before.unread,
        lost=tuple(sorted((old - new).items())),
        new=tuple(sorted((new - old).items())),
    )


def differences(before: Batch, after: Batch) -> Iterator[Difference]:
    """The values in which two batches differ, by their place."""
    old = {(where, number): value for where, number, value in _values(before)}
    new = {(where, number): value for where, number, value in _values(after)}
    for where, number in [*old, *(key for key in new if key not in old)]:
        first, second = old.get((where, number)), new.get((where, number))
        if first != second:
            yield Difference(where, number, first, second)


def _values(batch: Batch) -> Iterator[tuple[str, str, Value]]:
    yield from flatten(batch.header, "N.1")
    for place, report in enumerate(batch.reports, 1):
        yield from flatten(report, f"N.2.r[{place}]")


def _facts(element: etree._Element, above: str) -> Iterator[str]:
    """Every element as one line: its path, its attributes, its text."""
    path = f"{above}/{xml.local(element)}"
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    for name in ("displayName", f"{{{xml.XSI}}}schemaLocation"):
        attributes.pop(name, None)
    if attributes.get("codeSystem") in _MESSAGE_LISTS:
        attributes.pop("codeSystemVersion", None)
    if attributes.get("nullFlavor"):
        attributes.pop("codeSystem", None)
    text = xml.own_text(element)
    says = {name: value for name, value in attributes.items() if name not in _STRUCTURE and name != xml.TYPE}
    if text or set(says) - {"codeSystem"}:
        shown = " ".join(f"{etree.QName(name).localname}={value}" for name, value in sorted(attributes.items()))
        yield f"{path} {shown} {text}".rstrip()
    for child in element:
        yield from _facts(child, path)


def main(paths: Sequence[str]) -> None:
    """Print what a trip kept of each file."""
    print("file  reports  values  elements  differences  unread  lost  new")
    for path in paths:
        trip = round_trip(Path(path).read_bytes())
        losses = (trip.differences, trip.unread, trip.lost, trip.new)
        print(Path(path).name, trip.reports, trip.values, trip.numbers, *(len(each) for each in losses), sep="  ")


if __name__ == "__main__":
    main(sys.argv[1:])
