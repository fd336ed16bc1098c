"""One clinician, one browser, the real assistant: ask, read the sentences, open a citation, flag; and a refusal.

Everything is real and small: the embedded index of one monograph in a folder of the test, the bundled encoder, the
extractive generator, the checks, the database, the server, and headless Chromium.
"""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import Browser, expect

from assistant.conversation import Answer, FlagKind, Refusal
from tests.browser import PHONE, ask, chromium, opened, ready, served
from ui.chat import build_chat
from ui.settings import Settings
from ui.wiring import Product, status_of
from ui.wiring import opened as product_opened

pytestmark = pytest.mark.browser

MONOGRAPH = """---
id: metformin-story
title: Metformin tablets, a monograph for a story
ingredients: [metformin hydrochloride]
brands: [Glucophage]
version: "7"
label:
  title: Metformin hydrochloride tablets, prescribing information
  publisher: Story Laboratories
  file: ""
  set_id: ""
  version: ""
  effective: 2026-01-31
  url: https://example.org/metformin
  verified: true
reviewed_by: ""
---

## Indications
- Metformin is used with diet and exercise to lower blood glucose in adults with type 2 diabetes mellitus. {1}

## Adult dosing
- The starting dose of metformin for adults is 500 mg by mouth twice a day with meals. {2.1}

## Maximum dose
- The maximum dose of metformin for adults is 2,550 mg per day, given in divided doses. {2.1}

## Renal impairment
- Metformin is contraindicated in patients with an eGFR below 30 mL/min/1.73 m2. {4, 8.6}

## Overdose
- Lactic acidosis has been reported in metformin overdose, and hemodialysis may remove accumulated metformin. {10}
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("story")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "metformin.md").write_text(MONOGRAPH, encoding="utf-8")
    with product_opened(Settings(data_dir=folder / "data", starter_corpus=corpus), warm=True) as assembled:
        yield assembled


@pytest.fixture(scope="module")
def address(product: Product) -> Iterator[str]:
    def build() -> gr.Blocks:
        return build_chat(product.ask, product.records, product.index.source, status_of(product))

    with served(build) as at:
        yield at


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_ask_read_open_flag(browser: Browser, product: Product, address: str) -> None:
    with opened(browser, address) as page:
        expect(page.locator(".status")).to_contain_text("1 source")
        ask(page, "What is the maximum daily dose of glucophage for adults?")
        answer = page.locator("#thread .is-answer")
        expect(answer.locator(".claim").first).to_contain_text("2,550 mg per day")

        answer.locator(".claim", has_text="2,550 mg").locator("button.chip").first.click()
        panel = page.get_by_role("complementary", name="Source")
        expect(panel.locator("mark")).to_contain_text("2,550 mg per day")
        for expected in ("Metformin tablets, a monograph for a story", "Story Laboratories", "31 Jan 2026", "2.1"):
            expect(panel).to_contain_text(expected)
        panel.get_by_role("button", name="Show the whole document").click()
        expect(panel.locator(".document")).to_contain_text("hemodialysis")
        expect(panel.locator(".document mark")).to_be_in_viewport()
        page.keyboard.press("Escape")

        page.locator(".basis summary").click()
        expect(page.locator(".basis")).to_contain_text("kidney function")

        page.locator(".actions").get_by_role("button", name="Flag").click()
        page.get_by_label("Wrong or missing citation").check()
        page.get_by_label("Comment").fill("Say the section, too.")
        page.get_by_role("button", name="Save flag").click()
        expect(page.locator("li.flag")).to_contain_text("Say the section, too.")

        turn_id = str(page.locator("#thread .turn").get_attribute("data-turn"))
        page.reload()
        ready(page)
        expect(page.locator("#thread button.chip").first).to_be_visible()
    stored = product.records.turn(turn_id)
    assert stored is not None
    assert isinstance(stored.outcome, Answer)
    assert [(flag.kind, flag.comment) for flag in product.records.flags(turn_id)] == [
        (FlagKind.CITATION, "Say the section, too.")
    ]


def test_a_medicine_that_is_not_indexed_is_refused_on_a_phone(browser: Browser, product: Product, address: str) -> None:
    with opened(browser, address, PHONE) as page:
        ask(page, "What is the dose of warfarin?")
        refusal = page.locator("#thread .is-refusal")
        expect(refusal).to_contain_text("Not answered")
        expect(refusal).to_contain_text("warfarin")
        expect(refusal).to_contain_text("What to do next")
        expect(page.locator("button.chip")).to_have_count(0)
        wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= room
        turn_id = str(page.locator("#thread .turn").get_attribute("data-turn"))
    stored = product.records.turn(turn_id)
    assert stored is not None
    assert isinstance(stored.outcome, Refusal)
