"""Accounts, passwords, waiting after failures, roles and signatures: what each allows, and what the ledger keeps."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.engine import Engine

from assistant.accounts import WRONG, Accounts, wait_after
from assistant.chain import EntryKind, digest
from assistant.database import open_database
from assistant.errors import AccountInvalid, NotAllowed, PeopleError, SaveFailed, SignInFailed, UnknownPerson
from assistant.ledger import Ledger
from assistant.people import MEANINGS, PERMISSIONS, May, Meaning, Person, Role, require
from assistant.signing import keep_signature, require_two_people, signatures_of

GOOD = "correct horse battery"
OTHER = "another staple entirely"
MISTYPED = "corect hors batery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HASH = digest({"case": 1})


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 26, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **more: int) -> None:
        self.now += timedelta(**more)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def accounts(ledger: Ledger, clock: Clock) -> Accounts:
    made = Accounts(ledger, QUICK, clock)
    made.add("anna", "Anna Berg", [Role.PHARMACOVIGILANCE], "local", GOOD)
    return made


def last(ledger: Ledger) -> tuple[EntryKind, str, str]:
    *_, entry = ledger.entries()
    return entry.deed.kind, entry.deed.by, entry.deed.summary


# Every role that may do each thing. A pharmacist or auditor reviews this table; a change of the policy changes it.
WHO_MAY = {
    May.ASK: "clinician reviewer pharmacovigilance safety_officer model_engineer",
    May.FLAG: "clinician reviewer pharmacovigilance safety_officer model_engineer",
    May.OVERRIDE: "clinician reviewer",
    May.REVIEW: "reviewer safety_officer",
    May.READ_CASES: "pharmacovigilance safety_officer auditor",
    May.TRIAGE: "pharmacovigilance safety_officer",
    May.CODE: "pharmacovigilance safety_officer",
    May.COMMIT_CAUSALITY: "pharmacovigilance safety_officer",
    May.CLOSE_CASE: "pharmacovigilance safety_officer",
    May.CONFIRM_CLOSING: "pharmacovigilance safety_officer",
    May.EXPORT: "pharmacovigilance safety_officer",
    May.SEE_IDENTIFIERS: "pharmacovigilance safety_officer",
    May.TRAIN: "model_engineer",
    May.APPROVE_DATA: "safety_officer",
    May.SIGN_RELEASE: "safety_officer model_engineer",
    May.CHANGE_SETTINGS: "administrator",
    May.READ_AUDIT: "safety_officer auditor administrator",
    May.MANAGE_PEOPLE: "administrator",
}


def test_the_table_of_permissions_covers_everything_and_is_this_one() -> None:
    assert PERMISSIONS.keys() == set(Role)
    assert WHO_MAY.keys() == set(May)
    assert MEANINGS.keys() == set(Meaning)
    for what, roles in WHO_MAY.items():
        assert {role.value for role in Role if what in PERMISSIONS[role]} == set(roles.split()), what


def test_who_inspects_or_sets_up_decides_nothing() -> None:
    decisions = {act.needs for act in MEANINGS.values()} | {May.OVERRIDE, May.TRIAGE, May.REVIEW}
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        assert not PERMISSIONS[role] & decisions


def test_roles_add_up_and_a_disabled_person_may_nothing() -> None:
    both = Person("1", "ada", "Ada", frozenset({Role.CLINICIAN, Role.AUDITOR}))
    assert both.may(May.ASK)
    assert both.may(May.READ_AUDIT)
    assert not both.may(May.TRIAGE)
    assert not Person("1", "ada", "Ada", frozenset(Role), disabled=True).may(May.ASK)
    assert not Person("1", "ada", "Ada", frozenset()).may(May.ASK)
    with pytest.raises(NotAllowed, match=r"Ada may not do this: it needs the permission “triage”"):
        require(both, May.TRIAGE)


def test_an_account_is_added_and_signs_in(accounts: Accounts, ledger: Ledger) -> None:
    assert last(ledger) == (
        EntryKind.PEOPLE_CHANGED,
        "local",
        "Anna Berg (anna) was added as pharmacovigilance.",
    )
    person = accounts.sign_in("anna", GOOD)
    assert (person.user_name, person.name, person.roles) == ("anna", "Anna Berg", frozenset({Role.PHARMACOVIGILANCE}))
    assert last(ledger) == (EntryKind.SIGNED_IN, "anna", "Anna Berg signed in.")
    accounts.sign_out(person)
    assert last(ledger) == (EntryKind.SIGNED_OUT, "anna", "Anna Berg signed out.")


@pytest.mark.parametrize(
    ("user_name", "name", "password", "said"),
    [
        ("anna", "Another Anna", GOOD, "taken; a name is never given again"),
        ("Anna", "Anna", GOOD, "small letters"),
        ("a", "Anna", GOOD, "2 to 32"),
        ("a" * 33, "Anna", GOOD, "2 to 32"),
        ("anna berg", "Anna", GOOD, "small letters"),
        ("berta", " ", GOOD, "Give the name"),
        ("berta", "B\nerta", GOOD, "Give the name"),
        ("berta", "Berta", "short", "12 to 256"),
        ("berta", "Berta", "x" * 257, "12 to 256"),
        ("berta", "Berta", "abababababab", "too easy"),
        ("berta", "Berta", "my name is BERTA!", "too easy"),
        ("berta", "Berta", "\ud800" + GOOD, "a character that is none"),
    ],
)
def test_what_an_account_cannot_be(accounts: Accounts, user_name: str, name: str, password: str, said: str) -> None:
    with pytest.raises(AccountInvalid, match=said) as caught:
        accounts.add(user_name, name, [Role.CLINICIAN], "local", password)
    assert password not in str(caught.value)
    assert len(accounts.everyone()) == 1


def test_an_account_without_a_role_is_none(accounts: Accounts) -> None:
    with pytest.raises(AccountInvalid, match="at least one role"):
        accounts.add("berta", "Berta", [], "local")
    with pytest.raises(AccountInvalid, match="at least one role"):
        accounts.set_roles("anna", [], "local")


def test_a_name_is_not_given_again_after_the_account_was_disabled(accounts: Accounts, ledger: Ledger) -> None:
    before = accounts.find("anna")
    assert accounts.disable("anna", "local").disabled
    assert last(ledger)[2] == "Anna Berg (anna) was disabled."
    with pytest.raises(SignInFailed):
        accounts.sign_in("anna", GOOD)
    with pytest.raises(AccountInvalid, match="taken"):
        accounts.add("anna", "Anna Nova", [Role.CLINICIAN], "local", GOOD)
    after = accounts.find("anna")
    assert before is not None
    assert after is not None
    assert (after.id, after.name, after.roles) == (before.id, before.name, before.roles)
    assert not accounts.enable("anna", "local").disabled
    assert accounts.sign_in("anna", GOOD).user_name == "anna"


def test_two_processes_cannot_give_one_name_twice(accounts: Accounts, engine: Engine) -> None:
    """Whatever the code does, the table refuses it."""
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO people (id, user_name, name, roles, password, disabled, failures, added_at) "
                "VALUES ('x', 'anna', 'x', '[]', '', 0, 0, 'x')"
            )
        )


def test_roles_and_password_are_changed_and_recorded(accounts: Accounts, ledger: Ledger) -> None:
    changed = accounts.set_roles("anna", [Role.AUDITOR, Role.SAFETY_OFFICER], "admin")
    assert changed.roles == {Role.AUDITOR, Role.SAFETY_OFFICER}
    assert last(ledger) == (EntryKind.PEOPLE_CHANGED, "admin", "Anna Berg (anna) is now auditor, safety officer.")
    accounts.set_password("anna", OTHER, "admin")
    assert last(ledger) == (EntryKind.PEOPLE_CHANGED, "admin", "Anna Berg (anna) has a new password.")
    assert accounts.sign_in("anna", OTHER)
    with pytest.raises(SignInFailed):
        accounts.sign_in("anna", GOOD)


@pytest.mark.parametrize("act", ["disable", "enable"])
def test_an_account_that_is_not_there_cannot_be_changed(accounts: Accounts, act: str) -> None:
    with pytest.raises(UnknownPerson, match="There is no account nobody"):
        getattr(accounts, act)("nobody", "local")


@pytest.mark.parametrize("password", ["", MISTYPED, GOOD + " ", GOOD.upper(), "x" * 100_000, "\ud800", "\x00"])
def test_a_wrong_password_says_nothing_more_than_that(accounts: Accounts, ledger: Ledger, password: str) -> None:
    with pytest.raises(SignInFailed) as caught:
        accounts.sign_in("anna", password)
    assert str(caught.value) == WRONG
    assert last(ledger) == (EntryKind.SIGN_IN_FAILED, "nobody", "Sign-in failed: wrong password.")


@pytest.mark.parametrize("user_name", ["", "berta", "ANNA", GOOD, "anna'; DROP TABLE people; --", "a" * 10_000])
def test_an_unknown_name_is_answered_alike_and_not_kept(accounts: Accounts, ledger: Ledger, user_name: str) -> None:
    """People type their password where the name belongs."""
    with pytest.raises(SignInFailed) as caught:
        accounts.sign_in(user_name, GOOD)
    assert str(caught.value) == WRONG
    *_, entry = ledger.entries()
    assert entry.deed.subject == "person unknown"
    assert len(user_name) < 3 or user_name not in str(entry)


def test_an_account_without_a_password_cannot_sign_in(accounts: Accounts) -> None:
    accounts.add("berta", "Berta", [Role.CLINICIAN], "local")
    for password in ("", GOOD):
        with pytest.raises(SignInFailed):
            accounts.sign_in("berta", password)


def test_waiting_doubles_to_an_hour() -> None:
    minutes = [wait_after(failures).total_seconds() / 60 for failures in range(14)]
    assert minutes == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait_after(10_000) == timedelta(hours=1)


def fail(accounts: Accounts, times: int, user_name: str = "anna") -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            accounts.sign_in(user_name, MISTYPED)


def test_after_five_failures_even_the_right_password_waits(accounts: Accounts, ledger: Ledger, clock: Clock) -> None:
    fail(accounts, 5)
    with pytest.raises(SignInFailed):
        accounts.sign_in("anna", GOOD)
    assert last(ledger)[2] == "Sign-in failed: the account cannot sign in now."
    clock.pass_by(seconds=59)
    with pytest.raises(SignInFailed):
        accounts.sign_in("anna", GOOD)
    clock.pass_by(seconds=1)
    fail(accounts, 1)
    clock.pass_by(seconds=119)
    with pytest.raises(SignInFailed):
        accounts.sign_in("anna", GOOD)
    clock.pass_by(seconds=1)
    assert accounts.sign_in("anna", GOOD)
    fail(accounts, 4)
    assert accounts.sign_in("anna", GOOD)  # a success forgets the failures before it


def test_an_administrator_ends_the_waiting(accounts: Accounts) -> None:
    fail(accounts, 6)
    accounts.set_password("anna", OTHER, "admin")
    assert accounts.sign_in("anna", OTHER)


def test_tries_at_the_same_time_count_each(accounts: Accounts, ledger: Ledger) -> None:
    """The failure is counted before the password is looked at: a crowd of tries is not a way around the wait."""

    def attempt() -> None:
        with pytest.raises(SignInFailed):
            accounts.sign_in("anna", MISTYPED)

    crowd = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    said = [entry.deed.summary for entry in ledger.entries(kind=EntryKind.SIGN_IN_FAILED)]
    assert said.count("Sign-in failed: wrong password.") == 5
    assert len(said) == 12
    assert ledger.verify().breaks == ()


def test_a_hash_of_weaker_parameters_is_made_anew_at_the_next_sign_in(
    accounts: Accounts, ledger: Ledger, engine: Engine, clock: Clock
) -> None:
    def stored() -> str:
        with engine.connect() as connection:
            return str(connection.scalar(sa.text("SELECT password FROM people WHERE user_name = 'anna'")))

    assert "m=64,t=1,p=1" in stored()
    stronger = Accounts(ledger, PasswordHasher(time_cost=2, memory_cost=128, parallelism=1), clock)
    assert stronger.sign_in("anna", GOOD)
    assert "m=128,t=2,p=1" in stored()
    assert stronger.sign_in("anna", GOOD)


def test_the_default_parameters_are_those_of_the_rfc() -> None:
    """RFC 9106, section 4, second recommendation: 64 MiB, three passes, four lanes."""
    hasher = PasswordHasher()
    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (65536, 3, 4)


def test_a_password_is_the_same_however_it_is_composed(accounts: Accounts) -> None:
    accounts.set_password("anna", "Bären essen Äpfel", "admin")
    assert accounts.sign_in("anna", "Bären essen Äpfel")


def test_no_password_is_in_the_database_the_log_or_the_ledger(
    accounts: Accounts, ledger: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    accounts.sign_in("anna", GOOD)
    accounts.set_password("anna", OTHER, "admin")
    fail(accounts, 1)
    accounts.sign("anna", OTHER, Meaning.CASE_CLOSED, "case 1", HASH)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("kept.db*"))
    for password in (GOOD, OTHER, MISTYPED):
        assert password.encode() not in kept
        assert password not in caplog.text


def test_the_local_person_is_made_once_with_every_role_unless_declared(accounts: Accounts, ledger: Ledger) -> None:
    first = accounts.local("local", "Local user")
    assert first.roles == frozenset(Role)
    count = ledger.verify().entries
    assert accounts.local("local", "Local user") == first
    assert ledger.verify().entries == count
    declared = accounts.local("local", "Local user", [Role.CLINICIAN])
    assert (declared.id, declared.roles) == (first.id, frozenset({Role.CLINICIAN}))
    assert last(ledger) == (EntryKind.PEOPLE_CHANGED, "settings", "Local user (local) is now clinician.")
    assert accounts.local("local", "Local user") == declared


def test_a_local_person_that_no_account_can_have_says_so(accounts: Accounts) -> None:
    with pytest.raises(AccountInvalid, match="The settings name a local person"):
        accounts.local("Not A Name", "x")


def test_whether_anybody_can_sign_in(ledger: Ledger) -> None:
    accounts = Accounts(ledger, QUICK)
    assert not accounts.can_sign_in()
    accounts.add("anna", "Anna", [Role.CLINICIAN], "local")
    assert not accounts.can_sign_in()
    accounts.set_password("anna", GOOD, "local")
    assert accounts.can_sign_in()
    accounts.disable("anna", "local")
    assert not accounts.can_sign_in()


def test_a_signature_has_meaning_name_time_and_the_hash_of_what_was_signed(
    accounts: Accounts, ledger: Ledger, clock: Clock
) -> None:
    signature = accounts.sign("anna", GOOD, Meaning.CASE_CLOSED, "case 12, version 3", HASH)
    assert signatures_of(ledger, "case 12, version 3") == ()
    with ledger.writing("the case") as connection:
        keep_signature(connection, signature)
    assert signatures_of(ledger, "case 12, version 3") == (signature,)
    assert (signature.signed_at, signature.record_hash) == (clock.now, HASH)
    line = "Anna Berg (anna), 2026-11-26 12:00:00 UTC: I am responsible for closing this case."
    assert signature.line() == line
    *_, entry = ledger.entries()
    assert (entry.deed.kind, entry.deed.by, entry.deed.summary) == (EntryKind.SIGNED, "anna", line)
    assert (entry.deed.subject, entry.deed.facts["record_hash"]) == ("case 12, version 3", HASH)


def test_signing_needs_the_password_again_and_the_right_role(accounts: Accounts, ledger: Ledger) -> None:
    with pytest.raises(SignInFailed):
        accounts.sign("anna", MISTYPED, Meaning.CASE_CLOSED, "case 12", HASH)
    assert last(ledger) == (EntryKind.SIGN_IN_FAILED, "nobody", "Signing failed: wrong password.")
    with pytest.raises(NotAllowed, match=r"No role of Anna Berg allows signing: “I approve this release for use.”"):
        accounts.sign("anna", GOOD, Meaning.RELEASE_APPROVED, "release 1", HASH)


@pytest.mark.parametrize("meaning", Meaning)
def test_each_meaning_needs_its_permission(accounts: Accounts, meaning: Meaning) -> None:
    for role in Role:
        accounts.set_roles("anna", [role], "local")
        if MEANINGS[meaning].needs in PERMISSIONS[role]:
            assert accounts.sign("anna", GOOD, meaning, "case 1", HASH).meaning is meaning
        else:
            with pytest.raises(NotAllowed):
                accounts.sign("anna", GOOD, meaning, "case 1", HASH)


def test_guessing_at_signing_makes_the_account_wait_too(accounts: Accounts) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailed):
            accounts.sign("anna", MISTYPED, Meaning.CASE_CLOSED, "case 12", HASH)
    with pytest.raises(SignInFailed):
        accounts.sign_in("anna", GOOD)


def test_two_people_are_two_people_under_the_same_content(accounts: Accounts) -> None:
    accounts.add("berta", "Berta", [Role.SAFETY_OFFICER], "local", OTHER)
    first = accounts.sign("anna", GOOD, Meaning.CASE_CLOSED, "case 12", HASH)
    second = accounts.sign("berta", OTHER, Meaning.CLOSING_CONFIRMED, "case 12", HASH)
    require_two_people(first, second)
    again = accounts.sign("anna", GOOD, Meaning.CLOSING_CONFIRMED, "case 12", HASH)
    changed = accounts.sign("berta", OTHER, Meaning.CLOSING_CONFIRMED, "case 12", digest({"case": 2}))
    for other, said in ((again, "a second person has to sign"), (changed, "not under the same content")):
        with pytest.raises(PeopleError, match=said):
            require_two_people(first, other)


def test_a_signature_is_kept_with_what_was_signed_or_not_at_all(accounts: Accounts, ledger: Ledger) -> None:
    signature = accounts.sign("anna", GOOD, Meaning.CASE_CLOSED, "case 12", HASH)

    def crash() -> None:
        with ledger.writing("the case") as connection:
            keep_signature(connection, signature)
            connection.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))

    with pytest.raises(SaveFailed):
        crash()
    assert signatures_of(ledger, "case 12") == ()
    assert list(ledger.entries(kind=EntryKind.SIGNED)) == []


def test_the_table_in_the_documentation_is_the_real_one() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "people-and-audit.md").read_text(encoding="utf-8")
    for what in May:
        cells = ("yes" if what in PERMISSIONS[role] else "–" for role in Role)
        assert f"| {what.value.replace('_', ' ')} | {' | '.join(cells)} |" in page
    assert f"| | {' | '.join(role.value.replace('_', ' ') for role in Role)} |" in page
    assert all(f"| {act.words} | {act.needs.value.replace('_', ' ')} |" in page for act in MEANINGS.values())
    assert all(f"`{kind.value}`" in page for kind in EntryKind if kind is not EntryKind.UNREADABLE)
