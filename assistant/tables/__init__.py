"""The tables, one file per subject. Importing this package registers all of them with `columns.METADATA`."""

from assistant.tables import people

__all__ = ["people"]
