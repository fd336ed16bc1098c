"""What is there after the operating system ended a program during an import: whole cases, and none of them twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.triage.audit import case_breaks
from assistant.triage.intake.take_in import import_file
from tests.assistant.triage.made_desk import NOW, Office, office
from tests.assistant.triage.test_intake import READERS

ROWS = 8
TABLE = "drug,reaction,age\n" + "".join(f"warfarin,bleeding,{70 + at}\n" for at in range(ROWS))

KILLED = f"""
import os, signal, sys
from pathlib import Path

import assistant.triage.casebook as casebook
from assistant.triage.intake.take_in import import_file
from tests.assistant.triage.made_desk import NOW, office
from tests.assistant.triage.test_intake import READERS

done, where, last = casebook.append, sys.argv[2], int(sys.argv[3])
left = [last]

def append(*given):
    if where == "before the entry":
        counted()
    made = done(*given)
    if where == "before the commit":
        counted()
    return made

def counted():
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

casebook.append = append
with office(Path(sys.argv[1])) as here:
    import_file(here.desk, here.ann, READERS, "list.csv", {TABLE.encode()!r}, NOW)
"""


def holds(here: Office) -> bool:
    """Whether the ledger, the cases and their history agree."""
    return here.ledger.verify().breaks == () and list(case_breaks(here.ledger.entries(), here.desk.book)) == []


@pytest.mark.parametrize("where", ["before the entry", "before the commit"])
@pytest.mark.parametrize("at", [1, 4])
def test_an_import_that_was_killed_leaves_whole_cases_and_goes_on(tmp_path: Path, where: str, at: int) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", KILLED, str(tmp_path), where, str(at)]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with office(tmp_path) as here:
        assert here.desk.book.count() == at - 1
        assert holds(here)
        again = import_file(here.desk, here.ann, READERS, "list.csv", TABLE.encode(), NOW)
        assert (len(again.opened), len(again.known)) == (ROWS - at + 1, at - 1)
        cases = list(here.desk.book.cases())
        assert sorted(str(case.patient.age.value) for case in cases if case.patient.age) == [
            str(70 + number) for number in range(ROWS)
        ]
        assert [case.label for case in cases] == [f"2026-{number:06d}" for number in range(1, ROWS + 1)]
        assert holds(here)
        assert import_file(here.desk, here.ann, READERS, "list.csv", TABLE.encode(), NOW).opened == ()
