"""Step clean: encoding, markup, boilerplate, white space; what is then empty, too long or in another language goes.

An answer that quotes evidence is left exactly as it is, and so is the evidence. Markup is taken out so that no number
changes: "10<sup>9</sup>" becomes "10^9", cells of a table stay apart, and a row with struck-out text is dropped, since
nobody can tell what its number was meant to be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from finetune.columns import NO_EVIDENCE, dropped
from finetune.prepare.language import languages
from finetune.prepare.settings import Settings

STEP = "clean"
# What needs a closer look; all other text is clean as it stands. Rust's regular expressions: no look-around.
_ODD = r"[^\x20-\x7e\n]|&[#a-zA-Z]|</?[a-zA-Z!]|[ ]{2,}|^\s|\s$|\n{3,}|[ \t]\n"
_STRUCK = r"(?i)<(?:s|strike|del)\b[^<>]*>"
_BOILERPLATE = (
    r"(?im)^\s*(?:"
    r"(?:hi|hello|dear)[ ,]+(?:there|user|sir or madam|doctor)?[^\n.!?]{0,60}(?:thank you for|thanks for)[^\n.!?]*[.!]"
    r"|as an ai(?: language)? model[^\n.!?]*[.!?]"
    r"|i(?:'| a)m (?:just |only )?an ai[^\n.!?]*[.!?]"
    r"|i(?:'| a)m not a (?:doctor|physician|medical professional)[^\n.!?]*[.!?]"
    r"|(?:(?:i )?hope (?:this|that) helps|let me know if you have (?:any )?(?:other|more|further)? ?questions)"
    r"[^\n.!?]*[.!]?"
    r"|(?:copyright|©)[^\n]{0,120}|all rights reserved[^\n]{0,40}"
    r"|(?:sign up|subscribe) (?:for|to) [^\n]{0,120}|(?:accept|we use) cookies[^\n]{0,120}"
    r")\s*"
)
_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_SUPERSCRIPT = re.compile(r"<sup\b[^<>]*>\s*([+-]?\d+)\s*</sup\s*>", re.IGNORECASE)
_INLINE = re.compile(r"</?(?:b|i|u|em|strong|span|a|font|small|mark|sub|sup|code)\b[^<>]*>", re.IGNORECASE)
_BREAK = re.compile(r"</?(?:p|br|div|li|ul|ol|tr|table|tbody|thead|h[1-6]|section|article|hr|pre)\b[^<>]*>", re.I)
_CELL = re.compile(r"</?(?:td|th|img|input|button|label|option)\b[^<>]*>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")


def clean(rows: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with clean text and their language, and what was dropped and why."""
    plain = pl.col("evidence") == NO_EVIDENCE
    struck = pl.col("question").str.contains(_STRUCK) | (plain & pl.col("answer").str.contains(_STRUCK))
    outcome = (
        pl.when(_length() > settings.longest).then(pl.lit("too long")).when(struck).then(pl.lit("struck-out text"))
    )
    rows, gone = _parted(rows, outcome)
    # `is_plain` stays what it was before: an answer of ours is in JSON, and boilerplate is none of its business.
    rows = rows.with_columns(
        question=_cleaned(rows["question"]),
        answer=pl.when(_is_plain()).then(_without_boilerplate(_cleaned(rows["answer"]))).otherwise("answer"),
        history=_cleaned_lists(rows),
    )
    letters = pl.col("question").str.count_matches(r"\p{L}")
    empty = (letters < settings.least_letters) | ~pl.col("answer").str.contains(r"[\p{L}\d]|^\[\]$")
    rows, none = _parted(rows, pl.when(empty).then(pl.lit("no text")))
    rows = rows.with_columns(languages(rows))
    strange = ~pl.col("language").is_in(settings.languages)
    rows, foreign = _parted(rows, pl.when(strange).then(pl.format("language {}", "language")))
    return rows, pl.concat([gone, none, foreign])


def clean_text(text: str) -> str:
    """One text, repaired and without markup."""
    import ftfy

    text = ftfy.fix_text(text, normalization="NFC", uncurl_quotes=False, unescape_html=True)
    if "<" in text:
        text = _HIDDEN.sub(" ", text)
        text = _SUPERSCRIPT.sub(r"^\1", text)
        text = _INLINE.sub("", _CELL.sub(" ", _BREAK.sub("\n", text)))
    return _GAPS.sub("\n\n", _LINES.sub("\n", _SPACES.sub(" ", text))).strip()


def _is_plain() -> pl.Expr:
    return (pl.col("evidence") == NO_EVIDENCE) & ~pl.col("answer").str.starts_with("[")


def _length() -> pl.Expr:
    return (
        pl.col("question").str.len_chars()
        + pl.col("answer").str.len_chars()
        + pl.col("history").list.join("").str.len_chars()
    )


def _cleaned(column: pl.Series) -> pl.Series:
    """The column, with only those texts looked at closely that hold something to look at."""
    odd = column.str.contains(_ODD)
    if not odd.any():
        return column
    fixed = iter([clean_text(text) for text in column.filter(odd)])
    return pl.Series(column.name, [next(fixed) if look else text for text, look in zip(column, odd, strict=True)])


def _without_boilerplate(column: pl.Series) -> pl.Series:
    return column.str.replace_all(_BOILERPLATE, "").str.strip_chars()


def _cleaned_lists(rows: pl.DataFrame) -> pl.Series:
    history = rows["history"]
    if not history.list.len().sum():
        return history
    return pl.Series("history", [_each(texts) for texts in history], dtype=pl.List(pl.String()))


def _each(texts: Sequence[str]) -> list[str]:
    return [clean_text(text) for text in texts]


def _parted(rows: pl.DataFrame, reason: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows without a reason, and the others as dropped for theirs."""
    judged = rows.with_columns(reason.alias("_reason"))
    gone = judged.filter(pl.col("_reason").is_not_null())
    return judged.filter(pl.col("_reason").is_null()).drop("_reason"), dropped(gone, STEP, pl.col("_reason"))
