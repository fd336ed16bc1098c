"""SPL labels: sections, tables, lists, metadata, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking import passages
from retrieval.errors import SourceRefused
from retrieval.passage import Passage, Section, SourceKind
from retrieval.readers.headings import section_of, section_of_code
from retrieval.readers.spl import read_spl
from tests.retrieval.labels import SET_ID, section, spl


@pytest.fixture(scope="module")
def found() -> tuple[Passage, ...]:
    return passages(read_spl(spl()))


def test_metadata_is_read() -> None:
    source = read_spl(spl()).source
    assert (source.id, source.document, source.set_id, source.version) == (f"{SET_ID}@3", SET_ID, SET_ID, "3")
    assert (source.title, source.kind) == ("Lunarine (lunarine hydrochloride) tablets", SourceKind.LABEL)
    assert (source.ingredients, source.brands) == (("lunarine hydrochloride",), ("Lunarine",))
    assert (source.publisher, source.effective) == ("Example Laboratories", date(2026, 1, 31))
    assert source.url == f"https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid={SET_ID}"
    assert len(source.checksum) == 64


def test_table_rows_repeat_caption_headers_and_footnotes(found: tuple[Passage, ...]) -> None:
    assert [passage.text for passage in found if passage.is_table_row] == [
        "Table 1: Dose by kidney function. eGFR (mL/min/1.73 m²): 60 or more; Daily dose, Start: 500 mg; Daily dose,"
        " Maximum: 2,550 mg. Note: With the evening meal.",
        "Table 1: Dose by kidney function. eGFR (mL/min/1.73 m²): 45 to 59; Daily dose, Start: 500 mg; Daily dose,"
        " Maximum: 2,550 mg. Note: With the evening meal.",
        "Table 1: Dose by kidney function. eGFR (mL/min/1.73 m²): 30 to 44; Daily dose, Start and Daily dose, Maximum:"
        " Do not start. Note: With the evening meal.",
    ]


def test_a_dose_item_keeps_its_lead_in(found: tuple[Passage, ...]) -> None:
    (lines,) = [passage.text.split("\n") for passage in found if "Adults" in passage.text]
    assert lines == [
        "The recommended dosage of LUNARINE is: Adults: 500 mg twice daily with meals. Do not chew the tablets.",
        "The recommended dosage of LUNARINE is: Children from 10 years: 250 mg twice daily.",
    ]


def test_sections_come_from_codes_and_from_headings(found: tuple[Passage, ...]) -> None:
    sections = {passage.heading[-1]: passage.section for passage in found}
    assert sections == {
        "Warning: Moon Sickness": Section.BOXED_WARNING,
        "2 Dosage and Administration": Section.DOSAGE,
        "2.3 Dosage in Renal Impairment": Section.RENAL,
        "4 Contraindications": Section.CONTRAINDICATIONS,
        "8.7 Hepatic Impairment": Section.HEPATIC,
    }


def test_highlights_package_and_cross_references_are_left_out() -> None:
    text = read_spl(spl()).source.text
    assert "Shortened words" not in text
    assert "NDC 00000" not in text
    assert "see Use in Specific" not in text


@pytest.mark.parametrize(
    ("heading", "parent", "expected"),
    [
        ("2.4 Dosage in Patients with Renal Impairment", Section.DOSAGE, Section.RENAL),
        ("2.2 Pediatric Dosage", Section.DOSAGE, Section.PAEDIATRIC),
        ("2.1 Adult and Pediatric Dosage", Section.DOSAGE, Section.DOSAGE),  # both: stays what it is
        ("Renal Impairment", Section.PHARMACOLOGY, Section.PHARMACOLOGY),  # a study, no advice
        ("5.4 Liver Failure", Section.WARNINGS, Section.WARNINGS),  # a risk, no patient group
        ("c. Impaired Renal Function", Section.WARNINGS, Section.RENAL),
        ("5.6 Use in Patients with Hepatic Impairment", Section.WARNINGS, Section.HEPATIC),
        ("Stop use and ask a doctor if", Section.OTHER, Section.WARNINGS),
        ("Directions", Section.OTHER, Section.DOSAGE),
        ("Lunar phases", Section.OTHER, Section.OTHER),
    ],
)
def test_headings_are_judged_by_their_words(heading: str, parent: Section, expected: Section) -> None:
    assert section_of(heading, parent) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("34067-9", Section.INDICATIONS), ("43685-7", Section.WARNINGS), ("34071-1", Section.WARNINGS),
        ("34084-4", Section.ADVERSE_REACTIONS), ("34073-7", Section.INTERACTIONS), ("42228-7", Section.PREGNANCY),
        ("77290-5", Section.LACTATION), ("77291-3", Section.PREGNANCY), ("34081-0", Section.PAEDIATRIC),
        ("34082-8", Section.GERIATRIC), ("88829-7", Section.HEPATIC), ("88828-9", Section.RENAL),
        ("34088-5", Section.OVERDOSE), ("34090-1", Section.PHARMACOLOGY), ("00000-0", Section.DOSAGE),
    ],
)  # fmt: skip
def test_loinc_codes(code: str, expected: Section) -> None:
    assert section_of_code(code, "Moon", Section.DOSAGE) is expected


NESTED = "".join(f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True))
LAUGHS = f"<!DOCTYPE d [<!ENTITY a 'ha'>{NESTED}]><d>&i;</d>"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"this is no XML", "not well-formed XML"),
        (b"<MCCI_IN200100UV01 xmlns='urn:hl7-org:v3'/>", "root element is <MCCI_IN200100UV01>"),
        (b"<document/>", "root element is <document>"),  # without the HL7 namespace it is somebody else's document
        (spl(sections=""), "without any text"),
        (spl(set_id=""), "no set id"),
        (LAUGHS.encode(), "document type"),
        (b"<!DOCTYPE d SYSTEM 'file:///etc/passwd'><d/>", "document type"),
        (spl()[:-200], "not well-formed XML"),
        (
            spl(sections=section("34068-7", "2 DOSAGE", "<list><item>a" * 60 + "</item></list>" * 60)),
            "nested more than",
        ),
    ],
)
def test_what_is_no_label_is_refused_with_one_reason(data: bytes, reason: str) -> None:
    with pytest.raises(SourceRefused, match=reason):
        read_spl(data)


def test_an_external_entity_is_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    hostile = f"<!DOCTYPE d [<!ENTITY x SYSTEM '{secret.as_uri()}'>]><d>&x;</d>".encode()
    with pytest.raises(SourceRefused, match="document type"):
        read_spl(hostile)


TABLE = st.recursive(
    st.text(alphabet="ab 1.;:", max_size=12),
    lambda inner: st.builds(
        lambda tag, parts, span: f'<{tag} colspan="{span}" rowspan="{span}">{"".join(parts)}</{tag}>',
        st.sampled_from(["table", "tr", "td", "th", "thead", "tbody", "tfoot", "list", "item", "paragraph", "sup"]),
        st.lists(inner, max_size=4),
        st.sampled_from(["1", "2", "0", "-1", "99999", "x"]),
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=150)
@given(TABLE)
def test_any_nesting_is_read_and_every_passage_is_a_slice(text: str) -> None:
    document = read_spl(spl(sections=section("34068-7", "2 DOSAGE", "<paragraph>Take it.</paragraph>" + text)))
    assert all(document.source.text[one.start : one.end] == one.text for one in passages(document))


@pytest.mark.timeout(60)  # reading every way through them would take years
def test_tables_inside_tables_do_not_hang() -> None:
    nested = "<table><tr><td>x" * 20 + "</td></tr></table>" * 20
    read_spl(spl(sections=section("34068-7", "2 DOSAGE", nested)))


@given(st.binary(max_size=400))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(SourceRefused):
        read_spl(data)


@pytest.mark.shared
def test_every_real_label_is_read(shared_data: Path) -> None:
    for path in sorted((shared_data / "labels").glob("*.xml")):
        document = read_spl(path.read_bytes())
        found = passages(document)
        source = document.source
        assert source.ingredients, path.name
        assert source.effective, path.name
        assert {Section.DOSAGE, Section.INDICATIONS, Section.CONTRAINDICATIONS} <= {one.section for one in found}, (
            path.name
        )
        assert all(source.text[one.start : one.end] == one.text for one in found)
        # One label forgets to close such a bracket.
        assert sum("[see" in one.text.lower() for one in found) <= 1, path.name


@pytest.mark.shared
def test_a_real_titration_table_keeps_day_and_dose_together(shared_data: Path) -> None:
    found = passages(read_spl((shared_data / "labels" / "ponesimod.xml").read_bytes()))
    rows = [one.text for one in found if one.is_table_row and one.section is Section.DOSAGE]
    assert any("Days 3 and 4" in row and row.endswith("Daily Dose: 3 mg.") for row in rows)
