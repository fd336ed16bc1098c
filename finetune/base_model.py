"""The base model that an adapter is trained on: where it lies, its tokeniser and weights, what the machine allows."""

from __future__ import annotations

import importlib.util
import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.errors import BaseInvalid, CandidateInvalid, HardwareMissing
from finetune.hashes import folder_hash
from finetune.recipe import Recipe
from retrieval.encoder import quick_bfloat16
from retrieval.nets import no_notice

if TYPE_CHECKING:
    import peft
    import torch
    from transformers import BitsAndBytesConfig, PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Base:
    """A base model on this machine. `hash` is `finetune.hashes.folder_hash` of its folder."""

    name: str
    folder: Path
    hash: str


def find_base(name: str) -> Base:
    """The base in a folder, or by its hub name among what was downloaded before. Nothing is fetched.

    Raises:
        BaseInvalid: it is not on this machine, or the folder holds no model.
    """
    # os.path answers “no” where pathlib raises: to a name that is too long, or begins with a stranger's home.
    folder = Path(os.path.expanduser(name))
    if not os.path.isdir(folder):
        folder = _downloaded(name)
    if not (folder / "config.json").is_file():
        raise BaseInvalid(f"{folder} holds no Hugging Face model: there is no config.json.")
    return Base(name, folder, folder_hash(folder))


def load_tokenizer(base: Base) -> PreTrainedTokenizerBase:
    """The tokeniser, with something to pad with.

    Raises:
        BaseInvalid: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(base.folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as fault:
        raise BaseInvalid(f"The tokeniser of {base.name} cannot be loaded: {_one_line(fault)}") from fault
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    loaded: PreTrainedTokenizerBase = tokenizer
    return loaded


def load_model(base: Base, recipe: Recipe) -> PreTrainedModel:
    """The weights, in the type that the recipe's precision comes to here; in 4 bits for QLoRA.

    Raises:
        BaseInvalid: they cannot be loaded. HardwareMissing: as `check_hardware`.
    """
    from transformers import AutoModelForCausalLM

    check_hardware(recipe)
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            str(base.folder),
            local_files_only=True,
            dtype=weights_type(recipe),
            attn_implementation=recipe.attention,
            quantization_config=_four_bits() if recipe.quantise == "4bit" else None,
        )
    except (OSError, ValueError, KeyError, ImportError) as fault:
        raise BaseInvalid(f"The model {base.name} cannot be loaded: {_one_line(fault)}") from fault
    model.config.use_cache = False
    return model


def with_adapter(model: PreTrainedModel, adapter: Path) -> peft.PeftModel:
    """The model with a trained adapter switched in, not merged, ready to answer.

    Raises:
        CandidateInvalid: the folder holds no adapter that fits this model.
    """
    import peft

    try:
        with no_notice():
            adapted = peft.PeftModel.from_pretrained(model, str(adapter)).eval()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as fault:
        raise CandidateInvalid(f"The adapter in {adapter} cannot be loaded: {_one_line(fault)}") from fault
    return adapted


def lora(recipe: Recipe) -> peft.LoraConfig:
    """The adapter that the recipe describes, untrained."""
    import peft

    return peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        use_rslora=recipe.rslora,
        use_dora=recipe.dora,
        target_modules=list(recipe.targets) or "all-linear",
        bias="none",
    )


def in_bfloat16(recipe: Recipe) -> bool:
    """Whether this training computes in bfloat16."""
    return quick_bfloat16() if recipe.precision == "auto" else recipe.precision == "bfloat16"


def weights_type(recipe: Recipe) -> torch.dtype:
    """How the frozen weights are kept. On a CPU they stay in float32 and only the products are in bfloat16."""
    import torch

    return torch.bfloat16 if in_bfloat16(recipe) and torch.cuda.is_available() else torch.float32


def check_hardware(recipe: Recipe) -> None:
    """Refuse before anything is loaded what would fail in the middle.

    Raises:
        HardwareMissing: QLoRA without an NVIDIA GPU or bitsandbytes, or FlashAttention without its package.
    """
    import torch

    if recipe.quantise == "4bit" and not (torch.cuda.is_available() and _installed("bitsandbytes")):
        lacking = "an NVIDIA GPU" if not torch.cuda.is_available() else "the package bitsandbytes"
        raise HardwareMissing(
            f"QLoRA needs {lacking}, which this machine lacks; set “quantise: none”, or train elsewhere."
        )
    if recipe.attention == "flash_attention_2" and not (torch.cuda.is_available() and _installed("flash_attn")):
        raise HardwareMissing("FlashAttention needs an NVIDIA GPU and the package flash-attn; set “attention: sdpa”.")


def _four_bits() -> BitsAndBytesConfig:
    """NF4 with the scales quantised too, computing in bfloat16, as QLoRA does (Dettmers et al., NeurIPS 2023)."""
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as fault:
        raise BaseInvalid(
            f"The base {name} is not on this machine: name a folder with a Hugging Face model, or download it first."
        ) from fault


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split())[:300]
