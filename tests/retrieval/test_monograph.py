"""Markdown monographs: facts, origins, tables, and one clear error per fault of the front matter."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking import passages
from retrieval.errors import SourceRefused
from retrieval.passage import Section, SourceKind
from retrieval.readers.monograph import read_markdown
from tests.retrieval.labels import MONOGRAPH

CORPUS = Path(__file__).resolve().parents[2] / "retrieval" / "corpus"
GUIDELINE = """---
title: Guideline on lunarine
ingredients: lunarine
url: https://example.org/guideline
kind: guideline
---
# Dosing
Adults take **500 mg**. See [the label](https://example.org).

The dose is reduced when:
- the eGFR is below 45 mL/min/1.73 m2 and a second medicine is cleared by the kidney
- the patient is older than 80 years
"""


def test_one_bullet_is_one_passage_with_its_origin() -> None:
    document = read_markdown(MONOGRAPH.encode())
    rows = [(one.text, one.section, one.origin, one.is_table_row, one.verified) for one in passages(document)]
    label, table = "Lunarine tablets, prescribing information", "Dose of lunarine by kidney function."
    adults = "For adults, start lunarine tablets at 500 mg by mouth twice a day."
    dialysis = "The label of lunarine does not cover dosing in dialysis."
    assert rows == [
        (adults, Section.DOSAGE, f"{label}, section 2.1", False, False),
        (f"{table} eGFR: 45 or more; Dose: 500 mg.", Section.DOSAGE, f"{label}, sections 2.3, 8.6", True, False),
        (f"{table} eGFR: under 45; Dose: do not start.", Section.DOSAGE, f"{label}, sections 2.3, 8.6", True, False),
        (dialysis, Section.RENAL, f"{label}: not covered", False, False),
    ]
    assert "{" not in document.source.text


def test_the_source_is_the_monograph_with_the_date_of_its_label() -> None:
    source = read_markdown(MONOGRAPH.encode()).source
    assert (source.id, source.kind, source.title) == ("lunarine@1", SourceKind.MONOGRAPH, "Lunarine tablets")
    assert (source.effective, source.url) == (date(2026, 1, 31), "https://example.org/lunarine")
    assert (source.ingredients, source.brands, source.verified) == (("lunarine hydrochloride",), ("Moonex",), False)


def test_other_markdown_needs_little_front_matter() -> None:
    document = read_markdown(GUIDELINE.encode())
    assert document.source.kind is SourceKind.GUIDELINE
    lead = "The dose is reduced when:"
    assert [one.text for one in passages(document)] == [
        "Adults take 500 mg. See the label.",
        f"{lead} the eGFR is below 45 mL/min/1.73 m2 and a second medicine is cleared by the kidney.\n"
        f"{lead} the patient is older than 80 years.",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# No front matter\n", "no front matter"),
        (GUIDELINE.replace("title: Guideline on lunarine\n", ""), "'title'"),
        (GUIDELINE.replace("ingredients: lunarine\n", ""), "'ingredients'"),
        (GUIDELINE.replace("url: https://example.org/guideline\n", ""), "'url'"),
        (MONOGRAPH.replace("effective: 2026-01-31", "effective: soon"), "'label.effective'"),
        (MONOGRAPH.replace("id: lunarine", "id: ../../etc"), "'id'"),
        ("---\n[: broken\n---\ntext", "not YAML"),
        (GUIDELINE.split("# Dosing")[0], "no text"),
    ],
)
def test_a_fault_of_the_front_matter_names_the_field(text: str, reason: str) -> None:
    with pytest.raises(SourceRefused, match=reason):
        read_markdown(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SourceRefused, match="UTF-8"):
        read_markdown(b"\xff\xfe\x00")


LINES = st.sampled_from(
    [
        "## Dosing",
        "- A fact. {2.1}",
        "- {",
        "| a | b |",
        "|---|---|",
        "| 1 |",
        "Table: x {3}",
        "plain: ",
        "",
        "  more",
        "{-}",
    ]
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=20), st.booleans())
def test_any_order_of_lines_is_read_and_every_passage_is_a_slice(lines: list[str], monograph: bool) -> None:
    head = MONOGRAPH.split("## Adult")[0] if monograph else GUIDELINE.split("# Dosing")[0]
    document = read_markdown((head + "Always here.\n\n" + "\n".join(lines)).encode())
    assert all(document.source.text[one.start : one.end] == one.text for one in passages(document))


def test_every_starter_monograph_is_read() -> None:
    for path in sorted(CORPUS.glob("*.md")):
        found = passages(read_markdown(path.read_bytes()))
        assert len(found) > 20, path.name
        assert all(one.section is not Section.OTHER for one in found), path.name
        assert all(one.origin for one in found), path.name
