"""The CIOMS I form: what stands in its boxes, and that nothing which has no room is cut off."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pdfplumber
import pytest

from assistant.triage.case import Case, Narrative
from assistant.triage.cioms import CiomsForm, Maker, form_of
from assistant.triage.cioms_pdf import cioms_pdf, wrapped
from assistant.triage.judgement import Causality, Criterion
from assistant.triage.people_in_case import Measure, PatientFacts, Qualification, Reporter
from assistant.triage.product import Challenge, Dosing, Product, ProductRole
from assistant.triage.when import PartialDate
from tests.assistant.triage.e2b.twenty import TWENTY
from tests.assistant.triage.made_cases import RECEIVED, full_case, receipt

MAKER = Maker("Acme Pharma\n1 Main Street")
DAY = date(2026, 3, 6)


def filled(case: Case) -> CiomsForm:
    return form_of(case, MAKER, "US-ACME-2026-000001", DAY)


def pages(form: CiomsForm) -> list[str]:
    with pdfplumber.open(io.BytesIO(cioms_pdf(form))) as pdf:
        return [page.extract_text() for page in pdf.pages]


def test_the_boxes_of_a_plain_case() -> None:
    form = filled(full_case())
    assert (form.initials, form.age, form.sex, form.onset) == ("PRIVACY", "67 years", "F", ("04", "MAR", "2026"))
    assert form.ticks == {Criterion.HOSPITALISATION}
    assert (form.drugs, form.doses, form.therapy_dates) == (
        "Lunarine",
        "500 mg twice a day",
        "01-MAR-2026 / 04-MAR-2026",
    )
    assert (form.received, form.report_date, form.follow_up) == ("05-MAR-2026", "06-MAR-2026", False)
    assert form.sources == {"HEALTH PROFESSIONAL"}


@pytest.mark.parametrize("name", TWENTY)
def test_every_case_makes_a_form_of_its_own_boxes(name: str) -> None:
    case = replace(TWENTY[name][0](), label="2026-000001")
    first, *behind = pages(filled(case))
    for number in (*range(1, 4), "4-6", "7 + 13", "8-12", *range(14, 24), "24a", "24b", "24c", "24d", "25a", "26"):
        assert f"{number}. " in first
    assert "SUSPECT ADVERSE REACTION REPORT" in first
    assert len(behind) <= 1


def test_what_a_machine_only_proposed_is_not_ticked() -> None:
    case = full_case()
    event = replace(case.events[0], seriousness=(replace(case.events[0].seriousness[0], confirmed=False),))
    assert filled(replace(case, events=(event,))).ticks == frozenset()


@pytest.mark.parametrize(
    ("off", "again", "expected"),
    [
        (Challenge.NOT_RECURRED, Challenge.RECURRED, ("YES", "YES")),
        (Challenge.RECURRED, Challenge.NOT_RECURRED, ("NO", "NO")),
        (Challenge.NOT_DONE, Challenge.NOT_DONE, ("NA", "NA")),
        (Challenge.DONE_UNKNOWN, None, ("", "")),
        (None, None, ("", "")),
    ],
)
def test_what_stopping_and_starting_again_did(
    off: Challenge | None, again: Challenge | None, expected: tuple[str, str]
) -> None:
    judged = Causality("e1/p1", "e1", "p1", dechallenge=off, rechallenge=again)
    form = filled(full_case(causality=(judged,)))
    assert (form.abated, form.reappeared) == expected


def test_medicines_that_differ_send_the_reader_to_the_description() -> None:
    case = full_case()
    both = (*case.products, Product("p2", "Moonex", ProductRole.INTERACTING))
    pairs = (
        Causality("e1/p1", "e1", "p1", dechallenge=Challenge.NOT_RECURRED),
        Causality("e1/p2", "e1", "p2", dechallenge=Challenge.RECURRED),
    )
    form = filled(replace(case, products=both, causality=pairs))
    assert form.abated == "SEE BOX 7"
    assert form.drugs == "#1 Lunarine\n#2 Moonex (interacting)"


def test_a_follow_up_and_a_consumer() -> None:
    later = receipt(RECEIVED + timedelta(days=3), "r2")
    consumer = (Reporter("q1", Qualification.CONSUMER, "US", "[PERSON]", primary=True),)
    form = filled(full_case(receipts=(receipt(), later), reporters=consumer))
    assert (form.follow_up, form.received) == (True, "08-MAR-2026")
    assert form.sources == {"OTHER"}


def test_names_are_never_printed() -> None:
    case = full_case(patient=PatientFacts(identified=True, identification="[PERSON]"))
    assert filled(case).initials == "PRIVACY"
    assert filled(replace(case, patient=PatientFacts(identification="J.D."))).initials == "J.D."


def test_what_has_no_room_goes_on_word_for_word() -> None:
    words = [f"word{number}" for number in range(2500)]
    case = full_case(narrative=Narrative(" ".join(words)))
    first, *behind = pages(filled(case))
    assert "continued on the next page" in first
    assert len(behind) >= 2
    assert [word for word in " ".join(behind).split() if word.startswith("word")] == words
    assert "US-ACME-2026-000001" in behind[0]


def test_many_medicines_are_all_there() -> None:
    many = tuple(
        Product(f"p{n}", f"Medicine{n}", dosings=(Dosing("d1", amount=Measure(5 + n, "mg"), start=PartialDate(2026)),))  # type: ignore[arg-type]
        for n in range(40)
    )
    text = "\n".join(pages(filled(full_case(products=many))))
    assert all(f"Medicine{n}" in text for n in range(40))


def test_the_same_form_is_always_the_same_file() -> None:
    assert cioms_pdf(filled(full_case())) == cioms_pdf(filled(full_case()))


def test_a_word_that_is_too_wide_is_broken_and_kept() -> None:
    cioms_pdf(filled(full_case()))
    lines = wrapped("x" * 500 + " end", 100, "CiomsSans", 8)
    assert "".join(lines) == "x" * 500 + " end"
