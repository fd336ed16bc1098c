from __future__ import annotations

from pathlib import Path

import pytest

from finetune.errors import PrepareRefused
from finetune.prepare.decontaminate import contamination, evaluated, evaluation_folders, evaluation_questions
from tests.finetune.prepare.made import rows

ASKED = (
    "forgot her metformin this morning, take two tonight?",
    "What is the highest dose of apixaban for a patient of eighty with a creatinine of 150?",
    "warfarin dose?",
)
AGAINST = evaluated(ASKED, 8)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("Forgot her METFORMIN this morning: take two tonight", "no", "an evaluation question"),
        ("warfarin dose", "no", "an evaluation question"),
        ("Hello, " + ASKED[1] + " Thanks", "no", "8 words of an evaluation question"),
        ("unrelated", "What is the highest dose of apixaban for a patient?", "8 words of an evaluation question"),
        ("What is the highest dose of apixaban in someone of eighty with a creatinine of 150?", "no", ""),
        ("What is the highest dose of apixaban", "no", ""),
        ("what warfarin dose", "no", ""),
    ],
)  # fmt: skip
def test_what_is_contaminated_and_why(question: str, answer: str, reason: str) -> None:
    given = rows({"question": question, "answer": answer})
    assert contamination(given, AGAINST, 0.8, 8).to_list() == [reason]


def test_a_question_that_is_nearly_one_is_found() -> None:
    given = rows(
        {"question": "What is the top dose of apixaban for a patient of eighty with creatinine 150?", "answer": "a"}
    )
    assert contamination(given, AGAINST, 0.5, 20).to_list() == ["nearly an evaluation question"]


def test_every_question_of_our_own_sets_is_found() -> None:
    questions = evaluation_questions(evaluation_folders())
    assert len(questions) > 200
    given = rows(*({"question": one, "answer": "x"} for one in questions))
    assert set(contamination(given, evaluated(questions, 8), 0.8, 8)) == {"an evaluation question"}


def test_a_set_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("questions: [", encoding="utf-8")
    with pytest.raises(PrepareRefused, match=r"a\.yaml"):
        evaluation_questions([tmp_path])


def test_without_any_set_nothing_is_contaminated() -> None:
    assert contamination(rows({"question": "q", "answer": "a"}), evaluated((), 8), 0.8, 8).to_list() == [""]
