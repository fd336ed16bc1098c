"""What dictionaries can raise on purpose.

assistant.triage.errors.TriageError
└── DictionaryUnreadable: the folder or file is no dictionary in the format that it should have
"""

from __future__ import annotations

from assistant.triage.errors import TriageError


class DictionaryUnreadable(TriageError):
    """The folder or file is no dictionary in the format that it should have."""
