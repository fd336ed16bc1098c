"""Which of several training processes this is: `accelerate launch` and `torchrun` say it in the environment."""

from __future__ import annotations

import os


def processes() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def place() -> int:
    """Which of them this one is, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Whether this process writes: the only one, or the first of several."""
    return place() == 0


def wait_for_all() -> None:
    """Return when every process has come here."""
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
