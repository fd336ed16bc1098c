"""When a reply counts as the right answer, and when at least its citations do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.reply import write_reply
from finetune.answers import cites_the_same, says_the_same
from finetune.example import Example
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.evidence import ADULTS
from tests.finetune.training_world import example

GROUNDED = example(1)
QUOTE = "The usual starting dose is 500 mg twice daily or 850 mg once daily, with meals."
PLAIN = Example("p", "Is it raining?", "No, it is  dry.")
REFUSING = Example("r", "Is it raining?", "[]", evidence=(ADULTS,))


def _said(text: str, key: str = "m1a2") -> str:
    return write_reply((Claim(text, (Citation(key, QUOTE),)),))


@pytest.mark.parametrize(
    ("asked", "reply", "right", "cited"),
    [
        pytest.param(GROUNDED, GROUNDED.answer, True, True, id="word for word"),
        pytest.param(GROUNDED, GROUNDED.answer.replace(":[", ": [ "), True, True, id="other blanks between"),
        pytest.param(GROUNDED, _said("Metformin: 500 mg."), False, True, id="other words"),
        pytest.param(GROUNDED, _said(f"Metformin: {QUOTE}", "m3b4"), False, False, id="another passage"),
        pytest.param(GROUNDED, "[]", False, False, id="refused"),
        pytest.param(GROUNDED, GROUNDED.answer[:-1], False, False, id="broken off"),
        pytest.param(GROUNDED, GROUNDED.answer + "x", False, False, id="wrote on"),
        pytest.param(GROUNDED, "", False, False, id="nothing"),
        pytest.param(GROUNDED, "500 mg", False, False, id="no list"),
        pytest.param(REFUSING, "[]", True, True, id="refused where that is right"),
        pytest.param(REFUSING, _said("It is."), False, False, id="answered where it must not"),
        pytest.param(PLAIN, "No, it is dry.", True, True, id="plain words, other blanks"),
        pytest.param(PLAIN, "Yes.", False, False, id="other plain words"),
    ],
)
def test_right_means_the_same_claims(asked: Example, reply: str, right: bool, cited: bool) -> None:
    assert says_the_same(asked, reply) == right
    assert cites_the_same(asked, reply) == cited


def test_a_spoilt_right_answer_makes_nothing_right() -> None:
    spoilt = replace(GROUNDED, answer='[{"citations":')
    assert not says_the_same(spoilt, '[{"citations":')
    assert not cites_the_same(spoilt, '[{"citations":')
