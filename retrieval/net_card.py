"""What a learned net says about itself: its file `net.json`, parsed and checked."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from retrieval.errors import EncoderError

Task = Literal["tag", "text", "pair"]
CARD, ADAPTER, HEAD = "net.json", "adapter_model.safetensors", "head.safetensors"


@dataclass(frozen=True, slots=True)
class NetCard:
    """A net: what it reads, what it says, and what it was made from.

    `labels[0]` is the ordinary case: no identifier, nothing wrong. `temperature` divides the logits, so that
    probabilities are calibrated on the validation rows (Guo et al., ICML 2017); `threshold` is the operating point.
    `base`, `adapter` and `head` are the sha256 of the files of weights, `rows` that of the training rows, and `recipe`
    the settings of the training.
    """

    name: str
    task: Task
    labels: tuple[str, ...]
    max_tokens: int
    temperature: float
    threshold: float
    base: str
    adapter: str
    head: str
    rows: str
    trained: date
    recipe: Mapping[str, str] = field(default_factory=dict)


_PARSER = TypeAdapter(NetCard)


def read_card(folder: Path) -> NetCard:
    """The card of the net in this folder.

    Raises:
        EncoderError: the file is missing or says what cannot be.
    """
    try:
        card = _PARSER.validate_json((folder / CARD).read_bytes())
    except (OSError, ValidationError) as fault:
        raise EncoderError(f"The learned net in {folder.name!r} has no readable {CARD}.") from fault
    if not (math.isfinite(card.temperature) and card.temperature > 0 and 0 <= card.threshold <= 1):
        raise EncoderError(f"The learned net {card.name!r} has an impossible temperature or threshold.")
    if len(card.labels) < 2 or not 16 <= card.max_tokens <= 512:
        raise EncoderError(f"The learned net {card.name!r} needs two labels and 16 to 512 tokens.")
    return card


def write_card(card: NetCard, folder: Path) -> None:
    """Write `net.json` into the folder."""
    (folder / CARD).write_bytes(_PARSER.dump_json(card, indent=2) + b"\n")


def file_hash(file: Path) -> str:
    """The sha256 of a file, in hexadecimal.

    Raises:
        EncoderError: the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as fault:
        raise EncoderError(f"The file of weights {file.name!r} cannot be read.") from fault
