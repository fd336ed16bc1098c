"""Cases through the desk's own code path to a file and back; imports; and what an export must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest

from assistant.triage.case import Case, KeptElement, NullFlavour, ReportType, SourceOrigin, Study, Unknown
from assistant.triage.causality import Answered, reconsidered
from assistant.triage.desk import Arrived
from assistant.triage.e2b.acknowledgement import as_text, read_acknowledgement
from assistant.triage.e2b.check import check_batch
from assistant.triage.e2b.errors import E2bError, ReportInvalid
from assistant.triage.e2b.export import Prepared, prepared, written
from assistant.triage.e2b.from_case import batch_from, report_from
from assistant.triage.e2b.read import read_batch
from assistant.triage.e2b.report import flatten
from assistant.triage.e2b.sender import Amendment, Choices, Receiver, Sender
from assistant.triage.e2b.to_case import case_from_report
from assistant.triage.e2b.write import write_batch
from assistant.triage.judgement import Criterion, Expectedness, Listed, NaranjoAnswer, WhoUmc
from assistant.triage.judging import causality_to_sign, code_event, commit_causality, set_expectedness, set_seriousness
from assistant.triage.moving import Answer, Written, answered, export_to_sign, exported, move
from assistant.triage.opening import open_by_hand
from assistant.triage.product import ProductRole
from assistant.triage.states import State
from tests.assistant.triage.e2b.reports import BATCHES, NOW
from tests.assistant.triage.e2b.twenty import PLAIN, TWENTY, VOMITING, Criteria, meddra
from tests.assistant.triage.made_desk import Office, office

SENDER = Sender(
    "Acme Safety", "ACME", "123456789", "US", "1", "Safety", "Ms", "Jane", "", "Doe", "1 Main St", "Town", "NJ",
    "07000", "+15550000", "+15550001", "safety@example.org",
)  # fmt: skip
CREATED = datetime(2026, 3, 6, 10, 0, tzinfo=timezone(timedelta(hours=-5)))
CHOICES = Choices(SENDER, CREATED)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def assessed(here: Office, case: Case, serious: Criteria) -> Case:
    """Open a case by hand and decide everything on it, as the board's buttons do."""
    desk, ann = here.desk, here.ann
    case = open_by_hand(desk, ann, Arrived("It was told by telephone.", CREATED), case)
    case = move(desk, ann, case, State.OPEN)
    for event in case.events:
        case = code_event(desk, ann, case, event.id, meddra(VOMITING))
        case = set_seriousness(desk, ann, case, event.id, serious.get(event.id, ()), "as reported")
        for product in case.products:
            if product.role in {ProductRole.SUSPECT, ProductRole.INTERACTING}:
                pair = f"{event.id}/{product.id}"
                case = set_expectedness(desk, ann, case, Expectedness(pair, event.id, product.id, Listed.UNEXPECTED))
                proposed = next(each for each in case.causality if each.id == pair)
                answers = {number: Answered(NaranjoAnswer.UNKNOWN, "not known") for number in range(1, 11)}
                judged = replace(reconsidered(proposed, answers), category=WhoUmc.POSSIBLE)
                signed = here.sign(ann, causality_to_sign(case, judged))
                case = commit_causality(desk, ann, case, judged, signed, "as discussed")
    return move(desk, ann, case, State.ASSESSED)


def _export(here: Office, case: Case, folder: Path) -> tuple[Case, Prepared, Path]:
    choices = replace(CHOICES, combination=False)
    report = prepared(case, choices)
    told = Written("us", report.message, report.file_name, report.sha256)
    signed = here.sign(here.ann, export_to_sign(case, told))
    with written(report, folder) as path:
        saved = exported(here.desk, here.ann, case, told, signed)
    return saved, report, path


@pytest.mark.parametrize("name", TWENTY)
def test_a_case_built_by_hand_exports_cleanly(here: Office, tmp_path: Path, name: str) -> None:
    make, serious = TWENTY[name]
    case = assessed(here, make(), serious)
    case, report, path = _export(here, case, tmp_path / "out")
    assert report.violations == ()
    again = read_batch(path.read_bytes())
    assert again.unread == ()
    assert check_batch(again, CREATED) == ()
    (read,) = again.reports
    assert [event.text("E.i.1.1a") for event in read.all("E.i")] == [event.verbatim for event in case.events]
    assert [drug.text("G.k.2.2") for drug in read.all("G.k")] == [product.name for product in case.products]
    assert case.state is State.EXPORTED


def test_twenty_cases_are_twenty() -> None:
    assert len(TWENTY) == 20


def test_all_twenty_in_one_batch(here: Office) -> None:
    cases = [assessed(here, make(), serious) for make, serious in TWENTY.values()]
    batch = batch_from(tuple((case, CHOICES) for case in cases))
    assert check_batch(batch, CREATED) == ()
    assert len({report.text("C.1.1") for report in read_batch(write_batch(batch)).reports}) == 20


def test_an_acknowledgement_closes_the_loop(here: Office, tmp_path: Path) -> None:
    case, report, _ = _export(here, assessed(here, PLAIN, {}), tmp_path / "out")
    data = acknowledgement(report.batch.header.text("N.1.2"), report.message, "CA")
    (about,) = read_acknowledgement(data).reports
    assert about.names(report.message)
    file = Arrived(as_text(data), CREATED, "ack.xml", SourceOrigin.ANSWER)
    said = Answer(report.message, about.code, True, "", file, sha256(data).hexdigest())
    closed = answered(here.desk, here.ann, case, said)
    assert closed.state is State.ACKNOWLEDGED


def acknowledgement(batch: str, message: str, code: str, text: str = "Report Loaded Successfully") -> bytes:
    """A small acknowledgement of our own making."""
    whole = "AA" if code == "CA" else "AE"
    return f"""<MCCI_IN200101UV01 xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <id extension="7" root="2.16.840.1.113883.3.989.2.1.3.20"/><creationTime value="20260307101010-0500"/>
    <MCCI_IN000002UV01><id extension="8" root="2.16.840.1.113883.3.989.2.1.3.19"/>
    <acknowledgement typeCode="{code}"><targetMessage><id extension="{message}"/></targetMessage>
    <acknowledgementDetail><text>{text}</text></acknowledgementDetail></acknowledgement></MCCI_IN000002UV01>
    <acknowledgement typeCode="{whole}"><targetBatch><id extension="{batch}"/></targetBatch></acknowledgement>
    </MCCI_IN200101UV01>""".encode()


@pytest.mark.parametrize("code", ["CX", ""])
def test_an_acknowledgement_without_a_verdict_is_refused(code: str) -> None:
    with pytest.raises(E2bError, match="does not say what became of one report"):
        read_acknowledgement(acknowledgement("b", "m", code))


def test_a_refusal_names_each_error() -> None:
    answer = read_acknowledgement(acknowledgement("b", "m", "CR", "C.1.3 is wrong; D.5 is missing;"))
    assert answer.rejected[0].errors == ("C.1.3 is wrong", "D.5 is missing")
    assert not answer.rejected[0].names("")


# ---- what goes out


def test_only_what_a_person_confirmed_goes_out() -> None:
    from tests.assistant.triage.made_cases import full_case

    proposed = full_case()
    event = proposed.events[0]
    loose = replace(event, seriousness=tuple(replace(each, confirmed=False) for each in event.seriousness))
    report = report_from(replace(proposed, events=(loose,)), CHOICES)
    assert report.all("E.i")[0].value("E.i.3.2c") != report_from(proposed, CHOICES).all("E.i")[0].value("E.i.3.2c")
    assert report.all("G.k")[0].all("G.k.9.i") == ()


def test_a_report_without_a_code_of_meddra_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    from tests.assistant.triage.made_cases import full_case

    report = prepared(full_case(), CHOICES)
    assert {violation.element for violation in report.refused} >= {"E.i.2.1a", "E.i.2.1b"}
    said = r"breaks \d+ rules and was not written.*E\.i\.2\.1"
    with pytest.raises(ReportInvalid, match=said), written(report, tmp_path / "out"):
        pytest.fail("a report that is refused was handed over")
    assert not (tmp_path / "out").exists()
    with written(report, tmp_path / "out", although_invalid=True) as path:
        assert not path.exists()
    assert path.read_bytes() == report.data


def test_identifiers_do_not_change_with_the_version() -> None:
    first, second = (
        report_from(replace(PLAIN, id="k", label="2026-000007"), CHOICES),
        report_from(
            replace(PLAIN, id="k", label="2026-000007", version=9, country="FR"),
            CHOICES.at(CREATED + timedelta(days=1)),
        ),
    )
    assert first.text("C.1.1") == second.text("C.1.1") == "US-ACME-2026-000007"
    assert first.text("C.1.8.1") == first.text("C.1.1")
    assert first.all("E.i")[0].text("E.i.id") == second.all("E.i")[0].text("E.i.id")
    assert first.text("N.2.r.1") != second.text("N.2.r.1")


def test_a_nullification_needs_its_reason_and_an_earlier_report(here: Office, tmp_path: Path) -> None:
    case = assessed(here, PLAIN, {})
    bare = replace(CHOICES, amendment=Amendment.NULLIFICATION)
    rules = {violation.rule for violation in prepared(case, bare).refused}
    assert rules == {"C.1.11.2", "R0101"}
    case, _, _ = _export(here, case, tmp_path / "out")
    told = replace(bare, reason="The case is a duplicate.", created=CREATED + timedelta(hours=1))
    report = prepared(case, told)
    assert report.refused == ()
    assert report.batch.reports[0].text("C.1.11.1") == "1"


def test_a_case_of_a_trial_goes_to_the_premarket_route(here: Office) -> None:
    study = Study("Lunarine in sleep", "LUN-1", "clinical trial", ("NCT00000002",), ind="123456")
    case = assessed(here, replace(PLAIN, report_type=ReportType.STUDY, study=study), {"e1": (Criterion.DEATH,)})
    trial = replace(CHOICES, receiver=Receiver.CDER_IND.value, local_type="6")
    report = prepared(replace(case, unknowns=(Unknown("patient.died", NullFlavour.ASKED_UNKNOWN),)), trial)
    assert report.violations == ()
    assert report.batch.header.text("N.1.4") == "ZZFDA_PREMKT"
    (judged,) = report.batch.reports[0].all("G.k")[0].all("G.k.9.i")[0].all("G.k.9.i.2.r")
    assert [text.text for _, text in judged.values] == ["Sponsor", "FDA", "Suspected"]
    assert report_from(case, CHOICES).value("FDA.C.5.5a") is None


def test_another_regulator_gets_no_element_of_the_fda() -> None:
    report = report_from(replace(PLAIN, id="k", label="1"), replace(CHOICES, receiver="EVHUMAN"))
    assert not [number for _, number, _ in flatten(report) if number.startswith("FDA.")]
    batch = batch_from(((replace(PLAIN, id="k", label="1"), replace(CHOICES, receiver="EVHUMAN")),))
    assert batch.header.text("N.1.4") == batch.reports[0].text("N.2.r.3") == "EVHUMAN"
    assert {violation.element for violation in check_batch(batch, CREATED)} == {"E.i.2.1a", "E.i.2.1b"}


def test_birth_dates_stay_here_unless_a_person_wants_them_out() -> None:
    case, _ = TWENTY["race and ethnicity"]
    assert report_from(case(), CHOICES).value("D.2.1") is not None
    assert report_from(case(), CHOICES).value("D.2.1").null == "MSK"  # type: ignore[union-attr]
    assert report_from(case(), replace(CHOICES, show_birth=True)).text("D.2.1") == "19590401"


@pytest.mark.parametrize("broken", [{"code": "A-B"}, {"code": ""}, {"country": "USA"}, {"identifier": ""}])
def test_a_sender_who_cannot_be_one_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(E2bError):
        replace(SENDER, **broken)


def test_a_moment_of_creation_needs_its_zone() -> None:
    with pytest.raises(E2bError, match="time zone"):
        Choices(SENDER, datetime(2026, 3, 6))


# ---- what comes in


def _mask(text: str) -> str:
    return text.replace("Words", "[PERSON]")


@pytest.mark.parametrize("name", BATCHES)
def test_nothing_of_a_full_report_is_lost_between_import_and_export(name: str) -> None:
    batch = BATCHES[name]()
    (report,) = batch.reports
    imported = case_from_report(report, lambda text: text, NOW)
    choices = Choices(SENDER, NOW, report.text("N.2.r.3"), expedited=True, local_type="1", combination=True)
    again = report_from(replace(imported.case, id="k", label="1"), choices)
    new = {(where, number): value for where, number, value in flatten(again)}
    for where, number, value in flatten(report):
        changed = number.startswith(("N.", "C.3.")) or number in _SAID_ANEW
        assert (where, number) in new or number in _LEFT_BEHIND, (where, number)
        if not changed and number not in _LEFT_BEHIND:
            assert new[where, number] == value, (where, number)


_LEFT_BEHIND = {"C.1.6.1.r.2", "C.4.r.2", "C.3.3.4", "C.1.11.1", "C.1.11.2"}
"""Documents stay in the file; the sender is another one, and does not amend what he sends first."""
_SAID_ANEW = {
    "C.1.1", "C.1.2", "C.1.6.1", "C.1.9.1", "C.1.9.1.r.1", "C.1.9.1.r.2", "E.i.id", "G.k.id", "G.k.9.i.1", "D.2.1",
    "D.10.2.1", "D.10.1", "D.1.1.1", "D.1.1.2", "D.1.1.3", "D.1.1.4", "C.2.r.1.1", "C.2.r.1.2", "C.2.r.1.3",
    "C.2.r.1.4", "C.2.r.2.3", "C.2.r.2.6", "C.2.r.2.7", "FDA.C.2.r.2.8",
}  # fmt: skip
"""Identifiers of people leave masked, identifiers of things are our own."""


def test_identifiers_of_people_do_not_come_in() -> None:
    (report,) = BATCHES["postmarket"]().reports
    imported = case_from_report(report, _mask, NOW)
    assert imported.case.reporters[0].name == "[PERSON]"
    assert imported.case.narrative.text == "[PERSON]"
    assert any("D.1.1.3" in note for note in imported.notes)
    assert any("stays in the file" in note for note in imported.notes)
    kept = {each.number: each for each in imported.case.kept}
    assert (kept["D.1.1.3"].value, kept["D.1.1.3"].null_flavour) == ("", "MSK")
    assert "Reporter's Family Name: (MSK)" in imported.text
    assert not any(number in kept and kept[number].value for number in ("C.4.r.2", "C.1.6.1.r.2"))


def test_an_imported_case_keeps_its_past() -> None:
    (report,) = BATCHES["postmarket"]().reports
    case = case_from_report(report, _mask, NOW).case
    assert [str(receipt.day) for receipt in case.receipts] == ["2024-03-04"]
    assert case.worldwide_id == "US-ACME-0001"
    assert {criterion.criterion for criterion in case.events[0].seriousness} == set(Criterion)
    assert case.events[0].seriousness[0].set_by == "imported report"
    assert case.causality[0].committed_by == ""
    assert case.products[1].role is ProductRole.NOT_ADMINISTERED


def test_null_flavours_are_unknowns_of_the_case_and_go_out_again() -> None:
    make, _ = TWENTY["little is known"]
    report = report_from(replace(make(), id="k", label="1"), CHOICES)
    case = case_from_report(report, lambda text: text, NOW).case
    reasons = {unknown.id: unknown.why for unknown in case.unknowns}
    assert reasons["events[e1].onset"] is NullFlavour.ASKED_UNKNOWN
    assert reasons["patient.sex"] is NullFlavour.NOT_ASKED
    again = report_from(replace(case, id="k", label="1"), CHOICES)
    assert again.all("E.i")[0].value("E.i.4") == report.all("E.i")[0].value("E.i.4")


def test_what_was_kept_follows_its_medicine_and_yields_to_the_case() -> None:
    (report,) = BATCHES["postmarket"]().reports
    case = replace(case_from_report(report, lambda text: text, NOW).case, id="k", label="1")
    only = replace(case, products=case.products[1:])
    (drug,) = report_from(only, CHOICES).all("G.k")
    assert drug.text("G.k.2.1.2b") == "Words"
    assert drug.value("G.k.2.1.1b") is None
    renamed = replace(case, kept=(*case.kept, KeptElement("G.k[p1]/G.k.2.2", "G.k.2.2", "old name")))
    assert report_from(renamed, CHOICES).all("G.k")[0].text("G.k.2.2") == "Words"


def test_an_own_judgement_stands_beside_that_of_the_imported_report() -> None:
    (report,) = BATCHES["postmarket"]().reports
    case = replace(case_from_report(report, lambda text: text, NOW).case, id="k", label="1")
    mine = replace(case.causality[0], category=WhoUmc.UNLIKELY, committed_by="ann", source="sender")
    both = report_from(replace(case, causality=(mine, *case.causality[1:])), CHOICES)
    row = both.all("G.k")[0].all("G.k.9.i")[0]
    assert [each.text("G.k.9.i.2.r.3") for each in row.all("G.k.9.i.2.r")] == ["Unlikely", "Words"]


def test_dates_that_were_received_later_than_the_file_are_not_believed() -> None:
    (report,) = BATCHES["postmarket"]().reports
    early = datetime(2024, 1, 1, tzinfo=UTC)
    case = case_from_report(report, lambda text: text, early, "Europe/Berlin").case
    assert [receipt.day for receipt in case.receipts] == [early.date()]
