"""Folders and archives: what is found in them, and what is refused before it can do harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.readers.archive import Found, Ignored, Limits, Unreadable, files_in
from tests.retrieval.labels import archive


def written(folder: Path, data: bytes, name: str = "release.zip") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def reasons(path: Path, limits: Limits | None = None) -> list[str]:
    return [one.reason for one in files_in([path], limits) if isinstance(one, Unreadable)]


def test_a_release_of_zips_gives_its_labels_and_passes_over_pictures(tmp_path: Path) -> None:
    inner = archive({"label.xml": b"<a/>", "picture.jpg": b"\xff\xd8"})
    path = written(tmp_path, archive({"b/2.zip": inner, "a/1.zip": inner, "readme.txt": b"hello"}))
    offered = list(files_in([path]))
    assert [(one.name.split("!/", 1)[1], one.data) for one in offered if isinstance(one, Found)] == [
        ("a/1.zip!/label.xml", b"<a/>"),
        ("b/2.zip!/label.xml", b"<a/>"),
    ]
    assert sum(isinstance(one, Ignored) for one in offered) == 3


def test_a_folder_is_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.xml", "a.md", ".hidden.xml", "notes.txt"):
        written(tmp_path, b"x", name)
    (tmp_path / "sub").mkdir()
    written(tmp_path / "sub", b"x", "c.pdf")
    offered = list(files_in([tmp_path]))
    assert [Path(one.name).name for one in offered if isinstance(one, Found)] == ["a.md", "b.xml", "c.pdf"]
    assert [Path(one.name).name for one in offered if isinstance(one, Ignored)] == ["notes.txt"]


def test_a_file_that_was_named_is_never_passed_over(tmp_path: Path) -> None:
    assert [type(one) for one in files_in([written(tmp_path, b"x", "notes.txt")])] == [Found]
    assert reasons(tmp_path / "absent.xml") == ["it does not exist"]


def zeros(size: int) -> bytes:
    return archive({"bomb.xml": b"\0" * size})


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (zeros(8 * 1024 * 1024), Limits(), "unpacks"),  # a thousandfold: a bomb by its ratio
        (archive({"a.xml": b"<a/>" * 100}), Limits(total_bytes=300), "MB of text"),  # by what it unpacks to
        (archive({f"{n}.xml": b"<a/>" for n in range(4)}), Limits(members=3), "4 files"),  # by its members
        (archive({"a.zip": archive({"b.zip": archive({"c.xml": b"<a/>"})})}), Limits(depth=2), "2 deep"),  # by depth
        (archive({"a.xml": b"<a/>" * 100}), Limits(member_bytes=300), "larger than"),
        (archive({"../../etc/evil.xml": b"<a/>"}), Limits(), "outside the archive"),
        (archive({"/etc/evil.xml": b"<a/>"}), Limits(), "outside the archive"),
        (archive({"..\\evil.xml": b"<a/>"}), Limits(), "outside the archive"),
    ],
)
def test_hostile_archives_are_refused(tmp_path: Path, data: bytes, limits: Limits, reason: str) -> None:
    path = written(tmp_path, data)
    (found,) = reasons(path, limits)
    assert reason in found
    assert not any(isinstance(one, Found) for one in files_in([path], limits))


def test_the_budget_is_shared_by_archives_inside_archives(tmp_path: Path) -> None:
    inner = archive({"a.xml": b"<a/>" * 100})
    path = written(tmp_path, archive({f"{n}.zip": inner for n in range(3)}))
    offered = list(files_in([path], Limits(total_bytes=len(inner) * 3 + 900)))
    assert sum(isinstance(one, Found) for one in offered) == 2
    assert len(reasons(path, Limits(total_bytes=len(inner) * 3 + 900))) == 1


def test_a_member_with_a_password_or_damage_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    data = bytearray(archive({"bad.xml": b"<a>bad bad bad</a>", "good.xml": b"<a>good</a>"}))
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1  # the encryption flag of the first member in the table of contents
    offered = list(files_in([written(tmp_path, bytes(data))]))
    assert [one.reason for one in offered if isinstance(one, Unreadable)] == ["it is encrypted with a password"]
    assert [one.data for one in offered if isinstance(one, Found)] == [b"<a>good</a>"]


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    inner = archive({"a.xml": b"<a/>"})
    path = written(tmp_path, archive({"broken.zip": inner[:-10]}))
    assert "damaged zip" in reasons(path)[0]


def test_a_lying_size_cannot_grow_beyond_what_it_states(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.xml", b"<a/>" * 5000)
    data = bytearray(buffer.getvalue())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (10).to_bytes(4, "little")
    offered = list(files_in([written(tmp_path, bytes(data))]))
    assert not any(isinstance(one, Found) and len(one.data) > 10 for one in offered)


@given(cut=st.integers(0, 200), flip=st.integers(0, 255))
def test_a_spoiled_archive_never_crashes(tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int) -> None:
    data = bytearray(archive({"a.xml": b"<a/>" * 9, "b.zip": archive({"c.md": b"text"})}))
    data[cut % len(data)] ^= flip
    path = written(tmp_path_factory.mktemp("spoiled"), bytes(data))
    assert all(isinstance(one, Found | Ignored | Unreadable) for one in files_in([path]))
