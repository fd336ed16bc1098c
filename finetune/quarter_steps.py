"""What each step of a quarter does. Each is a method of `Story` with the step's own name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from pydantic import TypeAdapter

from finetune import evaluate as evaluating
from finetune.approval import approval_of
from finetune.bases import keep_baseline
from finetune.candidate import ADAPTER, MANIFEST, read_candidate
from finetune.compare import Comparison, compare
from finetune.errors import EvaluationInvalid, SnapshotInvalid
from finetune.evaluate import Evaluation, SystemUnderTest, evaluate, measures
from finetune.example import Example, Split
from finetune.gate import evidence_of, judge
from finetune.grading import Grade
from finetune.measure import Metric
from finetune.parity import FILE as PARITY
from finetune.parity import read_parity
from finetune.quarter_tools import QuarterTools
from finetune.regression import keep_right
from finetune.release import EVALUATION, REPORT, approvals_of, is_rejected, keep_report, release, signable
from finetune.snapshot import read_rows, read_snapshot, verify
from finetune.steps import (
    Earlier,
    Ended,
    Given,
    Made,
    Result,
    Waiting,
    files_under,
    read_marker,
)
from finetune.suites.probe import Probe
from finetune.whole import write_whole

SERVED, BASE, COMPARISON, REGRESSION = "served.json", "base.json", "comparison.json", "regression.jsonl"
KEPT = ".jsonl"
"""How the file of the results ends while an evaluation runs, or after it was killed."""
DIFFERENCE: TypeAdapter[Comparison] = TypeAdapter(Comparison)


@dataclass(frozen=True, slots=True)
class Story:
    """A quarter in its folder, over the reviews before `until`."""

    folder: Path
    quarter: str
    until: datetime
    tools: QuarterTools

    def select(self, _: Given) -> Result:
        """The reviewed answers that may be learned from; too few of them end the quarter."""
        selection, least = self.tools.select(self.until), self.tools.plan.least_examples
        counted = {f"left out: {reason.value}": str(count) for reason, count in selection.counts().items()}
        facts = {"examples": str(len(selection.examples)), "until": self.until.isoformat(), **counted}
        if len(selection.examples) < least:
            short = f"Only {len(selection.examples)} reviewed answers can be learned from; {least} are needed."
            return Ended((short, *(f"{count} turns: {why}." for why, count in counted.items())), facts)
        return Made(facts)

    def prepare(self, given: Given) -> Result:
        """The frozen dataset, in a folder whose name its inputs decide."""
        examples = self.tools.select(self.until).examples
        for each in self.tools.plan.snapshots:
            if wrong := verify(each):
                raise SnapshotInvalid(
                    f"The dataset in {each}, which the plan adds, is not as it was frozen: {wrong[0]}."
                )
        more = chain.from_iterable(_rows_of(each) for each in self.tools.plan.snapshots)
        out = self.tools.loop / "snapshots" / f"{self.quarter}-{given.work.name}"
        snapshot = self.tools.prepare(chain(examples, more), out, self.earlier_snapshots())
        facts = {"snapshot": snapshot.id, "folder": out.name}
        facts |= {split.value: str(rows) for split, rows in snapshot.rows.items()}
        return Made(facts, files_under(out, self.folder))

    def approve_data(self, given: Given) -> Result:
        """Wait for a signature under exactly this dataset."""
        signature = approval_of(read_snapshot(self._snapshot(given.earlier)), self.tools.ledger)
        if signature is None:
            what = "read the data sheet and approve the dataset"
            return Waiting("somebody who may approve data", what, self._command("approve-data"))
        return Made({"signature": signature.id, "signed": signature.line()})

    def baseline(self, given: Given) -> Result:
        """What serves now, and the bare base, answer every probe; always before training, and kept."""
        probes = self._probes(given.earlier)
        with self.tools.now_served() as systems:
            facts: dict[str, str] = {}
            for name, system in zip((SERVED, BASE), systems, strict=False):
                found = self._asked(system, probes, (given.work / name).with_suffix(KEPT))
                evaluating.write(found, given.work / name)
                if name == BASE or len(systems) == 1:
                    keep_baseline(self.tools.recipe.base, found, self.tools.loop / "bases")
                facts |= {name: system.name, f"{name} {_ACCURACY}": f"{measures(found)[_ACCURACY].value:.4f}"}
        served, base = (files_under(given.work / name, self.folder) for name in (SERVED, BASE))
        return Made(facts, {**served, **base})

    def train(self, given: Given) -> Result:
        """The candidate; a killed training goes on in the same folder."""
        out = self.tools.loop / "candidates" / f"{self.quarter}-{given.work.name}"
        candidate = self.tools.train(self.tools.recipe, self._snapshot(given.earlier), out)
        facts = {"candidate": candidate.id, "folder": out.name, "recipe": candidate.recipe}
        facts |= {name: f"{value:.6g}" for name, value in candidate.measures.items()}
        files = {**files_under(out / ADAPTER, self.folder), **files_under(out / MANIFEST, self.folder)}
        return Made(facts, files)

    def evaluate(self, given: Given) -> Result:
        """The whole assistant with the candidate answers every probe."""
        place = self._candidate(given.earlier)
        with self.tools.tuned(place) as system:
            found = self._asked(system, self._probes(given.earlier), (given.work / EVALUATION).with_suffix(KEPT))
        hashed = evaluating.write(found, place / EVALUATION)
        facts = {"evaluation": hashed, _ACCURACY: f"{measures(found)[_ACCURACY].value:.4f}"}
        return Made(facts, files_under(place / EVALUATION, self.folder))

    def parity(self, given: Given) -> Result:
        """Whether vLLM says what training measured, over prompts of the dataset itself."""
        place, snapshot = self._candidate(given.earlier), self._snapshot(given.earlier)
        rows = chain.from_iterable(read_rows(snapshot, split) for split in (Split.VALIDATION, Split.TRAIN))
        shown = [example for example, _ in zip(rows, range(self.tools.plan.parity_prompts), strict=False)]
        found = self.tools.parity(place, shown)
        facts = {"passed": "yes" if found.passed else "no", "tokens": str(sum(e.tokens for e in found.compared))}
        return Made(facts | {"failures": " ".join(found.failures)}, files_under(place / PARITY, self.folder))

    def judge(self, given: Given) -> Result:
        """The gate's report; a failed one ends the quarter with its reasons."""
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
        keep_report(report, place, self.tools.ledger, "machine")
        facts = {"report": report.hash, "gate": report.gate, "against": report.against}
        if not report.passed:
            return Ended((*unlike, *report.reasons), facts)
        return Made(facts, {**files_under(given.work, self.folder), **files_under(place / REPORT, self.folder)})

    def sign(self, given: Given) -> Result:
        """Wait for two people's signatures under exactly this report, or for a rejection."""
        what = signable(self._candidate(given.earlier))
        if is_rejected(what.candidate.id, self.tools.ledger):
            return Ended(("The candidate was rejected by a person, whose reasons the ledger and rejected.json hold.",))
        signed = approvals_of(what, self.tools.ledger)
        if len(signed) < 2:
            who = f"two people who may sign releases ({len(signed)} of 2 signed)"
            return Waiting(who, "read the gate's report and sign, or reject", self._command("sign"))
        return Made({f"signed {number}": each.line() for number, each in enumerate(signed[:2], 1)})

    def release(self, given: Given) -> Result:
        """The release, its place in the register, and what it got right, which later ones must too."""
        place = self._candidate(given.earlier)
        made = release(place, self.tools.loop / "releases", self.tools.ledger)
        folder = self.tools.loop / "releases" / made.id
        keep_right(evaluating.read(place / EVALUATION), self._probes(given.earlier), self.folder / REGRESSION)
        return Made({"release": made.id, "version": self.tools.register(folder)}, files_under(folder, self.folder))

    def canary(self, given: Given) -> Result:
        """A share of the conversations goes to the release."""
        made, served = given.earlier["release"].facts["release"], self.tools.served()
        if made in (served.stable, served.canary):
            return Made({"release": made})
        return self.tools.canary(self.tools.loop / "releases" / made, self.tools.plan.canary_share)

    def promote(self, given: Given) -> Result:
        """Wait until a person has promoted the canary or taken it away."""
        made, served = given.earlier["release"].facts["release"], self.tools.served()
        if served.stable == made:
            return Made({"serves": made})
        if served.canary == made:
            who = "somebody who may sign releases"
            return Waiting(
                who, "watch the canary, then promote it or roll it back", f"pharmassist models promote {made}"
            )
        return Ended((f"The release {made} was taken out of service before it was promoted.",))

    def _asked(self, system: SystemUnderTest, probes: Sequence[Probe], kept: Path) -> Evaluation:
        """Every probe; those without a result of their own once more, one at a time, as a busy machine drops some.

        A killed run goes on after the last result in `kept`.
        """
        found = evaluate(system, probes, self.tools.medicines, at_once=self.tools.plan.at_once, kept=kept)
        failed = {each.probe for each in found.results if each.grade is Grade.FAILED}
        if not failed:
            return found
        more = evaluate(system, [probe for probe in probes if probe.id in failed], self.tools.medicines)
        second = {each.probe: each for each in more.results}
        results = tuple(second.get(each.probe, each) for each in found.results)
        basis = {name: said or more.basis.get(name, "") for name, said in found.basis.items()}
        return replace(found, results=results, seconds=found.seconds + more.seconds, basis=basis)

    def earlier_snapshots(self) -> tuple[Path, ...]:
        """The snapshots of the quarters before this one, oldest first."""
        markers = (read_marker(each, "prepare") for each in self._quarters_before())
        folders = (self.tools.loop / "snapshots" / each.made.facts["folder"] for each in markers if each is not None)
        return tuple(each for each in folders if each.is_dir())

    def added_snapshots(self) -> tuple[str, ...]:
        """The ids of the datasets that the plan adds: another one in the same folder is another input."""
        return tuple(read_snapshot(each).id for each in self.tools.plan.snapshots)

    def regression(self) -> Path | None:
        """What the last release before this quarter got right, None where there was none."""
        kept = [each / REGRESSION for each in self._quarters_before() if (each / REGRESSION).is_file()]
        return kept[-1] if kept else None

    def _quarters_before(self) -> Sequence[Path]:
        return sorted(each for each in self.folder.parent.glob("*Q*") if each.name < self.folder.name)

    def _probes(self, earlier: Earlier) -> Sequence[Probe]:
        return self.tools.probes(self._snapshot(earlier), self.regression())

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
