"""Which medicines a text names. Each row says why, so that a pharmacist can review it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.ingredient import base_name
from retrieval.medicines import TABLE, Medicines, NameRow
from retrieval.medicines_table import lookalikes, name_rows, write_table
from retrieval.passage import Source, SourceKind

MEDICINES = Medicines.load()


def names(text: str) -> list[str]:
    return [name for mention in MEDICINES.find(text) for name in mention.ingredients]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max dose of metformin", ["metformin"]),
        ("METFORMIN HYDROCHLORIDE 500 mg", ["metformin"]),  # salts and capitals do not matter
        ("Tylenol and Coumadin", ["acetaminophen", "warfarin"]),  # brands, two at once
        ("paracetamol", ["acetaminophen"]),  # the international name
        ("interferon beta 1a liver", ["interferon beta-1a"]),  # a hyphen typed as a space
        ("peginterferon beta-1a", ["peginterferon beta-1a"]),  # not the shorter interferon inside it
        ("dimethyl fumarate flushing", ["dimethyl fumarate"]),  # its salt word is half its name
        ("co-amoxiclav", ["amoxicillin", "clavulanate"]),  # two ingredients in one name
        ("warfarin's interactions", ["warfarin"]),  # a possessive is no other word
        ("isosorbide mononitrate", ["isosorbide mononitrate"]),  # not the dinitrate
        ("lithium carbonate levels", ["lithium"]),
    ],
)
def test_exact_names(text: str, expected: list[str]) -> None:
    assert names(text) == expected
    assert all(mention.exact for mention in MEDICINES.find(text))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("metfromin", "metformin"),  # two letters swapped
        ("ibuprofin", "ibuprofen"),  # one wrong
        ("amoxcillin", "amoxicillin"),  # one missing
        ("acetominophen", "acetaminophen"),
        ("acetaminofen", "acetaminophen"),  # two edits
        ("natilizumab", "natalizumab"),
        ("lipator", "lipitor"),  # a brand
        ("glatirimer", "glatiramer"),
        ("teriflunimide", "teriflunomide"),
        ("hydroxizine", "hydroxyzine"),  # and not hydralazine
    ],
)
def test_misspellings(typed: str, meant: str) -> None:
    (mention,) = MEDICINES.find(f"dose of {typed} in adults")
    assert (mention.surface, mention.name, mention.exact, mention.ambiguous) == (typed, meant, False, ())


@pytest.mark.parametrize(
    "text",
    [
        "Today I want relief from pain",  # two brands that are English words
        "what about children?",
        "macular oedema, nicotinic receptors and cytokine release",  # a letter away from brands
        "the weather in Paris",
        "can I drink alcohol",  # an ingredient, and no medicine here
        "low sodium diet with zinc",
        "creatinine, cholesterol, triglycerides, haemoglobin and platelets",
        "a statin or an NSAID",  # classes are not medicines
    ],
)
def test_ordinary_words_are_no_medicines(text: str) -> None:
    assert MEDICINES.find(text) == ()


def test_an_everyday_name_counts_where_a_strength_follows() -> None:
    assert names("soma 350 mg at night") == ["carisoprodol"]
    assert names("Muse 250 mcg") == ["alprostadil"]
    assert names("alcohol with metformin") == ["metformin"]


def test_a_misspelling_between_two_medicines_chooses_none() -> None:
    table = Medicines([NameRow("celexin", ("one",), True), NameRow("celexan", ("two",), True)])
    (mention,) = table.find("celexon")
    assert (mention.exact, set(mention.ambiguous), set(mention.ingredients)) == (
        False,
        {"celexin", "celexan"},
        {"one", "two"},
    )


def test_no_real_name_of_the_table_is_read_as_another() -> None:
    """Names a letter apart (hydroxyzine, hydralazine; Celebrex, Celexa) always mean themselves."""
    with TABLE.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["name"].isalpha() and len(row["name"]) > 4]
    wrong = [row["name"] for row in rows if any(not mention.exact for mention in MEDICINES.find(row["name"]))]
    assert wrong == []
    assert len(rows) > 4000


def test_positions_are_those_of_the_text() -> None:
    text = "Is Advil ok with  warfarin sodium?"
    assert [text[m.start : m.end] for m in MEDICINES.find(text)] == ["Advil", "warfarin sodium"]


@given(st.text(max_size=300))
def test_any_text_gives_mentions_inside_it_that_do_not_overlap(text: str) -> None:
    end = 0
    for mention in MEDICINES.find(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.surface
        end = mention.end


def test_same_looks_through_brands_and_salts() -> None:
    assert MEDICINES.same("Glucophage", "metformin hydrochloride")
    assert MEDICINES.same("paracetamol", "Tylenol")
    assert not MEDICINES.same("hydroxyzine", "hydralazine")
    assert not MEDICINES.same("", "")
    assert MEDICINES.same("something new", "Something  New")


def test_sources_bring_their_own_names() -> None:
    own = Source("n@1", "n", SourceKind.LABEL, "", ("Novelimab-abcd",), ("Nuvonex",), "", "1", None, "", "", "", "")
    medicines = Medicines.load([own])
    assert [mention.ingredients for mention in medicines.find("nuvonex or novelimab")] == [("novelimab",)] * 2


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Metformin Hydrochloride", "metformin"),
        ("natalizumab-sztn", "natalizumab"),  # FDA's four letters
        ("insulin glargine-yfgn", "insulin glargine"),
        ("interferon beta-1a", "interferon beta-1a"),  # these letters belong to the name
        ("DIMETHYL FUMARATE", "dimethyl fumarate"),
        ("siponimod fumaric acid", "siponimod"),
        ("potassium chloride", "potassium chloride"),
        ("Levothyroxine sodium anhydrous", "levothyroxine"),
        ("", ""),
    ],
)
def test_base_names(name: str, base: str) -> None:
    assert base_name(name) == base
    assert base_name(base) == base


def test_the_table_is_made_from_the_public_file(tmp_path: Path) -> None:
    products = tmp_path / "products.txt"
    head = "ApplNo\tProductNo\tForm\tStrength\tReferenceDrug\tDrugName\tActiveIngredient\tReferenceStandard\n"
    rows = ["GLUCOPHAGE XR\tMETFORMIN HYDROCHLORIDE", "METFORMIN\tMETFORMIN HYDROCHLORIDE", "DUO\tALPHADRUG; BETADRUG"]
    products.write_text(head + "".join(f"1\t1\tTABLET\t1\t0\t{row}\t0\n" for row in rows), encoding="latin-1")
    made = {row.name: row for row in name_rows(products, {"duo"})}
    assert made["glucophage"] == NameRow("glucophage", ("metformin",), True, 1)
    assert made["metformin"] == NameRow("metformin", ("metformin",), False, 2)
    assert made["duo"].ingredients == ("alphadrug", "betadrug")
    write_table(made.values(), tmp_path / "table.csv")
    assert "duo,alphadrug;betadrug,brand,1\n" in (tmp_path / "table.csv").read_text()
    assert lookalikes(["metforman", "unlike", "metformin"], made) == ["metforman"]
