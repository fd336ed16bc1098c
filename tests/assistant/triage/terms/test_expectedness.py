from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.triage.case import Event, EventOutcome
from assistant.triage.coding import accepted, code
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.meddra import read_meddra
from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from assistant.triage.expectedness import judge, judge_in, read_rules, reference_labels
from assistant.triage.judgement import Expectedness, Listed
from assistant.triage.labels.listing import LabelReading
from assistant.triage.product import Product
from assistant.triage.terms import Term
from retrieval.net_card import NetCard
from retrieval.nets import Tagged
from retrieval.passage import Passage, Section, Source, SourceKind
from tests.assistant.triage.terms.decisions import ROWS
from tests.assistant.triage.terms.made_dictionaries import meddra_folder

READING = LabelReading.of(Matcher(open_vocabulary()))
LETTERS = {"E": Listed.EXPECTED, "U": Listed.UNEXPECTED, "?": Listed.UNKNOWN}
MARKS = {"[w]": Section.WARNINGS, "[i]": Section.INDICATIONS}
PRODUCT = Product("p1", "Madeupol", ingredient="madeupol")


def source(version: str = "7", *, kind: SourceKind = SourceKind.LABEL, newer: str = "") -> Source:
    return Source(
        f"set@{version}",
        "set",
        kind,
        "Madeupol tablets",
        ("madeupol",),
        ("Madeup",),
        "Maker",
        version,
        date(2026, 1, int(version)),
        "",
        "public",
        "",
        "0",
        superseded_by=newer,
    )


def passages(excerpt: str, origin: Source | None = None) -> tuple[Passage, ...]:
    made = []
    section = Section.ADVERSE_REACTIONS
    for number, part in enumerate(excerpt.split("/")):
        mark, text = (part[:3], part[3:]) if part[:3] in MARKS else ("", part)
        section = MARKS.get(mark, Section.ADVERSE_REACTIONS)
        of = origin or source()
        made.append(
            Passage(f"k{number}", of.id, text, section, ("6.1 Trials",), 0, len(text), ("madeupol",), of.title, None)
        )
    return tuple(made)


def event(words: str) -> Event:
    outcome = EventOutcome.FATAL if words.endswith("†") else None
    return Event("e1", words.rstrip("†"), outcome=outcome)


def decided(words: str, excerpt: str, reading: LabelReading = READING) -> Expectedness:
    return judge_in(event(words), PRODUCT, source(), passages(excerpt), reading)


@pytest.mark.parametrize(("letter", "words", "excerpt", "why"), ROWS, ids=[f"{row[1]}-{row[3]}" for row in ROWS])
def test_each_row_of_the_table_is_decided_as_it_says(letter: str, words: str, excerpt: str, why: str) -> None:
    made = decided(words, excerpt)
    assert made.listed is LETTERS[letter], made
    assert made.reason.endswith(".")
    assert not made.confirmed


def test_what_is_expected_quotes_the_label_at_its_version() -> None:
    made = decided("throwing up", "Dizziness was rare. Vomiting occurred in 3% of patients. Rash too.")
    assert made.quoted == "Vomiting occurred in 3% of patients."
    assert (made.label_id, made.label_version, made.id) == ("set@7", "7", "e1/p1")
    for said in ("Madeupol tablets", "version 7", "2026-01-07", "6.1 Trials", "Vomiting"):
        assert said in made.reason


def test_unknown_says_that_it_counts_as_unexpected() -> None:
    for row in ROWS:
        if row[0] == "?":
            assert "counts as unexpected" in decided(row[1], row[2]).reason


def test_more_severe_names_the_regulation_and_the_lesser_event() -> None:
    made = decided("hepatic necrosis", "Hepatitis was reported.")
    assert "314.80" in made.reason
    assert "Hepatitis" in made.reason


def test_the_heading_of_a_warning_lists_what_it_names() -> None:
    (one,) = passages("[w]Monitor liver function monthly.")
    made = judge_in(
        event("hepatotoxicity"), PRODUCT, source(), [replace(one, heading=("5.1 Hepatotoxicity",))], READING
    )
    assert made.listed is Listed.EXPECTED


def test_the_terms_of_meddra_are_compared_by_preferred_term(tmp_path: Path) -> None:
    matcher = Matcher(read_meddra(meddra_folder(tmp_path)))
    reading = LabelReading.of(matcher)
    proposed = code("throwing up", matcher).proposed
    assert proposed is not None
    coded = replace(event("was sick twice"), term=accepted(proposed, "Dr A"))
    listed = judge_in(coded, PRODUCT, source(), passages("Vomiting was reported."), reading)
    assert listed.listed is Listed.EXPECTED
    fulminant = replace(event("liver"), term=Term("MedDRA", "29.1", "90000003", "Hepatitis fulminant", "Dr A", True))
    made = judge_in(fulminant, PRODUCT, source(), passages("Hepatitis was reported."), reading)
    assert made.listed is Listed.UNEXPECTED


class Shelf:
    """Documents and their passages, as the index gives them."""

    def __init__(self, *kept: tuple[Source, str]) -> None:
        self._kept = kept

    def sources(self) -> tuple[Source, ...]:
        return tuple(one for one, _ in self._kept)

    def passages_of(self, source_id: str) -> tuple[Passage, ...]:
        return next(passages(text, one) for one, text in self._kept if one.id == source_id)


def test_the_newest_label_is_chosen_and_any_version_can_be_named() -> None:
    shelf = Shelf((source("3", newer="set@7"), "Rash was reported."), (source("7"), "Rash and nausea were reported."))
    assert [one.id for one in reference_labels(PRODUCT, shelf)] == ["set@7", "set@3"]
    assert judge(event("nausea"), PRODUCT, shelf, READING).label_id == "set@7"
    old = judge(event("nausea"), PRODUCT, shelf, READING, "set@3")
    assert (old.listed, old.label_id) == (Listed.UNEXPECTED, "set@3")
    assert "replaced" in judge(event("rash"), PRODUCT, shelf, READING, "set@3").reason


def test_without_a_label_nothing_is_known() -> None:
    for product in (PRODUCT, Product("p1", "Unheard"), Product("p1", "")):
        made = judge(event("nausea"), product, Shelf(), READING)
        assert made.listed is Listed.UNKNOWN
        assert "counts as unexpected" in made.reason
    missing = judge(event("nausea"), PRODUCT, Shelf((source(), "Nausea.")), READING, "set@99")
    assert missing.listed is Listed.UNKNOWN


def test_a_summary_that_does_not_name_the_event_proves_nothing() -> None:
    shelf = Shelf((source(kind=SourceKind.MONOGRAPH), "Rash was reported."))
    assert judge(event("nausea"), PRODUCT, shelf, READING).listed is Listed.UNKNOWN
    assert judge(event("rash"), PRODUCT, shelf, READING).listed is Listed.EXPECTED


def test_a_label_of_two_ingredients_is_not_the_label_of_one() -> None:
    both = replace(source(), ingredients=("madeupol", "othermab"))
    assert reference_labels(PRODUCT, Shelf((both, ""))) == ()


class SureOf:
    """A tagger that marks every word of the given stretches."""

    def __init__(self, *stretches: str) -> None:
        self._stretches = stretches

    def card(self, folder: Path) -> NetCard:
        labels = ("O", "B", "I")
        return NetCard("label_reactions", "tag", labels, 192, 1.0, 0.4, "", "", "", "", date(2026, 11, 26))

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        return tuple(self._tagged(text) for text in texts)

    def _tagged(self, text: str) -> Tagged:
        offsets = [(at, at + 1) for at in range(len(text)) if text[at].isalnum()]
        rows = []
        for start, _ in offsets:
            begins = any(text.startswith(one, start) for one in self._stretches)
            inside = any(
                text.startswith(one, at) and at < start < at + len(one)
                for one in self._stretches
                for at in range(max(0, start - len(one)), start)
            )
            rows.append((0.05, 0.9, 0.05) if begins else (0.05, 0.05, 0.9) if inside else (0.98, 0.01, 0.01))
        return Tagged(np.array(offsets, np.int32).reshape(-1, 2), np.array(rows, np.float32).reshape(-1, 3))


def test_the_tagger_doubts_what_rules_would_take_for_listed() -> None:
    text = "Consider nausea in the planning of visits. Rash was reported."
    without = decided("nausea", text)
    doubted = decided("nausea", text, replace(READING, nets=SureOf("Rash")))
    assert (without.listed, doubted.listed) == (Listed.EXPECTED, Listed.UNKNOWN)
    assert decided("rash", text, replace(READING, nets=SureOf("Rash"))).listed is Listed.EXPECTED


def test_the_rules_name_events_that_the_vocabulary_knows() -> None:
    matcher = READING.matcher
    known = [row.event for row in read_rules().beyond if matcher.same(row.event)]
    assert len(known) >= 0.8 * len(read_rules().beyond)
