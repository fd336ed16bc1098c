"""What comparing cases can raise on purpose.

StorageError (assistant.errors)
└── IndexUnusable: the index of duplicates cannot be opened, read or written
"""

from __future__ import annotations

from assistant.errors import StorageError


class IndexUnusable(StorageError):
    """The index of duplicates cannot be opened, read or written."""
