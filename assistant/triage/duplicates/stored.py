"""A fingerprint as one line of text and back; the index keeps nothing else of a case."""

from __future__ import annotations

import json
from dataclasses import fields

from assistant.triage.duplicates.fingerprint import Fingerprint

_NAMES = tuple(each.name for each in fields(Fingerprint))
_SETS = frozenset({"numbers", "literature", "suspects", "others", "events", "sketch"})
_DAYS = frozenset({"birth", "onset", "start"})


def written(case: Fingerprint) -> str:
    """The values in the order of the fields, as a JSON list."""
    values = (getattr(case, name) for name in _NAMES)
    return json.dumps([sorted(each) if isinstance(each, frozenset) else each for each in values], separators=(",", ":"))


def read(line: str) -> Fingerprint:
    """What `written` wrote."""
    values = dict(zip(_NAMES, json.loads(line), strict=True))
    for name in _SETS:
        values[name] = frozenset(values[name])
    for name in _DAYS:
        values[name] = tuple(values[name]) if values[name] else None
    return Fingerprint(**values)
