"""Every known error and every reason has words, and none is forgotten."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from assistant import errors as assistant_errors
from assistant.conversation import RefusalReason
from assistant.refusals import EXPLANATIONS, NEXT_STEPS, REASONS_OF_ERRORS
from guardrails import errors as guardrail_errors
from retrieval import errors as retrieval_errors


def leaves(module: ModuleType) -> set[type[Exception]]:
    """The errors of a module that no other error of it is made of."""
    own = {kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)}
    return {kind for kind in own if not any(other is not kind and issubclass(other, kind) for other in own)}


@pytest.mark.parametrize(
    "module", [retrieval_errors, guardrail_errors, assistant_errors], ids=lambda each: each.__name__
)
def test_every_leaf_of_an_error_tree_ends_in_a_refusal(module: ModuleType) -> None:
    assert leaves(module) - REASONS_OF_ERRORS.keys() == set()


def test_every_reason_has_an_explanation_and_a_next_step() -> None:
    assert EXPLANATIONS.keys() == NEXT_STEPS.keys() == set(RefusalReason)
