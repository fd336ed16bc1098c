"""Trackers that stay on this machine: MLflow's SQLite file and TensorBoard's events, gone on with after a kill."""

from __future__ import annotations

import os
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from finetune.tracking import EXPERIMENT, Tracking, no_notice, store_uri


def test_a_training_that_goes_on_is_one_run_in_both_trackers(tmp_path: Path) -> None:
    both, params = ("mlflow", "tensorboard"), (("rank", "16"),)
    first = Tracking(tmp_path, "candidate", both, params)
    first.log(1, {"loss": 2.0})
    first.close(failed=True)
    second = Tracking(tmp_path, "candidate", both, params)
    second.log(2, {"loss": 1.0})
    second.close()

    from mlflow import MlflowClient

    with no_notice():
        client = MlflowClient(store_uri(tmp_path))
    found = client.get_experiment_by_name(EXPERIMENT)
    assert found
    (run,) = client.search_runs([found.experiment_id])
    assert (run.info.status, run.data.params) == ("FINISHED", {"rank": "16"})
    assert [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, "loss")] == [(1, 2.0), (2, 1.0)]
    assert found.artifact_location == (tmp_path / "artifacts").resolve().as_uri()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"

    events = EventAccumulator(str(tmp_path / "tensorboard" / "candidate"))
    events.Reload()
    assert [(one.step, one.value) for one in events.Scalars("loss")] == [(1, 2.0), (2, 1.0)]


def test_none_named_keeps_nothing(tmp_path: Path) -> None:
    tracking = Tracking(tmp_path / "none", "candidate", (), ())
    tracking.log(1, {"loss": 2.0})
    tracking.close()
    assert list((tmp_path / "none").iterdir()) == []
