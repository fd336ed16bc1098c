"""Does the model write the right answer by itself? Greedy replies to validation questions, compared with what is right.

A low loss on given words is not yet an answer: one wrong token in a JSON reply or a citation spoils it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import DraftMalformed
from assistant.reply import ReplyReader
from finetune.dialogue import is_grounded
from finetune.example import Example
from finetune.tokens import Encoded
from guardrails.claim import Claim

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

_TOGETHER = 8
"""Questions answered at once: enough to keep a GPU busy, little beside the training's memory."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How many of the questions asked were answered with exactly the right claims, and with the right citations."""

    asked: int
    right: int
    rightly_cited: int


def answer_all(
    model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Encoded], most: int
) -> Answered:
    """Let the model answer every row's question, in at most `most` tokens, and count what is right."""
    ordered = sorted(rows, key=lambda row: row.prompt)  # of like length, so that little is padded
    right = cited = 0
    for start in range(0, len(ordered), _TOGETHER):
        some = ordered[start : start + _TOGETHER]
        for row, reply in zip(some, replies(model, tokenizer, some, most), strict=True):
            right += says_the_same(row.example, reply)
            cited += cites_the_same(row.example, reply)
    return Answered(len(rows), right, cited)


def replies(
    model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Encoded], most: int
) -> tuple[str, ...]:
    """What the model writes after each prompt, always taking the likeliest token."""
    import torch

    width = max(row.prompt for row in rows)
    pad = int(tokenizer.pad_token_id or 0)
    device = next(model.parameters()).device
    asked = torch.tensor([[pad] * (width - row.prompt) + list(row.ids[: row.prompt]) for row in rows], device=device)
    seen = torch.tensor([[0] * (width - row.prompt) + [1] * row.prompt for row in rows], device=device)
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            written = model.generate(  # type: ignore[operator]
                input_ids=asked,
                attention_mask=seen,
                max_new_tokens=most,
                do_sample=False,
                use_cache=True,
                pad_token_id=pad,
                eos_token_id=_ends(model, tokenizer, rows),
            )
    finally:
        model.train(was_training)
    return tuple(str(tokenizer.decode(ids, skip_special_tokens=True)).strip() for ids in written[:, width:].tolist())


def says_the_same(example: Example, reply: str) -> bool:
    """Whether a reply says what the example's answer says: the same claims, or the same words of a plain answer."""
    if not is_grounded(example):
        return reply.split() == example.answer.split()
    wanted = claims(example.answer)
    return wanted is not None and claims(reply) == wanted


def cites_the_same(example: Example, reply: str) -> bool:
    """Whether a reply cites the same passages, however it words them; of a plain answer, whether it is the same."""
    if not is_grounded(example):
        return says_the_same(example, reply)
    wanted, found = claims(example.answer), claims(reply)
    return wanted is not None and found is not None and _keys(found) == _keys(wanted)


def claims(reply: str) -> tuple[Claim, ...] | None:
    """The claims of a reply; None where it is none, or breaks off."""
    reader = ReplyReader()
    try:
        found = tuple(reader.feed(reply))
    except DraftMalformed:
        return None
    return found if reader.complete else None


def _keys(found: tuple[Claim, ...]) -> frozenset[str]:
    return frozenset(citation.key for claim in found for citation in claim.citations)


def _ends(model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Encoded]) -> list[int]:
    """Every token that may end a reply: those the base declares, and the first special one of each row's answer."""
    declared = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    ends = {int(one) for one in (declared if isinstance(declared, list) else [declared]) if one is not None}
    if tokenizer.eos_token_id is not None:
        ends.add(int(tokenizer.eos_token_id))
    special = set(tokenizer.all_special_ids)
    for row in rows:
        ends.update(next(([token] for token in row.ids[row.prompt :] if token in special), []))
    return sorted(ends)
