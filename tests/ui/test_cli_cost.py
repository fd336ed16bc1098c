"""`pharmassist cost`: what is not said is asked for, and every line is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ui.cli import app

JOB = ["cost", "--parameters", "8e9", "--tokens", "36e6", "--epochs", "3", "--price", "2.5", "--currency", "EUR"]
MEASURED = [*JOB, "--speed", "10000", "--speed-source", "bench train on one H200"]


def run(*arguments: str, expect: int = 0) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == expect, done.output
    return done.output


def test_every_line_is_printed_and_the_return_is_asked_for() -> None:
    printed = run(*MEASURED)
    for words in ("bench train on one H200", "GPU hours", "7.50 EUR", "--template"):
        assert words in printed


def test_the_peak_of_a_known_gpu_needs_a_stated_utilisation() -> None:
    assert "989 TFLOP/s × 40% utilisation" in run(*JOB, "--gpu", "h200-sxm", "--utilisation", "0.4")
    assert "--utilisation" in run(*JOB, "--gpu", "h200-sxm", expect=2)


@pytest.mark.parametrize("left_out", ["--parameters", "--tokens", "--epochs", "--price", "--currency"])
def test_nothing_is_assumed(left_out: str) -> None:
    at = MEASURED.index(left_out)
    assert left_out in run(*MEASURED[:at], *MEASURED[at + 2 :], expect=2)


def test_a_measurement_needs_its_source_and_a_candidate_is_no_path() -> None:
    assert "--speed-source" in run(*JOB, "--speed", "10000", expect=2)
    assert "named by its id" in run(*JOB, "--candidate", "../../etc", expect=2)


def test_the_template_is_read_once_it_is_filled_in(tmp_path: Path) -> None:
    template = run("cost", "--template")
    assert set(yaml.safe_load(template)) == {"work", "staff_hours_per_quarter", "staff_wage_per_hour"}
    filled = template.replace(": ,", ": 10,").replace("wage_per_hour: }", "wage_per_hour: 60}")
    filled = filled.replace("quarter:\n", "quarter: 5\n").replace("hour:\n", "hour: 70\n")
    file = tmp_path / "returns.yaml"
    file.write_text(filled)
    shape = json.loads(run(*MEASURED, "--returns", str(file), "--json"))
    assert [line["name"] for line in shape["costs"]][-1] == "cost of the GPUs"
    assert shape["returns"][-1] == {
        "name": "left in a quarter", "how": "savings − people − GPUs", "value": -357.5, "unit": "EUR",
    }  # fmt: skip
