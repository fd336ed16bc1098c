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
    """The file while an evaluation runs; `found` is what an earlier run left, by probe.

    A file about something else is begun anew. Raises `OSError` where the file cannot be written.
    """

    path: Path
    asked: Asked
    found: dict[str, KeptResult] = field(default_factory=dict)
    _file: TextIO | None = None

    def __enter__(self) -> Self:
        """Read what there is and open the file to add to it."""
        lines = self._lines()
        self.found = {each.result.probe: each for each in lines}
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
        """How long the earlier runs took up to their last kept result."""
        return max((each.seconds for each in self.found.values()), default=0.0)

    @property
    def peak_mb(self) -> float:
        """The most memory that an earlier run held."""
        return max((each.peak_mb for each in self.found.values()), default=0.0)

    def keep(self, kept: KeptResult) -> None:
        """Add a line, unless the run failed."""
        if kept.result.grade is Grade.FAILED:
            return
        assert self._file is not None, "only inside its block"
        self._file.write(_RESULT.dump_json(kept).decode() + "\n")
        self._file.flush()

    def _lines(self) -> Iterator[KeptResult]:
        try:
            first, *rest = self.path.read_text(encoding="utf-8").splitlines()
            if _ASKED.validate_json(first) != self.asked:
                return
        except (OSError, UnicodeDecodeError, ValueError):
            return
        for line in rest:
            try:
                yield _RESULT.validate_json(line)
            except ValidationError:
                continue
