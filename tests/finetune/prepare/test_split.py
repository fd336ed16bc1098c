from __future__ import annotations

import random
from collections import defaultdict

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.prepare.settings import Settings
from finetune.prepare.split import divide, numbered

MEDICINES = [f"medicine{number:02}" for number in range(40)]


def _rows(count: int, seed: int = 3, most: int = 2) -> pl.DataFrame:
    rng = random.Random(seed)
    return pl.DataFrame(
        {
            "medicines": [rng.sample(MEDICINES, rng.randint(0, most)) for _ in range(count)],
            "group": [f"p{rng.randrange(count)}" if rng.random() < 0.3 else "" for _ in range(count)],
            "question_key": pl.Series([rng.getrandbits(60) for _ in range(count)], dtype=pl.UInt64),
        },
        schema_overrides={"medicines": pl.List(pl.String())},
    )


def _check(rows: pl.DataFrame, chosen: Settings) -> dict[str, int]:
    made = divide(rows, chosen)
    splits = made.splits.to_list()
    by_medicine, by_patient = defaultdict(set), defaultdict(set)
    for split, medicines, group in zip(splits, rows["medicines"].to_list(), rows["group"], strict=True):
        for name in medicines:
            by_medicine[name].add(split)
        if group:
            by_patient[group].add(split)
    assert all(len(found) == 1 for found in by_patient.values())
    assert all(by_medicine[name] <= {"held_out"} for name in made.held_out)
    if not made.by_patient_only:
        assert all("train" not in by_medicine[name] for name in made.validation)
    return {split: splits.count(split) for split in set(splits)}


def test_no_training_row_is_about_a_held_out_medicine_and_shares_are_kept() -> None:
    counts = _check(_rows(4000), Settings())
    assert 0.10 <= counts["validation"] / 4000 <= 0.16
    assert 0.05 <= counts["held_out"] / 4000 <= 0.11


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.integers(0, 4))
def test_whatever_the_rows_no_patient_or_medicine_lies_on_both_sides(seed: int, count: int, most: int) -> None:
    _check(_rows(count, seed, most), Settings())


def test_the_order_and_number_of_rows_do_not_move_a_medicine_that_was_held_out() -> None:
    rows = _rows(4000)
    before = divide(rows, Settings()).held_out
    grown = pl.concat([rows, _rows(1000, seed=5)])
    later = divide(grown, Settings(), before)
    assert set(before) <= set(later.held_out)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)
    assert divide(shuffled, Settings()).held_out == before


def test_rows_about_one_medicine_are_divided_by_patient() -> None:
    rows = _rows(200, most=0).with_columns(medicines=pl.Series([["metformin"]] * 200))
    made = divide(rows, Settings())
    assert made.by_patient_only
    counts = _check(rows, Settings())
    assert counts["validation"] > 0
    assert "held_out" not in counts


def test_two_rows_give_one_to_train_on_and_one_to_validate_with() -> None:
    rows = _rows(2, most=0).with_columns(medicines=pl.Series([["metformin"]] * 2))
    assert sorted(divide(rows, Settings()).splits) == ["train", "validation"]


def test_no_rows_and_one_row_are_no_error() -> None:
    assert divide(_rows(0), Settings()).splits.len() == 0
    assert divide(_rows(1), Settings()).splits.to_list() == ["train"]


def test_patients_become_numbers() -> None:
    assert numbered(pl.Series(["b", "", "a", "b"])).to_list() == ["g1", "", "g2", "g1"]
