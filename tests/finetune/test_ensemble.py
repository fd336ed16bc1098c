"""Several models answer: what they agree on is shown, and what they do not goes to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.ask import ask
from assistant.conversation import Answer, Draft, FlagKind, Refusal, RefusalReason
from assistant.database import open_database
from assistant.errors import GeneratorUnavailable
from assistant.generate import Drafting, DraftRequest
from assistant.records import Records
from finetune.ensemble import DisputedClaim, Ensemble, escalating, with_ensemble
from guardrails.claim import Claim
from guardrails.patient import Patient
from guardrails.verdict import CheckRun, Decision, Verdict
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage
from tests.assistant.evidence import ADULTS, RENAL, request_for
from tests.assistant.test_ask import PASSAGE, QUESTION, Store, judged, tools

MEDICINES = Medicines.load()


@dataclass
class Says:
    """A member that says what it was made with."""

    texts: tuple[tuple[str, Passage], ...]
    name: str = "scripted"
    model: str = "m"
    adapter: str = ""
    revises: bool = False
    breaks: bool = False

    def draft(self, request: DraftRequest) -> Drafting:
        claims = []
        for text, passage in self.texts:
            claims.append(Claim(text, (Citation(passage.key, passage.text),)))
            yield claims[-1]
        if self.breaks:
            raise GeneratorUnavailable("the model server cannot be reached")
        return Draft(tuple(claims), self.name, self.model, self.adapter)


def together(*members: Says) -> tuple[list[str], dict[str, str]]:
    """The sentences that are agreed on, and the disputed ones with why."""
    drafting = Ensemble(members, MEDICINES).draft(request_for())
    claims = list(drafting)
    disputed = {claim.text: claim.dispute for claim in claims if isinstance(claim, DisputedClaim)}
    return [claim.text for claim in claims if not isinstance(claim, DisputedClaim)], disputed


START = "Metformin is started at 500 mg twice daily."
# What the first and the second model say, and whether the first one's sentence is shown.
PAIRS = [
    (START, START, True),
    (START, "The usual start of metformin is 500 mg every 12 hours.", True),
    (START, "Metformin is started at 0.5 g twice daily.", True),
    (START, "Metformin is started at 850 mg twice daily.", False),
    (START, "Metformin is started at 500 mg three times daily.", False),
    (START, "Metformin is taken with meals.", False),
    ("The maximum is 2,550 mg per day.", "The dose is 2,550 mg per day.", False),
    ("It is contraindicated in renal impairment.", "It is not contraindicated in renal impairment.", False),
    ("It is taken with meals.", "Take it together with meals.", True),
]


@pytest.mark.parametrize(("one", "other", "shown"), PAIRS)
def test_two_models_must_state_the_same_dose_in_the_same_sense(one: str, other: str, shown: bool) -> None:
    agreed, disputed = together(Says(((one, ADULTS),)), Says(((other, ADULTS),)))
    assert (one in agreed) is shown
    assert (one in disputed) is not shown
    assert (other in disputed) is (not shown)


def test_the_same_words_from_another_passage_do_not_bear_out() -> None:
    agreed, disputed = together(Says((("It is taken with meals.", ADULTS),)), Says((("Take it with meals.", RENAL),)))
    assert agreed == []
    assert "Only 1 of 2 models say it." in disputed["It is taken with meals."]


def test_one_sentence_may_be_two_of_another_model() -> None:
    both = "Metformin is started at 500 mg twice daily or 850 mg once daily."
    parts = (("Start metformin at 500 mg twice daily.", ADULTS), ("Or start it at 850 mg once daily.", ADULTS))
    agreed, _ = together(Says(((both, ADULTS),)), Says(parts))
    assert agreed == [both]


def test_a_dose_needs_all_of_three_models_and_anything_else_two() -> None:
    meals = "It is taken with meals."
    says_all = Says(((START, ADULTS), (meals, ADULTS)))
    says_none = Says((("Kidney function is measured first.", RENAL),))
    agreed, disputed = together(says_all, says_all, says_none)
    assert agreed == [meals]
    assert disputed[START] == "It states a dose, and 1 of 2 other models do not state it so."
    assert "Only 1 of 3" in disputed["Kidney function is measured first."]


def test_where_one_model_finds_no_answer_nothing_is_shown() -> None:
    agreed, disputed = together(Says(((START, ADULTS),)), Says(()))
    assert agreed == []
    assert set(disputed) == {START}
    assert together(Says(()), Says(())) == ([], {})


def test_a_member_that_breaks_breaks_the_draft() -> None:
    with pytest.raises(GeneratorUnavailable):
        together(Says(((START, ADULTS),)), Says(((START, ADULTS),), breaks=True))


def test_an_ensemble_needs_two() -> None:
    with pytest.raises(ValueError, match="at least two"):
        Ensemble([Says(())], MEDICINES)


def test_a_basis_names_every_model() -> None:
    ensemble = Ensemble([Says((), model="a", adapter="r1"), Says((), model="b", adapter="r2")], MEDICINES)
    assert (ensemble.model, ensemble.adapter) == ("a + b", "r1 + r2")


def released(claim: Claim, evidence: Mapping[str, Passage], patient: Patient) -> Verdict:
    """A judge that would show anything."""
    return Verdict(Decision.RELEASE, (), (CheckRun("all", 0.1),))


def test_a_disputed_sentence_goes_to_a_person_and_never_to_the_screen() -> None:
    disputed = DisputedClaim(START, (), (Citation(ADULTS.key, ADULTS.text),), "It states a dose.")
    verdict = escalating(released)(disputed, {ADULTS.key: ADULTS}, Patient())
    assert verdict.decision is Decision.ESCALATE
    assert "The models do not agree. It states a dose." in verdict.findings[0].explanation
    plain = Claim(START, disputed.cited)
    assert escalating(released)(plain, {}, Patient()).decision is Decision.RELEASE


def test_a_disputed_sentence_cites_nothing_so_that_any_judge_withholds_it() -> None:
    _, _ = together(Says(((START, ADULTS),)), Says(()))
    drafting = Ensemble([Says(((START, ADULTS),)), Says(())], MEDICINES).draft(replace(request_for()))
    (claim,) = drafting
    assert claim.citations == ()


def test_in_a_whole_assistant_a_dispute_is_refused_stored_and_flagged(tmp_path: Path) -> None:
    """Through the real steps of a question and the real database: the reviewers find the flag by themselves."""
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    records = Records(engine)
    text = "The maximum dose of metformin is 2550 mg per day."
    low, high = Says(((text, PASSAGE),)), Says((("The maximum dose of metformin is 3000 mg per day.", PASSAGE),))
    whole = replace(tools(Store()), store=records, judge=judged)
    prepared = with_ensemble(whole, [low, high], MEDICINES)
    *_, last = ask(QUESTION, prepared)
    assert isinstance(last, Refusal)
    assert last.reason is RefusalReason.NOTHING_SUPPORTED
    assert {item.decision for item in last.withheld} == {Decision.ESCALATE}
    assert len(last.withheld) == 2
    assert [flag.kind for flag in records.flags(QUESTION.id)] == [FlagKind.ESCALATED, FlagKind.ESCALATED]
    assert all("The models do not agree" in flag.comment for flag in records.flags(QUESTION.id))
    (turn,) = records.turns(QUESTION.conversation_id)
    assert turn.outcome.basis.generator == "ensemble"
    assert records.verify() == ()
    *_, answer = ask(replace(QUESTION, id="t2"), with_ensemble(whole, [low, low], MEDICINES))
    engine.dispose()
    assert isinstance(answer, Answer)
    assert answer.claims[0].claim.text == text
