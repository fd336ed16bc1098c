"""Accounts: who there is, whether a password is right, and signing. Every change and every attempt is in the ledger.

Passwords are kept as Argon2id hashes (argon2-cffi; RFC 9106's second recommended parameters by default) and appear in
no log, no error and no entry. An account is disabled, never deleted, so that its name stays with what it did.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import uuid4

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection, RowMapping

from assistant.chain import Deed, EntryKind
from assistant.errors import AccountInvalid, NotAllowed, SignInFailed, UnknownPerson
from assistant.ledger import Ledger, append
from assistant.people import MEANINGS, USER_NAME, Meaning, Person, Role, Signature
from assistant.tables.people import PEOPLE

FREE_TRIES = 5
"""Failures in a row after which an account has to wait before the next try."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256

WRONG = (
    "The user name or the password is not right. After 5 failures in a row an account waits a minute, and longer with "
    "each further failure; an administrator can set a new password."
)


def wait_after(failures: int) -> timedelta:
    """How long an account has to wait after so many failures in a row: nothing, then a minute, doubling to an hour."""
    if failures < FREE_TRIES:
        return timedelta(0)
    doublings: int = min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The user name where there is such an account, and its row where its password is to be looked at."""

    known: str
    row: RowMapping | None


class Accounts:
    """The accounts behind one ledger. Safe to share between threads."""

    def __init__(
        self, ledger: Ledger, hasher: PasswordHasher | None = None, now: Callable[[], datetime] = _now
    ) -> None:
        self._ledger = ledger
        self._hasher = hasher or PasswordHasher()
        self._now = now

    def add(self, user_name: str, name: str, roles: Collection[Role], by: str, password: str = "") -> Person:
        """Add an account; without a password nobody can sign in or sign with it yet.

        Raises `AccountInvalid`: the name is taken (also by a disabled account) or something does not fit.
        """
        if not USER_NAME.fullmatch(user_name):
            raise AccountInvalid("A user name has 2 to 32 small letters, digits, dots, hyphens or underscores.")
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise AccountInvalid("Give the name as a signature shall print it, at most 100 characters.")
        if not roles:
            raise AccountInvalid("Give at least one role.")
        hashed = self._hashed(password, user_name) if password else ""
        person = Person(uuid4().hex, user_name, " ".join(name.split()), frozenset(roles))
        with self._ledger.writing(f"the account {user_name}") as connection:
            if _row(connection, user_name) is not None:
                raise AccountInvalid(f"The user name {user_name} is taken; a name is never given again.")
            connection.execute(sa.insert(PEOPLE), [_new_row(person, hashed, self._now())])
            append(connection, _changed(person, by, f"was added as {_role_words(person.roles)}"))
        return person

    def local(self, user_name: str, name: str, roles: Collection[Role] = ()) -> Person:
        """The person of single-user mode: added where there is none, with every role unless `roles` are declared."""
        person = self.find(user_name)
        if person is None:
            # Another process may add the same account at this very moment.
            with suppress(AccountInvalid):
                return self.add(user_name, name, roles or tuple(Role), "settings")
            person = self.find(user_name)
        if person is None:
            raise AccountInvalid(f"The settings name a local person that no account can have: {user_name} ({name}).")
        return self.set_roles(user_name, roles, "settings") if roles and person.roles != frozenset(roles) else person

    def find(self, user_name: str) -> Person | None:
        """The account of a user name, disabled or not."""
        with self._ledger.reading() as connection:
            row = _row(connection, user_name)
            return None if row is None else _person(row)

    def everyone(self) -> tuple[Person, ...]:
        """All accounts by user name, disabled ones too."""
        with self._ledger.reading() as connection:
            rows = connection.execute(sa.select(PEOPLE).order_by(PEOPLE.c.user_name)).mappings()
            return tuple(map(_person, rows))

    def can_sign_in(self) -> bool:
        """Whether anybody could sign in: an enabled account with a password."""
        query = sa.select(sa.func.count()).where(PEOPLE.c.password != "", sa.not_(PEOPLE.c.disabled))
        with self._ledger.reading() as connection:
            return bool(connection.scalar(query))

    def disable(self, user_name: str, by: str) -> Person:
        """Take every right from an account; what it did stays under its name. Raises `UnknownPerson`."""
        return self._change(user_name, by, "was disabled", disabled=True)

    def enable(self, user_name: str, by: str) -> Person:
        """Give a disabled account its rights again. Raises `UnknownPerson`."""
        return self._change(user_name, by, "was enabled", disabled=False, failures=0)

    def set_roles(self, user_name: str, roles: Collection[Role], by: str) -> Person:
        """Replace the roles. Raises `UnknownPerson` or `AccountInvalid`."""
        if not roles:
            raise AccountInvalid("Give at least one role, or disable the account.")
        values = sorted(role.value for role in roles)
        return self._change(user_name, by, f"is now {_role_words(roles)}", roles=values)

    def set_password(self, user_name: str, password: str, by: str) -> Person:
        """Set a new password; a waiting account need not wait any more. Raises `UnknownPerson` or `AccountInvalid`."""
        hashed = self._hashed(password, user_name)
        return self._change(user_name, by, "has a new password", password=hashed, failures=0)

    def change_password(self, user_name: str, current: str, new: str) -> Person:
        """Set one's own password, the current one given again. Raises `SignInFailed` or `AccountInvalid`."""
        person = self._authenticated(user_name, current, "Changing the password")
        return self.set_password(user_name, new, person.user_name)

    def sign_in(self, user_name: str, password: str) -> Person:
        """The person whose password this is. Raises `SignInFailed`; both ways are recorded."""
        person = self._authenticated(user_name, password, "Sign-in")
        said = f"{person.name} signed in."
        self._ledger.record(Deed(EntryKind.SIGNED_IN, person.user_name, f"person {person.user_name}", said))
        return person

    def sign_out(self, person: Person) -> None:
        """Record that a session ended."""
        said = f"{person.name} signed out."
        self._ledger.record(Deed(EntryKind.SIGNED_OUT, person.user_name, f"person {person.user_name}", said))

    def sign(self, user_name: str, password: str, meaning: Meaning, record: str, record_hash: str) -> Signature:
        """A signature of the person whose password this is, not yet stored: `assistant.signing.keep_signature` does
        that together with the record. `record_hash` is `assistant.chain.digest` of exactly what is shown and signed.

        Raises `SignInFailed` (recorded) or `NotAllowed`.
        """
        person = self._authenticated(user_name, password, "Signing")
        if not person.may(MEANINGS[meaning].needs):
            raise NotAllowed(f"No role of {person.name} allows signing: “{MEANINGS[meaning].words}”")
        who = (person.id, person.user_name, person.name)
        return Signature(uuid4().hex, *who, meaning, self._now(), record, record_hash)

    def _change(self, user_name: str, by: str, what: str, **values: object) -> Person:
        with self._ledger.writing(f"the account {user_name}") as connection:
            if _row(connection, user_name) is None:
                raise UnknownPerson(f"There is no account {user_name}. “pharmassist people list” names them.")
            connection.execute(sa.update(PEOPLE).where(PEOPLE.c.user_name == user_name).values(values))
            row = _row(connection, user_name)
            assert row is not None
            person = _person(row)
            append(connection, _changed(person, by, what))
        return person

    def _authenticated(self, user_name: str, password: str, act: str) -> Person:
        attempt = self._attempt(user_name)
        row = attempt.row
        if row is None or not self._fits(row["password"], password):
            self._failed(attempt, act, password)
            raise SignInFailed(WRONG)
        values: dict[str, object] = {"failures": 0, "failed_at": None}
        if self._hasher.check_needs_rehash(row["password"]):
            values["password"] = self._hasher.hash(_normal(password))
        with self._ledger.writing("the sign-in") as connection:
            # Only if the password is still the one that was checked, and nobody disabled the account meanwhile.
            same = (PEOPLE.c.id == row["id"], PEOPLE.c.password == row["password"], sa.not_(PEOPLE.c.disabled))
            if connection.execute(sa.update(PEOPLE).where(*same).values(values)).rowcount != 1:
                raise SignInFailed(WRONG)
        return _person(row)

    def _attempt(self, user_name: str) -> _Attempt:
        """The account, its failures one up before the password is looked at, so that tries at the same time count."""
        now = self._now()
        with self._ledger.writing("the sign-in") as connection:
            row = _row(connection, user_name, lock=True)
            if row is None or row["disabled"] or not row["password"]:
                return _Attempt("" if row is None else user_name, None)
            if row["failed_at"] is not None and now < row["failed_at"] + wait_after(row["failures"]):
                return _Attempt(user_name, None)
            counted = {"failures": row["failures"] + 1, "failed_at": now}
            connection.execute(sa.update(PEOPLE).where(PEOPLE.c.id == row["id"]).values(counted))
        return _Attempt(user_name, row)

    def _fits(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            return self._hasher.verify(hashed, _normal(password))
        except (VerificationError, InvalidHashError, UnicodeError):
            return False

    def _failed(self, attempt: _Attempt, act: str, password: str) -> None:
        """Record a failure. Of what was typed nothing is kept: a password may stand in the field of the user name."""
        if attempt.row is None:
            # As slow as with an account, so that the time tells nobody which accounts there are.
            self._fits(self._nobody, password)
        subject = f"person {attempt.known or 'unknown'}"
        why = (
            "wrong password"
            if attempt.row
            else "the account cannot sign in now"
            if attempt.known
            else "no such account"
        )
        self._ledger.record(Deed(EntryKind.SIGN_IN_FAILED, "nobody", subject, f"{act} failed: {why}."))

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(uuid4().hex)

    def _hashed(self, password: str, user_name: str) -> str:
        normal = _normal(password)
        if not SHORTEST_PASSWORD <= len(normal) <= LONGEST_PASSWORD:
            raise AccountInvalid(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
        if len(set(normal)) < 5 or (len(user_name) > 3 and user_name in normal.lower()):
            raise AccountInvalid("The password is too easy: it repeats itself or holds the user name.")
        try:
            return self._hasher.hash(normal)
        except UnicodeError:
            raise AccountInvalid("The password holds a character that is none.") from None


def _normal(password: str) -> str:
    """The same characters however a keyboard composes them (NIST SP 800-63B, section on normalization)."""
    return unicodedata.normalize("NFKC", password)


def _changed(person: Person, by: str, what: str) -> Deed:
    said = f"{person.name} ({person.user_name}) {what}."
    return Deed(EntryKind.PEOPLE_CHANGED, by, f"person {person.user_name}", said, {"person": person.id})


def _role_words(roles: Collection[Role]) -> str:
    return ", ".join(sorted(role.value.replace("_", " ") for role in roles))


def _row(connection: Connection, user_name: str, *, lock: bool = False) -> RowMapping | None:
    query = sa.select(PEOPLE).where(PEOPLE.c.user_name == user_name)
    return connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def _new_row(person: Person, hashed: str, now: datetime) -> dict[str, object]:
    return {
        "id": person.id,
        "user_name": person.user_name,
        "name": person.name,
        "roles": sorted(role.value for role in person.roles),
        "password": hashed,
        "disabled": False,
        "failures": 0,
        "failed_at": None,
        "added_at": now,
    }


def _person(row: RowMapping) -> Person:
    roles = frozenset(Role(value) for value in row["roles"])
    return Person(row["id"], row["user_name"], row["name"], roles, row["disabled"])
