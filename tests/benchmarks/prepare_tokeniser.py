"""A small byte-pair tokeniser with a chat template, learned from the benchmark's own examples."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from finetune.prepare.tokenise import OfTransformers
from tests.stories.tiny_model import CHAT_TEMPLATE, SPECIAL

VOCABULARY = 8_000


def small_tokeniser(folder: Path, world: Path) -> OfTransformers:
    """Learned from the first 5,000 lines; as fast or slow as any fast tokeniser of transformers."""
    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False)
    with world.open(encoding="utf-8") as file:
        tokeniser.train_from_iterator(islice(file, 5_000), trainer)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokeniser, eos_token="<|end|>", pad_token="<|end|>"
    )
    wrapped.chat_template = CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
    return OfTransformers(wrapped)
