"""The sign-in page and the door in front of everything else: no session, no page, no answer, no asset of a page.

The session's token is in a cookie that no script can read and that no other site can send. A form from another site is
refused before it gets here (`ui.serve.OwnPageOnly` compares the Origin).
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import AssistantError
from assistant.people import Person
from ui.access import Access, SignIn, SingleUser, mark
from ui.signin_page import PASSWORD, SIGN_IN, SIGN_OUT, password_page, sign_in_page

COOKIE = "pharmassist"
SECURE_COOKIE = "__Host-pharmassist"
"""Its name on an encrypted connection: browsers accept this prefix only with Secure, for this host and its root."""

LONGEST_FORM = 4096
"""Bytes of a form that is read."""

AT_ONCE = 2
"""Passwords that are checked at the same time; each takes 64 MB and a processor for a moment."""

_PROXIED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
BEHIND_A_PROXY = (
    "This request came through a proxy, but nobody signs in here. Set require_login = true, add people with "
    "“pharmassist people add”, and start again."
)


class Door:
    """Lets through what comes from a person, and says in the request who it is."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access
        self._checks = CapacityLimiter(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the sign-in page, turn away whom nobody knows, pass on the rest."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
        elif isinstance(self.access, SingleUser):
            await self._alone(self.access, scope, receive, send)
        elif scope["type"] == "http":
            await self._signed_in(self.access, scope, receive, send)
        # A websocket is not used by the page; without an answer the server closes it.

    async def _alone(self, access: SingleUser, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if any(name in headers for name in _PROXIED):
            await PlainTextResponse(BEHIND_A_PROXY, status_code=403)(scope, receive, send)
            return
        mark(scope, access.person, signed_in=False)
        await self.app(scope, receive, send)

    async def _signed_in(self, access: SignIn, scope: Scope, receive: Receive, send: Send) -> None:
        person = await _person(access, scope)
        asked = (scope["method"], scope["path"])
        if asked == ("GET", SIGN_IN):
            answer: ASGIApp = sign_in_page("", _next(scope["query_string"].decode("latin-1")))
        elif asked == ("POST", SIGN_IN):
            answer = await self._enter(access, scope, await _form(receive))
        elif person is None:
            answer = _turned_away(scope)
        elif asked == ("POST", SIGN_OUT):
            answer = await _leave(access, scope, person)
        elif scope["path"] == PASSWORD:
            form = await _form(receive) if scope["method"] == "POST" else {}
            answer = await self._password(access, scope, person, form)
        else:
            mark(scope, person, signed_in=True)
            answer = self.app
        await answer(scope, receive, send)

    async def _enter(self, access: SignIn, scope: Scope, form: Mapping[str, str]) -> Response:
        try:
            name, password = form.get("user_name", "").strip(), form.get("password", "")
            person = await run_sync(access.people.sign_in, name, password, limiter=self._checks)
        except AssistantError as error:
            return sign_in_page(str(error), _next(f"next={quote(form.get('next', ''))}"), status=401)
        access.sessions.end(_token(scope))
        answer = RedirectResponse(_next(f"next={quote(form.get('next', ''))}"), status_code=303)
        _set_cookie(answer, scope, access.sessions.begin(person.user_name))
        return answer

    async def _password(self, access: SignIn, scope: Scope, person: Person, form: Mapping[str, str]) -> Response:
        """The page to change one's own password; afterwards every session of the person has ended."""
        if scope["method"] != "POST":
            return password_page("")
        try:
            if form.get("new") != form.get("again"):
                return password_page("The two new passwords are not the same.", status=400)
            given = (person.user_name, form.get("current", ""), form.get("new", ""))
            await run_sync(access.people.change_password, *given, limiter=self._checks)
        except AssistantError as error:
            return password_page(str(error), status=400)
        access.sessions.end_all(person.user_name)
        return sign_in_page("Your password was changed. Sign in with the new one.", "/")


async def _person(access: SignIn, scope: Scope) -> Person | None:
    """Who has this session; an account that was disabled meanwhile has none, from this very request on."""
    token = _token(scope)
    name = access.sessions.find(token) if token else ""
    person = await run_sync(access.people.find, name) if name else None
    return person if person is not None and not person.disabled else None


async def _leave(access: SignIn, scope: Scope, person: Person) -> Response:
    access.sessions.end(_token(scope))
    await run_sync(access.people.sign_out, person)
    answer = RedirectResponse(SIGN_IN, status_code=303)
    answer.delete_cookie(_cookie_name(scope), secure=_encrypted(scope), httponly=True, samesite="strict")
    return answer


def _turned_away(scope: Scope) -> Response:
    """A person is shown where to sign in, and comes back to the page they asked for; a program gets 401."""
    if scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
        return RedirectResponse(f"{SIGN_IN}?next={quote(scope['path'])}", status_code=303)
    return PlainTextResponse("Sign in first.", status_code=401)


def _encrypted(scope: Scope) -> bool:
    return bool(scope["scheme"] == "https")


def _cookie_name(scope: Scope) -> str:
    return SECURE_COOKIE if _encrypted(scope) else COOKIE


def _set_cookie(answer: Response, scope: Scope, token: str) -> None:
    secure = _encrypted(scope)
    answer.set_cookie(_cookie_name(scope), token, path="/", secure=secure, httponly=True, samesite="strict")


def _token(scope: Scope) -> str:
    cookies: SimpleCookie = SimpleCookie()
    for line in Headers(scope=scope).getlist("cookie"):
        cookies.load(line)
    found = cookies.get(_cookie_name(scope))
    return found.value if found else ""


async def _form(receive: Receive) -> Mapping[str, str]:
    """The fields of a form, each once; empty where it is too long or unreadable."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LONGEST_FORM or message["type"] == "http.disconnect":
            return {}
        if not message.get("more_body", False):
            break
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _next(query: str) -> str:
    """The path to go on to: of this site only, whatever the address asked for."""
    wanted = parse_qs(query).get("next", ["/"])[0]
    parts = urlsplit(wanted)
    ours = not parts.scheme and not parts.netloc and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours and wanted.isprintable() and wanted not in {SIGN_IN, SIGN_OUT} else "/"
