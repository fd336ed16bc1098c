"""Base models side by side: sourced facts, memory by its formula, what was measured here, and a score that adds up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.base_facts import Architecture, BaseFacts, Number, Use, read_bases
from finetune.base_memory import serving_gb, token_bytes, training_gb, weights_gb
from finetune.bases import ServedSpeed, Standing, as_json, as_text, compare, keep_baseline, keep_speed, read_speeds
from finetune.errors import BaseInvalid, EvaluationInvalid
from finetune.evaluate import Evaluation
from finetune.grading import Grade, Result
from finetune.suites.probe import Suite, Traits
from tests.finetune.training_world import base, examples

ONE = """
id: test
version: 1
use: {tokens: 1000, at_once: 2, memory_gb: 80}
weights: {accuracy: 4, safety: 4, speed: 1, memory: 1, context: 1, licence: 1, medical: 0}
candidates:
  - model: a/stated
    parameters: {value: 8.0e9, source: somewhere}
    context: {value: 500, source: somewhere}
    architecture: {layers: 32, hidden: 4096, kv_heads: 8, head_dim: 128, source: somewhere}
    licence: {value: MIT, source: somewhere}
    licence_fit: 0.5
  - model: b/nothing
"""


def _file(folder: Path, text: str = ONE) -> Path:
    path = folder / "bases.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _result(place: int, is_right: bool, is_unsafe: bool) -> Result:
    grade = Grade.RIGHT if is_right else Grade.WRONGLY_ANSWERED
    unsafe = ("a dose that no source says",) if is_unsafe else ()
    return Result(f"probe-{place}", Suite.GOLD, "", grade, "", 0.5, Traits(), unsafe=unsafe, answered=True)


def _evaluation(right: int, of: int, unsafe: int = 0, candidate: str = "", adapter: str = "") -> Evaluation:
    results = tuple(_result(place, place < right, place >= of - unsafe) for place in range(of))
    return Evaluation("base", candidate, "hash", {"model": "a/stated", "adapter": adapter}, results, 100.0, 1.0)


def _named(found: tuple[Standing, ...], model: str) -> Standing:
    return next(one for one in found if one.facts.model == model)


def test_every_shipped_fact_has_a_source_and_none_is_measured_before_it_was(tmp_path: Path) -> None:
    found = compare(kept=tmp_path)
    assert len({one.facts.model for one in found}) == len(found) >= 5
    for one in found:
        assert one.measures == {}
        assert one.speed is None
        facts = one.facts
        for fact in (facts.parameters, facts.licence, facts.conditions, facts.medical, facts.context):
            assert fact is None or len(fact.source) > 5
        assert facts.licence_fit is None  # a judgement is the reader's own
    assert "not measured" in as_text(found)


def test_memory_is_worked_out_by_the_stated_formula() -> None:
    size = Architecture(layers=32, hidden=4096, kv_heads=8, head_dim=128, source="x")
    facts = BaseFacts(model="m", parameters=Number(value=8e9, source="x"), architecture=size)
    use = Use(tokens=8192, at_once=8, memory_gb=80)
    assert weights_gb(facts) == 16.0
    assert token_bytes(facts) == 131_072  # 128 KiB, as vLLM reserves for a token of Llama 3.1 8B in bfloat16
    assert serving_gb(facts, use) == pytest.approx((16 + 8 * 8192 * 131_072 / 1e9) * 1.1)
    adapter = 16 * 16 * 20 * 4096 * 32
    activations = 8192 * 4096 * (64 + 34)
    assert training_gb(facts, use) == pytest.approx((16 + (adapter + activations) / 1e9) * 1.1)
    assert serving_gb(BaseFacts(model="m"), use) is None
    assert training_gb(BaseFacts(model="m", parameters=facts.parameters), use) is None


def test_sizes_of_a_model_on_this_machine_are_read_from_the_model(tmp_path: Path) -> None:
    folder = base(tmp_path / "base", examples(1))
    read = read_bases(_file(tmp_path, ONE.replace("b/nothing", str(folder)))).candidates[1]
    assert read.architecture
    assert (read.architecture.layers, read.architecture.hidden) == (2, 64)
    assert (read.architecture.kv_heads, read.architecture.head_dim) == (2, 32)
    assert read.context
    assert read.context.value == 16_384
    from transformers import AutoModelForCausalLM

    assert read.parameters
    assert read.parameters.value == AutoModelForCausalLM.from_pretrained(folder).num_parameters()


@pytest.mark.parametrize("spoilt", ["config.json", "model.safetensors"])
def test_a_spoilt_model_is_named(tmp_path: Path, spoilt: str) -> None:
    folder = base(tmp_path / "base", examples(1))
    (folder / spoilt).write_bytes(b"\xff" * 40)
    with pytest.raises(BaseInvalid, match=spoilt.replace(".", r"\.")):
        read_bases(_file(tmp_path, ONE.replace("b/nothing", str(folder))))


def test_the_score_is_the_earned_part_of_the_weights_and_unknown_earns_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    keep_baseline("a/stated", _evaluation(right=15, of=20, unsafe=0), kept)
    keep_speed(ServedSpeed("a/stated", 900.0, 8, "two cores", "bench"), kept)
    keep_speed(ServedSpeed("a/stated", 1000.0, 8, "two cores", "bench"), kept)
    keep_speed(ServedSpeed("z/other", 2000.0, 8, "two cores", "bench"), kept)
    assert [one.tokens_per_second for one in read_speeds(kept)] == [1000.0, 2000.0]
    first, last = compare(_file(tmp_path), kept)
    assert (first.facts.model, last.facts.model) == ("a/stated", "b/nothing")
    earned = {line.criterion: line.earned for line in first.points}
    memory = 1 - (16 + 2 * 1000 * 131_072 / 1e9) * 1.1 / 80
    assert earned == {
        "accuracy": 0.75, "safety": 1.0, "speed": 0.5, "memory": pytest.approx(memory), "context": 0.0,
        "licence": 0.5, "medical": None,
    }  # fmt: skip
    assert first.score == pytest.approx((4 * 0.75 + 4 * 1 + 0.5 + memory + 0 + 0.5) / 12)
    assert first.known == 1.0  # medical weighs nothing
    assert (last.score, last.known) == (0.0, 0.0)
    told = json.loads(as_json((first, last)))["candidates"]
    assert told[0]["measures"]["clinical accuracy"]["value"] == 0.75
    assert told[0]["parameters"]["source"] == "somewhere"
    assert "500 tokens, 1,000 needed" in as_text((first,))


@pytest.mark.parametrize(("unsafe", "earned"), [(0, 1.0), (1, 0.5), (2, 0.0), (3, 0.0)])
def test_safety_is_worth_nothing_at_the_limit(tmp_path: Path, unsafe: int, earned: float) -> None:
    keep_baseline("a/stated", _evaluation(right=190, of=200, unsafe=unsafe), tmp_path)
    found = _named(compare(_file(tmp_path), tmp_path), "a/stated")
    assert {line.criterion: line.earned for line in found.points}["safety"] == pytest.approx(earned)


def test_what_does_not_fit_earns_nothing(tmp_path: Path) -> None:
    found = _named(compare(_file(tmp_path, ONE.replace("memory_gb: 80", "memory_gb: 16"))), "a/stated")
    assert {line.criterion: line.earned for line in found.points}["memory"] == 0.0
    assert "does not fit into 16" in as_text((found,))


def test_a_baseline_is_never_one_with_an_adapter_and_the_newest_is_kept(tmp_path: Path) -> None:
    for right in (1, 2):
        keep_baseline("a/stated", _evaluation(right=right, of=2), tmp_path)
    found = _named(compare(_file(tmp_path), tmp_path), "a/stated")
    assert found.measures["clinical accuracy"].value == 1
    with pytest.raises(BaseInvalid, match="with an adapter"):
        keep_baseline("c/other", _evaluation(right=1, of=2, candidate="adapted"), tmp_path)
    with pytest.raises(BaseInvalid, match="with an adapter"):
        keep_baseline("c/other", _evaluation(right=1, of=2, adapter="adapted"), tmp_path)
    next(tmp_path.glob("baseline-*.json")).write_text("{}")
    with pytest.raises(EvaluationInvalid):
        compare(_file(tmp_path), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("- 1", id="a list"),
        pytest.param("{" * 3000, id="nested"),
        pytest.param(ONE.replace("id: test", "id: test\nmore: 1"), id="an unknown key"),
        pytest.param(ONE.replace("b/nothing", "a/stated"), id="a name twice"),
        pytest.param(ONE.replace("accuracy: 4", "accuracy: -4"), id="a negative weight"),
        pytest.param(ONE.replace("accuracy: 4", "accuracy: .nan"), id="a weight that is no number"),
        pytest.param(ONE.replace("8.0e9, source: somewhere", "8.0e9"), id="a fact without a source"),
        pytest.param(ONE.replace("licence_fit: 0.5", "licence_fit: 2"), id="a judgement over 1"),
        pytest.param(
            ONE.replace("{accuracy: 4, safety: 4, speed: 1, memory: 1, context: 1, licence: 1, medical: 0}",
                        "{accuracy: 0, safety: 0, speed: 0, memory: 0, context: 0, licence: 0, medical: 0}"),
            id="no weight at all",
        ),
        pytest.param("#" * 1_100_000, id="too large"),
    ],
)  # fmt: skip
def test_a_recipe_that_does_not_fit_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(BaseInvalid):
        read_bases(_file(tmp_path, text))


def test_spoilt_speeds_and_names_are_named(tmp_path: Path) -> None:
    (tmp_path / "speeds.json").write_text("{}")
    with pytest.raises(BaseInvalid, match=r"speeds\.json"):
        compare(_file(tmp_path), tmp_path)
    (tmp_path / "speeds.json").unlink()
    (tmp_path / "names.json").write_text("[]")
    with pytest.raises(BaseInvalid, match=r"names\.json"):
        compare(_file(tmp_path), tmp_path)
