"""What the page asks for between questions, over real records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.conversation import FlagKind, Question, Turn
from assistant.database import open_database
from assistant.records import Records
from retrieval.errors import IndexUnreachable
from retrieval.passage import Source
from tests.fakes import LOCAL, canned_answer, canned_refusal, lunarine_source
from ui.replies import GONE, UNREADABLE, Replies

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AT = {"turn": "t1", "claim": 2, "citation": 0}


def read(source_id: str) -> Source | None:
    return lunarine_source() if source_id == "lunarine@3" else None


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    engine = open_database(f"sqlite:///{tmp_path / 'records.db'}")
    kept = Records(engine)
    kept.save_turn(Turn("t1", "c1", canned_answer(Question("t1", "c1", "Dose?", NOW)), NOW))
    kept.save_turn(Turn("t2", "c1", canned_refusal(Question("t2", "c1", "Zubrovine?", NOW)), NOW))
    yield kept
    engine.dispose()


@pytest.fixture
def replies(records: Records) -> Replies:
    return Replies(records, read, LOCAL)


def test_a_citation_opens_its_passage_with_the_number_of_the_answer(replies: Replies) -> None:
    reply = replies.source(AT)
    assert '<span class="chip is-open">2</span>' in reply.html
    assert '<mark class="quote">contraindicated in adults whose eGFR is below 30 mL/min/1.73 m2</mark>' in reply.html
    assert 'data-turn="t1" data-claim="2" data-citation="0"' in reply.html


def test_context_comes_in_two_sizes(replies: Replies) -> None:
    near, whole = replies.context(AT).html, replies.context({**AT, "whole": True}).html
    assert len(whole) > len(near) > 1000


@pytest.mark.parametrize(
    "sent",
    [
        {**AT, "turn": "unknown"},
        {**AT, "turn": "t2"},  # a refusal has no citations
        {**AT, "claim": 3},
        {**AT, "citation": 2},
    ],
)
def test_a_citation_that_does_not_exist_is_said_to_be_gone(replies: Replies, sent: object) -> None:
    assert replies.source(sent).error == GONE
    assert replies.context(sent).error == GONE


@pytest.mark.parametrize(
    "sent", [None, [], "x", {}, {**AT, "claim": -1}, {**AT, "claim": "x"}, {**AT, "more": 1}, {**AT, "turn": "x" * 101}]
)
def test_what_cannot_be_read_is_one_sentence(replies: Replies, sent: object) -> None:
    assert replies.source(sent).error == UNREADABLE


def test_a_flag_is_stored_and_listed_and_several_can_be_made(replies: Replies, records: Records) -> None:
    first = replies.flag({"turn": "t1", "kind": "unsafe", "comment": " too high ", "corrected": "500 mg"})
    second = replies.flag({"turn": "t1", "kind": "outdated"})
    assert "too high" in first.html
    assert second.html.count('<li class="flag">') == 2
    stored = records.flags("t1")
    assert [(flag.kind, flag.comment, flag.corrected) for flag in stored] == [
        (FlagKind.UNSAFE, "too high", "500 mg"),
        (FlagKind.OUTDATED, "", ""),
    ]
    assert replies.flag({"turn": "t2", "kind": "other"}).error == ""


def test_a_flag_that_cannot_be_stored_says_why(replies: Replies, records: Records) -> None:
    assert "not stored" in replies.flag({"turn": "unknown", "kind": "unsafe"}).error
    assert replies.flag({"turn": "t1", "kind": "nonsense"}).error == UNREADABLE
    assert replies.flag({"turn": "t1", "kind": "unsafe", "comment": "x" * 4001}).error == UNREADABLE
    assert records.flags() == ()


def test_copying_and_exporting(replies: Replies) -> None:
    assert "[2][1]" in replies.copy({"turn": "t1"}).text
    assert replies.copy({"turn": "unknown"}).error == GONE
    exported = replies.export({"conversation": "c1"})
    assert exported.text.count("\n## ") == 2
    assert exported.name.endswith(".md")
    assert replies.export({"conversation": "unknown"}).error


def test_an_index_that_fails_is_one_sentence(records: Records) -> None:
    def unreachable(_source_id: str) -> Source | None:
        raise IndexUnreachable("The Qdrant server does not answer.")

    assert Replies(records, unreachable, LOCAL).source(AT).error == "The Qdrant server does not answer."
