"""The matrix of medicines and reactions: the message tells it in pieces that point at each other; here it is one group.

In the message the role of a medicine (G.k.1), each judgement of causality (G.k.9.i.2.r), the intervals (G.k.9.i.3) and
the recurrence (G.k.9.i.4) stand apart and name medicine and reaction by id. `gathered` brings them into the groups
G.k and G.k.9.i; `scattered` takes them apart again, in the order of medicines and reactions. A piece that points at
nothing stays where it was, so that it is written again and the checker can name it.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.triage.e2b.report import Group, Value

EVENT, DRUG = "link.event", "link.drug"
LOOSE = ("link.role", "link.fdarole", "link.cause", "link.start", "link.end", "link.again")
_ROLES = (("link.role", "G.k.1"), ("link.fdarole", "FDA.G.k.1.a"))
_PAIRS = (
    ("link.start", ("G.k.9.i.3.1a", "G.k.9.i.3.1b")),
    ("link.end", ("G.k.9.i.3.2a", "G.k.9.i.3.2b")),
    ("link.again", ("G.k.9.i.4",)),
)
_CAUSE = ("G.k.9.i.2.r.1", "G.k.9.i.2.r.2", "G.k.9.i.2.r.3")
_MATRIX, _JUDGEMENT = "G.k.9.i", "G.k.9.i.2.r"


def gathered(report: Group) -> Group:
    """A report as it was read, with every piece that points at a known medicine brought to it."""
    drugs = {drug.text("G.k.id"): drug for drug in report.all("G.k") if drug.text("G.k.id")}
    left: list[Group] = []
    for group in report.groups:
        drug = drugs.get(group.text(DRUG))
        if group.name not in LOOSE or drug is None:
            left.append(group)
            continue
        taken = _taken(drug, group)
        if taken is None:
            left.append(group)
        else:
            drugs[taken.text("G.k.id")] = taken
    done = tuple(_own(drugs.get(group.text("G.k.id"), group)) if group.name == "G.k" else group for group in left)
    return replace(report, groups=done)


def _taken(drug: Group, piece: Group) -> Group | None:
    """The medicine with one piece brought in, or None where the place is taken already."""
    for name, number in _ROLES:
        if piece.name == name:
            value = piece.value(number)
            return drug.set(number, value) if value and drug.value(number) is None else None
    if not piece.text(EVENT):
        return None
    judged = Group(_JUDGEMENT, tuple((number, value) for number, value in piece.values if number in _CAUSE))
    return _put(drug, piece.text(EVENT), (), (judged,))


def _own(drug: Group) -> Group:
    """The pieces that stand inside the medicine itself (intervals, recurrence), brought into its matrix."""
    for name, numbers in _PAIRS:
        for piece in drug.all(name):
            values = tuple((number, value) for number, value in piece.values if number in numbers)
            row = _row(drug, piece.text(EVENT))
            if not piece.text(EVENT) or (row and any(row.value(number) for number, _ in values)):
                continue
            drug = replace(drug, groups=tuple(group for group in drug.groups if group is not piece))
            drug = _put(drug, piece.text(EVENT), values, ())
    return drug


def _row(drug: Group, event: str) -> Group | None:
    return next((row for row in drug.all(_MATRIX) if row.text("G.k.9.i.1") == event), None)


def _put(drug: Group, event: str, values: tuple[tuple[str, Value], ...], groups: tuple[Group, ...]) -> Group:
    row = _row(drug, event)
    if row is None:
        row = Group(_MATRIX, (("G.k.9.i.1", Value(event)),))
        drug = replace(drug, groups=(*drug.groups, row))
    grown = replace(row, values=(*row.values, *values), groups=(*row.groups, *groups))
    return replace(drug, groups=tuple(grown if group is row else group for group in drug.groups))


def scattered(report: Group) -> Group:
    """A report with its matrix taken apart into the pieces that the message has."""
    pieces: list[Group] = []
    drugs: list[Group] = []
    for drug in report.all("G.k"):
        key = (DRUG, Value(drug.text("G.k.id")))
        for name, number in _ROLES:
            if value := drug.value(number):
                pieces.append(Group(name, ((number, value), key)))
        for row in drug.all(_MATRIX):
            event = (EVENT, Value(row.text("G.k.9.i.1")))
            pieces.extend(Group("link.cause", (*judged.values, event, key)) for judged in row.all(_JUDGEMENT))
        drugs.append(_apart(drug))
    order = {name: place for place, name in enumerate(LOOSE)}
    pieces.sort(key=lambda piece: order[piece.name])
    whole = report.with_groups("G.k", tuple(drugs))
    return replace(whole, groups=(*whole.groups, *pieces))


def _apart(drug: Group) -> Group:
    pieces = []
    for row in drug.all(_MATRIX):
        event = (EVENT, Value(row.text("G.k.9.i.1")))
        for name, numbers in _PAIRS:
            values = tuple((number, value) for number, value in row.values if number in numbers)
            if values:
                pieces.append(Group(name, (*values, event)))
    kept = tuple(group for group in drug.groups if group.name != _MATRIX)
    return replace(drug, groups=(*kept, *pieces))
