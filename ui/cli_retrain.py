"""`pharmassist retrain`: a quarter of the loop, step by step, with the commands of its human gates.

Exit codes: 0 a release serves, 3 it waits for a person (who, and with which command, is printed), 4 it ended without a
release and the report says why, 1 a step failed and the next run tries it again, 2 wrong usage.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli_measure import VLLM_PYTHON, VllmPython
from ui.password import asked_password

if TYPE_CHECKING:
    from assistant.accounts import Accounts
    from assistant.ledger import Ledger
    from assistant.people import Person
    from finetune.journal import Note
    from finetune.progress import TrainProgress
    from finetune.quarters import Quarter
    from finetune.standing import StepStands
    from ui.settings import Settings

app = typer.Typer(help="The quarter: from reviewed answers to a signed release that serves.")

Named = Annotated[str, typer.Option("--quarter", help="2026Q4, last (the one that ended last), or current.")]
User = Annotated[str, typer.Option("--user", help="Who signs; the password is asked for, or read from standard input.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]


@app.callback(invoke_without_command=True)
def retrain(
    context: typer.Context,
    quarter: Named = "",
    plan: Annotated[
        Path | None, typer.Option(help="Your plan; the shipped one is finetune/recipes/quarter.yaml.")
    ] = None,
    again: Annotated[str, typer.Option(help="Do this step anew, and what depends on it.")] = "",
    vllm_python: VllmPython = VLLM_PYTHON,
) -> None:
    """Go on with a quarter as far as it goes without a person. Safe to repeat, to interrupt and to kill."""
    if context.invoked_subcommand:
        return
    if not quarter:
        raise typer.BadParameter("say which quarter: --quarter 2026Q4, or last, or current")
    from finetune.plan import SHIPPED, read_plan
    from finetune.retrain import exit_code, outcome
    from finetune.retrain import retrain as go_on
    from ui import show
    from ui.evaluating import Machine
    from ui.retraining import quarter_tools
    from ui.settings import load
    from ui.wiring import opened

    settings, wanted, chosen = load(), _named(quarter), read_plan(plan or SHIPPED)
    machine = Machine(vllm_python, settings.loop / "logs")
    with opened(settings, on_progress=show.start_progress, share=True) as product:
        tools = quarter_tools(product, chosen, machine, _training)
        stand = go_on(wanted, tools, again, on_note=_say)
    print(outcome(_stands(settings, wanted)))
    print(f"The report: {_folder(settings, wanted) / 'report.md'}")
    raise typer.Exit(exit_code(stand))


@app.command()
def status(quarter: Named = "current", as_json: Json = False) -> None:
    """Say how a quarter stands, without running anything."""
    from finetune.retrain import outcome
    from ui.loop.shapes import quarter_json
    from ui.settings import load

    settings, wanted = load(), _named(quarter)
    stands = _stands(settings, wanted)
    if as_json:
        print(quarter_json(wanted.name, outcome(stands), stands))
        return
    print("\n".join([f"{wanted.name}: {outcome(stands)}", *(_line(each) for each in stands)]))


@app.command("approve-data")
def approve_data(user: User, quarter: Named = "current") -> None:
    """Sign that the quarter's dataset may be trained on."""
    from finetune.approval import approve
    from finetune.snapshot import read_snapshot, require_unchanged

    settings, ledger, accounts = _opened()
    folder = _made(settings, _named(quarter), "prepare", "snapshots")
    require_unchanged(folder)
    print(f"The data sheet: {folder / 'sheet.md'}")
    print(approve(read_snapshot(folder), ledger, accounts, user, asked_password()).line())


@app.command()
def sign(user: User, quarter: Named = "current") -> None:
    """Sign that the quarter's candidate may serve; two people do. What is signed is printed first."""
    from finetune.release import sign as sign_release
    from finetune.release import signable

    settings, ledger, accounts = _opened()
    folder = _made(settings, _named(quarter), "train", "candidates")
    what = signable(folder)
    for line in what.report.lines:
        print(f"{'holds' if line.holds else 'FAILS':6} {line.limit}: {line.found} {line.why}".rstrip())
    print(sign_release(folder, ledger, accounts, user, asked_password(), what.hash).line())


@app.command()
def reject(
    why: Annotated[list[str], typer.Option("--why", help="A reason; repeat for several.")], quarter: Named = "current"
) -> None:
    """Say for good that the quarter's candidate does not serve; done by the local person of the settings."""
    from finetune.release import reject as reject_candidate
    from ui.screening import screened

    settings, ledger, accounts = _opened()
    folder = _made(settings, _named(quarter), "train", "candidates")
    reasons = [screened(each, settings.retrieval) for each in why]
    print("Rejected: " + "; ".join(reject_candidate(folder, ledger, _local(settings, accounts), reasons)))


def _named(words: str) -> Quarter:
    from finetune.errors import QuarterInvalid
    from finetune.quarters import named

    try:
        return named(words, datetime.now(UTC).date())
    except QuarterInvalid as error:
        raise typer.BadParameter(str(error)) from error


def _folder(settings: Settings, quarter: Quarter) -> Path:
    return settings.loop / "quarters" / quarter.name


def _stands(settings: Settings, quarter: Quarter) -> tuple[StepStands, ...]:
    from finetune.quarter import TITLES
    from finetune.standing import where

    return where(_folder(settings, quarter), TITLES)


def _made(settings: Settings, quarter: Quarter, step: str, kind: str) -> Path:
    """The folder that a finished step made. Raises `QuarterInvalid` where the step is not done."""
    from finetune.errors import QuarterInvalid
    from finetune.standing import Stage

    found = next(each for each in _stands(settings, quarter) if each.name == step)
    if found.stage is not Stage.DONE:
        raise QuarterInvalid(f"{quarter.name} has not come so far: “{found.title}” is not done.")
    return settings.loop / kind / found.facts["folder"]


def _opened() -> tuple[Settings, Ledger, Accounts]:
    from assistant.accounts import Accounts
    from ui.opening import open_records
    from ui.settings import load

    settings = load()
    ledger = open_records(settings).ledger
    return settings, ledger, Accounts(ledger)


def _local(settings: Settings, accounts: Accounts) -> Person:
    from ui.opening import local_person

    return local_person(settings, accounts)


def _say(happened: Note) -> None:
    print(f"{happened.at:%H:%M:%S} {happened.step:13} {happened.happened.value:10} {happened.words}", flush=True)


def _training(progress: TrainProgress) -> None:
    pace = f"  {progress.tokens_per_second:,.0f} tokens/s, {progress.left:,.0f} s left" if progress.step else ""
    print(f"         {progress.text}{pace}", flush=True)


def _line(each: StepStands) -> str:
    when = f"{each.at:%Y-%m-%d %H:%M}" if each.at else ""
    return f"  {each.title:55} {each.stage.value:12} {when:16} {each.words}"
