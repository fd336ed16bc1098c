"""An example as the tokens that training reads, and which of them the model learns to write: the answer's.

The prompt's tokens are exactly those that serving sends (`finetune.prepare.tokenise`), and a template that writes
another prompt once there is an answer is refused: a model that is trained on another beginning than it is asked with
answers worse, and nothing else would show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from assistant.prompt import Message
from finetune.dialogue import messages
from finetune.errors import TrainingFailed
from finetune.example import Example
from finetune.prepare.tokenise import OfTransformers, labels, parted

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_TOGETHER = 256


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of one example; the first `prompt` of them are asked, the others are the answer with its end."""

    example: Example
    ids: tuple[int, ...]
    prompt: int

    @property
    def labels(self) -> tuple[int, ...]:
        """What each place must predict about itself: `IGNORED` in the prompt, the token in the answer."""
        return tuple(labels(self.ids, self.prompt))


def encode(example: Example, tokenizer: PreTrainedTokenizerBase) -> Encoded:
    """The tokens of one example's prompt and answer. Raises as `encode_all`."""
    return next(encode_all((example,), tokenizer))


def encode_all(examples: Iterable[Example], tokenizer: PreTrainedTokenizerBase) -> Iterator[Encoded]:
    """The tokens of every example's prompt and answer, in order, some hundreds tokenised at once.

    Raises:
        BaseInvalid: the base has no chat template, or one by which training and serving would differ.
        TrainingFailed: an answer is empty.
    """
    reader = OfTransformers(tokenizer)
    for some in _batches(examples):
        prompts, answers = parted([_said(example) for example in some], reader)
        for example, prompt, answer in zip(some, prompts, answers, strict=True):
            yield Encoded(example, (*prompt, *answer), len(prompt))


def _batches(examples: Iterable[Example]) -> Iterator[tuple[Example, ...]]:
    left = iter(examples)
    while some := tuple(islice(left, _TOGETHER)):
        yield some


def _said(example: Example) -> tuple[Message, ...]:
    turns = messages(example)
    if turns[-1].role != "assistant" or not turns[-1].content.strip():
        raise TrainingFailed(f"Example {example.id} has no answer to learn.")
    return turns
