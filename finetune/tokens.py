"""An example as tokens: the chat template of the base, and which tokens the model learns to write.

Only the answer is learned. The prompt's tokens are exactly those that serving sends (the template with its opening of
the reply), and an example whose whole text does not begin with them is refused: a model that is trained on another
beginning than it is asked with answers worse, and nothing else would show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from jinja2 import TemplateError

from finetune.dialogue import messages
from finetune.errors import BaseInvalid, TrainingFailed
from finetune.example import Example

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that is read and not learned, as PyTorch's cross entropy skips it."""


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


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """The examples that fit, and the ids of those that are longer than a row and were left out."""

    kept: tuple[Encoded, ...]
    too_long: tuple[str, ...]


def encode_all(examples: Iterable[Example], tokenizer: PreTrainedTokenizerBase, most: int) -> EncodedRows:
    """Encode every example; one of more than `most` tokens is left out, for a cut answer teaches never to end.

    Raises:
        BaseInvalid, TrainingFailed: as `encode`.
    """
    made = [encode(example, tokenizer) for example in examples]
    kept = tuple(one for one in made if len(one.ids) <= most)
    return EncodedRows(kept, tuple(one.example.id for one in made if len(one.ids) > most))


def encode(example: Example, tokenizer: PreTrainedTokenizerBase) -> Encoded:
    """The tokens of the prompt and the answer.

    Raises:
        BaseInvalid: the base has no chat template, or it does not take these messages.
        TrainingFailed: the answer is empty, or the template writes the prompt otherwise once an answer follows.
    """
    said = [{"role": message.role, "content": message.content} for message in messages(example)]
    if said[-1]["role"] != "assistant" or not said[-1]["content"].strip():
        raise TrainingFailed(f"Example {example.id} has no answer to learn.")
    asked = _tokens(tokenizer, said[:-1], opens=True)
    whole = _tokens(tokenizer, said, opens=False)
    if whole[: len(asked)] != asked or len(whole) <= len(asked):
        raise TrainingFailed(
            "The base's chat template does not write a conversation as the prompt followed by the answer (it hides or "
            "moves something once there is an answer): training and serving would differ; use another base or template."
        )
    return Encoded(example, whole, len(asked))


def _tokens(tokenizer: PreTrainedTokenizerBase, said: list[dict[str, str]], *, opens: bool) -> tuple[int, ...]:
    if not tokenizer.chat_template:
        raise BaseInvalid(
            "The base has no chat template; choose an instruction-tuned model, or put a template beside it."
        )
    try:
        ids = tokenizer.apply_chat_template(said, add_generation_prompt=opens, tokenize=True, return_dict=False)
    except (TemplateError, TypeError, ValueError, LookupError) as fault:
        told = " ".join(str(fault).split())[:200]
        raise BaseInvalid(f"The base's chat template does not take a system message and a question: {told}") from fault
    return tuple(cast("list[int]", ids))
