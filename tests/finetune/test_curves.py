"""The curve of a training: what it keeps over a kill, which epoch is the best, and when to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.curves import EpochPoint, best, exhausted, read_curves, write_curves
from finetune.errors import TrainingFailed
from finetune.progress import Clock


def _points(*losses: float | None) -> tuple[EpochPoint, ...]:
    return tuple(
        EpochPoint(place, 10 * place, 1.0, loss, None, None, 100.0, 50.0, 1.0, 0.0)
        for place, loss in enumerate(losses, 1)
    )


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [((), None), ((2.0,), 1), ((2.0, 1.0, 1.5), 2), ((1.0, 1.0), 1), ((None, None), 2)],
)
def test_the_best_epoch_has_the_lowest_validation_loss_or_is_the_last(
    losses: tuple[float | None, ...], epoch: int | None
) -> None:
    found = best(_points(*losses))
    assert (found.epoch if found else None) == epoch


@pytest.mark.parametrize(
    ("losses", "patience", "stops"),
    [
        ((), 1, False),
        ((2.0,), 1, False),
        ((2.0, 2.0), 1, True),
        ((2.0, 3.0), 2, False),
        ((2.0, 3.0, 2.5), 2, True),
        ((2.0, 3.0, 1.0), 2, False),
        ((None, None, None), 1, False),
    ],
)
def test_it_stops_when_the_loss_has_not_fallen_for_so_many_epochs(
    losses: tuple[float | None, ...], patience: int, stops: bool
) -> None:
    assert exhausted(_points(*losses), patience) == stops


def test_a_line_that_a_kill_cut_off_is_left_out_and_garbage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "curves.jsonl"
    assert read_curves(path) == ()
    points = _points(2.0, None)
    write_curves(points, path)
    assert read_curves(path) == points
    path.write_bytes(path.read_bytes() + b'{"epoch":3,')
    assert read_curves(path) == points
    for garbage in (b"\n", b"{}\n", b"\xff\x00\n", b"[" * 5000 + b"\n"):
        path.write_bytes(garbage)
        with pytest.raises(TrainingFailed, match="not the curve"):
            read_curves(path)


def test_the_clock_counts_learning_apart_and_goes_on_after_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("finetune.progress.perf_counter", lambda: now)
    clock = Clock(price_per_hour=36.0, processes=2, before=100.0)
    now = 5.0  # loading
    clock.learn()
    now = 15.0
    clock.look()
    clock.look()
    now = 18.0
    assert clock.learned == 10.0
    clock.learn()
    now = 20.0
    assert clock.learned == 12.0
    assert clock.seconds == 120.0
    assert clock.cost == pytest.approx(120 * 2 * 36 / 3600)
