"""Where a training's numbers go while it runs: MLflow in a local SQLite file, and TensorBoard's event files.

MLflow 3.17 refuses its old folder store, so the local store is SQLite with a folder of artifacts beside it. Nothing
leaves the machine: the store is a file, and MLflow's telemetry is turned off before it is loaded.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING

from finetune.errors import TrainerMissing

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric
    from torch.utils.tensorboard import SummaryWriter

EXPERIMENT = "pharmassist"
STORE = "mlflow.db"
_SECONDS = 5.0
"""How long numbers may wait before MLflow's file has them."""


def quiet() -> None:
    """Turn off whatever would report home. Call it before MLflow, TRL or the hub's client is loaded."""
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "true"


def store_uri(folder: Path) -> str:
    """The address of MLflow's store in this folder, for its client, its registry and `mlflow ui`."""
    return f"sqlite:///{(folder / STORE).resolve()}"


@contextmanager
def no_notice() -> Iterator[None]:
    """Without the notice that MLflow 3.17 asks SQLAlchemy 2.1 for something that it will drop."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The ``noload`` loader", category=DeprecationWarning)
        yield


class Tracking:
    """One training's record in the trackers that its recipe names; one that was stopped goes on in the same record."""

    def __init__(self, folder: Path, run: str, trackers: Sequence[str], params: Sequence[tuple[str, str]]) -> None:
        """`run` names the training. Raises `TrainerMissing` where a tracker's package is not installed."""
        quiet()
        self._client: MlflowClient | None = None
        self._writer: SummaryWriter | None = None
        self._run = ""
        self._waiting: list[Metric] = []
        self._sent = monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        if "tensorboard" in trackers:
            self._writer = _writer(folder / "tensorboard" / run)
        if "mlflow" in trackers:
            with no_notice():
                self._client, self._run = _mlflow_run(folder, run, params)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Note numbers at a step of the optimiser."""
        for name, value in values.items():
            if self._writer:
                self._writer.add_scalar(name, value, step)
            if self._client:
                self._waiting.append(_metric(name, value, step))
        if monotonic() - self._sent >= _SECONDS:
            self.send()

    def send(self) -> None:
        """Hand MLflow what has come together: one transaction for many numbers costs as much as for one."""
        if self._client and self._waiting:
            self._client.log_batch(self._run, metrics=self._waiting)
        self._waiting, self._sent = [], monotonic()

    def close(self, *, failed: bool = False) -> None:
        """End the record."""
        self.send()
        if self._writer:
            self._writer.close()
        if self._client:
            self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")


def _metric(name: str, value: float, step: int) -> Metric:
    from mlflow.entities import Metric

    return Metric(name, value, int(time() * 1000), step)


def _writer(folder: Path) -> SummaryWriter:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as fault:
        raise TrainerMissing("tensorboard") from fault
    return SummaryWriter(str(folder))


def _mlflow_run(folder: Path, run: str, params: Sequence[tuple[str, str]]) -> tuple[MlflowClient, str]:
    """The client and the id of this training's run, made at its first start."""
    try:
        from mlflow import MlflowClient
    except ImportError as fault:
        raise TrainerMissing("mlflow") from fault
    client = MlflowClient(store_uri(folder))
    found = client.get_experiment_by_name(EXPERIMENT)
    artifacts = (folder / "artifacts").resolve().as_uri()
    experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT, artifact_location=artifacts)
    named = client.search_runs([experiment], f"tags.mlflow.runName = '{run}'", max_results=1)
    if named:
        client.update_run(named[0].info.run_id, status="RUNNING")
        return client, str(named[0].info.run_id)
    made = client.create_run(experiment, run_name=run)
    for name, value in params:
        client.log_param(made.info.run_id, name, value)
    return client, str(made.info.run_id)
