"""A check that did not run, or broke, never looks like a pass; and judging is quick."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.citations import CHECKS, Check
from guardrails.claim import Claim
from guardrails.errors import CheckRaised
from guardrails.examined import Examined
from guardrails.judge import REQUIRED, judge
from guardrails.verdict import Decision, Finding
from retrieval.passage import Citation
from tests.guardrails.claims import is_released, judged, medicines, passage, rules


@pytest.mark.parametrize("left_out", range(len(CHECKS)))
def test_leaving_any_check_out_withholds(left_out: int) -> None:
    cited = passage("Take it with food.")
    claim = Claim(cited.text, (Citation("p1", cited.text),))
    some = CHECKS[:left_out] + CHECKS[left_out + 1 :]
    assert judge(claim, {"p1": cited}, medicines(), checks=CHECKS).decision is Decision.RELEASE
    assert judge(claim, {"p1": cited}, medicines(), checks=some).decision is Decision.WITHHOLD


def _breaks(examined: Examined) -> tuple[Finding, ...]:
    raise ZeroDivisionError(examined.claim.text)


def test_a_check_that_breaks_is_an_error_that_does_not_repeat_the_text() -> None:
    broken = (Check("numbers", "1", _breaks), *CHECKS)
    with pytest.raises(CheckRaised, match=r"The check “numbers” broke \(ZeroDivisionError\)") as caught:
        judge(Claim("secret", ()), {}, medicines(), checks=broken)
    assert "secret" not in str(caught.value)


def test_every_check_ran_and_was_timed() -> None:
    verdict = judged("Take it.", "Take it.")
    assert {run.rule for run in verdict.checks} == REQUIRED
    assert all(run.ms >= 0 for run in verdict.checks)


def test_no_evidence_is_no_pass() -> None:
    claim = Claim("Take it with food.", (Citation("p1", "Take it with food."),))
    assert rules(judge(claim, {}, medicines())) >= {"citation"}


HOSTILE = [
    "",
    " \n\t ",
    "\x00",
    "\ud83d",
    "𝟓𝟎𝟎 mg",  # digits of another alphabet
    "(" * 5000,
    "not " * 5000,
    "1/" * 5000,
    "mg " * 5000,
    "5 mg to " * 2000,
    "a" * 20000,
    ".*+?[](){}|^$\\" * 300,  # a quote is never read as a pattern
]


@pytest.mark.timeout(300)  # a hang, on any machine
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_withheld_and_does_not_hang(text: str) -> None:
    assert not is_released(judged(text, "Take it with food."))
    assert not is_released(judged("Take it with food.", text, passage("Take it with food.")))


def test_the_version_of_the_rules_changes_with_a_rule() -> None:
    versions = {f"{check.rule}@{check.version}" for check in CHECKS}
    assert len(versions) == len(CHECKS)
    assert replace(CHECKS[0], version="2") != CHECKS[0]
