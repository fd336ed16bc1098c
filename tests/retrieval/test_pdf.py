"""Label PDFs: headings, bullets, page breaks, tables, metadata, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking import passages
from retrieval.errors import SourceRefused
from retrieval.passage import Passage, Section
from retrieval.readers.pdf import read_pdf
from tests.retrieval.pdfs import Mark, Put, Rule, grid, pdf

HEAD: list[Mark] = [
    Put(40, 40, "LUNARINE HYDROCHLORIDE- lunarine hydrochloride tablet, film coated", bold=True),
    Put(40, 54, "Example Laboratories", bold=True),
    Put(40, 70, "----------"),
    Put(40, 90, "These highlights do not include all the information needed."),
    Put(40, 120, "Revised: 1/2026"),
    Put(40, 150, "FULL PRESCRIBING INFORMATION", bold=True),
]
FOOT = Put(300, 780, "Page 1 of 9")


def second_page(*marks: Mark) -> bytes:
    return pdf([*HEAD, FOOT], [Put(40, 60, "2 DOSAGE AND ADMINISTRATION", bold=True), *marks, FOOT])


def texts(data: bytes) -> list[str]:
    return [one.text for one in found(data)]


def found(data: bytes) -> tuple[Passage, ...]:
    document = read_pdf(data)
    made = passages(document)
    assert all(document.source.text[one.start : one.end] == one.text for one in made)
    return made


def test_metadata_comes_from_the_first_lines_and_the_revision_date() -> None:
    source = read_pdf(second_page(Put(40, 90, "Take one tablet."))).source
    assert source.id == "pdf-lunarine-hydrochloride-example-laboratories@2026.01"
    assert (source.title, source.publisher) == ("Lunarine Hydrochloride tablet, film coated", "Example Laboratories")
    assert (source.ingredients, source.brands) == (("lunarine hydrochloride",), ())
    assert source.effective == date(2026, 1, 1)


def test_highlights_and_page_marks_are_left_out_and_headings_are_kept() -> None:
    made = found(
        second_page(
            Put(40, 90, "2.3 Dosage in Renal Impairment", bold=True),
            Put(40, 110, "Reduce the dose to 250 mg [see Use in Specific"),
            Put(40, 122, "Populations (8.6)]."),
        )
    )
    (one,) = made
    assert one.text == "Reduce the dose to 250 mg."
    assert one.heading == ("2 Dosage and Administration", "2.3 Dosage in Renal Impairment")
    assert one.section is Section.RENAL


def test_words_that_a_line_end_breaks_at_a_hyphen_are_joined() -> None:
    data = second_page(Put(40, 90, "Take it with a low-"), Put(40, 102, "dose tablet of aspirin."))
    assert texts(data) == ["Take it with a low-dose tablet of aspirin."]


def test_drawn_bullets_become_items_with_their_lead_in() -> None:
    data = second_page(
        Put(40, 90, "The recommended dose is:"),
        Rule(46, 103, 4, 4), Put(58, 108, "Adults: 500 mg twice daily, taken with a full glass of water and with"),
        Put(58, 120, "the evening meal of the day."),
        Rule(46, 127, 4, 4), Put(58, 132, "Children from 10 years: 250 mg twice daily, with a full glass of water."),
    )  # fmt: skip
    (passage,) = texts(data)
    assert passage.split("\n") == [
        "The recommended dose is: Adults: 500 mg twice daily, taken with a full glass of water and with the evening"
        " meal of the day.",
        "The recommended dose is: Children from 10 years: 250 mg twice daily, with a full glass of water.",
    ]


def test_lines_under_a_printed_bullet_belong_to_it_wherever_they_begin() -> None:
    data = second_page(
        Put(40, 90, "\u2022"), Put(52, 90, "Starting it in patients with an eGFR between 30 to"),
        Put(40, 102, "45 mL/min is not recommended in any patient, whatever the reason."),
        Put(40, 114, "o"), Put(52, 114, "Stop it below an eGFR of"),
        Put(52, 126, "30 mL/min in every patient of any age."),
    )  # fmt: skip
    (passage,) = texts(data)
    assert passage.split("\n") == [
        "Starting it in patients with an eGFR between 30 to 45 mL/min is not recommended in any patient, whatever the"
        " reason.",
        "Stop it below an eGFR of 30 mL/min in every patient of any age.",
    ]


def test_a_raised_figure_stays_an_exponent() -> None:
    data = second_page(
        Put(40, 90, "Below 30 mL/min/1.73 m"), Put(145, 86, "2", size=6), Put(150, 90, "do not start it.")
    )
    assert "1.73 m² do not start it." in texts(data)[0]


ROWS = [["eGFR", "Dose"], ["45 or more", "500 mg"], ["under 45", "do not start"]]


def test_a_ruled_table_gives_a_row_per_line_with_its_caption() -> None:
    caption = Put(40, 90, "Table 1: Dose by kidney function", bold=True)
    rows = [one for one in found(second_page(caption, *grid([40, 200, 400], 110, ROWS))) if one.is_table_row]
    assert [one.text for one in rows] == [
        "Table 1: Dose by kidney function. eGFR: 45 or more; Dose: 500 mg.",
        "Table 1: Dose by kidney function. eGFR: under 45; Dose: do not start.",
    ]


def test_a_table_goes_on_over_a_page_break() -> None:
    caption = Put(40, 690, "Table 1: Dose by kidney function", bold=True)
    first = [*HEAD, Put(40, 640, "2 DOSAGE AND ADMINISTRATION", bold=True), caption]
    data = pdf([*first, *grid([40, 200, 400], 720, ROWS[:2])], grid([40, 200, 400], 20, [["", ""], ROWS[2]]))
    assert [one.text for one in found(data) if one.is_table_row][-1] == (
        "Table 1: Dose by kidney function. eGFR: under 45; Dose: do not start."
    )


def test_a_table_with_rules_only_above_and_below_keeps_each_population_with_its_dose() -> None:
    rules = [Rule(40, y, 155) for y in (100, 190)] + [Rule(195, y, 300) for y in (100, 190)]
    cells = [
        Put(42, 115, "adults and children 12"), Put(42, 127, "years and over"), Put(200, 121, "take 2 tablets"),
        Put(42, 145, "children 6 to 11 years"), Put(200, 145, "take 1 tablet"),
        Put(42, 163, "children under 6 years"), Put(200, 163, "do not use"),
    ]  # fmt: skip
    assert [one.text for one in found(second_page(*rules, *cells)) if one.is_table_row] == [
        "Dosage and Administration. adults and children 12 years and over: take 2 tablets.",
        "Dosage and Administration. children 6 to 11 years: take 1 tablet.",
        "Dosage and Administration. children under 6 years: do not use.",
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([Put(40, 40, "Secret.")], locked=True), "encrypted PDF"),
        (pdf([Rule(40, 40, 100)]), "without text"),
        (pdf([]), "without text"),
        (b"%PDF-1.4\ngarbage", "damaged PDF"),
        (second_page()[:300], "damaged PDF"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_reason(data: bytes, reason: str) -> None:
    with pytest.raises(SourceRefused, match=reason):
        read_pdf(data)


WHOLE = second_page(Put(40, 90, "Take one tablet."), *grid([40, 200, 400], 110, ROWS))


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, len(WHOLE) - 1), value=st.integers(0, 255), cut=st.booleans())
def test_a_spoiled_file_is_read_or_refused_and_nothing_else(at: int, value: int, cut: bool) -> None:
    data = WHOLE[:at] if cut else WHOLE[:at] + bytes([value]) + WHOLE[at + 1 :]
    with suppress(SourceRefused):
        document = read_pdf(data)
        assert all(document.source.text[one.start : one.end] == one.text for one in passages(document))


@pytest.mark.shared
def test_the_directions_of_a_real_drug_facts_label(shared_data: Path) -> None:
    made = found((shared_data / "pdf" / "fda_acetaminophen_highlights_2025.pdf").read_bytes())
    assert [one.text for one in made if one.is_table_row] == [
        "Directions. adults and children 12 years and over: take 2 tablets every 4-6 hours while symptoms last, not"
        " more than 12 tablets in 24 hours.",
        "Directions. children 6 to 11 years: take 1 tablet every 4-6 hours while symptoms last, not more than 5 tablets"
        " in 24 hours.",
        "Directions. children under 6 years: do not use.",
    ]


@pytest.mark.shared
def test_a_real_dose_table_cut_by_a_page_break_is_whole(shared_data: Path) -> None:
    made = found((shared_data / "pdf" / "fda_amoxicillin_highlights_2025.pdf").read_bytes())
    rows = [one.text for one in made if one.is_table_row and one.section is Section.DOSAGE]
    mild = next(row for row in rows if "Severity: Mild/Moderate;" in row)
    assert "500 mg every 12 hour or 250 mg every 8 hours" in mild
    assert "25 mg/kg/day in divided doses every 12 hours or 20 mg/kg/day in divided doses every 8 hours" in mild
    assert "weight is less than 40 kg" in mild
