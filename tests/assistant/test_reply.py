"""The reply's format, read however it was cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import DraftMalformed
from assistant.reply import LONGEST_CLAIM, ReplyReader, write_reply
from guardrails.claim import Claim
from retrieval.passage import Citation

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
citations = st.lists(st.builds(Citation, texts, texts), max_size=3).map(tuple)
claims_lists = st.lists(st.builds(Claim, texts, citations), max_size=4)


def read(*pieces: str) -> tuple[list[Claim], bool]:
    reader = ReplyReader()
    claims = [claim for piece in pieces for claim in reader.feed(piece)]
    return claims, reader.complete


@given(claims_lists, st.integers(min_value=1, max_value=7))
def test_what_was_written_is_read_back_in_pieces_of_any_size(claims: list[Claim], size: int) -> None:
    reply = write_reply(claims)
    assert read(*(reply[at : at + size] for at in range(0, len(reply), size))) == (claims, True)


@given(claims_lists.filter(bool), st.data())
def test_a_reply_that_was_cut_is_never_complete(claims: list[Claim], data: st.DataObject) -> None:
    reply = write_reply(claims)
    part = reply[: data.draw(st.integers(0, len(reply) - 1))]
    whole, complete = read(part)
    assert not complete
    assert whole == claims[: len(whole)]


def test_each_claim_comes_with_the_character_that_completes_it() -> None:
    reply = write_reply([Claim('One "}{" brace.', (Citation("a", "b"),)), Claim("Two.", (Citation("c", "d"),))])
    reader = ReplyReader()
    when = [at for at, character in enumerate(reply) for _ in reader.feed(character)]
    assert when == [reply.index("},{"), len(reply) - 2]


def test_the_empty_list_is_a_complete_reply() -> None:
    assert read(" [", " ]\n") == ([], True)


MALFORMED = [
    ("Metformin 500 mg.", "prose instead of a list"),
    ('{"claims": []}', "an object around the list"),
    ("[[]]", "a list in the list"),
    ('["text"]', "a string in the list"),
    ("[,]", "a comma without claims"),
    ("[] []", "a second list"),
    ('[{"text": "a"}]', "a claim without citations"),
    ('[{"citations": [], "text": ""}]', "an empty sentence"),
    ('[{"citations": [{"key": "a"}], "text": "b"}]', "a citation without its quote"),
    ('[{"citations": [], "text": "a", "dose": 5}]', "a field that nobody asked for"),
    ('[{"citations": [], "text": 5}]', "a number for a sentence"),
    ('[{"citations": [], "text": "a"} {', "no comma between claims"),
    ('[{"citations": [], "text": "a"},]', "a comma after the last claim"),
    ('[{"citations": [], "text": "\\ud800"}]', "half of a surrogate pair"),
    ('[{"citations": [], "text": "a\nb"}]', "a raw line break in a string"),
    ("<think>[]", "thoughts before the list"),
]


@pytest.mark.parametrize(("reply", "why"), MALFORMED)
def test_what_is_not_the_format_is_malformed(reply: str, why: str) -> None:
    with pytest.raises(DraftMalformed):
        read(reply)


def test_a_list_that_was_not_closed_is_incomplete_but_keeps_its_claims() -> None:
    claims, complete = read('[{"text": "a", "citations": []}')
    assert claims == [Claim("a", ())]
    assert not complete


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_garbage_never_raises_anything_else(garbage: str) -> None:
    for start in ("", "[", '[{"text": "'):
        try:
            read(start + garbage)
        except DraftMalformed:
            continue


def test_a_sentence_without_end_is_stopped() -> None:
    reader = ReplyReader()
    list(reader.feed('[{"text": "'))
    with pytest.raises(DraftMalformed, match="does not end"):
        list(reader.feed("a" * LONGEST_CLAIM))


def test_nesting_without_end_is_stopped() -> None:
    with pytest.raises(DraftMalformed):
        read("[" + '{"a":' * LONGEST_CLAIM)
