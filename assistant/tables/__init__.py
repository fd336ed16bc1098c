"""The tables, one file per subject. Importing this package registers all of them with `columns.METADATA`."""

from assistant.tables import cases, people, reviews

__all__ = ["cases", "people", "reviews"]
