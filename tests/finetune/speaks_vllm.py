"""A real HTTP server that speaks as much of vLLM as deploying asks for, over a real tiny model in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

Body = Mapping[str, object]


@dataclass
class Vllm:
    """The names that it answers to, each with its folder; adapters are loaded while it runs if that is allowed."""

    url: str
    model: Path
    name: str
    runtime: bool = True
    adapters: dict[str, Path | None] = field(default_factory=dict)
    """None: the base alone answers under the name."""
    key: str = ""
    noise: float = 0.0
    """Added to every log-probability: a server that computes something else."""
    breaks: str = ""
    """A path that is answered with what is no reply."""

    def __post_init__(self) -> None:
        self.lock = Lock()
        self.tokenizer = AutoTokenizer.from_pretrained(str(self.model))

    def loaded(self, name: str) -> torch.nn.Module:
        model = AutoModelForCausalLM.from_pretrained(str(self.model), dtype=torch.float32)
        whole: torch.nn.Module = model
        if self.adapters.get(name):
            whole = PeftModel.from_pretrained(model, str(self.adapters[name]))
        return whole.eval()

    def answer(self, path: str, body: Body) -> tuple[int, object]:
        if path == self.breaks:
            return 200, {"nothing": "of the kind"}
        if path == "/health":
            return 200, ""
        if path == "/version":
            return 200, {"version": "0.0-test"}
        if path == "/v1/models":
            base = [{"id": self.name, "root": str(self.model), "parent": None}]
            return 200, {
                "data": base + [{"id": k, "root": str(v), "parent": self.name} for k, v in self.adapters.items()]
            }
        if path == "/v1/load_lora_adapter" and self.runtime:
            self.adapters[str(body["lora_name"])] = Path(str(body["lora_path"]))
            return 200, "Success"
        if path == "/v1/unload_lora_adapter" and self.runtime:
            del self.adapters[str(body["lora_name"])]
            return 200, "Success"
        if path == "/tokenize":
            return 200, {"tokens": self.prompt(body)}
        if path == "/v1/completions" and body["model"] in {self.name, *self.adapters}:
            return 200, {"choices": [self.completed(body)]}
        return 404, {"detail": "Not Found"}

    def prompt(self, body: Body) -> list[int]:
        messages = body["messages"]
        assert isinstance(messages, list)
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def completed(self, body: Body) -> Body:
        prompt, most = body["prompt"], body["max_tokens"]
        assert isinstance(prompt, list)
        assert isinstance(most, int)
        with self.lock, torch.inference_mode():
            model = self.loaded(str(body["model"]))
            reply: list[int] = []
            tops: list[dict[str, float]] = []
            while len(reply) < most:
                said = model(input_ids=torch.tensor([prompt + reply])).logits[0, -1].log_softmax(-1)
                best = said.topk(int(str(body["logprobs"])))
                likeliest = zip(best.indices.tolist(), best.values.tolist(), strict=True)
                tops.append({f"token_id:{token}": value + self.noise for token, value in likeliest})
                reply.append(int(best.indices[0]))
        return {"token_ids": reply, "logprobs": {"top_logprobs": tops}}


@contextmanager
def speaking(model: Path, name: str, at: str = "", **more: object) -> Iterator[Vllm]:
    """Serve until the block ends, at the address of the root `at` or at a free one."""
    vllm = Vllm("", model, name, **more)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, body: Body) -> None:
            status, said = vllm.answer(self.path, body)
            if vllm.key and self.headers["Authorization"] != f"Bearer {vllm.key}":
                status, said = 401, {"error": "Unauthorized"}
            data = json.dumps(said).encode()
            if self.path == "/metrics":
                status, data = (
                    200,
                    b'vllm:num_requests_running{engine="0"} 2.0\nvllm:num_requests_waiting{engine="0"} 1.0\n',
                )
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(at).port or 0), Handler)
    vllm.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield vllm
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
