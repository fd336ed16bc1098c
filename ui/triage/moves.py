"""Acts that move a case: from state to state, closing by two people, merging and undoing a merge."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.triage.case import Case
from assistant.triage.desk import Arrived, follow_up
from assistant.triage.errors import FieldInvalid
from assistant.triage.judging import propose_again
from assistant.triage.merging import merge, undo_merge
from assistant.triage.moving import (
    ask_to_close,
    closing_to_sign,
    confirm_closing,
    confirming_to_sign,
    decline_closing,
    move,
    not_valid_to_sign,
)
from assistant.triage.states import State, allowed
from ui.triage.acts import Act, Doer


def _move(each: Act) -> Case:
    try:
        end = State(each.given("to"))
    except ValueError:
        raise FieldInvalid("There is no such state.") from None
    step = allowed(each.case.state, end)
    why = each.sent.why.strip()
    signature = each.sign(closing_to_sign(each.case, why)) if step is not None and step.signature else None
    return move(each.tools.desk, each.person, each.case, end, why, signature)


def _ask_close(each: Act) -> Case:
    signature = each.sign(not_valid_to_sign(each.case, each.why))
    return ask_to_close(each.tools.desk, each.person, each.case, each.why, signature)


def _confirm_close(each: Act) -> Case:
    signature = each.sign(confirming_to_sign(each.case))
    return confirm_closing(each.tools.desk, each.person, each.case, signature)


def _decline_close(each: Act) -> Case:
    return decline_closing(each.tools.desk, each.person, each.case, each.why)


def _merge(each: Act) -> Case:
    master = each.tools.desk.book.case(each.given("other"))
    merged, _ = merge(each.tools.desk, each.person, each.case, master, each.why)
    return merged


def _unmerge(each: Act) -> Case:
    alone, _ = undo_merge(each.tools.desk, each.person, each.case, each.why)
    return alone


def _propose(each: Act) -> Case:
    return propose_again(each.tools.desk, each.person, each.case)


def _follow_up(each: Act) -> Case:
    desk = each.tools.desk
    arrived = Arrived(each.given("text"), desk.now(), "follow-up")
    if not arrived.text:
        raise FieldInvalid("Write what came in first.")
    significant, completes = each.given("significant") == "yes", each.given("completes") == "yes"
    return follow_up(desk, each.person, each.case, arrived, significant=significant, completes=completes)


MOVING: Mapping[str, Doer] = {
    "move": _move,
    "ask-close": _ask_close,
    "confirm-close": _confirm_close,
    "decline-close": _decline_close,
    "merge": _merge,
    "unmerge": _unmerge,
    "propose": _propose,
    "follow-up": _follow_up,
}
"""Acts on the state of a case."""
