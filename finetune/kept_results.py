"""Keeps each result of an evaluation when it comes in, so that a killed evaluation goes on where it was.

The file is JSON lines: first what is evaluated with which questions, then a line for every probe that has a result of
its own. A run that failed is not kept, and so is asked again. A line that a kill cut off counts as never written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from pydantic import TypeAdapter, ValidationError

from assistant.conversation import Basis
from finetune.grading import Grade, Result
from finetune.whole import write_whole


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file holds results of: the system, the candidate in it, and the hash of the probes."""

    system: str
    candidate: str
    probes: str


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A result with the basis of its answer; `seconds` since the evaluation began and `peak_mb` up to then."""

    result: Result
    basis: Basis | None
    seconds: float
    peak_mb: float


_ASKED, _RESULT = TypeAdapter(Asked), TypeAdapter(KeptResult)


@dataclass
class KeptResults:
    """The results of an evaluation while it runs, by probe, those that an earlier run left among them.

    A file about something else is begun anew; without a path nothing outlives the run. Raises `OSError` where the file
    cannot be written.
    """

    path: Path | None
    asked: Asked
    found: dict[str, KeptResult] = field(default_factory=dict)
    _file: TextIO | None = None

    def __enter__(self) -> Self:
        """Read what there is and open the file to add to it."""
        if self.path is None:
            return self
        self.found = {each.result.probe: each for each in _lines(self.path, self.asked)}
        whole = [_ASKED.dump_json(self.asked), *(_RESULT.dump_json(each) for each in self.found.values())]
        write_whole(self.path, b"".join(line + b"\n" for line in whole))
        self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    @property
    def seconds(self) -> float:
        """How long all runs took up to their last result."""
        return max((each.seconds for each in self.found.values()), default=0.0)

    @property
    def peak_mb(self) -> float:
        """The most memory that any run held."""
        return max((each.peak_mb for each in self.found.values()), default=0.0)

    def keep(self, kept: KeptResult) -> None:
        """Add a result, and a line for it unless the run failed."""
        self.found[kept.result.probe] = kept
        if self._file is not None and kept.result.grade is not Grade.FAILED:
            self._file.write(_RESULT.dump_json(kept).decode() + "\n")
            self._file.flush()


def _lines(path: Path, asked: Asked) -> Iterator[KeptResult]:
    """What the file holds of this evaluation."""
    try:
        first, *rest = path.read_text(encoding="utf-8").splitlines()
        if _ASKED.validate_json(first) != asked:
            return
    except (OSError, UnicodeDecodeError, ValueError):
        return
    for line in rest:
        try:
            yield _RESULT.validate_json(line)
        except ValidationError:
            continue
