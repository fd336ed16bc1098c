"""Everything that the desk can raise on purpose.

TriageError
├── CaseMissing: no case has this id or label
├── CaseChanged: somebody else changed the case since it was read; nothing was saved
├── FieldUnknown: a path names no field of a case
├── FieldInvalid: a value does not fit its field
├── MoveRefused: the table of moves does not allow it, or what the move needs is missing
├── SignatureMissing: the step needs a signature, or the one given is for something else
├── JudgementRefused: a judgement lacks what it must have, a reason for example
├── MergeRefused: two cases cannot be merged, or a merge cannot be undone, as things stand
└── RuleMissing: the rules name no such market or item

What storage itself raises is `assistant.errors.StorageError`, and `NotAllowed` there says that a person's role does
not allow a step; a file of rules that is wrong is
`guardrails.errors.RuleInvalid`.
"""

from __future__ import annotations


class TriageError(Exception):
    """The root. Its text is one sentence for people: what is wrong and, where something can be done, what."""


class CaseMissing(TriageError):
    """No case has this id or label."""


class CaseChanged(TriageError):
    """Somebody else changed the case since it was read; nothing was saved."""


class FieldUnknown(TriageError):
    """A path names no field of a case."""


class FieldInvalid(TriageError):
    """A value does not fit its field."""


class MoveRefused(TriageError):
    """The table of moves does not allow it, or what the move needs is missing."""


class SignatureMissing(TriageError):
    """The step needs a signature, or the one given is for something else."""


class JudgementRefused(TriageError):
    """A judgement lacks what it must have, a reason for example."""


class MergeRefused(TriageError):
    """Two cases cannot be merged, or a merge cannot be undone, as things stand."""


class RuleMissing(TriageError):
    """The rules name no such market or item."""
