"""The one command, `pharmassist`. Each body parses, calls and prints; whatever is heavy is imported inside it.

Exit codes: 0 answered or done, 3 refused, 2 wrong usage, 1 failure.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ui import cli_audit, cli_cost, cli_models, cli_nets, cli_people, cli_prepare, cli_retrain, cli_review, cli_triage

app = typer.Typer(
    name="pharmassist",
    help="A chat assistant for medicines: every sentence cited and checked, on your own premises.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(cli_people.app, name="people")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_triage.app, name="triage")
app.add_typer(cli_retrain.app, name="retrain")
app.add_typer(cli_nets.app, name="nets")
app.add_typer(cli_models.app, name="models")
app.add_typer(cli_review.app, name="review")
app.command()(cli_cost.cost)
app.command()(cli_prepare.prepare)
app.command()(cli_prepare.pack)

REFUSED = 3
FAILED = 1

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    as_json: Json = False,
    conversation: Annotated[str, typer.Option(help="Continue the conversation with this id.")] = "",
) -> None:
    """Answer one question from the indexed sources, or refuse and say what is missing."""
    from contextlib import suppress

    from assistant.conversation import Answer
    from retrieval.errors import EncoderError
    from ui import show
    from ui.shapes import outcome_json
    from ui.wiring import ask_once, opened, warm_up

    with opened(on_progress=show.start_progress, share=True) as product:
        with suppress(EncoderError):  # the question is then refused, and a reaction in it kept
            warm_up(product)
        outcome = ask_once(product, question, conversation=conversation)
    print(outcome_json(outcome) if as_json else show.outcome(outcome))
    raise typer.Exit(0 if isinstance(outcome, Answer) else REFUSED)


@app.command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(help="Label XML, label PDF, Markdown, release zip, or folders of them.")
    ],
) -> None:
    """Read labels and monographs into the index. Safe to repeat and to interrupt."""
    from ui import show
    from ui.wiring import ingest_into, opened

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise typer.BadParameter(f"no such file or folder: {', '.join(map(str, missing))}")
    with opened(on_progress=show.start_progress) as product:
        report = ingest_into(product, paths, show.ingest_progress)
    print(show.ingest_report(report))
    raise typer.Exit(FAILED if report.refused and not (report.read or report.skipped) else 0)


@app.command()
def sources(as_json: Json = False) -> None:
    """List what is indexed: titles, versions, dates, and what was superseded."""
    from ui import show
    from ui.shapes import sources_json
    from ui.wiring import opened

    with opened(on_progress=show.start_progress, share=True) as product:
        listed = product.index.sources()
    print(sources_json(listed) if as_json else show.sources(listed))


@app.command()
def check(
    evidence: Annotated[Path, typer.Option(help="JSON list of the passages that the draft may cite.")],
    draft: Annotated[Path, typer.Option(help="The draft: JSON claims, or plain text with [key] markers.")],
    patient: Annotated[Path | None, typer.Option(help="JSON object of what is known of the patient.")] = None,
    as_json: Json = False,
) -> None:
    """Judge another program's draft against its evidence, the dose rules and the patient."""
    from guardrails.check import check as judge_draft
    from guardrails.check import read_draft, read_evidence, read_patient
    from guardrails.errors import InputInvalid, PatientInvalid
    from guardrails.patient import Patient
    from guardrails.verdict import Decision
    from ui import show
    from ui.wiring import guarded

    try:
        given = read_evidence(evidence), read_draft(draft), read_patient(patient) if patient else Patient()
    except (InputInvalid, PatientInvalid) as error:
        raise typer.BadParameter(str(error)) from error
    with guarded() as guard:
        result = judge_draft(given[0], given[1], guard, given[2])
    print(result.model_dump_json(indent=2) if as_json else show.checked(result))
    raise typer.Exit(0 if result.verdict is Decision.RELEASE else REFUSED)


@app.command()
def overrides(as_json: Json = False) -> None:
    """How often each rule warned, and how often clinicians overrode it."""
    from ui import show
    from ui.opening import open_records
    from ui.settings import load
    from ui.shapes import overrides_json

    rates = open_records(load()).override_rates()
    print(overrides_json(rates) if as_json else show.overrides(rates))


@app.command()
def chat(
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything but loopback needs a trusted network.")
    ] = "",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes the setting.", min=0, max=65535)] = 0,
) -> None:
    """Serve the chat page (default http://127.0.0.1:7860)."""
    from ui import show
    from ui.wiring import opened, serve_chat

    with opened(on_progress=show.start_progress, warm=True) as product:
        serve_chat(product, host or product.settings.host, port or product.settings.port)


@app.command()
def doctor() -> None:
    """Check what is installed, reachable and indexed, and say what to do about what is not."""
    from ui.doctor import examine

    findings = examine()
    for finding in findings:
        print(finding.line())
    raise typer.Exit(FAILED if any(finding.blocks for finding in findings) else 0)


@app.command()
def config() -> None:
    """Print the effective settings as JSON, secrets masked."""
    from ui.settings import load

    print(load().model_dump_json(indent=2))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Which benchmark; a wrong name lists them.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the public development data.")] = None,
    as_json: Json = False,
) -> None:
    """Run a benchmark of tests/benchmarks and print its numbers with their intervals."""
    from ui import show
    from ui.benches import run
    from ui.shapes import bench_json

    report = run(name, data)
    print(bench_json(report) if as_json else show.bench(report))


def main() -> None:
    """Run the command; a known failure is one line on standard error and exit code 1, never a stack trace."""
    from assistant.errors import AssistantError
    from assistant.triage.errors import TriageError
    from finetune.errors import FinetuneError
    from guardrails.errors import GuardrailError
    from retrieval.errors import RetrievalError
    from ui.errors import UiError

    try:
        app()
    except (AssistantError, TriageError, FinetuneError, GuardrailError, RetrievalError, UiError) as error:
        print(f"pharmassist: {error}", file=sys.stderr)
        raise SystemExit(FAILED) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
