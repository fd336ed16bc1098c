"""The tokens of texts by their words: each different word goes through the tokeniser once, and is remembered.

Most tokenisers cut a text before the single space that parts two words, and look at no word across it. Whether this one
does is found out, not believed: its vocabulary must hold nothing that goes on past a space, its special tokens no space
and no appetite for one, and around that space no pair of signs, of all kinds, may come out otherwise in one piece than
in two. A tokeniser that fails is asked for whole texts, as is a text with other white space around a space.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MOST = 500_000
"""Words remembered at most, some 100 MB; then it begins anew."""
_ODD = re.compile(r" \s|\s |^ | $")
_SIGNS = (
    *("a", "Z", "é", "ß", "Ω", "я", "中", "日本", "ا", "7", "42", "1234", "٣", "½", "²"),
    *("'s", "don't", "I'LL", "mg/mL"),
    *("'", '"', "(", ")", ".", ",", "-", "–", "/", "%", "<", ">", "|", "_", "#", "@", "\\", "&", "€", "°", "µ", "µg"),
    *("™", "👩‍⚕️", "\u0301", "e\u0301", "\u200b", "\u00a0", "\ufeff", "<|end|>", "...", "(2)", "x²", "3.5", "1,000"),
    *("end.\n", "\n\nnext", "a\tb", "end.\r\nb"),
)
"""Signs of every kind that tokenisers tell apart."""


class WordIds:
    """Tokens of texts from a fast tokeniser, without any that it would add."""

    def __init__(self, backend: Tokenizer) -> None:
        self._backend = backend
        self._first: dict[str, list[int]] = {}
        self._after: dict[str, list[int]] = {}
        self.by_words = _parts_at_spaces(backend)

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        if not self.by_words:
            return _ids(self._backend, texts)
        cut = [_words(text) for text in texts]
        self._learn([words for words in cut if words is not None])
        odd = iter(_ids(self._backend, [text for text, words in zip(texts, cut, strict=True) if words is None]))
        return [next(odd) if words is None else self._joined(words) for words in cut]

    def _joined(self, words: Sequence[str]) -> list[int]:
        made, after = list(self._first[words[0]]), self._after
        for word in words[1:]:
            made += after[word]
        return made

    def _learn(self, texts: Iterable[Sequence[str]]) -> None:
        if len(self._first) + len(self._after) > MOST:
            self._first, self._after = {}, {}
        first, after = set[str](), set[str]()
        for words in texts:
            first.add(words[0])
            after.update(words[1:])
        for known, new, space in ((self._first, first, ""), (self._after, after, " ")):
            unknown = sorted(new - known.keys())
            known.update(zip(unknown, _ids(self._backend, [space + word for word in unknown]), strict=True))


def _words(text: str) -> list[str] | None:
    """The text cut before each space, None where other white space stands around one."""
    words = text.split(" ")
    # Where all white space is single spaces, both ways to cut agree; only other texts need the slower look.
    return None if words != text.split() and _ODD.search(text) else words


def _ids(backend: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    return [one.ids for one in backend.encode_batch_fast(list(texts), add_special_tokens=False)]


def _parts_at_spaces(backend: Tokenizer) -> bool:
    """Whether the tokens of two words are those of the first, and of a space with the second."""
    held = json.loads(backend.to_str())
    added = held["added_tokens"]
    if any(" " in one["content"] or one["lstrip"] or one["rstrip"] or one["single_word"] for one in added):
        return False
    space = _space(backend)
    if not space or any(space in piece.lstrip(space) for piece in backend.get_vocab(with_added_tokens=False)):
        return False
    whole = [f"{one} {other}" for one, other in product(_SIGNS, _SIGNS) if not _ODD.search(f"{one} {other}")]
    pairs = [text.split(" ") for text in whole]
    before = _ids(backend, [one for one, _ in pairs])
    after = _ids(backend, [f" {other}" for _, other in pairs])
    return all(one == [*b, *a] for one, b, a in zip(_ids(backend, whole), before, after, strict=True))


def _space(backend: Tokenizer) -> str:
    """How the vocabulary writes a space, "" where that cannot be told."""
    pieces = backend.encode("a a", add_special_tokens=False).tokens
    written = {piece[0] for piece in pieces[1:] if piece and piece != "a"}
    return next(iter(written)) if len(written) == 1 else ""
