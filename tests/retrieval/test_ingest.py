"""Ingestion into the real embedded index: what is read, skipped, refused, replaced, superseded; and a real kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.index.points import PointIndex
from retrieval.ingest import IngestProgress, Outcome, ingest
from tests.retrieval.labels import MONOGRAPH, SET_ID, archive, spl
from tests.retrieval.shelf import SETTINGS, HashEncoder, opened, taken_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PointIndex]:
    made = opened(tmp_path)
    yield made
    made.close()


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def contents(index: PointIndex) -> dict[str, tuple[tuple[str, str], ...]]:
    """Every source's passages, as key and text."""
    return {one.id: tuple((p.key, p.text) for p in index.passages_of(one.id)) for one in index.sources()}


def test_a_second_run_reads_nothing_and_changes_nothing(tmp_path: Path, index: PointIndex) -> None:
    paths = [written(tmp_path, "label.xml", spl()), written(tmp_path, "lunarine.md", MONOGRAPH)]
    first = taken_in(index, *paths)
    before, version = contents(index), index.version()
    encoder = HashEncoder()
    second = ingest(paths, index, encoder, SETTINGS)
    assert (len(first.read), first.passages) == (2, index.passage_count())
    assert (second.read, len(second.skipped), encoder.calls) == ((), 2, 0)
    assert (contents(index), index.version()) == (before, version)


def test_the_index_gives_back_source_and_exact_slices(tmp_path: Path, index: PointIndex) -> None:
    taken_in(index, written(tmp_path, "label.xml", spl()))
    source = index.source(f"{SET_ID}@3")
    assert source is not None
    passages = index.passages_of(source.id)
    assert passages
    assert all(source.text[one.start : one.end] == one.text for one in passages)


REFUSED = {
    "1.xml": ("no XML", "not well-formed XML"),
    "2.xml": ("<other/>", "root element is <other>"),
    "3.md": ("# no front matter", "no front matter"),
    "4.pdf": ("%PDF-1.4 broken", "damaged PDF"),
    "5.xml": ("", "it is empty"),
    "6.docx": ("x", "type is unknown"),
}


def test_every_refused_file_has_one_reason(tmp_path: Path, index: PointIndex) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    paths = [written(folder, name, data) for name, (data, _) in REFUSED.items()]
    seen: list[IngestProgress] = []
    report = ingest([*paths, written(folder, "7.xml", spl())], index, HashEncoder(), SETTINGS, seen.append)
    for refused, (name, (_, words)) in zip(report.refused, REFUSED.items(), strict=True):
        assert Path(refused.path).name == name
        assert words in refused.reason
        assert refused.reason in report.text()
    assert [one.outcome for one in seen] == [Outcome.REFUSED] * 6 + [Outcome.READ]
    assert [(one.done, one.total) for one in seen] == [(number, 7) for number in range(1, 8)]


@pytest.mark.parametrize("order", [(1, 2, 10), (10, 2, 1), (2, 10, 1)])
def test_only_the_newest_version_stays_current_in_whatever_order(
    tmp_path: Path, index: PointIndex, order: tuple[int, ...]
) -> None:
    for version in order:
        taken_in(index, written(tmp_path, f"{version}.xml", spl(version)))
    current = [one.version for one in index.sources() if not one.superseded_by]
    assert current == ["10"]
    assert all(index.passages_of(one.id) for one in index.sources())


def test_the_report_names_what_was_superseded(tmp_path: Path, index: PointIndex) -> None:
    taken_in(index, written(tmp_path, "1.xml", spl(1)))
    report = taken_in(index, written(tmp_path, "2.xml", spl(2)))
    assert report.superseded == (f"{SET_ID}@1",)


def test_an_edited_file_of_the_same_version_replaces_its_passages(tmp_path: Path, index: PointIndex) -> None:
    path = written(tmp_path, "lunarine.md", MONOGRAPH)
    taken_in(index, path)
    written(tmp_path, "lunarine.md", MONOGRAPH.replace("500 mg\n", "750 mg\n"))
    report = taken_in(index, path)
    texts = [one.text for one in index.passages_of("lunarine@1")]
    assert (report.read, len(index.sources()), index.passage_count()) == (("lunarine@1",), 1, len(texts))
    assert any("750 mg" in text for text in texts)
    assert not any("at 500 mg" in text for text in texts)


def test_what_an_interrupted_replacement_left_is_written_again(tmp_path: Path, index: PointIndex) -> None:
    path = written(tmp_path, "lunarine.md", MONOGRAPH)
    taken_in(index, path)
    before = contents(index)
    edited = written(tmp_path, "edited.md", MONOGRAPH.replace("500 mg\n", "750 mg\n"))

    class Killed(HashEncoder):
        def encode(self, texts: object) -> object:  # type: ignore[override]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([edited], index, Killed(), SETTINGS)
    taken_in(index, path)
    assert contents(index) == before


def test_a_release_archive_is_read_label_by_label(tmp_path: Path, index: PointIndex) -> None:
    other = SET_ID.replace("1", "9")
    inner = {"a.zip": archive({"a.xml": spl(), "a.jpg": b"x"}), "b.zip": archive({"b.xml": spl(set_id=other)})}
    report = taken_in(index, written(tmp_path, "release.zip", archive(inner)))
    assert (len(report.read), report.ignored, report.refused) == (2, 1, ())


def test_killed_half_way_and_run_again_gives_the_same_index(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    for number in range(6):
        written(labels, f"{number}.xml", spl(set_id=SET_ID.replace("1", str(number + 2))))
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    command = [sys.executable, "-m", "tests.retrieval.shelf"]
    subprocess.run([*command, str(whole), str(labels), "0"], cwd=ROOT, check=True, capture_output=True)
    with subprocess.Popen(
        [*command, str(broken), str(labels), "0.3"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert "read" in running.stdout.readline()
        os.kill(running.pid, signal.SIGKILL)
    kept = opened(broken)
    assert 1 <= len(kept.sources()) < 6
    report = taken_in(kept, labels)
    complete = opened(whole)
    assert len(report.skipped) >= 1
    assert contents(kept) == contents(complete)
    assert (kept.passage_count(), kept.version()) == (complete.passage_count(), complete.version())
    kept.close()
    complete.close()
