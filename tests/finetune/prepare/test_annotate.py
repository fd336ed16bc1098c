from __future__ import annotations

import pytest

from finetune.dialogue import REFUSED
from finetune.prepare.annotate import annotate, area_of, labels, population
from finetune.prepare.plots import write_plots
from finetune.prepare.sheet import Lengths, Sheet, StepCount, page
from tests.finetune.prepare.made import rows

# question, answer, medicines: topic, section, area, population, task, difficulty
TABLE = [
    ("max metformin dose in ckd", "2 g", ["metformin"],
     ("dosing", "renal", "endocrine and metabolic", "renal", "dose", "easy")),
    ("is warfarin ok with aspirin", "no", ["aspirin", "warfarin"],
     ("interactions", "interactions", "pain and symptoms", "general", "interaction", "medium")),
    ("can she breastfeed on it?", REFUSED, [],
     ("pregnancy and lactation", "lactation", "other", "lactation", "refuse", "easy")),
    ("tell me something", "yes", [], ("other", "other", "other", "general", "explain", "easy")),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer", "medicines", "expected"), TABLE)
def test_labels(question: str, answer: str, medicines: list[str], expected: tuple[str, ...]) -> None:
    assert labels(question, answer, medicines) == expected


def test_a_label_that_is_given_stays() -> None:
    made = annotate(
        rows({"question": "max dose?", "answer": "a", "topic": "mine"}, {"question": "max dose?", "answer": "a"})
    )
    assert made["topic"].to_list() == ["mine", "dosing"]
    assert annotate(rows()).height == 0


@pytest.mark.parametrize(
    ("medicine", "area"),
    [("atorvastatin", "cardiovascular"), ("apixaban", "haematology"), ("amoxicillin", "infection"), ("xyz", "")],
)
def test_areas_come_from_members_classes_and_endings(medicine: str, area: str) -> None:
    assert area_of(medicine) == area


def test_populations() -> None:
    assert population("an 81 y/o with a child-pugh B liver") == "hepatic"
    assert population("a 7-year-old") == "paediatric"
    assert population("Childress asked") == "general"


def test_the_sheet_and_its_figures_can_be_drawn_of_nothing_and_of_much(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    balance = {"area": {f"area {n} | <b>": {"train": n, "validation": 1} for n in range(30)}}
    full = Sheet(9, (StepCount("read", 9, {"a | b": 2}), StepCount("clean", 7, {})), {"train": 7}, balance,
                 (Lengths("answer", "train", (1, 2, 3, 4, 5)),), {"warfarin": 7}, ("x",), (), True, 3, {"NAME": 1}, {},
                 1, {"f" * 64: ""}, {"near": "0.8"})  # fmt: skip
    empty = Sheet(0, (), {}, {}, (), {}, (), (), False, 0, {}, {}, 0, {}, {})
    for sheet in (full, empty):
        made = write_plots(tmp_path_factory.mktemp("plots"), sheet)
        assert all(path.stat().st_size > 1000 for path in made)
        assert page(sheet).startswith("# Data sheet")
    assert "a / b" in page(full)
    assert "too few medicines" in page(full)
