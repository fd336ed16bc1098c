"""The board in a real browser: a decision about a signal, a reason why a field is empty, several cases in one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.triage.signals.review import SignalState, standing
from tests.assistant.triage.e2b.test_cases import SENDER, assessed
from tests.assistant.triage.e2b.twenty import PLAIN
from tests.assistant.triage.made_desk import PASSWORD
from tests.assistant.triage.signals.tables import two_by_two, written
from tests.browser import chromium, served
from tests.ui.test_triage import Room, room  # noqa: F401 -- the fixture
from ui.access import SingleUser
from ui.triage.board import board, build_triage

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def _chat() -> gr.Blocks:
    made: gr.Blocks = gr.Blocks()
    return made


def said(page: Page, words: str) -> None:
    expect(page.locator("#say .say")).to_contain_text(words, timeout=60_000)


def answer(page: Page, why: str, password: str = "") -> None:
    dialog = page.locator("#ask dialog")
    expect(dialog).to_be_visible(timeout=60_000)
    dialog.get_by_label("Reason").fill(why)
    if password:
        expect(dialog.get_by_label("User name")).to_have_value("ann")
        dialog.get_by_label("Password").fill(password)
    dialog.get_by_role("button", name="Go on").click()


def test_the_new_forms_of_the_board_work_in_a_browser(browser: Browser, room: Room, tmp_path: Path) -> None:  # noqa: F811
    tools = replace(room.tools, sender=SENDER)
    tools.sets.mkdir()
    written(tools.sets, two_by_two(10, 90, 100, 9800), ("id", "product", "event"))
    for _ in range(2):
        assessed(room.office, PLAIN, {})
    fresh = room.opened()
    with served(_chat, access=SingleUser(room.office.ann), triage=lambda: build_triage(board(tools))) as at:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.set_default_timeout(120_000)
        page.goto(f"{at}/triage/", timeout=120_000)
        expect(page.locator(".line")).to_have_count(3, timeout=120_000)
        _say_why_empty(page, fresh.id, tmp_path)
        _decide(page, tmp_path)
        _export(page, tmp_path)
        context.close()
    assert failed == []
    assert standing(tools.ledger, "A", "X").state is SignalState.CONFIRMED
    assert len(list(tools.exports.glob("*-2-cases-*.xml"))) == 1
    assert [(each.id, each.why.value) for each in room.now(fresh).unknowns] == [("patient.last_period", "ASKU")]
    assert room.now(fresh).patient.parent is not None


def _decide(page: Page, shots: Path) -> None:
    page.get_by_role("button", name="Signals").click()
    page.locator('form[data-form="signals"] select[name="source"]').select_option("reports.csv")
    page.get_by_role("button", name="Count").click()
    page.get_by_role("button", name="A", exact=True).first.click()
    card = page.locator(".decision")
    expect(card).to_contain_text("Nobody has decided", timeout=60_000)
    card.get_by_role("button", name="Take under review").click()
    said(page, "A / X is under review.")
    page.locator(".decision").get_by_role("button", name="Confirm…").click()
    answer(page, "Ten alike, no other cause.")
    said(page, "A / X is confirmed.")
    expect(page.locator(".decision")).to_contain_text("Ten alike, no other cause.")
    expect(page.get_by_role("heading", name="Decided")).to_be_visible()
    page.screenshot(path=shots / "signals.png")


def _export(page: Page, shots: Path) -> None:
    page.get_by_role("button", name="Worklist").click()
    expect(page.locator(".line")).to_have_count(3, timeout=60_000)
    together = page.locator('form[data-form="together"]')
    together.get_by_role("button").click()
    said(page, "Select at least one case first.")
    for line in page.locator(".line", has_text="assessed").all():
        line.locator('input[name="case"]').check()
    page.screenshot(path=shots / "list.png")
    together.locator("select").select_option("us")
    together.get_by_role("button").click()
    answer(page, "Both reviewed.", PASSWORD)
    said(page, "2 reports signed and written as")


def _say_why_empty(page: Page, case: str, shots: Path) -> None:
    page.locator(f'.line[data-case="{case}"]').click()
    expect(page.locator(".case")).to_be_visible(timeout=60_000)
    page.keyboard.press("1")
    field = page.locator('.fact[data-path="patient.last_period"]')
    field.locator(".pencil").click()
    field.locator('.editor [name="empty"]').select_option("ASKU")
    field.locator('.editor [name="why"]').fill("She did not know.")
    field.locator(".editor button[type=submit]").click()
    said(page, "saved")
    expect(page.locator('.fact[data-path="patient.last_period"]')).to_contain_text("asked, but unknown")
    page.get_by_role("button", name="Add data of the mother or father").click()
    answer(page, "A newborn.")
    expect(page.locator('.fact[data-path="patient.parent.age"]')).to_be_visible(timeout=60_000)
    page.screenshot(path=shots / "patient.png", full_page=True)
    page.keyboard.press("u")
