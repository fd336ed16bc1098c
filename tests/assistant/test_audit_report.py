"""What an inspector gets: a CSV from which the chain can be computed again, and a PDF that says whether it holds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pdfplumber
import pytest
from argon2 import PasswordHasher

from assistant.accounts import Accounts
from assistant.audit_report import COLUMNS, Cover, write_csv, write_pdf
from assistant.chain import GENESIS, Anchor, Break, Deed, Entry, EntryKind, digest, link
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Meaning, Role
from assistant.signing import keep_signature, verify_signatures
from tests.assistant.turns import NOW

DEED = Deed(
    EntryKind.SIGNED, "zaneta", "case 12", "Żaneta Łukasik: I am responsible for closing this case.", {"a": "ü"}
)


def chain(*deeds: Deed) -> list[Entry]:
    entries: list[Entry] = []
    before = Anchor(0, GENESIS)
    for deed in deeds:
        entries.append(link(deed, NOW, before))
        before = Anchor(entries[-1].number, entries[-1].hash)
    return entries


def cover(entries: list[Entry], *breaks: Break) -> Cover:
    return Cover(NOW, "Otto Prüfer", len(entries), Anchor(entries[-1].number, entries[-1].hash), 7, breaks)


def words(path: Path) -> list[str]:
    with pdfplumber.open(path) as pdf:
        return [" ".join((page.extract_text() or "").split()) for page in pdf.pages]


def test_the_chain_can_be_computed_again_from_the_csv_alone(tmp_path: Path) -> None:
    entries = chain(DEED, replace(DEED, summary='He said "no", then\nyes'), replace(DEED, facts={}))
    hashed = write_csv(entries, tmp_path / "ledger.csv")
    assert hashed == sha256((tmp_path / "ledger.csv").read_bytes()).hexdigest()
    with (tmp_path / "ledger.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    before = "0" * 64
    for row in rows:
        content = {name: row[name] for name in COLUMNS if name != "hash"}
        again = digest({**content, "number": int(row["number"]), "facts": json.loads(row["facts"])})
        assert (row["hash"], row["previous"]) == (again, before)
        before = again


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_takes_nothing_for_a_formula(tmp_path: Path, value: str) -> None:
    write_csv(chain(replace(DEED, by=value)), tmp_path / "ledger.csv")
    with (tmp_path / "ledger.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["by"] == f"'{value}"


def test_the_pdf_can_be_read_by_a_person_and_by_a_machine(tmp_path: Path) -> None:
    entries = chain(*(replace(DEED, subject=f"case {at}") for at in range(120)))
    hashed = write_pdf(entries, cover(entries), tmp_path / "ledger.pdf")
    assert hashed == sha256((tmp_path / "ledger.pdf").read_bytes()).hexdigest()
    pages = words(tmp_path / "ledger.pdf")
    assert len(pages) > 2
    assert "Exported 2026-11-23 12:00:00 UTC by Otto Prüfer." in pages[0]
    assert "120 entries. The chain holds" in pages[0]
    assert entries[-1].hash in pages[0]
    assert "Compared with 7 anchors" in pages[0]
    assert "Żaneta Łukasik" in pages[0]
    for at, page in enumerate(pages, start=1):
        assert "No. Time (UTC) What Who About In words Hash" in page
        assert f"page {at}" in page
    whole = " ".join(pages)
    assert all(f"case {at} " in whole and entries[at].hash[:12] in whole for at in range(120))


def test_a_broken_chain_is_said_on_the_first_page(tmp_path: Path) -> None:
    entries = chain(DEED, DEED)
    write_pdf(entries, cover(entries, Break(2, "Entry 2 was changed.")), tmp_path / "ledger.pdf")
    first = words(tmp_path / "ledger.pdf")[0]
    assert "The chain does not hold" in first
    assert "• Entry 2 was changed." in first
    assert "The chain holds" not in first


def test_what_is_huge_or_odd_breaks_no_page(tmp_path: Path) -> None:
    odd = "x" * 5000, "\ud800", "日本語 \x00 \u202e \n\n", "", "ﷺ" * 200
    entries = chain(*(replace(DEED, by=text[:20], subject=text[:500], summary=text) for text in odd))
    write_pdf(entries, cover(entries), tmp_path / "ledger.pdf")
    write_csv(entries, tmp_path / "ledger.csv")
    assert "x" * 40 in "".join(words(tmp_path / "ledger.pdf"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    yield Ledger(engine)
    engine.dispose()


# What is done to the stored signature, and what is said of it.
FORGED = [
    ("UPDATE signatures SET name = 'Somebody Else'", "was changed"),
    ("UPDATE signatures SET record_hash = 'x'", "was changed"),
    ("UPDATE signatures SET meaning = 'causality'", "was changed"),
    ("UPDATE signatures SET meaning = 'nonsense'", "was changed"),
    ("UPDATE signatures SET signed_at = 'x'", "was changed"),
    ("UPDATE signatures SET record = 'case 13'", "was changed"),
    ("DELETE FROM signatures", "is not stored any more"),
    (
        "INSERT INTO signatures SELECT 9, 'forged', person_id, user_name, name, meaning, signed_at, record, "
        "record_hash FROM signatures",
        "was never recorded",
    ),
]


@pytest.mark.parametrize(("statement", "said"), FORGED, ids=[statement for statement, _ in FORGED])
def test_a_forged_signature_is_found(ledger: Ledger, tmp_path: Path, statement: str, said: str) -> None:
    import sqlite3

    accounts = Accounts(ledger, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts.add("anna", "Anna", [Role.PHARMACOVIGILANCE], "local", "correct horse battery")
    signature = accounts.sign("anna", "correct horse battery", Meaning.CASE_CLOSED, "case 12", digest({"case": 12}))
    with ledger.writing("the case") as connection:
        keep_signature(connection, signature)
    assert verify_signatures(ledger) == ()
    connected = sqlite3.connect(tmp_path / "kept.db")
    for name in ("update", "delete"):
        connected.execute(f"DROP TRIGGER signatures_no_{name}")
    connected.execute(statement)
    connected.commit()
    connected.close()
    assert [said in found.explanation for found in verify_signatures(ledger)] == [True]
