"""Step read: a chunk of a file becomes rows, in the order of its records. What cannot be read is dropped."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping

import polars as pl
import pyarrow.parquet as pq
from pydantic import ValidationError

from finetune.columns import DROPPED, LABELS, NO_EVIDENCE, ROW, evidence_text, passages_of
from finetune.errors import RowsInvalid
from finetune.prepare.chunks import LONGEST_RECORD, Chunk, Format
from finetune.prepare.turns import Unreadable, group_of, said, texts

STEP = "read"
_TURN_BITS, _RECORD_BITS = 8, 40
_OURS = ("id", "source", "licence", "language", *LABELS)


def read(chunk: Chunk) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a chunk (`ROW`), and what was dropped (`DROPPED`). Raises `OSError`."""
    rows: dict[str, list[object]] = {name: [] for name in ROW}
    lost: dict[str, list[object]] = {name: [] for name in DROPPED}
    for number, record in enumerate(_records(chunk), start=chunk.first):
        ordinal = chunk.place << (_RECORD_BITS + _TURN_BITS) | number << _TURN_BITS
        name = f"{chunk.input.sha256[:8]}-{number}"
        try:
            if isinstance(record, str):
                raise Unreadable(record)
            for turn, made in enumerate(_rows_of(record, chunk, name)):
                for column, value in made.items():
                    rows[column].append(value)
                rows["ordinal"].append(ordinal + turn)
        except Unreadable as reason:
            for column, value in zip(DROPPED, (ordinal, name, STEP, str(reason)), strict=True):
                lost[column].append(value)
    return pl.DataFrame(rows, schema=ROW), pl.DataFrame(lost, schema=DROPPED)


def _rows_of(record: Mapping[str, object], chunk: Chunk, name: str) -> Iterator[Mapping[str, object]]:
    given = {column: _text(record, column) if chunk.input.own else "" for column in _OURS}
    turns = said(record)
    # What a foreign file calls a medicine may be anything: medicines are then found in the text.
    medicines = list(texts(record.get("medicines"))) if chunk.input.own else []
    evidence = _evidence(record.get("evidence"))
    # Turns of one chat belong together even where nothing names the conversation.
    group = group_of(record) or (name if len(turns) > 1 else "")
    for place, turn in enumerate(turns):
        yield {
            **given,
            "id": given["id"] or (f"{name}-{place}" if len(turns) > 1 else name),
            "question": turn.question,
            "answer": turn.answer,
            "evidence": evidence,
            "medicines": medicines,
            "history": list(turn.history),
            "source": given["source"],
            "licence": given["licence"] or chunk.input.licence,
            "group": group,
        }


def _text(record: Mapping[str, object], column: str) -> str:
    value = record.get(column)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f"“{column}” is no text")
    return value or ""


def _evidence(value: object) -> str:
    """Evidence as our JSON text: from such text, or from a list of passages."""
    if not value or value == NO_EVIDENCE:
        return NO_EVIDENCE
    try:
        return evidence_text(passages_of(value if isinstance(value, str) else json.dumps(value, sort_keys=True)))
    except (RowsInvalid, ValidationError, TypeError, ValueError) as error:
        raise Unreadable("the evidence is no list of passages") from error


def _records(chunk: Chunk) -> Iterator[Mapping[str, object] | str]:
    """Each record, or why it cannot be read."""
    if chunk.input.format is Format.PARQUET:
        return _of_parquet(chunk)
    with chunk.input.path.open("rb") as file:
        file.seek(chunk.start)
        held = file.read(chunk.end - chunk.start)
    return _of_lines(held) if chunk.input.format is Format.JSONL else _of_csv(held, chunk)


def _of_lines(held: bytes) -> Iterator[Mapping[str, object] | str]:
    for line in held.removesuffix(b"\n").split(b"\n"):
        if len(line) > LONGEST_RECORD:
            yield "a record is too long"
            continue
        try:
            record = json.loads(_decoded(line))
        except (ValueError, RecursionError):
            yield "a line is no JSON" if line.strip() else "an empty line"
            continue
        yield record if isinstance(record, dict) else "a line is no JSON object"


def _of_csv(held: bytes, chunk: Chunk) -> Iterator[Mapping[str, object] | str]:
    with chunk.input.path.open("rb") as file:
        head = next(csv.reader(io.StringIO(_decoded(file.read(min(chunk.start, LONGEST_RECORD))).lstrip("\ufeff"))), [])
    csv.field_size_limit(LONGEST_RECORD)
    lines = csv.reader(io.StringIO(_decoded(held), newline=""))
    while True:
        try:
            fields = next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield "a record is no CSV"
            continue
        if len(fields) != len(head):
            yield "a record has other columns than its header"
        else:
            yield {name.strip(): value for name, value in zip(head, fields, strict=True)}


def _of_parquet(chunk: Chunk) -> Iterator[Mapping[str, object] | str]:
    """Rows `start` to `end`, from the row groups that hold them."""
    with pq.ParquetFile(chunk.input.path) as file:
        at, groups, before = 0, [], None
        for number in range(file.num_row_groups):
            rows = file.metadata.row_group(number).num_rows
            if at < chunk.end and at + rows > chunk.start:
                groups.append(number)
                before = at if before is None else before
            at += rows
        table = file.read_row_groups(groups).slice(chunk.start - (before or 0), chunk.end - chunk.start)
    yield from table.to_pylist()


def _decoded(line: bytes) -> str:
    """UTF-8; a line that is none is what most often is none, Windows-1252."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
