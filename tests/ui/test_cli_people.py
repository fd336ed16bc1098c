"""People and the ledger on the command line: what is printed, exit codes, and that no password is an argument."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from assistant.chain import EntryKind
from assistant.people import Role
from ui import audit_shapes

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


def run(folder: Path, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the command in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PHARMASSIST_")}
    code = "from ui.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        input=typed,
        capture_output=True,
        text=True,
        env={**kept, "PHARMASSIST_DATA_DIR": str(folder), **environment},
        cwd=ROOT,
        timeout=120,
        check=False,
    )


def add(folder: Path, user_name: str, *words: str) -> subprocess.CompletedProcess[str]:
    named = ("--name", user_name.title(), "--role", "pharmacovigilance")
    return run(folder, "people", "add", user_name, *named, *words, typed=f"{PASSWORD}\n")


def test_an_account_from_its_making_to_its_end(tmp_path: Path) -> None:
    made = add(tmp_path, "anna", "--role", "safety-officer", "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout) == {
        "user_name": "anna",
        "name": "Anna",
        "roles": ["pharmacovigilance", "safety_officer"],
        "disabled": False,
    }
    assert json.loads(run(tmp_path, "people", "roles", "anna", "--role", "auditor", "--json").stdout)["roles"] == [
        "auditor"
    ]
    assert "[disabled]" in run(tmp_path, "people", "disable", "anna").stdout
    assert "[disabled]" not in run(tmp_path, "people", "enable", "anna").stdout
    assert run(tmp_path, "people", "password", "anna", typed="another staple entirely").returncode == 0
    listed = json.loads(run(tmp_path, "people", "list", "--json").stdout)["people"]
    assert [person["user_name"] for person in listed] == ["anna", "local"]
    shown = json.loads(run(tmp_path, "audit", "show", "--subject", "person anna", "--json").stdout)["entries"]
    assert [entry["summary"].removeprefix("Anna (anna) ") for entry in shown] == [
        "was added as pharmacovigilance, safety officer.",
        "is now auditor.",
        "was disabled.",
        "was enabled.",
        "has a new password.",
    ]
    assert {(entry["kind"], entry["by"]) for entry in shown} == {("people_changed", "local")}
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert PASSWORD.encode() not in kept


def test_what_goes_wrong_is_one_line(tmp_path: Path) -> None:
    assert add(tmp_path, "anna").returncode == 0
    again = add(tmp_path, "anna")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "pharmassist: The user name anna is taken; a name is never given again.\n"
    unknown = run(tmp_path, "people", "disable", "berta")
    assert (unknown.returncode, "There is no account berta" in unknown.stderr) == (1, True)
    for words in (
        ("people", "add", "berta", "--name", "B", "--role", "king"),
        ("people", "add", "berta", "--name", "B"),
        ("people", "add", "berta", "--name", "B", "--role", "auditor", "--password", PASSWORD),
        ("audit", "verify", "--anchor", "nonsense"),
        ("audit", "show", "--kind", "nonsense"),
        ("audit", "export"),
    ):
        assert run(tmp_path, *words).returncode == 2, words


def test_the_local_person_is_bound_by_the_roles_that_are_declared(tmp_path: Path) -> None:
    refused = run(tmp_path, "people", "list", PHARMASSIST_LOCAL_ROLES='["clinician"]')
    assert refused.returncode == 0  # who is there is no secret
    for words in (("people", "disable", "local"), ("audit", "verify")):
        done = run(tmp_path, *words, PHARMASSIST_LOCAL_ROLES='["clinician"]')
        assert done.returncode == 1
        assert "Local user may not do this" in done.stderr


def test_the_ledger_is_verified_exported_and_its_end_noted(tmp_path: Path) -> None:
    add(tmp_path, "anna")
    verified = json.loads(run(tmp_path, "audit", "verify", "--json").stdout)
    assert (verified["holds"], verified["entries"], verified["breaks"]) == (True, 2, [])
    anchor = f"{verified['head']} {verified['head_hash']}"
    files = ("--csv", str(tmp_path / "a.csv"), "--pdf", str(tmp_path / "a.pdf"))
    exported = json.loads(run(tmp_path, "audit", "export", *files, "--json").stdout)
    assert [Path(each["file"]).name for each in exported["files"]] == ["a.csv", "a.pdf"]
    assert exported["holds"] is True
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
    last = json.loads(run(tmp_path, "audit", "show", "--last", "1", "--json").stdout)["entries"][0]
    assert (last["kind"], last["facts"]["csv"]) == ("exported", exported["files"][0]["sha256"])
    held = run(tmp_path, "audit", "verify", "--anchor", anchor)
    assert (held.returncode, "The ledger holds. 3 entries and 4 anchors read." in held.stdout) == (0, True)


def test_a_changed_ledger_is_exit_code_1_and_still_exported(tmp_path: Path) -> None:
    add(tmp_path, "anna")
    with sqlite3.connect(tmp_path / "pharmassist.db") as connection:
        connection.execute("DROP TRIGGER ledger_no_update")
        connection.execute("UPDATE ledger SET \"by\" = 'nobody' WHERE number = 2")
    connection.close()
    broken = run(tmp_path, "audit", "verify")
    assert broken.returncode == 1
    assert "THE LEDGER DOES NOT HOLD" in broken.stdout
    assert "Entry 2 was changed" in broken.stdout
    exported = run(tmp_path, "audit", "export", "--csv", str(tmp_path / "a.csv"), "--json")
    assert (exported.returncode, json.loads(exported.stdout)["holds"]) == (1, False)
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3


def test_a_case_that_was_changed_past_the_desk_is_found_even_if_it_cannot_be_read(tmp_path: Path) -> None:
    add(tmp_path, "anna")
    with sqlite3.connect(tmp_path / "pharmassist.db") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(cases)") if row[3]]
        values = ["0" if name in {"number", "version", "serious"} else "'x'" for name in columns]
        connection.execute(f"INSERT INTO cases ({', '.join(columns)}) VALUES ({', '.join(values)})")
        connection.execute("INSERT INTO case_bodies (case_id, body) VALUES ('x', '{}')")
    connection.close()
    broken = run(tmp_path, "audit", "verify")
    assert broken.returncode == 1, broken.stderr
    assert "The stored cases cannot all be read" in broken.stdout


def test_a_chat_for_other_machines_without_an_account_says_what_to_do(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    done = run(tmp_path, "chat", "--host", "0.0.0.0", PHARMASSIST_STARTER_CORPUS=str(corpus))
    assert done.returncode == 1, done.stdout
    assert "pharmassist people add" in done.stderr


@pytest.mark.parametrize(
    "shape",
    [
        *(audit_shapes.PersonShape, audit_shapes.PeopleShape, audit_shapes.BreakShape, audit_shapes.VerifiedShape),
        *(audit_shapes.EntryShape, audit_shapes.EntriesShape, audit_shapes.ExportedFileShape),
        audit_shapes.ExportedShape,
    ],
)
def test_the_documented_shapes_are_the_real_ones(shape: type[BaseModel]) -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for name in shape.model_fields:
        assert re.search(rf"[`\"]{name}\b", page), f"docs/json.md does not name {name}"


def test_the_documented_kinds_and_roles_are_the_real_ones() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert all(f"`{value}`" in page for value in (*EntryKind, *Role))
