"""Control limits against exact probabilities, and rates against turns that are stored as the chat stores them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, fisher_exact

from assistant.conversation import Basis, Flag, FlagKind, Refusal, RefusalReason, Turn, WithheldClaim
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.outcomes import TurnEnd, turn_ends
from assistant.people import Person, Role
from assistant.records import Records
from assistant.serving import ALWAYS, Canary, ServingState, Target, in_canary
from finetune.deploy import roll_back
from finetune.serving_state import Loop, change, served_now
from finetune.watch import ALPHA, limit, probability, rates, stop_if_breached, watch
from guardrails.claim import Claim
from guardrails.verdict import Decision
from tests.assistant.turns import answer_turn

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
TRIED = Target("r2", "http://127.0.0.1:8000/v1", "base", "r2")
STABLE = Target("r1", "http://127.0.0.1:8001/v1", "r1")
CANARY = Canary(TRIED, 0.5, SINCE)


# reference marked of turns, watched turns, the smallest breaching count (with none of 1,000 before, 1 of 100 is
# p = 0.091, 2 are 0.0082, 3 are 0.00073).
LIMITS = [
    (0, 1_000, 100, 3),
    (0, 100, 100, 10),
    (50, 1_000, 100, 14),
    (0, 10, 10, 8),
    (0, 5, 5, None),  # even five of five against none of five is p = 0.004
    (0, 0, 10, None),
    (3, 100, 0, None),
    (100, 100, 50, None),
]


@pytest.mark.parametrize(("marked", "reference", "turns", "expected"), LIMITS)
def test_limits(marked: int, reference: int, turns: int, expected: int | None) -> None:
    assert limit(marked, reference, turns) == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_limit_is_where_fishers_exact_test_crosses_alpha(data: st.DataObject) -> None:
    reference, turns = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 300))
    marked = data.draw(st.integers(0, reference))

    def p(count: int) -> float:
        table = [[count, turns - count], [marked, reference - marked]]
        return float(fisher_exact(table, alternative="greater").pvalue)

    found = limit(marked, reference, turns)
    assert probability(marked, reference, turns, turns) == pytest.approx(p(turns), rel=1e-6)
    if found is None:
        assert p(turns) > ALPHA
    else:
        assert p(found) <= ALPHA * 1.000001
        assert p(found - 1) > ALPHA * 0.999999


def test_for_a_large_reference_it_is_the_exact_binomial_limit() -> None:
    by_binomial = next(count for count in range(501) if binom.sf(count - 1, 500, 0.04) <= ALPHA)
    assert limit(400_000, 10_000_000, 500) == by_binomial == 35


def test_false_alarms_are_as_rare_as_stated() -> None:
    """All outcomes of two arms of 200 turns with 10 % marked, weighted by their probability."""
    alarm = 0.0
    for marked in range(201):
        bound = limit(marked, 200, 200)
        if bound is not None:
            alarm += float(binom.pmf(marked, 200, 0.1) * binom.sf(bound - 1, 200, 0.1))
    assert 0.0003 < alarm <= ALPHA


def end(at: int, **values: object) -> TurnEnd:
    plain = TurnEnd(f"t{at}", f"c{at}", SINCE, 1.0, False, 0, False, 0, False, "r1")
    return replace(plain, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("withheld", {"withheld": 2}),
        ("refused", {"refused": True}),
        ("flagged", {"flags": 1}),
        ("escalated", {"escalated": True}),
        ("failed", {"fell_back": True}),
        ("slower than 1.0 s", {"seconds": 9.0}),
    ],
)
def test_each_rate_breaches_by_itself(name: str, values: dict[str, object]) -> None:
    good = [end(at) for at in range(1_000)]
    watched = [end(at, **(values if at < 3 else {})) for at in range(100)]
    assert [rate.name for rate in rates(good, watched) if rate.breached] == [name]
    fewer = [end(at, **(values if at < 2 else {})) for at in range(100)]
    assert not [rate for rate in rates(good, fewer) if rate.breached]


def test_without_turns_nothing_breaches() -> None:
    assert not any(rate.breached for rate in rates([], []))
    assert not any(rate.breached for rate in rates([], [end(1, withheld=1)]))
    assert not any(rate.breached for rate in rates([end(1)], []))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    yield Records(engine, Ledger(engine))
    engine.dispose()


def turn(
    at: int, when: datetime, *, refused: RefusalReason | None = None, withheld: bool = False, basis: Basis | None = None
) -> Turn:
    made = answer_turn(f"t{at}", f"c{at}")
    question = replace(made.outcome.question, asked_at=when)
    basis = basis or Basis(generator="vllm", model="r1")
    cut = (WithheldClaim(Claim("No.", ()), (), Decision.WITHHOLD),) if withheld else ()
    if refused:
        refusal = Refusal(question, refused, "Nothing.", "Ask again.", cut, basis)
        return replace(made, outcome=refusal)
    return replace(made, outcome=replace(made.outcome, question=question, basis=basis, withheld=cut))


def test_stored_turns_are_read_as_they_ended(records: Records) -> None:
    canary = Basis(generator="vllm", model="base", adapter="r2")
    records.save_turn(turn(1, SINCE))
    records.save_turn(turn(2, SINCE + timedelta(hours=1), withheld=True, basis=canary))
    records.save_turn(turn(3, SINCE, refused=RefusalReason.NOTHING_SUPPORTED))
    records.save_turn(turn(4, SINCE, basis=Basis(generator="extractive", fallback="the server was silent")))
    records.save_turn(turn(5, SINCE, refused=RefusalReason.HARMFUL, basis=Basis()))
    records.save_turn(turn(6, SINCE, refused=RefusalReason.GENERATOR_FAILED, basis=Basis()))
    for at, (turn_id, kind) in enumerate(
        [("t1", FlagKind.UNSAFE), ("t1", FlagKind.OTHER), ("t2", FlagKind.ESCALATED), ("t2", FlagKind.ADVERSE_EVENT)]
    ):
        records.save_flag(Flag(f"f{at}", turn_id, kind, "", "", SINCE, "mara"))
    found = {each.id: each for each in turn_ends(records.ledger, SINCE)}
    assert list(found) == ["t6", "t4", "t3", "t2", "t1"], "newest first, without the one that no generator was asked"
    assert (found["t1"].flags, found["t1"].escalated, found["t1"].answered_by) == (2, False, "r1")
    assert (found["t2"].flags, found["t2"].escalated, found["t2"].answered_by) == (0, True, "r2")
    assert (found["t2"].withheld, found["t1"].withheld, found["t3"].refused) == (1, 0, True)
    assert [each for each in found if found[each].fell_back] == ["t6", "t4"]
    assert [each.id for each in turn_ends(records.ledger, SINCE + timedelta(minutes=1))] == ["t2"]
    assert len(list(turn_ends(records.ledger, ALWAYS, SINCE + timedelta(minutes=1)))) == 4


def serve(loop: Loop, **values: object) -> ServingState:
    return change(
        loop,
        "mara",
        "A test.",
        {},
        lambda now: replace(now, number=now.number + 1, changed_by="mara", **values),  # type: ignore[arg-type]
    )


def test_a_canary_that_withholds_more_is_stopped_and_others_are_not(records: Records, tmp_path: Path) -> None:
    loop = Loop(tmp_path / "loop", records.ledger)
    assert watch(loop) is None
    serve(loop, stable=STABLE, stable_since=SINCE, canary=CANARY, previous=(None,))
    records.save_turn(turn(9_999, SINCE - timedelta(days=1), withheld=True))
    for at in range(60):
        records.save_turn(turn(at, SINCE + timedelta(minutes=at)))
    seen = watch(loop)
    assert seen is not None
    assert (seen.release, seen.is_canary, seen.against, seen.breaches) == ("r2", True, "r1", ())
    assert stop_if_breached(loop, seen) is None
    assert served_now(loop).canary == CANARY
    # Fallbacks of its conversations count as its own, though nobody's model stands in them.
    taken = [at for at in range(60, 200) if in_canary(CANARY, f"c{at}")]
    for at in taken[:30]:
        failed = Basis(generator="extractive", fallback="The answer was made without the model.")
        records.save_turn(turn(at, SINCE + timedelta(minutes=at), basis=failed))
    seen = watch(loop)
    assert seen is not None
    assert [each.split(":")[0] for each in seen.breaches] == ["failed"]
    done = stop_if_breached(loop, seen)
    assert done is not None
    assert (done.state.canary, done.state.stable, done.state.changed_by) == (None, STABLE, "machine")
    last = list(records.ledger.entries())[-1]
    assert (last.deed.by, last.deed.facts["deed"]) == ("machine", "stopped")
    assert "failed: 30 of" in last.deed.summary


def test_a_stable_release_is_compared_with_before_and_only_proposed_for_rollback(
    records: Records, tmp_path: Path
) -> None:
    loop = Loop(tmp_path / "loop", records.ledger)
    for at in range(100):
        records.save_turn(turn(at, SINCE - timedelta(minutes=at + 1)))
    serve(loop, stable=STABLE, stable_since=SINCE, previous=(None,))
    for at in range(100, 130):
        records.save_turn(
            turn(at, SINCE + timedelta(minutes=at), withheld=True, refused=RefusalReason.NOTHING_SUPPORTED)
        )
    seen = watch(loop)
    assert seen is not None
    assert (seen.release, seen.is_canary) == ("r1", False)
    assert {each.split(":")[0] for each in seen.breaches} == {"withheld", "refused"}
    assert stop_if_breached(loop, seen) is None
    assert served_now(loop).stable == STABLE
    mara = Person("p", "mara", "Mara Lind", frozenset({Role.SAFETY_OFFICER}))
    assert roll_back(loop, mara, seen.breaches[0]).state.stable is None
