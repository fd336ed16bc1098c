"""Step tokenise: examples as the numbers that a model reads, with a mask so that it learns from answers only.

Messages come from `finetune.dialogue`, their form from the tokeniser's own chat template. A template is a program that
runs for every example; most only put the contents between fixed words. Those words are found once, and used as long
as they give what the template gives for the first examples of every batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from jinja2 import TemplateError

from assistant.prompt import Message
from finetune.columns import from_frame
from finetune.dialogue import messages
from finetune.errors import BaseInvalid
from finetune.prepare.word_ids import WordIds

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
    """A tokeniser of the transformers library. Raises `BaseInvalid` where it has no chat template."""

    def __init__(self, tokeniser: PreTrainedTokenizerBase) -> None:
        if not tokeniser.chat_template:
            raise BaseInvalid(
                "The base has no chat template; choose an instruction-tuned model, or put a template beside it."
            )
        self._tokeniser = tokeniser
        backend = getattr(tokeniser, "backend_tokenizer", None)
        self._words = WordIds(backend) if backend is not None else None

    def rendered(self, said: Sequence[Message], *, to_answer: bool) -> str:
        """The messages as the chat template writes them. Raises `BaseInvalid` where it does not take them."""
        turns = [{"role": one.role, "content": one.content} for one in said]
        try:
            made = self._tokeniser.apply_chat_template(turns, tokenize=False, add_generation_prompt=to_answer)
        except (TemplateError, TypeError, ValueError, LookupError) as fault:
            told = " ".join(str(fault).split())[:200]
            raise BaseInvalid(
                f"The base's chat template does not take a system message and a question: {told}"
            ) from fault
        return str(made)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        if self._words is not None:
            return self._words(texts)
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
        BaseInvalid: as `parted`.
    """
    prompts, answers = parted([messages(example) for example in from_frame(rows)], tokeniser)
    starts = np.fromiter(map(len, prompts), dtype=np.int32, count=len(prompts))
    sizes = starts + np.fromiter(map(len, answers), dtype=np.int32, count=len(answers))
    both = chain.from_iterable(chain.from_iterable(zip(prompts, answers, strict=True)))
    flat = np.fromiter(both, dtype=np.int32, count=int(sizes.sum()))
    ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    whole = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(ends), pa.array(flat)))
    frame = pl.DataFrame({"id": rows["id"], "input_ids": whole, "answer_start": starts}, schema=TOKENS)
    sized = frame.with_columns(tokens=pl.col("input_ids").list.len())
    return frame.filter(sized["tokens"] <= most), sized.filter(pl.col("tokens") > most).select("id", "tokens")


def parted(said: Sequence[Sequence[Message]], tokeniser: Tokeniser) -> tuple[list[list[int]], list[list[int]]]:
    """The tokens of each conversation's prompt and of its last message, the answer with its end.

    The answer's are apart from the prompt's, as they are when a model writes it.

    Raises:
        BaseInvalid: the template does not take the messages, or its words before an answer change with the answer, so
            that training and serving would differ.
    """
    pairs = _pairs(said, tokeniser)
    return tokeniser.ids([one.prompt for one in pairs]), tokeniser.ids([one.answer for one in pairs])


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
    if not whole.startswith(prompt) or len(whole) == len(prompt):
        raise BaseInvalid(
            "The base's chat template does not write a conversation as the prompt followed by the answer (it hides or "
            "moves something once there is an answer): training and serving would differ; use another base or template."
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
