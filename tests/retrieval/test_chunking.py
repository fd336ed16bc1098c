"""Passages are exact slices of whole sentences; nothing that carries a dose is torn apart."""

from __future__ import annotations

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking import MOST, passages, word_pieces
from retrieval.passage import Passage, Section, Source, SourceKind
from retrieval.readers.document import Block, BlockKind, Canon, ReadDocument
from retrieval.sentences import sentences

HEADINGS = st.sampled_from([("2 Dosage", "2.1 Adults"), ("2 Dosage", "2.2 Children"), ("4 Contraindications",)])
SENTENCE = st.text(alphabet="abc XYZ 019 ., ()%-", min_size=1, max_size=120)
LINE = st.lists(SENTENCE, min_size=1, max_size=12).map(lambda parts: ". ".join(" ".join(parts).split("\n")))
BLOCK = st.tuples(st.sampled_from(list(BlockKind)), HEADINGS, LINE, st.integers(0, 2))


def document(blocks: list[tuple[BlockKind, tuple[str, ...], str, int]]) -> ReadDocument:
    canon = Canon()
    for kind, heading, line, group in blocks:
        canon.add(line, Block(kind, Section.DOSAGE, heading, 0, 0, group))
    source = Source(
        "d@1",
        "d",
        SourceKind.LABEL,
        "Lunarine",
        ("lunarine hydrochloride",),
        (),
        "",
        "1",
        None,
        "",
        "",
        canon.text,
        "0",
    )
    return ReadDocument(source, tuple(canon.blocks))


def made(*blocks: tuple[BlockKind, tuple[str, ...], str, int]) -> tuple[Passage, ...]:
    return passages(document(list(blocks)))


@settings(deadline=None)
@given(st.lists(BLOCK, max_size=12))
def test_every_passage_is_an_exact_slice_of_whole_sentences(
    blocks: list[tuple[BlockKind, tuple[str, ...], str, int]],
) -> None:
    read = document(blocks)
    found = passages(read)
    text = read.source.text
    ends = {end for _, end in sentences(text)} | {block.end for block in read.blocks}
    for passage in found:
        assert text[passage.start : passage.end] == passage.text != ""
        assert passage.end in ends
        assert len({block.heading for block in read.blocks if passage.start <= block.start < passage.end}) <= 1
    assert len({passage.key for passage in found}) == len(found)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    inside = "".join(passage.text for passage in found)
    assert "".join(inside.split()) == "".join("".join(line for _, _, line, _ in blocks).split())


def test_passages_of_prose_stay_within_what_the_encoder_reads() -> None:
    line = " ".join(f"Sentence number {number} says that the tablets are swallowed whole." for number in range(60))
    sizes = [word_pieces(passage.text) for passage in made((BlockKind.PARAGRAPH, ("2 Dosage",), line, 0))]
    assert max(sizes) <= MOST
    assert min(sizes) >= 30


def test_a_long_sentence_is_never_cut() -> None:
    line = "The dose is " + ", ".join(f"{number} mg in week {number}" for number in range(1, 120)) + "."
    (passage,) = made((BlockKind.PARAGRAPH, ("2 Dosage",), line, 0))
    assert passage.text == line


def test_rows_and_facts_stand_alone_and_items_stay_with_their_list() -> None:
    heading = ("2 Dosage",)
    found = made(
        (BlockKind.ROW, heading, "Table 1. eGFR: 45; Dose: 500 mg.", 0),
        (BlockKind.ROW, heading, "Table 1. eGFR: 30; Dose: 250 mg.", 0),
        (BlockKind.ITEM, heading, "Do not use in: moon allergy.", 1),
        (BlockKind.ITEM, heading, "Do not use in: sun allergy.", 1),
        (BlockKind.ITEM, heading, "Store: dry.", 2),
        (BlockKind.FACT, heading, "A fact.", 0),
        (BlockKind.FACT, heading, "Another fact.", 0),
    )
    assert [passage.text.count("\n") for passage in found] == [0, 0, 1, 0, 0, 0]
    assert [passage.is_table_row for passage in found] == [True, True, False, False, False, False]


def test_keys_are_short_readable_and_stable() -> None:
    block = (BlockKind.PARAGRAPH, ("2 Dosage",), "Take one tablet.", 0)
    (first,), (second,) = made(block), made(block)
    assert first.key == second.key
    assert re.fullmatch(r"lunarine-[0-9a-f]{8}", first.key)


def test_equal_rows_have_different_keys() -> None:
    row = (BlockKind.ROW, ("2 Dosage",), "Dose: 5 mg.", 0)
    assert len({passage.key for passage in made(row, row, row)}) == 3
