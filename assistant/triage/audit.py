"""Whether the stored cases are what their history and the ledger say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from assistant.chain import Break, Entry
from assistant.triage.case_json import read_case
from assistant.triage.casebook import Casebook
from assistant.triage.changes import Change, Json, with_field
from assistant.triage.desk import CASE_HASH
from assistant.triage.errors import TriageError
from assistant.triage.signed import case_hash


def case_breaks(entries: Iterable[Entry], book: Casebook) -> Iterator[Break]:
    """Every entry on a case whose hash does not fit the case at that version, and every case that is not what its
    history adds up to. Reads each case's history once.
    """
    noted: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if CASE_HASH in entry.deed.facts:
            noted[entry.deed.subject.removeprefix("case ")].append(entry)
    seen = set()
    for case in book.cases():
        seen.add(case.label)
        hashes = _hashes(book.history(case.id))
        about = noted.get(case.label, [])
        yield from _unfitting(about, hashes)
        if hashes.get(case.version) != case_hash(case):
            said = f"Case {case.label} is not what its history adds up to: it was changed past the desk."
            yield Break(about[-1].number if about else 0, said)
    for label in sorted(set(noted) - seen):
        last = noted[label][-1]
        yield Break(last.number, f"Entry {last.number} is about case {label}, which is not stored any more.")


def _unfitting(entries: Sequence[Entry], hashes: dict[int, str]) -> Iterator[Break]:
    for entry in entries:
        version = entry.deed.facts.get("version", "")
        if not version.isdecimal() or hashes.get(int(version)) != entry.deed.facts[CASE_HASH]:
            what = f"The history of {entry.deed.subject} was changed"
            yield Break(entry.number, f"{what} after entry {entry.number} recorded version {version}.")


def _hashes(history: Sequence[Change]) -> dict[int, str]:
    """The hash of a case at each of its versions, as far as the history can be read."""
    found: dict[int, str] = {}
    body: Json = None
    for at, change in enumerate(history):
        try:
            body = change.new if not change.path else with_field(body, change.path, change.new)
            is_last = at + 1 == len(history) or history[at + 1].version != change.version
            if is_last:
                found[change.version] = case_hash(read_case(with_field(body, "version", change.version)))
        except TriageError:
            break
    return found
