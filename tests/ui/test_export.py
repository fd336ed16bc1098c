"""A conversation as Markdown and as text for the clipboard."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.conversation import Answer, Flag, FlagKind, Question, Refusal, Turn
from retrieval.passage import Source
from tests.fakes import canned_answer, canned_refusal, fallback_answer, hostile_answer, lunarine_source
from ui.export import answer_text, conversation_markdown, file_name, plain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

# text as written, text as Markdown; nothing of it may come out as markup
ESCAPED = [
    ("5 mg *daily* [1](x)", r"5 mg \*daily\* \[1\](x)"),
    ("<script>a & b</script>", r"\<script\>a \& b\</script\>"),
    ("# heading", r"\# heading"),
    ("1. item", r"1\. item"),
    ("- item", r"\- item"),
    ("1.5 mg - 2 mg", "1.5 mg - 2 mg"),
    ("---", r"\---"),
    ("two\nlines", "two lines"),
    ("a|b `c` ~~d~~", r"a\|b \`c\` \~\~d\~\~"),
]


def turn(outcome: Answer | Refusal) -> Turn:
    return Turn(outcome.question.id, "c1", outcome, NOW)


def question(words: str) -> Question:
    return Question("t1", "c1", words, NOW)


def read(source_id: str) -> Source | None:
    return lunarine_source() if source_id == "lunarine@3" else None


@pytest.mark.parametrize(("written", "expected"), ESCAPED)
def test_text_stays_text_in_markdown(written: str, expected: str) -> None:
    assert plain(written) == expected


def test_the_copied_answer_carries_numbers_and_a_source_list() -> None:
    copied = answer_text(turn(canned_answer(question("Dose?"))), read)
    lines = copied.splitlines()
    assert lines[0] == "Dose?"
    assert "The maximum is 2,550 mg per day. [1]" in lines
    assert "Lunarine is contraindicated in adults whose eGFR is below 30 mL/min/1.73 m2. [2][1]" in lines
    assert [line[:3] for line in lines[lines.index("Sources") + 1 :][:2]] == ["[1]", "[2]"]
    assert "Example Laboratories; https://example.org/labels/lunarine" in copied
    assert "UNVERIFIED" in copied
    assert "3,000 mg" not in copied
    assert "Withheld by the checks: 1." in copied


def test_a_copied_refusal_says_why_and_what_next() -> None:
    copied = answer_text(turn(canned_refusal(question("Zubrovine?"))), read)
    assert "Not answered: Zubrovine is not in the index" in copied
    assert "pharmassist ingest FILE" in copied


def test_an_export_holds_every_turn_its_sources_and_flags() -> None:
    flags = {"t1": (Flag("f", "t1", FlagKind.UNSAFE, "too high", "500 mg", NOW, "someone"),)}
    turns = (turn(fallback_answer(question("First?"))), turn(canned_refusal(question("Second?"))))
    text = conversation_markdown(turns, flags, read)
    for expected in (
        "# Conversation of 23 Nov 2026", "## First?", "## Second?", r"\[1\]", "1. Lunarine hydrochloride tablets",
        "- WITHHELD, do not use: ~~The dose may be raised", "**Not answered: the medicine is not among the sources.**",
        "**Note:** If this is an emergency", "unsafe.** too high Proposed instead: 500 mg", "index a1b2c3",
        "**Not known about the patient:** age, weight, kidney function",
    ):  # fmt: skip
        assert expected in text


def test_an_export_of_hostile_text_holds_no_tag() -> None:
    text = conversation_markdown((turn(hostile_answer(question("<img src=x>"))),), {}, read)
    assert "<script" not in text.replace(r"\<script", "")
    assert "<img" not in text.replace(r"\<img", "")


def test_a_file_name_has_only_plain_characters() -> None:
    assert file_name((turn(canned_answer(question("Dose of ../../Ärger & lunarine, max 2,550 mg?"))),)) == (
        "pharmassist-2026-11-23-dose-of-rger-lunarine-max-2.md"
    )
    assert file_name(()) == "pharmassist.md"
