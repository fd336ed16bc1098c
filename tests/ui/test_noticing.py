"""A question that reports something makes flags at once, with no more of its words than may be kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from assistant.conversation import FlagKind, Question
from guardrails.adverse_event import AdverseEvents
from retrieval.errors import EncoderError
from retrieval.medicines import Medicines
from retrieval.net_card import NetCard
from retrieval.nets import Tagged
from ui.noticing import noticed

TOLD = "My wife took 30 tablets of paracetamol at once and is vomiting"


def _asked(text: str) -> Question:
    return Question("q1", "c1", text, datetime(2026, 11, 26, 12, tzinfo=UTC))


class _NoNets:
    """Nets whose folder is gone."""

    def card(self, folder: Path) -> NetCard:
        raise EncoderError(folder.name)

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        raise EncoderError(folder.name)


def test_a_reaction_and_a_special_situation_are_flagged() -> None:
    flags = noticed(AdverseEvents(Medicines.load()), _asked(TOLD), True)
    assert {flag.kind for flag in flags} == {FlagKind.ADVERSE_EVENT}
    assert {flag.turn_id for flag in flags} == {"q1"}
    comments = [flag.comment for flag in flags]
    assert f"vomiting reported with paracetamol: “{TOLD}”" in comments
    assert f"Overdose reported with paracetamol: “{TOLD}”" in comments
    assert len({flag.id for flag in flags}) == len(flags)


def test_of_a_question_that_could_not_be_screened_only_medicine_and_event_are_kept() -> None:
    flags = noticed(AdverseEvents(Medicines.load()), _asked(TOLD), False)
    assert flags
    assert not any("wife" in flag.comment or "tablets" in flag.comment for flag in flags)


def test_without_the_net_rules_flag_and_say_so() -> None:
    flags = noticed(AdverseEvents(Medicines.load(), _NoNets()), _asked(TOLD), True)
    assert flags
    assert all("rules alone judged" in flag.comment for flag in flags)


def test_a_question_in_general_makes_no_flag() -> None:
    general = _asked("What are the side effects of paracetamol?")
    assert noticed(AdverseEvents(Medicines.load()), general, True) == ()
