"""The texts that the adverse-event net learns from: marks stand where they should, and the ADE corpus is never read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from finetune.nets import adverse_rows
from finetune.nets.adverse_patterns import HAPPENED, KNOWN, LABELS, MEDICINE, NOTHING, Writer, joined, patterns
from finetune.nets.adverse_rows import beside_plain, label_rows, own_rows
from finetune.nets.adverse_words import american, label_terms, load_words
from finetune.nets.rows import TagRow

SECTION = {
    "label_id": "LUNARINE",
    "section_name": "adverse reactions",
    "section_text": "Blue nails occurred in patients who received LUNARINE.  Store it in a cool and very dry place.",
    "adverse_events": [["blue nails", "Nail discolouration", 10000001.0], ["a reaction of many more words", "x", 1.0]],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("label_reactions", "labels", "qa"):
        (tmp_path / folder).mkdir()
    (tmp_path / "label_reactions" / "made.json").write_text(json.dumps([SECTION]), encoding="utf-8")
    return tmp_path


def _every_pattern() -> Iterator[tuple[str, str, str]]:
    for register in ("cases", "chats"):
        for kind in (HAPPENED, KNOWN, NOTHING):
            yield from ((register, kind, pattern) for pattern in patterns(register).of(kind))


def test_every_pattern_can_be_filled_in_and_marks_what_it_says(data: Path) -> None:
    chance, words = random.Random(1), load_words(data)
    for register, kind, pattern in _every_pattern():
        for _ in range(4):
            row = Writer(words, register == "chats").row(pattern, kind, chance)
            labels = {label for *_, label in row.spans}
            assert labels <= ({MEDICINE, kind} if kind != NOTHING else set()), pattern
            assert not set("{}[]") & set(row.text), (pattern, row.text)
            assert all(row.text[start:end] == row.text[start:end].strip() != "" for start, end, _ in row.spans)
            if kind != NOTHING and "{D}" in pattern.replace("|", ""):
                assert "{D}" not in row.text


def test_rows_are_the_same_for_the_same_seed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adverse_rows, "SAMPLES", dict.fromkeys(adverse_rows.SAMPLES, 1))
    assert own_rows(data, 3) == own_rows(data, 3) != own_rows(data, 4)


def test_reactions_of_labels_are_their_own_words_without_codes(data: Path) -> None:
    assert label_terms(data) == ("blue nails",)


def test_a_sentence_of_a_label_that_names_the_medicine_states_what_is_known(data: Path) -> None:
    marked = next(row for row in label_rows(data, 1) if row.spans)
    found = {marked.text[start:end]: label for start, end, label in marked.spans}
    assert found == {"Blue nails": KNOWN, "LUNARINE": MEDICINE}


def test_joined_rows_keep_their_marks() -> None:
    one, other = TagRow("rash", ((0, 4, HAPPENED),)), TagRow("on lunarine", ((3, 11, MEDICINE),))
    row = joined([one, other], " / ")
    assert [row.text[start:end] for start, end, _ in row.spans] == ["rash", "lunarine"]
    assert all(any(part.text in row.text for part in (one, other)) for row in beside_plain([one] * 50, [other], 1))


def test_the_corpus_that_measures_is_not_read(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "adverse_events").mkdir()
    (data / "adverse_events" / "ade.jsonl").write_text("{not json", encoding="utf-8")
    monkeypatch.setattr(adverse_rows, "SAMPLES", dict.fromkeys(adverse_rows.SAMPLES, 1))
    monkeypatch.setattr(adverse_rows, "BESIDE_PLAIN", 0.0)
    assert adverse_rows.all_rows(data, 1)


def test_american_spelling() -> None:
    assert american("haemolytic anaemia with oedema") == "hemolytic anemia with edema"
    assert LABELS[0] == NOTHING
