"""The whole output check through the real rails: what is released, what is withheld, and that no failure is a pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from guardrails.claim import Claim
from guardrails.errors import NetUnavailable
from guardrails.examined import Examined
from guardrails.guard import REQUIRED, Guard
from guardrails.patient import Patient
from guardrails.rails import FOLDER, Rails
from guardrails.rulebook import Rulebook
from guardrails.verdict import Decision, Finding, Severity, Verdict
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage, Section

Supports = Callable[[Examined], tuple[Finding, ...]]

DOSE = "The maximum dose of metformin in adults is 2,550 mg per day, given in divided doses."
TOO_MUCH = "Adults with type 2 diabetes take metformin 6,000 mg by mouth per day."


def _fine(_: Examined) -> tuple[Finding, ...]:
    return ()


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    rails = Rails()
    yield Guard(Medicines.load(), Rulebook.load(), rails, _fine)
    rails.close()


def _passage(text: str) -> Passage:
    return Passage(
        key="p1",
        source_id="metformin@1",
        text=text,
        section=Section.DOSAGE,
        heading=("Maximum dose",),
        start=0,
        end=len(text),
        ingredients=("metformin",),
        title="Metformin tablets",
        effective=None,
    )


def _judged(guard: Guard, text: str, quote: str | None = None, patient: Patient | None = None) -> Verdict:
    source = quote or text
    claim = Claim(text, (Citation("p1", source),))
    return guard.judge(claim, {"p1": _passage(source)}, patient=patient)


def test_a_proven_sentence_is_released_and_every_rail_and_check_is_listed(guard: Guard) -> None:
    verdict = _judged(guard, DOSE)
    assert verdict.decision is Decision.RELEASE
    assert {run.rule for run in verdict.checks} == REQUIRED


def test_another_number_is_withheld(guard: Guard) -> None:
    verdict = _judged(guard, DOSE.replace("2,550", "2,850"), DOSE)
    assert verdict.decision is Decision.WITHHOLD


def test_a_source_that_says_too_much_is_for_a_person(guard: Guard) -> None:
    """The sentence is word for word its source's, but no adult takes 6 g of metformin a day."""
    verdict = _judged(guard, TOO_MUCH)
    assert verdict.decision is Decision.ESCALATE
    assert {found.rule for found in verdict.findings if found.severity is Severity.BLOCK} == {"dose.daily-max"}


def test_the_patient_decides_about_a_proven_sentence(guard: Guard) -> None:
    kidneys = Patient(egfr=Decimal(20))
    assert _judged(guard, DOSE, patient=Patient(egfr=Decimal(90))).decision is Decision.RELEASE
    assert _judged(guard, DOSE, patient=kidneys).decision is Decision.ESCALATE


def _breaks(_: Examined) -> tuple[Finding, ...]:
    raise NetUnavailable("the weights are gone")


def _withholds(_: Examined) -> tuple[Finding, ...]:
    return (Finding("groundedness", "1", Severity.BLOCK, "The passage does not say this."),)


@pytest.mark.parametrize("supports", [_breaks, _withholds])
def test_the_verifier_can_only_withhold(guard: Guard, supports: Supports) -> None:
    assert _judged(replace(guard, supports=supports), DOSE).decision is Decision.WITHHOLD


def test_the_verifier_never_releases_what_another_check_blocks(guard: Guard) -> None:
    assert _judged(replace(guard, supports=_fine), DOSE.replace("2,550", "2,850"), DOSE).decision is Decision.WITHHOLD


@pytest.mark.parametrize("rail", ["check citations", "check wording", "check doses", "check support"])
def test_without_any_one_rail_nothing_is_released(guard: Guard, tmp_path: Path, rail: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "rails")
    config = tmp_path / "rails" / "config.yml"
    config.write_text(config.read_text().replace(f"      - {rail}\n", ""))
    rails = Rails(tmp_path / "rails")
    verdict = _judged(replace(guard, rails=rails), DOSE)
    assert verdict.decision is Decision.WITHHOLD
    assert any(found.rule == rail and "did not run" in found.explanation for found in verdict.findings)
    rails.close()


def test_without_evidence_nothing_is_released(guard: Guard) -> None:
    claim = Claim(DOSE, (Citation("p1", DOSE),))
    assert guard.judge(claim, {}).decision is Decision.WITHHOLD
    assert guard.judge(replace(claim, citations=()), {"p1": _passage(DOSE)}).decision is Decision.WITHHOLD


def test_the_version_changes_with_the_rules(guard: Guard) -> None:
    fewer = Rulebook(guard.rulebook.medicines[1:])
    assert replace(guard, rulebook=fewer).version != guard.version
    assert guard.version == replace(guard, supports=_breaks).version
