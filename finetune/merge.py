"""Merges an adapter into its base, so that a release is served at the base's full speed.

The sums are made in float32 and rounded once to the type that the base's weights have. What was merged from what is
written beside the weights and bound by hashes; a merged folder whose files changed is not served.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from finetune.errors import MergeFailed
from finetune.hashes import folder_hash
from finetune.reference import versions
from finetune.whole import write_whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MODEL, MANIFEST = "model", "merged.json"
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx", ".index.json")


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged model: the hashes of base, adapter and result (`finetune.hashes.folder_hash`), and what made it."""

    base_hash: str
    adapter_hash: str
    model_hash: str
    dtype: str
    libraries: str


_PARSER = TypeAdapter(Merged)


def merge(base: Path, adapter: Path, out: Path) -> Merged:
    """Write `out/model` and `out/merged.json`, whole or not at all; a folder that is there already stays if it fits.

    Needs the memory of the base in float32.

    Raises:
        MergeFailed: the base or the adapter cannot be loaded or merged, or `out` holds something else.
    """
    base_hash, adapter_hash = folder_hash(base), folder_hash(adapter)
    if out.exists():
        return verified(out, base_hash, adapter_hash)
    out.parent.mkdir(parents=True, exist_ok=True)
    half = Path(mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        dtype = _write_model(base, adapter, half / MODEL)
        merged = Merged(base_hash, adapter_hash, folder_hash(half / MODEL), dtype, versions())
        write_whole(half / MANIFEST, _PARSER.dump_json(merged, indent=2).decode() + "\n")
        half.chmod(0o755)
        half.rename(out)
    except OSError as error:
        raise MergeFailed(f"the merged model cannot be written to {out}: {error}") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return merged


def read_merged(folder: Path) -> Merged:
    """What a folder says that it was merged from. Raises `MergeFailed`."""
    try:
        return _PARSER.validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise MergeFailed(f"{folder} holds no merged model") from error
    except ValidationError as error:
        raise MergeFailed(f"the {MANIFEST} in {folder} is not the manifest of a merged model") from error


def verified(folder: Path, base_hash: str, adapter_hash: str) -> Merged:
    """The merged model of a folder, its weights hashed again.

    Raises:
        MergeFailed: there is none, it was merged from something else, or its files changed.
    """
    merged = read_merged(folder)
    if (merged.base_hash, merged.adapter_hash) != (base_hash, adapter_hash):
        raise MergeFailed(f"{folder} was merged from another base or adapter; remove it and merge again")
    if folder_hash(folder / MODEL) != merged.model_hash:
        raise MergeFailed(f"the files of {folder} are not those that were merged; remove it and merge again")
    return merged


def _write_model(base: Path, adapter: Path, out: Path) -> str:
    """Weights, and every other file of the base (tokeniser, chat template, settings) as it is. Returns the type."""
    model, dtype = _merged_model(base, adapter)
    model.save_pretrained(str(out))
    for file in base.iterdir():
        if file.is_file() and not file.name.endswith(_WEIGHTS) and not (out / file.name).exists():
            shutil.copyfile(file, out / file.name)
    return dtype


def _merged_model(base: Path, adapter: Path) -> tuple[PreTrainedModel, str]:
    import torch
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        dtype = AutoConfig.from_pretrained(str(base), local_files_only=True).dtype or torch.float32
        model = AutoModelForCausalLM.from_pretrained(str(base), local_files_only=True, dtype=torch.float32)
        # safe_merge stops at weights that are no numbers.
        merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        said = " ".join(str(error).split())[:300]
        raise MergeFailed(f"the adapter {adapter} cannot be merged into {base}: {said}") from error
    whole: PreTrainedModel = merged.to(dtype)
    return whole, str(dtype).removeprefix("torch.")
