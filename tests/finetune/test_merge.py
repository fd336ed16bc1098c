"""A merged model says what PEFT says, rounded once; its folder is whole, and what changed in it is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

from finetune.errors import MergeFailed
from finetune.hashes import folder_hash
from finetune.merge import MANIFEST, MODEL, merge, read_merged, verified
from tests.finetune.released import PROMPTS
from tests.finetune.tiny_causal import make_base
from tests.stories.tiny_model import make_adapter

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A base in float32 and an adapter on it."""
    folder = tmp_path_factory.mktemp("parts")
    base = make_base(folder / "base", [message.content for prompt in PROMPTS for message in prompt])
    make_adapter(folder / "adapter", LlamaForCausalLM.from_pretrained(base))
    return base, folder / "adapter"


def said(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = model.eval()(input_ids=torch.arange(4, 60)[None]).logits
    return logits.float().log_softmax(-1)


def tuned(base: Path, adapter: Path) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    return said(PeftModel.from_pretrained(model, str(adapter)))


def test_the_merged_model_says_what_peft_says(parts: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = parts
    merged = merge(base, adapter, tmp_path / "merged")
    found = said(AutoModelForCausalLM.from_pretrained(str(tmp_path / "merged" / MODEL)))
    assert torch.allclose(found, tuned(base, adapter), atol=1e-4)
    assert not torch.allclose(found, said(AutoModelForCausalLM.from_pretrained(str(base))), atol=0.1)
    assert (merged.dtype, merged.base_hash) == ("float32", folder_hash(base))
    assert read_merged(tmp_path / "merged") == merged
    messages = [{"role": "user", "content": "Dose?"}]
    texts = [
        AutoTokenizer.from_pretrained(str(place)).apply_chat_template(messages, tokenize=False)
        for place in (base, tmp_path / "merged" / MODEL)
    ]
    assert texts[0] == texts[1]
    assert [each.name for each in tmp_path.iterdir()] == ["merged"], "no half folder is left"


def test_weights_in_bfloat16_are_rounded_once(parts: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = parts
    half = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.bfloat16)
    half.save_pretrained(tmp_path / "base")
    AutoTokenizer.from_pretrained(str(base)).save_pretrained(tmp_path / "base")
    merged = merge(tmp_path / "base", adapter, tmp_path / "merged")
    assert merged.dtype == "bfloat16"
    found = AutoModelForCausalLM.from_pretrained(str(tmp_path / "merged" / MODEL), dtype="auto")
    exact = AutoModelForCausalLM.from_pretrained(str(tmp_path / "base"), dtype=torch.float32)
    wanted = PeftModel.from_pretrained(exact, str(adapter)).merge_and_unload()
    for (name, one), (_, other) in zip(found.named_parameters(), wanted.named_parameters(), strict=True):
        assert one.dtype == torch.bfloat16
        assert torch.equal(one, other.bfloat16()), name


def test_merging_again_gives_what_is_there_and_other_parts_are_refused(
    parts: tuple[Path, Path], tmp_path: Path
) -> None:
    base, adapter = parts
    first = merge(base, adapter, tmp_path / "merged")
    weights = tmp_path / "merged" / MODEL / "model.safetensors"
    written = weights.stat().st_mtime_ns
    assert merge(base, adapter, tmp_path / "merged") == first
    assert weights.stat().st_mtime_ns == written
    with pytest.raises(MergeFailed, match="another base or adapter"):
        verified(tmp_path / "merged", first.base_hash, "0" * 64)
    (tmp_path / "merged" / MODEL / "extra.json").write_text("{}")
    with pytest.raises(MergeFailed, match="not those that were merged"):
        merge(base, adapter, tmp_path / "merged")


@pytest.mark.parametrize("content", ["", "{}", "[", json.dumps({"base_hash": 1})])
def test_a_manifest_that_is_none(content: str, tmp_path: Path) -> None:
    with pytest.raises(MergeFailed, match="holds no merged model"):
        read_merged(tmp_path)
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(MergeFailed, match="not the manifest"):
        read_merged(tmp_path)


def test_what_cannot_be_merged_leaves_nothing(parts: tuple[Path, Path], tmp_path: Path) -> None:
    base, adapter = parts
    (tmp_path / "empty").mkdir()
    for one, other in ((tmp_path / "empty", adapter), (base, tmp_path / "empty")):
        with pytest.raises(MergeFailed, match="cannot be merged"):
            merge(one, other, tmp_path / "out" / "merged")
    assert list((tmp_path / "out").iterdir()) == []


def test_weights_that_are_no_numbers_are_refused(parts: tuple[Path, Path], tmp_path: Path) -> None:
    from shutil import copytree

    from safetensors.torch import load_file, save_file

    base, adapter = parts
    copytree(adapter, tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    weights = load_file(file)
    first = next(iter(weights))
    save_file({**weights, first: torch.full_like(weights[first], float("nan"))}, file)
    with pytest.raises(MergeFailed, match="cannot be merged"):
        merge(base, tmp_path / "adapter", tmp_path / "merged")
