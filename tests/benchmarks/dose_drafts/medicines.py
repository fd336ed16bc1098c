"""Another medicine in place of the right one: of the same class, or of a name that looks alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.ingredient import base_name
from tests.benchmarks.dose_drafts.draft import Said
from tests.benchmarks.dose_drafts.exchange import tables


def wrong_medicines(said: Said) -> Iterator[str]:
    """A medicine of the sentence replaced throughout by one that the passage does not name."""
    for name, other in _names(said).items():
        here = re.compile(rf"(?<![\w-]){re.escape(name)}(?:-sztn)?(?![\w-])", re.IGNORECASE)
        if not here.search(said.text) or re.search(rf"\b{other}\b", said.passage.text, re.IGNORECASE):
            continue
        yield _replaced(said.text, here, other)


def _replaced(text: str, here: re.Pattern[str], other: str) -> str:
    return here.sub(lambda found: _cased(other, found.group()), text)


def _names(said: Said) -> dict[str, str]:
    """What to replace, and by what: the source's own medicine, its brands, and those that stand beside it."""
    own = [base_name(name) for name in said.passage.ingredients]
    main = next((tables().instead[name] for name in own if name in tables().instead), "")
    if not main:
        return dict(tables().beside)
    lower = said.text.lower()
    brands = {brand.lower(): main for brand in said.brands}
    named_twice = any(brand in lower for brand in brands) and any(name in lower for name in own)
    return dict(tables().beside) if named_twice else {**dict.fromkeys(own, main), **brands, **tables().beside}


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
