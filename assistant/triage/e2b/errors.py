"""What can go wrong with reports in E2B(R3); `assistant/triage/errors.py` is the root of the tree.

TriageError
└── E2bError: a report cannot be read, checked or written
    ├── NotE2b: the file is no E2B(R3) message that we read, or no acknowledgement
    ├── TableInvalid: the element table, the rules or the message outline that we ship is damaged
    ├── SchemaUnusable: the folder of the user's own XSD files cannot be used
    ├── ReportInvalid: the report breaks rules, so it was not exported
    └── ExportRefused: the file could not be written, or one of that name exists
"""

from __future__ import annotations

from assistant.triage.errors import TriageError


class E2bError(TriageError):
    """A report cannot be read, checked or written."""


class NotE2b(E2bError):
    """The file is no E2B(R3) message that we read, or no acknowledgement."""


class TableInvalid(E2bError):
    """The element table, the rules or the message outline that we ship is damaged."""


class SchemaUnusable(E2bError):
    """The folder of the user's own XSD files cannot be used."""


class ReportInvalid(E2bError):
    """The report breaks rules, so it was not exported; the message counts what is wrong."""


class ExportRefused(E2bError):
    """The file could not be written, or one of that name exists already."""
