"""Judges text against passages and rules. No state, no database."""
