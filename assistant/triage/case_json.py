"""A case read from JSON and checked: every value must fit its field, or a sentence says which does not."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from assistant.triage.case import Case
from assistant.triage.changes import Json, encode, with_field
from assistant.triage.errors import FieldInvalid

_READ_ONLY = frozenset({"id", "label", "version", "state", "opened_at"})


@cache
def _adapter() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


def read_case(body: Json) -> Case:
    """The case that a stored or sent JSON object describes.

    Raises:
        FieldInvalid: a value does not fit; the message names the field.
    """
    try:
        return _adapter().validate_python(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FieldInvalid(f"The value of {place} does not fit: {first['msg']}.") from error


def with_value(case: Case, path: str, value: Json) -> Case:
    """The case with one field set by its path, as the board and the command line do it.

    Raises:
        FieldUnknown: the path names no field.
        FieldInvalid: the value does not fit, or the field is one that only the desk sets.
    """
    if path in _READ_ONLY or not path:
        raise FieldInvalid(f"“{path}” is set by the desk and cannot be written.")
    return read_case(with_field(encode(case), path, value))
