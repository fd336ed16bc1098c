"""What a training tells while it runs, and the clock that its costs are told by."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """A step of the optimiser, or (with `step` 0) a sentence for people about the training.

    `seconds` and `cost` are of the whole training up to here; `left` are the seconds that it still needs at this pace.
    """

    text: str
    step: int = 0
    steps: int = 0
    epoch: float = 0.0
    loss: float = 0.0
    tokens_per_second: float = 0.0
    seconds: float = 0.0
    left: float = 0.0
    cost: float = 0.0


class Clock:
    """Counts seconds of learning apart from seconds of looking, and goes on counting where a killed training was."""

    def __init__(self, price_per_hour: float, processes: int, before: float) -> None:
        """`price_per_hour` is that of one process; `before` are the seconds of earlier starts. It begins looking."""
        self._price = price_per_hour * processes / 3600
        self._before = before
        self._started = perf_counter()
        self._looked = 0.0
        self._looking: float | None = self._started

    @property
    def seconds(self) -> float:
        """The seconds of the whole training, earlier starts included."""
        return self._before + perf_counter() - self._started

    @property
    def cost(self) -> float:
        """What those seconds cost, in the recipe's currency."""
        return self.seconds * self._price

    @property
    def learned(self) -> float:
        """The seconds since this start in which the model learned: without evaluation and saving."""
        looking = perf_counter() - self._looking if self._looking is not None else 0.0
        return max(1e-9, perf_counter() - self._started - self._looked - looking)

    def look(self) -> None:
        """From here on the model is looked at, or saved."""
        self._looking = perf_counter() if self._looking is None else self._looking

    def learn(self) -> None:
        """From here on it learns again."""
        if self._looking is not None:
            self._looked += perf_counter() - self._looking
            self._looking = None
