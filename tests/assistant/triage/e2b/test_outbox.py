"""Files that leave the desk: what becomes of them when the disk is full, the program is killed, the name is taken."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from assistant.triage.e2b.errors import ExportRefused
from assistant.triage.e2b.outbox import finished, leaving

NAME = "report.xml"
DATA = b"<report/>" * 100
RECORDED = {NAME: sha256(DATA).hexdigest()}


def put(folder: Path, data: bytes = DATA, name: str = NAME) -> Path:
    with leaving(data, folder, name) as path:
        assert not path.exists()
    return path


def killed(folder: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """A program that is ended by the operating system while it records a file."""
    code = f"""
import os, signal, sys
from pathlib import Path
from assistant.triage.e2b.outbox import leaving
{before}
with leaving({DATA!r}, Path(sys.argv[1]), {NAME!r}):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    return subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)


def later(folder: Path, known: Mapping[str, str], hours: float = 0) -> tuple[Path, ...]:
    return finished(folder, lambda: known, datetime.now(UTC) + timedelta(hours=hours))


def test_a_file_is_whole_and_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    path = put(folder)
    with pytest.raises(ExportRefused, match="exists already and was not overwritten"):
        put(folder, b"another")
    assert path.read_bytes() == DATA
    assert os.listdir(folder) == [NAME]


def test_a_file_that_took_the_name_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with (
        pytest.raises(ExportRefused, match="was recorded and could not be named"),
        leaving(DATA, tmp_path, NAME) as path,
    ):
        path.write_bytes(b"somebody else's")
    assert path.read_bytes() == b"somebody else's"
    assert (tmp_path / f".{NAME}.draft").read_bytes() == DATA


def test_nothing_stays_of_a_file_that_was_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), leaving(DATA, tmp_path, NAME):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportRefused, match="cannot be written"):
        put(tmp_path / "file")
    with pytest.raises(ExportRefused, match="cannot be written"):
        put(tmp_path, name="x" * 300)


def test_nothing_stays_where_the_disk_is_full(tmp_path: Path) -> None:
    # A limit on the size of files, because a program with every right cannot be refused by a folder.
    done = killed(tmp_path / "out", "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))")
    assert "ExportRefused" in done.stderr
    assert "cannot be written" in done.stderr
    assert os.listdir(tmp_path / "out") == []


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    assert put(tmp_path).read_bytes() == DATA
    with pytest.raises(ExportRefused, match="was not overwritten"):
        put(tmp_path, b"another")
    assert os.listdir(tmp_path) == [NAME]


def test_a_file_that_was_recorded_before_the_program_was_killed_gets_its_name(tmp_path: Path) -> None:
    assert killed(tmp_path).returncode == -signal.SIGKILL
    assert os.listdir(tmp_path) == [f".{NAME}.draft"]
    assert later(tmp_path, RECORDED) == (tmp_path / NAME,)
    assert (tmp_path / NAME).read_bytes() == DATA
    assert os.listdir(tmp_path) == [NAME]
    assert later(tmp_path, RECORDED) == ()


@pytest.mark.parametrize("known", [{}, {NAME: sha256(b"other").hexdigest()}])
def test_a_file_that_nobody_recorded_is_taken_away_once_nobody_writes_it(
    tmp_path: Path, known: Mapping[str, str]
) -> None:
    assert killed(tmp_path).returncode == -signal.SIGKILL
    assert later(tmp_path, known) == ()
    assert os.listdir(tmp_path) == [f".{NAME}.draft"]
    assert later(tmp_path, known, hours=2) == ()
    assert os.listdir(tmp_path) == []


def test_where_there_is_no_folder_nothing_is_looked_up(tmp_path: Path) -> None:
    def recorded() -> Mapping[str, str]:
        raise AssertionError("looked up")

    assert finished(tmp_path / "none", recorded, datetime.now(UTC)) == ()
    assert finished(tmp_path, recorded, datetime.now(UTC)) == ()
