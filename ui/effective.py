"""The settings in the ledger: at each start they are compared with those recorded last, and a difference is recorded.

Secrets stand there as stars, so that the entry shows whether one is set and never what it is: that one secret was
replaced by another is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.chain import Deed, EntryKind
from assistant.ledger import Ledger
from ui.settings import Settings

_WAS = "was "
GONE = "(no such setting any more)"


def record_settings(settings: Settings, ledger: Ledger) -> Deed | None:
    """Record what differs from the settings of the last start; None where nothing does. Raises `SaveFailed`."""
    now, before = dict(_flat(settings.model_dump(mode="json"))), _last_recorded(ledger)
    changed = {name: now.get(name, GONE) for name in {**before, **now} if now.get(name, GONE) != before.get(name)}
    if not changed:
        return None
    old = {f"{_WAS}{name}": before[name] for name in changed if name in before}
    said = f"Settings changed: {', '.join(sorted(changed))}." if before else "The settings of the first start."
    deed = Deed(EntryKind.SETTING_CHANGED, "unknown", "settings", said, {**changed, **old})
    ledger.record(deed)
    return deed


def _last_recorded(ledger: Ledger) -> Mapping[str, str]:
    known: dict[str, str] = {}
    for entry in ledger.entries(kind=EntryKind.SETTING_CHANGED):
        known |= {name: value for name, value in entry.deed.facts.items() if not name.startswith(_WAS)}
    return known


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each setting under its whole name; a group of settings gives those in it."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "" if value is None else str(value)
