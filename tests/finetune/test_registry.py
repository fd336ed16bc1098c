"""MLflow's registry holds the releases; what was changed in it or in a folder is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from assistant.accounts import Accounts
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Role
from assistant.serving import ALWAYS, NOTHING_DEPLOYED, Canary, Target
from finetune.candidate import ADAPTER
from finetune.release import read_release, release, sign
from finetune.tracking import no_notice, store_uri
from tests.finetune.candidates import judged_in

mlflow = pytest.importorskip("mlflow", reason="needs the train extra: pip install 'pharmassist[train]'")

from finetune.registry import Alias, follow, model_name, register, registered, use  # noqa: E402

PASSWORDS = {"mara": "correct horse battery", "omar": "another staple entirely"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a release: MLflow takes seconds to make one, so that each test copies this."""
    made = tmp_path_factory.mktemp("mlflow")
    with no_notice():
        mlflow.MlflowClient(store_uri(made), store_uri(made)).search_registered_models()
    return made


@pytest.fixture
def store(tmp_path: Path, empty: Path) -> Path:
    return Path(shutil.copytree(empty, tmp_path / "mlflow"))


@pytest.fixture
def folder(tmp_path: Path, ledger: Ledger) -> Path:
    """A release."""
    accounts = Accounts(ledger, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    for name, role in (("mara", Role.SAFETY_OFFICER), ("omar", Role.MODEL_ENGINEER)):
        accounts.add(name, name.title(), [role], "local", PASSWORDS[name])
    candidate = tmp_path / "candidates" / "one"
    judged_in(candidate, ledger)
    for name in PASSWORDS:
        sign(candidate, ledger, accounts, name, PASSWORDS[name])
    return tmp_path / "releases" / release(candidate, tmp_path / "releases", ledger).id


def test_a_release_is_registered_once_with_its_lineage(folder: Path, store: Path, ledger: Ledger) -> None:
    assert register(folder, store) == register(folder, store) == "1"
    (found,) = registered(store, ledger)
    assert (found.model, found.release, found.folder) == (model_name("answer"), folder.name, folder)
    assert found.breaks == ()
    with no_notice():
        tags = mlflow.MlflowClient(store_uri(store), store_uri(store)).get_model_version(found.model, "1").tags
    made = read_release(folder)
    assert tags["snapshot"] == made.candidate.snapshot
    assert tags["adapter_hash"] == made.candidate.adapter_hash
    assert tags["signed_by"] == "mara, omar"


def test_the_version_that_serves_has_an_alias(folder: Path, store: Path, ledger: Ledger) -> None:
    register(folder, store)
    assert use(folder.name, "answer", Alias.CANARY, store)
    assert use(folder.name, "answer", Alias.STABLE, store)
    assert registered(store, ledger)[0].aliases == ("canary", "stable")
    assert not use("unknown", "answer", Alias.STABLE, store)


def test_a_changed_tag_and_a_swapped_adapter_are_found(folder: Path, store: Path, ledger: Ledger) -> None:
    register(folder, store)
    with no_notice():
        client = mlflow.MlflowClient(store_uri(store), store_uri(store))
        client.set_model_version_tag(model_name("answer"), "1", "signed_by", "nobody")
    assert registered(store, ledger)[0].breaks == ("The register says something else of: signed_by.",)
    (folder / ADAPTER / "adapter_model.safetensors").write_bytes(b"other")
    assert any("not the one that was trained" in each for each in registered(store, ledger)[0].breaks)


def test_a_release_whose_folder_is_gone_is_named(folder: Path, store: Path, ledger: Ledger) -> None:
    register(folder, store)
    folder.rename(folder.with_name("moved"))
    assert "holds no release" in registered(store, ledger)[0].breaks[0]


def test_an_empty_register_is_empty(store: Path, ledger: Ledger) -> None:
    assert registered(store, ledger) == ()


def test_the_aliases_follow_what_is_served(folder: Path, store: Path, ledger: Ledger) -> None:
    register(folder, store)
    served = Target(folder.name, "http://127.0.0.1:8000/v1", "base", folder.name)
    canary = replace(NOTHING_DEPLOYED, canary=Canary(served, 0.1, ALWAYS))
    for state, aliases in (
        (canary, ("canary",)),
        (replace(NOTHING_DEPLOYED, stable=served), ("stable",)),
        (replace(NOTHING_DEPLOYED, stable=replace(served, release="one that is not registered")), ()),
        (canary, ("canary",)),
        (NOTHING_DEPLOYED, ()),
        (NOTHING_DEPLOYED, ()),
    ):
        follow(state, "answer", store)
        assert registered(store, ledger)[0].aliases == aliases
