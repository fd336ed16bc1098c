"""How much memory a base needs, from its architecture: to serve in bfloat16, and to train a LoRA adapter on it.

- Weights: 2 bytes for each parameter.
- Keys and values of a token: 2 · layers · kv_heads · head_dim · 2 bytes.
- Adapter in training: 16 bytes for each of its parameters (weight and gradient in float32, AdamW's two moments). LoRA
  of rank r on the seven linear layers of a Llama-like block has about r · 20 · hidden parameters in each layer.
- Activations of a row with checkpointing: 2 · tokens · hidden bytes kept for each layer, and 34 · tokens · hidden for
  the one that is being recomputed (Korthikanti et al. 2022, arXiv:2205.05198, without the attention matrix, which
  scaled-dot-product attention does not keep).
- A tenth on top, for the framework and what is fragmented.
"""

from __future__ import annotations

from finetune.base_facts import BaseFacts, Use

_GB = 1e9
_RESERVE = 1.1


def weights_gb(facts: BaseFacts) -> float | None:
    """GB of the weights in bfloat16; None while the number of parameters is unknown."""
    return 2 * facts.parameters.value / _GB if facts.parameters else None


def token_bytes(facts: BaseFacts) -> int | None:
    """Bytes that a served token keeps; None while the architecture is unknown."""
    size = facts.architecture
    return 2 * size.layers * size.kv_heads * size.head_dim * 2 if size else None


def serving_gb(facts: BaseFacts, use: Use) -> float | None:
    """GB to serve the use's conversations at once; None while something is unknown."""
    weights, token = weights_gb(facts), token_bytes(facts)
    if weights is None or token is None:
        return None
    return (weights + use.at_once * use.tokens * token / _GB) * _RESERVE


def training_gb(facts: BaseFacts, use: Use) -> float | None:
    """GB to train a LoRA adapter on rows of the use's length, one at a time; None while something is unknown."""
    weights, size = weights_gb(facts), facts.architecture
    if weights is None or size is None:
        return None
    adapter = 16 * use.rank * 20 * size.hidden * size.layers
    activations = use.tokens * size.hidden * (2 * size.layers + 34)
    return (weights + (adapter + activations) / _GB) * _RESERVE
