"""How the board is served beside the chat: its address, its headers, and that its files name nothing outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from fastapi.testclient import TestClient

import ui
from assistant.people import Person, Role
from tests.fakes import in_a_loop
from ui.access import SingleUser
from ui.page import header
from ui.serve import application
from ui.status import Status

PERSON = Person("1", "local", "Local user", frozenset(Role))


def _blocks(words: str) -> gr.Blocks:
    blocks: gr.Blocks = gr.Blocks(title=words, analytics_enabled=False)
    with blocks:
        gr.HTML(words)
    return blocks


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    made = in_a_loop(lambda: application(_blocks("the chat"), SingleUser(PERSON), _blocks("the board")))
    with TestClient(made, base_url="http://127.0.0.1:7860") as started:
        yield started


@pytest.mark.parametrize(("path", "title"), [("/", "the chat"), ("/triage", "the board"), ("/triage/", "the board")])
def test_the_board_has_an_address_of_its_own(client: TestClient, path: str, title: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert title in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_another_site_cannot_reach_the_board(client: TestClient) -> None:
    assert client.get("/triage/", headers={"origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("name", ["triage/triage.css", "triage/triage.js"])
def test_the_files_of_the_board_name_no_other_server(name: str) -> None:
    body = (Path(ui.__file__).parent / name).read_text(encoding="utf-8")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", body) == []


def test_the_chat_leads_to_the_board_only_those_who_may_read_cases() -> None:
    assert 'href="/triage/"' in header(Status("extractive", 1), desk=True)
    assert "triage" not in header(Status("extractive", 1))
