"""An example as tokens: the chat template of the base, and which tokens the model learns to write.

Only the answer is learned. The prompt's tokens are exactly those that serving sends (the template with its opening of
the reply), and an example whose whole text does not begin with them is refused: a model that is trained on another
beginning than it is asked with answers worse, and nothing else would show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, cast

from jinja2 import TemplateError

from finetune.dialogue import messages
from finetune.errors import BaseInvalid, TrainingFailed
from finetune.example import Example

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that is read and not learned, as PyTorch's cross entropy skips it."""

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
        return (IGNORED,) * self.prompt + self.ids[self.prompt :]


def encode(example: Example, tokenizer: PreTrainedTokenizerBase) -> Encoded:
    """The tokens of one example's prompt and answer. Raises as `encode_all`."""
    return next(encode_all((example,), tokenizer))


def encode_all(examples: Iterable[Example], tokenizer: PreTrainedTokenizerBase) -> Iterator[Encoded]:
    """The tokens of every example's prompt and answer, in order, some hundreds tokenised at once.

    Raises:
        BaseInvalid: the base has no chat template, or it does not take these messages.
        TrainingFailed: an answer is empty, or the template writes the prompt otherwise once an answer follows.
    """
    for some in _batches(examples):
        said = [_said(example) for example in some]
        asked = _tokens(tokenizer, [turns[:-1] for turns in said], opens=True)
        whole = _tokens(tokenizer, said, opens=False)
        for example, prompt, both in zip(some, asked, whole, strict=True):
            if both[: len(prompt)] != prompt or len(both) <= len(prompt):
                raise TrainingFailed(
                    "The base's chat template does not write a conversation as the prompt followed by the answer (it "
                    "hides or moves something once there is an answer): training and serving would differ; use another "
                    "base or template."
                )
            yield Encoded(example, both, len(prompt))


def _batches(examples: Iterable[Example]) -> Iterator[tuple[Example, ...]]:
    left = iter(examples)
    while some := tuple(islice(left, _TOGETHER)):
        yield some


def _said(example: Example) -> list[dict[str, str]]:
    turns = [{"role": message.role, "content": message.content} for message in messages(example)]
    if turns[-1]["role"] != "assistant" or not turns[-1]["content"].strip():
        raise TrainingFailed(f"Example {example.id} has no answer to learn.")
    return turns


def _tokens(
    tokenizer: PreTrainedTokenizerBase, said: Sequence[Sequence[dict[str, str]]], *, opens: bool
) -> list[tuple[int, ...]]:
    """The template's texts as tokens; it writes the special tokens itself, as it does when a server uses it."""
    if not tokenizer.chat_template:
        raise BaseInvalid(
            "The base has no chat template; choose an instruction-tuned model, or put a template beside it."
        )
    try:
        texts = [
            tokenizer.apply_chat_template(list(turns), add_generation_prompt=opens, tokenize=False) for turns in said
        ]
    except (TemplateError, TypeError, ValueError, LookupError) as fault:
        told = " ".join(str(fault).split())[:200]
        raise BaseInvalid(f"The base's chat template does not take a system message and a question: {told}") from fault
    made = tokenizer([str(text) for text in texts], add_special_tokens=False, return_attention_mask=False)
    return [tuple(ids) for ids in cast("list[list[int]]", made["input_ids"])]
