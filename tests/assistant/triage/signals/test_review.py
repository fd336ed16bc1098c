"""Decisions about candidates: by people only, in the order of the table, with a reason, in the ledger."""

from __future__ import annotations

from itertools import product as every
from pathlib import Path

import pytest

from assistant.database import open_database
from assistant.errors import AssistantError
from assistant.ledger import Ledger
from assistant.people import Person, Role
from assistant.triage.signals.candidates import SignalRow, measure, rows
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import MoveRefused
from assistant.triage.signals.review import MOVES, SignalState, Standing, decide, standing, standings
from assistant.triage.signals.shrinker import Prior
from tests.assistant.triage.signals.tables import reports, two_by_two

ANN = Person("p-ann", "ann", "Ann Lee", frozenset({Role.PHARMACOVIGILANCE}))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_database(f"sqlite:///{tmp_path / 'kept.db'}"))


@pytest.fixture
def row(tmp_path: Path) -> SignalRow:
    counts = count(reports(tmp_path, two_by_two(10, 90, 100, 9800)))
    return rows(measure(counts, prior=Prior(3.2538, 0.3999, 2.0261, 1.9081, 0.0653)), products=["A"])[0]


def move(ledger: Ledger, row: SignalRow, to: SignalState, reason: str = "read the cases") -> Standing:
    return decide(ledger, ANN, row, to, reason, lambda words: words.replace("John Doe", "[PERSON]"))


def test_a_strong_pair_is_new_until_a_person_decides(ledger: Ledger, row: SignalRow) -> None:
    assert row.crossed
    assert standing(ledger, row.product, row.event) == Standing()
    assert standings(ledger) == {}


def test_decisions_are_entries_of_the_ledger_with_their_numbers(ledger: Ledger, row: SignalRow) -> None:
    move(ledger, row, SignalState.UNDER_REVIEW, "")
    found = move(ledger, row, SignalState.CONFIRMED, "John Doe and nine others, no other cause")
    assert (found.state, found.by) == (SignalState.CONFIRMED, "p-ann")
    assert found.reason == "[PERSON] and nine others, no other cause"
    assert standing(ledger, "a", "x") == found
    assert standings(ledger) == {("A", "X"): found}
    first, last = ledger.entries()
    assert last.deed.subject == "signal A / X"
    assert (last.deed.facts["reports"], last.deed.facts["old"], last.deed.facts["new"]) == (
        "10",
        "under review",
        "confirmed",
    )
    assert float(last.deed.facts["eb05"]) == pytest.approx(row.eb05, rel=1e-3)
    assert first.deed.facts["new"] == "under review"
    assert ledger.verify().breaks == ()


WAYS = {
    SignalState.NEW: (),
    SignalState.UNDER_REVIEW: (SignalState.UNDER_REVIEW,),
    SignalState.CONFIRMED: (SignalState.UNDER_REVIEW, SignalState.CONFIRMED),
    SignalState.REFUTED: (SignalState.UNDER_REVIEW, SignalState.REFUTED),
}


@pytest.mark.parametrize(("start", "end"), list(every(SignalState, SignalState)))
def test_only_the_moves_of_the_table_are_made(
    ledger: Ledger, row: SignalRow, start: SignalState, end: SignalState
) -> None:
    for state in WAYS[start]:
        move(ledger, row, state)
    if end in MOVES[start]:
        assert move(ledger, row, end).state is end
        return
    with pytest.raises(MoveRefused, match="can become"):
        move(ledger, row, end)
    assert standing(ledger, row.product, row.event).state is start


def test_a_judgement_needs_a_reason(ledger: Ledger, row: SignalRow) -> None:
    move(ledger, row, SignalState.UNDER_REVIEW, "")
    with pytest.raises(MoveRefused, match="Give a reason why this signal becomes refuted"):
        move(ledger, row, SignalState.REFUTED, "  ")


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.AUDITOR, Role.ADMINISTRATOR, Role.MODEL_ENGINEER])
def test_who_does_no_case_work_decides_on_no_signal(ledger: Ledger, row: SignalRow, role: Role) -> None:
    with pytest.raises(AssistantError, match="may not do this"):
        decide(ledger, Person("p", "p", "P", frozenset({role})), row, SignalState.UNDER_REVIEW, "", str)
    assert standings(ledger) == {}
