"""The review desk in a real browser: two people judge a dose, a third decides, and a right answer is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.conversation import FlagKind, RefusalReason
from assistant.people import Person
from assistant.review import ErrorType, State, standing
from tests.assistant.made_reviews import (
    BLEEDING,
    FOOD,
    MAXIMUM,
    PASSWORD,
    Room,
    reviewing,
    said,
    wrong,
)
from tests.browser import WIDE, chromium, served
from tests.fakes import FakeAssistant
from tests.ui.test_review import HOW_MUCH, UPSET, tools_of
from ui.access import SingleUser
from ui.chat import build_chat
from ui.review.page import PATH, SHEETS, build_review
from ui.serve import Beside
from ui.status import Status

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("PHARMASSIST_PICTURES", "")
"""A folder for screenshots; empty: none are kept."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with reviewing(tmp_path) as made:
        yield made


def _served(room: Room, person: Person) -> object:
    assistant = FakeAssistant(room.records.save_turn)
    chat = lambda: build_chat(assistant.ask, room.records, lambda _: None, Status("extractive", 1), desk=True)  # noqa: E731
    beside = lambda: [Beside(PATH, build_review(tools_of(room)), SHEETS)]  # noqa: E731
    return served(chat, access=SingleUser(person), beside=beside)


def _open(browser: Browser, address: str, scheme: str = "light") -> Page:
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}{PATH}", timeout=120_000)
    expect(page.locator(".queue .tabs")).to_be_visible(timeout=60_000)
    return page


def _picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def test_a_wrong_answer_is_corrected_with_the_keyboard(browser: Browser, room: Room) -> None:
    turn = room.turn("t1", UPSET, said(BLEEDING))
    room.flag(turn, FlagKind.INACCURATE, "This is about warfarin.")
    room.flag(room.turn("t2", "Is metformin kept in a dry place?", reason=RefusalReason.NO_EVIDENCE), FlagKind.OTHER)
    with _served(room, room.rita) as address:  # type: ignore[attr-defined]
        page = _open(browser, address)
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        expect(page.locator(".queue .line")).to_have_count(2)
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page.locator(".reviewed h2")).to_have_text(UPSET)
        page.keyboard.press("i")
        page.get_by_label("Wrong or missing citation").check()
        page.get_by_label("Another answer, which I write").check()
        expect(page.locator(".sentences > li")).to_have_count(1)
        # The wrong sentence goes, the words of another passage are taken over.
        page.locator(".sentences [data-action=drop]").last.click()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("meals")
        page.keyboard.press("Enter")
        found = page.locator(f'.passage-found[data-key="{FOOD.key}"]')
        found.get_by_role("button", name="Say this").click()
        page.get_by_role("button", name="Check it").click()
        expect(page.locator(".check-result")).to_contain_text("release every sentence", timeout=30_000)
        page.get_by_label("Comment").fill("The label of metformin says it.")
        page.locator(".decision").scroll_into_view_if_needed()
        _picture(page, "review")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#say .say")).to_have_text("Saved.", timeout=30_000)
        expect(page.locator(".queue .line")).to_have_count(1)
        expect(page.locator(".reviewed")).to_contain_text("This turn is settled")
        # Nothing is left to decide by a key.
        page.keyboard.press("Control+Enter")
        expect(page.locator("#say .say")).to_have_text("Saved.")
        assert failed == []
    (review,) = room.reviews.of_turn("t1")
    assert review.judgement.corrected == (said(FOOD),)
    assert (review.judgement.error, review.judgement.comment) == (
        ErrorType.CITATION,
        "The label of metformin says it.",
    )


def test_what_the_checks_do_not_release_is_told_and_not_saved(browser: Browser, room: Room) -> None:
    room.flag(room.turn("t1", UPSET, said(FOOD)))
    with _served(room, room.rita) as address:  # type: ignore[attr-defined]
        page = _open(browser, address)
        page.locator(".queue .line").click()
        expect(page.locator(".reviewed h2")).to_have_text(UPSET)
        page.keyboard.press("/")
        page.get_by_label("Style").check()
        box = page.locator(".sentences textarea")
        box.fill("Metformin cures the common cold.")
        box.press("Control+Enter")
        expect(page.locator("#say .say")).to_contain_text("The checks do not release this answer", timeout=30_000)
        page.get_by_role("button", name="Check it").click()
        expect(page.locator(".check-result")).to_contain_text("not released", timeout=30_000)
        page.locator(".check-result").scroll_into_view_if_needed()
        _picture(page, "review-refused")
    assert room.reviews.of_turn("t1") == ()


def test_a_third_person_signs_where_two_disagree(browser: Browser, room: Room) -> None:
    turn = room.turn("t1", HOW_MUCH, said(FOOD))
    room.flag(turn, FlagKind.UNSAFE, "No maximum is given.")
    room.decide(room.rita, turn, wrong(ErrorType.MISSING_WARNING, said(MAXIMUM), comment="The maximum is missing."))
    room.decide(room.rob, turn, wrong(ErrorType.MISSING_WARNING, comment="No dose should be given here."))
    with _served(room, room.sam) as address:  # type: ignore[attr-defined]
        page = _open(browser, address, "dark")
        page.locator(".queue .line").click()
        expect(page.locator(".reviews .review")).to_have_count(2)
        page.locator(".reviews").scroll_into_view_if_needed()
        _picture(page, "review-third")
        page.get_by_role("button", name="Start from this answer").click()
        expect(page.locator(".sentences textarea")).to_have_value(MAXIMUM.text)
        page.get_by_label("Missing warning").check()
        page.keyboard.press("Control+Enter")
        page.get_by_label("Password").fill(PASSWORD)
        expect(page.get_by_label("User name")).to_have_value("sam")
        page.get_by_role("button", name="Sign and save").click()
        expect(page.locator("#say .say")).to_have_text("Saved.", timeout=30_000)
    found = standing(room.reviews.of_turn("t1"))
    assert found.state is State.SETTLED
    assert found.final is not None
    assert (found.final.by, found.final.judgement.corrected) == ("sam", (said(MAXIMUM),))
