"""Learned nets on the one encoder: a LoRA adapter switched in, a linear head on top, and out again.

The encoder's weights are in memory once. Adapters are loaded beside them (Hu et al., ICLR 2022) and stay switched off
except inside `tag` and `score`, so embeddings are bit for bit what they are without any net. A net's folder holds
`adapter_config.json`, `adapter_model.safetensors`, `head.safetensors` (`weight`, `bias`), `net.json` and `CARD.md`.

Its head is one linear layer: for `tag` on the last hidden state of each token, for `text` and `pair` on that of [CLS]
joined with the mean over all tokens.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.errors import EncoderError
from retrieval.net_card import ADAPTER, HEAD, NetCard, Task, file_hash, read_card
from retrieval.net_input import Tokens, Window, batches, pair, tokens, windows

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

# A LoRA layer does not slow down with the size of a batch; larger ones only pad more.
_BATCH = 32


@dataclass(frozen=True)
class Tagged:
    """The tokens of one text: `offsets` (tokens, 2) in characters, `probabilities` (tokens, labels)."""

    offsets: NDArray[np.int32]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class _Net:
    card: NetCard
    adapter: str
    weight: torch.Tensor
    bias: torch.Tensor


class Nets:
    """All learned nets of one encoder. Each loads at its first use and stays. Safe to call from several threads."""

    def __init__(self, encoder: Encoder, instead: Mapping[Path, Path] | None = None) -> None:
        """`instead` names, for the folder of a net that ships, the folder of a released one that takes its place."""
        self._encoder = encoder
        self._instead = dict(instead or {})
        self._model: PeftModel | None = None
        self._base = ""
        self._nets: dict[Path, _Net] = {}

    def place(self, folder: Path) -> Path:
        """Where the net of this folder is really read from."""
        return self._instead.get(folder, folder)

    def card(self, folder: Path) -> NetCard:
        """What the net in this folder says about itself.

        Raises:
            EncoderError: it has no readable `net.json`.
        """
        folder = self.place(folder)
        net = self._nets.get(folder)
        return net.card if net else read_card(folder)

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        """The calibrated probabilities of each token of each text; a long text is read in overlapping windows.

        Where two windows share a token, the one in which it stands further from an edge counts.

        Raises:
            EncoderError: the net cannot be loaded, was made for another base, or gave a value that is not a number.
        """
        if not texts:
            return ()
        with self._encoder.borrowed(len(texts)) as base:
            net = self._loaded(base, folder, "tag")
            read = tokens(base.tokenizer, texts)
            cut = [windows(base.tokenizer, text, net.card.max_tokens) for text in read]
            flat = self._probabilities(base, net, [window for text in cut for window in text])
        made, at = [], 0
        for text, own in zip(read, cut, strict=True):
            made.append(_joined(text, own, flat[at : at + len(own)], len(net.card.labels)))
            at += len(own)
        return tuple(made)

    def score(self, texts: Sequence[str] | Sequence[tuple[str, str]], folder: Path) -> NDArray[np.float32]:
        """Calibrated probabilities (len(texts), labels) of texts, or of pairs (claim, evidence).

        A text longer than a window is read in windows, and the one with the least of `labels[0]`, the ordinary label,
        counts. In a pair only the evidence is cut; a caller whose evidence is long passes it in parts.

        Raises:
            EncoderError: the net cannot be loaded, was made for another base, or gave a value that is not a number; or
                a claim leaves no room for its evidence.
        """
        with self._encoder.borrowed(len(texts)) as base:
            net = self._loaded(base, folder, "pair" if texts and not isinstance(texts[0], str) else "text")
            cut = _cut(base, texts, net.card.max_tokens)
            flat = self._probabilities(base, net, [window for text in cut for window in text])
        made, at = np.zeros((len(texts), len(net.card.labels)), dtype=np.float32), 0
        for place, own in enumerate(cut):
            rows = np.stack(flat[at : at + len(own)])
            made[place] = rows[rows[:, 0].argmin()]
            at += len(own)
        return made

    def _loaded(self, base: SentenceTransformer, folder: Path, task: Task) -> _Net:
        folder = self.place(folder)
        if folder not in self._nets:
            self._nets[folder] = self._load(base, folder)
        net = self._nets[folder]
        if net.card.task != task:
            raise EncoderError(f"The learned net {net.card.name!r} is for {net.card.task}, not for {task}.")
        return net

    def _load(self, base: SentenceTransformer, folder: Path) -> _Net:
        card = read_card(folder)
        self._base = self._base or file_hash(self._encoder.weights_file())
        if card.base != self._base:
            raise EncoderError(f"The learned net {card.name!r} was trained on another encoder than the one in use.")
        if (file_hash(folder / ADAPTER), file_hash(folder / HEAD)) != (card.adapter, card.head):
            raise EncoderError(f"The weights of the learned net {card.name!r} are not those that its card names.")
        weight, bias = _head(folder, card, transformer(base).config.hidden_size)
        device = transformer(base).device
        adapter = f"net{len(self._nets)}"
        self._model = _with_adapter(self._model, base, folder, adapter)
        return _Net(card, adapter, weight.to(device), bias.to(device))

    def _probabilities(self, base: SentenceTransformer, net: _Net, read: Sequence[Window]) -> list[NDArray[np.float32]]:
        """For each window (tokens, labels) of a tagging net, without [CLS] and [SEP], or (labels,) of the others."""
        import torch

        if self._model is None:
            raise EncoderError("No learned net is loaded.")
        found: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(read)
        try:
            _switch(base, True)
            self._model.set_adapter(net.adapter, inference_mode=True)
            with torch.inference_mode():
                for batch in batches(read, _BATCH):
                    made = self._batch(base, net, [read[place] for place in batch])
                    for place, row in zip(batch, made, strict=True):
                        found[place] = row[1 : len(read[place].ids) - 1] if net.card.task == "tag" else row
        finally:
            _switch(base, False)
        if not all(np.isfinite(row).all() for row in found):
            raise EncoderError(f"The learned net {net.card.name!r} gave a value that is not a number.")
        return found

    def _batch(self, base: SentenceTransformer, net: _Net, read: Sequence[Window]) -> NDArray[np.float32]:
        import torch

        hidden, mask = hidden_states(transformer(base), read)
        logits = features(hidden, mask, net.card.task) @ net.weight.T + net.bias
        made: NDArray[np.float32] = torch.softmax(logits / net.card.temperature, dim=-1).cpu().numpy()
        return made


def transformer(base: SentenceTransformer) -> PreTrainedModel:
    """The transformer inside a sentence-transformers model.

    Raises:
        EncoderError: there is none.
    """
    from transformers import PreTrainedModel

    found = getattr(base[0], "auto_model", None)
    if not isinstance(found, PreTrainedModel):
        raise EncoderError("The embedding model is no transformer, so no learned net works on it.")
    return found


def hidden_states(model: PreTrainedModel | PeftModel, read: Sequence[Window]) -> tuple[torch.Tensor, torch.Tensor]:
    """The last hidden states (windows, tokens, size) and the mask (windows, tokens) of windows padded to one length."""
    import torch

    device = next(model.parameters()).device
    longest = max(len(window.ids) for window in read)
    ids, types, mask = (torch.zeros((len(read), longest), dtype=torch.long) for _ in range(3))
    for row, window in enumerate(read):
        size = len(window.ids)
        ids[row, :size] = torch.tensor(window.ids)
        types[row, :size] = torch.tensor(window.types)
        mask[row, :size] = 1
    ids, types, mask = ids.to(device), types.to(device), mask.to(device)
    made = model(input_ids=ids, attention_mask=mask, token_type_ids=types)
    return made.last_hidden_state, mask


def features(hidden: torch.Tensor, mask: torch.Tensor, task: Task) -> torch.Tensor:
    """What the head reads, in float32: each token (windows, tokens, size), or each window (windows, 2 * size)."""
    import torch

    hidden = hidden.float()
    if task == "tag":
        return hidden
    weights = mask.unsqueeze(-1).float()
    mean = (hidden * weights).sum(1) / weights.sum(1)
    return torch.cat((hidden[:, 0], mean), dim=-1)


def feature_size(hidden_size: int, task: Task) -> int:
    """How wide `features` are."""
    return hidden_size if task == "tag" else 2 * hidden_size


def _cut(
    base: SentenceTransformer, texts: Sequence[str] | Sequence[tuple[str, str]], max_tokens: int
) -> list[tuple[Window, ...]]:
    plain = [text for text in texts if isinstance(text, str)]
    if len(plain) == len(texts):
        return [windows(base.tokenizer, text, max_tokens) for text in tokens(base.tokenizer, plain)] if plain else []
    claims = tokens(base.tokenizer, [text[0] for text in texts])
    evidence = tokens(base.tokenizer, [text[1] for text in texts])
    return [(pair(base.tokenizer, a, b, max_tokens),) for a, b in zip(claims, evidence, strict=True)]


def _joined(text: Tokens, own: Sequence[Window], found: Sequence[NDArray[np.float32]], labels: int) -> Tagged:
    probabilities = np.zeros((len(text.ids), labels), dtype=np.float32)
    inside = np.full(len(text.ids), -1, dtype=np.int64)
    for window, rows in zip(own, found, strict=True):
        places = np.arange(window.first, window.first + len(rows))
        end = window.first + len(rows)
        # The two ends of the text are no edges: nothing was cut off there.
        left = places - window.first if window.first else np.full(len(rows), len(text.ids))
        right = end - 1 - places if end < len(text.ids) else np.full(len(rows), len(text.ids))
        depth = np.minimum(left, right)
        better = depth > inside[places]
        inside[places[better]] = depth[better]
        probabilities[places[better]] = rows[better]
    return Tagged(np.array(text.offsets, dtype=np.int32).reshape(-1, 2), probabilities)


def _head(folder: Path, card: NetCard, hidden_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        held = load_file(folder / HEAD)
        weight, bias = held["weight"].float(), held["bias"].float()
    except (OSError, KeyError, SafetensorError) as fault:
        raise EncoderError(f"The head of the learned net {card.name!r} cannot be read.") from fault
    if weight.shape != (len(card.labels), feature_size(hidden_size, card.task)) or bias.shape != weight.shape[:1]:
        raise EncoderError(f"The head of the learned net {card.name!r} does not fit its labels or the encoder.")
    if not (torch.isfinite(weight).all() and torch.isfinite(bias).all()):
        raise EncoderError(f"The head of the learned net {card.name!r} holds a value that is not a number.")
    return weight, bias


def _with_adapter(model: PeftModel | None, base: SentenceTransformer, folder: Path, adapter: str) -> PeftModel:
    """The base with one more adapter, all of them switched off. The base's own layers are wrapped, never copied."""
    import peft
    from safetensors import SafetensorError

    where = str(folder)
    try:
        with no_notice():
            if model is None:
                model = peft.PeftModel.from_pretrained(
                    transformer(base), where, adapter_name=adapter, autocast_adapter_dtype=False
                )
            else:
                model.load_adapter(where, adapter_name=adapter, autocast_adapter_dtype=False)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as fault:
        raise EncoderError(f"The adapter of the learned net in {folder.name!r} cannot be loaded.") from fault
    finally:
        _switch(base, False)
    return model.eval()


@contextmanager
def no_notice() -> Iterator[None]:
    """Without the notice that peft 0.21 asks transformers for something by its old name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
        yield


def _switch(base: SentenceTransformer, on: bool) -> None:
    """Let the adapters take part, or leave the encoder as it was; also where loading one broke off."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for layer in transformer(base).modules():
        if isinstance(layer, BaseTunerLayer):
            layer.enable_adapters(on)
