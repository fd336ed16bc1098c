"""The backup takes over where the primary fails, says so, and says nothing twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from assistant.conversation import Draft
from assistant.errors import DraftTruncated, GeneratorError, GeneratorTimeout, GeneratorUnavailable
from assistant.generate import DraftGenerator, Drafting, DraftRequest, WithFallback
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.evidence import ADULTS, RENAL, request_for

ONE = Claim("At most 2,550 mg per day.", (Citation(ADULTS.key, "The maximum is 2,550 mg per day."),))
SAME = Claim("At  most 2,550 mg per day.", ONE.citations)
OTHER_WORDS = Claim("The maximum is 2,550 mg per day.", ONE.citations)
TWO = Claim("Avoid it.", (Citation(RENAL.key, "It is contraindicated below 30 mL/min/1.73 m2."),))


@dataclass
class Scripted:
    """A generator that says its claims and then fails, if it has an error to fail with."""

    says: tuple[Claim, ...]
    error: Exception | None = None
    name: str = "scripted"
    model: str = "m"
    adapter: str = "a"
    revises: bool = True
    closed: list[bool] = field(default_factory=list)

    def draft(self, request: DraftRequest) -> Drafting:
        try:
            yield from self.says
            if self.error:
                raise self.error
            return Draft(self.says, self.name, self.model, self.adapter)
        finally:
            self.closed.append(True)


def run(generator: DraftGenerator) -> tuple[list[Claim], Draft]:
    claims: list[Claim] = []
    drafting = generator.draft(request_for())
    while True:
        try:
            claims.append(next(drafting))
        except StopIteration as end:
            draft: Draft = end.value
            return claims, draft


BACKUP = Scripted((SAME, TWO), name="extractive", model="", adapter="")


def test_a_primary_that_works_is_all_that_is_used() -> None:
    backup = Scripted((TWO,))
    claims, draft = run(WithFallback(Scripted((ONE,)), backup))
    assert claims == [ONE]
    assert draft == Draft((ONE,), "scripted", "m", "a", "")
    assert backup.closed == []


def test_an_empty_draft_is_an_answer_of_its_own_and_no_failure() -> None:
    assert run(WithFallback(Scripted(()), BACKUP)) == ([], Draft((), "scripted", "m", "a", ""))


def test_a_failure_at_the_start_leaves_everything_to_the_backup() -> None:
    failing = Scripted((), GeneratorUnavailable("the model server cannot be reached at http://x"))
    claims, draft = run(WithFallback(failing, BACKUP))
    assert claims == [SAME, TWO]
    because = "The answer was made without the model, because the model server cannot be reached at http://x."
    assert draft == Draft((SAME, TWO), "extractive", "", "", because)


@pytest.mark.parametrize("error", [GeneratorTimeout("it was slow"), DraftTruncated("it was cut off")])
def test_a_failure_in_the_middle_keeps_what_was_said_and_repeats_none_of_it(error: GeneratorError) -> None:
    claims, draft = run(WithFallback(Scripted((ONE,), error), BACKUP))
    assert claims == [ONE, TWO]
    because = f"The answer was completed without the model, because {error}."
    assert draft == Draft((ONE, TWO), "scripted, then extractive", "m", "a", because)


def test_other_words_about_the_same_quote_are_no_repetition() -> None:
    """The first may be nonsense that its checks withheld; then the backup's is the sentence that is missing."""
    backup = Scripted((OTHER_WORDS,), name="extractive")
    claims, _ = run(WithFallback(Scripted((ONE,), GeneratorTimeout("it was slow")), backup))
    assert claims == [ONE, OTHER_WORDS]


def test_a_backup_that_fails_too_ends_in_its_own_error() -> None:
    drafting = WithFallback(Scripted((), GeneratorTimeout("a")), Scripted((), GeneratorUnavailable("b"))).draft(
        request_for()
    )
    with pytest.raises(GeneratorUnavailable, match="b"):
        next(drafting)


def test_a_defect_is_no_reason_to_fall_back() -> None:
    with pytest.raises(ZeroDivisionError):
        next(WithFallback(Scripted((), ZeroDivisionError()), BACKUP).draft(request_for()))


def test_leaving_early_closes_the_primary() -> None:
    primary = Scripted((ONE, TWO))
    drafting = WithFallback(primary, BACKUP).draft(request_for())
    next(drafting)
    drafting.close()
    assert primary.closed == [True]


def test_it_goes_by_the_name_of_the_primary() -> None:
    both = WithFallback(Scripted(()), BACKUP)
    assert (both.name, both.model, both.adapter) == ("scripted", "m", "a")
