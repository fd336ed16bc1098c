"""Answers a question, remembers the turn, keeps the records."""
