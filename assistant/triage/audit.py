"""Whether the stored cases are what their history and the ledger say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from assistant.chain import Break, Entry
from assistant.triage.case_json import read_case
from assistant.triage.casebook import Casebook
from assistant.triage.changes import Change, Json, history_hash, with_field
from assistant.triage.desk import CASE_HASH
from assistant.triage.errors import TriageError
from assistant.triage.proof import HISTORY_HASH, TEXT_HASH, text_hash
from assistant.triage.signed import case_hash


def case_breaks(entries: Iterable[Entry], book: Casebook, *, dated: bool = True) -> Iterator[Break]:
    """Every entry whose hashes do not fit the case, its history or its texts, every version that no entry records, and
    every case that is not what its history adds up to or stands in the worklist as another. Reads each history once.

    `dated`: the worklist is sorted by the rules that `book` counts with, so that its deadlines can be compared.
    """
    noted: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if CASE_HASH in entry.deed.facts:
            noted[entry.deed.subject.removeprefix("case ")].append(entry)
    seen = set()
    for case in book.cases():
        seen.add(case.label)
        history = book.history(case.id)
        hashes = _hashes(history)
        about = noted.get(case.label, [])
        yield from tuple(_unfitting(about, hashes)) or _rewritten(about, history)
        yield from _changed_texts(about, book)
        for version in sorted(set(map(str, hashes)) - {entry.deed.facts.get("version", "") for entry in about}):
            yield Break(0, f"Version {version} of case {case.label} was made past the desk: no entry records it.")
        if hashes.get(case.version) != case_hash(case):
            said = f"Case {case.label} is not what its history adds up to: it was changed past the desk."
            yield Break(about[-1].number if about else 0, said)
    for label, only_deadline in book.misfiled():
        if dated or not only_deadline:
            how = "under another deadline than its markets give it" if only_deadline else "otherwise than it is"
            yield Break(0, f"Case {label} stands in the worklist {how}: it was changed past the desk.")
    for label in book.unlinked():
        yield Break(0, f"Where case {label} came from is not as its history says: it was changed past the desk.")
    for label in sorted(set(noted) - seen):
        last = noted[label][-1]
        yield Break(last.number, f"Entry {last.number} is about case {label}, which is not stored any more.")


def _unfitting(entries: Sequence[Entry], hashes: dict[int, str]) -> Iterator[Break]:
    for entry in entries:
        version = entry.deed.facts.get("version", "")
        if not version.isdecimal() or hashes.get(int(version)) != entry.deed.facts[CASE_HASH]:
            what = f"The history of {entry.deed.subject} was changed"
            yield Break(entry.number, f"{what} after entry {entry.number} recorded version {version}.")


def _rewritten(entries: Sequence[Entry], history: Sequence[Change]) -> Iterator[Break]:
    """Entries whose lines of history now say something else of the old value, of who, when or why."""
    lines: dict[str, list[Change]] = defaultdict(list)
    for change in history:
        lines[str(change.version)].append(change)
    for entry in entries:
        noted, version = entry.deed.facts.get(HISTORY_HASH), entry.deed.facts.get("version", "")
        if noted is not None and noted != history_hash(lines[version]):
            said = (
                f"The history of {entry.deed.subject} at version {version} is not as entry {entry.number} recorded it."
            )
            yield Break(entry.number, said)


def _changed_texts(entries: Sequence[Entry], book: Casebook) -> Iterator[Break]:
    """Entries whose kept texts are not there any more or say something else."""
    for entry in entries:
        for name, noted in entry.deed.facts.items():
            if name.startswith(TEXT_HASH):
                text = book.text(name.removeprefix(TEXT_HASH))
                if text is None or text_hash(text) != noted:
                    said = (
                        f"A text that told of {entry.deed.subject} was changed or removed after entry {entry.number}."
                    )
                    yield Break(entry.number, said)


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
