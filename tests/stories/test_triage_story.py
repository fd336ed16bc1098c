"""One reaction, from a sentence in the chat to a signed E2B(R3) file: the real assistant, index, desk, server, browser.

MedDRA is a made-up dictionary in MedDRA's format, because the real one is licensed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.triage.e2b.check import check_batch, rejected
from assistant.triage.e2b.read import read_batch
from assistant.triage.states import State
from tests.assistant.triage.terms.made_dictionaries import meddra_folder
from tests.browser import box, chromium, opened, served
from tests.stories.test_browser_story import MONOGRAPH
from ui.access import SingleUser
from ui.chat import build_chat
from ui.settings import SenderSettings, Settings
from ui.triage.board import board, build_triage
from ui.triage.wiring import desk_tools
from ui.wiring import Product, desk_parts, status_of
from ui.wiring import opened as product_opened

pytestmark = pytest.mark.browser

PASSWORD = "a long made-up password 7"
QUESTION = (
    "My 71-year-old female patient had severe vomiting after starting metformin and was admitted to hospital. "
    "What is the maximum daily dose of metformin for adults?"
)
LAPTOP = (1366, 768)
SENDER = SenderSettings(
    organisation="Example Laboratories", code="EXLAB", identifier="EXLABTEST", country="US", department="Drug safety",
    title="Dr", given_name="Ann", family_name="Example", street="1 Example Street", city="Boston", state="MA",
    postcode="02101", telephone="+16175550100", fax="+16175550101", email="ann@example.org",
)  # fmt: skip


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("triage-story")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "metformin.md").write_text(MONOGRAPH, encoding="utf-8")
    settings = Settings(
        data_dir=folder / "data", starter_corpus=corpus, sender=SENDER, meddra=meddra_folder(folder / "meddra")
    )
    with product_opened(settings, warm=True) as assembled:
        assembled.accounts.set_password(assembled.local.user_name, PASSWORD, "test")
        yield assembled


@pytest.fixture(scope="module")
def address(product: Product) -> Iterator[str]:
    tools = desk_tools(desk_parts(product))
    status = status_of(product)
    with served(
        lambda: build_chat(product.ask, product.records, product.index.source, status, desk=True),
        access=SingleUser(product.local),
        triage=lambda: build_triage(board(tools)),
    ) as at:
        yield at


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def saved(page: Page) -> None:
    """The act that was just begun is stored and its case is shown anew."""
    expect(page.locator("#say .say")).to_contain_text(re.compile("saved"), timeout=60_000)
    page.evaluate("document.querySelector('#say .say').textContent = ''")


def say_why(page: Page, why: str, *, sign: bool = False) -> None:
    dialog = page.locator("#ask dialog")
    expect(dialog).to_be_visible(timeout=60_000)
    dialog.get_by_label("Reason").fill(why)
    if sign:
        dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Go on").click()
    saved(page)


def set_field(page: Page, path: str, value: str, *, choice: bool = False) -> None:
    field = page.locator(f'.fact[data-path="{path}"]')
    field.locator(".pencil").click()
    typed = field.locator(".editor [name=typed]")
    typed.select_option(value) if choice else typed.fill(value)
    field.locator(".editor [name=why]").fill("Told by the reporter on the telephone.")
    field.locator(".editor button[type=submit]").click()
    saved(page)


def test_from_a_sentence_in_the_chat_to_a_signed_report(browser: Browser, product: Product, address: str) -> None:
    with opened(browser, address, LAPTOP) as page:
        page.set_default_timeout(120_000)
        box(page).fill(QUESTION)
        box(page).press("Enter")
        expect(page.locator("#thread .turn")).to_have_count(1, timeout=180_000)
        page.get_by_role("link", name="Pharmacovigilance desk").click()
        line = page.locator(".line")
        expect(line).to_have_count(1, timeout=60_000)
        expect(line).to_contain_text("candidate")
        expect(line).to_contain_text("metformin")
        page.keyboard.press("Enter")
        expect(page.locator(".case")).to_be_visible(timeout=60_000)
        expect(page.locator(".words mark", has_text="vomiting")).to_be_visible()
        page.get_by_role("button", name="Open", exact=True).click()
        saved(page)
        describe(page)
        judge(page)
        sign_causality(page)
        page.get_by_role("button", name="Mark as assessed").click()
        saved(page)
        page.keyboard.press("8")
        page.locator('form[data-form="check"] select').select_option("us")
        expect(page.locator('.part[data-part="export"]')).to_contain_text("passes every check", timeout=60_000)
        page.get_by_role("button", name="Sign and export…").click()
        say_why(page, "Reviewed.", sign=True)
        page.keyboard.press("9")
        history = page.locator('.part[data-part="history"]')
        for words in ("Case opened", "Weight", "Qualification", "assessed the causality", "approve it for sending"):
            expect(history).to_contain_text(words)
    the_report_is_valid_and_the_ledger_holds(product)


def describe(page: Page) -> None:
    """What the reporter told on the telephone."""
    page.keyboard.press("1")
    expect(page.locator('.fact[data-path="patient.sex"]')).to_contain_text("female")
    set_field(page, "patient.weight_kg", "72")
    page.locator('form[data-path="reporters[]"] input').fill("Boston")
    page.locator('form[data-path="reporters[]"] button').click()
    say_why(page, "She called back.")
    mine = page.locator('.fact[data-path^="reporters"][data-path$=".qualification"]').last
    path = str(mine.get_attribute("data-path")).removesuffix(".qualification")
    set_field(page, f"{path}.qualification", "physician", choice=True)
    set_field(page, f"{path}.country", "us")
    page.keyboard.press("3")
    set_field(page, "events[e1].onset", "2026-11-12")
    set_field(page, "events[e1].outcome", "recovered", choice=True)
    set_field(page, "events[e1].country", "US")


def judge(page: Page) -> None:
    """Code, seriousness and expectedness, each by a person."""
    events = page.locator('.part[data-part="events"]')
    events.get_by_label("Words to look up").fill("vomiting")
    events.get_by_role("button", name="Find terms").click()
    events.get_by_role("button", name="Choose").first.click()
    saved(page)
    expect(events).to_contain_text("MedDRA 29.1 · 90000001")
    expect(events.locator(".criterion").first).to_contain_text("hospitalisation")
    while events.locator('button[data-do="serious"]').count():
        events.locator('button[data-do="serious"]').first.click()
        say_why(page, "The report says so.")
    events.locator('form[data-do="expect"] select').first.select_option("unexpected")
    events.locator('form[data-do="expect"] button').first.click()
    say_why(page, "Our label does not list it.")


def sign_causality(page: Page) -> None:
    """A wrong password signs nothing."""
    page.keyboard.press("4")
    form = page.locator('form[data-do="causality"]').first
    form.get_by_role("button", name="Commit and sign…").click()
    page.locator("#ask").get_by_label("Reason").fill("Close in time.")
    page.locator("#ask").get_by_label("Password").fill("not the password")
    page.locator("#ask").get_by_role("button", name="Go on").click()
    expect(page.locator("#say .say.is-bad")).to_contain_text("password is not right", timeout=60_000)
    form.locator('select[name="n2"]').select_option("yes")
    expect(form.locator("[data-score]")).to_have_text("2")
    form.locator('select[name="category"]').select_option("possible")
    form.get_by_role("button", name="Commit and sign…").click()
    say_why(page, "Close in time.", sign=True)


def the_report_is_valid_and_the_ledger_holds(product: Product) -> None:
    tools = desk_tools(desk_parts(product))
    (case,) = tools.desk.book.cases()
    assert case.state is State.EXPORTED
    (submission,) = case.submissions
    file = Path(tools.exports / submission.file)
    assert rejected(check_batch(read_batch(file.read_bytes()))) == ()
    assert tools.desk.book.conversations_with_open_cases()
    assert tools.desk.book.rebuilt(case.id) == case
    assert product.records.ledger.verify().breaks == ()
    people = {change.by for change in tools.desk.book.history(case.id)}
    assert people >= {"machine", product.local.user_name}
