"""A recipe says everything, and what does not fit is refused before anything runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.errors import RecipeInvalid
from finetune.recipe import cautions, parse_recipe, read_recipe, recipe_hash, shipped, told, write_recipe

LEAST = "id: a\nversion: 1\nbase: b\n"


@pytest.mark.parametrize("name", ["answer-lora", "answer-qlora"])
def test_a_shipped_recipe_is_usual_and_says_its_own_name(name: str) -> None:
    recipe = read_recipe(shipped(name))
    assert recipe.label == f"{name}@1"
    assert cautions(recipe) == ()
    assert (recipe.quantise == "4bit") == (name == "answer-qlora")
    assert {key for key, _ in told(recipe)} >= {"rank", "learning_rate", "seed"}


def test_the_hash_is_of_the_values_and_not_of_how_they_are_written() -> None:
    recipe = parse_recipe(LEAST)
    assert parse_recipe(write_recipe(recipe)) == recipe
    assert recipe_hash(recipe) == recipe_hash(parse_recipe("# a comment\nbase: b\nversion: 1\nid: a\nrank: 16\n"))
    assert recipe_hash(recipe) != recipe_hash(replace(recipe, rank=8))


@pytest.mark.parametrize(
    ("text", "learning_rate"),
    [("learning_rate: 2.0e-5", 2e-5), ("learning_rate: 2e-5", 2e-5), ("learning_rate: 0.00002", 2e-5)],
)
def test_a_rate_may_be_written_as_people_write_it(text: str, learning_rate: float) -> None:
    """YAML 1.1 reads 2e-5 as text."""
    assert parse_recipe(LEAST + text).learning_rate == learning_rate


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"learning_rate": 1e-5}, ""),
        ({"learning_rate": 5e-5}, ""),
        ({"learning_rate": 0.9e-5}, "outside the usual"),
        ({"learning_rate": 5.1e-5}, "outside the usual"),
        ({"batch_size": 15}, "smaller than the usual"),
        ({"epochs": 2}, "not the usual 3 to 5"),
        ({"epochs": 5}, ""),
        ({"epochs": 6}, "not the usual 3 to 5"),
        ({"dora": True}, "only merged"),
    ],
)
def test_what_is_unusual_is_said_and_stops_nothing(changed: dict[str, float], says: str) -> None:
    found = cautions(replace(parse_recipe(LEAST), **changed))  # type: ignore[arg-type]
    assert [says in caution for caution in found] == ([True] if says else [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "a valid dictionary", id="empty"),
        pytest.param("- a", "a valid dictionary", id="a list"),
        pytest.param("id: a\nversion: 1", "base", id="no base"),
        pytest.param(LEAST + "ranks: 1", "ranks", id="an unknown key"),
        pytest.param(LEAST + "rank: 0", "rank", id="no rank"),
        pytest.param(LEAST + "rank: 100000", "rank", id="too large a rank"),
        pytest.param(LEAST + "learning_rate: .nan", "learning_rate", id="a rate that is no number"),
        pytest.param(LEAST + "learning_rate: 0", "learning_rate", id="no rate"),
        pytest.param(LEAST + "dropout: 1", "dropout", id="everything dropped"),
        pytest.param(LEAST + "quantise: 3bit", "quantise", id="an unknown quantisation"),
        pytest.param(LEAST + "targets: ['../x']", "targets", id="a path for a layer"),
        pytest.param(LEAST + "tracking: [wandb]", "tracking", id="a tracker that calls out"),
        pytest.param("id: A b\nversion: 1\nbase: b", "id", id="a name with blanks"),
        pytest.param("a: [", "no YAML", id="no YAML"),
        pytest.param("{" * 3000, "no YAML", id="nested too deeply"),
        pytest.param("a: !!python/object/apply:os.system [true]", "no YAML", id="code"),
    ],
)
def test_a_recipe_that_does_not_fit_is_one_clear_error(text: str, says: str) -> None:
    with pytest.raises(RecipeInvalid, match=says):
        parse_recipe(text)


@given(st.text(max_size=200))
def test_garbage_is_refused_or_read(text: str) -> None:
    with suppress(RecipeInvalid):  # and nothing else
        parse_recipe(text)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeInvalid, match="cannot be read"):
        read_recipe(tmp_path)
    (tmp_path / "large").write_text("#" * 200_000)
    with pytest.raises(RecipeInvalid, match="too large"):
        read_recipe(tmp_path / "large")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeInvalid):
        read_recipe(tmp_path / "bytes")
    for name in ("../recipe", "launch/fsdp", "x" * 5000, "\0", ""):
        with pytest.raises(RecipeInvalid, match="no recipe"):
            shipped(name)
