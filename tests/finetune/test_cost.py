"""What a run costs and gives back: worked by hand beside each case, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.cost import (
    Counted,
    Job,
    Line,
    Measured,
    Speed,
    bill,
    gpu_named,
    hardware,
    measured_by,
    read_returns,
    returned,
    tokens_per_second,
    total,
)
from finetune.curves import EpochPoint, write_curves
from finetune.errors import CostUnknown

JOB = Job(parameters=8e9, tokens=36e6, epochs=3)
MEASURED = Measured(10_000, 8e9, "bench train")
COUNTED = Counted(960, 0.5, "stated")

# the job, the speed, and the GPU hours of a quarter
HOURS: list[tuple[Job, Speed, float]] = [
    (JOB, MEASURED, 3.0),  # 108 M tokens / 10,000 a second = 10,800 s
    (replace(JOB, gpus=4), MEASURED, 3.0),  # a quarter of the time on four times the GPUs
    (replace(JOB, runs=2), MEASURED, 6.0),
    (replace(JOB, other_gpu_hours=1.5), MEASURED, 4.5),
    (JOB, replace(MEASURED, parameters=4e9), 6.0),  # measured on half the size, so half as fast
    (JOB, COUNTED, 3.0),  # 960e12 × 0.5 / (6 × 8e9) = 10,000 tokens a second
    (replace(JOB, checkpointing=False), COUNTED, 2.0),  # 4 × 8e9 instead of 6 × 8e9
    (replace(JOB, parameters=16e9), COUNTED, 6.0),
]


@pytest.mark.parametrize(("job", "speed", "hours"), HOURS)
def test_gpu_hours_and_money(job: Job, speed: Speed, hours: float) -> None:
    lines = bill(job, speed, 2.5, "EUR")
    assert lines[-2].unit == "GPU hours"
    assert lines[-2].value == pytest.approx(hours)
    assert lines[-1].value == pytest.approx(hours * 2.5)
    assert lines[-1].unit == "EUR"


def test_what_is_assumed_and_where_numbers_come_from_is_printed() -> None:
    printed = " ".join(line.how for line in bill(replace(JOB, gpus=2), replace(MEASURED, parameters=4e9), 2, "EUR"))
    for words in ("bench train", "same utilisation", "no time is lost", "as stated"):
        assert words in printed
    counted = " ".join(line.how for line in bill(JOB, COUNTED, 2, "EUR"))
    assert "50% utilisation (stated)" in counted
    assert "compute them again" in counted
    assert "again" not in " ".join(line.how for line in tokens_per_second(replace(JOB, checkpointing=False), COUNTED))


IMPOSSIBLE: list[tuple[Job, Speed]] = [
    (replace(JOB, parameters=0), MEASURED),
    (replace(JOB, tokens=float("nan")), MEASURED),
    (replace(JOB, epochs=-1), MEASURED),
    (replace(JOB, gpus=0), MEASURED),
    (replace(JOB, other_gpu_hours=-1), MEASURED),
    (JOB, replace(MEASURED, tokens_per_second=0)),
    (JOB, replace(MEASURED, tokens_per_second=float("inf"))),
    (JOB, replace(COUNTED, utilisation=0)),
    (JOB, replace(COUNTED, utilisation=1.01)),
    (JOB, replace(COUNTED, utilisation=float("nan"))),
    (JOB, replace(COUNTED, peak_tflops=0)),
]


@pytest.mark.parametrize(("job", "speed"), IMPOSSIBLE)
def test_impossible_numbers_give_no_cost(job: Job, speed: Speed) -> None:
    with pytest.raises(CostUnknown):
        bill(job, speed, 2, "EUR")


def test_a_price_below_nothing_is_refused_and_a_price_of_nothing_is_not() -> None:
    with pytest.raises(CostUnknown):
        bill(JOB, MEASURED, -1, "EUR")
    assert bill(JOB, MEASURED, 0, "EUR")[-1].value == 0


RETURNS = """
work:
  - {name: review, per_quarter: 300, minutes_before: 12, minutes_after: 4, wage_per_hour: 60}
  - {name: triage, per_quarter: 60, minutes_before: 30, minutes_after: 35, wage_per_hour: 50}
staff_hours_per_quarter: 10
staff_wage_per_hour: 70
"""


def test_what_is_left_counts_hours_that_are_lost_too(tmp_path: Path) -> None:
    file = tmp_path / "returns.yaml"
    file.write_text(RETURNS)
    lines = returned(read_returns(file), 100, "EUR")
    assert total(lines, "review") == pytest.approx(40)  # 300 × 8 minutes
    assert total(lines, "triage") == pytest.approx(-5)  # 60 × −5 minutes
    assert total(lines, "all savings") == pytest.approx(40 * 60 - 5 * 50)
    assert lines[-1] == Line("left in a quarter", "savings − people − GPUs", 2150.0 - 700 - 100, "EUR")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "work: []", "{", RETURNS.replace("300", ""), RETURNS.replace("12", "-1"), RETURNS + "more: 1", "\x00"],
)
def test_a_file_of_wages_that_does_not_fit_is_one_clear_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "returns.yaml"
    file.write_text(text)
    with pytest.raises(CostUnknown, match=r"returns\.yaml does not say wages .*--template"):
        read_returns(file)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(CostUnknown):
        read_returns(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CostUnknown):
        read_returns(tmp_path / "bytes.yaml")


def test_the_speed_of_a_candidate_is_the_median_of_its_epochs(tmp_path: Path) -> None:
    points = [
        EpochPoint(epoch, epoch, 1.0, None, None, None, rate, 0.0, 1.0, 0.0)
        for epoch, rate in enumerate((900.0, 2000.0, 2200.0), 1)
    ]
    write_curves(points, tmp_path / "curves.jsonl")
    found = measured_by(tmp_path, 8e9, gpus=2)
    assert (found.tokens_per_second, found.parameters) == (1000, 8e9)
    assert "median of 3 epochs" in found.source


@pytest.mark.parametrize("held", [None, "", "nonsense\n"])
def test_a_folder_without_a_curve_gives_no_speed(tmp_path: Path, held: str | None) -> None:
    if held is not None:
        (tmp_path / "curves.jsonl").write_text(held)
    with pytest.raises(CostUnknown):
        measured_by(tmp_path, 8e9)


def test_the_table_of_hardware_gives_a_source_for_each() -> None:
    assert {gpu.name for gpu in hardware()} >= {"a100-80gb", "h100-sxm", "h200-sxm"}
    assert all("data sheet" in gpu.source for gpu in hardware())
    assert gpu_named("a100-80gb").peak_tflops == 312
    with pytest.raises(CostUnknown, match="h200-sxm"):
        gpu_named("abacus")
