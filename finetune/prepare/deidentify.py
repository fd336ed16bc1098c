"""Step de-identify: the guardrail's own masker over everything that a person may have written. Fail closed.

Nothing of a row is stored before it passed here. A row whose masking failed is dropped and counted; there is no
setting that leaves this step out. A reply in our format is masked claim by claim, and its quotes, which are those of
public sources, stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from assistant.errors import DraftMalformed
from assistant.reply import ReplyReader, write_reply
from finetune.columns import NO_EVIDENCE, dropped, passages_of
from finetune.dialogue import is_reply
from guardrails.claim import Claim
from guardrails.identifiers import Kind

STEP = "de-identify"
PSEUDONYM = 16
"""Bytes of a pseudonym: two patients of millions never share one."""


_OUR_ENDING = re.compile(r"(?:-[0-9a-f]{8,64}|@\S*)$")
_PARTING = re.compile(r"[-_./]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without identifiers, and the kinds of those that were masked, in order."""

    text: str
    kinds: tuple[Kind, ...] = ()


Mask: TypeAlias = Callable[[Sequence[str]], list[Masked | None]]
"""Masks each text; None where that failed."""


def deidentify(
    rows: pl.DataFrame, mask: Mask, key: str, *, public_evidence: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows without identifiers, with a column `masked` of the kinds, and what was dropped.

    `group` becomes a pseudonym under `key`: equal for one patient, and worth nothing to who has no key. Evidence must
    stay word for word, so that of a foreign row is not masked: with an identifier in it the row is dropped.
    `public_evidence` says that it is of our own index.
    """
    private = None if public_evidence else _private(rows, mask)
    if private is not None:
        made, gone = deidentify(rows.filter(~private), mask, key, public_evidence=True)
        return made, pl.concat([dropped(rows.filter(private), STEP, "identifiers in its evidence"), gone])
    texts = _texts(rows)
    masked = dict(zip(texts, mask(texts), strict=True))
    questions = [masked[text] for text in rows["question"]]
    answers = [_answer(text, masked) for text in rows["answer"]]
    histories = [_whole([masked[text] for text in texts]) for texts in rows["history"]]
    failed = pl.Series([None in three for three in zip(questions, answers, histories, strict=True)], dtype=pl.Boolean)
    made = rows.with_columns(
        pl.Series("question", [_text_of(one) for one in questions], dtype=pl.String),
        pl.Series("answer", [_text_of(one) for one in answers], dtype=pl.String),
        pl.Series("history", [[each.text for each in one or ()] for one in histories], dtype=pl.List(pl.String())),
        pl.Series("group", [pseudonym(name, key) for name in rows["group"]], dtype=pl.String),
        pl.Series("masked", [_kinds(*three) for three in zip(questions, answers, histories, strict=True)],
                  dtype=pl.List(pl.String())),
    )  # fmt: skip
    return made.filter(~failed), dropped(rows.filter(failed), STEP, "could not be masked")


def pseudonym(name: str, key: str) -> str:
    """A name that stands for another one, by keyed BLAKE2b (RFC 7693); "" stays ""."""
    if not name:
        return ""
    return hashlib.blake2b(name.encode(), key=key.encode()[:64], digest_size=PSEUDONYM).hexdigest()


def _private(rows: pl.DataFrame, mask: Mask) -> pl.Series | None:
    """Which rows have evidence that holds an identifier or could not be searched; None where no row has any.

    A quote that stands in no passage is evidence too, and so are the names of passages and sources: people name files
    after patients.
    """
    held = [_shown(evidence, answer) for evidence, answer in zip(rows["evidence"], rows["answer"], strict=True)]
    different = list(dict.fromkeys(text for texts in held for text in texts))
    if not different:
        return None
    found = dict(zip(different, mask(different), strict=True))
    return pl.Series([any((one := found[text]) is None or bool(one.kinds) for text in texts) for texts in held])


def _shown(evidence: str, answer: str) -> tuple[str, ...]:
    """What of a row must stay word for word: its passages, what its reply quotes beside them, and their names."""
    passages = () if evidence == NO_EVIDENCE else passages_of(evidence)
    cited = [citation for claim in _claims(answer) or () for citation in claim.citations]
    quotes = [one.quote for one in cited if not any(one.quote in each.text for each in passages)]
    whole = "\n".join("\n".join((one.title, *one.heading, one.text)) for one in passages)
    names = {_spoken(name) for each in passages for name in (each.key, each.source_id)}
    names |= {_spoken(one.key) for one in cited}
    return tuple(text for text in (whole, *dict.fromkeys(quotes), *sorted(names)) if text.strip())


def _spoken(name: str) -> str:
    """The name of a passage or a source in words, without the hash or version that ours end in."""
    return " ".join(_PARTING.sub(" ", _OUR_ENDING.sub("", name)).split())


def _texts(rows: pl.DataFrame) -> list[str]:
    """Every different text of the rows, in the order of its first use."""
    found = dict.fromkeys(rows["question"])
    for answer in rows["answer"]:
        found.update(dict.fromkeys(_parts(answer)))
    for texts in rows["history"]:
        found.update(dict.fromkeys(texts))
    return list(found)


def _parts(answer: str) -> list[str]:
    """What of an answer is masked: all of it, or the sentences of a reply."""
    claims = _claims(answer)
    return [answer] if claims is None else [claim.text for claim in claims]


def _claims(answer: str) -> list[Claim] | None:
    """The claims of a reply, None for any other answer."""
    if not is_reply(answer):
        return None
    reader = ReplyReader()
    try:
        found = list(reader.feed(answer))
    except DraftMalformed:
        return None
    return found if reader.complete else None


def _answer(answer: str, masked: dict[str, Masked | None]) -> Masked | None:
    claims = _claims(answer)
    if claims is None:
        return masked[answer]
    whole = _whole([masked[claim.text] for claim in claims])
    if whole is None:
        return None
    kinds = tuple(kind for one in whole for kind in one.kinds)
    said = [Claim(one.text, claim.citations) for one, claim in zip(whole, claims, strict=True)]
    return Masked(write_reply(said) if kinds else answer, kinds)


def _whole(parts: Sequence[Masked | None]) -> tuple[Masked, ...] | None:
    """All parts, or None where one of them failed."""
    found = tuple(one for one in parts if one is not None)
    return found if len(found) == len(parts) else None


def _text_of(one: Masked | None) -> str:
    return one.text if one else ""


def _kinds(question: Masked | None, answer: Masked | None, history: Sequence[Masked] | None) -> list[str]:
    parts = [*((question,) if question else ()), *((answer,) if answer else ()), *(history or ())]
    return sorted({kind.value for one in parts for kind in one.kinds})
