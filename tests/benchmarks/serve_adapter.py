"""`pharmassist bench serve-adapter`: what an adapter costs when vLLM serves it, at 1, 8 and 32 requests at once.

The bench makes a model of about 100 million parameters with random weights in bfloat16 and a LoRA adapter of rank 16
on all its linear layers: speed does not depend on what weights say. Three real servers run side by side, the bare base,
the base with the adapter (loaded at the start, and once more while it runs) and the merged model, each started as the
product starts it. They are measured in turn, forth and back, and each number is the median of its rounds, so that
whatever else the machine does strikes all of them. Parity is measured in the same run.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from assistant.prompt import Message
from finetune.base_speed import tokens_per_second
from finetune.measure import BenchReport, Metric, peak_mb
from finetune.merge import MODEL, merge
from finetune.parity import Compared, Form, compare, failures, shipped_prompts
from finetune.reference import Probe, probes
from finetune.vllm_api import Api
from finetune.vllm_process import Served, VllmServer, free_url, running
from tests.finetune.tiny_causal import make_tokeniser
from ui.settings import CHECKOUT

PYTHON = Path(os.environ.get("PHARMASSIST_VLLM_PYTHON", CHECKOUT / ".venv-vllm" / "bin" / "python"))
AT_ONCE = (1, 8, 32)
PROMPT, REPLY = 32, 64
"""Tokens of each request: a short prompt, so that the numbers are of writing."""
ROUNDS = 4
ALLOWED_LOSS = 0.05
STARTS_WITHIN = 900.0
RANK = 16
HIDDEN, LAYERS, INNER = 768, 14, 2048

Ways = dict[str, tuple[Api, str]]


def run(data: Path) -> BenchReport:
    """Measure; needs the vLLM environment and no data."""
    del data
    started = perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parameters = _make(folder)
        merge(folder / "base", folder / "adapter", folder / "merged")
        prompts = shipped_prompts(CHECKOUT / "retrieval" / "corpus", 4)
        expected = probes(folder / "base", folder / "adapter", prompts, 24)
        exact = _exactly(folder, prompts, expected)
        with _servers(folder) as ways:
            served = compare(*ways["merged"], Form.MERGED, "bfloat16", prompts, expected)
            found = _measured(ways)
    metrics = {"parameters, millions": Metric(parameters / 1e6, 1), **_speeds(found), **_losses(found)}
    metrics |= _parity_metrics(exact, served)
    wrong = [*failures(exact), *failures(served)]
    for at_once in AT_ONCE:
        loss = metrics[f"merged loses against the base, {at_once} at once"]
        if loss.value >= ALLOWED_LOSS:
            wrong.append(f"merged loses {loss.value:.1%} at {at_once} at once (aim: under {ALLOWED_LOSS:.0%})")
    return BenchReport("serve-adapter", metrics, {}, tuple(wrong), perf_counter() - started, peak_mb())


def _make(folder: Path) -> int:
    """The base and the adapter; returns the base's parameters."""
    texts = [message.content for prompt in shipped_prompts(CHECKOUT / "retrieval" / "corpus", 40) for message in prompt]
    tokeniser = make_tokeniser(folder / "base", texts, vocabulary=8192)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(tokeniser),
        hidden_size=HIDDEN,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=12,
        num_key_value_heads=12,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    adapter = LoraConfig(r=RANK, lora_alpha=RANK, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(deepcopy(model), adapter).save_pretrained(str(folder / "adapter"))
    model.bfloat16().save_pretrained(folder / "base")
    return int(model.num_parameters())


def _exactly(folder: Path, prompts: Sequence[Sequence[Message]], expected: Sequence[Probe]) -> Compared:
    """The adapter on its base in float32, token by token."""
    adapters = {"tuned": folder / "adapter"}
    served = Served(str(folder / "base"), free_url(), "base", adapters, RANK, 4096, "float32")
    with running(PYTHON, served, folder / "float32.log", within=STARTS_WITHIN):
        return compare(Api(served.url), "tuned", Form.ADAPTER, "float32", prompts, expected)


@contextmanager
def _servers(folder: Path) -> Iterator[Ways]:
    """The ways to ask: each a server and the name of what it serves."""
    adapter = folder / "adapter"
    base = Served(str(folder / "base"), free_url(), "base", context=4096)
    with ExitStack() as open_servers:

        def started(served: Served) -> Api:
            log = folder / f"{served.name}.log"
            server: VllmServer = open_servers.enter_context(running(PYTHON, served, log, within=STARTS_WITHIN))
            return Api(server.served.url)

        plain = started(base)
        tuned = started(
            Served(base.model, free_url(), "tuned", {"start": adapter}, RANK, base.context, runtime_adapters=True)
        )
        merged = started(Served(str(folder / "merged" / MODEL), free_url(), "merged", context=base.context))
        tuned.load_adapter("runtime", adapter)
        yield {
            "base": (plain, "base"),
            "base on a server that takes adapters": (tuned, "tuned"),
            "adapter loaded at start": (tuned, "start"),
            "adapter loaded at run time": (tuned, "runtime"),
            "merged": (merged, "merged"),
        }


def _measured(ways: Ways) -> dict[tuple[str, int], list[float]]:
    """Tokens per second of every way and number at once, one for each round; the first round warms up."""
    found: dict[tuple[str, int], list[float]] = {}
    rng = np.random.default_rng(7)
    for turn in range(ROUNDS + 1):
        order = list(ways.items())
        for way, (api, name) in order if turn % 2 else reversed(order):
            for at_once in AT_ONCE:
                prompts = rng.integers(300, 3000, size=(at_once, PROMPT)).tolist()
                speed = tokens_per_second(api, name, prompts, REPLY)
                if turn:
                    found.setdefault((way, at_once), []).append(speed)
    return found


def _speeds(found: dict[tuple[str, int], list[float]]) -> dict[str, Metric]:
    return {
        f"{way}, {at_once} at once: tokens/s": Metric(statistics.median(each), len(each), min(each), max(each))
        for (way, at_once), each in found.items()
    }


def _losses(found: dict[tuple[str, int], list[float]]) -> dict[str, Metric]:
    """1 less the ratio to the base, the median over rounds (a round's two measurements lie close in time)."""
    losses = {}
    for (way, at_once), speeds in found.items():
        if way == "base":
            continue
        rounds = [1 - own / base for own, base in zip(speeds, found["base", at_once], strict=True)]
        about = Metric(statistics.median(rounds), len(rounds), min(rounds), max(rounds))
        losses[f"{way} loses against the base, {at_once} at once"] = about
    return losses


def _parity_metrics(exact: Compared, merged: Compared) -> dict[str, Metric]:
    return {
        "parity, float32: greedy tokens that are equal": Metric(exact.same_tokens / exact.tokens, exact.tokens),
        "parity, float32: largest difference of log-probabilities": Metric(exact.largest_difference, exact.tokens),
        "parity, merged in bfloat16: mean difference": Metric(merged.mean_difference, merged.tokens),
        "parity, merged in bfloat16: largest difference": Metric(merged.largest_difference, merged.tokens),
        "parity, merged in bfloat16: mean difference to the base": Metric(merged.to_base, merged.tokens),
    }
