"""What reading files of reports can raise on purpose.

TriageError (assistant.triage.errors)
├── FileRefused: the file as a whole cannot be read; nothing was kept
└── MappingInvalid: the declared mapping of columns names what does not exist
"""

from __future__ import annotations

from assistant.triage.errors import TriageError


class FileRefused(TriageError):
    """The file as a whole cannot be read; nothing was kept."""


class MappingInvalid(TriageError):
    """The declared mapping of columns names what does not exist."""
