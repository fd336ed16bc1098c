"""What differs between two states of a case, field by field, and how a field is set by its path. Pure.

A path is "owner", "patient.age", "events[e1].outcome", "products[p2].dosings[d1].amount". Lists whose items have ids
are followed item by item; every other value (a date, a measure, a coded term, a list of words) changes as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from assistant.chain import digest, moment
from assistant.triage.case import Case
from assistant.triage.errors import FieldUnknown
from assistant.triage.people_in_case import Measure
from assistant.triage.terms import Span, Term
from assistant.triage.when import PartialDate

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

_WHOLE = (PartialDate, Measure, Term, Span)
_NOT_A_CHANGE = frozenset({"version"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after, as JSON; None is "nothing", also for an item that was not there."""

    path: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a case's history. `version` is the case's version that this change made. Never altered."""

    case_id: str
    version: int
    path: str
    old: Json
    new: Json
    by: str
    at: datetime
    why: str


def history_hash(changes: Sequence[Change]) -> str:
    """SHA-256 of lines of history with everything that they hold: the old value, who, when and why as well."""
    return digest({"lines": [[each.path, each.old, each.new, each.by, moment(each.at), each.why] for each in changes]})


def encode(value: object) -> Json:
    """A value of a case as JSON: decimals and dates as text, tuples as lists, dataclasses as objects."""
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"a case holds no {type(value).__name__}")


def differences(old: Case, new: Case) -> tuple[Difference, ...]:
    """Every field that differs, in the order of the fields. The version number is not a field."""
    return tuple(found for found in _differences(old, new, "") if found.path not in _NOT_A_CHANGE)


def _differences(old: object, new: object, path: str) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, tuple) and isinstance(new, tuple) and (old or new) and _have_ids((*old, *new)):
        yield from _item_differences(old, new, path)
    elif type(old) is type(new) and is_dataclass(old) and not isinstance(old, _WHOLE):
        for field in fields(old):
            name = f"{path}.{field.name}" if path else field.name
            yield from _differences(getattr(old, field.name), getattr(new, field.name), name)
    else:
        yield Difference(path, encode(old), encode(new))


def _have_ids(items: Sequence[object]) -> bool:
    return all(isinstance(getattr(item, "id", None), str) for item in items)


def _item_differences(old: Sequence[object], new: Sequence[object], path: str) -> Iterator[Difference]:
    before = {_id(item): item for item in old}
    after = {_id(item): item for item in new}
    for key, item in before.items():
        if key not in after:
            yield Difference(f"{path}[{key}]", encode(item), None)
        else:
            yield from _differences(item, after[key], f"{path}[{key}]")
    for key, item in after.items():
        if key not in before:
            yield Difference(f"{path}[{key}]", None, encode(item))
    kept = [key for key in before if key in after]
    expected = [*kept, *(key for key in after if key not in before)]
    if list(after) != expected:
        yield Difference(f"{path}[]", list(expected), list(after))


def _id(item: object) -> str:
    return str(item.id)  # type: ignore[attr-defined]


def with_field(body: Json, path: str, value: Json) -> Json:
    """The same case as JSON with one field set; None for an item removes it, an unknown id adds it at the end.

    "products[]" takes the ids in their new order.

    Raises:
        FieldUnknown: the path names no field of a case.
    """
    return _set(body, list(_steps(path)), value, path)


def field_at(body: Json, path: str) -> Json:
    """The value at a path, None where an item is missing.

    Raises:
        FieldUnknown: the path names no field of a case.
    """
    found = body
    for kind, name in _steps(path):
        if kind == "field" and isinstance(found, dict) and name in found:
            found = found[name]
        elif kind == "item" and isinstance(found, list):
            found = next((item for item in found if _is(item, name)), None)
            if found is None:
                return None
        else:
            raise FieldUnknown(f"A case has no field “{path}”.")
    return found


def _is(item: Json, key: str) -> bool:
    return isinstance(item, dict) and item.get("id") == key


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """("field", "events"), ("item", "e1"), ("field", "outcome"); ids may hold dots and brackets of their own."""
    at = 0
    while at < len(path):
        if path[at] == "[":
            end = _closing(path, at)
            yield "item", path[at + 1 : end]
            at = end + 1
        else:
            at += path[at] == "."
            end = min((place for place in (path.find(".", at), path.find("[", at)) if place >= 0), default=len(path))
            yield "field", path[at:end]
            at = end


def _closing(path: str, start: int) -> int:
    depth = 0
    for place in range(start, len(path)):
        depth += {"[": 1, "]": -1}.get(path[place], 0)
        if depth == 0:
            return place
    raise FieldUnknown(f"A case has no field “{path}”: a bracket is not closed.")


def _set(body: Json, steps: list[tuple[str, str]], value: Json, path: str) -> Json:
    if not steps:
        return value
    (kind, name), *rest = steps
    if kind == "field" and isinstance(body, dict) and name in body:
        return {**body, name: _set(body[name], rest, value, path)}
    if kind == "item" and isinstance(body, list):
        return _set_item(body, name, rest, value, path)
    raise FieldUnknown(f"A case has no field “{path}”.")


def _set_item(items: list[Json], key: str, rest: list[tuple[str, str]], value: Json, path: str) -> Json:
    if not key:
        order = value if isinstance(value, list) else []
        return sorted(items, key=lambda item: order.index(item["id"]) if isinstance(item, dict) else -1)
    if not any(_is(item, key) for item in items):
        if rest:
            raise FieldUnknown(f"A case has no field “{path}”: nothing has the id {key}.")
        return items if value is None else [*items, value]
    changed = [_set(item, rest, value, path) if _is(item, key) else item for item in items]
    return [item for item in changed if item is not None]
