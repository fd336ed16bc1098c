"""Asks for a password: without showing it on a terminal, else the next line of standard input."""

from __future__ import annotations

import sys
from getpass import getpass


def asked_password(words: str = "Your password, as your signature: ") -> str:
    """The password as it was typed. Raises `EOFError` where a terminal is closed instead."""
    return getpass(words) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
