from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.errors import PrepareRefused
from finetune.prepare.chunks import Chunk, Format, Input, chunks, find_inputs
from finetune.prepare.read import read
from finetune.prepare.turns import Unreadable, group_of, said
from tests.finetune.prepare.made import write_lines


def _read(folder: Path, batch_rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    parts = [read(chunk) for chunk in chunks(find_inputs([folder]), batch_rows)]
    return pl.concat([rows for rows, _ in parts]), pl.concat([lost for _, lost in parts])


# Each shape that is read, and what it says: question, answer, history.
SHAPES = [
    ({"question": "q", "answer": "a"}, [("q", "a", ())]),
    ({"prompt": "q", "completion": "a"}, [("q", "a", ())]),
    ({"instruction": "q", "input": "", "output": "a"}, [("q", "a", ())]),
    ({"instruction": "q", "input": "of 74", "output": "a"}, [("q\n\nof 74", "a", ())]),
    ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, [("q", "a", ())]),
    # ShareGPT; the system's words are no part of what was said
    (
        {
            "conversations": [
                {"from": "system", "value": "s"},
                {"from": "human", "value": "q"},
                {"from": "gpt", "value": "a"},
            ]
        },
        [("q", "a", ())],
    ),
    # every answer of a chat is an example, with what was said before
    (
        {
            "messages": [
                {"role": r, "content": c}
                for r, c in (("user", "1"), ("assistant", "2"), ("user", "3"), ("assistant", "4"))
            ]
        },
        [("1", "2", ()), ("3", "4", ("1", "2"))],
    ),
]


@pytest.mark.parametrize(("record", "expected"), SHAPES)
def test_every_usual_shape_is_read(record: dict[str, object], expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert [(one.question, one.answer, one.history) for one in said(record)] == expected


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"question": "q"},
        {"question": 3, "answer": "a"},
        {"messages": "text"},
        {"messages": [{"role": "user", "content": "q"}]},
        {"messages": [{"role": "user", "content": "q"}, {"role": "user", "content": "r"}]},
        {"messages": [{"role": "robot", "content": "q"}, {"role": "assistant", "content": "r"}]},
        {"messages": [1, 2]},
        {"question": "q", "answer": "a", "history": "one"},
    ],
)
def test_what_says_no_question_with_an_answer_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        said(record)


def test_the_patient_of_a_record_is_found_under_its_usual_names() -> None:
    assert group_of({"patient_id": 7}) == "7"
    assert group_of({"conversation_id": " c1 "}) == "c1"
    assert group_of({"patient": True}) == ""


def test_files_of_three_kinds_give_the_same_rows_however_they_are_cut(tmp_path: Path) -> None:
    records = [{"question": f"question {n}", "answer": f"answer {n}"} for n in range(25)]
    write_lines(tmp_path / "a.jsonl", [*records, "{cut off", "", "[1]", '{"question": 1}'])
    pl.DataFrame(records).with_columns(question=pl.col("question") + ' of "csv",\nline 2').write_csv(tmp_path / "b.csv")
    pl.DataFrame(records).with_columns(answer=pl.col("answer") + " p").write_parquet(
        tmp_path / "c.parquet", row_group_size=4
    )

    whole, lost = _read(tmp_path, 1000)

    assert whole.height == 75
    assert sorted(lost["reason"]) == [
        "a line is no JSON",
        "a line is no JSON object",
        "an empty line",
        "“question” is no text",
    ]
    for batch_rows in (1, 3, 7):
        cut, cut_lost = _read(tmp_path, batch_rows)
        assert cut.equals(whole)
        assert cut_lost.equals(lost)


def test_a_line_that_is_no_utf8_is_read_as_windows_1252(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes('{"question": "5 µg", "answer": "naïve"}\n'.encode("cp1252"))
    rows, _ = _read(tmp_path, 10)
    assert rows["question"].to_list() == ["5 µg"]


def test_a_foreign_id_is_not_kept_since_it_may_be_a_record_number(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "a.jsonl", [{"id": "MRN 4711", "question": "q", "answer": "a", "topic": "Mr Smith", "source": "x"}]
    )
    rows, _ = _read(tmp_path, 10)
    assert "4711" not in rows["id"][0]
    assert rows["topic"][0] == rows["source"][0] == ""


def test_a_licence_beside_a_file_is_carried(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [{"question": "q", "answer": "a"}])
    (tmp_path / "a.jsonl.licence").write_text("CC-BY-4.0\n", encoding="utf-8")
    assert _read(tmp_path, 10)[0]["licence"][0] == "CC-BY-4.0"


def test_the_same_file_twice_is_read_once(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        write_lines(tmp_path / name, [{"question": "q", "answer": "a"}])
    assert len(find_inputs([tmp_path])) == 1


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(PrepareRefused, match="nothing to read"):
        find_inputs([tmp_path])
    with pytest.raises(PrepareRefused, match="no such file"):
        find_inputs([tmp_path / "none.jsonl"])
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PrepareRefused, match="of no kind"):
        find_inputs([tmp_path / "a.txt"])
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nonsense")
    with pytest.raises(PrepareRefused, match="no Parquet file"):
        list(chunks(find_inputs([tmp_path]), 10))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([Format.JSONL, Format.CSV]))
def test_any_bytes_are_read_or_dropped(tmp_path_factory: pytest.TempPathFactory, held: bytes, kind: Format) -> None:
    path = tmp_path_factory.mktemp("bytes") / f"any.{kind.value}"
    path.write_bytes(held)
    one = Input(path, kind, "0" * 64, path.name)
    for chunk in chunks([one], 2):
        rows, lost = read(chunk)
        assert rows.height + lost.height >= 0


def test_deep_nesting_and_long_lines_are_dropped(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", ["[" * 100_000, '{"question": "' + "x" * 5_000_000 + '", "answer": "a"}'])
    one = Input(path, Format.JSONL, "0" * 64, path.name)
    rows, lost = read(Chunk(one, 0, 0, path.stat().st_size, 0))
    assert rows.is_empty()
    assert lost["reason"].to_list() == ["a line is no JSON", "a record is too long"]
