"""Who is signed in, in the memory of the one server: a random token in a cookie, its hash here, and when it ends.

A restart signs everybody out. Nothing but a token's SHA-256 is kept, so that a dump of the memory opens no session.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Lock

MOST = 10_000
"""Sessions at the same time; beyond that the one that was quiet longest ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person."""

    user_name: str
    began: datetime
    seen: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class Sessions:
    """The running sessions. `idle` without a request, or `longest` after its beginning, a session is over."""

    def __init__(self, idle: timedelta, longest: timedelta, now: Callable[[], datetime] = _now) -> None:
        self.idle = idle
        self.longest = longest
        self._now = now
        self._running: dict[str, Session] = {}
        self._lock = Lock()

    def begin(self, user_name: str) -> str:
        """The token of a new session."""
        token, now = secrets.token_urlsafe(32), self._now()
        with self._lock:
            self._running = {key: each for key, each in self._running.items() if not self._over(each, now)}
            if len(self._running) >= MOST:
                del self._running[min(self._running, key=lambda key: self._running[key].seen)]
            self._running[_hash(token)] = Session(user_name, now, now)
        return token

    def find(self, token: str) -> str:
        """The user name of a running session, which is seen now; empty where there is none."""
        key, now = _hash(token), self._now()
        with self._lock:
            session = self._running.get(key)
            if session is None:
                return ""
            if self._over(session, now):
                del self._running[key]
                return ""
            self._running[key] = replace(session, seen=now)
            return session.user_name

    def end(self, token: str) -> str:
        """End a session; whose it was, empty where there was none."""
        with self._lock:
            session = self._running.pop(_hash(token), None)
        return session.user_name if session else ""

    def end_all(self, user_name: str) -> None:
        """End every session of a person."""
        with self._lock:
            self._running = {key: each for key, each in self._running.items() if each.user_name != user_name}

    def _over(self, session: Session, now: datetime) -> bool:
        return now - session.seen >= self.idle or now - session.began >= self.longest


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
