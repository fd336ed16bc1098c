"""How the page is served: the address, the headers, and that its own files name nothing outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import ui
from tests.fakes import LOCAL, FakeAssistant, in_a_loop
from tests.ui.test_chat import BrokenRecords
from ui.access import SingleUser
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


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    records = BrokenRecords()
    ask = FakeAssistant(records.save_turn).ask
    status = Status("extractive", 1, date(2026, 1, 1))
    made = in_a_loop(lambda: application(build_chat(ask, records, lambda _: None, status), SingleUser(LOCAL)))
    with TestClient(made, base_url="http://127.0.0.1:7860") as started:
        yield started


def test_every_response_forbids_what_is_not_ours(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/gradio_api/docs", "/gradio_api/runs"])
def test_there_are_no_pages_for_programs(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_no_function_is_offered_and_no_file_given_or_taken(client: TestClient) -> None:
    assert client.get("/gradio_api/info").json()["named_endpoints"] == {}
    assert client.get(f"/gradio_api/file={Path(__file__)}").status_code == 403
    assert client.post("/gradio_api/upload", files={"files": b"more than a byte"}).status_code == 413


# origin and host of a request, and whether it is answered
REQUESTS = [
    ("http://127.0.0.1:7860", "127.0.0.1:7860", True),
    (None, "127.0.0.1:7860", True),
    (None, "localhost:7860", True),
    (None, "[::1]:7860", True),
    ("http://evil.example", "127.0.0.1:7860", False),  # a foreign page that posts here
    ("http://127.0.0.1:9999", "127.0.0.1:7860", False),  # another program's page on this machine
    ("null", "127.0.0.1:7860", False),  # a sandboxed frame or a local file
    (None, "evil.example:7860", False),  # a foreign name that points at this machine
    ("http://evil.example:7860", "evil.example:7860", False),
]


@pytest.mark.parametrize(("origin", "host", "answered"), REQUESTS)
def test_only_the_page_itself_is_answered(client: TestClient, origin: str | None, host: str, answered: bool) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert client.get("/config", headers=headers).status_code == (200 if answered else 403)


@pytest.mark.parametrize("name", ["style.css", "chat.js", "favicon.svg", "signin.css", "signin.js"])
def test_the_files_of_the_page_name_no_other_server(name: str) -> None:
    body = (Path(ui.__file__).parent / name).read_text(encoding="utf-8")
    found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", body)) - {"http://www.w3.org"}
    assert found == set()
