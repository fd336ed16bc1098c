"""What a base with an adapter says according to transformers and PEFT in float32: what servers are compared with."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.prompt import Message
from finetune.errors import ParityInvalid

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Probe:
    """One prompt, the greedy reply in tokens, and its log-probabilities with the adapter and without it (natural)."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]
    tuned: tuple[float, ...]
    base: tuple[float, ...]


def versions() -> str:
    """The libraries behind the reference, "transformers 5.23.0, peft 0.21.2, torch 2.13.0"."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("transformers", "peft", "torch"))


def probes(base: Path, adapter: Path, prompts: Sequence[Sequence[Message]], tokens: int) -> tuple[Probe, ...]:
    """Run the prompts in float32, `tokens` greedy tokens each, end of text or not.

    Raises:
        ParityInvalid: the model or adapter cannot be loaded, or a log-probability is no number.
    """
    model, tokenizer = _loaded(base, adapter)
    found = tuple(_probe(model, _tokens(tokenizer, prompt), tokens) for prompt in prompts)
    if any(value != value for probe in found for value in (*probe.tuned, *probe.base)):
        raise ParityInvalid("the model gives log-probabilities that are no numbers; its weights are broken")
    return found


def _loaded(base: Path, adapter: Path) -> tuple[PeftModel, PreTrainedTokenizerBase]:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        model = AutoModelForCausalLM.from_pretrained(str(base), local_files_only=True, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True)
        return PeftModel.from_pretrained(model, str(adapter)).eval(), tokenizer
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        said = " ".join(str(error).split())[:300]
        raise ParityInvalid(f"{base} with the adapter {adapter} cannot be loaded: {said}") from error


def _tokens(tokenizer: PreTrainedTokenizerBase, prompt: Sequence[Message]) -> tuple[int, ...]:
    said = [{"role": message.role, "content": message.content} for message in prompt]
    try:
        text = tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
    except ValueError as error:
        raise ParityInvalid(f"the base has no chat template that takes our messages: {error}") from error
    # The template writes whatever special tokens there are to be.
    encoded: list[int] = tokenizer(str(text), add_special_tokens=False)["input_ids"]
    return tuple(encoded)


def _probe(model: PeftModel, prompt: tuple[int, ...], tokens: int) -> Probe:
    reply = _greedy(model, prompt, tokens)
    tuned, base = (_log_probabilities(model, prompt, reply, adapted=adapted) for adapted in (True, False))
    return Probe(prompt, reply, tuned, base)


def _greedy(model: PeftModel, prompt: tuple[int, ...], tokens: int) -> tuple[int, ...]:
    """Token by token, with the attention's cache; `generate` would apply the model's own sampling settings."""
    import torch

    reply: list[int] = []
    cache = None
    fed = torch.tensor([prompt])
    with torch.inference_mode():
        while len(reply) < tokens:
            said = model(input_ids=fed, past_key_values=cache, use_cache=True)
            cache = said.past_key_values
            reply.append(int(said.logits[0, -1].argmax()))
            fed = torch.tensor([reply[-1:]])
    return tuple(reply)


def _log_probabilities(
    model: PeftModel, prompt: tuple[int, ...], reply: tuple[int, ...], *, adapted: bool
) -> tuple[float, ...]:
    import torch

    whole = torch.tensor([[*prompt, *reply]])
    with torch.inference_mode(), nullcontext() if adapted else model.disable_adapter():
        logits: torch.Tensor = model(input_ids=whole, use_cache=False).logits[0, len(prompt) - 1 : -1]
        said = logits.float().log_softmax(-1).gather(1, torch.tensor(reply)[:, None])[:, 0]
    return tuple(said.tolist())
