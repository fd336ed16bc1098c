"""Serves the page: one port, this machine by default, and nothing of the page from anywhere else.

Behind `OwnPageOnly` stands the door of `ui/signin.py`: nothing of the page is given to whom nobody knows.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access import LOOPBACK, Access, SingleUser
from ui.errors import AddressInUse, SignInNeeded
from ui.signin import Door

HERE = Path(__file__).parent
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "DejaVu Sans", "sans-serif"]
SYSTEM_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace"]

# Gradio's page needs inline scripts and evaluates its templates; everything must still come from this server.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    # Not "no-referrer": a browser would then send the Origin "null" with the forms to sign in and out.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


NO_API_PAGES = {"docs_url": None, "redoc_url": None, "openapi_url": None}


class OwnPageOnly:
    """Answers the page itself and nobody else, and adds the headers above to every response.

    A request that a browser sends for another site names that site as its Origin and is refused: no foreign page can
    ask or flag here. While only this machine is listened to, any other Host name is refused too, so that no foreign
    name that points at this machine can read from it.
    """

    def __init__(self, app: ASGIApp, *, loopback: bool) -> None:
        self.app = app
        self.loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from the page; touch only the start of a response, so that streams stay streams."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._refused(Headers(scope=scope))
        answer = PlainTextResponse(refused, status_code=403) if refused else self.app
        await answer(scope, receive, send_with_headers)

    def _refused(self, headers: Headers) -> str:
        host, origin = headers.get("host", ""), headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "This page answers only itself, not other sites."
        if self.loopback and urlsplit(f"//{host}").hostname not in LOOPBACK:
            return "This page is served to this machine only."
        return ""


@dataclass(frozen=True, slots=True)
class Encryption:
    """The certificate and the private key, as files, with which the page is served encrypted."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Beside:
    """A page beside the chat: its address ("/review"), its blocks, and its style sheets below this folder."""

    path: str
    blocks: gr.Blocks
    sheets: tuple[str, ...] = ()


def application(
    blocks: gr.Blocks, access: Access, triage: gr.Blocks | None = None, beside: Sequence[Beside] = ()
) -> FastAPI:
    """The page as an ASGI application, the board at /triage and what is beside: no share link, no telemetry, no API
    pages, no uploads.

    In single-user mode it answers to the names of this machine only.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # The one that is added last sees a request first.
    app.add_middleware(Door, access=access)
    app.add_middleware(OwnPageOnly, loopback=isinstance(access, SingleUser))
    board = [] if triage is None else [Beside("/triage", triage, ("triage/triage.css",))]
    for page in (*board, *beside):
        # Before the chat, whose address holds every other one, also the page's without its last stroke.
        app.add_api_route(page.path, _onward(page.path), include_in_schema=False)
        app = _mounted(app, page.blocks, page.path, _head(access, "style.css", *page.sheets))
    return _mounted(app, blocks, "/", _head(access, "style.css"))


def _onward(path: str) -> Callable[[], RedirectResponse]:
    def onward() -> RedirectResponse:
        return RedirectResponse(f"{path}/")

    return onward


def _mounted(app: FastAPI, blocks: gr.Blocks, path: str, head: str) -> FastAPI:
    theme = gr.themes.Base(font=SYSTEM_FONTS, font_mono=SYSTEM_MONO)
    blocks.queue(api_open=False, max_size=200)
    mounted: FastAPI = gr.mount_gradio_app(
        app, blocks, path=path, footer_links=[], run_history=False, app_kwargs=NO_API_PAGES, show_error=False,
        max_file_size=1, ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False, theme=theme,
        head=head, favicon_path=str(HERE / "favicon.svg") if path == "/" else None,
    )  # fmt: skip
    return mounted


def _head(access: Access, *sheets: str) -> str:
    """Our styles. Not through Gradio's own `css`, which rewrites every selector so that it cannot reach the body."""
    rules = "\n".join((HERE / sheet).read_text(encoding="utf-8") for sheet in sheets)
    styles = f"<style>\n{rules}</style>"
    if isinstance(access, SingleUser):
        return styles
    return f"{styles}\n<script>\n{(HERE / 'signin.js').read_text(encoding='utf-8')}</script>"


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one. Raises `AddressInUse`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise AddressInUse(host, port, error.strerror or str(error)) from error
    return bound


def server(
    blocks: gr.Blocks, access: Access, encryption: Encryption | None = None, triage: gr.Blocks | None = None,
    beside: Sequence[Beside] = (),
) -> uvicorn.Server:  # fmt: skip
    """A server of the page that has not started; `run(sockets=[listen(...)])` starts it and blocks."""
    files = {"ssl_certfile": encryption.certificate, "ssl_keyfile": str(encryption.key)} if encryption else {}
    app = application(blocks, access, triage, beside)
    return uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3, **files))  # type: ignore[arg-type]


def serve(
    blocks: gr.Blocks, access: Access, host: str = "127.0.0.1", port: int = 7860,
    encryption: Encryption | None = None, triage: gr.Blocks | None = None, beside: Sequence[Beside] = (),
) -> None:  # fmt: skip
    """Serve until interrupted. Raises `AddressInUse`, and `SignInNeeded` where others could reach it unknown."""
    if host not in LOOPBACK and isinstance(access, SingleUser):
        raise SignInNeeded(host)
    with listen(host, port) as bound:
        shown = f"[{host}]" if ":" in host else host
        if host not in LOOPBACK and encryption is None:
            print("Passwords and answers travel unencrypted: set tls_certificate and tls_key.", flush=True)
        scheme = "https" if encryption else "http"
        print(f"pharmassist is at {scheme}://{shown}:{bound.getsockname()[1]} (Ctrl+C stops it)", flush=True)
        server(blocks, access, encryption, triage, beside).run(sockets=[bound])
