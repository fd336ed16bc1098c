from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers

from assistant.prompt import Message, answer_prompt, render
from assistant.reply import write_reply
from finetune.columns import from_frame, to_frame
from finetune.dialogue import REFUSED, messages
from finetune.errors import BaseInvalid
from finetune.example import Example, Split
from finetune.prepare.pack import SEQUENCES, pack, pack_split
from finetune.prepare.tokenise import IGNORED, OfTransformers, labels, tokenise
from finetune.prepare.word_ids import WordIds
from finetune.snapshot import RowsWriter
from guardrails.claim import Claim
from retrieval.passage import Citation, Passage, Section
from tests.stories.tiny_model import SPECIAL, make_tokeniser

PASSAGE = Passage(
    "k1", "s@1", "Take it with food.", Section.DOSAGE, ("2",), 0, 18, ("metformin",), "Metformin", date(2025, 1, 1)
)
SAID = write_reply([Claim(PASSAGE.text, (Citation("k1", PASSAGE.text),))])
OURS = Example("e1", "How is it <taken>?", SAID, (PASSAGE,), ("metformin",))
CHAT = Example("e2", "And then?", "Stop.", history=("First?", "This."))


class Letters:
    """A tokeniser of letters, whose template either keeps contents as they are or not."""

    def __init__(self, strips: bool = False, drifts: bool = False) -> None:
        self._strips, self._drifts = strips, drifts
        self.rendered_times = 0

    def rendered(self, said: Sequence[Message], *, to_answer: bool) -> str:
        self.rendered_times += 1
        parts = [f"<{one.role}>{one.content.strip() if self._strips else one.content}</>" for one in said]
        return "".join(parts) + (("<answer>" if self._drifts else "<assistant>") if to_answer else "")

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [[ord(sign) for sign in text] for text in texts]


def _text(ids: Sequence[int]) -> str:
    return "".join(map(chr, ids))


def test_training_sees_what_serving_renders() -> None:
    served = render(answer_prompt(), OURS.question, OURS.medicines, OURS.evidence)
    assert messages(OURS) == (*served, Message("assistant", OURS.answer))
    refused = Example("e3", "Unknown?", REFUSED)
    assert messages(refused)[:2] == render(answer_prompt(), "Unknown?", (), ())


def test_a_chat_keeps_its_turns() -> None:
    assert [one.role for one in messages(CHAT)] == ["user", "assistant", "user", "assistant"]
    assert messages(CHAT)[1].content == "This."


def test_rows_are_examples_both_ways() -> None:
    assert tuple(from_frame(to_frame([OURS, CHAT]))) == (OURS, CHAT)


@pytest.mark.parametrize("strips", [False, True])
def test_the_mask_begins_where_the_answer_does(strips: bool) -> None:
    tokeniser = Letters(strips)
    rows = to_frame([OURS, CHAT, Example("e4", " padded ", " answer ")])
    made, longer = tokenise(rows, tokeniser, 100_000)
    for example, ids, start in zip(from_frame(rows), made["input_ids"], made["answer_start"], strict=True):
        answer = example.answer.strip() if strips else example.answer
        assert _text(ids[start:]) == f"{answer}</>"
        assert _text(ids) == tokeniser.rendered(messages(example), to_answer=False)
        targets = labels(ids, start)
        assert targets[:start] == [IGNORED] * start
        assert targets[start:] == list(ids[start:])
    assert longer.is_empty()


def test_fixed_words_of_a_template_are_found_once() -> None:
    tokeniser = Letters()
    tokenise(to_frame([Example(f"e{n}", f"q{n}", f"a{n}") for n in range(500)]), tokeniser, 1000)
    assert tokeniser.rendered_times < 20


def test_what_is_too_long_is_left_out_and_counted() -> None:
    made, longer = tokenise(to_frame([CHAT, Example("long", "q", "x" * 500)]), Letters(), 300)
    assert made["id"].to_list() == ["e2"]
    assert longer["id"].to_list() == ["long"]


def test_a_template_that_cannot_be_masked_is_refused() -> None:
    with pytest.raises(BaseInvalid, match="chat template"):
        tokenise(to_frame([CHAT]), Letters(drifts=True), 1000)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 64), max_size=80))
def test_packing_keeps_every_example_whole_and_once(lengths: list[int]) -> None:
    packed = pack(np.array(lengths, dtype=np.int64), 64)
    assert sorted(packed.order.tolist()) == list(range(len(lengths)))
    for start, end in zip(packed.starts[:-1], packed.starts[1:], strict=True):
        assert 0 < sum(lengths[one] for one in packed.order[start:end]) <= 64
    # best fit, longest first, needs at most 11/9 of the fewest sequences there could be, and one (Johnson 1974)
    assert len(packed.starts) - 1 <= 11 / 9 * -(-sum(lengths) // 64) * 2 + 1


def test_an_example_longer_than_a_sequence_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="65 tokens"):
        pack(np.array([65]), 64)


def test_a_split_is_packed_with_boundaries(tmp_path: Path) -> None:
    examples = [Example(f"e{n}", "q" * (n % 7 + 1), f"answer {n}") for n in range(40)]
    with RowsWriter(tmp_path / "train.parquet") as writer:
        writer.add(to_frame(examples))
    tokeniser = OfTransformers(make_tokeniser(tmp_path / "tokeniser", ["abc"]))
    report = pack_split(tmp_path, Split.TRAIN, tokeniser, 128, tmp_path / "packed.parquet")
    made = pl.read_parquet(tmp_path / "packed.parquet")
    assert made.schema == SEQUENCES
    assert report.examples == 40 == made["lengths"].list.len().sum()
    assert report.learned == sum(len([one for one in row if one != IGNORED]) for row in made["labels"])
    assert report.filled > 0.8
    for row in made.iter_rows(named=True):
        assert row["position_ids"] == [place for length in row["lengths"] for place in range(length)]
        assert len(row["input_ids"]) == len(row["labels"]) == sum(row["lengths"]) <= 128
        assert all(one in (IGNORED, token) for one, token in zip(row["labels"], row["input_ids"], strict=True))


def test_a_tokeniser_without_a_template_is_refused(tmp_path: Path) -> None:
    tokeniser = make_tokeniser(tmp_path, ["abc"])
    tokeniser.chat_template = None
    with pytest.raises(BaseInvalid, match="no chat template"):
        OfTransformers(tokeniser)


WORDS = st.text(st.sampled_from("ab7.,'-()/%é中µ \n\t"), max_size=30)


@pytest.fixture(scope="module")
def learned() -> Tokenizer:
    """A byte-pair tokeniser that knows words, with the regular expression of GPT-2."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text = ["take it with food, 5 mg (a day). and not more than 20 mg/mL; a'b 7a b.7 éa 中b"] * 3
    made.train_from_iterator(text, trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False))
    return made


@pytest.fixture(scope="module")
def by_words(learned: Tokenizer) -> WordIds:
    return WordIds(learned)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=6))
def test_words_give_the_tokens_of_the_whole_text(learned: Tokenizer, by_words: WordIds, texts: list[str]) -> None:
    given = [*texts, "take <|end|>5 mg a day", *texts]
    assert by_words.by_words
    assert by_words(given) == [one.ids for one in learned.encode_batch(given, add_special_tokens=False)]


def test_a_tokeniser_that_looks_across_spaces_is_asked_for_whole_texts(learned: Tokenizer) -> None:
    across = Tokenizer(models.BPE())  # no pre-tokeniser: its merges go on past a space
    across.train_from_iterator(
        ["of a a of the of the end"] * 5, trainers.BpeTrainer(vocab_size=60, show_progress=False)
    )
    first = Tokenizer(models.BPE())
    first.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    first.train_from_iterator(["of the end"] * 5, trainers.BpeTrainer(vocab_size=60, show_progress=False))
    greedy = Tokenizer.from_str(learned.to_str())
    greedy.add_special_tokens([AddedToken("<|gap|>", lstrip=True)])
    for one, by_words in ((across, False), (first, True), (greedy, False)):
        ids = WordIds(one)
        assert ids.by_words == by_words
        assert ids(["of the end"]) == [one.encode("of the end", add_special_tokens=False).ids]
