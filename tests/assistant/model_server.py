"""A real HTTP server on the loopback address that plays a model server: each request gets the next act."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Act:
    """One reply. `pauses[n]` seconds before piece n; a `finish` of "" breaks the connection off without an end."""

    pieces: Sequence[str] = ()
    finish: str = "stop"
    status: int = 200
    pauses: Sequence[float] = ()
    raw: str = ""
    """Sent as it is after the pieces, instead of a well-formed end."""


@dataclass
class Script:
    """What the server will do, and what it was asked."""

    url: str
    acts: list[Act]
    asked: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sent: int = 0


def chunk(content: str, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"role": "assistant", "content": content}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n"


@contextmanager
def model_server(*acts: Act) -> Iterator[Script]:
    """Serve until the block ends. A request beyond the script gets the last act again."""
    script = Script("", list(acts))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.asked.append(json.loads(body))
            script.keys.append(self.headers["Authorization"])
            play(self, script.acts[min(len(script.asked), len(script.acts)) - 1], script)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def play(handler: BaseHTTPRequestHandler, act: Act, script: Script) -> None:
    handler.close_connection = True
    handler.send_response(act.status)
    handler.send_header("Content-Type", "text/event-stream" if act.status == 200 else "application/json")
    handler.end_headers()
    if act.status != 200:
        handler.wfile.write(b'{"error": {"message": "no", "type": "t", "code": 1}}')
        return
    try:
        for at, piece in enumerate(act.pieces):
            time.sleep(act.pauses[at] if at < len(act.pauses) else 0)
            handler.wfile.write(chunk(piece).encode())
            script.sent += 1
        end = act.raw or (chunk("", act.finish) + "data: [DONE]\n\n" if act.finish else "")
        handler.wfile.write(end.encode())
    except (BrokenPipeError, ConnectionResetError):
        return  # the client has left, as it does after a timeout
