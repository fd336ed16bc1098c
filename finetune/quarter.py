"""The quarter, a step for each line of `steps`: from reviewed answers to a release, or to why there is none.

What a step needs from outside arrives in `QuarterTools`. A person decides at three places: that the dataset may be
trained on, that the candidate may serve (two people), and that the canary is promoted. The rest is `finetune.steps`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from assistant.chain import digest
from finetune.quarter_steps import Story
from finetune.quarter_tools import QuarterTools
from finetune.recipe import recipe_hash
from finetune.steps import (
    Given,
    Result,
    Step,
    hash_of,
)

TITLES: tuple[tuple[str, str], ...] = (
    ("select", "Choose the reviewed answers that may be learned from"),
    ("prepare", "Prepare and freeze the dataset"),
    ("approve-data", "A person approves the dataset"),
    ("baseline", "Evaluate what serves now"),
    ("train", "Train the adapter"),
    ("evaluate", "Evaluate the whole assistant with the new adapter"),
    ("parity", "Prove that vLLM says what was trained"),
    ("judge", "Hold everything against the gate"),
    ("sign", "Two people sign"),
    ("release", "Make the release"),
    ("canary", "Serve it to a part of the conversations"),
    ("promote", "A person promotes it"),
)
"""The steps and what each does, as people read it."""
SETTLED_BY = "release"
"""Once this is done, nothing before it is looked at again: what was signed stays what it was."""


def steps(folder: Path, until: datetime, tools: QuarterTools) -> tuple[Step, ...]:
    """The steps of a quarter in `folder`, over reviews before `until`."""
    story = Story(folder, folder.name, until, tools)
    plan = tools.plan
    recipe = digest({"recipe": recipe_hash(tools.recipe), "base": tools.base_hash})

    def nothing() -> str:
        return ""

    def ground() -> str:
        kept = story.regression()
        return f"{tools.grounds} {hash_of(kept) if kept else ''}"

    def before() -> str:
        frozen = (*(each.name for each in story.earlier_snapshots()), *story.added_snapshots())
        return " ".join((*frozen, tools.asked()))

    def baseline() -> str:
        return f"{ground()} {tools.serving()} {tools.base_hash}"

    rows: tuple[tuple[str, tuple[str, ...], Callable[[], str], Callable[[Given], Result], bool], ...] = (
        ("select", (), lambda: f"{tools.select(until).content_hash} {plan.hash}", story.select, False),
        ("prepare", ("select",), before, story.prepare, False),
        ("approve-data", ("prepare",), nothing, story.approve_data, True),
        ("baseline", ("prepare", "approve-data"), baseline, story.baseline, False),
        ("train", ("prepare", "approve-data"), lambda: recipe, story.train, False),
        ("evaluate", ("prepare", "train"), ground, story.evaluate, False),
        ("parity", ("prepare", "train"), nothing, story.parity, False),
        ("judge", ("baseline", "train", "evaluate", "parity"), lambda: tools.gate.hash, story.judge, False),
        ("sign", ("train", "judge"), nothing, story.sign, True),
        ("release", ("prepare", "train", "judge", "sign"), nothing, story.release, False),
        ("canary", ("release",), nothing, story.canary, False),
        ("promote", ("release", "canary"), nothing, story.promote, True),
    )  # fmt: skip
    titles = dict(TITLES)
    return tuple(Step(name, titles[name], after, reads, run, asks) for name, after, reads, run, asks in rows)
