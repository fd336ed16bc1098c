"""The folder of the embedded index: two processes, kills, and folders that are no index."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexBusy, IndexCorrupt, IndexNotFound
from retrieval.index import IndexQuery
from retrieval.index.edge import open_edge
from tests.retrieval.small_index import MAXIMUM, SIZE, source, stack, towards

WRITER = """
    import sys, time
    from pathlib import Path
    from retrieval.index.edge import open_edge
    from tests.retrieval.small_index import MAXIMUM, SIZE, source, stack, towards
    index = open_edge(Path(sys.argv[1]), dimension=SIZE, model="test")
    index.add_passages([MAXIMUM], stack(towards(1)))
    index.put_source(source())
    print("written", flush=True)
    time.sleep(60)
"""


def start_writer(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(folder)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[2])
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    return writer


def kill(writer: subprocess.Popen[str]) -> None:
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()


def test_a_kill_after_put_source_loses_nothing(tmp_path: Path) -> None:
    kill(start_writer(tmp_path))
    index = open_edge(tmp_path, dimension=SIZE, model="test")
    assert (index.passage("m1"), index.source("metformin@1")) == (MAXIMUM, source())
    assert [hit.passage for hit in index.search(IndexQuery(towards(1), "maximum dose"))] == [MAXIMUM]
    index.close()


def test_a_second_process_is_told_and_can_share_a_copy(tmp_path: Path) -> None:
    writer = start_writer(tmp_path)
    with pytest.raises(IndexBusy, match="Another pharmassist process"):
        open_edge(tmp_path, dimension=SIZE, model="test")
    copy = open_edge(tmp_path, dimension=SIZE, model="test", share=True)
    assert [hit.passage for hit in copy.search(IndexQuery(towards(1), "maximum dose"))] == [MAXIMUM]
    with pytest.raises(IndexBusy, match="nothing can be added"):
        copy.put_source(source("warfarin@1"))
    copy.close()
    kill(writer)
    open_edge(tmp_path, dimension=SIZE, model="test").close()


def test_attempts_to_open_do_not_harm_the_one_who_has_it_open(tmp_path: Path) -> None:
    """Qdrant Edge 0.9.0 alone fails this: its owner's next flush breaks after another process tried to load."""
    index = open_edge(tmp_path, dimension=SIZE, model="test")
    for attempt in range(3):
        with pytest.raises(IndexBusy):
            open_edge(tmp_path, dimension=SIZE, model="test")
        index.put_source(source(f"medicine{attempt}@1"))
    index.close()
    index.close()
    again = open_edge(tmp_path, dimension=SIZE, model="test")
    assert len(again.sources()) == 3
    again.close()


def test_a_missing_index_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="pharmassist ingest"):
        open_edge(tmp_path / "absent", dimension=SIZE, model="test", create=False)
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("damage", ["garbage in the configuration", "files that are no index"])
def test_a_damaged_index_is_one_clear_error(tmp_path: Path, damage: str) -> None:
    if damage == "files that are no index":
        (tmp_path / "passages").mkdir()
        (tmp_path / "passages" / "notes.txt").write_text("mine")
    else:
        open_edge(tmp_path, dimension=SIZE, model="test").close()
        (tmp_path / "passages" / "edge_config.json").write_text("{")
    with pytest.raises(IndexCorrupt, match=r"ingest the sources again"):
        open_edge(tmp_path, dimension=SIZE, model="test")


def test_the_folder_is_free_again_after_a_failed_opening(tmp_path: Path) -> None:
    open_edge(tmp_path, dimension=SIZE, model="test").close()
    config = tmp_path / "passages" / "edge_config.json"
    good = config.read_text()
    config.write_text("{")
    with pytest.raises(IndexCorrupt):
        open_edge(tmp_path, dimension=SIZE, model="test")
    config.write_text(good)
    index = open_edge(tmp_path, dimension=SIZE, model="test")
    index.add_passages([MAXIMUM], stack(towards(1)))
    assert index.passage_count() == 1
    assert index.search(IndexQuery(np.zeros(SIZE, dtype=np.float32), "")) == ()
    index.close()
