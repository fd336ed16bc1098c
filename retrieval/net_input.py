"""What the nets read: texts cut into windows of tokens, in one way for training and for use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.errors import EncoderError

_TOKENS_PER_BATCH = 4096


class Tokenizer(Protocol):
    """What we need of a fast tokenizer of the BERT family."""

    cls_token_id: int
    sep_token_id: int

    def __call__(
        self,
        text: list[str],
        *,
        add_special_tokens: bool,
        truncation: bool,
        return_offsets_mapping: bool,
        verbose: bool,
    ) -> Tokenized:
        """The tokens of each text."""
        ...


class Tokenized(Protocol):
    """The tokenizer's result, with one list for each text."""

    input_ids: list[list[int]]
    offset_mapping: list[list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text in pieces: the number of each token and where it stands, as (start, end) characters."""

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder reads at once, with its [CLS] and [SEP]. `types` is 1 for the second text of a pair.

    `first` is the place of its first token (after [CLS]) in its text.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    first: int = 0


def tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tokens, ...]:
    """Each text in tokens, whole: nothing is cut off and nothing added."""
    made = tokenizer(
        list(texts), add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False
    )
    pairs = zip(made.input_ids, made.offset_mapping, strict=True)
    return tuple(Tokens(tuple(ids), tuple(offsets)) for ids, offsets in pairs)


def windows(tokenizer: Tokenizer, text: Tokens, max_tokens: int) -> tuple[Window, ...]:
    """The text in windows of at most `max_tokens`, each sharing a quarter with the last; an empty text has one."""
    room = max_tokens - 2
    starts = range(0, max(1, len(text.ids) - room // 4), room - room // 4)
    made = []
    for start in starts:
        ids = (tokenizer.cls_token_id, *text.ids[start : start + room], tokenizer.sep_token_id)
        made.append(Window(ids, (0,) * len(ids), start))
    return tuple(made)


def pair(tokenizer: Tokenizer, a: Tokens, b: Tokens, max_tokens: int) -> Window:
    """Both texts in one window. Only `b`, the evidence, is cut where they do not fit.

    Raises:
        EncoderError: `a` leaves no room for `b`.
    """
    room = max_tokens - 3 - len(a.ids)
    if room < min(len(b.ids), max_tokens // 4):
        raise EncoderError(f"A text of {len(a.ids)} tokens leaves no room for its evidence in {max_tokens}.")
    first = (tokenizer.cls_token_id, *a.ids, tokenizer.sep_token_id)
    second = (*b.ids[:room], tokenizer.sep_token_id)
    return Window(first + second, (0,) * len(first) + (1,) * len(second))


def batches(read: Sequence[Window], largest: int) -> Iterator[list[int]]:
    """Places in `read`, longest windows first, so that a batch pads little; at most `largest` windows in one batch."""
    order = sorted(range(len(read)), key=lambda place: -len(read[place].ids))
    batch: list[int] = []
    for place in order:
        if batch and (len(batch) == largest or (len(batch) + 1) * len(read[batch[0]].ids) > _TOKENS_PER_BATCH):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
