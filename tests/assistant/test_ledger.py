"""The chain finds what was changed, removed, moved, inserted or cut off; writers at the same time do not break it."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from assistant.chain import GENESIS, Anchor, Deed, Entry, EntryKind, breaks, canonical, digest, link
from assistant.conversation import FlagKind, Override
from assistant.database import open_database
from assistant.errors import SaveFailed
from assistant.ledger import Ledger, Verified, append, entry_of, parse_anchor, row_of
from assistant.records import Records
from tests.assistant.turns import NOW, answer_turn, flag

DEED = Deed(EntryKind.FLAG, "anna", "turn 1", "The turn was flagged (unsafe).", {"flag": "f1"})

_kinds = st.sampled_from([kind for kind in EntryKind if kind is not EntryKind.UNREADABLE])
_words = st.text(max_size=12)
_deeds = st.builds(Deed, _kinds, _words, _words, _words, st.dictionaries(_words, _words, max_size=2))
_moments = st.datetimes(timezones=st.just(UTC))


@st.composite
def chains(draw: st.DrawFn, least: int = 2) -> list[Entry]:
    entries: list[Entry] = []
    before = Anchor(0, GENESIS)
    for deed, at in draw(st.lists(st.tuples(_deeds, _moments), min_size=least, max_size=6)):
        entries.append(link(deed, at, before))
        before = end_of(entries)
    return entries


def end_of(entries: list[Entry]) -> Anchor:
    return Anchor(entries[-1].number, entries[-1].hash) if entries else Anchor(0, GENESIS)


def found(entries: list[Entry], head: Anchor, *anchors: Anchor) -> list[int]:
    return [each.number for each in breaks(entries, head, anchors)]


@given(chains(least=0))
def test_an_untouched_chain_holds(entries: list[Entry]) -> None:
    assert found(entries, end_of(entries), *(Anchor(entry.number, entry.hash) for entry in entries)) == []


@given(chains(), st.data())
def test_every_change_of_a_field_is_found(entries: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[at]
    deed = entry.deed
    other = data.draw(_words)
    changed = data.draw(
        st.sampled_from(
            [
                replace(entry, deed=replace(deed, by=deed.by + other + "x")),
                replace(entry, deed=replace(deed, subject="x" + deed.subject)),
                replace(entry, deed=replace(deed, summary=deed.summary + "\x00")),
                replace(entry, deed=replace(deed, kind=EntryKind.UNREADABLE)),
                replace(entry, deed=replace(deed, facts={**deed.facts, other + "y": ""})),
                replace(entry, at=entry.at.replace(microsecond=(entry.at.microsecond + 1) % 1_000_000)),
                replace(entry, number=entry.number + 1),
                replace(entry, hash=digest({"other": other})),
                replace(entry, previous=digest({"other": other})),
            ]
        )
    )
    assert found([*entries[:at], changed, *entries[at + 1 :]], end_of(entries)) != []


@given(chains(), st.data())
def test_a_removed_entry_is_found_and_so_are_swapped_and_repeated_ones(
    entries: list[Entry], data: st.DataObject
) -> None:
    head, at = end_of(entries), data.draw(st.integers(0, len(entries) - 1))
    assert found([*entries[:at], *entries[at + 1 :]], head) != []
    assert found([*entries[: at + 1], *entries[at:]], head) != []
    other = data.draw(st.integers(0, len(entries) - 1).filter(lambda place: place != at))
    swapped = list(entries)
    swapped[at], swapped[other] = entries[other], entries[at]
    assert found(swapped, head) != []


@given(chains(), _deeds)
def test_an_inserted_entry_is_found(entries: list[Entry], deed: Deed) -> None:
    forged = link(deed, entries[0].at, Anchor(entries[0].number, entries[0].hash))
    assert found([entries[0], forged, *entries[1:]], end_of(entries)) != []


@given(chains(), st.data())
def test_a_chain_that_was_written_anew_is_found_by_an_anchor_alone(entries: list[Entry], data: st.DataObject) -> None:
    """Who owns the database can recompute everything; only what was noted elsewhere tells."""
    at = data.draw(st.integers(0, len(entries) - 1))
    forged = list(entries[:at])
    for entry in entries[at:]:
        deed = replace(entry.deed, by=entry.deed.by + "x") if entry is entries[at] else entry.deed
        forged.append(link(deed, entry.at, end_of(forged)))
    assert found(forged, end_of(forged)) == []
    assert found(forged, end_of(forged), end_of(entries)) == [entries[-1].number]


@given(chains(), st.data())
def test_a_cut_off_end_is_found_by_the_head_or_by_an_anchor(entries: list[Entry], data: st.DataObject) -> None:
    kept = entries[: data.draw(st.integers(0, len(entries) - 1))]
    assert found(kept, end_of(entries)) != []
    assert found(kept, end_of(kept), end_of(entries)) == [entries[-1].number]


def test_every_single_changed_character_of_every_column_is_found() -> None:
    entries: list[Entry] = []
    for at in range(3):
        deed = replace(DEED, subject=f"turn {at}", facts={"flag": f"é{at}", "other": '"\\'})
        entries.append(link(deed, NOW, end_of(entries)))
    rows = [row_of(entry) for entry in entries]
    tried = 0
    for at, row in enumerate(rows):
        for column, value in row.items():
            for place, character in enumerate(str(value)):
                for other in (chr(ord(character) ^ 1), chr(ord(character) ^ 32), ""):
                    text = str(value)[:place] + other + str(value)[place + 1 :]
                    if column == "number" and not text.isdecimal():
                        continue  # the column holds whole numbers only
                    changed = {**row, column: int(text) if column == "number" else text}
                    read = [entry_of(each) for each in (*rows[:at], changed, *rows[at + 1 :])]
                    assert found(read, end_of(entries)) != [], (at, column, text)
                    tried += 1
    assert tried > 2000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


@pytest.fixture
def ledger(place: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{place}")
    yield Ledger(engine, place.with_name("anchors"))
    engine.dispose()


def filled(ledger: Ledger, count: int = 5) -> None:
    for at in range(count):
        ledger.record(replace(DEED, subject=f"turn {at}", facts={"flag": f"é{at}"}))


def tamper(place: Path, *statements: str) -> None:
    """Change the file as its owner can: the triggers are dropped first."""
    with sqlite3.connect(place) as connection:
        for name in ("update", "delete", "replace"):
            connection.execute(f"DROP TRIGGER ledger_no_{name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_entries_come_back_as_they_were_recorded(ledger: Ledger) -> None:
    filled(ledger)
    read = list(ledger.entries())
    assert [entry.number for entry in read] == [1, 2, 3, 4, 5]
    assert read[2].deed == replace(DEED, subject="turn 2", facts={"flag": "é2"})
    assert read[2].at.tzinfo is UTC
    assert [entry.number for entry in ledger.entries(after=3)] == [4, 5]
    assert [entry.number for entry in ledger.entries(subject="turn 4")] == [5]
    assert list(ledger.entries(kind=EntryKind.RELEASE)) == []
    verified = ledger.verify()
    assert (verified.entries, verified.anchors, verified.breaks) == (5, 5, ())
    assert ledger.head() == verified.head == end_of(read)


# What is done to the file, and the entries at which it is found.
TAMPERED = [
    ("UPDATE ledger SET summary = 'Nothing happened.' WHERE number = 3", [3]),
    ("UPDATE ledger SET \"by\" = 'berta' WHERE number = 1", [1]),
    ("UPDATE ledger SET kind = 'release' WHERE number = 2", [2]),
    ("UPDATE ledger SET kind = 'no such kind' WHERE number = 2", [2]),
    ("UPDATE ledger SET facts = replace(facts, ':', ': ') WHERE number = 2", [2]),  # the same JSON, other characters
    ("UPDATE ledger SET facts = '{' WHERE number = 2", [2]),
    ("UPDATE ledger SET facts = '[1]' WHERE number = 2", [2]),
    ("UPDATE ledger SET at = replace(at, 'T', ' ') WHERE number = 4", [4]),  # the same moment, other characters
    ("UPDATE ledger SET at = 'yesterday' WHERE number = 4", [4]),
    ("UPDATE ledger SET summary = CAST(summary AS BLOB) WHERE number = 4", [4]),
    ("UPDATE ledger SET subject = 'turn 9' WHERE number = 5", [5]),
    ("UPDATE ledger SET number = 9 WHERE number = 5", [9, 9, 9, 5]),
    ("DELETE FROM ledger WHERE number = 3", [4, 4, 3]),
    ("DELETE FROM ledger WHERE number = 1", [2, 2, 1]),
    ("DELETE FROM ledger WHERE number = 5", [4, 5]),  # the head, and the anchor file
    ("DELETE FROM ledger", [0, 1, 2, 3, 4, 5]),
    ("DELETE FROM ledger_head", [5]),
    ("UPDATE ledger_head SET number = 4", [5]),
    (f"UPDATE ledger SET hash = '{'a' * 64}' WHERE number = 2", [2, 2, 3]),
    (f"UPDATE ledger SET previous = '{'a' * 64}' WHERE number = 2", [2, 2]),
]


@pytest.mark.parametrize(("statement", "where"), TAMPERED, ids=[statement for statement, _ in TAMPERED])
def test_what_was_done_to_the_file_is_found(ledger: Ledger, place: Path, statement: str, where: list[int]) -> None:
    filled(ledger)
    tamper(place, statement)
    assert [each.number for each in ledger.verify().breaks] == where


def test_two_entries_that_changed_places_are_found(ledger: Ledger, place: Path) -> None:
    filled(ledger)
    moves = [f"UPDATE ledger SET number = {to} WHERE number = {at}" for at, to in ((2, 100), (4, 2), (100, 4))]
    tamper(place, *moves)
    assert {each.number for each in ledger.verify().breaks} >= {2, 3, 4, 5}


def test_an_end_that_was_cut_off_with_its_head_is_found_by_the_anchor_file_alone(ledger: Ledger, place: Path) -> None:
    filled(ledger)
    third = list(ledger.entries())[2]
    tamper(
        place,
        "DELETE FROM ledger WHERE number > 3",
        f"UPDATE ledger_head SET number = 3, hash = '{third.hash}'",
    )
    assert [each.number for each in ledger.verify().breaks] == [4, 5]
    place.with_name("anchors").unlink()
    assert ledger.verify().breaks == ()  # nothing inside the database can tell
    assert [each.number for each in ledger.verify([Anchor(5, "b" * 64)]).breaks] == [5]  # a printed one can


def test_a_line_of_the_anchor_file_that_is_none_is_said(ledger: Ledger, place: Path) -> None:
    filled(ledger, 2)
    with place.with_name("anchors").open("a") as file:
        file.write("nonsense\n2 abc\n3 torn off by a crash")
    assert [each.explanation for each in ledger.verify().breaks] == [
        "Line 3 of the anchor file is not readable.",
        "Line 4 of the anchor file is not readable.",
    ]


def test_an_anchor_file_that_cannot_be_written_stops_nothing(
    place: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_database(f"sqlite:///{place}")
    Ledger(engine, tmp_path / "missing" / "anchors").record(DEED)
    assert "cannot be written" in caplog.text
    assert Ledger(engine).verify().entries == 1
    engine.dispose()


@pytest.mark.parametrize("text", ["", "x", "1", "1 " + "g" * 64, "-1 " + "a" * 64, "1 " + "a" * 63, "² " + "a" * 64])
def test_what_is_no_anchor(text: str) -> None:
    assert parse_anchor(text) is None


def test_an_anchor_is_read_as_it_is_written() -> None:
    assert parse_anchor(f"12 {'a' * 64}\n") == Anchor(12, "a" * 64)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET summary = 'x'",
        "DELETE FROM ledger WHERE number = 1",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE number = 1",
        "UPDATE signatures SET name = 'x'",
        "DELETE FROM signatures",
    ],
)
def test_the_database_refuses_to_change_what_is_kept(ledger: Ledger, place: Path, statement: str) -> None:
    filled(ledger)
    connection = sqlite3.connect(place)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(
        "INSERT INTO signatures (id, person_id, user_name, name, meaning, signed_at, record, record_hash) "
        "VALUES ('s', 'p', 'u', 'n', 'm', 'a', 'r', 'h')"
    )
    with pytest.raises(sqlite3.IntegrityError, match="never changed or removed"):
        connection.execute(statement)
    connection.close()


def test_an_entry_goes_away_with_the_transaction_of_its_record(ledger: Ledger) -> None:
    filled(ledger, 1)

    def crash() -> None:
        with ledger.writing("a record") as connection:
            append(connection, DEED)
            connection.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))

    with pytest.raises(SaveFailed):
        crash()
    assert ledger.verify().entries == 1
    filled(ledger, 1)
    assert (ledger.verify().entries, ledger.verify().breaks) == (2, ())


def _write(url: str, name: str, count: int) -> None:
    engine = open_database(url)
    ledger = Ledger(engine)
    for at in range(count):
        with ledger.writing("a record") as connection:
            append(connection, replace(DEED, by=name, subject=f"turn {at}"))
            append(connection, replace(DEED, by=name, subject=f"turn {at} again"))
    engine.dispose()


def write_at_once(url: str, writers: int, count: int) -> tuple[Verified, list[Entry]]:
    """Several processes append to one ledger; what is in it afterwards."""
    engine = open_database(url)
    spawn = multiprocessing.get_context("spawn")
    running = [spawn.Process(target=_write, args=(url, f"writer {at}", count)) for at in range(writers)]
    for process in running:
        process.start()
    for process in running:
        process.join(120)
    assert [process.exitcode for process in running] == [0] * writers
    written = Ledger(engine).verify(), list(Ledger(engine).entries())
    engine.dispose()
    return written


def test_processes_that_write_at_once_do_not_break_the_chain(place: Path) -> None:
    verified, entries = write_at_once(f"sqlite:///{place}", writers=4, count=25)
    assert (verified.entries, verified.breaks) == (200, ())
    assert {entry.deed.by for entry in entries} == {f"writer {at}" for at in range(4)}
    pairs = [(one.deed, two.deed) for one, two in zip(entries[::2], entries[1::2], strict=True)]
    assert all(two.subject == f"{one.subject} again" and one.by == two.by for one, two in pairs)


def test_a_turn_a_flag_and_an_override_are_recorded_with_their_record(ledger: Ledger, place: Path) -> None:
    engine = open_database(f"sqlite:///{place}")
    records = Records(engine, ledger)
    records.save_turn(answer_turn("t1"), [flag("f1", "t1", FlagKind.ESCALATED)])
    records.save_flag(flag("f2", "t1"))
    kinds = [(entry.deed.kind, entry.deed.by, entry.deed.subject) for entry in ledger.entries()]
    assert kinds == [
        (EntryKind.ANSWER_RELEASED, "unknown", "turn t1"),
        (EntryKind.FLAG, "reader", "turn t1"),
        (EntryKind.FLAG, "reader", "turn t1"),
    ]
    text = " ".join(canonical({"all": [entry.deed.summary, dict(entry.deed.facts)]}) for entry in ledger.entries())
    assert "metformin" not in text.lower()
    assert "too high" not in text  # a comment may name a patient
    assert records.verify() == ()
    engine.dispose()


def test_a_record_that_is_refused_leaves_no_entry(ledger: Ledger, place: Path) -> None:
    engine = open_database(f"sqlite:///{place}")
    records = Records(engine, ledger)
    records.save_turn(answer_turn("t1"))
    with pytest.raises(SaveFailed):
        records.save_turn(answer_turn("t1"))
    assert ledger.verify().entries == 1
    engine.dispose()


# What is done to the records, and whether the ledger tells.
CHANGED_RECORDS = [
    "UPDATE turns SET question = 'Another question?'",
    "UPDATE claims SET text = 'Start metformin at 5000 mg twice daily.'",
    "UPDATE citations SET quote = 'x'",
    "UPDATE passages SET text = 'x'",
    "UPDATE turns SET rules_version = 'x'",
    "UPDATE turns SET asked_by = 'x'",
    "UPDATE turns SET saved_at = 'x'",
    "UPDATE flags SET comment = 'fine'",
    "DELETE FROM flags",
]


@pytest.mark.parametrize("statement", CHANGED_RECORDS)
def test_a_record_that_no_longer_fits_its_entry_is_found(ledger: Ledger, place: Path, statement: str) -> None:
    engine = open_database(f"sqlite:///{place}")
    records = Records(engine, ledger)
    records.save_turn(answer_turn("t1"), [flag("f1", "t1")])
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert len(records.verify()) == 1
    assert ledger.verify().breaks == ()  # the chain itself holds
    engine.dispose()


def test_an_override_is_recorded_without_its_reason(ledger: Ledger) -> None:
    from assistant.deeds import override_deed

    deed = override_deed(Override("o1", "t1", None, "dose.maximum", "1", "Mrs Smith tolerates it", NOW, "anna"))
    assert "Smith" not in canonical({"deed": [deed.summary, deed.subject, dict(deed.facts)]})
    assert (deed.by, deed.kind) == ("anna", EntryKind.OVERRIDE)


def test_a_moment_is_hashed_in_utc() -> None:
    one = datetime(2026, 3, 1, 12, tzinfo=UTC)
    from zoneinfo import ZoneInfo

    assert link(DEED, one, Anchor(0, GENESIS)) == link(DEED, one.astimezone(ZoneInfo("Asia/Tokyo")), Anchor(0, GENESIS))


@pytest.mark.server
def test_processes_that_write_at_once_to_postgresql_do_not_break_the_chain(postgres_url: str) -> None:
    verified = write_at_once(postgres_url, writers=4, count=25)[0]
    assert (verified.entries, verified.breaks) == (200, ())


@pytest.mark.server
def test_postgresql_refuses_to_change_what_is_kept(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    filled(Ledger(engine))
    for statement in ("UPDATE ledger SET summary = 'x'", "DELETE FROM ledger", "TRUNCATE ledger"):
        with pytest.raises(sa.exc.DBAPIError, match="never changed or removed"), engine.begin() as connection:
            connection.execute(sa.text(statement))
    assert Ledger(engine).verify().breaks == ()
    engine.dispose()
