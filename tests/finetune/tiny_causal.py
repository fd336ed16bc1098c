"""A causal model that trains in seconds: a byte-level BPE tokeniser learned from the test's texts, two small layers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from tests.stories.tiny_model import CHAT_TEMPLATE, SPECIAL


def make_tokeniser(folder: Path, corpus: Iterable[str], vocabulary: int = 1024) -> PreTrainedTokenizerFast:
    """Real merges, so that a reply is some dozens of tokens and not hundreds."""
    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokeniser.train_from_iterator(corpus, trainer)
    wrapped: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokeniser,
        eos_token=SPECIAL[0],
        pad_token=SPECIAL[0],
        additional_special_tokens=SPECIAL[1:],
    )
    wrapped.chat_template = CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
    return wrapped


def make_base(folder: Path, corpus: Iterable[str], *, hidden: int = 64, layers: int = 2, seed: int = 7) -> Path:
    """A folder with an untrained model and its tokeniser. Heads of 32 are the smallest that vLLM's CPU attention takes.

    Wider first weights than a large model's: so few layers at the usual 0.02 pass on almost nothing, and an adapter on
    them would need thousands of steps to learn a sentence.
    """
    tokeniser = make_tokeniser(folder, corpus)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokeniser),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        num_key_value_heads=hidden // 32,
        max_position_embeddings=16_384,
        initializer_range=0.1,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
