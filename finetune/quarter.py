"""The quarter, a step for each line of `steps`: from reviewed answers to a release, or to why there is none.

What a step needs from outside arrives in `QuarterTools`. A person decides at three places: that the dataset may be
trained on, that the candidate may serve (two people), and that the canary is promoted. The rest is `finetune.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from pydantic import TypeAdapter

from assistant.chain import digest
from assistant.ledger import Ledger
from finetune import evaluate as evaluating
from finetune.approval import approval_of
from finetune.candidate import ADAPTER, MANIFEST, read_candidate
from finetune.compare import Comparison, compare
from finetune.errors import EvaluationInvalid
from finetune.evaluate import SystemUnderTest, evaluate, measures
from finetune.example import Candidate, Example, Snapshot, Split
from finetune.gate import Gate, evidence_of, judge
from finetune.measure import Metric
from finetune.parity import FILE as PARITY
from finetune.parity import Parity, read_parity
from finetune.plan import Plan
from finetune.recipe import Recipe, recipe_hash
from finetune.release import EVALUATION, REPORT, approvals_of, is_rejected, keep_report, release, signable
from finetune.select import Selection
from finetune.snapshot import read_rows, read_snapshot
from finetune.steps import Earlier, Ended, Given, Made, Result, Step, Waiting, files_under, read_marker, write_whole
from finetune.suites.probe import Probe
from retrieval.medicines import Medicines

SERVED, BASE, COMPARISON = "served.json", "base.json", "comparison.json"
DIFFERENCE: TypeAdapter[Comparison] = TypeAdapter(Comparison)


@dataclass(frozen=True, slots=True)
class Served:
    """The releases that the serving state names, "" where it names none."""

    stable: str
    canary: str


@dataclass(frozen=True, slots=True)
class QuarterTools:
    """Everything that a quarter needs from outside, as plain functions and small objects.

    `loop` is the folder of the whole loop. `grounds` hashes what both evaluations rest on besides the snapshot: index,
    rules, suites. `now_served` starts what serves now and the bare base, and `tuned` the base with a candidate's
    adapter; each as the whole assistant, for as long as its block lasts. `serving` is the hash of what serves now.
    `prepare` gets the examples, the folder to make, and the snapshots of earlier quarters, whose held-out medicines
    stay held out.
    """

    loop: Path
    plan: Plan
    recipe: Recipe
    gate: Gate
    base_hash: str
    ledger: Ledger
    medicines: Medicines
    select: Callable[[datetime], Selection]
    prepare: Callable[[Iterable[Example], Path, Sequence[Path]], Snapshot]
    probes: Callable[[Path], Sequence[Probe]]
    grounds: str
    serving: Callable[[], str]
    now_served: Callable[[], AbstractContextManager[Sequence[SystemUnderTest]]]
    train: Callable[[Recipe, Path, Path], Candidate]
    tuned: Callable[[Path], AbstractContextManager[SystemUnderTest]]
    parity: Callable[[Path, Sequence[Example]], Parity]
    canary: Callable[[Path, float], Result]
    served: Callable[[], Served]


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
    story = _Story(folder, folder.name, until, tools)
    plan = tools.plan
    recipe = digest({"recipe": recipe_hash(tools.recipe), "base": tools.base_hash})

    def nothing() -> str:
        return ""

    def ground() -> str:
        return tools.grounds

    def before() -> str:
        return " ".join(each.name for each in story.earlier_snapshots())

    def baseline() -> str:
        return f"{tools.grounds} {tools.serving()} {tools.base_hash}"

    rows: tuple[tuple[str, tuple[str, ...], Callable[[], str], Callable[[Given], Result], bool], ...] = (
        ("select", (), lambda: f"{tools.select(until).content_hash} {plan.hash}", story.select, False),
        ("prepare", ("select",), before, story.prepare, False),
        ("approve-data", ("prepare",), nothing, story.approve_data, True),
        ("baseline", ("prepare", "approve-data"), baseline, story.baseline, False),
        ("train", ("prepare", "approve-data", "baseline"), lambda: recipe, story.train, False),
        ("evaluate", ("prepare", "train"), ground, story.evaluate, False),
        ("parity", ("prepare", "train"), nothing, story.parity, False),
        ("judge", ("baseline", "train", "evaluate", "parity"), lambda: tools.gate.hash, story.judge, False),
        ("sign", ("train", "judge"), nothing, story.sign, True),
        ("release", ("train", "judge", "sign"), nothing, story.release, False),
        ("canary", ("release",), nothing, story.canary, False),
        ("promote", ("release", "canary"), nothing, story.promote, True),
    )  # fmt: skip
    titles = dict(TITLES)
    return tuple(Step(name, titles[name], after, reads, run, asks) for name, after, reads, run, asks in rows)


@dataclass(frozen=True, slots=True)
class _Story:
    folder: Path
    quarter: str
    until: datetime
    tools: QuarterTools

    def select(self, _: Given) -> Result:
        selection, least = self.tools.select(self.until), self.tools.plan.least_examples
        counted = {f"left out: {reason.value}": str(count) for reason, count in selection.counts().items()}
        facts = {"examples": str(len(selection.examples)), "until": self.until.isoformat(), **counted}
        if len(selection.examples) < least:
            short = f"Only {len(selection.examples)} reviewed answers can be learned from; {least} are needed."
            return Ended((short, *(f"{count} turns: {why}." for why, count in counted.items())), facts)
        return Made(facts)

    def prepare(self, given: Given) -> Result:
        examples = self.tools.select(self.until).examples
        more = chain.from_iterable(_rows_of(each) for each in self.tools.plan.snapshots)
        out = self.tools.loop / "snapshots" / f"{self.quarter}-{given.work.name}"
        snapshot = self.tools.prepare(chain(examples, more), out, self.earlier_snapshots())
        facts = {"snapshot": snapshot.id, "folder": out.name}
        facts |= {split.value: str(rows) for split, rows in snapshot.rows.items()}
        return Made(facts, files_under(out, self.folder))

    def approve_data(self, given: Given) -> Result:
        signature = approval_of(read_snapshot(self._snapshot(given.earlier)), self.tools.ledger)
        if signature is None:
            what = "read the data sheet and approve the dataset"
            return Waiting("somebody who may approve data", what, self._command("approve-data"))
        return Made({"signature": signature.id, "signed": signature.line()})

    def baseline(self, given: Given) -> Result:
        probes = self.tools.probes(self._snapshot(given.earlier))
        with self.tools.now_served() as systems:
            facts: dict[str, str] = {}
            for name, system in zip((SERVED, BASE), systems, strict=False):
                found = evaluate(system, probes, self.tools.medicines)
                evaluating.write(found, given.work / name)
                facts |= {name: system.name, f"{name} {_ACCURACY}": f"{measures(found)[_ACCURACY].value:.4f}"}
        return Made(facts, files_under(given.work, self.folder))

    def train(self, given: Given) -> Result:
        out = self.tools.loop / "candidates" / f"{self.quarter}-{given.work.name}"
        candidate = self.tools.train(self.tools.recipe, self._snapshot(given.earlier), out)
        facts = {"candidate": candidate.id, "folder": out.name, "recipe": candidate.recipe}
        facts |= {name: f"{value:.6g}" for name, value in candidate.measures.items()}
        files = {**files_under(out / ADAPTER, self.folder), **files_under(out / MANIFEST, self.folder)}
        return Made(facts, files)

    def evaluate(self, given: Given) -> Result:
        place = self._candidate(given.earlier)
        with self.tools.tuned(place) as system:
            found = evaluate(system, self.tools.probes(self._snapshot(given.earlier)), self.tools.medicines)
        hashed = evaluating.write(found, place / EVALUATION)
        facts = {"evaluation": hashed, _ACCURACY: f"{measures(found)[_ACCURACY].value:.4f}"}
        return Made(facts, files_under(place / EVALUATION, self.folder))

    def parity(self, given: Given) -> Result:
        place, snapshot = self._candidate(given.earlier), self._snapshot(given.earlier)
        rows = chain.from_iterable(read_rows(snapshot, split) for split in (Split.VALIDATION, Split.TRAIN))
        shown = [example for example, _ in zip(rows, range(self.tools.plan.parity_prompts), strict=False)]
        found = self.tools.parity(place, shown)
        facts = {"passed": "yes" if found.passed else "no", "tokens": str(sum(e.tokens for e in found.compared))}
        return Made(facts | {"failures": " ".join(found.failures)}, files_under(place / PARITY, self.folder))

    def judge(self, given: Given) -> Result:
        place = self._candidate(given.earlier)
        (served,) = [self.folder / name for name in given.earlier["baseline"].files if Path(name).name == SERVED]
        old, new = evaluating.read(served), evaluating.read(place / EVALUATION)
        comparison, unlike = _compared(old, new)
        if comparison is not None:
            write_whole(given.work / COMPARISON, DIFFERENCE.dump_json(comparison, indent=1).decode())
        tokens = max(1, int(given.earlier["parity"].facts["tokens"]))
        proof = {"parity": Metric(1.0 if read_parity(place).passed else 0.0, tokens)}
        evidence = evidence_of(new, given.earlier["evaluate"].facts["evaluation"], comparison, proof)
        report = judge(read_candidate(place), evidence, self.tools.gate)
        keep_report(report, place)
        facts = {"report": report.hash, "gate": report.gate, "against": report.against}
        if not report.passed:
            return Ended((*unlike, *report.reasons), facts)
        return Made(facts, {**files_under(given.work, self.folder), **files_under(place / REPORT, self.folder)})

    def sign(self, given: Given) -> Result:
        what = signable(self._candidate(given.earlier))
        if is_rejected(what.candidate.id, self.tools.ledger):
            return Ended(("The candidate was rejected by a person, whose reasons the ledger and rejected.json hold.",))
        signed = approvals_of(what, self.tools.ledger)
        if len(signed) < 2:
            who = f"two people who may sign releases ({len(signed)} of 2 signed)"
            return Waiting(who, "read the gate's report and sign, or reject", self._command("sign"))
        return Made({f"signed {number}": each.line() for number, each in enumerate(signed[:2], 1)})

    def release(self, given: Given) -> Result:
        made = release(self._candidate(given.earlier), self.tools.loop / "releases", self.tools.ledger)
        return Made({"release": made.id}, files_under(self.tools.loop / "releases" / made.id, self.folder))

    def canary(self, given: Given) -> Result:
        made, served = given.earlier["release"].facts["release"], self.tools.served()
        if made in (served.stable, served.canary):
            return Made({"release": made})
        return self.tools.canary(self.tools.loop / "releases" / made, self.tools.plan.canary_share)

    def promote(self, given: Given) -> Result:
        made, served = given.earlier["release"].facts["release"], self.tools.served()
        if served.stable == made:
            return Made({"serves": made})
        if served.canary == made:
            who = "somebody who may sign releases"
            return Waiting(
                who, "watch the canary, then promote it or roll it back", f"pharmassist models promote {made}"
            )
        return Ended((f"The release {made} was taken out of service before it was promoted.",))

    def earlier_snapshots(self) -> tuple[Path, ...]:
        """The snapshots of the quarters before this one, oldest first."""
        quarters = sorted(each for each in self.folder.parent.glob("*Q*") if each.name < self.folder.name)
        markers = (read_marker(each, "prepare") for each in quarters)
        folders = (self.tools.loop / "snapshots" / each.made.facts["folder"] for each in markers if each is not None)
        return tuple(each for each in folders if each.is_dir())

    def _snapshot(self, earlier: Earlier) -> Path:
        return self.tools.loop / "snapshots" / earlier["prepare"].facts["folder"]

    def _candidate(self, earlier: Earlier) -> Path:
        return self.tools.loop / "candidates" / earlier["train"].facts["folder"]

    def _command(self, name: str) -> str:
        return f"pharmassist retrain {name} --quarter {self.quarter} --user NAME, or the page /loop"


_ACCURACY = "clinical accuracy"


def _rows_of(folder: Path) -> Iterator[Example]:
    return chain.from_iterable(read_rows(folder, split) for split in Split)


def _compared(old: evaluating.Evaluation, new: evaluating.Evaluation) -> tuple[Comparison | None, tuple[str, ...]]:
    """The comparison; where there cannot be one, why. The gate fails without one."""
    try:
        return compare(old, new), ()
    except EvaluationInvalid as error:
        return None, (str(error),)


def facts_of(made: Mapping[str, Made], step: str, name: str) -> str:
    """One fact of a finished step, "" where there is none."""
    return made[step].facts.get(name, "") if step in made else ""
