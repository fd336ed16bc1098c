"""What the page shows of a quarter, read from its folders; nothing is run, and what is not there yet is left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from assistant.ledger import Ledger
from assistant.people import Signature
from finetune.approval import approval_of, dataset_hash
from finetune.candidate import CURVES
from finetune.compare import Comparison
from finetune.curves import EpochPoint, read_curves
from finetune.errors import FinetuneError
from finetune.gate import GateReport, report_of
from finetune.prepare.sheet import PAGE
from finetune.quarter import TITLES
from finetune.quarter_steps import COMPARISON, DIFFERENCE
from finetune.release import REPORT, approvals_of, signable
from finetune.retrain import outcome
from finetune.snapshot import read_snapshot
from finetune.standing import Stage, StepStands, where
from finetune.steps import read_marker

LARGEST_PLOT = 500_000
"""Bytes; a larger picture is not one of ours."""


@dataclass(frozen=True, slots=True)
class ToSign:
    """What a gate asks people to sign: which step, the hash that they are shown, and who signed already."""

    step: str
    hash: str
    signed: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class QuarterView:
    """A quarter as the page shows it. `sheet` is Markdown; what does not exist yet is empty or None."""

    name: str
    outcome: str
    steps: tuple[StepStands, ...]
    sheet: str = ""
    plots: tuple[tuple[str, bytes], ...] = ()
    """Name and PNG of each plot of the data sheet."""
    curves: tuple[EpochPoint, ...] = ()
    comparison: Comparison | None = None
    report: GateReport | None = None
    to_sign: ToSign | None = None

    @property
    def runs(self) -> bool:
        """Whether a process is at it now."""
        return any(step.stage is Stage.RUNNING for step in self.steps)


def quarters(loop: Path) -> tuple[str, ...]:
    """The names of the quarters that were begun, newest first."""
    return tuple(sorted((each.name for each in (loop / "quarters").glob("20??Q?") if each.is_dir()), reverse=True))


def view_of(loop: Path, name: str, ledger: Ledger) -> QuarterView:
    """One quarter. `name` must be one of `quarters`. Raises `ReadFailed` where the ledger cannot be read."""
    folder = loop / "quarters" / name
    steps = where(folder, TITLES)
    snapshot, candidate = _made(folder, "prepare", loop / "snapshots"), _made(folder, "train", loop / "candidates")
    return QuarterView(
        name,
        outcome(steps),
        steps,
        sheet=_text(snapshot / PAGE) if snapshot else "",
        plots=_plots(snapshot) if snapshot else (),
        curves=_curves(folder, loop, candidate),
        comparison=_comparison(folder),
        report=_report(candidate),
        to_sign=_to_sign(steps, snapshot, candidate, ledger),
    )


def made_folder(loop: Path, name: str, step: str) -> Path | None:
    """The folder of the snapshot (`prepare`) or the candidate (`train`) of a quarter."""
    kind = {"prepare": "snapshots", "train": "candidates"}[step]
    return _made(loop / "quarters" / name, step, loop / kind)


def _made(folder: Path, step: str, place: Path) -> Path | None:
    marker = read_marker(folder, step)
    named = marker.made.facts.get("folder", "") if marker else ""
    return place / named if named and Path(named).name == named else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""


def _plots(snapshot: Path) -> tuple[tuple[str, bytes], ...]:
    try:
        found = sorted((snapshot / "plots").glob("*.png"))
        return tuple((path.stem, path.read_bytes()) for path in found if path.stat().st_size <= LARGEST_PLOT)
    except OSError:
        return ()


def _curves(folder: Path, loop: Path, candidate: Path | None) -> tuple[EpochPoint, ...]:
    """Of the candidate, or of the training that runs now."""
    if candidate is None:
        begun = sorted((folder / "work" / "train").glob("*"), key=lambda path: path.stat().st_mtime)
        candidate = loop / "candidates" / f"{folder.name}-{begun[-1].name}" if begun else None
    try:
        return read_curves(candidate / CURVES) if candidate else ()
    except (FinetuneError, OSError):
        return ()


def _comparison(folder: Path) -> Comparison | None:
    found = sorted((folder / "work" / "judge").glob(f"*/{COMPARISON}"), key=lambda path: path.stat().st_mtime)
    try:
        return DIFFERENCE.validate_json(found[-1].read_bytes()) if found else None
    except (OSError, ValidationError):
        return None


def _report(candidate: Path | None) -> GateReport | None:
    try:
        return report_of((candidate / REPORT).read_text(encoding="utf-8")) if candidate else None
    except (FinetuneError, OSError, UnicodeError):
        return None


def _to_sign(
    steps: tuple[StepStands, ...], snapshot: Path | None, candidate: Path | None, ledger: Ledger
) -> ToSign | None:
    """What the quarter waits for a signature under, None where it waits for none."""
    waiting = next((step.name for step in steps if step.stage is Stage.WAITING), "")
    try:
        if waiting == "approve-data" and snapshot:
            frozen = read_snapshot(snapshot)
            signed = approval_of(frozen, ledger)
            return ToSign(waiting, dataset_hash(frozen), (signed,) if signed else ())
        if waiting == "sign" and candidate:
            what = signable(candidate)
            return ToSign(waiting, what.hash, approvals_of(what, ledger))
    except FinetuneError:
        return None
    return None
