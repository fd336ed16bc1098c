"""A warning that was shown can be overridden with a reason; the override is kept, and rates are counted by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.conversation import Answer, Assessment, CheckedClaim, Override, OverrideRate, Turn
from assistant.database import open_database
from assistant.errors import UnknownTurn
from assistant.records import Records
from guardrails.verdict import Finding, Severity
from tests.assistant.turns import NOW, answer_turn

WARNING = Finding("dose.renal", "1", Severity.WARN, "Halve the dose below 30 mL/min.")
NOTE = Finding("dose.unread", "1", Severity.INFORM, "Not compared with the rules.")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    engine = open_database(f"sqlite:///{tmp_path / 'talks.db'}")
    yield Records(engine)
    engine.dispose()


def _warned(turn_id: str, *alerts: Finding) -> Turn:
    """A turn whose only sentence carries a warning and a note, and whose question carries `alerts`."""
    turn = answer_turn(turn_id)
    answer = turn.outcome
    assert isinstance(answer, Answer)
    verdict = replace(answer.claims[0].verdict, findings=(WARNING, NOTE))
    claims = (CheckedClaim(answer.claims[0].claim, verdict),)
    return replace(turn, outcome=replace(answer, claims=claims, assessment=Assessment(alerts)))


def _override(name: str, turn_id: str, claim: int | None = 0, rule: str = "dose.renal") -> Override:
    return Override(name, turn_id, claim, rule, "1", "Dialysis patient, level monitored.", NOW, "user")


def test_an_override_is_kept_with_its_reason(records: Records) -> None:
    records.save_turn(_warned("t1"))
    records.save_override(_override("o1", "t1"))
    assert records.overrides("t1") == (_override("o1", "t1"),)
    assert records.overrides("t2") == ()


@pytest.mark.parametrize(
    ("turn_id", "claim", "rule"),
    [
        ("t9", 0, "dose.renal"),  # no such turn
        ("t1", 1, "dose.renal"),  # no such sentence
        ("t1", 0, "dose.daily-max"),  # this rule warned of nothing
        ("t1", 0, "dose.unread"),  # a note is no warning
        ("t1", None, "dose.renal"),  # the warning was on the sentence, not on the question
    ],
)
def test_only_a_warning_that_was_shown_can_be_overridden(
    records: Records, turn_id: str, claim: int | None, rule: str
) -> None:
    records.save_turn(_warned("t1"))
    with pytest.raises(UnknownTurn):
        records.save_override(_override("o1", turn_id, claim, rule))
    assert records.overrides() == ()


def test_two_warnings_of_one_rule_are_overridden_apart(records: Records) -> None:
    records.save_turn(_warned("t1", WARNING, replace(WARNING, version="other/limit@1")))
    records.save_override(replace(_override("o1", "t1", None), version="other/limit@1"))
    with pytest.raises(UnknownTurn):
        records.save_override(replace(_override("o2", "t1", None), version="third/limit@1"))
    assert records.override_rates() == (OverrideRate("dose.renal", 3, 1),)


def test_an_override_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="with a reason"):
        replace(_override("o1", "t1"), reason=" ")


def test_rates_count_each_shown_warning_once(records: Records) -> None:
    question = replace(WARNING, rule="dose.daily-max")
    for turn_id in ("t1", "t2", "t3"):
        records.save_turn(_warned(turn_id, question))
    records.save_override(_override("o1", "t1"))
    records.save_override(_override("o2", "t1"))  # the same warning again
    records.save_override(_override("o3", "t2", None, "dose.daily-max"))
    assert records.override_rates() == (OverrideRate("dose.daily-max", 3, 1), OverrideRate("dose.renal", 3, 1))
