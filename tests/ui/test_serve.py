"""How the page is served: the address, the headers, and that its own files name nothing outside."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import ui
from tests.fakes import FakeAssistant, in_a_loop
from tests.ui.test_chat import BrokenRecords
from ui.chat import build_chat
from ui.errors import AddressInUse
from ui.serve import application, listen
from ui.status import Status


def test_a_taken_port_is_one_clear_error() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(AddressInUse, match=rf"127\.0\.0\.1:{port}.*--port"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_the_same_error() -> None:
    with pytest.raises(AddressInUse):
        listen("192.0.2.1", 0)


def test_every_response_forbids_what_is_not_ours() -> None:
    records = BrokenRecords()
    ask = FakeAssistant(records.save_turn).ask
    status = Status("extractive", 1, date(2026, 1, 1))
    made = in_a_loop(lambda: application(build_chat(ask, records, lambda _: None, status)))
    with TestClient(made) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert client.get("/docs").status_code == 404
        assert client.get("/openapi.json").status_code == 404
        assert client.get("/gradio_api/info").json()["named_endpoints"] == {}


@pytest.mark.parametrize("name", ["style.css", "chat.js", "favicon.svg"])
def test_the_files_of_the_page_name_no_other_server(name: str) -> None:
    body = (Path(ui.__file__).parent / name).read_text(encoding="utf-8")
    found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", body)) - {"http://www.w3.org"}
    assert found == set()
