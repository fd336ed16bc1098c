"""How the review desk is served beside the chat: its address, its headers, its own styles, and the way to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from fastapi.testclient import TestClient

import ui
from tests.assistant.made_reviews import reviewing
from tests.fakes import LOCAL, in_a_loop
from tests.ui.test_review import tools_of
from ui.access import SingleUser
from ui.page import header
from ui.review.page import PATH, SHEETS, build_review
from ui.serve import Beside, application
from ui.status import Status


def _chat() -> gr.Blocks:
    blocks: gr.Blocks = gr.Blocks(title="the chat", analytics_enabled=False)
    with blocks:
        gr.HTML("the chat")
    return blocks


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with reviewing(tmp_path_factory.mktemp("served")) as room:
        beside = in_a_loop(lambda: [Beside(PATH, build_review(tools_of(room)), SHEETS)])
        made = in_a_loop(lambda: application(_chat(), SingleUser(LOCAL), beside=beside))
        with TestClient(made, base_url="http://127.0.0.1:7860") as started:
            yield started


@pytest.mark.parametrize(
    ("path", "title"), [("/", "the chat"), ("/review", "Review desk"), ("/review/", "Review desk")]
)
def test_the_desk_has_an_address_of_its_own(client: TestClient, path: str, title: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert title in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert (".review-board" in page.text) == (path != "/")


def test_another_site_cannot_reach_the_desk(client: TestClient) -> None:
    assert client.get("/review/", headers={"origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("name", ["review/review.css", "review/review.js"])
def test_the_files_of_the_desk_name_no_other_server(name: str) -> None:
    body = (Path(ui.__file__).parent / name).read_text(encoding="utf-8")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", body) == []


def test_the_chat_leads_to_the_desk() -> None:
    assert 'href="/review/"' in header(Status("extractive", 1), desk=True)
    assert "review" not in header(Status("extractive", 1))
