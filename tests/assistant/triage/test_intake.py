"""Files become cases on a real desk: every value with its words, nothing lost, nothing twice, hostile files refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.errors import NotAllowed
from assistant.triage.case import Case, EventOutcome, LinkKind, Receipt, Source
from assistant.triage.changes import encode, field_at
from assistant.triage.desk import Desk, texts_of
from assistant.triage.duplicates.check import Proposal, check
from assistant.triage.duplicates.fingerprint import fingerprint, own_words
from assistant.triage.duplicates.index import DuplicateIndex
from assistant.triage.intake.columns import Mapping
from assistant.triage.intake.errors import FileRefused, MappingInvalid
from assistant.triage.intake.files import read_bytes
from assistant.triage.intake.take_in import Imported, Readers, import_file, rejected
from assistant.triage.judgement import Criterion
from assistant.triage.people_in_case import Measure, Qualification, Sex
from assistant.triage.product import ActionTaken, Challenge, ProductRole
from assistant.triage.when import PartialDate
from guardrails.identifiers import Masker, identifiers
from tests.assistant.triage.made_desk import NOW, Office, office
from tests.assistant.triage.made_files import ABSTRACT, LETTER, TABLE, SmallScreen, cioms_form
from ui.triage.files import readers

SCREEN = SmallScreen()
READERS = Readers(identifiers, SCREEN.medicines)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield replace(made, desk=replace(made.desk, screen=SCREEN, zone="Europe/Berlin"))


def taken(here: Office, name: str, data: bytes | str, mapping: Mapping | None = None) -> Imported:
    raw = data.encode() if isinstance(data, str) else data
    return import_file(here.desk, here.ann, READERS, name, raw, NOW, mapping)


def text_of(desk: Desk, imported: Imported) -> str:
    kept = desk.book.text(f"file-{imported.sha256[:32]}")
    assert kept is not None
    assert kept.sha256 == imported.sha256
    return kept.text


def by_number(imported: Imported) -> dict[str, Case]:
    return {case.worldwide_id: case for case in imported.opened}


def assert_every_value_shows_its_words(desk: Desk, imported: Imported) -> None:
    text = text_of(desk, imported)
    for case in imported.opened:
        assert case.evidence
        body = encode(case)
        for each in case.evidence:
            span = each.span
            assert text[span.start : span.end] == span.text, each
            assert span.text.strip(), each
            assert field_at(body, each.path) not in (None, ""), each


# A table


def test_a_table_of_twelve_reports(here: Office) -> None:
    found = taken(here, "list.csv", TABLE)
    assert (found.kind, len(found.opened), len(found.known)) == ("table", 9, 0)
    case = by_number(found)["DE-2026-0001"]
    patient = case.patient
    assert (patient.identification, patient.sex, str(patient.birth)) == ("AB", Sex.FEMALE, "1958-03-12")
    assert (str(patient.age and patient.age.value), patient.weight_kg) == ("67", Decimal("71.50"))
    assert (case.country, case.receipts[0].day) == ("DE", date(2026, 2, 5))
    assert [each.qualification for each in case.reporters] == [Qualification.PHYSICIAN]
    metformin, ramipril = case.products
    course = metformin.dosings[0]
    assert (course.amount, course.interval_count) == (Measure(Decimal(500), "mg"), Decimal(12))
    assert course.interval_unit == "h"
    assert (str(course.start), str(course.end), metformin.action) == ("2026-01-10", "2026-01-25", ActionTaken.WITHDRAWN)
    assert (ramipril.role, ramipril.ingredient) == (ProductRole.CONCOMITANT, "ramipril")
    diarrhoea, nausea = case.events
    assert (diarrhoea.verbatim, str(diarrhoea.onset)) == ("diarrhoea", "2026-01-14")
    assert diarrhoea.outcome is EventOutcome.RECOVERED
    # The dates of a row with two reactions are those of the first; the second is not guessed.
    assert (nausea.onset, nausea.outcome) == (None, None)
    assert_every_value_shows_its_words(here.desk, found)


def test_other_rows_of_the_table(here: Office) -> None:
    cases = by_number(taken(here, "list.csv", TABLE))
    brand = cases["DE-2026-0002"]
    assert (brand.products[0].name, brand.products[0].ingredient) == ("Lamictal", "lamotrigine")
    assert [each.criterion for each in brand.events[0].seriousness] == [Criterion.HOSPITALISATION]
    assert str(cases["DE-2026-0003"].patient.age and cases["DE-2026-0003"].patient.age.unit) == "mo"
    told = cases["DE-2026-0004"]
    assert ([each.name for each in told.products], [each.verbatim for each in told.events]) == (
        ["ibuprofen"],
        ["headache"],
    )
    # One report on two lines.
    both = cases["DE-2026-0006"]
    assert ([each.name for each in both.products], [each.verbatim for each in both.events]) == (
        ["naproxen"],
        ["dyspepsia"],
    )
    assert str(both.events[0].onset) == "2026-02-01"
    assert cases["DE-2026-0009"].patient.age == Measure(Decimal(7), "10.a")


def test_what_of_the_table_could_not_be_read(here: Office) -> None:
    found = taken(here, "list.csv", TABLE)
    lines = [str(each) for each in found.problems]
    assert [each.where for each in rejected(found)] == ["line 9", "line 10"]
    assert "line 9: it has 9 of 20 cells. Mend the row and import the file again." in lines
    assert any(line.startswith("line 6, column Age: “abc” was left out: it is no age") for line in lines)
    assert any(line.startswith("line 6, column Onset date") and "no calendar has this date" in line for line in lines)
    text = text_of(here.desk, found)
    assert "Line 9 (not imported: it has 9 of 20 cells)\nDE-2026-0007" in text
    assert all(line in text for line in lines)
    case = by_number(found)["DE-2026-0005"]
    assert (case.patient.age, case.events[0].onset, case.events[0].outcome) == (None, None, EventOutcome.FATAL)


def test_names_and_telephones_are_masked_before_they_are_kept(here: Office) -> None:
    text = text_of(here.desk, taken(here, "list.csv", TABLE))
    assert "Schmidt" not in text
    assert "5550123" not in text
    letter = text_of(here.desk, taken(here, "letter.txt", LETTER))
    assert "Schmidt" not in letter
    assert "12 March 1958" not in letter


def test_the_columns_say_how_they_were_understood(here: Office) -> None:
    table = "Bericht;Praeparat;Patient reaction term;Age;Sex;Internal code\nX-12345;ibuprofen;rash;40;f;77\n"
    found = taken(here, "list.csv", table, Mapping(columns={"Praeparat": "medicine"}))
    how = {each.header: (each.field, each.how) for each in found.columns}
    assert how["Praeparat"] == ("medicine", "declared")
    assert how["Age"] == ("age", "known")
    assert how["Patient reaction term"] == ("event", "guessed")
    assert how["Internal code"] == ("", "not read")
    assert "Internal code: 77" in text_of(here.desk, found)


def test_a_mapping_that_names_no_column_is_refused(here: Office) -> None:
    with pytest.raises(MappingInvalid, match="does not have; its columns are Case No"):
        taken(here, "list.csv", TABLE, Mapping(columns={"Arznei": "medicine"}))


@pytest.mark.parametrize(
    ("told", "declared", "expected", "said"),
    [
        ("03/04/2026", "unknown", "2026", "only its year was taken"),
        ("03/04/2026", "day-first", "2026-04-03", ""),
        ("03/04/2026", "month-first", "2026-03-04", ""),
        ("13/04/2026", "unknown", "2026-04-13", ""),
    ],
)
def test_dates_in_figures(here: Office, told: str, declared: str, expected: str, said: str) -> None:
    table = f"Drug,Reaction,Onset date\nibuprofen,rash,{told}\n"
    found = taken(here, "list.csv", table, Mapping.model_validate({"date_order": declared}))
    assert str(found.opened[0].events[0].onset) == expected
    assert (said in str(found.problems[0])) if said else found.problems == ()


def test_one_date_above_twelve_tells_the_order_of_all(here: Office) -> None:
    table = "Drug,Reaction,Onset date\nibuprofen,rash,03/04/2025\nibuprofen,rash,25/04/2025\n"
    found = taken(here, "list.csv", table)
    assert [str(each.events[0].onset) for each in found.opened] == ["2025-04-03", "2025-04-25"]


# Again


def test_the_same_file_again_opens_nothing(here: Office) -> None:
    first = taken(here, "list.csv", TABLE)
    again = taken(here, "another name.csv", TABLE)
    assert (again.opened, len(again.known)) == ((), 9)
    assert {case.id for case in again.known} == {case.id for case in first.opened}


def test_a_list_that_grew_opens_only_its_new_rows(here: Office) -> None:
    head, *rows = "Drug,Reaction,Age\nibuprofen,rash,40\nibuprofen,rash,40\n".splitlines()
    taken(here, "list.csv", "\n".join([head, *rows]))
    more = taken(here, "list.csv", "\n".join([head, "naproxen,nausea,61", *rows]))
    assert ([case.products[0].name for case in more.opened], len(more.known)) == (["naproxen"], 2)


# Prose


def test_an_abstract_with_three_patients_becomes_three_cases(here: Office) -> None:
    found = taken(here, "abstract.txt", ABSTRACT)
    text = text_of(here.desk, found)
    parts = [text[case.sources[0].start : case.sources[0].end] for case in found.opened]
    assert [part[:7] for part in parts] == ["Case 1.", "Case 2.", "Case 3."]
    first, second, third = found.opened
    assert [case.literature for case in found.opened] == [("10.9999/jicr.2025.0712",)] * 3
    assert {link.kind for case in found.opened for link in case.links} == {LinkKind.SAME_SOURCE}
    assert (str(first.events[0].onset), str(first.products[0].dosings[0].start)) == ("2025-03-14", "2025-03-03")
    assert first.causality[0].dechallenge is Challenge.NOT_RECURRED
    assert [case.events[0].outcome for case in found.opened] == [
        EventOutcome.RECOVERED, EventOutcome.NOT_RECOVERED, EventOutcome.FATAL,
    ]  # fmt: skip
    assert second.products[0].dosings[0].amount is not None
    assert third.products[0].dosings == ()
    assert_every_value_shows_its_words(here.desk, found)


def test_a_letter(here: Office) -> None:
    found = taken(here, "letter.txt", LETTER)
    (case,) = found.opened
    assert case.patient.birth == PartialDate(1958, 3, 12)
    assert case.products[0].action is ActionTaken.WITHDRAWN
    assert (case.causality[0].dechallenge, case.causality[0].rechallenge) == (
        Challenge.NOT_RECURRED,
        Challenge.RECURRED,
    )
    assert_every_value_shows_its_words(here.desk, found)


def test_prose_without_a_reaction_is_kept_as_a_candidate(here: Office) -> None:
    found = taken(here, "note.txt", "Please send the leaflet of your product.\n")
    (case,) = found.opened
    assert (case.products, case.events) == ((), ())
    assert text_of(here.desk, found).startswith("Please send the leaflet")


# A form


def test_a_form_as_pdf(here: Office) -> None:
    found = taken(here, "form.pdf", cioms_form())
    (case,) = found.opened
    assert (found.kind, case.worldwide_id, case.country) == ("form", "DE-INV-2025-0099", "DE")
    patient = case.patient
    assert (patient.identification, patient.sex, str(patient.birth)) == ("RS", Sex.MALE, "1961-03-17")
    assert [each.name for each in patient.history] == ["gout", "hypertension"]
    suspect, *others = case.products
    assert (suspect.ingredient, [each.name for each in others]) == ("allopurinol", ["colchicine", "ramipril"])
    course = suspect.dosings[0]
    assert (course.amount and str(course.amount.value), course.route) == ("300", "oral")
    assert (str(course.start), str(course.end)) == ("2025-10-20", "2025-11-03")
    (event,) = case.events
    assert (event.verbatim, str(event.onset), event.outcome) == ("rash", "2025-11-02", EventOutcome.RECOVERED)
    # "[ ] PATIENT DIED" is not ticked: only what is ticked counts.
    assert [each.criterion for each in event.seriousness] == [Criterion.HOSPITALISATION]
    assert case.causality[0].dechallenge is Challenge.NOT_RECURRED
    assert case.receipts[0].day == date(2025, 11, 10)
    assert_every_value_shows_its_words(here.desk, found)
    assert taken(here, "form.pdf", cioms_form()).opened == ()


# And whether it was told before


def test_a_letter_about_a_patient_of_the_table_is_proposed_as_a_duplicate(here: Office, tmp_path: Path) -> None:
    table = taken(here, "list.csv", TABLE)
    index = DuplicateIndex(tmp_path / "duplicates.db")
    index.put(fingerprint(case, SCREEN.medicines, own_words(case, texts_of(here.desk, case))) for case in table.opened)
    (letter,) = taken(here, "letter.txt", LETTER).opened
    found = check(fingerprint(letter, SCREEN.medicines, own_words(letter, texts_of(here.desk, letter))), index)
    assert (found.proposal, found.of) == (Proposal.DUPLICATE, by_number(table)["DE-2026-0001"].id)
    same = {each.field for each in found.beside[0].likeness.fields if each.level == "same"}
    assert {"birth", "onset", "start", "outcome"} <= same


# E2B


def test_a_message_goes_to_its_own_reader(here: Office) -> None:
    message = b'<?xml version="1.0"?><MCCI_IN200100UV01 xmlns="urn:hl7-org:v3"/>'
    with pytest.raises(FileRefused, match="no reader of them is set up"):
        taken(here, "report.xml", message)

    def read(_data: bytes, source: Source, receipt: Receipt) -> list[Case]:
        (case,) = taken(here, "letter.txt", LETTER).opened
        return [replace(case, id="", sources=(source,), receipts=(receipt,), worldwide_id="US-1", evidence=())]

    found = import_file(here.desk, here.ann, replace(READERS, e2b=read), "report.xml", message, NOW)
    assert (found.kind, [case.worldwide_id for case in found.opened]) == ("E2B(R3) message", ["US-1"])


# Files that can only do harm


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("list.xlsx", b"PK\x03\x04rest", "save the sheet as CSV"),
        ("list.csv.gz", b"\x1f\x8b\x08", "unpack it"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office file"),
        ("empty.txt", b"  \n ", "holds no text"),
        ("page.html", b"<!DOCTYPE html><html>x</html>", "no E2B"),
        ("noise.bin", bytes(range(256)) * 8, "It is no text"),
        ("broken.pdf", b"%PDF-1.4 and then nothing", "damaged PDF"),
        ("huge.csv", b"a," * (17 * 1024 * 1024), "split it"),
        ("head.csv", b",,,\n,,,\n", "no line of headers"),
        ("wide.csv", b",".join(b"c%d" % at for at in range(400)) + b"\n" + b"," * 399 + b"\n", "400 columns"),
    ],
)
def test_what_is_refused_says_what_to_do(here: Office, name: str, data: bytes, said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        taken(here, name, data)
    assert here.desk.book.count() == 0


def test_an_open_quotation_mark_spoils_one_line_only(here: Office) -> None:
    rows = "\n".join(f"ibuprofen,rash,{age}" for age in range(20, 60))
    found = taken(here, "list.csv", f'Drug,Reaction,Age\nnaproxen,"nausea,33\n{rows}\n')
    assert len(found.opened) == 40
    assert [str(each) for each in found.problems] == [
        "line 2: a quotation mark is opened and never closed. Mend the row and import the file again."
    ]


def test_a_cell_as_long_as_a_book_spoils_one_line_only(here: Office) -> None:
    found = taken(here, "list.csv", f"Drug,Reaction,Age\nibuprofen,{'a' * 200_000},30\nibuprofen,rash,31\n")
    assert (len(found.opened), found.problems[0].wrong) == (1, "a cell is longer than 100,000 characters")


def test_letters_of_another_time_are_read_and_told(here: Office) -> None:
    found = taken(here, "list.csv", "Drug;Reaction;Age\nibuprofen;Übelkeit;31\n".encode("cp1252"))
    assert found.opened[0].events[0].verbatim == "Übelkeit"
    assert "Windows-1252" in found.note
    wide = taken(here, "list.csv", "Drug;Reaction;Age\nnaproxen;Übelkeit;31\n".encode("utf-16"))
    assert (wide.opened[0].events[0].verbatim, wide.note) == ("Übelkeit", "")


def test_who_may_not_triage_imports_nothing(here: Office) -> None:
    with pytest.raises(NotAllowed):
        import_file(here.desk, here.cleo, READERS, "list.csv", TABLE.encode(), NOW)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("John_Smithson_MRN_4471892.txt", "[NAME] MRN [RECORD NUMBER].txt"),
        ("call 617-555-0188.txt", "call [PHONE].txt"),
        ("reports_2026-03_second.csv", "reports_2026-03_second.csv"),
        ("letter Lopez.txt", "letter [NAME].txt"),
        ("form-van-den-Åberg_CIOMS.PDF.txt", "form [NAME] [NAME] [NAME] CIOMS.PDF.txt"),
        ("lopez.txt", "[NAME].txt"),
        ("letter okonkwo.txt", "letter [NAME].txt"),
        ("OKONKWO_REPORT_v2.csv", "[NAME] REPORT v2.csv"),
        ("case js.txt", "case [NAME].txt"),
        ("letterLopez.txt", "[NAME].txt"),
        ("王小明.txt", "[NAME].txt"),
        ("follow-up 4471892.txt", "follow up [NUMBER].txt"),
    ],
)
def test_a_file_that_is_named_after_a_patient_is_kept_under_another_name(here: Office, name: str, kept: str) -> None:
    desk = replace(here.desk, mask=lambda text: Masker(None).masked(text)[0])
    done = import_file(desk, here.ann, READERS, name, LETTER.encode(), NOW)
    (case,) = done.opened
    text = desk.book.text(case.sources[0].id)
    assert text is not None
    assert (done.name, case.sources[0].name, text.name) == (kept, kept, kept)


def test_a_message_that_is_none_is_refused_like_any_other_file(here: Office) -> None:
    reading = readers(Masker(None), SCREEN.medicines, "UTC")
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><MCCI_IN200100UV01>&a;</MCCI_IN200100UV01>'
    with pytest.raises(FileRefused, match=r"message.xml was not imported: .* document type"):
        import_file(here.desk, here.ann, reading, "message.xml", bomb, NOW)


def test_a_text_that_would_take_hours_is_refused_at_once(here: Office) -> None:
    with pytest.raises(FileRefused, match=r"3,000,000 characters and at most 2,000,000"):
        taken(here, "long.txt", "took warfarin. " * 200_000)
    rows = "drug,reaction,age\n" + "warfarin,bleeding,71\n" * 5_001
    with pytest.raises(FileRefused, match="more than 5,000 rows"):
        taken(here, "list.csv", rows)
    assert here.desk.book.count() == 0


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(40 * 1024 * 1024)
    with pytest.raises(FileRefused, match="has 40 MB and at most 32 are read"):
        read_bytes(large)
    with pytest.raises(FileRefused, match="cannot be read"):
        read_bytes(tmp_path / "none.csv")
