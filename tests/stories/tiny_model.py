"""Makes a tiny language model with random weights, its tokeniser and a LoRA adapter: real files, real nonsense."""

from __future__ import annotations

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPACE = "Ġ"
"""How a byte-level tokeniser writes a space."""
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def make_tokeniser(folder: Path, corpus: list[str]) -> PreTrainedTokenizerFast:
    """Bytes and no merges: sampling at random still finds the end of a sentence, and no word of a quote by chance."""
    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + len(SPECIAL), special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokeniser.train_from_iterator(corpus, trainer)
    wrapped: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokeniser, eos_token="<|end|>", pad_token="<|end|>"
    )
    wrapped.chat_template = CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
    return wrapped


def make_model(folder: Path, vocabulary: int, longing: list[int], shunned: list[int]) -> LlamaForCausalLM:
    """Two layers of random weights that want to say the `longing` tokens at every step and the `shunned` ones at none.

    Heads of 32 are the smallest that vLLM's CPU attention takes. The first of the hidden dimensions is set by every
    token and written by no layer, so that weights on it are a constant push on the tokens that they belong to.
    """
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=16_384,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = 1.0
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight[0] = 0.0
            layer.mlp.down_proj.weight[0] = 0.0
        model.lm_head.weight[:, 0] = 0.0
        model.lm_head.weight[longing, 0] = 0.35
        model.lm_head.weight[shunned, 0] = -3.0
    model.save_pretrained(folder)
    return model


def make_adapter(folder: Path, model: LlamaForCausalLM) -> None:
    """A LoRA adapter that changes what the model says: both of its matrices are random."""
    config = LoraConfig(
        r=8,
        lora_alpha=8,
        target_modules=["q_proj", "v_proj", "gate_proj"],
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    get_peft_model(model, config).save_pretrained(str(folder))
