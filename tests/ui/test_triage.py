"""The board without a browser: what it shows and what its acts do, on a real database with people who can sign."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.database import open_database
from assistant.people import Person, Role
from assistant.records import Records
from assistant.triage import markets
from assistant.triage.audit import case_breaks
from assistant.triage.case import Case, Source, SourceOrigin
from assistant.triage.desk import Arrived
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from assistant.triage.duplicates.fingerprint import sketch
from assistant.triage.duplicates.index import DuplicateIndex
from assistant.triage.e2b.sender import Sender
from assistant.triage.moving import Written, export_to_sign, exported
from assistant.triage.opening import import_text
from assistant.triage.states import State
from assistant.triage.terms import Span
from guardrails.identifiers import Masker
from retrieval.medicines import Medicines
from tests.assistant.triage.e2b.test_cases import acknowledgement
from tests.assistant.triage.made_desk import NOW, PASSWORD, Office, office
from tests.assistant.triage.test_desk import assessed, sent
from ui.settings import Settings
from ui.triage.board import Board, board
from ui.triage.export import finish_exports
from ui.triage.files import readers
from ui.triage.output import EXPORTABLE
from ui.triage.reading import is_counted, reading
from ui.triage.reply import UNREADABLE, BoardReply
from ui.triage.source import Mark, marked
from ui.triage.tools import TriageTools

HOSTILE = '<img src=x onerror="alert(1)">'
SENDER = Sender("Example Laboratories", "EXLAB", "EXLABTEST", "US")


@dataclass(frozen=True)
class Room:
    """A board and the people around it."""

    board: Board
    tools: TriageTools
    office: Office
    auditor: Person

    def opened(self, text: str = "An adult took warfarin and had bleeding") -> Case:
        (case,) = import_text(self.office.desk, self.office.ann, Arrived(text, NOW, "letter.txt"))
        return case

    def now(self, case: Case) -> Case:
        return self.office.desk.book.case(case.id)

    def act(
        self, person: Person, case: Case, do: str, why: str = "because", password: str = "", **given: str
    ) -> BoardReply:
        version = self.now(case).version
        sent = {"do": do, "case": case.id, "version": version, "why": why, "password": password, "given": given}
        return self.board.act(person, sent)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with office(tmp_path) as opened:
        medicines = Medicines.load()
        engine = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
        tools = TriageTools(
            opened.desk, opened.accounts, opened.ledger, Records(engine, opened.ledger), Matcher(open_vocabulary()),
            medicines, readers(Masker(None), medicines, "UTC"), tmp_path / "exports", tmp_path / "sets",
            tmp_path / "duplicates.db", SENDER,
        )  # fmt: skip
        auditor = opened.accounts.add("ada", "Ada Auditor", (Role.AUDITOR,), "test", PASSWORD)
        yield Room(board(tools), tools, opened, auditor)
        engine.dispose()


def test_the_worklist_shows_cases_with_the_time_left_in_words(room: Room) -> None:
    case = room.opened()
    html = room.board.answers.worklist(room.office.ann, {}).html
    assert case.label in html
    assert "warfarin" in html
    assert re.search(r"\d+ d \d+ h left", html)
    assert 'type="checkbox" name="case"' in html
    seen = room.board.answers.worklist(room.auditor, {}).html
    assert case.label in seen
    assert "Assign" not in seen


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True),
        ({"product": "warf"}, True),
        ({"product": "metformin"}, False),
        ({"text": "bleeding"}, True),
        ({"owner": "-"}, True),
        ({"owner": "bob"}, False),
        ({"state": "closed"}, False),
        ({"state": "candidate"}, True),
        ({"market": "us-ind"}, False),
    ],
)
def test_filters(room: Room, asked: dict[str, str], found: bool) -> None:
    case = room.opened()
    assert (case.label in room.board.answers.worklist(room.office.ann, asked).html) is found


def test_who_may_not_read_cases_sees_none(room: Room) -> None:
    case = room.opened()
    for reply in (
        room.board.answers.worklist(room.office.cleo, {}),
        room.board.answers.case(room.office.cleo, {"case": case.id}),
        room.board.answers.piece(room.office.cleo, {"case": case.id, "name": "narrative"}),
        room.board.answers.signals(room.office.cleo, {}),
        room.board.answers.take_in(room.office.cleo, {}),
    ):
        assert "permission" in reply.error
        assert reply.html == ""


def test_hostile_text_stays_text(room: Room) -> None:
    case = room.opened(f"An adult took {HOSTILE} and had {HOSTILE}")
    pages = [room.board.answers.worklist(room.office.ann, {"text": HOSTILE}).html]
    pages += [room.board.answers.case(room.office.ann, {"case": case.id}).html]
    pages += [
        room.board.answers.piece(room.office.ann, {"case": case.id, "name": name, "market": HOSTILE}).html
        for name in ("narrative", "duplicates", "check")
    ]
    pages += [room.board.answers.codes(room.office.ann, {"case": case.id, "event": HOSTILE, "words": HOSTILE}).html]
    for page in pages:
        assert page
        assert "<img" not in page
    assert "&lt;img" in pages[1]


def test_a_case_page_marks_what_was_read_and_what_is_proposed(room: Room) -> None:
    case = room.opened()
    html = room.board.answers.case(room.office.ann, {"case": case.label, "part": "patient"}).html
    assert re.search(r'<mark data-paths="products\[p1\].name"[^>]*>warfarin</mark>', html)
    assert "proposed" in html
    for part in (
        "Patient",
        "Medicines",
        "Reactions",
        "Causality",
        "To do",
        "Duplicates",
        "Narrative",
        "Export",
        "History",
    ):
        assert f">{part}<kbd" in html


def test_where_marks_overlap_each_stretch_names_all_of_its_fields() -> None:
    source = Source("s1", SourceOrigin.FILE)
    marks = [Mark("a", Span("s1", 0, 6, "severe")), Mark("b", Span("s1", 3, 9, "ere ra"))]
    html = marked("severe rash", marks, source)
    assert re.findall(r'data-paths="([^"]*)"[^>]*>([^<]*)<', html) == [("a", "sev"), ("a b", "ere"), ("b", " ra")]
    assert re.sub(r"<[^>]*>", "", html) == "severe rash"
    beyond = [Mark("a", Span("s1", 5, 99, "?")), Mark("b", Span("s1", -3, 2, "?"))]
    assert re.sub(r"<[^>]*>", "", marked("short", beyond, source)) == "short"


def test_other_patients_of_the_text_are_set_apart() -> None:
    html = marked("one two", [], Source("s1", SourceOrigin.FILE, start=4, end=7))
    assert html == '<span class="elsewhere">one </span>two'


def test_a_field_is_changed_with_a_reason_and_the_history_says_so(room: Room) -> None:
    case = room.opened()
    assert (
        room.act(room.office.ann, case, "set", path="patient.age", typed="71 years", why="").error == "Say why first."
    )
    assert room.act(room.office.ann, case, "set", path="patient.age", typed="71 years", why="She rang.").error == ""
    changed = room.now(case)
    assert changed.patient.age is not None
    assert (str(changed.patient.age.value), changed.patient.age.unit) == ("71", "a")
    html = room.board.answers.case(room.office.ann, {"case": case.id, "part": "history"}).html
    assert "She rang." in html
    assert "Ann" in html


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("patient.age", "old", "a number and a unit"),
        ("events[e1].onset", "12/11/2026", "2026-03-14"),
        ("events[e1].outcome", "fine", "is one of"),
        ("country", "Germany", "two letters"),
        ("patient.weight_kg", "NaN", "is a number"),
        ("patient.weight_kg", "99999", "between 0.2 and 700 kg"),
        ("patient.height_cm", "1.72", "between 20 and 275 cm"),
        ("patient.age", "710 a", "between 0 and 125 years"),
        ("patient.pregnant", "perhaps", "yes, no or empty"),
        ("state", "closed", "cannot be edited here"),
        ("events[e1].seriousness", "x", "cannot be edited here"),
        ("events[e9].onset", "2026", "nothing has the id e9"),
    ],
)
def test_a_value_that_does_not_fit_is_one_sentence(room: Room, path: str, typed: str, said: str) -> None:
    case = room.opened()
    assert said in room.act(room.office.ann, case, "set", path=path, typed=typed).error
    assert room.now(case).version == case.version


def test_who_only_reads_changes_nothing(room: Room) -> None:
    case = room.opened()
    for do, given in (
        ("set", {"path": "country", "typed": "DE"}),
        ("move", {"to": "open"}),
        ("not-serious", {"event": "e1"}),
        ("merge", {"other": case.id}),
    ):
        assert room.act(room.auditor, case, do, **given).error
    assert room.board.answers.assign(room.auditor, {"owner": "ann", "cases": [case.id]}).error
    assert room.now(case) == case


def test_a_case_that_somebody_else_changed_is_not_overwritten(room: Room) -> None:
    case = room.opened()
    room.act(room.office.bob, case, "set", path="country", typed="DE")
    sent = {"do": "set", "case": case.id, "version": 1, "why": "late", "given": {"path": "country", "typed": "FR"}}
    assert "reload" in room.board.act(room.office.ann, sent).error
    assert room.now(case).country == "DE"


@pytest.mark.parametrize(
    "sent",
    [None, [], "x", {"do": 1}, {"do": "set", "case": "x", "version": -1}, {"case": {}, "given": {"a": {"b": 1}}}],
)
def test_what_the_page_never_sends_is_refused(room: Room, sent: object) -> None:
    assert room.board.act(room.office.ann, sent).error == UNREADABLE
    assert room.board.files.take(room.office.ann, sent).error == UNREADABLE


def test_ids_of_removed_items_are_never_given_again(room: Room) -> None:
    case = room.opened()
    room.act(room.office.ann, case, "add", path="products[]", typed="aspirin")
    room.act(room.office.ann, case, "remove", path="products[p2]")
    room.act(room.office.ann, case, "add", path="products[]", typed="ibuprofen")
    assert [(each.id, each.name) for each in room.now(case).products][1:] == [("p3", "ibuprofen")]


def test_seriousness_is_judged_criterion_by_criterion(room: Room) -> None:
    case = room.opened()
    room.act(room.office.ann, case, "serious", event="e1", criterion="life-threatening")
    (event,) = room.now(case).events
    assert [(each.criterion.value, each.set_by, each.confirmed) for each in event.seriousness] == [
        ("life-threatening", "ann", True)
    ]
    room.act(room.office.bob, case, "not-criterion", event="e1", criterion="life-threatening", why="It was not.")
    assert room.now(case).events[0].judged_not_serious_by == "bob"


def test_a_code_is_chosen_among_the_candidates_only(room: Room) -> None:
    case = room.opened()
    html = room.board.answers.codes(room.office.ann, {"case": case.id, "event": "e1", "words": "nausea"}).html
    code = re.search(r'data-code="([^"]+)"', html)
    assert code is not None
    assert room.act(room.office.ann, case, "code", event="e1", code="made-up", verbatim="nausea").error
    assert room.act(room.office.ann, case, "code", event="e1", code=code[1], verbatim="nausea").error == ""
    term = room.now(case).events[0].term
    assert term is not None
    assert (term.text, term.coded_by, term.confirmed) == ("Nausea", "ann", True)


def test_causality_needs_the_right_password_and_sums_naranjo(room: Room) -> None:
    case = room.opened()
    given = {"event": "e1", "product": "p1", "category": "possible", "n2": "yes", "n3": "yes", "n5": "no"}
    assert "password" in room.act(room.office.ann, case, "causality", password="wrong", **given).error
    assert room.now(case).causality == case.causality
    assert room.act(room.office.ann, case, "causality", password=PASSWORD, **given).error == ""
    (each,) = room.now(case).causality
    assert (each.committed_by, each.score) == ("ann", 5)
    page = room.board.answers.case(room.office.ann, {"case": case.id}).html
    assert "I have assessed the causality as stated." in page


def test_closing_as_not_valid_takes_two_people(room: Room) -> None:
    case = room.opened()
    assert room.act(room.office.ann, case, "ask-close", why="A test message.", password=PASSWORD).error == ""
    assert "second person" in room.act(room.office.ann, case, "confirm-close", password=PASSWORD).error
    assert room.now(case).state is State.CANDIDATE
    assert "Confirm: not a case" in room.board.answers.case(room.office.bob, {"case": case.id}).html
    assert room.act(room.office.bob, case, "confirm-close", password=PASSWORD).error == ""
    assert room.now(case).state is State.NOT_VALID


def test_duplicates_stand_side_by_side_are_merged_and_parted_again(room: Room) -> None:
    first, second = room.opened(), room.opened("An adult took warfarin and had bleeding.")
    html = room.board.answers.piece(room.office.ann, {"case": second.id, "name": "duplicates"}).html
    assert first.label in html
    assert "bits" in html.lower()
    assert room.act(room.office.ann, second, "merge", other=first.id, why="The same patient.").error == ""
    assert room.now(second).state is State.MERGED
    assert "Undo the merge" in room.board.answers.case(room.office.ann, {"case": second.id}).html
    assert room.act(room.office.ann, second, "unmerge", why="Two patients.").error == ""
    assert room.now(second).state is State.CANDIDATE


def test_rows_of_one_list_are_not_alike_because_they_stand_in_one_list(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a case's own stretch of a text is compared, not the rows of other patients around it."""
    rows = [
        "An adult took warfarin and had bleeding that began after she had been moved to the ward near the lake.",
        "An adult took metformin and had nausea which a cousin had noticed on a hot Sunday in the middle of July.",
    ]
    first, second = import_text(room.office.desk, room.office.ann, Arrived("\n".join(rows), NOW, "list.txt"))
    prints = []
    monkeypatch.setattr(DuplicateIndex, "put", lambda _, found: prints.extend(found))
    room.board.answers.piece(room.office.ann, {"case": first.id, "name": "duplicates"})
    sketches = {each.id: each.sketch for each in prints}
    assert sketches == {first.id: sketch(rows[0]), second.id: sketch(rows[1])}


def test_the_checker_is_shown_with_element_numbers_and_nothing_is_written_before_assessment(room: Room) -> None:
    case = room.opened()
    html = room.board.answers.piece(room.office.ann, {"case": case.id, "name": "check", "market": "us"}).html
    assert re.search(r"<strong>[A-Z][A-Za-z.]*\d", html)
    assert "once the case is “assessed”" in html
    refused = room.act(room.office.ann, case, "export", market="us", anyway="yes", password=PASSWORD)
    assert "cannot go from “candidate” to “exported”" in refused.error
    # What is refused whatever is signed asks for no password.
    assert "password" not in room.act(room.office.ann, case, "export", market="us", anyway="yes").error
    assert not list((room.tools.exports).glob("*.xml"))


def test_a_gateways_answer_is_kept_and_names_who_loaded_it(room: Room) -> None:
    case = sent(room.office)
    data = acknowledgement("b", "M-1", "CR", "Größe is missing").decode().encode("utf-16")
    content = b64encode(data).decode()
    reply = room.board.files.acknowledge(room.office.bob, {"name": "M-1.ack.xml", "content": content, "case": case.id})
    assert (reply.error, reply.said) == ("", f"Case {case.label}: rejected by gateway.")
    html = room.board.answers.case(room.office.ann, {"case": case.id}).html
    assert "answer of a gateway to the report" in html
    assert "Größe is missing" in html
    source = room.now(case).sources[-1]
    assert source.sha256 == sha256(data).hexdigest()
    assert room.office.desk.book.history(case.id)[-1].by == "bob"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "number", "state", "runs"),
    [
        ("R3ack-positive.ack", "US-APHARMA-8744554B", State.ACKNOWLEDGED, False),
        ("R3ack-negative.ack", "US-APHARMA-7644554", State.REJECTED, True),
    ],
)
def test_the_official_answers_close_the_loop(
    room: Room, shared_data: Path, name: str, number: str, state: State, runs: bool
) -> None:
    """The gateway's own two example files, on a case whose report went out under the number that they name."""
    office = room.office
    told = Written("us", number, "report.xml", "a" * 64)
    ready = assessed(office)
    case = exported(office.desk, office.ann, ready, told, office.sign(office.ann, export_to_sign(ready, told)))
    assert not [each for each in office.desk.deadlines(case) if each.market == "us"]
    other = room.opened()
    data = b64encode((shared_data / "e2b" / name).read_bytes()).decode()
    refused = room.board.files.acknowledge(office.bob, {"name": name, "content": data, "case": other.id})
    assert "speaks of no report of case" in refused.error
    reply = room.board.files.acknowledge(office.bob, {"name": name, "content": data, "case": case.id})
    assert reply.said == f"Case {case.label}: {state.value}."
    assert bool([each for each in office.desk.deadlines(room.now(case)) if each.market == "us"]) is runs
    version = room.now(case).version
    again = room.board.files.acknowledge(office.bob, {"name": name, "content": data, "case": case.id})
    assert (again.error, room.now(case).state, room.now(case).version) == ("", state, version)
    assert list(case_breaks(office.ledger.entries(), office.desk.book)) == []


def test_identifiers_are_hidden_from_who_may_not_see_them(room: Room) -> None:
    case = room.opened()
    room.act(room.office.ann, case, "add", path="reporters[]", typed="Smalltown")
    assert "Smalltown" in room.board.answers.case(room.office.ann, {"case": case.id}).html
    assert "Smalltown" not in room.board.answers.case(room.auditor, {"case": case.id}).html


def test_several_cases_get_an_owner_at_once(room: Room) -> None:
    cases = [room.opened(), room.opened("An adult took metformin and had nausea")]
    reply = room.board.answers.assign(room.office.ann, {"owner": "bob", "cases": [case.id for case in cases]})
    assert reply.said == "2 cases assigned to Bob."
    assert {room.now(case).owner for case in cases} == {"bob"}
    assert "may not work on cases" in room.board.answers.assign(room.office.ann, {"owner": "cleo", "cases": []}).error


def test_signals_are_counted_over_the_desks_cases(room: Room) -> None:
    case = room.opened()
    room.act(room.office.ann, case, "move", to="open")
    html = room.board.answers.signals(room.office.ann, {"every": "yes"}).html
    assert "WARFARIN" in html
    assert "data:image/png;base64," in html
    assert "There is no set" in room.board.answers.signals(room.office.ann, {"source": "../desk.db"}).error


def test_follow_up_information_restarts_the_clock(room: Room) -> None:
    case = room.opened()
    assert room.act(room.office.ann, case, "follow-up", text="He recovered.", significant="yes").error == ""
    assert len(room.now(case).receipts) == 2
    assert "Write what came in" in room.act(room.office.ann, case, "follow-up", text=" ").error


def test_a_form_and_a_line_listing_go_to_the_export_folder_and_the_ledger_names_them(room: Room) -> None:
    case = room.opened()
    assert room.board.papers.form(room.auditor, {"case": case.id}).error
    assert room.board.papers.form(room.office.ann, {"case": case.id}).said.endswith(".pdf")
    assert room.board.papers.listing(room.office.ann, {"kind": "csv"}).said.endswith(".csv")
    form, listing = sorted(room.tools.exports.iterdir())
    assert form.read_bytes().startswith(b"%PDF-")
    assert case.label in listing.read_text(encoding="utf-8-sig")
    summaries = [entry.deed.summary for entry in room.tools.ledger.entries()]
    assert summaries[-2:] == ["A CIOMS I form was written.", "A line listing was written."]


def test_a_listing_that_was_recorded_when_the_program_was_killed_is_finished(room: Room) -> None:
    room.opened()
    (path,) = re.findall(r"Written: (.*)", room.board.papers.listing(room.office.ann, {"kind": "csv"}).said)
    Path(path).rename(Path(path).with_name(f".{Path(path).name}.draft"))
    assert finish_exports(room.tools) == (Path(path),)
    assert Path(path).is_file()
    assert finish_exports(room.tools) == ()


def test_a_file_is_imported_once(room: Room) -> None:
    content = b64encode(b"A man took metformin and had nausea").decode()
    first = room.board.files.take(room.office.ann, {"name": "letter.txt", "content": content})
    assert "1 new case" in first.said
    again = room.board.files.take(room.office.ann, {"name": "letter.txt", "content": content})
    assert "0 new cases" in again.said
    assert "did not arrive whole" in room.board.files.take(room.office.ann, {"name": "x", "content": "%%"}).error


def test_deadlines_are_counted_anew_only_where_the_rules_changed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert not is_counted(settings)
    reading(settings)
    asks = "from ui.settings import load; from ui.triage.reading import is_counted; print(is_counted(load()))"
    for seed in ("1", "2"):  # the order of a set is another in each process
        where = {**os.environ, "PYTHONHASHSEED": seed, "PHARMASSIST_DATA_DIR": str(tmp_path)}
        told = subprocess.run([sys.executable, "-c", asks], env=where, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "True"
    own = tmp_path / "markets.yaml"
    own.write_text(markets.FILE.read_text(encoding="utf-8").replace("days: 15", "days: 14"), encoding="utf-8")
    assert not is_counted(settings.model_copy(update={"markets": own}))
    assert not is_counted(settings.model_copy(update={"database_url": SecretStr(f"sqlite:///{tmp_path / 'other.db'}")}))


def test_a_second_report_for_another_market_can_be_written() -> None:
    assert {State.ASSESSED, State.EXPORTED, State.ACKNOWLEDGED, State.REJECTED} == EXPORTABLE
