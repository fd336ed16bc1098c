"""Reading what others wrote: hostile files, loose ends, times in every form; and the official examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.acknowledgement import Verdict, read_acknowledgement
from assistant.triage.e2b.check import check_batch, rejected
from assistant.triage.e2b.compare import differences, round_trip
from assistant.triage.e2b.errors import NotE2b, SchemaUnusable
from assistant.triage.e2b.moments import before, earliest, precision
from assistant.triage.e2b.read import read_batch
from assistant.triage.e2b.report import Batch, Group, Value, flatten
from assistant.triage.e2b.schema import validated
from assistant.triage.e2b.structure import misbuilt
from assistant.triage.e2b.table import by_number
from assistant.triage.e2b.write import write_batch
from tests.assistant.triage.e2b.reports import EVENT, NOW, changed, postmarket, premarket

_HEAD = f'<MCCI_IN200100UV01 xmlns="{xml.HL7}">'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"\x00\xff garbage", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<ichicsr/>", "no batch of E2B"),
        (f"{_HEAD}</MCCI_IN200100UV01>".encode(), "holds no report"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type or entities"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type or entities"),
        ((_HEAD + "<b>" * 300 + "</b>" * 300 + "</MCCI_IN200100UV01>").encode(), "nested more than"),
    ],
)
def test_files_that_are_no_message_are_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(NotE2b, match=reason):
        read_batch(data)


def test_a_bomb_of_entities_is_refused_before_it_grows() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    with pytest.raises(NotE2b):
        read_batch(f"<!DOCTYPE a [{levels}]><a>&e11;</a>".encode())


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(NotE2b, match="larger than"):
        xml.parse(b"<a/>" + b" " * 2 * 1024 * 1024, largest=1024 * 1024)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_batch, read_acknowledgement):
        with pytest.raises(NotE2b):
            read(data)


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=60))
def test_any_text_survives(text: str) -> None:
    batch = changed(postmarket(), "H.1", Value(text))
    again = read_batch(write_batch(batch))
    assert again.reports[0].text("H.1") == text.strip(" \t\r\n")


def test_a_control_character_is_named_and_cannot_damage_the_file() -> None:
    batch = changed(postmarket(), "H.1", Value("one\x00two"))
    assert {violation.rule for violation in check_batch(batch, NOW)} == {"type"}
    assert read_batch(write_batch(batch)).reports[0].text("H.1") == "one\ufffdtwo"


def test_the_same_batch_is_always_the_same_bytes() -> None:
    assert write_batch(postmarket()) == write_batch(postmarket())


def test_what_has_no_place_is_kept_in_sight() -> None:
    data = write_batch(postmarket()).replace(
        b"<statusCode", b"<subject3><note code='7'>new</note></subject3><statusCode"
    )
    batch = read_batch(data)
    assert [unread.content for unread in batch.unread] == ["code=7 new"]
    assert "unread" in {violation.rule for violation in check_batch(batch, NOW)}
    assert any("subject3 has no place" in violation.wrong for violation in misbuilt(data))
    trip = round_trip(data)
    assert not trip.same
    assert trip.unread
    assert any("note" in line for line, _ in trip.lost)


def test_elements_out_of_order_or_once_too_often_are_named() -> None:
    data = write_batch(postmarket())
    moved = data.replace(b'<statusCode code="active"/>', b"").replace(
        b"<availabilityTime", b"<statusCode code='active'/><availabilityTime"
    )
    assert any("statusCode stands after effectiveTime" in v.wrong for v in misbuilt(moved))
    twice = data.replace(b"<name>Words</name>", b"<name>Words</name><name>Again</name>", 1)
    assert any("once too often" in v.wrong for v in misbuilt(twice))


def test_a_judgement_of_an_unknown_medicine_stays_and_is_named() -> None:
    root = etree.fromstring(write_batch(postmarket()))
    space = {"h": xml.HL7}
    reference = root.find(".//h:causalityAssessment/h:subject1/../h:subject2/h:productUseReference/h:id", space)
    assert reference is not None
    reference.set("root", "unknown")
    batch = read_batch(etree.tostring(root))
    found = [violation for violation in check_batch(batch, NOW) if violation.rule == "P09"]
    assert found
    assert "'unknown'" in found[0].wrong
    assert round_trip(etree.tostring(root)).same


_DATES = st.sampled_from(["2023", "202301", "20230102", "20230102101112+0100"])
_PIECES = {
    "E.i.4": _DATES,
    "E.i.5": _DATES,
    "E.i.6a": st.sampled_from(["3", "1.5"]),
    "E.i.6b": st.sampled_from(["d", "h"]),
}


@settings(deadline=None, max_examples=40)
@given(st.fixed_dictionaries({}, optional=_PIECES))
def test_times_of_an_event_survive_in_every_form(times: dict[str, str]) -> None:
    _survives("E.i", ("E.i.4", "E.i.5", "E.i.6a", "E.i.6b"), times)


_DOSE = {
    "G.k.4.r.2": st.just("8"), "G.k.4.r.3": st.just("h"), "G.k.4.r.4": _DATES, "G.k.4.r.5": _DATES,
    "G.k.4.r.6a": st.just("3"), "G.k.4.r.6b": st.just("wk"),
}  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.fixed_dictionaries({}, optional=_DOSE))
def test_times_of_a_dose_survive_in_every_form(times: dict[str, str]) -> None:
    _survives("G.k.4.r", tuple(_DOSE), times)


def _survives(group: str, numbers: tuple[str, ...], times: dict[str, str]) -> None:
    batch = postmarket()
    for number in numbers:
        batch = changed(batch, number, Value(times[number]) if number in times else None)
    again = read_batch(write_batch(batch))
    held = next(found for found in again.reports[0].walk() if found.name == group)
    assert {number: held.text(number) for number in numbers if held.value(number)} == times
    assert again.unread == ()


def test_a_message_with_prefixes_and_comments_says_the_same() -> None:
    data = write_batch(postmarket()).decode()
    prefixed = re.sub(r"<(/?)(?=[A-Za-z])", r"<\1v3:", data).replace("xmlns=", "xmlns:v3=")
    prefixed = re.sub(r'xsi:type="', 'xsi:type="v3:', prefixed).replace(
        "<v3:statusCode", "<!-- a word --><v3:statusCode"
    )
    again = read_batch(prefixed.encode())
    assert list(differences(read_batch(data.encode()), again)) == []
    assert again.unread == ()


def test_our_own_example_reads_as_it_is_meant() -> None:
    batch = read_batch((Path(__file__).parent / "examples" / "plain.xml").read_bytes())
    (report,) = batch.reports
    assert check_batch(batch, NOW) == ()
    assert (report.text("C.1.1"), report.text("D.2.2a"), report.text("D.2.2b")) == ("US-EXAMPLE-0001", "54", "a")
    assert [event.text("E.i.2.1b") for event in report.all("E.i")] == ["99000001"]
    (drug,) = report.all("G.k")
    (dose,) = drug.all("G.k.4.r")
    assert (drug.text("G.k.2.2"), drug.text("G.k.1"), dose.text("G.k.4.r.2"), dose.text("G.k.4.r.3")) == (
        "Lunarine", "1", "8", "h",
    )  # fmt: skip
    (row,) = drug.all("G.k.9.i")
    assert [value.text for _, value in row.all("G.k.9.i.2.r")[0].values] == ["Possible", "WHO-UMC", "Sender"]
    assert report.all("E.i")[0].value("E.i.3.2a") == Value(null="NI")
    trip = round_trip((Path(__file__).parent / "examples" / "plain.xml").read_bytes())
    assert trip.same


def test_several_reports_and_several_of_everything_keep_their_order() -> None:
    first, second = postmarket().reports[0], postmarket().reports[0].set("C.1.1", Value("US-ACME-0002"))
    names = tuple(
        Group("C.1.9.1.r", (("C.1.9.1.r.1", Value(f"S{n}")), ("C.1.9.1.r.2", Value(f"N{n}")))) for n in range(5)
    )
    batch = Batch(postmarket().header, (first, second.with_groups("C.1.9.1.r", names)))
    again = read_batch(write_batch(batch))
    assert list(differences(batch, again)) == []
    assert [group.text("C.1.9.1.r.1") for group in again.reports[1].all("C.1.9.1.r")] == ["S0", "S1", "S2", "S3", "S4"]


def test_a_second_given_name_keeps_its_place() -> None:
    batch = changed(postmarket(), "C.2.r.1.2", None)
    reporter = read_batch(write_batch(batch)).reports[0].all("C.2.r")[0]
    assert reporter.value("C.2.r.1.2") is None
    assert reporter.text("C.2.r.1.3") == "Words"


def test_a_street_of_two_lines_is_one_value() -> None:
    batch = changed(postmarket(), "C.2.r.2.3", Value("1 Main St\nFlat 4"))
    written = write_batch(batch)
    assert written.count(b"<streetAddressLine>") == 4 + 1
    assert read_batch(written).reports[0].all("C.2.r")[0].text("C.2.r.2.3") == "1 Main St\nFlat 4"


def test_a_masked_address_names_its_kind() -> None:
    batch = changed(postmarket(), "FDA.C.2.r.2.8", Value(null="MSK"))
    assert b'value="mailto" nullFlavor="MSK"' in write_batch(batch)
    assert read_batch(write_batch(batch)).reports[0].all("C.2.r")[0].value("FDA.C.2.r.2.8") == Value(null="MSK")


def test_the_matrix_points_at_its_reaction() -> None:
    again = read_batch(write_batch(premarket())).reports[0]
    row = again.all("G.k")[0].all("G.k.9.i")[0]
    assert (row.text("G.k.9.i.1"), row.text("G.k.9.i.3.1a"), row.text("G.k.9.i.4")) == (EVENT, "7", "1")
    assert row.all("G.k.9.i.2.r")[0].text("G.k.9.i.2.r.3") == "Words"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("2024", "year"), ("202402", "month"), ("20240229", "day"), ("2024022923", "hour"), ("202402292359", "minute"),
        ("20240229235958", "second"), ("20240229235958.12-0500", "second"), ("20230229", None), ("2024+0100", None),
        ("20240229235958+9900", None), ("24", None), ("", None),
    ],
)  # fmt: skip
def test_moments(text: str, held: str | None) -> None:
    assert precision(text) == held
    assert (earliest(text) is None) == (held is None)


def test_order_of_moments_is_judged_to_what_both_say() -> None:
    assert before("2023", "2024")
    assert not before("2024", "20240101")
    assert before("20240101", "20240102101112")


# ---- the user's own XSD


def _schemas(folder: Path) -> Path:
    inner = folder / "multicacheschemas"
    inner.mkdir(parents=True)
    (inner / "MCCI_IN200100UV01.xsd").write_text(
        f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{xml.HL7}"
        elementFormDefault="qualified"><xs:element name="MCCI_IN200100UV01"><xs:complexType><xs:sequence>
        <xs:any processContents="skip" maxOccurs="unbounded"/>
        </xs:sequence><xs:attribute name="ITSVersion" use="required"/><xs:anyAttribute processContents="lax"/>
        </xs:complexType></xs:element></xs:schema>""",
        encoding="utf-8",
    )
    return folder


def test_the_users_own_schema_is_asked(tmp_path: Path) -> None:
    folder = _schemas(tmp_path / "ich")
    data = write_batch(postmarket())
    assert validated(data, folder) == ()
    found = validated(data.replace(b'ITSVersion="XML_1.0"', b""), folder)
    assert len(found) == 1
    assert found[0].rule == "XSD"
    assert "ITSVersion" in found[0].wrong


def test_a_folder_without_a_usable_schema_is_refused(tmp_path: Path) -> None:
    data = write_batch(postmarket())
    with pytest.raises(SchemaUnusable, match="holds no MCCI_IN200100UV01"):
        validated(data, tmp_path)
    with pytest.raises(SchemaUnusable, match="holds no"):
        validated(data, tmp_path / "absent")
    _schemas(tmp_path / "one")
    _schemas(tmp_path / "two")
    with pytest.raises(SchemaUnusable, match="2 files"):
        validated(data, tmp_path)
    (tmp_path / "one" / "multicacheschemas" / "MCCI_IN200100UV01.xsd").write_text("<broken", encoding="utf-8")
    with pytest.raises(SchemaUnusable, match="cannot be used"):
        validated(data, tmp_path / "one")


# ---- the official examples

_EXAMPLES = {"1": 0, "2": 0, "3": 0, "5-1": 0, "6": 3}
"""How many violations a gateway would refuse each for; what they are is in docs/e2b.md."""


@pytest.mark.shared
@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_official_example_survives_element_by_element(shared_data: Path, name: str) -> None:
    data = (shared_data / "e2b" / f"FAERS2022Scenario{name}.xml").read_bytes()
    trip = round_trip(data)
    assert trip.differences == ()
    assert trip.unread == ()
    assert trip.lost == ()
    assert trip.new == ()
    assert trip.values >= 140
    assert misbuilt(data) == ()
    assert misbuilt(write_batch(read_batch(data))) == ()


@pytest.mark.shared
@pytest.mark.parametrize("name", _EXAMPLES)
def test_an_official_example_passes_the_checker_but_for_known_faults(shared_data: Path, name: str) -> None:
    batch = read_batch((shared_data / "e2b" / f"FAERS2022Scenario{name}.xml").read_bytes())
    refused = rejected(check_batch(batch, NOW))
    assert len(refused) == _EXAMPLES[name]
    if name == "6":
        assert {violation.element for violation in refused} == {"C.5.4", "C.1.6.1.r.2", "E.i.9"}


@pytest.mark.shared
def test_the_official_examples_say_the_elements_that_their_comments_name(shared_data: Path) -> None:
    """The examples name elements in comments; each of those that we know must have been read."""
    for name in _EXAMPLES:
        path = shared_data / "e2b" / f"FAERS2022Scenario{name}.xml"
        comments = [
            str(node.text) for node in etree.parse(str(path), etree.XMLParser(huge_tree=True)).iter(etree.Comment)
        ]
        named = {
            number for number in by_number() if any(f" {number}:" in f" {comment.strip()}" for comment in comments)
        }
        batch = read_batch(path.read_bytes())
        read = {number for top in (batch.header, *batch.reports) for _, number, _ in flatten(top)}
        absent = named - read
        assert absent <= _COMMENT_WITHOUT_VALUE, (name, absent)
        assert len(named) > 30


_COMMENT_WITHOUT_VALUE = {
    "C.2.r.1.3",  # the comment stands there, and no middle name
    "D.2.2.1b",  # a comment about gestation beside an age
    *("G.k.4.r.9.2a", "G.k.4.r.9.2b", "G.k.7.r.2a", "G.k.7.r.2b"),  # a code that is empty but for its list
}


@pytest.mark.shared
def test_both_official_acknowledgements_are_read(shared_data: Path) -> None:
    good = read_acknowledgement((shared_data / "e2b" / "R3ack-positive.ack").read_bytes())
    assert (good.verdict, good.batch) == (Verdict.ACCEPTED, "FAERS2022Scenario1-4069-a2dd-08002b30309d")
    assert good.rejected == ()
    assert good.reports[0].names("US-APHARMA-8744554B")
    bad = read_acknowledgement((shared_data / "e2b" / "R3ack-negative.ack").read_bytes())
    assert (bad.verdict, bad.code, len(bad.rejected)) == (Verdict.REJECTED, "AE", 1)
    assert bad.rejected[0].errors[2] == "Patient Ethnicity Code (FDA.D.12) must be provided"
