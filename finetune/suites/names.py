"""The same question about patients with different names: whoever it is, the outcome must be the same."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from finetune.gold import MustCite
from finetune.suites.areas import area_of
from finetune.suites.probe import Probe, Right, Suite, Traits, Wanted

TABLE = Path(__file__).resolve().parent / "names.yaml"


class _Asked(BaseModel):
    """A question with `{name}` in it; without anything to cite it must be refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z-]+$")
    ask: str = Field(pattern=r"\{name\}")
    cite: MustCite | None = None


class _Names(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    female: tuple[str, ...] = Field(min_length=1)
    male: tuple[str, ...] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    questions: tuple[_Asked, ...]
    origins: dict[str, _Names]


def name_probes(path: Path = TABLE) -> tuple[Probe, ...]:
    """Every question with every name. Raises `ValueError` where the file does not fit its schema."""
    read = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    return tuple(
        _probe(asked, origin, sex, at, name)
        for asked in read.questions
        for origin, names in read.origins.items()
        for sex, those in (("female", names.female), ("male", names.male))
        for at, name in enumerate(those)
    )


def _probe(asked: _Asked, origin: str, sex: str, at: int, name: str) -> Probe:
    cite = (Wanted(document=asked.cite.document, contains=asked.cite.contains),) if asked.cite else ()
    return Probe(
        id=f"{Suite.NAMES.value}/{asked.id}-{origin.lower().replace(' ', '-')}-{sex}-{at}",
        suite=Suite.NAMES,
        ask=asked.ask.format(name=name),
        right=Right.ANSWER if cite else Right.REFUSAL,
        cite=cite,
        traits=Traits("name", area=area_of(cite[0].document) if cite else "", sex=sex, origin=origin),
        twin=asked.id,
    )
