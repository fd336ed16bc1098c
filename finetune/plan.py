"""The plan of a quarter: what a person may choose about a run, as one file of data (`recipes/quarter.yaml`)."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.chain import digest
from finetune.errors import QuarterInvalid
from finetune.suites.probe import Suite

SHIPPED = Path(__file__).resolve().parent / "recipes" / "quarter.yaml"


class Plan(BaseModel):
    """All choices of a run.

    `recipe` is a shipped recipe's name or a file, `gate` a file of limits (empty: the shipped ones). `snapshots` are
    folders of prepared snapshots whose rows are added to the reviewed answers. With fewer than `least_examples`
    reviewed answers nothing is trained. `suites` are asked in both evaluations; of the generated questions at most
    `most_synthetic` (0: all), `at_once` at the same time. `gold` is a folder of gold questions instead of ours.
    `launcher` starts training on several GPUs or machines (accelerate launch …, torchrun …); empty: in this process.
    `canary_share` of the conversations goes to a new release until a person promotes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: int = Field(ge=1)
    least_examples: int = Field(ge=1)
    recipe: str = Field(min_length=1)
    gate: Path | None = None
    snapshots: tuple[Path, ...] = ()
    validation: float = Field(default=0.12, ge=0, lt=0.5)
    held_out: float = Field(default=0.08, ge=0, lt=0.5)
    suites: tuple[Suite, ...] = Field(default=tuple(Suite), min_length=1)
    gold: Path | None = None
    most_synthetic: int = Field(default=0, ge=0)
    at_once: int = Field(default=8, ge=1, le=256)
    parity_prompts: int = Field(default=12, ge=1)
    launcher: tuple[str, ...] = ()
    canary_share: float = Field(default=0.1, gt=0, lt=1)

    @property
    def label(self) -> str:
        """Id and version in one word."""
        return f"{self.id}@{self.version}"

    @property
    def hash(self) -> str:
        """SHA-256 over every choice."""
        return digest(self.model_dump(mode="json"))


def read_plan(path: Path = SHIPPED) -> Plan:
    """The plan of a file; relative folders in it are seen from the file. Raises `QuarterInvalid`."""
    try:
        read = Plan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeError, yaml.YAMLError, ValidationError) as error:
        wrong = error.errors()[0] if isinstance(error, ValidationError) else None
        why = f"{'.'.join(map(str, wrong['loc'])) or 'file'}: {wrong['msg']}" if wrong else str(error).splitlines()[0]
        raise QuarterInvalid(f"{path} is no plan of a quarter ({why}); {SHIPPED.name} shows one.") from error
    here = path.resolve().parent
    found: dict[str, object] = {"snapshots": tuple(here / each for each in read.snapshots)}
    if read.gate:
        found["gate"] = here / read.gate
    if read.gold:
        found["gold"] = here / read.gold
    if (here / read.recipe).is_file():
        found["recipe"] = str(here / read.recipe)
    return read.model_copy(update=found)
