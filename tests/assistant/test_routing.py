"""The routed generator: who drafts for which conversation, while the state changes under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.conversation import Draft
from assistant.generate import Drafting, DraftRequest, Objection
from assistant.routing import REMEMBERED, RoutedGenerator
from assistant.serving import Canary, ServingFile, ServingState, Target, in_canary, write_state
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.evidence import request_for

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
FIRST = Target("r1", "http://127.0.0.1:8001/v1", "r1")
SECOND = Target("r2", "http://127.0.0.1:8002/v1", "base", "r2")
CLAIMS = tuple(Claim(f"Sentence {at}.", (Citation("m1a2", "quote"),)) for at in range(3))


@dataclass(frozen=True)
class Speaks:
    """A generator of three claims that says who it is."""

    model: str
    adapter: str = ""
    name: str = "speaks"
    revises: bool = True

    def draft(self, request: DraftRequest) -> Drafting:
        yield from CLAIMS
        return Draft(CLAIMS, self.name, self.model, self.adapter)


@dataclass
class World:
    """A routed generator over a state that a test changes, and what was made for it."""

    path: Path
    made: list[Target] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.routed = RoutedGenerator(
            ServingFile(self.path, lambda state: True), self.make, Speaks("settings"), Speaks("", revises=False)
        )

    def make(self, target: Target) -> Speaks:
        self.made.append(target)
        return Speaks(target.model, target.adapter)

    def serve(self, number: int, stable: Target | None, canary: Target | None = None) -> ServingState:
        tried = Canary(canary, 0.5, NOW) if canary else None
        state = ServingState(number, NOW, "mara", stable, NOW, tried)
        write_state(self.path, state)
        return state

    def drafted(self, conversation: str, turn: str = "turn-1", objections: tuple[Objection, ...] = ()) -> Draft:
        return finished(self.routed.draft(asked(conversation, turn, objections)))


def asked(conversation: str, turn: str = "turn-1", objections: tuple[Objection, ...] = ()) -> DraftRequest:
    request = request_for()
    question = replace(request.question, id=turn, conversation_id=conversation)
    return replace(request, question=question, objections=objections)


def finished(drafting: Iterator[Claim]) -> Draft:
    while True:
        try:
            next(drafting)
        except StopIteration as end:
            draft: Draft = end.value
            return draft


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "serving.json")


def test_before_any_deployment_the_settings_say_who_drafts(world: World) -> None:
    assert world.drafted("a").model == "settings"
    assert (world.routed.name, world.routed.model, world.routed.adapter) == ("speaks", "settings", "")
    assert world.routed.revises


def test_a_state_that_cannot_be_read_leaves_the_extractive_generator(world: World) -> None:
    world.path.write_text("{")
    assert world.drafted("a").model == ""
    assert not world.routed.revises


def test_a_conversation_is_drafted_by_its_target_and_the_draft_names_it(world: World) -> None:
    state = world.serve(1, FIRST, SECOND)
    assert state.canary is not None
    for at in range(50):
        draft = world.drafted(f"c{at}")
        expected = SECOND if in_canary(state.canary, f"c{at}") else FIRST
        assert (draft.model, draft.adapter) == (expected.model, expected.adapter)
    assert sorted(each.release for each in world.made) == ["r1", "r2"], "one client for each target"
    assert (world.routed.model, world.routed.adapter) == ("r1", "")


def test_a_draft_that_has_begun_ends_with_the_model_that_it_began_with(world: World) -> None:
    world.serve(1, FIRST)
    drafting = world.routed.draft(asked("a"))
    next(drafting)
    world.serve(2, SECOND)
    assert world.drafted("b").adapter == "r2"
    assert finished(drafting).model == "r1"


def test_a_revision_goes_to_the_model_that_drafted(world: World) -> None:
    objections = (Objection("Sentence 1.", "not in the source"),)
    world.serve(1, FIRST)
    assert world.drafted("a", "t1").model == "r1"
    world.serve(2, SECOND)
    assert world.drafted("a", "t1", objections).model == "r1"
    assert world.drafted("a", "t2").adapter == "r2", "the next question of the same conversation"
    for at in range(REMEMBERED):
        world.drafted("b", f"other-{at}")
    assert world.drafted("a", "t1", objections).adapter == "r2", "forgotten after so many questions"


def test_clients_of_targets_that_are_not_in_use_are_given_up(world: World) -> None:
    world.serve(1, FIRST)
    world.drafted("a")
    world.serve(2, SECOND)
    world.drafted("a")
    world.serve(3, FIRST)
    world.drafted("a")
    assert [each.release for each in world.made] == ["r1", "r2", "r1"]


def test_after_a_rollback_to_the_settings_no_release_is_asked(world: World) -> None:
    world.serve(1, FIRST, SECOND)
    world.drafted("a")
    world.serve(2, None)
    assert {world.drafted(f"c{at}").model for at in range(20)} == {"settings"}
