"""What a report says and no field of a case holds: kept with the case, and put back when the case is exported.

An element is kept with the place where it stood. A place names the items of the case by their id, as in
"G.k[p1]/G.k.4.r[d2]", so that it is still right when another medicine was taken out; groups that no item made are
counted, "FDA.G.k.12.r[1]". What stands in a field wins: a kept element is only put where the case says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.triage.case import KeptElement
from assistant.triage.e2b.parts import ITEM
from assistant.triage.e2b.report import Group, Value

_STEP = re.compile(r"^(?P<name>[^\[]+)\[(?P<which>[^\]]+)\]$")
_AT = "@"
_BY_EVENT = "G.k.9.i.1"
"""A row of the matrix is found by its reaction and not by its place: here the id of the case's event ("e1")."""


def kept_of(original: Group, marked: Group) -> tuple[KeptElement, ...]:
    """What an original report says and `marked`, made of the case, does not; `marked` has the groups in their order."""
    return tuple(_differing(original, marked, ""))


def _differing(original: Group, made: Group | None, where: str) -> Iterator[KeptElement]:
    for number, value in original.values:
        if made is None or made.value(number) is None:
            yield from _elements(f"{where}{number}", number, value)
    counts: dict[str, int] = {}
    loose: dict[str, int] = {}
    for inner in original.groups:
        counts[inner.name] = place = counts.get(inner.name, 0) + 1
        twins = made.all(inner.name) if made else ()
        twin = twins[place - 1] if place <= len(twins) else None
        if event := inner.text(_BY_EVENT):
            twin = next((row for row in twins if row.text(ITEM) == event), None)
        which = twin.text(ITEM) if twin else ""
        if not which:
            loose[inner.name] = loose.get(inner.name, 0) + 1
            which = str(loose[inner.name])
        yield from _differing(inner, twin, f"{where}{inner.name}[{which}]/")


def _elements(id: str, number: str, value: Value) -> Iterator[KeptElement]:
    yield KeptElement(id, number, value.text, value.null)
    for name, held in value.attributes:
        yield KeptElement(f"{id}{_AT}{name}", number, held)


def with_kept(report: Group, kept: tuple[KeptElement, ...]) -> Group:
    """The report with what was kept put where the case says nothing; what belonged to a lost item stays out."""
    plain = [each for each in kept if _AT not in each.id.rpartition("/")[2]]
    for each in plain:
        extra = [other for other in kept if other.id.startswith(f"{each.id}{_AT}")]
        attributes = tuple((other.id.rpartition(_AT)[2], other.value) for other in extra)
        value = Value(each.value, each.null_flavour, attributes)
        report = _put(report, each.id.split("/")[:-1], each.number, value)
    return report


def _put(group: Group, path: list[str], number: str, value: Value) -> Group:
    if not path:
        return group if group.value(number) else group.set(number, value)
    step = _STEP.match(path[0])
    if step is None:
        return group
    name, which = step["name"], step["which"]
    same = group.all(name)
    found = next((inner for inner in same if inner.text(ITEM) == which), None)
    if found is None and which.isdigit():
        loose = [inner for inner in same if not inner.text(ITEM)]
        place = int(which) - 1
        if place < len(loose):
            found = loose[place]
        elif place == len(loose):
            return replace(group, groups=(*group.groups, _put(Group(name), path[1:], number, value)))
    if found is None:
        return group
    changed = _put(found, path[1:], number, value)
    return replace(group, groups=tuple(changed if inner is found else inner for inner in group.groups))
