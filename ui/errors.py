"""What can go wrong in a surface.

UiError
├── AddressInUse       the address to serve at is taken or not ours; choose another port
├── SignInNeeded       other machines may reach the page, and nobody would have to sign in, or nobody could
├── ActRefused         the desk does not do what was asked on the command line, and says why
├── NotWritten         a file cannot be written where it was asked for
├── SettingsInvalid    an unknown or ill-typed setting; the message names it
└── BenchUnavailable   no such benchmark, or its data or code is not there
"""

from __future__ import annotations


class UiError(Exception):
    """Root of every error of this package; its text is shown as it is."""


class AddressInUse(UiError):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot serve at {host}:{port} ({reason}). Stop what uses it, or choose another --port.")


class SignInNeeded(UiError):
    """The page would be open to other machines, but nobody has to sign in, or nobody can."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Served at {host}, people have to sign in, and nobody can yet. Add somebody first: "
            "pharmassist people add USER_NAME --name “…” --role …"
        )


class ActRefused(UiError):
    """The desk does not do what was asked."""


class NotWritten(UiError):
    """A file cannot be written where it was asked for."""


class SettingsInvalid(UiError):
    """An unknown or ill-typed setting."""


class BenchUnavailable(UiError):
    """No such benchmark, or its data or code is not there."""
