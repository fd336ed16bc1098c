"""`pharmassist triage`: the pharmacovigilance desk on the command line, done by the local person of the settings.

What is done here goes the same way as on the board, with the same permissions, reasons and signatures. A password is
asked for, or read as the first line of standard input; it is never an argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui import cli_signals
from ui.password import asked_password

if TYPE_CHECKING:
    from assistant.people import Person
    from assistant.triage.case import Case
    from ui.triage.reading import Reading
    from ui.triage.tools import TriageTools

app = typer.Typer(help="The pharmacovigilance desk: cases, deadlines, reports, signals.", no_args_is_help=True)
app.add_typer(cli_signals.app, name="signals")

CaseName = Annotated[str, typer.Argument(help="A case's label (2026-000042) or id.")]
Why = Annotated[str, typer.Option(help="The reason; it stands in the history.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]


@app.command("list")
def list_cases(
    state: Annotated[str, typer.Option(help="open cases, a state such as assessed, or all.")] = "open cases",
    product: Annotated[str, typer.Option(help="A medicine or a part of its name.")] = "",
    owner: Annotated[str, typer.Option(help="A user name; - for cases that are nobody's.")] = "",
    market: Annotated[str, typer.Option(help="A market's id: us, eu …")] = "",
    serious: Annotated[bool | None, typer.Option("--serious/--not-serious", help="Only such cases.")] = None,
    text: Annotated[str, typer.Option(help="A label, a medicine or a reaction.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=100_000)] = 200,
    as_json: Json = False,
) -> None:
    """List cases, due first."""
    from dataclasses import replace

    from assistant.people import May, require
    from ui.triage.shapes import WorklistShape, line_shape
    from ui.triage.text import worklist_text
    from ui.triage.worklist import OPEN, Asked

    if state not in _states():
        raise typer.BadParameter(f"--state is one of: {', '.join(_states())}")
    read, person = _reading()
    require(person, May.READ_CASES)
    if market:
        read.markets.named(market)
    asked = Asked({"open cases": OPEN, "all": ""}.get(state, state), "", owner, market, product, text)
    wanted = replace(asked.wanted(limit), serious=serious)
    lines, total = read.book.worklist(wanted), read.book.count(wanted)
    shape = WorklistShape(total=total, cases=tuple(map(line_shape, lines)))
    print(shape.model_dump_json(indent=2) if as_json else worklist_text(lines, total))


@app.command()
def show(case: CaseName, as_json: Json = False) -> None:
    """Show a case: its fields, clocks, what is to do, and its history."""
    from ui.triage.shapes import case_shape
    from ui.triage.text import case_text

    read, person = _reading()
    view = read.view(case, person)
    print(case_shape(view).model_dump_json(indent=2) if as_json else case_text(view))


@app.command("take-in")
def take_in_flags(as_json: Json = False) -> None:
    """Open a candidate for every adverse event that was noticed in a conversation and is no case yet."""
    from assistant.people import May, require
    from assistant.triage.opening import take_in, untaken
    from ui.triage.shapes import TakenShape, done_shape

    read, person = _reading()
    require(person, May.TRIAGE)
    new: tuple[Case, ...] = ()
    # An index, an encoder and nets are opened only where there is something to read with them.
    if untaken(read.book, read.records.flags()):
        with _working() as (tools, _):
            new = take_in(tools.desk, tools.records.flags(), tools.records.turn)
    shape = TakenShape(opened=tuple(map(done_shape, new)))
    said = "\n".join(f"{each.label} {each.state}" for each in shape.opened) or "There is no new flag."
    print(shape.model_dump_json(indent=2) if as_json else said)


@app.command("import")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Text, CSV, PDF or E2B(R3) files.")], as_json: Json = False
) -> None:
    """Open the cases that files tell of. The same file again finds the same cases."""
    from assistant.triage.intake.errors import FileRefused
    from assistant.triage.intake.files import read_bytes
    from assistant.triage.intake.take_in import import_file
    from ui.triage.files import told
    from ui.triage.shapes import FilesShape, imported_shape

    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise typer.BadParameter(f"no such file: {', '.join(missing)}")
    done, refused = [], []
    with _working() as (tools, person):
        for path in paths:
            try:
                data = read_bytes(path)
                done.append(import_file(tools.desk, person, tools.readers, path.name, data, tools.desk.now()))
            except FileRefused as error:
                # The kept name has no word that may be a person's; who gave the file knows it by its own.
                refused.append(str(error) if path.name in str(error) else f"{path.name}: {error}")
    shape = FilesShape(files=tuple(map(imported_shape, done)), refused=tuple(refused))
    print(shape.model_dump_json(indent=2) if as_json else "\n".join([*map(told, done), *refused]))
    raise typer.Exit(1 if refused else 0)


@app.command()
def export(
    cases: Annotated[list[str], typer.Argument(help="Labels or ids; several go into one file, each signed.")],
    market: Annotated[str, typer.Option(help="The market that wants the report: us, us-ind, eu …")] = "us",
    check_only: Annotated[bool, typer.Option("--check", help="Only check the report; write nothing.")] = False,
    although_invalid: Annotated[
        bool,
        typer.Option("--although-invalid", help="Write it although it would be refused or is not assessed in full."),
    ] = False,
    why: Why = "exported",
    as_json: Json = False,
) -> None:
    """Check the E2B(R3) reports of cases, and sign and write them to the export folder. Exit code 3: not written."""
    from assistant.people import May, require
    from assistant.triage.moving import require_exportable
    from ui.cli_together import export_several
    from ui.triage.export import report_of
    from ui.triage.shapes import ExportShape, violation_shapes
    from ui.triage.text import export_text

    case = cases[0]
    with _working() as (tools, person):
        require(person, May.EXPORT)
        if len(cases) > 1:
            raise typer.Exit(
                export_several(
                    tools, person, cases, market, None if check_only else asked_password, although_invalid, as_json
                )
            )
        now = tools.desk.book.case(case)
        report = report_of(tools, now, market)
        write = not check_only and (although_invalid or not report.refused)
        if write:
            # Nobody should type a password for a report that is refused whatever it says.
            require_exportable(now, although=although_invalid)
            given = {"market": market, "anyway": "yes" if although_invalid else ""}
            done = _do(tools, person, case, "export", why, given, password=asked_password())
            last = tools.desk.book.case(done).submissions[-1]
            file, number, digest = str(tools.exports / last.file), last.message, last.sha256
        else:
            file, number, digest = "", report.message, report.sha256
    shape = ExportShape(
        label=now.label, market=market, written=write, file=file, sha256=digest, message=number,
        violations=violation_shapes(report.violations),
    )  # fmt: skip
    print(shape.model_dump_json(indent=2) if as_json else export_text(shape))
    raise typer.Exit(0 if write or (check_only and not report.refused) else 3)


@app.command()
def assess(
    case: CaseName,
    act: Annotated[str, typer.Argument(help="What is judged; a wrong one lists them.")],
    given: Annotated[list[str] | None, typer.Argument(help="Its values as name=value: event=e1 criterion=…")] = None,
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Judge a case as the board does: set, serious, code, expect, causality, move … (docs/pharmacovigilance.md)."""
    from ui.triage.acts import JUDGING
    from ui.triage.moves import MOVING

    known = [*JUDGING, *(name for name in MOVING if "close" not in name)]
    if act not in known:
        raise typer.BadParameter(f"what is judged is one of: {', '.join(known)}")
    wrong = [each for each in given or () if "=" not in each]
    if wrong:
        raise typer.BadParameter(f"values are written name=value, not {', '.join(wrong)}")
    values = {name: value for name, _, value in (each.partition("=") for each in given or ())}
    _finish(case, act, why, values, signed=act == "causality", as_json=as_json)


@app.command()
def close(
    case: CaseName,
    why: Why = "",
    not_valid: Annotated[bool, typer.Option("--not-valid", help="Ask to close it as not valid.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm what another person asked for.")] = False,
    stays_open: Annotated[bool, typer.Option("--stays-open", help="Decline it, with a reason.")] = False,
    as_json: Json = False,
) -> None:
    """Close a case with a signature. Closing as not valid takes two people: one asks, another confirms."""
    if sum((not_valid, confirm, stays_open)) > 1:
        raise typer.BadParameter("give one of --not-valid, --confirm and --stays-open")
    act = "ask-close" if not_valid else "confirm-close" if confirm else "decline-close" if stays_open else "move"
    values = {"to": "closed"} if act == "move" else {}
    _finish(case, act, why, values, signed=not stays_open, as_json=as_json)


def _states() -> tuple[str, ...]:
    from assistant.triage.states import State

    return ("open cases", "all", *(state.value for state in State))


def _finish(case: str, act: str, why: str, given: Mapping[str, str], *, signed: bool, as_json: bool) -> None:
    from ui.triage.shapes import done_shape

    # Nobody should wait for models and type a password to hear that there is no such case.
    _reading()[0].book.case(case)
    with _working() as (tools, person):
        name = _do(tools, person, case, act, why, given, password=asked_password() if signed else "")
        done = done_shape(tools.desk.book.case(name))
    print(done.model_dump_json(indent=2) if as_json else f"{done.label} {done.state} (version {done.version})")


def _do(
    tools: TriageTools, person: Person, case: str, act: str, why: str, given: Mapping[str, str], *, password: str
) -> str:
    """Do one act as the board does; the id of the case. Raises `ActRefused` with the board's sentence."""
    from ui.errors import ActRefused
    from ui.triage.acts import act as act_on
    from ui.triage.every_act import ACTS

    now = tools.desk.book.case(case)
    sent = {"do": act, "case": now.id, "version": now.version, "why": why, "password": password, "given": dict(given)}
    reply = act_on(tools, ACTS, person, sent)
    if reply.error:
        raise ActRefused(reply.error)
    return reply.name


def _reading() -> tuple[Reading, Person]:
    """The casebook and the local person; no index and no model is opened."""
    from ui.settings import load
    from ui.triage.reading import reading

    settings = load()
    read = reading(settings)
    return read, read.accounts.local(settings.local_user, settings.local_name, settings.local_roles)


@contextmanager
def _working() -> Iterator[tuple[TriageTools, Person]]:
    """The desk's tools and the local person, with the index open as it is."""
    from ui import show
    from ui.settings import load
    from ui.triage.wiring import desk_opened

    settings = load()
    with desk_opened(settings, show.start_progress) as tools:
        yield tools, tools.accounts.local(settings.local_user, settings.local_name, settings.local_roles)
