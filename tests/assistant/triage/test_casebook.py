"""What is kept of cases: exactly, by whoever was first, also when many write and when the process is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from assistant.chain import Deed, EntryKind
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.triage.case import Case, Event, EventOutcome, NullFlavour, Source, SourceOrigin, Unknown
from assistant.triage.case_json import read_case, with_value
from assistant.triage.case_rows import conditions
from assistant.triage.casebook import Casebook, Edit, Opening
from assistant.triage.changes import differences, encode, field_at, with_field
from assistant.triage.clock import earliest
from assistant.triage.errors import CaseChanged, CaseMissing, FieldInvalid, FieldUnknown
from assistant.triage.judgement import Criterion, Seriousness
from assistant.triage.markets import shipped_markets
from assistant.triage.people_in_case import Measure, PatientFacts
from assistant.triage.product import Dosing, Product, ProductRole
from assistant.triage.states import State
from assistant.triage.terms import Term
from assistant.triage.when import PartialDate
from assistant.triage.worklist import SourceText, Wanted
from tests.assistant.triage.made_cases import RECEIVED, full_case

ROOT = Path(__file__).resolve().parents[3]
Item = TypeVar("Item", Event, Dosing, Product)
PLAIN = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def opened_book(folder: Path) -> tuple[Casebook, Ledger]:
    ledger = Ledger(engine := open_database(f"sqlite:///{folder / 'desk.db'}"))
    return Casebook(engine, ledger, lambda case: earliest(case, shipped_markets())), ledger


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Casebook]:
    made, _ = opened_book(tmp_path)
    yield made
    made._engine.dispose()


def deed(case: Case) -> Deed:
    return Deed(EntryKind.CASE_CHANGED, "test", f"case {case.label}", "Opened.")


def add(book: Casebook, case: Case, key: str = "") -> Case:
    (opened,) = book.open([Opening(case, key or case.id, deed)], [], "test")
    return opened


# Small cases of many shapes: every kind of value that a field can hold, and items that come, go and move.
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
numbers = st.decimals(Decimal(0), Decimal(500), places=2)
dates = st.none() | st.sampled_from(
    [PartialDate(2026), PartialDate(2026, 3), PartialDate(2026, 3, 4, 8, 30, zone="+01")]
)
terms = st.none() | st.builds(Term, words, words, words, words)
criteria = st.lists(st.builds(Seriousness, st.sampled_from(Criterion), st.none(), words), max_size=2).map(tuple)
measures = st.none() | st.builds(Measure, numbers, words)


def listed(items: st.SearchStrategy[Item], prefix: str) -> st.SearchStrategy[tuple[Item, ...]]:
    """Up to three items, in any order, with ids of their own."""
    places = st.lists(st.sampled_from(range(3)), unique=True)
    return places.flatmap(lambda order: st.tuples(*(_with_id(items, f"{prefix}{at}") for at in order)))


def _with_id(items: st.SearchStrategy[Item], name: str) -> st.SearchStrategy[Item]:
    return items.map(lambda item: replace(item, id=name))


outcomes = st.none() | st.sampled_from(EventOutcome)
events = st.builds(Event, st.just(""), words, terms, onset=dates, outcome=outcomes, seriousness=criteria)
dosings = st.builds(Dosing, st.just(""), words, measures, start=dates)
products = st.builds(Product, st.just(""), words, st.sampled_from(ProductRole), dosings=listed(dosings, "d"))
patients = st.builds(PatientFacts, st.booleans(), words, dates, measures, weight_kg=st.none() | numbers)
paths = st.sampled_from(["events[e0].onset", "patient.age"])
unknowns = st.lists(st.builds(Unknown, paths, st.sampled_from(NullFlavour)), max_size=1).map(tuple)


@st.composite
def any_case(draw: st.DrawFn) -> Case:
    """A case with some of its fields as they come."""
    return full_case(
        *draw(listed(events, "e")), country=draw(words), patient=draw(patients), products=draw(listed(products, "p")),
        unknowns=draw(unknowns), opened_at=draw(st.datetimes(timezones=st.just(UTC))),
        markets=tuple(draw(st.lists(words, max_size=2))),
    )  # fmt: skip


@PLAIN
@given(made=any_case())
def test_any_case_is_read_again_exactly(made: Case) -> None:
    assert read_case(encode(made)) == made


@PLAIN
@given(first=any_case(), second=any_case())
def test_differences_lead_from_one_case_to_the_other(first: Case, second: Case) -> None:
    """Whatever two versions of a case are, the history between them holds everything."""
    body = encode(first)
    for found in differences(first, second):
        assert found.path.endswith("[]") or field_at(body, found.path) == found.old
        body = with_field(body, found.path, found.new)
    assert read_case(body) == second


@pytest.mark.parametrize(
    "path", ["patient.age", "events[e1].outcome", "products[p1].dosings[d1].start", "unknowns[events[e1].end]"]
)
def test_paths_are_read_with_brackets_in_ids(path: str) -> None:
    body = encode(full_case(unknowns=(Unknown("events[e1].end", NullFlavour.UNKNOWN),)))
    assert with_field(body, path, field_at(body, path)) == body


def test_a_wrong_value_names_its_field() -> None:
    with pytest.raises(FieldInvalid, match=r"patient\.sex"):
        with_value(full_case(), "patient.sex", "both")
    with pytest.raises(FieldUnknown, match="no field"):
        with_value(full_case(), "patient.age.months", 3)


@pytest.mark.parametrize(
    ("text", "earliest_day", "latest_day"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-03-14", "2026-03-14", "2026-03-14"),
        ("2026-12", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_partial_date_can_mean_these_days(text: str, earliest_day: str, latest_day: str) -> None:
    day = PartialDate.parse(text)
    assert (str(day), day.earliest.isoformat(), day.latest.isoformat()) == (text, earliest_day, latest_day)


@pytest.mark.parametrize("text", ["", "26", "2026-3", "2026-13", "2026-02-30", "14-03-2026", "2026-03-14-01", "20²6"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month|year"):
        PartialDate.parse(text)


# Storage


def test_opening_from_the_same_key_twice_gives_the_first_case(book: Casebook) -> None:
    first = add(book, full_case(id="a"), "turn 1#0")
    assert add(book, full_case(id="b"), "turn 1#0") == first
    assert book.count() == 1


def test_labels_count_up(book: Casebook) -> None:
    labels = [add(book, full_case(id=name)).label for name in "abc"]
    assert labels == ["2026-000001", "2026-000002", "2026-000003"]
    assert book.case("2026-000002").id == "b"
    with pytest.raises(CaseMissing, match="no case 2026-000009"):
        book.case("2026-000009")


def test_history_cannot_be_changed_or_removed(book: Casebook) -> None:
    case = add(book, full_case())
    book.save([Edit(case, replace(case, owner="ann"), "ann", "mine")])
    statements = (
        "UPDATE case_changes SET by = 'bob'",
        "DELETE FROM case_changes",
        "INSERT OR REPLACE INTO case_changes (number, case_id, version, path, old, new, by, at, why) "
        "VALUES (1, 'x', 1, '', '', '', '', '', '')",
    )
    for statement in statements:
        with book._engine.begin() as connection, pytest.raises(IntegrityError, match="never changed or removed"):
            connection.execute(sa.text(statement))
    assert len(book.history(case.id)) == 2


def test_of_many_who_write_at_once_one_wins_and_the_others_know(tmp_path: Path) -> None:
    book, ledger = opened_book(tmp_path)
    case = add(book, full_case())

    def write(name: str) -> str:
        try:
            book.save([Edit(case, replace(case, owner=name), name, "", (deed(case),))])
        except CaseChanged:
            return ""
        return name

    with ThreadPoolExecutor(8) as pool:
        winners = [name for name in pool.map(write, [f"p{at}" for at in range(16)]) if name]
    assert [book.case(case.id).owner] == winners
    assert len(book.history(case.id)) == 2
    assert len(list(ledger.entries())) == 2
    assert ledger.verify().breaks == ()


def test_many_who_open_the_same_report_open_one_case(tmp_path: Path) -> None:
    book, _ = opened_book(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda at: add(book, full_case(id=f"c{at}"), "turn 1#0").id, range(16)))
    assert len(ids) == 1
    assert book.count() == 1


def test_what_fails_halfway_leaves_nothing(book: Casebook) -> None:
    first, second = add(book, full_case(id="a")), add(book, full_case(id="b"))
    stale = replace(second, version=5)
    text = SourceText("s9", "", "", "new", RECEIVED)
    with pytest.raises(CaseChanged):
        book.save(
            [Edit(first, replace(first, owner="ann"), "ann", ""), Edit(stale, replace(stale, owner="ann"), "ann", "")],
            [text],
        )
    assert book.case("a") == first
    assert book.text("s9") is None


_WRITER = """
import sys
from pathlib import Path
from tests.assistant.triage.test_casebook import add, opened_book
from assistant.triage.casebook import Edit
from dataclasses import replace
from tests.assistant.triage.made_cases import full_case
book, _ = opened_book(Path(sys.argv[1]))
case = add(book, full_case())
while True:
    case, = book.save([Edit(case, replace(case, owner=f"p{case.version}"), "w", "")])
    print(case.version, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout is not None
        seen = [int(writer.stdout.readline()) for _ in range(20)][-1]
        writer.kill()
        seen = max([seen, *(int(line) for line in writer.stdout.read().split("\n")[:-1])])
    book, ledger = opened_book(tmp_path)
    case = book.case("case-1")
    assert case.version >= seen
    assert book.rebuilt("case-1") == case
    assert ledger.verify().breaks == ()


def test_whole_cases_are_read_for_exports(book: Casebook) -> None:
    for name in ("a", "b", "c"):
        add(book, full_case(id=name, state=State.OPEN if name != "b" else State.CLOSED))
    assert [case.id for case in book.cases()] == ["a", "b", "c"]
    assert [case.id for case in book.cases(Wanted(states=(State.CLOSED,)))] == ["b"]


def test_a_worklist_says_what_it_shows(book: Casebook) -> None:
    add(book, full_case(Event("e1", "Rash | itch"), products=(Product("p1", "LUNARINE", ingredient="lunarine"),)))
    (line,) = book.worklist()
    assert (line.products, line.events, line.serious) == (("lunarine",), ("rash / itch",), False)
    assert line.due_at == datetime(2026, 3, 20, 22, 0, tzinfo=UTC) + timedelta(hours=1)


def test_deadlines_are_counted_anew_when_the_rules_change(tmp_path: Path) -> None:
    book, ledger = opened_book(tmp_path)
    case = add(book, full_case())
    assert book.recount() == 0
    slow = Casebook(book._engine, ledger, lambda case: case.opened_at + timedelta(days=200))
    assert slow.recount() == 1
    assert slow.worklist()[0].due_at == case.opened_at + timedelta(days=200)
    assert slow.case(case.id) == case


def test_a_moment_in_another_zone_is_the_same_moment(book: Casebook) -> None:
    there = datetime(2026, 3, 5, 18, 30, tzinfo=timezone(timedelta(hours=9)))
    case = add(book, full_case(opened_at=there))
    assert book.case(case.id) == case
    assert book.case(case.id).opened_at == there


def test_a_source_keeps_its_masked_text(book: Casebook) -> None:
    text = SourceText("s1", "mail.txt", "a" * 64, "words", RECEIVED)
    case = full_case(sources=(Source("s1", SourceOrigin.FILE, "mail.txt", "a" * 64),))
    book.open([Opening(case, "text 1#0", deed)], [text], "test")
    assert book.text("s1") == text
    assert book.text("s2") is None


def test_the_filters_are_sql_that_postgresql_reads() -> None:
    wanted = Wanted((State.OPEN,), "ann", "lunarine", "rash", "eu", True, RECEIVED, "20%26")
    compiled = sa.and_(*conditions(wanted)).compile(
        dialect=postgresql.dialect()  # type: ignore[no-untyped-call]
    )
    assert "LIKE" in str(compiled)
    assert any("/%" in str(value) for value in compiled.params.values())
