"""Readers: one per format. Each makes canonical text and blocks of a file's bytes, or refuses with one reason."""
