"""Which language a row is in: a cheap look at its little words first, and a model where those do not decide."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from finetune.errors import ExtraMissing

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Little words that only English has: "in", "is", "of", "on" or "was" are words of its neighbours, too.
_LITTLE = (
    r"(?i)\b(?:the|and|what|how|with|are|should|does|this|that|when|have|from|which|been|were|will|would|your|than|there"
    r"|they|not|before|after|because|while|about|keep|given|taken)\b"
)
_SURE, _FEWEST = 0.06, 2
"""The share and the number of such words from which a text is English without a further look."""
_UNSURE = 0.6
"""Below this certainty of the model a short text counts as English: names of medicines belong to no language."""


def languages(rows: pl.DataFrame) -> pl.Series:
    """The language of each row, as an ISO 639-1 code, told from question and answer together."""
    text = pl.concat_str(["question", "answer"], separator=" ")
    judged = rows.select(
        text.alias("text"),
        text.str.count_matches(_LITTLE).alias("little"),
        text.str.count_matches(" ", literal=True).alias("words"),
        text.str.count_matches(r"[^\x00-\x7f]").alias("foreign"),
    )
    english = (judged["little"] >= _FEWEST) & (judged["little"] >= _SURE * judged["words"])
    sure = english & (judged["foreign"] * 5 <= judged["text"].str.len_chars())
    told = ["en" if known else language_of(text) for known, text in zip(sure, judged["text"], strict=True)]
    return pl.Series("language", told, dtype=pl.String)


def language_of(text: str) -> str:
    """The language that the model is sure of, else English. Raises `ExtraMissing`."""
    found, certainty = _model().classify(text)
    return found if certainty >= _UNSURE or len(text) > 200 else "en"


@cache
def _model() -> LanguageIdentifier:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise ExtraMissing("py3langid") from error
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
