"""From a signed release to people and back: what must hold before, who may, what the ledger and the file say after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.chain import EntryKind
from assistant.errors import NotAllowed, ServingInvalid
from assistant.people import Role
from assistant.serving import NOTHING_DEPLOYED, SUBJECT, ServingFile, confirmed_by, read_state
from finetune.candidate import ADAPTER
from finetune.deploy import deploy_canary, promote, promote_unmerged, roll_back, stop_canary
from finetune.errors import CandidateInvalid, DeployRefused, MergeFailed, ParityInvalid, ReleaseRefused, ServerFailed
from finetune.merge import MODEL, read_merged
from finetune.parity import FILE, Form, gate_measures, read_parity, write_parity
from finetune.proof import checked, merged_folder, proof_of, prove, served_release
from finetune.release import read_release
from finetune.serving_probe import stop_stranger, strangers
from finetune.serving_state import is_in_file, restore, served_now
from finetune.vllm_api import Api
from finetune.vllm_process import Served
from tests.finetune.released import PROMPTS, World, edited, playing
from tests.finetune.speaks_vllm import Vllm, speaking

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """One proven release; tests work on copies of its folder."""
    world = World(tmp_path_factory.mktemp("made"))
    name = world.proven()
    world.engine.dispose()  # so that everything is in the one file of the database
    return world, name


@pytest.fixture
def world(made: tuple[World, str], tmp_path: Path) -> World:
    """A copy of the made world with its own ledger; the base stays where it is."""
    shutil.copytree(made[0].folder / "loop", tmp_path / "loop")
    shutil.copyfile(made[0].folder / "kept.db", tmp_path / "kept.db")
    return World(tmp_path, made[0].base)


@pytest.fixture
def name(made: tuple[World, str]) -> str:
    return made[1]


@pytest.fixture
def server(world: World) -> Iterator[Vllm]:
    with speaking(world.base, "base") as running:
        yield running


@contextmanager
def merged_server(world: World, name: str) -> Iterator[Api]:
    served = served_release(world.loop, name, "http://127.0.0.1:1/v1", Served("base"))
    with speaking(Path(served.model), served.asked_as) as running:
        yield Api(running.url)


def deeds(world: World) -> list[str]:
    return [entry.deed.summary for entry in world.ledger.entries(kind=EntryKind.RELEASE, subject=SUBJECT)]


def test_the_proof_is_of_these_weights_and_holds(world: World, name: str) -> None:
    release, parity = checked(world.loop, name)
    assert parity.passed
    assert gate_measures(parity)["parity"].value == 1.0
    exact, merged = parity.compared
    assert (exact.form, exact.dtype, exact.same_tokens) == (Form.ADAPTER, "float32", exact.tokens)
    assert (merged.form, merged.dtype, merged.exact) == (Form.MERGED, "auto (float32 weights)", False)
    assert exact.tokens == len(PROMPTS) * 48
    assert exact.largest_difference < 1e-4 < exact.to_base, "the adapter does something, and it is this"
    found = read_merged(merged_folder(world.loop, release.candidate))
    assert (found.base_hash, found.adapter_hash) == (release.candidate.base_hash, release.candidate.adapter_hash)


def test_a_canary_is_loaded_recorded_and_read(world: World, name: str, server: Vllm) -> None:
    reader = ServingFile(world.loop.state_file, confirmed_by(world.ledger))
    assert reader.now() == NOTHING_DEPLOYED
    done = deploy_canary(world.loop, name, 0.25, Api(server.url), world.mara)
    canary = done.state.canary
    assert canary is not None
    assert (canary.target.model, canary.target.adapter, canary.share) == ("base", name, 0.25)
    assert server.adapters == {name: (world.loop.release(name) / ADAPTER).resolve()}
    assert reader.now() == read_state(world.loop.state_file) == served_now(world.loop) == done.state
    assert done.state.changed_by == "mara"
    assert deeds(world) == [f"The release {name} answers 25% of the conversations as a canary."]
    wider = deploy_canary(world.loop, name, 0.5, Api(server.url), world.omar)
    assert wider.state.canary is not None
    assert (wider.state.canary.share, wider.state.number) == (0.5, 2)
    assert not world.ledger.verify().breaks


def test_a_server_that_was_started_again_as_something_else_is_found(world: World, name: str, server: Vllm) -> None:
    assert strangers(world.loop) == ()
    with merged_server(world, name) as api:
        promote(world.loop, name, api, world.mara)
        deployed = served_now(world.loop)
        assert strangers(world.loop) == ()
    (silent,) = strangers(world.loop)
    assert (silent.release, silent.is_canary, silent.is_silent) == (name, False, True)
    assert stop_stranger(world.loop, (silent,)) is None
    assert served_now(world.loop) == deployed


def test_a_canary_whose_server_forgot_the_adapter_is_stopped(world: World, name: str, server: Vllm) -> None:
    deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    assert strangers(world.loop) == ()
    server.adapters[name] = None  # the base alone answers under its name
    (other,) = strangers(world.loop)
    assert (other.is_canary, other.is_silent) == (True, False)
    assert "answers like the base" in other.why
    done = stop_stranger(world.loop, (other,))
    assert done is not None
    assert (done.state.canary, done.state.changed_by) == (None, "machine")
    assert "does not answer as the release" in deeds(world)[-1]


def test_promotion_and_rollback_go_there_and_back(world: World, name: str, server: Vllm) -> None:
    deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    with merged_server(world, name) as api:
        done = promote(world.loop, name, api, world.mara)
        stable = done.state.stable
        assert stable is not None
        assert (stable.name, stable.adapter, stable.url) == (name, "", api.url)
        assert (done.state.canary, done.state.previous) == (None, (None,))
        with pytest.raises(DeployRefused, match="is the stable release already"):
            promote(world.loop, name, api, world.mara)
        with pytest.raises(DeployRefused, match="is the stable release already"):
            deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    back = roll_back(world.loop, world.omar, "people flag it")
    assert (back.state.stable, back.state.canary, back.state.previous) == (None, None, ())
    assert read_state(world.loop.state_file) == back.state
    assert deeds(world)[-1] == "Rolled back: people flag it"
    with pytest.raises(DeployRefused, match="nothing to roll back to"):
        roll_back(world.loop, world.omar, "again")


def test_a_rollback_ends_the_canary_first_and_needs_no_server(world: World, name: str, server: Vllm) -> None:
    with merged_server(world, name) as api:
        promote(world.loop, name, api, world.mara)
        stable = served_now(world.loop).stable
    # The same release unmerged, so that there are two targets to go between.
    with pytest.raises(DeployRefused, match="There is no canary"):
        promote_unmerged(world.loop, Api(server.url), world.mara)
    roll_back(world.loop, world.mara, "first")
    deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    done = promote_unmerged(world.loop, Api(server.url), world.mara)
    assert done.state.stable is not None
    assert (done.state.stable.adapter, done.state.canary) == (name, None)
    assert "merged into its base it would be faster" in done.notices[0]
    assert stable is not None
    with merged_server(world, name) as api:
        last = promote(world.loop, name, api, world.mara)
    assert last.state.previous == (done.state.stable, None)
    server.adapters.clear()
    back = roll_back(world.loop, world.mara, "slower")
    assert back.state.stable == done.state.stable
    assert "the extractive generator does until it does" in back.notices[0]


def test_the_machine_stops_a_canary_and_only_that(world: World, name: str, server: Vllm) -> None:
    deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    with pytest.raises(DeployRefused, match="is no canary any more"):
        stop_canary(world.loop, "another", "flagged: 9 of 10 turns.")
    state = stop_canary(world.loop, name, "flagged: 9 of 10 turns.").state
    assert (state.canary, state.stable, state.changed_by) == (None, None, "machine")
    assert deeds(world)[-1] == f"The canary {name} was stopped: flagged: 9 of 10 turns."


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMINISTRATOR, Role.AUDITOR, Role.REVIEWER])
def test_who_may_not_sign_releases_deploys_and_rolls_back_nothing(
    world: World, name: str, server: Vllm, role: Role
) -> None:
    pia = world.person(role)
    for act in (
        lambda: deploy_canary(world.loop, name, 0.5, Api(server.url), pia),
        lambda: promote(world.loop, name, Api(server.url), pia),
        lambda: promote_unmerged(world.loop, Api(server.url), pia),
        lambda: roll_back(world.loop, pia, "no"),
        lambda: prove(world.loop, world.loop.release(name), PROMPTS, playing, pia),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert deeds(world) == []


def _swapped_adapter(world: World, name: str) -> None:
    weights = world.loop.release(name) / ADAPTER / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")


def _no_proof(world: World, name: str) -> None:
    (world.loop.release(name) / FILE).unlink()


def _edited_proof(world: World, name: str) -> None:
    edited(world.loop.release(name) / FILE, engine="vllm 9")


def _failed_proof(world: World, name: str) -> None:
    folder = world.loop.release(name)
    parity = read_parity(folder)
    failed = replace(parity, compared=(replace(parity.compared[0], same_tokens=3), parity.compared[1]))
    write_parity(failed, folder)
    _record(world, folder)


def _half_a_proof(world: World, name: str) -> None:
    folder = world.loop.release(name)
    write_parity(replace(read_parity(folder), compared=()), folder)
    _record(world, folder)


def _other_proof(world: World, name: str) -> None:
    folder = world.loop.release(name)
    write_parity(replace(read_parity(folder), adapter_hash="0" * 64), folder)
    _record(world, folder)


def _record(world: World, folder: Path) -> None:
    from assistant.chain import Deed
    from finetune.hashes import file_hash
    from finetune.proof import PROOF_FACT, proof_subject

    subject = proof_subject(read_release(folder).candidate)
    world.ledger.record(Deed(EntryKind.RELEASE, "omar", subject, "Measured.", {PROOF_FACT: file_hash(folder / FILE)}))


REFUSALS = [
    (_swapped_adapter, (DeployRefused, ReleaseRefused), "not the one that was trained"),
    (_no_proof, (ParityInvalid,), "holds no parity.json"),
    (_edited_proof, (DeployRefused,), "The ledger does not hold the parity.json"),
    (_failed_proof, (DeployRefused,), "93 of 96 greedy tokens are not those"),
    (_half_a_proof, (DeployRefused,), "The adapter was not compared in float32"),
    (_other_proof, (DeployRefused,), "of another candidate"),
]


@pytest.mark.parametrize(("spoil", "kinds", "words"), REFUSALS)
def test_what_is_not_as_it_was_signed_and_proven_is_not_deployed(
    world: World, name: str, server: Vllm, spoil: object, kinds: tuple[type[Exception], ...], words: str
) -> None:
    assert callable(spoil)
    spoil(world, name)
    with pytest.raises(kinds, match=words):
        deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    with pytest.raises(kinds, match=words):
        promote(world.loop, name, Api(server.url), world.mara)
    assert (server.adapters, deeds(world)) == ({}, [])
    assert served_now(world.loop) == NOTHING_DEPLOYED


def test_on_another_base_it_is_not_deployed(world: World, name: str, server: Vllm) -> None:
    more = world.base / "more.txt"
    more.write_text("more")
    try:
        with pytest.raises(DeployRefused, match="not the one that the adapter was trained on"):
            deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    finally:
        more.unlink()


def test_an_address_that_is_none_is_not_opened() -> None:
    with pytest.raises(ServerFailed, match="no address of a model server"):
        Api("file:///etc/passwd")


@pytest.mark.parametrize("wrong", ["", "nothing", "../releases"])
def test_there_is_no_such_release(world: World, server: Vllm, wrong: str) -> None:
    with pytest.raises((DeployRefused, ReleaseRefused)):
        deploy_canary(world.loop, wrong, 0.5, Api(server.url), world.mara)


def test_a_release_has_one_name(world: World, name: str, server: Vllm) -> None:
    with pytest.raises(DeployRefused, match=f"Its id is {name}"):
        promote(world.loop, f"../releases/{name}", Api(server.url), world.mara)


def test_an_adapter_that_changes_while_the_server_reads_it_is_found(
    world: World, name: str, server: Vllm, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Api.load_adapter

    def and_swap(api: Api, called: str, folder: Path) -> None:
        load(api, called, folder)
        _swapped_adapter(world, name)

    monkeypatch.setattr(Api, "load_adapter", and_swap)
    with pytest.raises(CandidateInvalid, match="not the one that was trained"):
        deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    assert deeds(world) == []


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none(world: World, name: str, server: Vllm, share: float) -> None:
    with pytest.raises(DeployRefused, match="between 0 and 1"):
        deploy_canary(world.loop, name, share, Api(server.url), world.mara)


def test_where_the_operator_allows_no_loading_it_says_how(world: World, name: str) -> None:
    with (
        speaking(world.base, "base", runtime=False) as server,
        pytest.raises(ServerFailed, match="SERVE_RUNTIME_ADAPTERS=true"),
    ):
        deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    folder = world.loop.release(name) / ADAPTER
    with speaking(world.base, "base", runtime=False, adapters={name: folder}) as server:
        assert deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara).state.canary


def test_a_server_that_answers_as_something_else_is_found(world: World, name: str) -> None:
    other = world.candidate("other") / ADAPTER
    for noise, adapters in ((0.2, {}), (0.0, {name: _reversed(other)})):
        with (
            speaking(world.base, "base", noise=noise, adapters=adapters) as server,
            pytest.raises(DeployRefused, match="is not the release"),
        ):
            deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    with speaking(world.base, name) as server, pytest.raises(DeployRefused, match="like the base without the release"):
        promote(world.loop, name, Api(server.url), world.mara)
    with speaking(world.base, "base") as server, pytest.raises(DeployRefused, match="models serve"):
        promote(world.loop, name, Api(server.url), world.mara)
    assert served_now(world.loop) == NOTHING_DEPLOYED


def _reversed(adapter: Path) -> Path:
    """The same adapter with its update taken away instead of added."""
    from safetensors.torch import load_file, save_file

    weights = load_file(adapter / "adapter_model.safetensors")
    save_file({k: -v if "lora_B" in k else v for k, v in weights.items()}, adapter / "adapter_model.safetensors")
    return adapter


def test_a_merged_model_that_was_changed_is_not_served(world: World, name: str) -> None:
    weights = merged_folder(world.loop, read_release(world.loop.release(name)).candidate) / MODEL / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(MergeFailed, match="not those that were merged"):
        served_release(world.loop, name, "http://127.0.0.1:1/v1", Served("base"))


def test_a_server_with_a_key_is_asked_with_it(world: World, name: str) -> None:
    with speaking(world.base, "base", key="s3cret") as server:
        with pytest.raises(ServerFailed, match="HTTP status 401"):
            deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
        api = Api(server.url, SecretStr("s3cret"))
        assert deploy_canary(world.loop, name, 0.5, api, world.mara).state.canary
        assert api.requests() == 3
    assert "s3cret" not in repr(api)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/completions"])
def test_a_server_that_sends_something_else_is_one_clear_error(world: World, name: str, path: str) -> None:
    with (
        speaking(world.base, "base", breaks=path) as server,
        pytest.raises(ServerFailed, match="no reply of vLLM"),
    ):
        deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    with pytest.raises(ServerFailed, match="does not answer"):
        deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)


def test_a_damaged_file_is_written_again_from_the_ledger(world: World, name: str, server: Vllm) -> None:
    state = deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara).state
    edited(world.loop.state_file, canary=None)
    assert not is_in_file(world.loop, state)
    assert restore(world.loop) == state
    assert is_in_file(world.loop, state)
    world.loop.state_file.write_bytes(b"{")
    assert roll_back(world.loop, world.mara, "it is broken").state.canary is None
    assert json.loads(world.loop.state_file.read_text())["number"] == 2


def test_a_file_that_cannot_be_written_leaves_no_entry(world: World, name: str, server: Vllm) -> None:
    world.loop.state_file.mkdir()
    with pytest.raises(ServingInvalid, match="cannot be written"):
        deploy_canary(world.loop, name, 0.5, Api(server.url), world.mara)
    assert deeds(world) == []


def test_a_proof_of_nothing_is_no_proof(world: World, name: str) -> None:
    folder = world.loop.release(name)
    with pytest.raises(ParityInvalid, match="no prompt"):
        prove(world.loop, folder, (), playing, world.omar)
    (folder / FILE).write_text("{}")
    with pytest.raises(ParityInvalid, match="holds no proof"):
        proof_of(world.loop, folder, read_release(folder).candidate)
