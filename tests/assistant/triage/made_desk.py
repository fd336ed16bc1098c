"""A desk on a real SQLite database, with people who can sign. The passwords are made up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher

from assistant.accounts import Accounts
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Person, Role, Signature
from assistant.triage.casebook import Casebook
from assistant.triage.clock import earliest
from assistant.triage.desk import Desk
from assistant.triage.markets import shipped_markets
from assistant.triage.signed import ToSign
from guardrails.adverse.report import (
    AdverseFindings,
    AdverseMention,
    AdverseReport,
    PatientWords,
    Reporter,
    Words,
)

PASSWORD = "correct horse battery 7"
NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
SECRET = "Erika Mustermann"


@dataclass(frozen=True, slots=True)
class Office:
    """A desk, its ledger, and three people: two who judge cases and one who only asks."""

    desk: Desk
    ledger: Ledger
    accounts: Accounts
    ann: Person
    bob: Person
    cleo: Person

    def sign(self, person: Person, wanted: ToSign) -> Signature:
        """The person's signature under what is wanted."""
        return self.accounts.sign(person.user_name, PASSWORD, wanted.meaning, wanted.record, wanted.record_hash)


@contextmanager
def office(folder: Path, url: str = "") -> Iterator[Office]:
    """Open the desk of a folder, or of a database; what is there already stays."""
    engine = open_database(url or f"sqlite:///{folder / 'desk.db'}")
    ledger = Ledger(engine)
    markets = shipped_markets()
    book = Casebook(engine, ledger, lambda case: earliest(case, markets))
    accounts = Accounts(ledger, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    desk = Desk(book, markets, screen, mask, now=lambda: NOW)
    people = [
        accounts.find(name) or accounts.add(name, name.title(), roles, "test", PASSWORD)
        for name, roles in (
            ("ann", (Role.PHARMACOVIGILANCE,)),
            ("bob", (Role.SAFETY_OFFICER,)),
            ("cleo", (Role.CLINICIAN,)),
        )
    ]
    yield Office(desk, ledger, accounts, *people)
    engine.dispose()


def mask(text: str) -> str:
    """The one name of these tests, masked."""
    return text.replace(SECRET, "[PERSON]")


def screen(text: str) -> AdverseFindings:
    """One report for each line that says “took … and had …”; a real small reader, of one form only."""
    reports = []
    start = 0
    for line in text.splitlines(keepends=True):
        if " took " in line and " had " in line:
            reports.append(_report(text, start, start + len(line.rstrip("\n"))))
        start += len(line)
    return AdverseFindings(tuple(reports))


def _report(text: str, start: int, end: int) -> AdverseReport:
    line = text[start:end]
    medicine = _word_after(line, " took ", start)
    event = _word_after(line, " had ", start)
    mention = AdverseMention(text[slice(*medicine)].lower(), medicine, text[slice(*event)], event, line)
    age = Words("67 a", (start + line.index("67"), start + line.index("67") + 5)) if "67 yo" in line else None
    teller = Reporter.CLINICIAN if "patient" in line else Reporter.UNKNOWN
    at = start + max(line.find("patient"), 0)
    return AdverseReport(
        (start, end), PatientWords(age=age), Words(teller.value, (at, at + (7 if "patient" in line else 0))), (mention,)
    )


def _word_after(line: str, cue: str, start: int) -> tuple[int, int]:
    at = line.index(cue) + len(cue)
    end = at
    while end < len(line) and (line[end].isalnum() or line[end] == "-"):
        end += 1
    return start + at, start + end
