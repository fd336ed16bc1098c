"""The register of releases in MLflow's model registry: what people and other programs look up; the ledger proves it.

One registered model for each kind of candidate, one version for each release, its source the release's folder, and its
lineage in tags: base, adapter, snapshot, recipe, code, evaluation, gate, who signed. The version that serves has the
alias `stable`, that of a canary `canary`. What a registry says can be edited by whoever can open its file, so
`registered` compares every version with its folder and with the ledger and names what does not fit.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from assistant.ledger import Ledger
from assistant.serving import ServingState
from finetune.errors import FinetuneError, TrainerMissing
from finetune.example import Release
from finetune.release import read_release, release_hash, verify_release
from finetune.tracking import no_notice, quiet, store_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

log = logging.getLogger(__name__)

PREFIX = "pharmassist-"
"""How the registered models' names begin; the kind of the candidate follows."""


class Alias(StrEnum):
    """What a version is used for."""

    STABLE = "stable"
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of the register. `breaks` says in what it is not what the folder and the ledger say."""

    model: str
    version: str
    release: str
    folder: Path
    aliases: tuple[str, ...]
    breaks: tuple[str, ...]


def register(folder: Path, store: Path) -> str:
    """Enter the release of a folder in the MLflow store of another and return its version; twice is once.

    Raises:
        TrainerMissing: MLflow is not installed.
        ReleaseRefused: the folder holds no release.
    """
    made = read_release(folder)
    name = model_name(made.candidate.kind)
    with no_notice():
        client = _client(store)
        _ensure(client, name)
        known = client.search_model_versions(f"name = '{name}' and tags.release = '{made.id}'")
        if known:
            return str(known[0].version)
        said = f"Release {made.id}: {' and '.join(approval.user_name for approval in made.approvals)} signed."
        version = client.create_model_version(
            name, folder.resolve().as_uri(), tags=dict(lineage(made)), description=said, await_creation_for=0
        )
    return str(version.version)


def model_name(kind: str) -> str:
    """The name of the registered model for a kind of candidate."""
    return f"{PREFIX}{kind}"


def lineage(made: Release) -> Mapping[str, str]:
    """Everything that a release rests on, as tags."""
    candidate = made.candidate
    return {
        "release": made.id,
        "release_hash": release_hash(made),
        "candidate": candidate.id,
        "base": candidate.base,
        "base_hash": candidate.base_hash,
        "adapter_hash": candidate.adapter_hash,
        "snapshot": candidate.snapshot,
        "recipe": candidate.recipe,
        "recipe_hash": candidate.recipe_hash,
        "code_version": candidate.code_version,
        "evaluation": made.evaluation,
        "gate": made.gate,
        "signed_by": ", ".join(approval.user_name for approval in made.approvals),
        "released_at": made.released_at.isoformat(),
    }


def use(release_id: str, kind: str, alias: Alias, store: Path) -> bool:
    """Say that a release is the stable one or the canary of its kind; False where it is not in the register."""
    name = model_name(kind)
    with no_notice():
        client = _client(store)
        known = client.search_model_versions(f"name = '{name}' and tags.release = '{release_id}'")
        if known:
            client.set_registered_model_alias(name, alias.value, known[0].version)
    return bool(known)


def follow(state: ServingState, kind: str, store: Path) -> None:
    """Give the aliases to the releases that are served, and take them from those that no longer are.

    What is served has changed already, so a register that cannot be written stops nothing, and is logged.

    Raises:
        TrainerMissing: MLflow is not installed.
    """
    canary = state.canary.target.release if state.canary else ""
    with no_notice():
        client, name = _client(store), model_name(kind)
        from mlflow.exceptions import MlflowException

        for alias, release_id in ((Alias.STABLE, state.stable.release if state.stable else ""), (Alias.CANARY, canary)):
            try:
                if not (release_id and use(release_id, kind, alias, store)):
                    client.delete_registered_model_alias(name, alias.value)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    log.warning("The register does not say that %s is %s: %s", release_id or "nothing", alias, error)


def tell(state: ServingState, kind: str, store: Path) -> None:
    """The same where there is a register; without one, or without MLflow, nothing."""
    if store.is_dir():
        with suppress(TrainerMissing):
            follow(state, kind, store)


def registered(store: Path, ledger: Ledger) -> tuple[Registered, ...]:
    """Every version of the register, newest first within its kind, checked against its folder and the ledger."""
    found: list[Registered] = []
    with no_notice():
        client = _client(store)
        for model in client.search_registered_models(f"name LIKE '{PREFIX}%'"):
            aliases: dict[str, list[str]] = {}
            for alias, version in dict(client.get_registered_model(model.name).aliases).items():
                aliases.setdefault(str(version), []).append(alias)
            for each in client.search_model_versions(f"name = '{model.name}'"):
                tags, version = dict(each.tags), str(each.version)
                folder = _path_of(each.source or "")
                breaks = _breaks(tags, folder, ledger)
                named = tuple(sorted(aliases.get(version, ())))
                found.append(Registered(model.name, version, tags.get("release", ""), folder, named, breaks))
    return tuple(sorted(found, key=lambda each: (each.model, -int(each.version))))


def _path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


def _breaks(tags: Mapping[str, str], folder: Path, ledger: Ledger) -> tuple[str, ...]:
    try:
        made = read_release(folder)
    except FinetuneError as error:
        return (str(error),)
    wrong = sorted(name for name, value in lineage(made).items() if tags.get(name) != value)
    told = (f"The register says something else of: {', '.join(wrong)}.",) if wrong else ()
    return (*told, *verify_release(folder, ledger))


def _ensure(client: MlflowClient, name: str) -> None:
    """The registered model, made where it is missing; another process may make it at this very moment."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description="Adapters that two people signed. The ledger proves each.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _client(store: Path) -> MlflowClient:
    quiet()
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise TrainerMissing("mlflow") from error
    store.mkdir(parents=True, exist_ok=True)
    return MlflowClient(store_uri(store), store_uri(store))
