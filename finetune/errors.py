"""Everything that training can raise on purpose.

FinetuneError
├── CostUnknown: a number that a cost is worked out from is missing or impossible
├── QuarterInvalid: what was given for a quarter is none, or a file of it does not fit
├── QuarterBusy: another process is at the same quarter
├── ResultChanged: what a finished step made was changed or removed since
└── TrainingFailed: a net could not be trained: no rows, a label that is not declared, or a loss that is no number
"""

from __future__ import annotations

from collections.abc import Sequence


class FinetuneError(Exception):
    """The root; its text is one sentence for people."""


class TrainingFailed(FinetuneError):
    """A net could not be trained; nothing was written that serving would load."""


class CostUnknown(FinetuneError):
    """A number that a cost is worked out from is missing or impossible."""


class QuarterInvalid(FinetuneError):
    """What was given for a quarter is none, or one of its files does not fit; the message says what would."""


class QuarterBusy(FinetuneError):
    """Another process is at the same quarter."""

    def __init__(self, quarter: str) -> None:
        super().__init__(f"{quarter} is being run by another process; wait for it, or look at the page /loop.")


class ResultChanged(FinetuneError):
    """What a finished step made is not what it was; nothing goes on from it."""

    def __init__(self, step: str, files: Sequence[str]) -> None:
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        super().__init__(
            f"What the step “{step}” made was changed or removed since: {listed}. Find out why; then put it back, or "
            f"do the step again with --again {step}."
        )
