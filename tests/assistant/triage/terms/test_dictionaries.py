from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.triage.dictionaries.errors import DictionaryUnreadable
from assistant.triage.dictionaries.meddra import read_meddra
from assistant.triage.dictionaries.open_vocabulary import FILE, open_vocabulary, synonyms
from assistant.triage.dictionaries.whodrug import read_whodrug
from assistant.triage.dictionaries.wording import singular, spelled, wording
from tests.assistant.triage.terms.made_dictionaries import meddra_folder, whodrug_row


def test_meddra_gives_each_lowest_term_its_preferred_term_and_primary_group(tmp_path: Path) -> None:
    read = read_meddra(meddra_folder(tmp_path))
    entry = next(one for one in read.entries if one.text == "Throwing up")
    assert (read.name, read.version) == ("MedDRA", "29.1")
    assert (entry.code, entry.concept, entry.preferred) == ("90000101", "90000001", "Vomiting")
    assert entry.group == "Gut disorders"
    assert [one.text for one in read.entries if not one.current] == ["Vomited NOS"]


def test_meddra_reads_the_inner_folder_too_and_older_letters(tmp_path: Path) -> None:
    folder = meddra_folder(tmp_path) / "MedAscii"
    llt = folder / "llt.asc"
    llt.write_bytes(llt.read_bytes() + "90000103$Erbrechen im Fr\xfchjahr$90000001$$$$$$$Y$$\r\n".encode("latin-1"))
    assert read_meddra(folder).entries[-1].text == "Erbrechen im Frühjahr"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("llt.asc", None, "holds no llt.asc"),
        ("llt.asc", b"", "holds no terms"),
        ("llt.asc", b"not;a;dictionary\n", "Line 1 of llt.asc"),
        ("llt.asc", b"90000001$Vomiting$99999999$$$$$$$Y$$\n", "which pt.asc lacks"),
        ("mdhier.asc", b"90000001$92\n", "Line 1 of mdhier.asc"),
        ("meddra_release.asc", b"latest$English$$$$\n", "version"),
    ],
)
def test_a_broken_copy_is_refused_with_what_is_wrong(
    tmp_path: Path, file: str, content: bytes | None, said: str
) -> None:
    folder = meddra_folder(tmp_path)
    target = folder / "MedAscii" / file
    if content is None:
        target.unlink()
    else:
        target.write_bytes(content)
    with pytest.raises(DictionaryUnreadable, match=said):
        read_meddra(folder)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(DictionaryUnreadable, match="MedAscii"):
            read_meddra(folder)


def test_whodrug_finds_a_brand_and_its_substance(tmp_path: Path) -> None:
    rows = (("00000101001", "METHYLDOPA"), ("00000101002", "ALDOMET"), ("00000201001", "ALDOMET FORTE"))
    (tmp_path / "DD.txt").write_text("".join(whodrug_row(*row) for row in rows), encoding="latin-1")
    read = read_whodrug(tmp_path, "2026 Sep")
    assert [(one.code, one.substance) for one in read.find("Aldomet")] == [("00000101002", "METHYLDOPA")]
    assert read.find("unheard of") == ()
    (tmp_path / "DD.txt").write_text("too short\n", encoding="latin-1")
    with pytest.raises(DictionaryUnreadable, match="Line 1"):
        read_whodrug(tmp_path, "2026 Sep")
    with pytest.raises(DictionaryUnreadable, match="holds no DD"):
        read_whodrug(tmp_path / "none", "2026 Sep")


# What must be the same event in other words, and what must not.
SAME = (
    ("Anaemia", "anemia"),
    ("Diarrhoea", "diarrhea"),
    ("oedema of the face", "face edema"),
    ("Increased ALT", "ALT elevations"),
    ("ulcers of the mouth", "Oral ulcer"),
    ("renal failure", "kidney failure"),
    ("generalised oedema", "Generalized edema"),
    ("Rash erythematous", "erythematous rash"),
    ("blood potassium increased", "raised potassium"),
    ("mild transient nausea", "Nausea"),
    ("hypertensive crises", "hypertensive crisis"),
)
OTHER = (
    ("hyperkalaemia", "hypokalaemia"),
    ("ALT increased", "AST increased"),
    ("potassium increased", "potassium decreased"),
    ("acute renal failure", "renal failure"),
    ("hepatic necrosis", "hepatitis"),
    ("bradycardia", "tachycardia"),
    ("haemorrhagic stroke", "stroke"),
    ("cardiac death", "cardiac disorder"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_spellings_and_orders_are_the_same_event(one: str, other: str) -> None:
    assert wording(one).words == wording(other).words


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_opposites_and_narrower_events_stay_apart(one: str, other: str) -> None:
    assert wording(one).words != wording(other).words


def test_grave_words_are_kept_apart() -> None:
    assert wording("fatal fulminant hepatitis").grave == {"fatal", "fulminant"}
    assert wording("severe").words


@given(st.text(max_size=80))
def test_any_text_has_a_wording(text: str) -> None:
    said = wording(text)
    assert said == wording(text)
    assert spelled(text) == spelled(text).lower()
    assert all(singular(word) for word in spelled(text).split())


def test_the_open_vocabulary_is_consistent() -> None:
    made = open_vocabulary()
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 1900
    assert max(Counter(row["id"] for row in rows).values()) == 1
    assert len(made.version) == 12
    assert all(entry.text.strip() == entry.text and entry.text for entry in made.entries)
    usual = {entry.text for entry in made.entries if entry.text == entry.preferred}
    assert {row[0] for row in synonyms()} <= usual


def test_no_name_is_in_two_rows_of_synonyms() -> None:
    names = Counter(spelled(name) for row in synonyms() for name in dict.fromkeys(map(spelled, row)))
    assert [name for name, often in names.items() if often > 1] == []
