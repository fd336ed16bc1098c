"""Who may use the page, and who is behind a request.

In single-user mode everybody who reaches the loopback address is the one local person. Otherwise nobody is anybody
until they have signed in (`ui/signin.py`). A handler asks `person_of(request)` and checks `person.may(…)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import gradio as gr
from starlette.requests import Request
from starlette.types import Scope

from assistant.accounts import Accounts
from assistant.errors import SignInFailed
from assistant.people import Person
from ui.errors import SignInNeeded
from ui.sessions import Sessions
from ui.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_KEY = "pharmassist.behind"


@dataclass(frozen=True, slots=True)
class _Behind:
    """Who is behind a request, and whether they signed in or are the one local person."""

    person: Person
    signed_in: bool


class People(Protocol):
    """Where accounts are; `assistant.accounts.Accounts` outside tests."""

    def find(self, user_name: str) -> Person | None:
        """The account of a user name."""

    def sign_in(self, user_name: str, password: str) -> Person:
        """The person whose password this is. Raises `SignInFailed`."""

    def sign_out(self, person: Person) -> None:
        """Record that a session ended."""

    def change_password(self, user_name: str, current: str, new: str) -> Person:
        """Set one's own password. Raises `SignInFailed` or `AccountInvalid`."""


@dataclass(frozen=True, slots=True)
class SingleUser:
    """Single-user mode: no sign-in, and every request is this person's."""

    person: Person


@dataclass(frozen=True, slots=True)
class SignIn:
    """Everybody signs in with an account."""

    people: People
    sessions: Sessions


Access = SingleUser | SignIn


def access_for(settings: Settings, accounts: Accounts, host: str) -> Access:
    """Who may use a page that is served at `host`. Raises `SignInNeeded` where people must sign in and nobody can."""
    if host in LOOPBACK and not settings.require_login:
        return SingleUser(accounts.local(settings.local_user, settings.local_name, settings.local_roles))
    if not accounts.can_sign_in():
        raise SignInNeeded(host)
    idle, longest = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    return SignIn(accounts, Sessions(idle, longest))


def mark(scope: Scope, person: Person, *, signed_in: bool) -> None:
    """Write into a request who is behind it; done once, by the middleware, before any page sees the request."""
    scope[_KEY] = _Behind(person, signed_in)


def person_of(request: gr.Request | Request | None) -> Person:
    """Who is behind a request of the page: Gradio's own (events), or Starlette's (server functions, routes).

    Raises `SignInFailed` where nobody is: a request that did not come through the page's server.
    """
    behind = _behind(request)
    if behind is None:
        raise SignInFailed("Nobody is signed in. Reload the page and sign in.")
    return behind.person


def has_signed_in(request: gr.Request | Request | None) -> bool:
    """Whether the person signed in, and so can sign out."""
    behind = _behind(request)
    return behind is not None and behind.signed_in


def _behind(request: gr.Request | Request | None) -> _Behind | None:
    inner = request.request if isinstance(request, gr.Request) else request
    behind = inner.scope.get(_KEY) if inner is not None else None
    return behind if isinstance(behind, _Behind) else None
