"""Runs a quarter as far as it goes now, and writes its report: how it stands, or how it ended and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from finetune.errors import QuarterInvalid
from finetune.journal import Noted
from finetune.quarter import SETTLED_BY, TITLES, steps
from finetune.quarter_tools import QuarterTools
from finetune.quarters import Quarter
from finetune.standing import Stage, StepStands, where
from finetune.steps import Ended, Finished, Stand, advance, forget
from finetune.whole import write_whole

SETTINGS, REPORT = "quarter.json", "report.md"


def retrain(
    quarter: Quarter, tools: QuarterTools, again: str = "", now: datetime | None = None, on_note: Noted = lambda _: None
) -> Stand:
    """Go on with a quarter until it is finished, waits for a person, or has ended without a release.

    With `again`, that step is done anew. Raises `QuarterBusy`, `QuarterInvalid`, and what a step raises.
    """
    folder = tools.loop / "quarters" / quarter.name
    until = cut_off(folder, quarter, now or datetime.now(UTC))
    if again:
        _forget(folder, again)
    try:
        stand = advance(folder, steps(folder, until, tools), on_note=on_note, settled_by=SETTLED_BY)
    finally:
        write_whole(folder / REPORT, report(quarter, where(folder, TITLES)))
    return stand


def cut_off(folder: Path, quarter: Quarter, now: datetime) -> datetime:
    """The moment up to which reviews count: the quarter's end, or its first run where that was earlier.

    It is kept, so that a quarter that waits for a person does not begin anew with each review that is made meanwhile.
    """
    path = folder / SETTINGS
    try:
        return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["until"])
    except FileNotFoundError:
        until = min(quarter.end, now.astimezone(UTC))
        write_whole(path, json.dumps({"until": until.isoformat()}))
        return until
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuarterInvalid(f"{path} cannot be read; it holds the moment up to which reviews count.") from error


def _forget(folder: Path, step: str) -> None:
    names = [name for name, _ in TITLES]
    if step not in names:
        raise QuarterInvalid(f"There is no step “{step}”; there are {', '.join(names)}.")
    forget(folder, step)


def report(quarter: Quarter, stands: Iterable[StepStands]) -> str:
    """The report as Markdown: how it stands in one sentence, and what every step made."""
    found = tuple(stands)
    lines = [f"# {quarter.name}", "", outcome(found), ""]
    for each in found:
        lines += [f"## {each.title}", "", f"{each.stage.value}{f', {each.at:%Y-%m-%d %H:%M} UTC' if each.at else ''}"]
        lines += [f"\n{each.words}"] if each.words else []
        lines += ["", *(f"- {name}: {value}" for name, value in each.facts.items() if value), ""]
    return "\n".join(lines)


def outcome(stands: Iterable[StepStands]) -> str:
    """In one sentence, how a quarter stands."""
    found = tuple(stands)
    at = next((each for each in found if each.stage is not Stage.DONE), None)
    if at is None:
        return f"Finished: the release {found[-1].facts.get('serves', '')} serves."
    said = {
        Stage.ENDED: f"Ended without a release that serves, at “{at.title}”: {at.words}",
        Stage.WAITING: f"Waits at “{at.title}” for {at.words}",
        Stage.FAILED: f"Failed at “{at.title}”: {at.words} The next run tries again.",
        Stage.INTERRUPTED: f"Was interrupted at “{at.title}”; the next run goes on there.",
        Stage.RUNNING: f"Runs “{at.title}”.",
    }
    return said.get(at.stage, f"Has not begun “{at.title}”.")


def exit_code(stand: Stand) -> int:
    """0 a release serves, 3 a person is waited for, 4 it ended without one."""
    if isinstance(stand, Finished):
        return 0
    return 4 if isinstance(stand, Ended) else 3
