"""`pharmassist audit`: the ledger of decisions, read, verified and exported. Nothing here can change it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.chain import Anchor, Break, Entry, EntryKind
    from assistant.ledger import Verified
    from assistant.people import Person
    from assistant.records import Records

app = typer.Typer(help="The ledger of decisions: show, verify, export.", no_args_is_help=True)

FAILED = 1

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]
Anchors = Annotated[
    list[str] | None,
    typer.Option("--anchor", help="“NUMBER HASH” as an earlier export or verification printed it; may be repeated."),
]


@app.command()
def verify(anchor: Anchors = None, as_json: Json = False) -> None:
    """Read the whole ledger and compare it with itself, with its anchors and with what it is about.

    Exit code 0 where it holds, 1 where anything was changed, removed, moved or inserted.
    """
    from ui.audit_shapes import verified_json

    records, _ = _opened()
    verified = _verified(records, _anchors(anchor))
    print(verified_json(verified) if as_json else _words(verified))
    raise typer.Exit(FAILED if verified.breaks else 0)


@app.command()
def show(
    last: Annotated[int, typer.Option(help="How many entries, counted from the end.", min=1)] = 20,
    kind: Annotated[str, typer.Option(help="Only entries of this kind.")] = "",
    subject: Annotated[str, typer.Option(help="Only entries about this, for example “turn 3f…”.")] = "",
    as_json: Json = False,
) -> None:
    """The newest entries, oldest of them first."""
    from ui.audit_shapes import entries_json

    records, _ = _opened()
    entries = deque(records.ledger.entries(kind=_kind(kind), subject=subject), maxlen=last)
    print(entries_json(entries) if as_json else "\n".join(map(_line, entries)) or "There is no such entry.")


@app.command()
def export(
    csv: Annotated[Path | None, typer.Option(help="Write every field of every entry to this CSV file.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write a PDF to read, whose first page says if it holds.")] = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Write the ledger for an inspector as CSV, as PDF or both; that it was exported is recorded too.

    Exit code 0 where the ledger holds, 1 where it does not; the files are written in both cases.
    """
    from assistant.audit_report import Cover, write_csv, write_pdf
    from assistant.chain import Deed, EntryKind
    from ui.audit_shapes import exported_json

    if csv is None and pdf is None:
        raise typer.BadParameter("say where to write: --csv FILE, --pdf FILE, or both")
    records, person = _opened()
    verified = _verified(records, _anchors(anchor))
    count, files = verified.head.number, []
    cover = Cover(datetime.now(UTC), person.name, verified.entries, verified.head, verified.anchors, verified.breaks)
    if csv:
        files.append((str(csv), write_csv(_up_to(records, count), csv)))
    if pdf:
        files.append((str(pdf), write_pdf(_up_to(records, count), cover, pdf)))
    facts = {Path(name).suffix.lstrip(".") or "file": hashed for name, hashed in files}
    said = f"The ledger was exported up to entry {count}; it {'does not hold' if verified.breaks else 'holds'}."
    records.ledger.record(Deed(EntryKind.EXPORTED, person.user_name, "ledger", said, facts))
    written = "\n".join(f"Wrote {name} (SHA-256 {hashed})" for name, hashed in files)
    print(exported_json(verified, files) if as_json else f"{_words(verified)}\n{written}")
    raise typer.Exit(FAILED if verified.breaks else 0)


def _opened() -> tuple[Records, Person]:
    """The records, and the local person, who must be allowed to read the ledger."""
    from assistant.accounts import Accounts
    from assistant.people import May, require
    from ui.opening import local_person, open_records
    from ui.settings import load

    settings = load()
    records = open_records(settings)
    person = local_person(settings, Accounts(records.ledger))
    require(person, May.READ_AUDIT)
    return records, person


def _verified(records: Records, anchors: tuple[Anchor, ...]) -> Verified:
    """The chain, and beside it what it is about: conversations, reviews, cases, signatures and releases."""
    from assistant.reviews import Reviews
    from assistant.signing import verify_signatures
    from finetune.release_audit import release_breaks
    from ui.settings import load

    chain, reviews = records.ledger.verify(anchors), Reviews(records.ledger).verify()
    beside = (*records.verify(), *reviews, *_case_breaks(records), *verify_signatures(records.ledger))
    beside += tuple(release_breaks(load().loop / "releases", records.ledger))
    return replace(chain, breaks=(*chain.breaks, *beside))


def _case_breaks(records: Records) -> tuple[Break, ...]:
    """What does not fit among the cases, over a casebook that is only read; one that cannot be read is a finding.

    Deadlines are compared where they were counted by the rules of now; otherwise the next look at the worklist counts
    them anew.
    """
    from functools import partial

    from assistant.chain import Break
    from assistant.errors import ReadFailed
    from assistant.triage.audit import case_breaks
    from assistant.triage.casebook import Casebook
    from assistant.triage.clock import earliest
    from assistant.triage.errors import TriageError
    from ui.settings import load
    from ui.triage.reading import is_counted, markets_of

    settings = load()
    book = Casebook(records.engine, records.ledger, partial(earliest, markets=markets_of(settings)))
    try:
        return tuple(case_breaks(list(records.ledger.entries()), book, dated=is_counted(settings)))
    except (TriageError, ReadFailed) as error:
        return (Break(0, f"The stored cases cannot all be read: {error}"),)


def _up_to(records: Records, last: int) -> Iterator[Entry]:
    """The entries that were verified; what is added meanwhile belongs to the next export."""
    return (entry for entry in records.ledger.entries() if entry.number <= last or last < 0)


def _anchors(given: list[str] | None) -> tuple[Anchor, ...]:
    from assistant.ledger import parse_anchor

    read = [(text, parse_anchor(text)) for text in given or ()]
    wrong = [text for text, anchor in read if anchor is None]
    if wrong:
        raise typer.BadParameter(f"not a number and a hash: {wrong[0]}")
    return tuple(anchor for _, anchor in read if anchor is not None)


def _kind(named: str) -> EntryKind | None:
    from assistant.chain import EntryKind

    if not named:
        return None
    if named not in set(EntryKind):
        raise typer.BadParameter(f"no such kind: {named}; there are {', '.join(EntryKind)}")
    return EntryKind(named)


def _words(verified: Verified) -> str:
    """What was found, one line for each break, and the head to note down."""
    head = f"Last entry: {verified.head.number} {verified.head.hash}"
    read = f"{verified.entries} entries and {verified.anchors} anchors read."
    if not verified.breaks:
        return f"The ledger holds. {read}\n{head}"
    found = "\n".join(f"  - {each.explanation}" for each in verified.breaks)
    return f"THE LEDGER DOES NOT HOLD. {read}\n{found}\n{head}"


def _line(entry: Entry) -> str:
    deed = entry.deed
    when = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    return f"{entry.number:6} {when} {deed.kind.value:16} {deed.by:14} {deed.subject}: {deed.summary}"
