"""Step tokenise: examples as the numbers that a model reads, with a mask so that it learns from answers only.

Messages come from `finetune.dialogue`, their form from the tokeniser's own chat template. A template is a program that
runs for every example; most only put the contents between fixed words. Those words are found once, and used as long
as they give what the template gives for the first examples of every batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import polars as pl

from assistant.prompt import Message
from finetune.columns import from_frame
from finetune.dialogue import messages
from finetune.errors import PrepareRefused

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

STEP = "tokenise"
TOKENS = pl.Schema({"id": pl.String(), "input_ids": pl.List(pl.Int32()), "answer_start": pl.Int32()})
"""A tokenised example: the model learns from the tokens from `answer_start` on."""
IGNORED = -100
"""The target of a token that is not learned from (the default of PyTorch's loss)."""
_COMPARED = 4


class Tokeniser(Protocol):
    """What this step needs of a tokeniser."""

    def rendered(self, said: Sequence[Message], *, to_answer: bool) -> str:
        """The messages as the chat template writes them; `to_answer` leaves room for an answer."""

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, without any that the tokeniser would add."""


class OfTransformers:
    """A tokeniser of the transformers library. Raises `PrepareRefused` where it has no chat template."""

    def __init__(self, tokeniser: PreTrainedTokenizerBase) -> None:
        if not tokeniser.chat_template:
            raise PrepareRefused(
                "the tokeniser has no chat template; choose a base that was tuned for chat, or give one"
            )
        self._tokeniser = tokeniser

    def rendered(self, said: Sequence[Message], *, to_answer: bool) -> str:
        """The messages as the chat template writes them."""
        turns = [{"role": one.role, "content": one.content} for one in said]
        made = self._tokeniser.apply_chat_template(turns, tokenize=False, add_generation_prompt=to_answer)
        return str(made)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        found: list[list[int]] = self._tokeniser(
            list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False
        )["input_ids"]
        return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """What the model sees, and what it should write, as texts."""

    prompt: str
    answer: str


def tokenise(rows: pl.DataFrame, tokeniser: Tokeniser, most: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as `TOKENS`, and those (`id`, `tokens`) that are longer than `most`: cut, they would teach to stop.

    Raises:
        PrepareRefused: the template's words before an answer change with the answer, so that no mask can be drawn.
    """
    said = [messages(example) for example in from_frame(rows)]
    pairs = _pairs(said, tokeniser)
    # Each different prompt once; the answer apart from it, as it is when the model writes it.
    prompts, answers = tokeniser.ids([one.prompt for one in pairs]), tokeniser.ids([one.answer for one in pairs])
    whole = [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)]
    frame = pl.DataFrame(
        {"id": rows["id"], "input_ids": whole, "answer_start": [len(prompt) for prompt in prompts]}, schema=TOKENS
    )
    sized = frame.with_columns(tokens=pl.col("input_ids").list.len())
    return frame.filter(sized["tokens"] <= most), sized.filter(pl.col("tokens") > most).select("id", "tokens")


def labels(input_ids: Sequence[int], answer_start: int) -> list[int]:
    """The targets of an example: `IGNORED` up to the answer."""
    return [IGNORED] * answer_start + list(input_ids[answer_start:])


def _pairs(said: Sequence[Sequence[Message]], tokeniser: Tokeniser) -> list[_Pair]:
    """Prompt and answer of each conversation, by its shape where that is sure, else by the template."""
    shapes: dict[tuple[str, ...], _Shape | None] = {}
    made, checked = [], 0
    for one in said:
        roles = tuple(message.role for message in one)
        if roles not in shapes:
            shapes[roles] = _shape(roles, tokeniser)
        shape = shapes[roles]
        pair = shape.pair(one) if shape else _pair(one, tokeniser)
        if shape and checked < _COMPARED:
            checked += 1
            if pair != (sure := _pair(one, tokeniser)):
                shapes[roles], pair = None, sure
        made.append(pair)
    return made


def _pair(said: Sequence[Message], tokeniser: Tokeniser) -> _Pair:
    prompt, whole = tokeniser.rendered(said[:-1], to_answer=True), tokeniser.rendered(said, to_answer=False)
    if not whole.startswith(prompt):
        raise PrepareRefused(
            "the chat template writes something else before an answer than it does when it is asked for one"
        )
    return _Pair(prompt, whole[len(prompt) :])


@dataclass(frozen=True, slots=True)
class _Shape:
    """The fixed words of a template: before each message of the prompt, before the answer, and after it."""

    before: tuple[str, ...]
    asking: str
    after: str

    def pair(self, said: Sequence[Message]) -> _Pair:
        """Prompt and answer with these words."""
        parts = [part for words, one in zip(self.before, said, strict=False) for part in (words, one.content)]
        return _Pair("".join((*parts, self.asking)), said[-1].content + self.after)


def _shape(roles: Sequence[str], tokeniser: Tokeniser) -> _Shape | None:
    """The shape of conversations with these roles, None where contents do not come out as they went in."""
    marks = [f"content{place}of{len(roles)}x" for place in range(len(roles))]
    said = [Message(role, mark) for role, mark in zip(roles, marks, strict=True)]  # type: ignore[arg-type]
    pair = _pair(said, tokeniser)
    rest, before = pair.prompt, []
    for mark in marks[:-1]:
        words, found, rest = rest.partition(mark)
        if not found or mark in rest:
            return None
        before.append(words)
    if not pair.answer.startswith(marks[-1]):
        return None
    return _Shape(tuple(before), rest, pair.answer.removeprefix(marks[-1]))
