"""What can go wrong in the statistics of signals.

AssistantError
└── SignalError: nothing was computed, and the text says why
    ├── ReportsInvalid: a table of reports cannot be read or lacks what it must have
    ├── FaersInvalid: a FAERS quarter cannot be read, or is none
    ├── CellInvalid: a count that cannot be (negative, larger than its margin, not a number)
    ├── PriorNotFitted: the prior of the shrinker cannot be estimated from these counts
    └── MoveRefused: a decision about a candidate that is not in the table of moves, or lacks a reason
"""

from __future__ import annotations

from assistant.errors import AssistantError


class SignalError(AssistantError):
    """Nothing was computed."""


class ReportsInvalid(SignalError):
    """A table of reports cannot be read or lacks what it must have."""


class FaersInvalid(SignalError):
    """A FAERS quarter cannot be read, or is none."""


class CellInvalid(SignalError):
    """A count that cannot be."""


class PriorNotFitted(SignalError):
    """The prior of the shrinker cannot be estimated from these counts."""


class MoveRefused(SignalError):
    """A decision about a candidate that is not in the table of moves, or lacks a reason."""
