"""Tiny files in the real formats: MeSH's descriptors, and an RF2 release of SNOMED CT. The codes are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.errors import PrepareRefused
from finetune.prepare.annotate import labels
from finetune.prepare.standardise import standard
from finetune.prepare.vocabulary import joined, read_mesh, read_snomed
from retrieval.medicines import Medicines

MESH = """<?xml version="1.0"?>
<DescriptorRecordSet LanguageCode="eng">
 <DescriptorRecord DescriptorClass="1"><DescriptorUI>D900001</DescriptorUI>
  <DescriptorName><String>Myocardial Infarction</String></DescriptorName>
  <TreeNumberList><TreeNumber>C14.280.647.500</TreeNumber></TreeNumberList>
  <ConceptList><Concept PreferredConceptYN="Y"><TermList>
   <Term><String>Myocardial Infarction</String></Term><Term><String>Infarction, Myocardial</String></Term>
   <Term><String>Heart Attack</String></Term></TermList></Concept></ConceptList></DescriptorRecord>
 <DescriptorRecord DescriptorClass="1"><DescriptorUI>D900002</DescriptorUI>
  <DescriptorName><String>Calcimycin</String></DescriptorName>
  <TreeNumberList><TreeNumber>D03.633</TreeNumber></TreeNumberList></DescriptorRecord>
</DescriptorRecordSet>"""
HEADS = {
    "sct2_Concept_Snapshot_INT_20260101.txt": "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId",
    "sct2_Description_Snapshot-en_INT_20260101.txt": (
        "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId"
    ),
    "der2_cRefset_LanguageSnapshot-en_INT_20260101.txt": (
        "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId"
    ),
}
FSN, SYNONYM = "900000000000003001", "900000000000013009"


def _release(folder: Path) -> Path:
    described = [
        ("11", "1", "901", FSN, "Hypertensive disorder (disorder)"),
        ("12", "1", "901", SYNONYM, "Hypertensive disorder"),
        ("13", "1", "901", SYNONYM, "High blood pressure"),
        ("21", "1", "902", FSN, "Aspirin (substance)"),
        ("22", "1", "902", SYNONYM, "Aspirin tablets"),
        ("31", "1", "903", FSN, 'Old "disorder" (disorder)'),  # an inactive concept, and quotes that mean nothing
        ("32", "1", "903", SYNONYM, "Antique disorder"),
    ]
    lines = {
        "sct2_Concept_Snapshot_INT_20260101.txt": [
            f"{c}\t20260101\t{a}\t0\t0" for c, a in (("901", 1), ("902", 1), ("903", 0))
        ],
        "sct2_Description_Snapshot-en_INT_20260101.txt": [
            f"{name}\t20260101\t{active}\t0\t{concept}\ten\t{kind}\t{term}\t0"
            for name, active, concept, kind, term in described
        ],
        "der2_cRefset_LanguageSnapshot-en_INT_20260101.txt": [
            f"x{name}\t20260101\t1\t0\t0\t{name}\t900000000000548007" for name in ("12", "22", "32")
        ],
    }
    for name, head in HEADS.items():
        (folder / name).write_text("\n".join([head, *lines[name]]) + "\n", encoding="utf-8")
    return folder


def test_mesh_gives_preferred_terms_and_areas(tmp_path: Path) -> None:
    path = tmp_path / "desc2026.xml"
    path.write_text(MESH, encoding="utf-8")
    mesh = read_mesh(path)
    assert mesh.preferred("After a heart attack: Heart attack, heart, attack.") == (
        "After a myocardial infarction: Myocardial infarction, heart, attack."
    )
    assert set(mesh.terms) == {"myocardial infarction", "heart attack"}
    assert labels("ok after a heart attack?", "yes", (), mesh)[2] == "cardiovascular"


def test_snomed_gives_active_disorders_by_their_preferred_synonym(tmp_path: Path) -> None:
    snomed = read_snomed(_release(tmp_path))
    assert (
        snomed.preferred("with high blood pressure and aspirin tablets")
        == "with hypertensive disorder and aspirin tablets"
    )
    assert set(snomed.terms) == {"hypertensive disorder", "high blood pressure"}


def test_both_can_be_used_and_no_number_changes(tmp_path: Path) -> None:
    (tmp_path / "desc.xml").write_text(MESH, encoding="utf-8")
    both = joined([read_mesh(tmp_path / "desc.xml"), read_snomed(_release(tmp_path))])
    assert both is not None
    made = standard("After a heart attack with high blood pressure give 5 mg bid.", Medicines.load(), both)
    assert made == "After a myocardial infarction with hypertensive disorder give 5 mg twice daily."
    assert joined([]) is None


@pytest.mark.parametrize(
    "held", ["", "<a><b></a>", "<DescriptorRecordSet/>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
)
def test_what_is_no_mesh_is_refused(tmp_path: Path, held: str) -> None:
    (tmp_path / "desc.xml").write_text(held, encoding="utf-8")
    with pytest.raises(PrepareRefused):
        read_mesh(tmp_path / "desc.xml")


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrepareRefused, match="RF2"):
        read_snomed(tmp_path)
    path = _release(tmp_path) / "sct2_Concept_Snapshot_INT_20260101.txt"
    path.write_text("id\tactive\nonly one column\n", encoding="utf-8")
    with pytest.raises(PrepareRefused, match="RF2"):
        read_snomed(tmp_path)
