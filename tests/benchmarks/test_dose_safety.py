"""The drafts of `bench dose-safety` are what they claim to be, and its grader can be wrong in both directions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from guardrails.claim import Claim
from retrieval.passage import Passage
from tests.benchmarks.dose_drafts import amounts
from tests.benchmarks.dose_drafts.conditions import dropped
from tests.benchmarks.dose_drafts.draft import Draft, Kind, Origin, Said, Way
from tests.benchmarks.dose_drafts.drafts import generated
from tests.benchmarks.dose_drafts.exchange import exchanged
from tests.benchmarks.dose_drafts.faithful import WAYS
from tests.benchmarks.dose_drafts.medicines import wrong_medicines
from tests.benchmarks.dose_drafts.peers import RULES, overlap, quoted, same_numbers
from tests.benchmarks.dose_drafts.quantities import amounts as found
from tests.benchmarks.dose_drafts.quantities import numbers, worths
from tests.benchmarks.dose_drafts.said import corpus, labels, said
from tests.benchmarks.dose_drafts.same import COUNTS
from tests.benchmarks.dose_drafts.written import written
from tests.benchmarks.dose_safety import check, judge_draft, report
from tests.guardrails.claims import passage

_WRITTEN_OUT = (
    *((rf"\b{word}\b", figure) for figure, word in COUNTS.items()),
    *(
        (r"\bq(\d+)h\b", r"every \1 hours"),
        (r"\bq(\d+)-(\d+)h\b", r"every \1 to \2 hours"),
        (r"\bBID\b|\btwice\b", "2 times"),
        (r"\bTID\b", "3 times"),
    ),
    *((r"\bQID\b", "4 times"), (r"\bwk\b", "weeks"), (r"(?<=\d )h\b", "hours"), (r"\btabs\b", "tablets")),
    *((r"\bcaps\b", "capsules"), (r"\bmicrograms\b", "mcg")),
)


@cache
def by_hand() -> tuple[Draft, ...]:
    return written(corpus())


@cache
def made() -> tuple[Draft, ...]:
    return generated(said(corpus()))


def spelt(text: str) -> str:
    """The text with abbreviations and number words written out as figures and full units."""
    for pattern, long in _WRITTEN_OUT:
        text = re.sub(pattern, long, text, flags=re.IGNORECASE)
    return text


def sentence(text: str, whole: str = "", ingredients: tuple[str, ...] = ("metformin",)) -> Said:
    """A sentence of a passage, for the tables."""
    return Said(text, passage(whole or text, ingredients=ingredients), ("Glucophage",), Origin.CORPUS, (), ())


def test_people_wrote_at_least_three_hundred_of_each_about_every_monograph() -> None:
    sides = Counter(draft.faithful for draft in by_hand())
    assert min(sides.values()) >= 300
    assert len({draft.quotes[0].key.rsplit("-", 1)[0] for draft in by_hand()}) == 48


def test_there_are_enough_of_every_kind_without_the_labels() -> None:
    counts = Counter(draft.kind for draft in (*by_hand(), *made()))
    corrupted = sum(count for kind, count in counts.items() if isinstance(kind, Kind))
    assert corrupted >= 5000
    assert sum(counts.values()) - corrupted >= 2000
    few = {kind: counts[kind] for kind in Kind if kind is not Kind.ADDED and counts[kind] < 260}
    assert not few


def test_no_draft_is_there_twice_and_half_are_held_out() -> None:
    drafts = (*by_hand(), *made())
    assert len({draft.id for draft in drafts}) == len(drafts)
    assert 0.45 < sum(draft.held_out for draft in drafts) / len(drafts) < 0.55


def test_the_evidence_holds_what_is_quoted_and_distractors() -> None:
    for draft in (*by_hand(), *made()):
        if draft.kind is not Kind.CITATION:
            assert all(one.quote in draft.evidence[one.key].text for one in draft.quotes)
        assert len(draft.evidence) >= 3


def test_generated_faithful_drafts_keep_every_number() -> None:
    for draft in made():
        if draft.faithful and draft.kind is not Way.UNITS:
            assert numbers(spelt(draft.text)) == numbers(spelt(draft.source)), draft.text


def test_converted_units_are_worth_the_same() -> None:
    converted = [draft for draft in made() if draft.kind is Way.UNITS]
    assert len(converted) >= 100
    for draft in converted:
        assert worths(draft.text) == worths(draft.source), draft.text


def test_corrupted_numbers_are_nowhere_in_the_passage() -> None:
    for draft in made():
        if draft.kind in {Kind.NUMBER, Kind.TENFOLD}:
            cited = draft.evidence[draft.quotes[0].key].text
            other = numbers(draft.text) - numbers(cited), worths(spelt(draft.text)) - worths(spelt(cited))
            assert any(other), draft.text


def test_corrupted_units_and_rows_say_something_else() -> None:
    for draft in made():
        if draft.kind in {Kind.UNIT, Kind.ROW}:
            assert found(spelt(draft.text)) != found(spelt(draft.source)), draft.text


def test_every_corrupted_draft_differs_from_its_source() -> None:
    for draft in (*by_hand(), *made()):
        if not draft.faithful and draft.kind is not Kind.CITATION:
            assert draft.text.rstrip(".").lower() != draft.source.rstrip(".").lower()


def test_wrong_citations_are_unknown_or_prove_nothing() -> None:
    for draft in made():
        if draft.kind is Kind.CITATION:
            (one,) = draft.quotes
            cited = draft.evidence.get(one.key)
            assert cited is None or one.quote not in cited.text or not worths(draft.source) & worths(cited.text)


# What is said, the kind of error, and one text that it must make.
CORRUPTED = [
    ("Start metformin at 500 mg daily.", Kind.NUMBER, "Start metformin at 1000 mg daily."),
    ("Start metformin at 500 mg daily.", Kind.TENFOLD, "Start metformin at 50 mg daily."),
    ("Start metformin at 500 mg daily.", Kind.UNIT, "Start metformin at 500 mcg daily."),
    ("First 500 mg at night, then 850 mg at noon.", Kind.ROW, "First 850 mg at night, then 500 mg at noon."),
    ("Take metformin 500 mg twice daily.", Kind.FREQUENCY, "Take metformin 500 mg once daily."),
    ("Take metformin orally.", Kind.ROUTE, "Take metformin intravenously."),
    ("Start metformin at 500 mg daily.", Kind.MEDICINE, "Start glipizide at 500 mg daily."),
    ("In adults start at 500 mg.", Kind.POPULATION, "In children start at 500 mg."),
    ("In hypertension start at 5 mg.", Kind.INDICATION, "In heart failure start at 5 mg."),
    ("Give at most 5 mg.", Kind.DIRECTION, "Give at least 5 mg."),
    ("Avoid below an eGFR <30.", Kind.DIRECTION, "Avoid below an eGFR >30."),
    ("Metformin is contraindicated in acidosis.", Kind.NEGATION, "Metformin is not contraindicated in acidosis."),
    ("Metformin is not recommended below 45 mL/min.", Kind.STRENGTH, "Metformin is contraindicated below 45 mL/min."),
    ("Give 2 g per day in divided doses.", Kind.CONDITION, "Give 2 g per day."),
    ("If nausea persists, reduce the dose to 5 mg.", Kind.CONDITION, "If nausea persists, reduce the dose to 5 mg."),
]  # fmt: skip
MAKERS = {
    Kind.NUMBER: amounts.wrong_numbers,
    Kind.TENFOLD: amounts.tenfold,
    Kind.UNIT: amounts.wrong_units,
    Kind.ROW: amounts.swapped,
    Kind.MEDICINE: wrong_medicines,
    Kind.CONDITION: dropped,
}


@pytest.mark.parametrize(("text", "kind", "wanted"), CORRUPTED)
def test_each_kind_makes_the_error_that_it_names(text: str, kind: Kind, wanted: str) -> None:
    made_texts = list(MAKERS[kind](sentence(text)) if kind in MAKERS else exchanged(sentence(text), kind))
    # A condition whose clause begins with no word that can stand alone is left in place.
    assert (wanted in made_texts) is (wanted != text)
    assert text not in made_texts


# An error that would be true after all is not made: the passage says it somewhere else.
TRUE_AFTER_ALL = [
    ("Start at 500 mg daily.", "Start at 500 mg daily. The next step is 1,000 mg or 1 g.", Kind.NUMBER, "1,000 mg"),
    ("In adults start at 500 mg.", "In adults start at 500 mg. In children start low.", Kind.POPULATION, "children"),
    ("Take 500 mg twice daily.", "Take 500 mg twice daily. Take 500 mg once daily.", Kind.FREQUENCY, "once daily"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "whole", "kind", "unwanted"), TRUE_AFTER_ALL)
def test_what_the_passage_also_says_is_no_error(text: str, whole: str, kind: Kind, unwanted: str) -> None:
    maker = MAKERS.get(kind)
    texts = list(maker(sentence(text, whole)) if maker else exchanged(sentence(text, whole), kind))
    assert not [one for one in texts if unwanted in one]


# What is said, a way of saying it, and how it is then said.
RESTATED = [
    ("Give 500 mg of metformin orally twice daily.", Way.UNITS, "Give 0.5 g of metformin orally twice daily."),
    ("Give 250 mg to 500 mg.", Way.UNITS, None),
    ("Give metformin orally twice daily.", Way.ABBREVIATION, "Give metformin PO BID."),
    ("Take it two or three times a day.", Way.ABBREVIATION, None),
    ("Take 2 tablets for 4 weeks.", Way.WORDS, "Take two tablets for four weeks."),
    ("Take 2 to 4 tablets for 4 weeks.", Way.WORDS, None),
    ("Renal impairment: do not give metformin.", Way.REORDER, "Do not give metformin (renal impairment)."),
    ("Give metformin tablets with meals.", Way.VOICE, "Metformin tablets should be given with meals."),
    ("Give metformin with meals.", Way.BRAND, "Give Glucophage with meals."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "way", "wanted"), RESTATED)
def test_each_way_restates_without_a_change(text: str, way: Way, wanted: str | None) -> None:
    assert WAYS[way](sentence(text)) == wanted


def test_the_grader_counts_both_kinds_of_mistake() -> None:
    def lax(claim: Claim, evidence: Mapping[str, Passage]) -> tuple[bool, str]:
        return True, ""

    def strict(claim: Claim, evidence: Mapping[str, Passage]) -> tuple[bool, str]:
        return False, "everything"

    for draft in by_hand()[:40]:
        assert judge_draft(draft, lax).wrong is not draft.faithful
        assert judge_draft(draft, strict).wrong is draft.faithful


def test_the_checker_under_test_is_reached() -> None:
    verbatim = next(draft for draft in made() if draft.kind is Way.VERBATIM)
    invented = next(
        draft for draft in made() if draft.kind is Kind.CITATION and draft.quotes[0].key not in draft.evidence
    )
    assert check(verbatim.claim(quoted=True), verbatim.evidence) == (True, "")
    released, why = check(invented.claim(quoted=True), invented.evidence)
    assert not released
    assert why


def test_the_peers_do_what_their_names_say() -> None:
    draft = next(draft for draft in made() if draft.kind is Kind.NUMBER)
    claim = draft.claim(quoted=True)
    assert quoted(claim, draft.evidence)
    assert not same_numbers(claim, draft.evidence)
    assert overlap(0.5)(claim, draft.evidence)
    assert not overlap(0.5)(claim, {})


def test_the_report_names_each_failure_with_its_half() -> None:
    drafts = (*by_hand()[:30], *made()[:30])
    found = report(drafts)
    corrupted = sum(not draft.faithful for draft in drafts)
    assert found.metrics["corrupted released"].n == corrupted
    assert found.metrics["faithful withheld"].n == len(drafts) - corrupted
    wrong = found.metrics["corrupted released"].value * corrupted
    wrong += found.metrics["faithful withheld"].value * (len(drafts) - corrupted)
    assert len(found.failures) == round(wrong)
    assert all("(dev, " in line or "(held out, " in line for line in found.failures)
    assert set(found.peers) == set(RULES)


def test_a_folder_without_labels_gives_the_corpus_alone(tmp_path: Path) -> None:
    assert labels(tmp_path) == ()
