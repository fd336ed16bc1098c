"""What counts as a copy, and what must never count as one."""

from __future__ import annotations

import polars as pl
import pytest

from finetune.prepare import deduplicate
from finetune.prepare.sign import BAND_NAMES, sign
from finetune.prepare.words import grams, keys, turning, word_hash, words
from tests.finetune.prepare.made import rows

Q = "What should a patient on apixaban who is going to have a tooth taken out next week be told about missed tablets?"
A = (
    "Tell the patient that a missed tablet of apixaban is taken as soon as it is noticed on the same day, that the next"
    " one follows at its usual time, and that 5 mg is not doubled to make up for what was missed before the visit."
)


def _gone(*given: tuple[str, str]) -> dict[str, str]:
    signed = sign(rows(*({"question": q, "answer": a, "medicines": ["apixaban"]} for q, a in given)))
    exact = deduplicate.exact(signed)
    left = signed.join(exact, on="ordinal", how="anti")
    bands = (signed.select("ordinal", pl.col(name).alias("band")) for name in BAND_NAMES)
    near = deduplicate.near(
        left, bands, lambda wanted: signed.join(wanted.to_frame("ordinal"), on="ordinal", how="semi"), 0.8
    )
    return dict(pl.concat([exact, near]).select("id", "reason").iter_rows())


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        (Q, A, "an exact copy"),
        (Q.upper(), A.replace(" ", "  "), "an exact copy"),
        (Q.replace("tooth", "molar"), A, "nearly a copy"),
        (Q, A.replace("noticed", "remembered"), "nearly a copy"),
    ],
)
def test_copies_go_and_the_first_stays(question: str, answer: str, why: str) -> None:
    assert _gone((Q, A), (question, answer)) == {"r1": why}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Q, A.replace("5 mg", "10 mg")),  # another number
        (Q, A.replace("is not doubled", "is doubled")),  # another sense
        (Q, A.replace("mg", "mcg")),  # another unit
        (Q.replace("next week", "daily"), A),
        (Q, A.replace("before", "after")),
        ("Which reversal agent exists for apixaban and when is it given?", A),  # another question
    ],
)
def test_what_turns_the_meaning_is_no_copy(question: str, answer: str) -> None:
    assert _gone((Q, A), (question, answer)) == {}


def test_another_medicine_is_no_copy() -> None:
    texts = [(Q.replace("apixaban", name), A.replace("apixaban", name), [name]) for name in ("apixaban", "warfarin")]
    signed = sign(rows(*({"question": q, "answer": a, "medicines": named} for q, a, named in texts)))
    assert not any(signed[name].is_duplicated().any() for name in BAND_NAMES)


def test_a_chain_of_copies_keeps_what_is_like_nothing_that_stays() -> None:
    words_of = A.split()
    steps = [A]
    for start in range(0, 12, 3):
        for place in range(start, start + 3):
            words_of[place * 3] = f"word{place}"
        steps.append(" ".join(words_of))
    gone = _gone(*((Q, step) for step in steps))
    assert "r0" not in gone
    assert set(gone) < {"r1", "r2", "r3", "r4"}  # the last is far from the first, and stays


def test_words_are_the_same_on_every_machine() -> None:
    assert word_hash("metformin") == 16729873783553670341
    found = words(pl.Series(["Max 2,000 mg; don’t", "max 2000 MG don't", "", "eGFR < 30", "eGFR > 30"]))
    key = keys(found)
    assert key[0] == key[1] != key[2]
    assert key[3] != key[4]
    assert turning(found).lengths.tolist() == [4, 4, 0, 2, 2]


def test_runs_of_words_stay_within_their_text() -> None:
    alone, together = words(pl.Series(["a b c"])), words(pl.Series(["x", "a b c", "", "y z"]))
    assert grams(together, 2).lengths.tolist() == [1, 2, 0, 1]
    assert grams(together, 2).hashes[1:3].tolist() == grams(alone, 2).hashes.tolist()
