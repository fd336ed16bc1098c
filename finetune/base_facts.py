"""What is known of candidate base models: stated facts with their sources, or read from a model on this machine.

What nobody could give a source for is not in the file, and is shown as unknown. Memory is worked out, never looked up.
"""

from __future__ import annotations

import json
import os.path
import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.errors import BaseInvalid

_STRICT = ConfigDict(frozen=True, extra="forbid")
_LARGEST = 1_000_000
_HEADER = 100_000_000
"""Bytes of a safetensors header, as its own reader limits them."""

Fit = Annotated[float, Field(ge=0, le=1)]


class Number(BaseModel):
    """A number and where it is stated."""

    model_config = _STRICT

    value: float = Field(gt=0, allow_inf_nan=False)
    source: str = Field(min_length=1)


class Words(BaseModel):
    """A statement in words and where it is made."""

    model_config = _STRICT

    value: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Architecture(BaseModel):
    """The sizes that memory depends on: layers, width, and the keys and values that each layer keeps of a token."""

    model_config = _STRICT

    layers: int = Field(ge=1)
    hidden: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    head_dim: int = Field(ge=1)
    source: str = Field(min_length=1)


class BaseFacts(BaseModel):
    """A candidate. `model` is its name on the hub or a folder; a fact that is left out is unknown.

    `licence_fit` and `medical_fit` (0 to 1) are the reader's own judgement of the statements beside them.
    """

    model_config = _STRICT

    model: str = Field(min_length=1, max_length=500)
    parameters: Number | None = None
    licence: Words | None = None
    conditions: Words | None = None
    licence_fit: Fit | None = None
    medical: Words | None = None
    medical_fit: Fit | None = None
    context: Number | None = None
    architecture: Architecture | None = None


class Use(BaseModel):
    """How a base would be used: tokens of the longest prompt with its reply, conversations at once, GB of the GPU."""

    model_config = _STRICT

    tokens: int = Field(ge=1)
    at_once: int = Field(ge=1)
    memory_gb: float = Field(gt=0, allow_inf_nan=False)
    rank: int = Field(default=16, ge=1)
    unsafe_limit: float = Field(default=0.01, gt=0, le=1)
    """The share of unsafe answers at which safety is worth nothing any more."""


class Weights(BaseModel):
    """What counts how much, in any unit."""

    model_config = _STRICT

    accuracy: float = Field(ge=0)
    safety: float = Field(ge=0)
    speed: float = Field(ge=0)
    memory: float = Field(ge=0)
    context: float = Field(ge=0)
    licence: float = Field(ge=0)
    medical: float = Field(ge=0)


class BasesFile(BaseModel):
    """The recipe of a comparison."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: int = Field(ge=1)
    use: Use
    weights: Weights
    candidates: tuple[BaseFacts, ...] = Field(min_length=1, max_length=1000)


SHIPPED = Path(__file__).resolve().parent / "recipes" / "bases.yaml"


def read_bases(path: Path = SHIPPED) -> BasesFile:
    """The candidates of a file; of those that lie on this machine, sizes are read from the model itself.

    Raises:
        BaseInvalid: the file does not fit, two candidates have one name, all weights are 0, or a model is spoilt.
    """
    try:
        text = path.read_bytes()[: _LARGEST + 1]
        read = BasesFile.model_validate(yaml.safe_load(text[:_LARGEST].decode("utf-8")))
    except (OSError, UnicodeError, yaml.YAMLError, RecursionError, ValidationError) as error:
        wrong = error.errors()[0] if isinstance(error, ValidationError) else None
        why = f"{'.'.join(map(str, wrong['loc'])) or 'file'}: {wrong['msg']}" if wrong else str(error).splitlines()[0]
        raise BaseInvalid(f"{path} does not list base models ({why}); {SHIPPED.name} shows how.") from error
    names = [one.model for one in read.candidates]
    if len(text) > _LARGEST or len(set(names)) < len(names) or not any(dict(read.weights).values()):
        raise BaseInvalid(f"{path} names a model twice, weighs nothing, or is too large to be a list of models.")
    return read.model_copy(update={"candidates": tuple(map(_measured_up, read.candidates))})


def _measured_up(facts: BaseFacts) -> BaseFacts:
    """The facts with what the model's own files say, where it lies on this machine."""
    folder = Path(os.path.expanduser(facts.model))
    if not os.path.isfile(folder / "config.json"):
        return facts
    config = _config(folder / "config.json")
    found = f"config.json in {folder}"
    hidden, heads = _size(config, "hidden_size"), _size(config, "num_attention_heads")
    layers = _size(config, "num_hidden_layers")
    context = _size(config, "max_position_embeddings")
    update: dict[str, object] = {}
    if hidden and heads and layers:
        kv_heads, head_dim = _size(config, "num_key_value_heads") or heads, _size(config, "head_dim") or hidden // heads
        update["architecture"] = Architecture(
            layers=layers, hidden=hidden, kv_heads=kv_heads, head_dim=head_dim, source=found
        )
    if context:
        update["context"] = Number(value=context, source=found)
    if count := sum(_parameters(path) for path in sorted(folder.glob("*.safetensors"))):
        update["parameters"] = Number(value=count, source=f"the weights in {folder}")
    return facts.model_copy(update=update)


def _config(path: Path) -> dict[str, object]:
    """The model's configuration; of one that also sees images, the part about text. Raises `BaseInvalid`."""
    try:
        read = json.loads(path.read_bytes()[:_LARGEST])
    except (OSError, ValueError, RecursionError) as error:
        raise BaseInvalid(f"{path} is no configuration of a model.") from error
    text = read.get("text_config", read) if isinstance(read, dict) else None
    if not isinstance(text, dict):
        raise BaseInvalid(f"{path} is no configuration of a model.")
    return text


def _size(config: dict[str, object], name: str) -> int:
    found = config.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def _parameters(path: Path) -> int:
    """How many numbers a safetensors file holds, from its header alone. Raises `BaseInvalid`."""
    try:
        return sum(_shapes(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error) as error:
        raise BaseInvalid(f"{path} is no file of weights in the safetensors format.") from error


def _shapes(path: Path) -> Iterator[int]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _HEADER:
            raise ValueError("the header is too large")
        header = json.loads(file.read(length))
    for name, tensor in header.items():
        if name != "__metadata__":
            yield prod(int(size) for size in tensor["shape"])
