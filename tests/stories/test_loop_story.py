"""The whole loop, once, with real parts: a wrong answer is flagged, corrected, learned, proven, signed, served, undone.

A tiny model on a real vLLM answers in the chat with the maximum for children where adults were meant. Every step of the
quarter is killed once while it works and goes on in a new process.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from typer.testing import CliRunner

from assistant.conversation import Answer, Outcome
from assistant.people import Person
from assistant.review import ErrorType, Judged, Judgement, State, standing
from finetune.evaluate import read
from finetune.quarter import TITLES
from finetune.serving_state import Loop, served_now
from finetune.standing import where
from finetune.vllm_process import Served, free_url, running
from tests.stories.loop_child import go_on
from tests.stories.loop_world import (
    ASKED,
    BASES,
    GOLD,
    OTHERS,
    RIGHT,
    WRONG,
    World,
    add_people,
    claim_of,
    containing,
    make_world,
    password,
    shown_for,
    teach,
    write_plan,
)
from ui import cli
from ui.replies import Replies
from ui.review.tools import Password, ReviewTools, decided
from ui.review.wiring import review_tools
from ui.talk import Chat
from ui.wiring import Product, opened, review_parts

PYTHON = Path(os.environ.get("PHARMASSIST_VLLM_PYTHON", Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"))

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(2700),
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM environment at {PYTHON} (make vllm-env)"),
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*"),
]

WAITS, ENDED, FINISHED = 3, 4, 0


@dataclass
class Story:
    """The open product, as a hospital has it open while the quarter runs beside it."""

    world: World
    product: Product
    review: ReviewTools

    def person(self, name: str) -> Person:
        found = self.product.accounts.find(name)
        assert found is not None
        return found

    def ask(self, question: str, conversation: str = "") -> Outcome:
        """Ask as the chat page does, and read what was stored."""
        clara = self.person("clara")
        chat = Chat(self.product.ask, self.product.records, clara)
        conversation = conversation or uuid4().hex
        _, pending, _, problem = chat.begin(question, "")
        assert pending == question, problem
        list(chat.answer(pending, conversation))
        return self.product.records.turns(conversation)[-1].outcome

    def flag(self, outcome: Outcome) -> None:
        """Flag as the chat page does."""
        replies = Replies(self.product.records, self.product.index.source, self.person("clara"))
        sent = {"turn": outcome.question.id, "kind": "unsafe", "comment": "That is for children.", "corrected": ""}
        assert not replies.flag(sent).error

    def judge(self, name: str, outcome: Outcome, judgement: Judgement) -> None:
        """Decide at the review desk, with a signature."""
        turn, person = outcome.question.id, self.person(name)
        place = len(self.review.desk.reviews.of_turn(turn)) + 1
        decided(self.review, person, turn, judgement, place, Password(name, lambda: password(name)))

    def run(self, doomed: str = "", delay: float = 0.0) -> int:
        """`pharmassist retrain` in a process of its own; minus the signal's number where it was killed."""
        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=go_on, args=(self.world, PYTHON, doomed, delay))
        process.start()
        process.join(600)
        assert process.exitcode is not None, "the run did not end"
        return process.exitcode

    def command(self, *arguments: str, user: str = "", expect: int = 0) -> str:
        """A command of pharmassist, its password on standard input."""
        given = CliRunner().invoke(cli.app, [*arguments, *(("--user", user) if user else ())], password(user))
        assert given.exit_code == expect, (given.output, given.exception)
        return given.output

    @property
    def loop(self) -> Loop:
        return Loop(self.world.settings.data_dir / "loop", self.product.records.ledger)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.stories.loop_child"])
    url, core = free_url(), min(os.sched_getaffinity(0))
    world = make_world(tmp_path_factory.mktemp("loop"), url)
    with opened(world.settings) as product, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHARMASSIST_DATA_DIR", str(world.settings.data_dir))
        patch.setenv("PHARMASSIST_STARTER_CORPUS", str(world.settings.starter_corpus))
        patch.setenv("PHARMASSIST_ASSISTANT__LLM_URL", url)
        patch.setenv("PHARMASSIST_ASSISTANT__LLM_MODEL", str(world.base))
        add_people(product.accounts)
        teach(product, world)
        served = Served(str(world.base), url, context=2048, runtime_adapters=True)
        with running(PYTHON, served, world.folder / "vllm.log", core=core):
            yield Story(world, product, review_tools(review_parts(product)))


def said(outcome: Outcome) -> str:
    assert isinstance(outcome, Answer), outcome
    assert outcome.basis.generator == "vllm", outcome.basis
    assert not outcome.basis.fallback
    return " ".join(item.claim.text for item in outcome.claims)


def test_a_wrong_answer_becomes_a_right_one_and_can_be_undone(story: Story) -> None:
    flagged_and_reviewed(story)
    killed_at_every_step_up_to_the_gate(story)
    signed_by_two(story)
    served_and_undone(story)


def test_a_base_is_measured_for_the_comparison(story: Story) -> None:
    """After the story, with a server of the command's own."""
    write_plan(story.world, accuracy=0.75, version=2)
    base, plan = str(story.world.base), str(story.world.plan)
    said = story.command("models", "measure", base, "--plan", plan, "--at-once", "2", "--vllm-python", str(PYTHON))
    assert "tokens/s, 2 at once" in said
    assert "clinical accuracy" in said
    bases = story.world.folder / "bases.yaml"
    bases.write_text(yaml.safe_dump(BASES | {"candidates": [{"model": base}]}), encoding="utf-8")
    (row,) = json.loads(story.command("models", "compare", "--recipe", str(bases), "--json"))["candidates"]
    assert row["speed"]["tokens_per_second"] > 0
    assert row["measures"]["clinical accuracy"]["n"] == len(GOLD["questions"])


def test_models_are_evaluated_outside_of_a_quarter_alone_and_together(story: Story, tmp_path: Path) -> None:
    (release,) = [each.name for each in (story.loop.folder / "releases").iterdir()]
    write_plan(story.world, accuracy=0.75, version=2)
    asked = ("--plan", str(story.world.plan), "--vllm-python", str(PYTHON), "--at-once", "1")
    one, both = tmp_path / "one.json", tmp_path / "both.json"
    story.command("models", "evaluate", release, "--out", str(one), *asked)
    said = story.command("models", "evaluate", release, "base", "--out", str(both), "--against", str(one), *asked)
    assert f"{release} + base against {release}" in said
    assert {each.probe for each in read(one).results} == {each.probe for each in read(both).results}
    assert read(both).basis["generator"] == "ensemble"
    assert not [each for each in read(both).results if each.unsafe]
    story.command("models", "evaluate", "base", "--out", str(one), *asked, expect=1)
    story.command("models", "evaluate", release, release, "--out", str(one), *asked, expect=1)
    story.command("models", "evaluate", "nothing", "--out", str(one), *asked, expect=1)


def flagged_and_reviewed(story: Story) -> None:
    first = story.ask(ASKED)
    assert WRONG in said(first)
    assert RIGHT not in said(first)
    story.flag(first)
    passages = shown_for(story.product, ASKED)[1]
    right = Judgement(
        Judged.INCORRECT, ErrorType.UNSAFE_DOSE, "the maximum for children", (claim_of(containing(passages, RIGHT)),)
    )
    for name in ("rita", "sam"):
        story.judge(name, first, right)
    for question in OTHERS:
        outcome = story.ask(question)
        said(outcome)
        for name in ("rita", "sam"):
            if standing(story.review.desk.reviews.of_turn(outcome.question.id)).state is not State.SETTLED:
                story.judge(name, outcome, Judgement(Judged.CORRECT))


def killed_at_every_step_up_to_the_gate(story: Story) -> None:
    write_plan(story.world, accuracy=1.01, version=1)
    assert story.run("select", 0.0) == -signal.SIGKILL
    assert story.run("prepare", 0.5) == -signal.SIGKILL
    assert story.run() == WAITS
    assert "approve" in story.command("retrain", "status")
    story.command("retrain", "approve-data", user="max", expect=1)
    story.command("retrain", "approve-data", user="olga")
    for step, delay in (("baseline", 1.0), ("train", 4.0), ("evaluate", 1.0), ("parity", 1.0), ("judge", 0.0)):
        assert story.run(step, delay) == -signal.SIGKILL, step
    # No candidate reaches more than everything: the quarter ends, and says why. Thresholds are data.
    assert story.run() == ENDED
    assert "clinical accuracy at least 1.01" in (story.world.quarter / "report.md").read_text()


def signed_by_two(story: Story) -> None:
    before = done(story)
    write_plan(story.world, accuracy=0.75, version=2)
    assert story.run() == WAITS
    assert {name: at for name, at in done(story).items() if name in before} == before, "only the gate judged again"
    story.command("retrain", "sign", user="rita", expect=1)
    story.command("retrain", "sign", user="olga")
    story.command("retrain", "sign", user="olga", expect=1)
    assert story.run() == WAITS
    story.command("retrain", "sign", user="max")


def served_and_undone(story: Story) -> None:
    assert story.run("release", 0.0) == -signal.SIGKILL
    assert story.run("canary", 0.5) == -signal.SIGKILL
    assert story.run() == WAITS
    canary = served_now(story.loop).canary
    assert canary is not None
    answers = {said(story.ask(ASKED, f"{number:032x}")) for number in range(24)}
    assert {RIGHT in each for each in answers} == {True, False}, "a share of the conversations gets the new answer"
    story.command("models", "promote", "--unmerged")
    assert story.run() == FINISHED
    assert story.run() == FINISHED
    new = story.ask(ASKED)
    assert RIGHT in said(new)
    assert WRONG not in said(new)
    assert new.basis.adapter == canary.target.release
    story.command("models", "rollback", "--why", "the story ends")
    assert WRONG in said(story.ask(ASKED))
    assert story.product.records.ledger.verify().breaks == ()


def done(story: Story) -> dict[str, datetime | None]:
    return {each.name: each.at for each in where(story.world.quarter, TITLES) if each.name != "judge" and each.facts}
