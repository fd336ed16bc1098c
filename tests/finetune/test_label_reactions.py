from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.errors import TrainingFailed
from finetune.nets.label_reaction_rows import FOLDS, label_sections, places, rows
from finetune.nets.label_reactions import LOWEST, exact, keep, tagged
from finetune.nets.trainer import Recipe, train
from finetune.open_vocabulary import concepts, ids_before, is_name, write

TEXT = "Madeupol may cause Rash, mild  nausea and\nvomiting. (Nausea) was rare. Rashes pass."


def data(folder: Path, events: list[list[object]], text: str = TEXT) -> Path:
    (folder / "label_reactions").mkdir(parents=True)
    row = {"label_id": "MADEUPOL", "section_name": "adverse reactions", "section_text": text, "adverse_events": events}
    (folder / "label_reactions" / "made_up.json").write_text(json.dumps([row]), encoding="utf-8")
    return folder


def event(words: str, code: float | None = 1.0) -> list[object]:
    return [words, "A name", code, "A narrow name", code, None, "1", "human"]


def test_each_place_of_a_marked_string_is_marked(tmp_path: Path) -> None:
    (section,) = label_sections(data(tmp_path, [event("rash"), event("nausea"), event("nausea and vomiting")]))
    found = [" ".join(TEXT[start:end].split()) for start, end in places(section)]
    assert found == ["Rash", "nausea and vomiting", "Nausea"]
    assert 0 <= section.part() < FOLDS
    (row,) = rows([section])
    assert [(TEXT[start:end].split()[0], label) for start, end, label in row.spans][:3] == [
        ("Rash", "B"),
        ("nausea", "B"),
        ("and", "I"),
    ]


def test_a_string_in_pieces_is_left_unmarked_and_codes_are_read(tmp_path: Path) -> None:
    (section,) = label_sections(data(tmp_path, [event("rash vomiting", None), event("rash", 7.0)]))
    assert [TEXT[start:end] for start, end in places(section)] == ["Rash"]
    assert {one.code for one in section.marked} == {None, 7}


def test_broken_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="holds no labels"):
        label_sections(tmp_path)
    (tmp_path / "label_reactions").mkdir()
    (tmp_path / "label_reactions" / "broken.json").write_text("[{}]", encoding="utf-8")
    with pytest.raises(TrainingFailed, match=r"broken\.json"):
        label_sections(tmp_path)


def test_a_tagger_learns_a_made_up_label_and_its_spans_are_kept_as_numbers(tmp_path: Path) -> None:
    sections = label_sections(data(tmp_path, [event("rash"), event("nausea"), event("vomiting")]))
    recipe = Recipe("label_reactions", "tag", ("O", "B", "I"), rank=4, epochs=30, batch_size=4, learning_rate=3e-3)
    train(recipe, rows(sections) * 4, rows(sections), tmp_path / "net")
    found = tagged(sections, tmp_path / "net")
    precision, recall, _ = exact(sections, found, 0.5)
    assert precision > 0.7
    assert recall > 0.7
    file = tmp_path / "spans.json"
    keep(sections, {sections[0].hash: found[0]}, file)
    held = json.loads(file.read_text(encoding="utf-8"))
    kept = held["spans"]
    assert set(kept) == set(held["learned"]) == {sections[0].hash}
    assert all(chance >= LOWEST for _, _, chance in kept[sections[0].hash])
    assert "rash" not in file.read_text(encoding="utf-8").lower()


def test_the_vocabulary_joins_spellings_and_keeps_ids(tmp_path: Path) -> None:
    marked = {"anemia": 9, "anaemia": 2, "low hb": 1, "platelets (10*9) <50": 3, "worsening asthma": 2}
    rows_of = [("Haemoglobin decreased", "low Hb")]
    made = concepts(marked, rows_of, {})
    assert [one.names for one in made] == [("Anemia", "anaemia"), ("Haemoglobin decreased", "low Hb")] or [
        one.names[0] for one in made
    ] == ["Anemia", "Haemoglobin decreased"]
    file = tmp_path / "terms.csv"
    write(made, file)
    again = concepts({"anaemia": 9, "anemia": 1}, rows_of, ids_before(file))
    assert [one.id for one in again] == [one.id for one in made]
    assert again[0].names[0] == "Anaemia"


def test_a_concept_that_is_parted_leaves_its_id_to_the_usual_name(tmp_path: Path) -> None:
    joined = concepts({}, [("Hypertension", "pressure crisis")], {})
    file = tmp_path / "terms.csv"
    write(joined, file)
    parted = concepts({}, [("Hypertension",), ("Pressure crisis",)], ids_before(file))
    ids = {one.names[0]: one.id for one in parted}
    assert ids["Hypertension"] == joined[0].id
    assert len(set(ids.values())) == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("rash", True),
        ("stevens-johnson syndrome", True),
        ("sgpt greater than 5.0*uln", False),
        ("worsening viral infections", False),
        ("a b c d e f g", False),
        ("10% loss", False),
        ("x", False),
    ],
)
def test_only_words_that_stand_alone_become_names(text: str, kept: bool) -> None:
    assert is_name(text) is kept
