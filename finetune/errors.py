"""Everything that training can raise on purpose.

FinetuneError
├── BaseInvalid: a base model cannot be loaded, or lacks what training needs of it
├── CandidateInvalid: a candidate's folder cannot be read, or is not what its manifest says
├── HardwareMissing: a recipe asks for what this machine cannot do
├── RecipeInvalid: a recipe cannot be read, or a value of it is unknown or out of its range
├── TrainerMissing: the libraries that train are not installed
├── EvaluationInvalid: an evaluation cannot be made or read, or two of them cannot be compared
├── GateInvalid: the file of limits does not fit its schema, or has none for this kind of candidate
├── ReleaseRefused: a candidate may not be signed, released or rejected as it is now
├── CostUnknown: a number that a cost is worked out from is missing or impossible
├── QuarterInvalid: what was given for a quarter is none, or a file of it does not fit
├── QuarterBusy: another process is at the same quarter
├── ExtraMissing: a library of the extra "train" is not installed
├── PrepareRefused: data cannot be prepared: nothing readable, a folder in use, or a setting that cannot be
├── RowsInvalid: a row of a snapshot is not what its schema says
├── SnapshotInvalid: a snapshot's folder cannot be read, or is not what its manifest says
├── ServerFailed: a vLLM server does not start, does not answer or does not do what it was asked
├── ParityInvalid: a proof that vLLM says what training did cannot be made or read
├── MergeFailed: an adapter cannot be merged into its base, or what was merged is not what it was
├── DeployRefused: a release may not serve as things stand
├── ReviewsChanged: stored reviews are not what the ledger recorded
├── ResultChanged: what a finished step made was changed or removed since
└── TrainingFailed: a net could not be trained: no rows, a label that is not declared, or a loss that is no number
"""

from __future__ import annotations

from collections.abc import Sequence


class FinetuneError(Exception):
    """The root; its text is one sentence for people."""


class TrainingFailed(FinetuneError):
    """A net could not be trained; nothing was written that serving would load."""


class RecipeInvalid(FinetuneError):
    """A recipe cannot be read, or one of its values is unknown or out of its range."""


class BaseInvalid(FinetuneError):
    """A base model cannot be loaded, or lacks what training needs of it, such as a chat template."""


class CandidateInvalid(FinetuneError):
    """A candidate's folder cannot be read, or its files are not those that its manifest names."""


class HardwareMissing(FinetuneError):
    """A recipe asks for what this machine cannot do; the message says what would."""


class TrainerMissing(FinetuneError):
    """The libraries that train are not installed."""

    def __init__(self, library: str) -> None:
        super().__init__(f"Training needs {library}, which is not installed: pip install 'pharmassist[train]'.")


class ExtraMissing(FinetuneError):
    """A library of the extra “train” is not installed."""

    def __init__(self, library: str) -> None:
        super().__init__(f"{library} is not installed; install it with: pip install 'pharmassist[train]'")


class PrepareRefused(FinetuneError):
    """Data cannot be prepared; the message says what to do."""


class RowsInvalid(FinetuneError):
    """A row of a snapshot is not what its schema says."""


class SnapshotInvalid(FinetuneError):
    """A snapshot's folder cannot be read, or is not what its manifest says."""


class EvaluationInvalid(FinetuneError):
    """An evaluation cannot be made or read, or two of them cannot be compared."""


class GateInvalid(FinetuneError):
    """The file of limits does not fit its schema, or has none for this kind of candidate."""


class ReleaseRefused(FinetuneError):
    """A candidate may not be signed, released or rejected as it is now; the message says why."""


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


class ServerFailed(FinetuneError):
    """A vLLM server does not start, does not answer or does not do what it was asked; the message says what would."""


class ParityInvalid(FinetuneError):
    """A proof that vLLM says what training did cannot be made or read."""


class MergeFailed(FinetuneError):
    """An adapter cannot be merged into its base, or a merged model is not what it was when it was made."""


class DeployRefused(FinetuneError):
    """A release may not serve as things stand; the message says what is missing."""


class ReviewsChanged(FinetuneError):
    """Stored reviews are not what the ledger recorded; nothing is learnt from any of them."""
