"""The page in a browser with a made-up assistant: what it looks like to a reader, to keys, on a phone, in trouble."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.conversation import FlagKind
from assistant.database import open_database
from assistant.records import Records
from retrieval.passage import Source
from tests.browser import PHONE, WIDE, Scheme, ask, box, chromium, opened, ready, served
from tests.fakes import FakeAssistant, lunarine_source
from ui.chat import build_chat
from ui.status import Status

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Site:
    """A served page and what is behind it."""

    address: str
    assistant: FakeAssistant
    records: Records


def read_source(source_id: str) -> Source | None:
    return lunarine_source(superseded_by="lunarine@4") if source_id == "lunarine@3" else None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('site') / 'records.db'}")
    records = Records(engine)
    assistant = FakeAssistant(records.save_turn)
    status = Status("extractive", 28, date(2026, 1, 31))
    with served(lambda: build_chat(assistant.ask, records, read_source, status)) as address:
        yield Site(address, assistant, records)
    engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(autouse=True)
def held_questions_wait(site: Site) -> Iterator[None]:
    site.assistant.gate.clear()
    yield
    site.assistant.gate.set()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with opened(browser, site.address) as shown:
        yield shown


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('data-action') || document.activeElement.tagName"))


def test_sentences_appear_one_by_one_and_only_checked_ones(page: Page, site: Site) -> None:
    box(page).fill("A held dose question")
    box(page).press("Enter")
    live = page.locator("#live")
    expect(live.locator(".claim")).to_have_count(1)
    expect(live.locator('[aria-current="step"]')).to_have_text("Checking every sentence")
    expect(live).to_contain_text("12 passages from 2 sources")
    expect(live.locator("button.chip")).to_have_count(0)  # its sources open when the turn is saved
    site.assistant.gate.set()
    expect(page.locator("#thread .turn")).to_have_count(1)
    expect(live.locator(".turn")).to_have_count(0)


def test_a_citation_opens_and_closes_beside_the_answer(page: Page) -> None:
    ask(page, "Dose?")
    page.get_by_role("button", name="Source 2: Lunarine hydrochloride tablets, 8.6 Renal impairment").click()
    panel = page.get_by_role("complementary", name="Source")
    expect(panel.locator("mark")).to_have_text("contraindicated in adults whose eGFR is below 30 mL/min/1.73 m2")
    expect(panel).to_contain_text("Superseded by lunarine@4")
    expect(panel).to_contain_text("Example Laboratories")
    expect(panel.get_by_role("link", name="Open at the publisher")).to_have_attribute("rel", "noopener noreferrer")
    panel.get_by_role("button", name="Show in context").click()
    expect(panel.get_by_role("region", name="The passage in its document").locator(".here mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert focused(page) == "source"


def test_the_passage_is_in_sight_where_the_whole_document_is_shown(page: Page) -> None:
    ask(page, "Dose?")
    page.locator("button.chip").nth(2).click()
    page.get_by_role("button", name="Show the whole document").click()
    expect(page.locator(".document")).to_contain_text("LUNARINE TABLETS")
    expect(page.locator(".document .here mark")).to_be_in_viewport()


def test_a_refusal_does_not_look_like_an_answer(page: Page) -> None:
    ask(page, "Zubrovine in children?")
    refusal = page.locator(".is-refusal")
    expect(refusal).to_contain_text("Not answered")
    expect(refusal).to_contain_text("What to do next")
    expect(refusal.locator("svg").first).to_be_visible()
    assert page.locator("button.chip").count() == 0
    ask(page, "Dose?")
    grounds = page.evaluate("[...document.querySelectorAll('.outcome')].map(e => getComputedStyle(e).backgroundColor)")
    assert grounds[0] != grounds[1]


def test_the_basis_card_tells_what_was_withheld_and_why(page: Page) -> None:
    ask(page, "Dose?")
    card = page.locator(".basis")
    expect(card.get_by_text("3,000 mg per day")).to_be_hidden()
    page.get_by_role("button", name="See which and why").click()
    expect(card.locator(".withheld")).to_contain_text("Withheld, do not use")
    expect(card.locator(".withheld")).to_contain_text("does not occur in the quoted words")
    expect(card).to_contain_text("kidney function")
    ask(page, "Dose again?")
    expect(card.first.locator(".withheld")).to_be_visible()  # what the reader opened stays open


def test_flags_are_stored_confirmed_and_shown_again_after_a_reload(page: Page, site: Site) -> None:
    ask(page, "A question to flag?")
    page.locator(".actions").get_by_role("button", name="Flag").click()
    page.get_by_role("button", name="Save flag").click()
    expect(page.locator(".flag-form .form-error")).to_have_text("Choose what is wrong first.")
    page.get_by_label("Unsafe").check()
    page.get_by_label("Comment").fill("The <b>maximum</b> is missing.")
    page.get_by_label("Corrected answer").fill("500 mg")
    page.get_by_role("button", name="Save flag").click()
    expect(page.locator(".said")).to_have_text("Flag saved. Thank you.")
    page.locator(".actions").get_by_role("button", name="Flag").click()
    page.get_by_label("Outdated").check()
    page.get_by_role("button", name="Save flag").click()
    expect(page.locator("li.flag")).to_have_count(2)
    page.reload()
    ready(page)
    expect(page.locator("li.flag")).to_have_count(2)
    expect(page.locator("li.flag").first).to_contain_text("The <b>maximum</b> is missing.")
    stored = site.records.flags(str(page.locator("#thread .turn").get_attribute("data-turn")))
    assert [(flag.kind, flag.corrected) for flag in stored] == [(FlagKind.UNSAFE, "500 mg"), (FlagKind.OUTDATED, "")]


def test_copying_and_exporting(page: Page) -> None:
    ask(page, "Dose?")
    page.get_by_role("button", name="Copy with citations").click()
    expect(page.locator(".said")).to_have_text("Copied with its citations.")
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert "The maximum is 2,550 mg per day. [1]" in copied
    with page.expect_download() as download:
        page.get_by_role("button", name="Export conversation").click()
    assert download.value.suggested_filename.endswith("-dose.md")
    assert "**Sources**" in Path(download.value.path()).read_text(encoding="utf-8")


def test_conversations_are_listed_restored_and_begun_anew(page: Page, site: Site) -> None:
    ask(page, "First of the morning?")
    ask(page, "And for children?")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    ask(page, "Second conversation?")
    assert [question.history for question in site.assistant.asked[-2:]] == [("First of the morning?",), ()]
    page.get_by_role("button", name=re.compile("First of the morning")).click()
    expect(page.locator("#thread .turn")).to_have_count(2)
    page.locator("button.chip").first.click()
    expect(page.locator("#source-panel mark")).to_be_visible()


def test_two_sessions_do_not_mix(browser: Browser, site: Site) -> None:
    with opened(browser, site.address) as one, opened(browser, site.address) as other:
        for page, words in ((one, "A held question of one?"), (other, "A held question of the other?")):
            box(page).fill(words)
            box(page).press("Enter")
            expect(page.locator("#live .claim")).to_have_count(1)
        site.assistant.gate.set()
        for page, words in ((one, "A held question of one?"), (other, "A held question of the other?")):
            expect(page.locator("#thread .question")).to_have_text([f"You asked: {words}"], timeout=30_000)


def test_an_example_question_is_asked_with_one_click(page: Page, site: Site) -> None:
    example = page.locator(".example").first
    words = example.inner_text()
    example.click()
    expect(page.locator("#thread .question")).to_contain_text(words)
    assert site.assistant.asked[-1].text == words


def test_keys(page: Page) -> None:
    box(page).fill("One line")
    box(page).press("Shift+Enter")
    page.keyboard.type("another")
    expect(box(page)).to_have_value("One line\nanother")
    box(page).press("Enter")
    expect(page.locator("#thread .question")).to_have_text("You asked: One line\nanother")
    page.locator("button.chip").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#source-panel")).to_be_visible()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")


def test_the_focus_can_be_seen_and_follows_the_page(page: Page) -> None:
    ask(page, "Dose?")
    page.locator("#rail button").first.focus()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        if seen[-1] == "TEXTAREA":
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", seen[-1]
    assert [name for name in dict.fromkeys(seen) if name in {"source", "basis", "copy", "SUMMARY", "TEXTAREA"}] == [
        "source", "basis", "copy", "SUMMARY", "TEXTAREA",
    ]  # fmt: skip


def test_trouble_is_one_message_and_the_question_is_not_lost(page: Page) -> None:
    problem = page.get_by_role("alert").first
    for words, said in (
        ("crash, please", "something failed. It is back in the box"),
        ("x" * 100_000, "100,000 characters; the limit is 4,000"),
    ):
        box(page).fill(words)
        box(page).press("Enter")
        expect(problem).to_contain_text(said)
        expect(box(page)).to_have_value(words)
    expect(page.locator("body")).not_to_contain_text("Traceback")
    expect(page.locator("body")).not_to_contain_text("made to fail")
    # At a person's pace: Gradio can lose a key that follows within milliseconds of a refused text of this size.
    page.wait_for_timeout(1_500)
    ask(page, "Dose?")
    expect(problem).to_be_empty()


def test_stop_gives_the_question_back(page: Page, site: Site) -> None:
    box(page).fill("A held question to stop")
    box(page).press("Enter")
    expect(page.locator("#live .claim")).to_have_count(1)
    box(page).fill("Typed meanwhile")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert").first).to_contain_text("Stopped.")
    site.assistant.gate.set()
    expect(box(page)).to_have_value("A held question to stop\nTyped meanwhile")
    expect(page.locator("#thread .turn")).to_have_count(0)


def test_a_server_that_is_gone_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'records.db'}")
    records = Records(engine)
    ask_fake = FakeAssistant(records.save_turn).ask

    def serving(port: int = 0) -> AbstractContextManager[str]:
        return served(lambda: build_chat(ask_fake, records, read_source, Status("extractive", 1)), port)

    with ExitStack() as first, opened(browser, address := first.enter_context(serving())) as page:
        ask(page, "Before the restart?")
        first.close()
        page.locator("button.chip").first.click()
        expect(page.locator("#source-panel")).to_contain_text("The server does not answer.")
        box(page).fill("During the restart?")
        box(page).press("Enter")
        expect(box(page)).to_have_value("During the restart?")
        with serving(int(address.rpartition(":")[2])):
            page.reload()
            ready(page)
            expect(page.locator("#thread .question")).to_have_text(["You asked: Before the restart?"])
            ask(page, "After the restart?")
    assert len(records.conversations()) == 1
    engine.dispose()


def test_hostile_text_stays_text(page: Page) -> None:
    ask(page, "hostile <script>window.hacked = 3</script> ${window.hacked = 4} {{x}}")
    page.locator("button.chip").first.click()
    expect(page.locator("#source-panel h2")).to_have_text("Lunarine <img src=x onerror=bad()>")
    page.get_by_role("button", name="Show in context").click()
    expect(page.locator(".document")).to_contain_text("<script>window.hacked = 1</script>")
    expect(page.locator("#thread .question")).to_contain_text("${window.hacked = 4} {{x}}")
    page.reload()
    ready(page)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), ((1024, 768), "dark"), (WIDE, "light")])
def test_no_width_scrolls_sideways(browser: Browser, site: Site, size: tuple[int, int], scheme: Scheme) -> None:
    with opened(browser, site.address, size, scheme) as page:
        ask(page, "hostile " + "long" * 400)
        ask(page, "Dose with a fallback?")
        page.get_by_role("button", name="See which and why").last.click()
        page.locator("button.chip").last.click()
        expect(page.locator("#source-panel mark").first).to_be_in_viewport()
        for place in ("html", "#scroll", "#source-panel .panel-body", ".top"):
            wide, room = page.eval_on_selector(place, "e => [e.scrollWidth, e.clientWidth]")
            assert wide <= room, place


def test_on_a_phone_the_conversations_and_the_source_are_sheets(browser: Browser, site: Site) -> None:
    with opened(browser, site.address, PHONE) as page:
        ask(page, "Dose?")
        page.locator("button.chip").first.click()
        panel = page.locator("#source-panel")
        expect(panel.locator("mark")).to_be_in_viewport()
        page.get_by_role("button", name="Close the source").click()
        expect(panel).to_be_hidden()
        expect(page.locator("#rail")).to_be_hidden()
        page.get_by_role("button", name="Conversations").click()
        expect(page.get_by_role("button", name="New conversation")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.locator("#rail")).to_be_hidden()


def test_a_question_sent_too_early_waits_in_the_box_and_asks_nothing_twice(page: Page, site: Site) -> None:
    box(page).fill("A held question, sent first")
    box(page).press("Enter")
    expect(page.locator("#live .claim")).to_have_count(1)
    box(page).fill("Sent too early")
    box(page).press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("still being made")
    site.assistant.gate.set()
    expect(page.locator("#thread .turn")).to_have_count(1, timeout=30_000)
    expect(box(page)).to_have_value("Sent too early")
    page.wait_for_timeout(1_500)
    assert len(site.records.turns(page.evaluate("location.hash").removeprefix("#"))) == 1
    assert page.locator("#thread .turn").count() == 1


def test_a_patient_is_described_once_and_goes_along(page: Page, site: Site) -> None:
    page.get_by_role("button", name="Describe").click()
    assert focused(page) == "INPUT"
    field = page.locator(".patient-form")
    field.locator('[data-field="age"]').fill("500")
    page.get_by_role("button", name="Use for this conversation").click()
    expect(field.locator(".form-error")).to_contain_text("between 0 and 125 years")
    field.locator('[data-field="age"]').fill("72")
    field.locator('[data-field="weight"]').fill("60")
    page.get_by_role("button", name="Use for this conversation").click()
    expect(page.locator(".patient-summary")).to_contain_text("72 years · 60 kg")
    expect(field).to_be_hidden()
    ask(page, "Dose for this patient?")
    assert site.assistant.asked[-1].patient.weight == 60
    page.reload()
    ready(page)
    expect(page.locator(".patient-summary")).to_contain_text("72 years · 60 kg")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".patient-summary")).to_contain_text("No patient described")
    ask(page, "And in general?")
    assert site.assistant.asked[-1].patient.is_empty


def test_a_warning_is_overridden_with_a_reason_only_and_it_is_kept(page: Page, site: Site) -> None:
    ask(page, "A warned dose")
    first = page.locator(".warning").first
    expect(first).to_contain_text("6 g a day is over the 4 g a day")
    expect(page.locator(".conflict")).to_contain_text("Both are shown; neither was chosen")
    first.get_by_role("button", name="Override", exact=True).click()
    first.get_by_role("button", name="Override this warning").click()
    expect(first.locator(".form-error")).to_contain_text("Say why")
    first.locator("textarea").fill("Level monitored daily.")
    first.get_by_role("button", name="Override this warning").click()
    expect(first.locator(".overridden")).to_contain_text("Level monitored daily.")
    page.reload()
    ready(page)
    expect(page.locator(".overridden")).to_have_count(1)
    assert [(one.rule, one.claim) for one in site.records.overrides()] == [("dose.daily-max", None)]
