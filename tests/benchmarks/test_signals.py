"""The published numbers on CAERS hold, and the made reports are made as they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import signals, signals_scale


@pytest.mark.shared
def test_the_published_numbers_come_out(shared_data: Path) -> None:
    metrics, failures = signals._caers(shared_data / "signals" / "caers.csv")
    assert failures == []
    assert metrics["log-likelihood of the prior published for all pairs"].value == pytest.approx(-4162.456, abs=5e-4)
    assert metrics["log-likelihood of our prior"].value >= -4162.456
    assert metrics["our prior: EB05 above 2"].value == pytest.approx(131, abs=5)


def test_reports_are_made_alike_each_time_and_measured(tmp_path: Path) -> None:
    for name in ("one", "two"):
        signals_scale.make(tmp_path / name, 3_000)
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [each.read_bytes() for each in first] == [each.read_bytes() for each in second]
    command = [sys.executable, "-m", "tests.benchmarks.signals_scale", "ours", str(tmp_path / "one")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=signals.ROOT, check=True, timeout=300)
    measured = json.loads(done.stdout)
    assert measured["reports"] == 3_000
    assert measured["pairs"] > 5_000
