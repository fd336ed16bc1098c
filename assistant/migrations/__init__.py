"""Numbered revisions of the database's schema, run by `assistant.database.open_database`."""
