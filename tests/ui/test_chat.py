"""What the page does with a question, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import gradio as gr
import pytest

from assistant.conversation import Conversation, Flag, Override, Turn
from assistant.database import open_database
from assistant.errors import ReadFailed
from assistant.records import Records
from tests.fakes import LOCAL, FakeAssistant, in_a_loop
from ui.chat import build_chat
from ui.kept import Kept
from ui.status import Status
from ui.talk import LONGEST_QUESTION, Chat


@dataclass
class BrokenRecords:
    """Records whose every read fails."""

    why: str = "The database cannot be read."

    def save_turn(self, turn: Turn) -> None:
        pass

    def save_flag(self, flag: Flag) -> None:
        raise ReadFailed(self.why)

    def turns(self, conversation_id: str) -> tuple[Turn, ...]:
        raise ReadFailed(self.why)

    def turn(self, turn_id: str) -> Turn | None:
        raise ReadFailed(self.why)

    def conversations(self, limit: int = 50) -> tuple[Conversation, ...]:
        raise ReadFailed(self.why)

    def flags(self, turn_id: str | None = None) -> tuple[Flag, ...]:
        raise ReadFailed(self.why)

    def save_override(self, override: Override) -> None:
        raise ReadFailed(self.why)

    def overrides(self, turn_id: str | None = None) -> tuple[Override, ...]:
        raise ReadFailed(self.why)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    engine = open_database(f"sqlite:///{tmp_path / 'records.db'}")
    yield Records(engine)
    engine.dispose()


@pytest.fixture
def assistant(records: Records) -> FakeAssistant:
    return FakeAssistant(records.save_turn)


def test_a_question_moves_from_the_box_to_the_live_turn(assistant: FakeAssistant, records: Records) -> None:
    box, pending, live, problem = Chat(assistant.ask, records, LOCAL).begin("  Dose?\n", "")
    assert (box, pending) == ("", "Dose?")
    assert "Dose?" in live
    assert "<svg" not in problem


@pytest.mark.parametrize(
    ("words", "pending", "said"),
    [
        ("", "", "Type a question"),
        (" \n ", "", "Type a question"),
        ("x" * (LONGEST_QUESTION + 1), "", "4,001 characters; the limit is 4,000"),
        ("x" * 100_000, "", "100,000 characters"),
        ("Another?", "First?", "still being made"),
    ],
)
def test_a_question_that_is_not_taken_stays_in_the_box(
    assistant: FakeAssistant, records: Records, words: str, pending: str, said: str
) -> None:
    box, still_pending, _, problem = Chat(assistant.ask, records, LOCAL).begin(words, pending)
    # Left alone, or written back by an example button's words: never emptied.
    assert box == (words if pending else gr.skip())
    assert still_pending == gr.skip()
    assert said in problem


def test_the_longest_question_is_taken(assistant: FakeAssistant, records: Records) -> None:
    assert Chat(assistant.ask, records, LOCAL).begin("x" * LONGEST_QUESTION, "")[0] == ""


def test_sentences_arrive_one_by_one_and_end_in_the_thread(assistant: FakeAssistant, records: Records) -> None:
    updates = list(Chat(assistant.ask, records, LOCAL).answer("Dose?", "c1"))
    claims = [str(live).count('class="claim"') for live, *_ in updates]
    assert claims == [*sorted(claims[:-1]), 0]
    assert {1, 2, 3} <= set(claims)
    live, thread, rail, pending = updates[-1]
    assert thread.count('data-action="source"') == 4
    assert "is-live" not in live
    assert 'aria-current="page"' in rail
    assert pending == ""


def test_earlier_questions_go_along_and_conversations_stay_apart(assistant: FakeAssistant, records: Records) -> None:
    chat = Chat(assistant.ask, records, LOCAL)
    for words, conversation in (("First?", "c1"), ("Other?", "c2"), ("Second?", "c1")):
        list(chat.answer(words, conversation))
    assert assistant.asked[-1].history == ("First?",)
    assert assistant.asked[1].history == ()
    thread, _, _, current, *_ = chat.open("c2")
    assert "Other?" in thread
    assert "First?" not in thread
    assert current == "c2"


def test_a_restarted_page_restores_a_conversation_with_its_flags(assistant: FakeAssistant, records: Records) -> None:
    list(Chat(assistant.ask, records, LOCAL).answer("Dose?", "c1"))
    again = Chat(assistant.ask, Records(records._engine), LOCAL)
    thread, rail, *_ = again.open("c1")
    assert thread.count('data-action="source"') == 4
    assert "Dose?" in rail


@pytest.mark.parametrize("conversation", ["", "../../etc", "<script>", "x" * 500])
def test_an_impossible_id_opens_a_new_conversation(
    assistant: FakeAssistant, records: Records, conversation: str
) -> None:
    thread, _, _, current, *_ = Chat(assistant.ask, records, LOCAL).open(conversation)
    assert "is-empty" in thread
    assert len(current) == 32


def test_records_that_fail_are_one_message_and_not_the_end(assistant: FakeAssistant) -> None:
    broken: Kept = BrokenRecords()
    thread, _, problem, current, *_ = Chat(assistant.ask, broken, LOCAL).open("c1")
    assert "is-empty" in thread
    assert "The database cannot be read." in problem
    assert current


def test_an_answer_is_shown_even_if_the_records_fail_after_it(records: Records) -> None:
    class FailsLater(BrokenRecords):
        reads = 0

        def turns(self, conversation_id: str) -> tuple[Turn, ...]:
            self.reads += 1
            return () if self.reads == 1 else super().turns(conversation_id)

    broken = FailsLater()
    *_, (_, thread, _, _) = Chat(FakeAssistant(broken.save_turn).ask, broken, LOCAL).answer("Dose?", "c1")
    assert "2,550 mg" in thread


def test_the_page_offers_no_function_to_programs(assistant: FakeAssistant, records: Records) -> None:
    status = Status("extractive", 1, date(2026, 1, 1))
    blocks = in_a_loop(lambda: build_chat(assistant.ask, records, lambda _: None, status))
    assert {fn.api_visibility for fn in blocks.fns.values()} == {"private"}
    assert blocks.analytics_enabled is False


def test_now_is_stored_with_its_zone(assistant: FakeAssistant, records: Records) -> None:
    list(Chat(assistant.ask, records, LOCAL).answer("Dose?", "c1"))
    asked = assistant.asked[0].asked_at
    assert asked.tzinfo is UTC
    assert abs((datetime.now(UTC) - asked).total_seconds()) < 60


def test_the_patient_goes_along_with_every_question_and_stays_with_the_conversation(
    assistant: FakeAssistant, records: Records
) -> None:
    chat = Chat(assistant.ask, records, LOCAL)
    line, facts = chat.describe({"age": "72", "weight": "60"}, "")
    assert "72 years" in line
    list(chat.answer("First?", "c1", facts))
    list(chat.answer("Other?", "c2"))
    assert [question.patient.age for question in assistant.asked] == [72, None]
    *_, line, facts = chat.open("c1")
    assert "72 years" in line
    assert facts
    *_, line, facts = chat.open("c2")
    assert "No patient described" in line
    assert facts == ""


def test_an_impossible_patient_changes_nothing(assistant: FakeAssistant, records: Records) -> None:
    chat = Chat(assistant.ask, records, LOCAL)
    _, facts = chat.describe({"age": "72"}, "")
    line, still = chat.describe({"age": "720"}, facts)
    assert still == facts
    assert "must be between 0 and 125" in line
