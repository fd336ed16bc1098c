"""`pharmassist models`: the releases, what is served, and every step between them, done by the local person.

Exit codes: 0 done, 3 a proof does not hold or a limit is broken, 2 wrong usage, 1 failure.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli_measure import VLLM_PYTHON, VllmPython, evaluate, measure

if TYPE_CHECKING:
    from assistant.people import Person
    from finetune.deploy import Changed
    from finetune.serving_state import Loop
    from finetune.vllm_api import Api
    from ui.settings import Settings

app = typer.Typer(help="Releases: prove, serve, deploy, watch, promote, roll back.", no_args_is_help=True)

NOT_GOOD = 3

Name = Annotated[str, typer.Argument(help="The release's id, as “models list” shows it.")]
Url = Annotated[str, typer.Option(help="Root of a vLLM server; empty takes assistant.llm_url.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]

app.command()(measure)
app.command()(evaluate)


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """What is served, and every release with what is wrong with it."""
    from ui.model_shapes import list_text, models_shape

    shape = models_shape(_opened()[1])
    print(shape.model_dump_json(indent=2) if as_json else list_text(shape))


@app.command()
def compare(
    recipe: Annotated[Path | None, typer.Option(help="Your own list of bases; the shipped one names a few.")] = None,
    as_json: Json = False,
) -> None:
    """Base models side by side: what is stated, what they need, what was measured here, and a score by your weights."""
    from finetune.base_facts import SHIPPED
    from finetune.bases import as_json as bases_json
    from finetune.bases import as_text
    from finetune.bases import compare as compared
    from ui.settings import load

    found = compared(recipe or SHIPPED, load().loop / "bases")
    print(bases_json(found) if as_json else as_text(found))


@app.command()
def parity(
    name: Name,
    prompts: Annotated[int, typer.Option(help="How many prompts to compare.", min=1, max=1000)] = 12,
    vllm_python: VllmPython = VLLM_PYTHON,
    as_json: Json = False,
) -> None:
    """Prove that vLLM says what was trained; starts two servers on this machine, one after the other."""
    from functools import partial

    from finetune.parity import shipped_prompts
    from finetune.proof import prove
    from finetune.serving_state import folder_of
    from finetune.vllm_process import running
    from ui.model_shapes import parity_shape, parity_text

    settings, loop, person = _opened()
    logs = loop.folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    run = partial(running, vllm_python, log=logs / "parity.log")
    found = prove(loop, folder_of(loop.folder, name), shipped_prompts(settings.starter_corpus, prompts), run, person)
    print(parity_shape(found).model_dump_json(indent=2) if as_json else parity_text(found))
    raise typer.Exit(0 if found.passed else NOT_GOOD)


@app.command()
def serve(
    name: Name,
    url: Annotated[str, typer.Option(help="Where to serve.")] = "http://127.0.0.1:8001/v1",
    vllm_python: VllmPython = VLLM_PYTHON,
) -> None:
    """Become a vLLM server of a release, merged into its base; “models promote” then gives it the conversations."""
    from finetune.errors import ServerFailed
    from finetune.proof import served_release
    from finetune.vllm_process import Served
    from ui.serve_llm import become

    settings, loop, _ = _opened()
    if not vllm_python.exists():
        raise ServerFailed(f"there is no vLLM at {vllm_python}: run “make vllm-env”, or set PHARMASSIST_VLLM_PYTHON")
    common = Served(name, context=settings.assistant.serve_context, key=settings.assistant.llm_api_key)
    become(vllm_python.absolute(), served_release(loop, name, url, common))


@app.command()
def deploy(
    name: Name,
    share: Annotated[float, typer.Option(help="Of the conversations, 0 to 1.")] = 0.1,
    url: Url = "",
    as_json: Json = False,
) -> None:
    """Let a release answer a share of the conversations: a canary, an adapter on the running server of its base."""
    from finetune.deploy import deploy_canary

    settings, loop, person = _opened()
    _show(loop, deploy_canary(loop, name, share, _api(settings, url), person), as_json)


@app.command()
def watch(
    look_only: Annotated[bool, typer.Option("--look-only", help="Stop no canary, whatever is seen.")] = False,
    as_json: Json = False,
) -> None:
    """Ask the servers whether they still are what was signed, and hold the rates against their limits. For a timer.

    A canary that is another model, or beyond a limit, is stopped.
    """
    from finetune.serving_probe import stop_stranger, strangers
    from finetune.watch import stop_if_breached
    from finetune.watch import watch as look
    from ui.model_shapes import watch_shape, watch_text

    settings, loop, _ = _opened()
    seen = look(loop)
    if seen is None:
        print("{}" if as_json else "No release is served; there is nothing to watch.")
        return
    strange = strangers(loop, settings.assistant.llm_api_key)
    done = None if look_only else stop_stranger(loop, strange) or stop_if_breached(loop, seen)
    if done is not None:
        _tell_register(loop, done)
    told = (seen, strange, done is not None)
    print(watch_shape(*told).model_dump_json(indent=2) if as_json else watch_text(*told))
    raise typer.Exit(NOT_GOOD if seen.breaches or strange else 0)


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="The release's id; empty takes the canary.")] = "",
    url: Annotated[str, typer.Option(help="Root of the server that serves it merged (models serve).")] = "",
    unmerged: Annotated[bool, typer.Option("--unmerged", help="Keep the canary as an adapter; slower.")] = False,
    as_json: Json = False,
) -> None:
    """Let a release answer every conversation."""
    from finetune.deploy import promote as promoted
    from finetune.deploy import promote_unmerged
    from finetune.serving_state import served_now

    if bool(url) == unmerged:
        raise typer.BadParameter(
            "say where the merged release is served (--url, “pharmassist models serve” starts it), or --unmerged"
        )
    settings, loop, person = _opened()
    canary = served_now(loop).canary
    name = name or (canary.target.release if canary else "")
    if not name:
        raise typer.BadParameter("there is no canary; name a release")
    if unmerged and (canary is None or canary.target.release != name):
        raise typer.BadParameter(f"{name} is not the canary; only that can be promoted as an adapter")
    api = _api(settings, url)
    _show(loop, promote_unmerged(loop, api, person) if unmerged else promoted(loop, name, api, person), as_json)


@app.command()
def rollback(
    why: Annotated[str, typer.Option(help="The reason; it stands in the ledger, patient identifiers masked.")],
    as_json: Json = False,
) -> None:
    """End the canary, or go back to what was stable before. Questions that have begun are finished."""
    from finetune.deploy import roll_back
    from ui.screening import screened

    settings, loop, person = _opened()
    why = screened(why, settings.retrieval)
    _show(loop, roll_back(loop, person, why, settings.assistant.llm_api_key), as_json)


@app.command()
def restore(as_json: Json = False) -> None:
    """Write the file that the chat reads again, as the ledger says it."""
    from finetune.deploy import Changed
    from finetune.serving_state import restore as restored

    _, loop, _ = _opened()
    _show(loop, Changed(restored(loop)), as_json)


def _opened() -> tuple[Settings, Loop, Person]:
    """The settings, the loop of the data folder, and the local person."""
    from assistant.accounts import Accounts
    from finetune.serving_state import Loop
    from ui.opening import local_person, open_records
    from ui.settings import load

    settings = load()
    ledger = open_records(settings).ledger
    return settings, Loop(settings.loop, ledger), local_person(settings, Accounts(ledger))


def _api(settings: Settings, url: str) -> Api:
    from finetune.vllm_api import Api

    wanted = url or settings.assistant.llm_url
    if not wanted:
        raise typer.BadParameter("no model server is named: --url, or the setting assistant.llm_url")
    return Api(wanted, settings.assistant.llm_api_key)


def _tell_register(loop: Loop, done: Changed) -> None:
    """Move the aliases of MLflow's register."""
    from finetune.proof import ANSWERS
    from finetune.registry import tell

    tell(done.state, ANSWERS, loop.folder / "tracking")


def _show(loop: Loop, done: Changed, as_json: bool) -> None:
    from ui.model_shapes import changed_shape, serving_lines

    _tell_register(loop, done)
    shape = changed_shape(loop, done)
    lines = [*serving_lines(shape.serving), *shape.notices]
    print(shape.model_dump_json(indent=2) if as_json else "\n".join(lines))
