"""A real page in a real browser: the server in a thread, headless Chromium from the system's packages."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import gradio as gr
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.fakes import LOCAL, in_a_loop
from ui.access import Access, SingleUser
from ui.serve import Beside, listen, server

CHROMIUM = Path(os.environ.get("PHARMASSIST_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
Scheme: TypeAlias = Literal["light", "dark"]
WIDE = (1440, 900)
PHONE = (390, 844)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped, with the reason, where there is none."""
    if not CHROMIUM.is_file():
        pytest.skip(f"no Chromium at {CHROMIUM}; install it, or name it in PHARMASSIST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(
    build: Callable[[], gr.Blocks],
    port: int = 0,
    access: Access | None = None,
    triage: Callable[[], gr.Blocks | None] = lambda: None,
    beside: Callable[[], Sequence[Beside]] = tuple,
) -> Iterator[str]:
    """The address of a page while it is served, in single-user mode unless told; it is down again afterwards.

    `triage` makes the board, which is then at /triage, and `beside` further pages.
    """
    running = in_a_loop(lambda: server(build(), access or SingleUser(LOCAL), triage=triage(), beside=beside()))
    with listen("127.0.0.1", port) as bound:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not running.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.started, "the page did not come up"
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(20)


@contextmanager
def opened(browser: Browser, address: str, size: tuple[int, int] = WIDE, scheme: Scheme = "light") -> Iterator[Page]:
    """A page of a session of its own. At its end, nothing may have been asked of any other server, and nothing
    may have failed in a script."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    asked: list[str] = []
    failed: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("pageerror", lambda error: failed.append(str(error)))
    try:
        page.goto(address, timeout=120_000)
        ready(page)
        yield page
        elsewhere = [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))]
        assert elsewhere == []
        assert failed == []
    finally:
        context.close()


def ready(page: Page) -> None:
    """Wait until the page shows a conversation or the empty page, and its script runs."""
    expect(page.locator("#thread .thread")).to_be_visible(timeout=120_000)
    page.wait_for_function(
        "document.querySelector('#conversation textarea, #conversation input')?.value", timeout=60_000
    )


def ask(page: Page, question: str) -> None:
    """Type a question, press Enter, and wait until its turn is finished."""
    turns = page.locator("#thread .turn")
    before = turns.count()
    box(page).fill(question)
    box(page).press("Enter")
    expect(turns).to_have_count(before + 1, timeout=30_000)


def box(page: Page) -> Locator:
    """The question box."""
    return page.locator("#box textarea")
