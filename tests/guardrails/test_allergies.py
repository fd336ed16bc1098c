"""An allergy reaches as far as a source says, and no further."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from guardrails.allergies import TABLE, cross_reactions, read_table
from guardrails.errors import RuleInvalid
from guardrails.rulebook import FOLDER
from tests.guardrails.claims import medicines

REACHES = [
    # (allergy as it may be written, ingredient, worst severity; "": no source says anything)
    ("penicillin", "amoxicillin", "block"),
    ("Penicillins (hives)", "ampicillin", "block"),
    ("Augmentin", "ampicillin", "block"),  # a brand is its ingredients
    ("amoxicillin", "cephalexin", "warn"),  # about 2 in 100, mostly by the side chain
    ("cephalexin", "amoxicillin", "warn"),
    ("cephalosporins", "ceftriaxone", "warn"),
    ("penicillin", "ciprofloxacin", ""),
    ("sulfa drugs", "sulfamethoxazole", "block"),
    ("Bactrim", "celecoxib", "block"),
    ("sulfa", "furosemide", ""),  # not one of the antibiotics, and no source at hand says so
    ("celecoxib", "sulfamethoxazole", ""),  # only one way is known
    ("aspirin", "ibuprofen", "block"),
    ("NSAIDs", "ketorolac", "block"),
    ("ibuprofen", "acetaminophen", ""),
    ("phenytoin", "carbamazepine", "warn"),
    ("carbamazepine", "oxcarbazepine", "warn"),
    ("oxcarbazepine", "valproate", ""),
    ("phenytoin", "fosphenytoin", "block"),
    ("amitriptyline", "carbamazepine", "block"),
    ("carbamazepine", "amitriptyline", ""),
    ("levofloxacin", "ciprofloxacin", "block"),
    ("ramipril", "lisinopril", "block"),
    ("lisinopril", "losartan", ""),
    ("pantoprazole", "omeprazole", "block"),
    ("gentamicin", "tobramycin", "block"),
    ("diazepam", "lorazepam", "block"),
    ("citalopram", "escitalopram", "block"),
    ("chlorambucil", "busulfan", "warn"),
    ("peanuts", "amoxicillin", ""),
    ("latex", "ibuprofen", ""),
    ("", "amoxicillin", ""),
]


@pytest.mark.parametrize(("allergy", "ingredient", "worst"), REACHES)
def test_an_allergy_reaches_as_far_as_a_source_says(allergy: str, ingredient: str, worst: str) -> None:
    found = cross_reactions(allergy, ingredient, medicines())
    assert (found[0].severity.value if found else "") == worst
    assert all(one.text and one.source and one.section for one in found)


def test_the_medicine_itself_is_no_cross_reaction() -> None:
    assert cross_reactions("amoxicillin", "amoxicillin trihydrate", medicines()) == ()
    assert cross_reactions("ibuprofen", "ibuprofen", medicines()) == ()


def test_a_salt_is_its_ingredient() -> None:
    assert cross_reactions("naproxen sodium", "diclofenac potassium", medicines())


def test_every_member_is_a_medicine_that_is_known() -> None:
    for group in read_table().groups:
        for member in group.members:
            exact = [mention.ingredients for mention in medicines().find(member) if mention.exact]
            assert exact == [(member,)]


def test_every_monograph_that_is_named_exists() -> None:
    corpus = FOLDER.parents[2] / "retrieval"
    documents = [source.document for source in read_table().sources.values() if source.document]
    assert len(documents) >= 6
    assert all((corpus / one).is_file() for one in documents)


BROKEN = [
    # (what is changed, what the message says)
    (("reactions", 0, "to", "unicorns"), "names a group or a source"),
    (("reactions", 0, "source", "hearsay"), "names a group or a source"),
    (("reactions", 0, "severity", "perhaps"), "severity"),
    (("reactions", 0, "because", "it is so"), "Extra inputs"),
    (("groups", 1, "id", "penicillins"), "same id"),
    (("groups", 0, "members", []), "members"),
]


@pytest.mark.parametrize(("change", "message"), BROKEN)
def test_a_table_that_says_what_it_may_not_is_refused(
    change: tuple[str, int, str, object], message: str, tmp_path: Path
) -> None:
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    part, at, field, value = change
    table[part][at][field] = value
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump(table), encoding="utf-8")
    with pytest.raises(RuleInvalid, match=message):
        read_table(tmp_path / "broken.yaml")


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleInvalid, match="cannot be read"):
        read_table(tmp_path / "missing.yaml")
    (tmp_path / "bad.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(RuleInvalid, match="cannot be read"):
        read_table(tmp_path / "bad.yaml")
