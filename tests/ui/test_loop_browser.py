"""The page of the loop in a real browser: what waits is seen, and two people sign with their passwords."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from finetune.approval import approval_of
from finetune.candidate import CURVES
from finetune.curves import EpochPoint, write_curves
from finetune.release import approvals_of, signable
from finetune.snapshot import read_snapshot
from tests.browser import PHONE, WIDE, chromium, served
from tests.fakes import FakeAssistant
from tests.finetune.small_quarter import PASSWORDS, SmallQuarter
from tests.finetune.test_quarter import made, up_to_signing
from tests.ui.test_chat import BrokenRecords
from ui.access import SingleUser
from ui.chat import build_chat
from ui.loop.answers import Answers
from ui.loop.page import PATH, SHEETS, build_loop
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
def small(tmp_path: Path) -> SmallQuarter:
    return SmallQuarter(tmp_path)


@contextmanager
def page_of(browser: Browser, small: SmallQuarter, name: str, size: tuple[int, int] = WIDE) -> Iterator[Page]:
    """The page as one person sees it; nothing may fail in a script or be asked of another server."""
    records = BrokenRecords()
    person = small.accounts.find(name)
    assert person is not None
    answers = Answers(small.loop, small.ledger, small.accounts, str)
    chat = lambda: build_chat(FakeAssistant(records.save_turn).ask, records, lambda _: None, Status("extractive", 1))  # noqa: E731
    beside = lambda: [Beside(PATH, build_loop(answers), SHEETS)]  # noqa: E731
    with served(chat, access=SingleUser(person), beside=beside) as address:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        failed: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}{PATH}/", timeout=120_000)
        expect(page.locator(".loop h2")).to_have_text("2026Q4", timeout=120_000)
        yield page
        assert failed == []
        assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []
        context.close()


def sign(page: Page, words: str, password: str) -> None:
    page.get_by_role("button", name=words).click()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()


def kept(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_a_dataset_is_approved_after_a_wrong_password(browser: Browser, small: SmallQuarter) -> None:
    small.run()
    with page_of(browser, small, "olga") as page:
        expect(page.locator(".outcome")).to_contain_text("Waits at “A person approves the dataset”")
        expect(page.locator(".sheet td").first).to_have_text("<script>bad()</script>")
        sign(page, "Approve the dataset", "wrong")
        expect(page.locator("#say .say")).to_contain_text("not right")
        sign(page, "Approve the dataset", PASSWORDS["olga"])
        expect(page.locator("#say .say")).to_contain_text("I have reviewed this dataset")
    assert approval_of(read_snapshot(made(small, "prepare", "snapshots")), small.ledger) is not None


def test_two_people_sign_a_release_with_its_curves_and_gate_before_them(browser: Browser, small: SmallQuarter) -> None:
    up_to_signing(small)
    place = made(small, "train", "candidates")
    points = [EpochPoint(n, n, 2.0 / n, 2.2 / n, n / 4, n / 4, 900.0, 512.0, 3.0 * n, 0.1 * n) for n in (1, 2, 3)]
    write_curves(points, place / CURVES)
    with page_of(browser, small, "olga") as page:
        expect(page.locator(".chart")).to_have_count(2)
        expect(page.locator(".pill", has_text="holds")).to_have_count(3)
        kept(page, "loop-sign")
        sign(page, "Sign the release", PASSWORDS["olga"])
        expect(page.locator(".signed")).to_contain_text("Olga (olga)")
    with page_of(browser, small, "max", PHONE) as page:
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0], "a phone need not be scrolled sideways"
        kept(page, "loop-phone")
        sign(page, "Sign the release", PASSWORDS["max"])
        expect(page.locator(".signed li")).to_have_count(2)
    assert len(approvals_of(signable(place), small.ledger)) == 2
