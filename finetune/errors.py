"""Everything that training can raise on purpose.

FinetuneError
└── TrainingFailed: a net could not be trained: no rows, a label that is not declared, or a loss that is no number
"""

from __future__ import annotations


class FinetuneError(Exception):
    """The root; its text is one sentence for people."""


class TrainingFailed(FinetuneError):
    """A net could not be trained; nothing was written that serving would load."""
