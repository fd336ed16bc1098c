"""`pharmassist models` as a person runs it, in a process of its own, beside a server that speaks vLLM."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finetune.released import World
from tests.finetune.speaks_vllm import speaking
from ui import model_shapes

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*")
ROOT = Path(__file__).resolve().parents[2]


def run(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command with a data folder of its own, by its local person, who has every role."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PHARMASSIST_")}
    given = {f"PHARMASSIST_{name}": value for name, value in settings.items()}
    environment = {**kept, "PHARMASSIST_DATA_DIR": str(data), "HF_HUB_OFFLINE": "1", **given}
    command = [sys.executable, "-c", "from ui.cli import main; main()", "models", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("data"), database="pharmassist.db")


@pytest.fixture(scope="module")
def name(world: World) -> str:
    found = world.proven()
    world.engine.dispose()
    return found


def test_the_documented_shapes_are_the_real_ones() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    documented = (
        *(model_shapes.ServingShape, model_shapes.TargetShape, model_shapes.ReleaseShape, model_shapes.ModelsShape),
        *(model_shapes.ChangedShape, model_shapes.RateShape, model_shapes.WatchShape, model_shapes.ComparedShape),
        model_shapes.ParityShape,
    )
    for model in documented:
        for field in model.model_fields:
            assert re.search(rf"[`\".]{field}\b", page), f"docs/json.md does not name {field}"


def test_a_release_goes_to_people_and_comes_back(world: World, name: str) -> None:
    data = world.folder
    with speaking(world.base, "base") as server:
        listed = json.loads(run(data, "list", "--json").stdout)
        assert [(each["release"], each["parity"], each["wrong"]) for each in listed["releases"]] == [(name, True, [])]
        assert listed["serving"]["stable"] is None
        done = run(data, "deploy", name, "--share", "0.2", "--json", ASSISTANT__LLM_URL=server.url)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["serving"]["canary"]["adapter"] == name
        assert "canary" in run(data, "list").stdout
        seen = run(data, "watch")
        assert (seen.returncode, seen.stderr) == (0, "")
        assert "too few turns for a limit" in seen.stdout
        done = run(data, "promote", "--unmerged", ASSISTANT__LLM_URL=server.url)
        assert done.returncode == 0, done.stderr
        assert f"stable    {name} (an adapter on base)" in done.stdout
        watched = json.loads(run(data, "watch", "--json").stdout)
        assert (watched["release"], watched["is_canary"]) == (name, False)
    done = run(data, "rollback", "--why", "a test")
    assert done.returncode == 0, done.stderr
    assert "stable    the model of the settings" in done.stdout
    (data / "loop" / "serving.json").write_text("{")
    assert "models restore" in run(data, "list").stdout
    assert json.loads(run(data, "restore", "--json").stdout)["serving"]["in_file"] is True
    assert "nothing to watch" in run(data, "watch").stdout


REFUSED = [
    (("deploy", "nothing"), 1, "There is no release nothing"),
    (("deploy", "{name}", "--share", "2"), 1, "between 0 and 1"),
    (("promote",), 2, "--unmerged"),
    (("promote", "--unmerged"), 2, "there is no canary"),
    (("promote", "{name}", "--url", "http://127.0.0.1:9/v1"), 1, "does not answer"),
    (("rollback",), 2, "--why"),
    (("rollback", "--why", "x"), 1, "nothing to roll back to"),
    (("parity", "../releases"), 1, "no release and no candidate"),
    (("serve", "{name}", "--vllm-python", "/nowhere/python"), 1, "make vllm-env"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED)
def test_what_is_refused_says_what_to_do(
    world: World, name: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    given = [each.format(name=name) for each in arguments]
    done = run(world.folder, *given, ASSISTANT__LLM_URL="http://127.0.0.1:9/v1")
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_without_a_server_it_says_which_setting(world: World, name: str) -> None:
    done = run(world.folder, "deploy", name)
    assert done.returncode == 2
    assert "assistant.llm_url" in done.stderr


def test_bases_are_compared(world: World) -> None:
    assert json.loads(run(world.folder, "compare", "--json").stdout)["candidates"]


def test_serving_becomes_the_server_of_the_merged_release(world: World, name: str, tmp_path: Path) -> None:
    """The interpreter is a script here that says how it was called."""
    script = tmp_path / "bin" / "python"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\necho "$VLLM_API_KEY $@"\n')
    script.chmod(0o755)
    given = ("--url", "http://127.0.0.1:8765/v1", "--vllm-python", str(script))
    done = run(world.folder, "serve", name, *given, ASSISTANT__LLM_API_KEY="s3cret")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("s3cret -m vllm.entrypoints.openai.api_server --model ")
    assert "--port 8765" in done.stdout
    assert f"--served-model-name {name}" in done.stdout
    assert "lora" not in done.stdout
    (model,) = (world.folder / "loop" / "merged").glob("*/model")
    assert f"--model {model} " in done.stdout
