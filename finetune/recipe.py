"""A recipe: every value of a training in one YAML file, so that two people with one file train the same adapter."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from finetune.errors import RecipeInvalid

USUAL_RATES = (1e-5, 5e-5)
"""Learning rates that this domain is trained with; outside of them training goes on, and says so."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,79}")
_LARGEST = 100_000
"""Bytes of a recipe; a file beyond is none."""

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every choice of a training of the model that answers.

    Of LoRA: `rank`, `alpha`, `dropout` (of what goes into the adapter), `rslora` scales by the square root of the rank
    (Kalajdzievski 2023), `dora` learns the magnitude apart from the direction (Liu et al., ICML 2024), `targets` names
    the adapted layers (none: every linear layer but the output), `quantise` keeps the base in 4 bits (QLoRA).

    Of learning: `batch_size` rows for each step of the optimiser over all processes together, `micro_batch` of them at
    once on one device; `warmup` is the share of all steps in which the rate rises; training ends when the validation
    loss has not fallen for `patience` epochs. With `packing`, a row holds as many examples as fit into `max_tokens`.
    `save_every` steps a checkpoint is kept (0: after every epoch); `answers` validation questions are answered after
    every epoch, in at most `answer_tokens` tokens. `price_per_hour` is that of one process: one GPU, or the machine.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=80)]
    version: Positive
    base: Annotated[str, Field(min_length=1, max_length=1000)]
    rank: Annotated[int, Field(ge=1, le=512)] = 16
    alpha: Positive = 32
    dropout: Share = 0.05
    rslora: bool = False
    dora: bool = False
    targets: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")], ...] = ()
    quantise: Literal["none", "4bit"] = "none"
    learning_rate: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 2e-5
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    warmup: Share = 0.03
    weight_decay: Amount = 0.0
    clip: Amount = 1.0
    batch_size: Positive = 16
    micro_batch: Positive = 1
    epochs: Annotated[int, Field(ge=1, le=1000)] = 3
    patience: Positive = 1
    max_tokens: Annotated[int, Field(ge=16)] = 4096
    packing: bool = True
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    checkpoint_gradients: bool = True
    save_every: Count = 0
    answers: Count = 32
    answer_tokens: Positive = 1024
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    price_per_hour: Amount = 0.0
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    tracking: tuple[Literal["mlflow", "tensorboard"], ...] = ("mlflow", "tensorboard")

    @property
    def label(self) -> str:
        """Id and version in one word, `answer-lora@1`."""
        return f"{self.id}@{self.version}"


_PARSER = TypeAdapter(Recipe)
_Fields = TypeAdapter(dict[str, object])


def shipped(name: str) -> Path:
    """The recipe of this name that comes with the package.

    Raises:
        RecipeInvalid: there is none.
    """
    path = Path(str(files("finetune"))) / "recipes" / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise RecipeInvalid(
            f"There is no recipe “{name}”; name a file, or one of the shipped: answer-lora, answer-qlora."
        )
    return path


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeInvalid: the file cannot be read, is no YAML, or a value is missing, unknown or out of its range.
    """
    try:
        text = path.read_bytes()[: _LARGEST + 1]
    except OSError as fault:
        raise RecipeInvalid(f"The recipe {path} cannot be read: {fault.strerror}.") from fault
    if len(text) > _LARGEST:
        raise RecipeInvalid(f"The recipe {path} is too large to be one.")
    return parse_recipe(text.decode("utf-8", errors="replace"), path.name)


def parse_recipe(text: str, name: str = "recipe") -> Recipe:
    """Parse a recipe's YAML. Raises `RecipeInvalid`; `name` says in its message which file is meant."""
    try:
        recipe = _PARSER.validate_python(_Fields.validate_python(yaml.safe_load(text)))
    except (yaml.YAMLError, RecursionError) as fault:
        raise RecipeInvalid(f"The recipe {name} is no YAML: {' '.join(str(fault).split())[:200]}") from fault
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecipeInvalid(f"The recipe {name} does not fit: {where or 'the whole'}: {first['msg']}.") from fault
    return recipe


def write_recipe(recipe: Recipe) -> str:
    """The recipe as YAML that `parse_recipe` reads back, with every value written out."""
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(recipe).items()}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def recipe_hash(recipe: Recipe) -> str:
    """SHA-256, as hex, over every value: two files that say the same have one hash."""
    return sha256(write_recipe(recipe).encode()).hexdigest()


def cautions(recipe: Recipe) -> tuple[str, ...]:
    """What is unusual about a recipe, in sentences for people. None of it stops a training."""
    low, high = USUAL_RATES
    found = []
    if not low <= recipe.learning_rate <= high:
        found.append(f"The learning rate {recipe.learning_rate:g} is outside the usual {low:g} to {high:g}.")
    if recipe.batch_size < 16:
        found.append(f"A batch of {recipe.batch_size} rows is smaller than the usual 16 to 32 for each GPU.")
    if not 3 <= recipe.epochs <= 5:
        found.append(f"{recipe.epochs} epochs are not the usual 3 to 5.")
    if recipe.dora:
        found.append("vLLM serves a DoRA adapter only merged into its base, so it cannot be a hot-swapped canary.")
    return tuple(found)


def told(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """Every value as text, in the order of the fields, for trackers and pages."""
    return tuple((one.name, str(getattr(recipe, one.name))) for one in fields(recipe))
