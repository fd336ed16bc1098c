"""`pharmassist nets`: the small nets of the guardrails, from training to use, done by the local person.

They go the way of the model's adapters: candidate, exam, gate, two signatures, release. The ledger says what is in use.
"""

from __future__ import annotations

import glob
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.password import asked_password
from ui.settings import CHECKOUT

if TYPE_CHECKING:
    from assistant.ledger import Ledger
    from assistant.people import May, Person
    from finetune.gate import GateReport
    from finetune.nets.examined import NetExam
    from ui.settings import Settings

app = typer.Typer(help="The learned nets of the guardrails: train, examine, sign, release, use.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="identifiers, groundedness or adverse_events.")]
Candidate = Annotated[str, typer.Argument(help="The candidate's id, or its first letters.")]
Data = Annotated[Path, typer.Option(help="The public development data.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]

DATA = CHECKOUT.parent / "shared" / "data"
REFUSED = 3


@app.command("list")
def list_nets(as_json: Json = False) -> None:
    """Each net, what of it is in use, and the candidates that were trained."""
    from ui import net_shapes

    settings, ledger = _opened()
    rows = net_shapes.rows(settings.loop, ledger)
    print(net_shapes.nets_json(rows) if as_json else "\n".join(map(net_shapes.line, rows)))


@app.command()
def train(
    name: Name,
    data: Data = DATA,
    steps: Annotated[int, typer.Option(help="End after so many steps (0: the whole recipe).", min=0)] = 0,
) -> None:
    """Train a net into a candidate. Minutes to hours on a processor; nothing in use is touched."""
    from assistant.people import May
    from finetune.nets.jobs import train_net

    settings, _ = _opened(May.TRAIN)
    folder = _candidates(settings) / f"{name}.half"
    shutil.rmtree(folder, ignore_errors=True)
    candidate = train_net(name, data, folder, steps)
    place = _candidates(settings) / candidate.id[:16]
    shutil.rmtree(place, ignore_errors=True)
    folder.rename(place)
    print(f"Candidate {candidate.id[:16]} of {name}. Next: pharmassist nets examine {candidate.id[:16]}")


@app.command()
def examine(candidate: Candidate, data: Data = DATA, as_json: Json = False) -> None:
    """Let a candidate sit its exam beside the net in use and none, and hold it against the gate."""
    from assistant.people import May
    from finetune.candidate import read_candidate
    from finetune.gate import load_gate
    from finetune.nets.deployed import SHIPPED, nets_in_use
    from finetune.nets.examined import examine_net, judge_net
    from ui.net_shapes import exam_json

    settings, ledger = _opened(May.TRAIN)
    folder = _found(settings, candidate)
    kind = read_candidate(folder).kind
    in_use = nets_in_use(_releases(settings), ledger).get(SHIPPED[kind]) if kind in SHIPPED else None
    exam = examine_net(folder, data, settings.retrieval, in_use)
    report = judge_net(folder, load_gate(), ledger, settings.local_user)
    print(exam_json(exam, report) if as_json else _told(exam, report))
    raise typer.Exit(0 if report.passed else REFUSED)


@app.command()
def sign(
    candidate: Candidate,
    user: Annotated[str, typer.Option(help="Who signs; the password is asked for, or read from standard input.")],
) -> None:
    """Sign that a candidate which passed the gate may be used. A release needs two people."""
    from assistant.accounts import Accounts
    from finetune import release as releasing

    settings, ledger = _opened()
    signature = releasing.sign(_found(settings, candidate), ledger, Accounts(ledger), user, asked_password())
    print(signature.line())


@app.command()
def release(candidate: Candidate) -> None:
    """Make a candidate that two people signed a release."""
    from assistant.people import May
    from finetune import release as releasing

    settings, ledger = _opened(May.TRAIN)
    made = releasing.release(_found(settings, candidate), _releases(settings), ledger)
    print(f"Release {made.id} of {made.candidate.kind}. Next: pharmassist nets use {made.candidate.kind} {made.id}")


@app.command()
def use(name: Name, release: Annotated[str, typer.Argument(help="The id of the release.")]) -> None:
    """Put a release into use, from the next start of the product on."""
    _use(name, release)


@app.command()
def back(name: Name) -> None:
    """Go back to the net that ships, from the next start of the product on."""
    _use(name, "")


def _use(name: str, release: str) -> None:
    from assistant.people import May
    from finetune.nets.deployed import use_net

    settings, ledger = _opened()
    use_net(name, release, _releases(settings), ledger, _person(settings, ledger, May.SIGN_RELEASE))
    print(f"{name}: {release or 'the one that ships'} is in use from the next start on.")


def _opened(needs: May | None = None) -> tuple[Settings, Ledger]:
    """The settings and the ledger, where the local person may do what is needed."""
    from ui.opening import open_records
    from ui.settings import load

    settings = load()
    ledger = open_records(settings).ledger
    if needs is not None:
        _person(settings, ledger, needs)
    return settings, ledger


def _person(settings: Settings, ledger: Ledger, needs: May) -> Person:
    from assistant.accounts import Accounts
    from assistant.people import require
    from ui.opening import local_person

    person = local_person(settings, Accounts(ledger))
    require(person, needs)
    return person


def _candidates(settings: Settings) -> Path:
    return settings.loop / "candidates"


def _releases(settings: Settings) -> Path:
    return settings.loop / "releases"


def _found(settings: Settings, named: str) -> Path:
    """The folder of the one candidate whose id begins so."""
    folder = _candidates(settings)
    fits = sorted(path for path in folder.glob(f"{glob.escape(named)}*") if path.is_dir()) if named else []
    if len(fits) != 1:
        known = ", ".join(sorted(path.name for path in folder.glob("*") if path.is_dir())) or "none"
        raise typer.BadParameter(f"{named!r} names {len(fits)} candidates; there is: {known}")
    return fits[0]


def _told(exam: NetExam, report: GateReport) -> str:
    from finetune.measure import mcnemar

    lines = [f"{exam.net}, candidate {exam.candidate[:16]}, on {exam.about}"]
    for name, metric in exam.measures.items():
        lines.append(f"  {name:32} {metric.value:.4f} ({metric.low:.4f} to {metric.high:.4f}, n = {metric.n})")
    for comparison in (exam.without, exam.in_use):
        lines.append(f"against {comparison.old}:")
        for each in comparison.whole:
            p = f"p = {mcnemar(each.won, each.lost):.2g}, exact McNemar"
            lines.append(f"  {each.name:32} {each.old} -> {each.new} right (won {each.won}, lost {each.lost}; {p})")
    lines += ["the gate: " + ("passed" if report.passed else "failed"), *(f"  {reason}" for reason in report.reasons)]
    return "\n".join(lines)
