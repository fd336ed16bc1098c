"""A review desk with real guardrails over three made-up passages, turns that wait on it, and people who review."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from argon2 import PasswordHasher

from assistant.accounts import Accounts
from assistant.conversation import (
    Answer,
    Basis,
    CheckedClaim,
    Flag,
    FlagKind,
    Question,
    Refusal,
    RefusalReason,
    Turn,
)
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Meaning, Person, Role, Signature
from assistant.records import Records
from assistant.refusals import refuse
from assistant.review import ErrorType, Judged, JudgedOn, Judgement, Review
from assistant.review_desk import ReviewDesk, decide
from assistant.reviews import Reviews
from guardrails.claim import Claim
from guardrails.dose_reader import read_doses
from guardrails.examined import Examined
from guardrails.guard import Guard
from guardrails.identifiers import Masker
from guardrails.rails import Rails
from guardrails.rulebook import shipped
from guardrails.verdict import CheckRun, Decision, Finding, Verdict
from retrieval.index import Hit
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage, Section
from retrieval.search import Missing, SearchResult

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PASSWORD = "a long made-up password 7"


def passage(key: str, text: str, section: Section, source: str = "metformin@1") -> Passage:
    medicine = source.partition("@")[0]
    return Passage(key, source, text, section, (section.value,), 0, len(text), (medicine,), f"{medicine} tablets", None)


MAXIMUM = passage(
    "m1", "The maximum dose of metformin in adults is 2,550 mg per day, given in divided doses.", Section.DOSAGE
)
FOOD = passage("m2", "Take metformin with meals to reduce stomach upset.", Section.COUNSELLING)
STORAGE = passage("m3", "Keep metformin tablets in a dry place, away from light.", Section.STORAGE)
BLEEDING = passage("w1", "Warfarin can cause major or fatal bleeding.", Section.WARNINGS, "warfarin@1")
SHELF = (MAXIMUM, FOOD, BLEEDING)
"""What search finds; `STORAGE` can only be chosen by hand."""


def said(of: Passage, text: str = "") -> Claim:
    """A claim that says the passage's words, or others, and quotes the whole passage."""
    return Claim(text or of.text, (Citation(of.key, of.text),))


def _found(text: str, history: tuple[str, ...]) -> SearchResult:
    words = " ".join((text, *history)).lower()
    hits = tuple(Hit(each, 1.0, 0.8) for each in SHELF if each.ingredients[0] in words)
    if not hits:
        return SearchResult((), missing=Missing("which_medicine"))
    return SearchResult(hits, tuple(dict.fromkeys(hit.passage.ingredients[0] for hit in hits)))


def _fine(_: Examined) -> tuple[Finding, ...]:
    return ()


@dataclass
class Room:
    """The desk and the people around it. `current` are the passages of the index by their keys."""

    desk: ReviewDesk
    records: Records
    reviews: Reviews
    ledger: Ledger
    accounts: Accounts
    rita: Person
    rob: Person
    sam: Person
    cleo: Person
    current: dict[str, Passage]

    def turn(
        self, name: str, question: str, *claims: Claim, talk: str = "", reason: RefusalReason | None = None
    ) -> Turn:
        """Save a turn: an answer of these claims, or a refusal where there are none."""
        asked = Question(name, talk or f"talk-{name}", question, NOW, asked_by="cleo")
        outcome: Answer | Refusal
        if claims:
            shown = tuple(
                CheckedClaim(each, Verdict(Decision.RELEASE, (), (CheckRun("quote", 0.1),))) for each in claims
            )
            keys = {citation.key for claim in claims for citation in claim.citations}
            outcome = Answer(asked, shown, tuple(self.current[key] for key in sorted(keys)), (), Basis(), 0.2)
        else:
            outcome = refuse(asked, reason or RefusalReason.NOTHING_SUPPORTED)
        turn = Turn(name, asked.conversation_id, outcome, NOW)
        self.records.save_turn(turn)
        return turn

    def flag(self, turn: Turn, kind: FlagKind = FlagKind.INACCURATE, comment: str = "not what the label says") -> None:
        """A clinician's flag."""
        self.records.save_flag(Flag(f"flag-{turn.id}-{kind}", turn.id, kind, comment, "", NOW, "cleo"))

    def sign(self, person: Person, meaning: Meaning, record: str, record_hash: str) -> Signature:
        """Sign with the password that everybody here has."""
        return self.accounts.sign(person.user_name, PASSWORD, meaning, record, record_hash)

    def decide(self, person: Person, turn: Turn, judgement: Judgement, place: int = 0) -> Review:
        """Decide at the place that is free, signing where it must be."""
        place = place or len(self.reviews.of_turn(turn.id)) + 1
        return decide(self.desk, person, turn.id, judgement, place, partial(self.sign, person))


CORRECT = Judgement(Judged.CORRECT)


def wrong(error: ErrorType = ErrorType.WRONG_FACT, *claims: Claim, comment: str = "") -> Judgement:
    """Incorrect, with the right answer."""
    return Judgement(Judged.INCORRECT, error, comment, claims)


def review_of(place: int, judgement: Judgement, doses: tuple[str, ...] = (), dosing: bool = True) -> Review:
    """A review by hand; the person is named by the place."""
    person = f"person-{place}"
    at = NOW + timedelta(minutes=place)
    return Review(f"r{place}", "t", place, person, person, at, judgement, JudgedOn("0" * 64), dosing, doses)


@contextmanager
def reviewing(folder: Path, url: str = "") -> Iterator[Room]:
    """A room over a database in the folder, or over another one."""
    engine = open_database(url or f"sqlite:///{folder / 'talks.db'}")
    ledger = Ledger(engine)
    accounts = Accounts(ledger, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people = {
        name: accounts.add(name, f"{name.title()} Example", (role,), "test", PASSWORD)
        for name, role in (
            ("rita", Role.REVIEWER), ("rob", Role.REVIEWER), ("sam", Role.SAFETY_OFFICER), ("cleo", Role.CLINICIAN)
        )
    }  # fmt: skip
    medicines, masker, rails = Medicines.load(), Masker(None), Rails()
    guard = Guard(medicines, shipped(), rails, _fine)
    current = {each.key: each for each in (*SHELF, STORAGE)}
    records, reviews = Records(engine, ledger), Reviews(ledger)
    ticks = iter(range(10**6))
    desk = ReviewDesk(
        records, reviews, _found, current.get,
        lambda claim, evidence, patient: guard.judge(claim, evidence, patient=patient),
        lambda text: read_doses(text, medicines), lambda text: masker.masked(text)[0],
        lambda: (guard.version, "index-1"), lambda: NOW + timedelta(minutes=next(ticks)),
    )  # fmt: skip
    try:
        yield Room(desk, records, reviews, ledger, accounts, **people, current=current)
    finally:
        rails.close()
        engine.dispose()


def without_hits(desk: ReviewDesk) -> ReviewDesk:
    """The same desk over an index that finds nothing."""
    return replace(desk, search=lambda _text, _history: SearchResult((), missing=Missing("no_evidence")))
