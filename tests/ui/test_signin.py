"""Signing in at a served page, with a real HTTP client: what is closed without it, and whose doing everything is."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from assistant.accounts import WRONG, Accounts
from assistant.chain import EntryKind
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Role
from assistant.records import Records
from tests.browser import ask, chromium, served
from tests.fakes import LOCAL, FakeAssistant, in_a_loop
from ui.access import SignIn, SingleUser, access_for, person_of
from ui.chat import build_chat
from ui.errors import SettingsInvalid, SignInNeeded
from ui.serve import Encryption, application, listen, serve, server
from ui.sessions import MOST, Sessions
from ui.settings import Settings, load
from ui.status import Status

PASSWORD = "correct horse battery"
NEW = "another staple entirely"
PEOPLE = (("anna", "Anna Berg", Role.CLINICIAN), ("otto", "Otto Prüfer", Role.AUDITOR))


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 26, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **more: float) -> None:
        self.now += timedelta(**more)


@dataclass
class Site:
    """A served page with sign-in, and what is behind it."""

    address: str
    accounts: Accounts
    records: Records
    assistant: FakeAssistant
    clock: Clock

    @property
    def ledger(self) -> Ledger:
        return self.records.ledger

    @contextmanager
    def client(self, user_name: str = "") -> Iterator[httpx.Client]:
        """A client of its own, signed in where a name is given."""
        with httpx.Client(base_url=self.address, headers={"origin": self.address}, timeout=30) as client:
            if user_name:
                assert sign_in(client, user_name).status_code == 303
            yield client


def sign_in(client: httpx.Client, user_name: str, password: str = PASSWORD, onward: str = "/") -> httpx.Response:
    return client.post("/sign-in", data={"user_name": user_name, "password": password, "next": onward})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    records, clock = Records(engine), Clock()
    accounts = Accounts(records.ledger, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1), clock)
    for user_name, name, role in PEOPLE:
        accounts.add(user_name, name, [role], "local", PASSWORD)
    assistant = FakeAssistant(records.save_turn)
    status = Status("extractive", 1, date(2026, 1, 1))
    access = SignIn(accounts, Sessions(timedelta(minutes=30), timedelta(hours=12), clock))
    with served(lambda: build_chat(assistant.ask, records, lambda _: None, status), access=access) as address:
        yield Site(address, accounts, records, assistant, clock)
    engine.dispose()


def test_nothing_of_the_page_is_given_to_whom_nobody_knows(site: Site) -> None:
    with site.client() as client:
        home = client.get("/?x=1", headers={"accept": "text/html"})
        assert (home.status_code, home.headers["location"]) == (303, "/sign-in?next=/")
        for path in ("/", "/config", "/theme.css", "/gradio_api/info", "/assets/index.js", "/favicon.ico", "/password"):
            assert client.get(path).status_code == 401, path
        for path in ("/gradio_api/queue/join", "/gradio_api/component_server", "/gradio_api/upload", "/sign-out"):
            assert client.post(path, json={}).status_code == 401, path
        client.cookies.set("pharmassist", "made up")
        assert client.get("/config").status_code == 401


def test_the_sign_in_page_needs_no_script_and_is_not_kept(site: Site) -> None:
    with site.client() as client:
        page = client.get("/sign-in")
    assert page.status_code == 200
    assert '<form method="post" action="/sign-in">' in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_signing_in_opens_the_page(site: Site) -> None:
    with site.client() as client:
        entered = sign_in(client, "anna")
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/" in cookie
        assert "secure" not in cookie  # a browser would not send it over plain HTTP
        assert client.get("/config").status_code == 200
        assert PASSWORD not in str(entered.headers)
    *_, last = site.ledger.entries()
    assert (last.deed.kind, last.deed.by) == (EntryKind.SIGNED_IN, "anna")


def test_on_an_encrypted_connection_the_cookie_is_for_such_only(site: Site) -> None:
    access = SignIn(site.accounts, Sessions(timedelta(hours=1), timedelta(hours=1)))
    blocks = in_a_loop(
        lambda: application(build_chat(site.assistant.ask, site.records, lambda _: None, Status("x", 1)), access)
    )
    with TestClient(blocks, base_url="https://pharmacy.example", follow_redirects=False) as client:
        entered = client.post("/sign-in", data={"user_name": "anna", "password": PASSWORD})
        assert entered.headers["set-cookie"].startswith("__Host-pharmassist=")
        assert "secure" in entered.headers["set-cookie"].lower()
        assert client.get("/config").status_code == 200
        assert client.get("/config", headers={"origin": "https://evil.example"}).status_code == 403


def test_a_wrong_password_opens_nothing(site: Site) -> None:
    for user_name, password in (("anna", "wrong password"), ("nobody", PASSWORD), ("", ""), ("<b>", "x" * 300)):
        with site.client() as client:
            refused = sign_in(client, user_name, password)
            assert refused.status_code == 401
            assert WRONG in refused.text
            assert "<b>" not in refused.text
            assert "set-cookie" not in refused.headers
            assert client.get("/config").status_code == 401
        *_, last = site.ledger.entries()
        assert last.deed.kind is EntryKind.SIGN_IN_FAILED


def test_a_form_that_is_none_is_refused(site: Site) -> None:
    with site.client() as client:
        for body in (b"", b"\xff\xfe", b"a" * 10_000, b"user_name=anna", b"&".join([b"a=1"] * 50), b"%ff=1"):
            assert client.post("/sign-in", content=body).status_code == 401, body


def test_another_site_cannot_sign_anybody_in_or_out(site: Site) -> None:
    with site.client("anna") as client:
        client.headers["origin"] = "http://evil.example"
        assert sign_in(client, "otto").status_code == 403
        assert client.post("/sign-out").status_code == 403
        client.headers["origin"] = site.address
        assert client.get("/config").status_code == 200


# What the address asks to go on to, and where it goes.
ONWARD = [
    ("/", "/"),
    ("/triage", "/triage"),
    ("https://evil.example/", "/"),
    ("//evil.example/", "/"),
    ("/\\evil.example", "/"),
    ("javascript:alert(1)", "/"),
    ("/x\r\nSet-Cookie: a=b", "/"),
    ("", "/"),
    ("/sign-out", "/"),
]


def test_after_signing_in_the_page_that_was_asked_for_is_shown_if_it_is_ours(site: Site) -> None:
    with site.client() as client:
        for wanted, goes in ONWARD:
            assert sign_in(client, "anna", onward=wanted).headers["location"] == goes


def test_signing_out_ends_the_session_for_good(site: Site) -> None:
    with site.client("anna") as client:
        token = client.cookies["pharmassist"]
        left = client.post("/sign-out")
        assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
        assert "pharmassist" not in client.cookies
        client.cookies.set("pharmassist", token)
        assert client.get("/config").status_code == 401
    *_, last = site.ledger.entries()
    assert (last.deed.kind, last.deed.by) == (EntryKind.SIGNED_OUT, "anna")


def test_a_session_ends_when_it_was_quiet_and_after_its_longest_time(site: Site) -> None:
    with site.client("anna") as client:
        site.clock.pass_by(minutes=29)
        assert client.get("/config").status_code == 200
        site.clock.pass_by(minutes=30)
        assert client.get("/config").status_code == 401
    with site.client("anna") as client:
        for _ in range(24):
            site.clock.pass_by(minutes=29)
            assert client.get("/config").status_code == 200
        site.clock.pass_by(minutes=29)
        assert client.get("/config").status_code == 401


def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    with site.client("anna") as client:
        site.accounts.disable("anna", "local")
        assert client.get("/config").status_code == 401


def call(client: httpx.Client, name: str, sent: object) -> dict[str, str]:
    """What a function of the page replies."""
    config = client.get("/config").json()
    bridge = next(each["id"] for each in config["components"] if each["props"].get("elem_id") == "bridge")
    body = {"data": sent, "component_id": bridge, "fn_name": name, "session_hash": "s1"}
    replied = client.post("/gradio_api/component_server", json=body)
    assert replied.status_code == 200, replied.text
    found: dict[str, str] = replied.json()
    return found


def ask_by_hand(client: httpx.Client, question: str) -> list[dict[str, object]]:
    """Start the page's event that answers, as its script does; every message until it is done."""
    config = client.get("/config").json()
    ids = {each["props"].get("elem_id"): each["id"] for each in config["components"]}
    inputs = [ids["pending"], ids["conversation"], ids["facts"]]
    event = next(each["id"] for each in config["dependencies"] if each["inputs"] == inputs)
    body = {"data": [question, "c1", ""], "fn_index": event, "session_hash": "s1", "event_data": None}
    joined = client.post("/gradio_api/queue/join", json=body)
    assert joined.status_code == 200, joined.text
    said = []
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "s1"}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                said.append(json.loads(line.removeprefix("data:")))
                if said[-1]["msg"] in {"process_completed", "close_stream"}:
                    break
    return said


def test_questions_and_flags_carry_the_name_of_whoever_signed_in(site: Site) -> None:
    with site.client("anna") as client:
        said = ask_by_hand(client, "Dose?")
        assert said[-1]["success"] is True
        assert site.assistant.asked[-1].asked_by == "anna"
        (turn,) = site.records.turns("c1")
        assert call(client, "flag", {"turn": turn.id, "kind": "unsafe"})["error"] == ""
        assert [flag.made_by for flag in site.records.flags()] == ["anna"]
    by = {(entry.deed.kind, entry.deed.by) for entry in site.ledger.entries()}
    assert {(EntryKind.ANSWER_RELEASED, "anna"), (EntryKind.FLAG, "anna")} <= by


def test_a_role_that_may_not_ask_neither_asks_nor_reads_nor_flags(site: Site) -> None:
    with site.client("anna") as client:
        ask_by_hand(client, "Dose?")
        (turn,) = site.records.turns("c1")
    with site.client("otto") as client:
        assert ask_by_hand(client, "Dose again?")[-1]["success"] is False
        assert len(site.assistant.asked) == 1
        for name, sent in (
            ("source", {"turn": turn.id, "claim": 0, "citation": 0}),
            ("export", {"conversation": "c1"}),
            ("flag", {"turn": turn.id, "kind": "unsafe"}),
        ):
            assert "Otto Prüfer may not do this" in call(client, name, sent)["error"]
    assert site.records.flags() == ()


def test_a_person_changes_their_own_password_and_is_out_everywhere(site: Site) -> None:
    def change(client: httpx.Client, current: str, new: str, again: str) -> httpx.Response:
        return client.post("/password", data={"current": current, "new": new, "again": again})

    with site.client("anna") as client, site.client("anna") as elsewhere:
        assert "Current password" in client.get("/password").text
        assert "not the same" in change(client, PASSWORD, NEW, NEW + "x").text
        assert WRONG in change(client, "wrong password", NEW, NEW).text
        assert "12 to 256" in change(client, PASSWORD, "short", "short").text
        assert "was changed" in change(client, PASSWORD, NEW, NEW).text
        assert client.get("/config").status_code == 401
        assert elsewhere.get("/config").status_code == 401
        assert sign_in(client, "anna").status_code == 401
        assert sign_in(client, "anna", NEW).status_code == 303


def test_many_wrong_passwords_at_once_are_all_answered(site: Site) -> None:
    codes: list[int] = []

    def attempt() -> None:
        with site.client() as client:
            codes.append(sign_in(client, "anna", "wrong password").status_code)

    crowd = [threading.Thread(target=attempt) for _ in range(10)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert codes == [401] * 10
    assert site.ledger.verify().breaks == ()


def test_single_user_mode_does_not_answer_through_a_proxy(site: Site) -> None:
    """A proxy on this machine would open the page, as the local person, to everybody who reaches the proxy."""
    blocks = in_a_loop(
        lambda: application(
            build_chat(site.assistant.ask, site.records, lambda _: None, Status("x", 1)), SingleUser(LOCAL)
        )
    )
    with TestClient(blocks, base_url="http://127.0.0.1:7860") as client:
        assert client.get("/config").status_code == 200
        for header in ("x-forwarded-for", "forwarded", "x-real-ip", "via"):
            refused = client.get("/config", headers={header: "192.0.2.7"})
            assert refused.status_code == 403
            assert "require_login" in refused.text


def test_a_request_that_came_past_the_door_is_nobodys() -> None:
    from assistant.errors import SignInFailed

    with pytest.raises(SignInFailed, match="Nobody is signed in"):
        person_of(None)


def test_who_must_sign_in(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    accounts = Accounts(Ledger(engine), PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    settings = Settings(data_dir=tmp_path)
    alone = access_for(settings, accounts, "127.0.0.1")
    assert isinstance(alone, SingleUser)
    assert (alone.person.user_name, alone.person.roles) == ("local", frozenset(Role))
    limited = access_for(settings.model_copy(update={"local_roles": (Role.CLINICIAN,)}), accounts, "::1")
    assert isinstance(limited, SingleUser)
    assert limited.person.roles == frozenset({Role.CLINICIAN})
    asked = settings.model_copy(update={"require_login": True})
    for wanted, host in ((settings, "0.0.0.0"), (settings, "192.0.2.7"), (asked, "127.0.0.1")):
        with pytest.raises(SignInNeeded, match="pharmassist people add"):
            access_for(wanted, accounts, host)
    accounts.add("anna", "Anna", [Role.CLINICIAN], "local", PASSWORD)
    for wanted, host in ((settings, "0.0.0.0"), (asked, "127.0.0.1")):
        assert isinstance(access_for(wanted, accounts, host), SignIn)
    engine.dispose()


def test_a_page_without_sign_in_is_served_to_this_machine_only(site: Site) -> None:
    made = in_a_loop(lambda: build_chat(site.assistant.ask, site.records, lambda _: None, Status("x", 1)))
    with pytest.raises(SignInNeeded):
        serve(made, SingleUser(LOCAL), "0.0.0.0", 0)


def test_half_an_encryption_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMASSIST_TLS_KEY", "/x")
    with pytest.raises(SettingsInvalid, match="set both or none"):
        load()


def test_sessions_are_limited_and_the_quietest_ends_first() -> None:
    clock = Clock()
    sessions = Sessions(timedelta(hours=1), timedelta(hours=2), clock)
    first, second = sessions.begin("anna"), sessions.begin("berta")
    clock.pass_by(minutes=1)
    assert sessions.find(first) == "anna"
    for _ in range(MOST - 1):
        sessions.begin("crowd")
    assert (sessions.find(first), sessions.find(second)) == ("anna", "")
    assert sessions.end(first) == "anna"
    assert (sessions.find(first), sessions.end(first), sessions.find("")) == ("", "", "")


def until(come: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it has come: a socket that nobody listens on yet refuses its first caller."""
    end = monotonic() + seconds
    while not come():
        assert monotonic() < end, "it did not come in time"
        sleep(0.01)


def test_with_a_certificate_the_page_is_served_encrypted(site: Site, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate for this test with")
    certificate, key = tmp_path / "page.pem", tmp_path / "page.key"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    access = SignIn(site.accounts, Sessions(timedelta(hours=1), timedelta(hours=1)))

    def built() -> uvicorn.Server:
        blocks = build_chat(site.assistant.ask, site.records, lambda _: None, Status("x", 1))
        return server(blocks, access, Encryption(certificate, key))

    running = in_a_loop(built)
    with listen("127.0.0.1", 0) as bound:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        until(lambda: running.started)
        port = bound.getsockname()[1]
        trusted = ssl.create_default_context(cafile=str(certificate))
        address = f"https://localhost:{port}"
        with httpx.Client(base_url=address, headers={"origin": address}, verify=trusted, timeout=60) as client:
            entered = sign_in(client, "anna")
            assert entered.headers["set-cookie"].startswith("__Host-pharmassist=")
            assert "secure" in entered.headers["set-cookie"].lower()
            assert client.get("/config").status_code == 200
        running.should_exit = True
        thread.join(20)


@pytest.mark.browser
def test_signing_in_and_out_in_a_browser(site: Site) -> None:
    with chromium() as browser:
        context = browser.new_context()
        page = context.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(site.address)
        expect(page).to_have_url(f"{site.address}/sign-in?next=/")
        page.get_by_label("User name").fill("anna")
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("is not right")
        page.get_by_label("User name").fill("anna")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        expect(page.locator("#thread .thread")).to_be_visible(timeout=30_000)
        expect(page.locator(".who")).to_contain_text("Anna Berg")
        page.wait_for_function("document.querySelector('#conversation textarea, #conversation input')?.value")
        ask(page, "Dose?")
        site.clock.pass_by(minutes=31)
        page.locator("#box textarea").fill("What I typed stays")
        page.locator("#box textarea").press("Enter")
        expect(page.locator("#signed-out")).to_contain_text("You are signed out.")
        with context.expect_page() as opened:
            page.get_by_role("link", name="Sign in again in a new tab").click()
        again = opened.value
        again.get_by_label("User name").fill("anna")
        again.get_by_label("Password").fill(PASSWORD)
        again.get_by_label("Password").press("Enter")
        expect(again.locator(".who")).to_contain_text("Anna Berg", timeout=30_000)
        again.close()
        ask(page, "Dose again?")
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{site.address}/sign-in")
        assert failed == []
        context.close()
