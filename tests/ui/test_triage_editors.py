"""What the board's forms set lands in the report: substances, past medicines, causes of death, parent, study, and why a
field is empty. Each case here is built, judged, signed and exported by the board's acts alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.database import open_database
from assistant.people import Role
from assistant.records import Records
from assistant.triage.case import Case, NullFlavour
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.meddra import read_meddra
from assistant.triage.e2b.check import check_batch
from assistant.triage.e2b.read import read_batch
from assistant.triage.e2b.report import Group
from assistant.triage.e2b.table import by_number
from assistant.triage.states import State
from guardrails.identifiers import Masker
from retrieval.medicines import Medicines
from tests.assistant.triage.e2b.test_cases import SENDER
from tests.assistant.triage.made_desk import NOW, PASSWORD, SECRET, office
from tests.assistant.triage.terms.made_dictionaries import meddra_folder
from tests.ui.test_triage import Room
from ui.triage.board import board
from ui.triage.fields import SPECS, empty_choices, label_of, without_ids
from ui.triage.files import readers
from ui.triage.spec import Kind
from ui.triage.tools import TriageTools

HEPATITIS, VOMITING = "90000002", "90000001"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with office(tmp_path) as opened:
        medicines, engine = Medicines.load(), open_database(f"sqlite:///{tmp_path / 'desk.db'}")
        tools = TriageTools(
            opened.desk, opened.accounts, opened.ledger, Records(engine, opened.ledger),
            Matcher(read_meddra(meddra_folder(tmp_path / "meddra"))), medicines,
            readers(Masker(None), medicines, "UTC"), tmp_path / "exports", tmp_path / "sets",
            tmp_path / "duplicates.db", SENDER,
        )  # fmt: skip
        auditor = opened.accounts.add("ada", "Ada Auditor", (Role.AUDITOR,), "test", PASSWORD)
        yield Room(board(tools), tools, opened, auditor)
        engine.dispose()


@dataclass(frozen=True)
class Clerk:
    """Ann at the board with one case; an act that is refused fails the test."""

    room: Room
    case: Case

    @property
    def now(self) -> Case:
        return self.room.now(self.case)

    def do(self, do: str, password: str = "", **given: str) -> None:
        assert self.room.act(self.room.office.ann, self.case, do, password=password, **given).error == ""

    def refused(self, do: str, **given: str) -> str:
        return self.room.act(self.room.office.ann, self.case, do, **given).error

    def add(self, path: str, typed: str = "") -> None:
        self.do("add", path=path, typed=typed)

    def set(self, path: str, typed: str = "", empty: str = "") -> None:
        self.do("set", path=path, typed=typed, empty=empty)

    def export(self) -> Group:
        """Judge everything as the board's buttons do, sign, export, and read the file again."""
        self.do("move", to="open")
        self.do("code", event="e1", verbatim="vomiting", code=VOMITING)
        self.do("serious", event="e1", criterion="hospitalisation or prolonged hospitalisation")
        for product in self.now.products:
            self.do("expect", event="e1", product=product.id, listed="unexpected")
            pair = {"event": "e1", "product": product.id}
            self.do("causality", password=PASSWORD, category="possible", **pair)
        self.do("move", to="assessed")
        self.do("export", password=PASSWORD, market="us")
        assert self.now.state is State.EXPORTED
        (file,) = self.room.tools.exports.glob("*.xml")
        read = read_batch(file.read_bytes())
        assert read.unread == ()
        assert check_batch(read, NOW) == ()
        return read.reports[0]


@pytest.fixture
def clerk(room: Room) -> Clerk:
    made = Clerk(room, room.opened("An adult took warfarin and had vomiting"))
    made.set("country", "US")
    made.set("patient.sex", "female")
    if not made.now.reporters:
        made.add("reporters[]", "Townville")
    (reporter,) = made.now.reporters
    made.set(f"reporters[{reporter.id}].country", "US")
    made.set(f"reporters[{reporter.id}].qualification", "physician")
    made.set("events[e1].outcome", "recovered")
    made.set("events[e1].onset", "2026-03-01")
    return made


def test_substances_of_a_product(clerk: Clerk) -> None:
    clerk.add("products[p1].substances[]", "warfarin sodium")
    clerk.set("products[p1].substances[u1].strength", "2.5 mg")
    clerk.add("products[p1].substances[]", "lactose")
    clerk.do("remove", path="products[p1].substances[u2]")
    (drug,) = clerk.export().all("G.k")
    (substance,) = drug.all("G.k.2.3.r")
    assert [substance.text(f"G.k.2.3.r.{part}") for part in ("1", "3a", "3b")] == ["warfarin sodium", "2.5", "mg"]


def test_past_medicines_with_coded_indication_and_reaction(clerk: Clerk) -> None:
    clerk.add("patient.past_medicines[]", "Sunol")
    clerk.set("patient.past_medicines[m1].start", "2019")
    clerk.set("patient.past_medicines[m1].end", empty="ASKU")
    clerk.set("patient.past_medicines[m1].indication", "Hepatitis")
    clerk.set("patient.past_medicines[m1].reaction", VOMITING)
    (past,) = clerk.export().all("D.8.r")
    assert [past.text(f"D.8.r.{part}") for part in ("1", "4", "6b", "7b")] == ["Sunol", "2019", HEPATITIS, VOMITING]
    ended = past.value("D.8.r.5")
    assert ended is not None
    assert ended.null == "ASKU"


def test_causes_of_death_as_reported_and_as_the_autopsy_found(clerk: Clerk) -> None:
    clerk.set("patient.died", "2026-03-04")
    clerk.set("patient.autopsy", "yes")
    clerk.set("events[e1].outcome", "fatal")
    clerk.do("serious", event="e1", criterion="results in death")
    clerk.add("patient.causes_of_death[]", "liver failure")
    clerk.add("patient.causes_of_death[]", "inflamed liver")
    clerk.set("patient.causes_of_death[c1].term", "Hepatitis fulminant")
    clerk.set("patient.causes_of_death[c2].term", "Hepatitis")
    clerk.set("patient.causes_of_death[c2].from_autopsy", "yes")
    report = clerk.export()
    (said,), (found,) = report.all("D.9.2.r"), report.all("D.9.4.r")
    assert (said.text("D.9.2.r.2"), said.text("D.9.2.r.1b")) == ("liver failure", "90000003")
    assert (found.text("D.9.4.r.2"), found.text("D.9.4.r.1b")) == ("inflamed liver", HEPATITIS)


def test_the_parent_of_a_child(clerk: Clerk) -> None:
    clerk.add("patient.parent")
    assert "has this already" in clerk.refused("add", path="patient.parent")
    for path, typed in (("age", "31 years"), ("sex", "female"), ("weight_kg", "61.5"), ("last_period", "2025-06-01")):
        clerk.set(f"patient.parent.{path}", typed)
    clerk.add("patient.parent.history[]", "yellow skin")
    clerk.set("patient.parent.history[h1].term", "Hepatitis")
    clerk.set("patient.parent.history[h1].start", "1999")
    clerk.add("patient.parent.past_medicines[]", "Sunol")
    report = clerk.export()
    values = ("D.10.2.2a", "D.10.2.2b", "D.10.3", "D.10.4", "D.10.6")
    assert [report.text(each) for each in values] == ["31", "a", "20250601", "61.5", "2"]
    assert report.all("D.10.7.1.r")[0].text("D.10.7.1.r.1b") == HEPATITIS
    assert report.all("D.10.8.r")[0].text("D.10.8.r.1") == "Sunol"


def test_data_of_the_parent_are_taken_out_again(clerk: Clerk) -> None:
    clerk.add("patient.parent")
    clerk.set("patient.parent.age", "31 years")
    clerk.do("remove", path="patient.parent")
    assert clerk.now.patient.parent is None
    page = clerk.room.board.answers.case(clerk.room.office.ann, {"case": clerk.case.id, "part": "history"}).html
    assert "<td>Parent</td>" in page


def test_a_study(clerk: Clerk) -> None:
    clerk.set("report_type", "study")
    clerk.add("study")
    clerk.set("study.name", "Outcomes of Sunol")
    clerk.set("study.number", "SUN-3")
    clerk.set("study.type", "other study")
    clerk.set("study.registrations", "NCT00000001")
    report = clerk.export()
    assert [report.text(f"C.5.{part}") for part in (2, 3, 4)] == ["Outcomes of Sunol", "SUN-3", "3"]
    assert [each.text("C.5.1.r.1") for each in report.all("C.5.1.r")] == ["NCT00000001"]


def test_history_with_its_end_and_the_family(clerk: Clerk) -> None:
    clerk.add("patient.history[]", "yellow skin")
    for name, typed in (("term", "Hepatitis"), ("end", "2001"), ("family", "yes"), ("comment", "as a child")):
        clerk.set(f"patient.history[h1].{name}", typed)
    (held,) = clerk.export().all("D.7.1.r")
    assert [held.text(f"D.7.1.r.{part}") for part in ("1b", "4", "5", "6")] == [HEPATITIS, "2001", "as a child", "true"]


def test_why_fields_are_empty(clerk: Clerk) -> None:
    clerk.set("patient.age", "67 years")
    clerk.add("products[p1].dosings[]", "one a day")
    clerk.add("tests[]", "ALT")
    clerk.set("tests[t1].value", "90")
    clerk.set("tests[t1].unit", "U/L")
    told = {
        "patient.sex": ("D.5", "NASK"),
        "patient.last_period": ("D.6", "ASKU"),
        "patient.history_text": ("D.7.2", "NASK"),
        "events[e1].end": ("E.i.5", "ASKU"),
        "products[p1].dosings[d1].start": ("G.k.4.r.4", "ASKU"),
    }
    for path, (_, code) in told.items():
        clerk.set(path, empty=code)
    report = clerk.export()
    held = dict(_everything(report))
    assert {number: held[number] for number, _ in told.values()} == dict(told.values())


def _everything(group: Group) -> Iterator[tuple[str, str]]:
    yield from ((number, value.null) for number, value in group.values)
    for inner in group.groups:
        yield from _everything(inner)


def test_a_value_takes_back_why_there_was_none(clerk: Clerk) -> None:
    clerk.set("events[e1].end", empty="ASKU")
    page = clerk.room.board.answers.case(clerk.room.office.ann, {"case": clerk.case.id}).html
    assert "(asked, but unknown)" in page
    clerk.set("events[e1].end", "2026-03-02")
    assert clerk.now.unknowns == ()
    clerk.set("events[e1].end", "")
    assert clerk.now.unknowns == ()
    assert "not both" in clerk.refused("set", path="events[e1].end", typed="2026", empty="ASKU")
    assert "does not take “NI”" in clerk.refused("set", path="events[e1].end", empty="NI")
    assert "does not take “ASKU”" in clerk.refused("set", path="patient.weight_kg", empty="ASKU")
    history = clerk.room.office.desk.book.history(clerk.case.id)
    assert [each.path for each in history].count("unknowns[events[e1].end]") == 2
    assert label_of("unknowns[events[e1].end]") == "Why empty: End (e1)"


def test_the_reason_goes_with_a_removed_item(clerk: Clerk) -> None:
    clerk.add("products[]", "Sunol")
    clerk.add("products[p2].dosings[]", "one a day")
    clerk.set("products[p2].dosings[d1].start", empty="ASKU")
    clerk.do("remove", path="products[p2]")
    assert clerk.now.unknowns == ()


def test_a_term_is_chosen_by_its_words_or_its_code_and_never_guessed(clerk: Clerk) -> None:
    clerk.add("patient.causes_of_death[]", "liver")
    path = "patient.causes_of_death[c1].term"
    near = clerk.refused("set", path=path, typed="hepatitiss")
    assert "is no one term of MedDRA" in near
    assert f"Hepatitis ({HEPATITIS})" in near
    assert "is no one term" in clerk.refused("set", path=path, typed="xyzzy")
    clerk.set(path, "hepatitis")
    term = clerk.now.patient.causes_of_death[0].term
    assert term is not None
    assert (term.text, term.code, term.coded_by, term.confirmed) == ("Hepatitis", HEPATITIS, "ann", True)
    clerk.set(path, "Hepatitis fulminant (MedDRA 29.1, 90000003)")
    clerk.set(path, "")
    assert clerk.now.patient.causes_of_death[0].term is None


def test_forms_are_on_the_page_for_who_may_change_and_for_nobody_else(clerk: Clerk) -> None:
    clerk.add("patient.parent")
    clerk.add("study")
    answers = clerk.room.board.answers
    page = answers.case(clerk.room.office.ann, {"case": clerk.case.id, "part": "patient"}).html
    for path in ("patient.past_medicines[]", "patient.causes_of_death[]", "patient.parent.history[]"):
        assert f'data-path="{path}"' in page
    assert 'data-path="products[p1].substances[]"' in page
    assert re.search(r'data-path="patient.parent.age"', page)
    assert re.search(r'data-path="study.registrations"', page)
    assert re.search(r'data-path="patient.last_period"[^>]*data-empty="[^"]*ASKU:asked, but unknown', page)
    seen = answers.case(clerk.room.auditor, {"case": clerk.case.id, "part": "patient"}).html
    assert "data-empty" not in seen
    assert "Add a past medicine" not in seen


def test_names_in_free_text_are_masked(clerk: Clerk) -> None:
    clerk.add("patient.causes_of_death[]", f"{SECRET} had liver failure")
    assert clerk.now.patient.causes_of_death[0].text == "[PERSON] had liver failure"


def test_every_field_that_says_why_it_is_empty_is_a_field_and_its_reasons_are_those_of_the_element_table() -> None:
    with_reasons = {path: empty_choices(path) for path in SPECS if empty_choices(path)}
    assert len(with_reasons) > 10
    assert "patient.past_medicines[].end" in with_reasons
    assert NullFlavour.ASKED_UNKNOWN in with_reasons["patient.sex"]
    assert set(map(str, with_reasons["patient.sex"])) <= set(by_number()["D.5"].nulls)
    assert empty_choices("patient.weight_kg") == ()


def test_terms_need_the_permission_to_code(clerk: Clerk) -> None:
    clerk.add("patient.past_medicines[]", "Sunol")
    paths = [path for path, spec in SPECS.items() if spec.kind is Kind.TERM]
    assert {path.rsplit(".", 1)[1] for path in paths} == {"term", "indication", "reaction"}
    nurse = replace(clerk.room.office.cleo)
    for path in ("patient.past_medicines[m1].indication", "patient.past_medicines[m1].reaction"):
        assert without_ids(path) in paths
        reply = clerk.room.act(nurse, clerk.case, "set", path=path, typed="Hepatitis")
        assert "permission" in reply.error
