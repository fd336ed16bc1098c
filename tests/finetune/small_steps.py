"""A small run of real steps on files, which kills itself where it is told; test_steps starts it as a process.

Usage: small_steps.py FOLDER SOURCE [STEP:MOMENT]    with MOMENT: start, middle, end
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from finetune.steps import Ended, Finished, Given, Made, Result, Step, Waiting, advance, files_under, hash_of

WHEN = datetime(2026, 12, 31, tzinfo=UTC)


def steps(folder: Path, source: Path, kill: Callable[[str, str], None]) -> list[Step]:
    """Read numbers, square them, ask somebody, add them up; each counts how often it worked."""

    def count(name: str) -> None:
        with (folder.parent / "ran.txt").open("a") as file:
            file.write(name + "\n")

    def working(name: str, act: Callable[[Given], Result]) -> Callable[[Given], Result]:
        def run(given: Given) -> Result:
            kill(name, "start")
            count(name)
            result = act(given)
            kill(name, "end")
            return result

        return run

    def select(given: Given) -> Result:
        numbers = source.read_text().split()
        if len(numbers) < 2:
            return Ended((f"Only {len(numbers)} numbers; at least 2 are needed.",))
        return Made({"numbers": " ".join(numbers)})

    def square(given: Given) -> Result:
        """Resumable: a line for each number, and what is there already is not done again."""
        out = given.work / "squares.txt"
        whole = out.read_text().splitlines() if out.exists() else []
        for number in given.earlier["select"].facts["numbers"].split()[len(whole) :]:
            with out.open("a") as file:
                file.write(f"{int(number) ** 2}\n")
            kill("square", "middle")
        return Made(files=files_under(out, folder))

    def agree(given: Given) -> Result:
        if not (folder.parent / "agreed").exists():
            return Waiting("the person", "say that it is right", "touch agreed")
        return Made({"by": "somebody"})

    def total(given: Given) -> Result:
        (name,) = given.earlier["square"].files
        out = given.work / "total.txt"
        out.write_text(str(sum(map(int, (folder / name).read_text().split()))))
        kill("total", "middle")
        return Made({"total": out.read_text()}, files_under(out, folder))

    def nothing_else() -> str:
        return ""

    return [
        Step("select", "Choose", (), lambda: hash_of(source), working("select", select)),
        Step("square", "Square", ("select",), nothing_else, working("square", square)),
        Step("agree", "Agree", ("square",), nothing_else, working("agree", agree), asks=True),
        Step("total", "Add up", ("square", "agree"), nothing_else, working("total", total)),
    ]


def main() -> int:
    folder, source = Path(sys.argv[1]), Path(sys.argv[2])
    doomed = sys.argv[3] if len(sys.argv) > 3 else ""

    def kill(step: str, moment: str) -> None:
        if doomed == f"{step}:{moment}":
            os.kill(os.getpid(), signal.SIGKILL)

    stand = advance(folder, steps(folder, source, kill), lambda: WHEN)
    print(stand)
    return 0 if isinstance(stand, Finished) else 3


if __name__ == "__main__":
    sys.exit(main())
