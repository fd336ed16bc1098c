"""The examples of timers: they parse, and call commands, options and exit codes that exist."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import yaml
from typer.main import get_command

from ui import cli

TIMERS = Path(__file__).resolve().parents[2] / "docs" / "timers"


def options_of_retrain() -> set[str]:
    retrain = get_command(cli.app).commands["retrain"]  # type: ignore[attr-defined]
    return {name for each in retrain.params for name in each.opts}


def check_command(words: str) -> None:
    (found,) = re.findall(r"pharmassist retrain (.*)", words)
    given = set(re.findall(r"--[a-z-]+", found))
    assert "--quarter" in given
    assert given <= options_of_retrain()


def unit(name: str) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((TIMERS / name).read_text(encoding="utf-8"))
    return read


def test_the_service_calls_retrain_and_takes_its_ends_for_no_fault() -> None:
    service = unit("pharmassist-retrain.service")["Service"]
    check_command(service["ExecStart"])
    assert service["SuccessExitStatus"] == "3 4"
    assert service["KillMode"] == "control-group"
    assert unit("pharmassist-retrain.timer")["Timer"]["Persistent"] == "true"


def test_the_cron_job_calls_retrain_one_at_a_time() -> None:
    job = yaml.safe_load((TIMERS / "retrain-cronjob.yaml").read_text(encoding="utf-8"))
    spec = job["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    (container,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    (script,) = container["args"]
    check_command(script)
    assert "3|4) exit 0" in script
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["jobTemplate"]["spec"]["template"]["spec"]["volumes"]}
