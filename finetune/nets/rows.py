"""What a net learns from, and the same in numbers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from finetune.errors import TrainingFailed
from retrieval.net_card import Task
from retrieval.net_input import Tokenizer, Tokens, Window, pair, tokens, windows

IGNORED = -100
"""The target of a token that is not learned from: [CLS], [SEP] and padding (the default of PyTorch's loss)."""


@dataclass(frozen=True, slots=True)
class TagRow:
    """A text and its marked stretches: (start, end, label) in characters. What is not marked has the first label."""

    text: str
    spans: tuple[tuple[int, int, str], ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text and its label."""

    text: str
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class PairRow:
    """A claim `a` and its evidence `b`, and the label of the two together."""

    a: str
    b: str
    label: str
    weight: float = 1.0


Rows = Sequence[TagRow] | Sequence[TextRow] | Sequence[PairRow]


@dataclass(frozen=True, slots=True)
class Example:
    """One window with its targets: one for each token of a tag row, one for the whole of the others."""

    window: Window
    targets: tuple[int, ...]
    weight: float


def examples(rows: Rows, task: Task, labels: Sequence[str], tokenizer: Tokenizer, max_tokens: int) -> list[Example]:
    """The rows as the net reads them. A long tag row gives several windows; of a long text only the first is learned.

    Raises:
        TrainingFailed: there are no rows, or one has a label that is not in `labels` or does not fit the task.
    """
    number = {label: place for place, label in enumerate(labels)}
    texts = [row.a if isinstance(row, PairRow) else row.text for row in rows]
    read = tokens(tokenizer, texts) if texts else ()
    evidence = [row.b for row in rows if isinstance(row, PairRow)]
    others = iter(tokens(tokenizer, evidence) if evidence else ())
    made: list[Example] = []
    try:
        for row, text in zip(rows, read, strict=True):
            if isinstance(row, PairRow) and task == "pair":
                window = pair(tokenizer, text, next(others), max_tokens)
                made.append(Example(window, (number[row.label],), row.weight))
            elif isinstance(row, TextRow) and task == "text":
                made.append(Example(windows(tokenizer, text, max_tokens)[0], (number[row.label],), row.weight))
            elif isinstance(row, TagRow) and task == "tag":
                targets = _targets(row, text, number)
                for window in windows(tokenizer, text, max_tokens):
                    own = targets[window.first : window.first + len(window.ids) - 2]
                    made.append(Example(window, (IGNORED, *own, IGNORED), row.weight))
            else:
                raise TrainingFailed(f"A {type(row).__name__} is no row of a net for {task}.")
    except KeyError as fault:
        raise TrainingFailed(f"The label {fault.args[0]!r} is not one of the net's labels.") from fault
    if not made:
        raise TrainingFailed("There are no rows to learn from.")
    return made


def _targets(row: TagRow, text: Tokens, number: dict[str, int]) -> list[int]:
    """A token has the label of the stretch that it touches, even where the stretch ends inside it."""
    found = []
    for start, end in text.offsets:
        label = next((label for a, b, label in row.spans if start < b and a < end), None)
        found.append(0 if label is None else number[label])
    return found


def mixed_batches(made: Sequence[Example], size: int, seed: int) -> Iterator[list[Example]]:
    """The examples in random order, in batches of similar length: sorted within pools of fifty batches."""
    chance = random.Random(seed)
    order = list(made)
    chance.shuffle(order)
    cut = []
    for at in range(0, len(order), 50 * size):
        pool = sorted(order[at : at + 50 * size], key=lambda one: len(one.window.ids))
        cut += [pool[start : start + size] for start in range(0, len(pool), size)]
    chance.shuffle(cut)
    yield from cut


def rows_hash(rows: Rows) -> str:
    """The sha256 of the rows in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(asdict(row)).encode())
    return digest.hexdigest()
