"""`pharmassist bench expectedness`: reactions found in the labels of TAC 2017, as coded concepts of each label.

The set (101 labels, CC0 text) gives for each section the strings that annotators marked and their MedDRA terms. The
terms serve here as gold and as the dictionary to map with, and nowhere else: nothing is learned from them.

What was trained on what. The tagger that ships learned from all 101 labels, so it is not measured on them. Nets of
the same recipe learn from one half of the labels and tag the other (`python -m finetune.nets.label_reactions --folds 2
--epochs 3`); what they found is kept as numbers in `label_reaction_spans.json`, so far of one half: 56 labels. The
other labels that the shipped net learned from are left out, and labels of other data are tagged by the shipped net.
The operating points (`labels/found.py`) and the rules (`labels/stance.py`) were chosen on these labels.

Strings become concepts through a dictionary, in two settings. "Names of all terms": the strings of four fifths of the
labels, and the names of every term that is coded in the set. They stand for the copy of MedDRA that the published
systems had; they are kinder than that copy, which has ten times as many terms to confuse. "Terms of other labels": of
the other four fifths alone; crueller, because a term that only this fifth has cannot be found at all. Beside them, in
the same run and both settings: the rules without the tagger, and looking the strings up.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from assistant.triage.dictionaries.entry import Dictionary, Entry
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.wording import wording
from assistant.triage.labels.found import SURE, tagged
from assistant.triage.labels.listing import LabelReading, mentions
from assistant.triage.labels.spans import Span
from finetune.measure import BenchReport, Metric, bootstrap_interval, peak_mb, proportion
from finetune.nets.label_reaction_rows import FOLDS, LabelSection, label_sections
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.assistant.triage.terms.decisions import ROWS
from tests.assistant.triage.terms.test_expectedness import LETTERS, decided

KEPT = Path(__file__).with_name("label_reaction_spans.json")
LEAST = 0.8
"""Least score of a term that is taken for what a string means."""
PUBLISHED = {
    "published: best system of TAC 2017": 0.822,
    "published: OnSIDES": 0.899,
    "published: look-up in a lexicon": 0.777,
}
Concepts = dict[str, frozenset[str]]
"""The concepts of each label."""
Spans = Mapping[str, tuple[Span, ...]]
"""What the tagger found in each section, by the hash of its text."""


@dataclass(frozen=True)
class Systems:
    """What each system found."""

    tagger: Concepts
    rules: Concepts
    lexicon: Concepts


@dataclass(frozen=True)
class Scored:
    """Micro precision, recall and F1 over all labels, and the F1 of each label."""

    precision: float
    recall: float
    f1: float
    wanted: int
    found: int
    each: tuple[float, ...]


def run(data: Path) -> BenchReport:
    """Find the reactions of every label at `label_reactions/` under the data."""
    started = perf_counter()
    sections = label_sections(data)
    used = measured(sections)
    spans_of = span_sets(used)
    gold = gathered(used, lambda one: (str(mark.code) for mark in one.marked if mark.code))
    metrics: dict[str, Metric] = {
        "labels measured": Metric(len(gold), len({one.label for one in sections})),
        "decisions of our own table that are right": own_decisions(),
    }
    peers: dict[str, dict[str, float]] = {}
    failures: list[str] = []
    for setting, everything in (("names of all terms", True), ("terms of other labels", False)):
        made = by_folds(sections, used, spans_of, everything=everything)
        metrics |= shown(f"concepts, {setting}", score(gold, made.tagger))
        for name, peer in (("rules without the tagger", made.rules), ("look-up of strings", made.lexicon)):
            result = score(gold, peer)
            numbers = {"precision": result.precision, "recall": result.recall, "F1": result.f1}
            peers[f"{name}, {setting}"] = numbers
        failures = failures or misses(used, gold, made.tagger)
    strings = gathered(used, lambda one: (key(mark.words) for mark in one.marked))
    metrics |= shown("strings, reduced to their words", score(strings, gathered(used, partial(said, spans_of))))
    peers |= {name: {"F1": value} for name, value in PUBLISHED.items()}
    return BenchReport("expectedness", metrics, peers, tuple(failures), perf_counter() - started, peak_mb())


def own_decisions() -> Metric:
    """The hand-made table of events and excerpts, by rules and the open vocabulary."""
    right = [decided(words, excerpt).listed is LETTERS[letter] for letter, words, excerpt, _ in ROWS]
    return proportion(sum(right), len(right))


def said(spans_of: Spans, section: LabelSection) -> set[str]:
    """What the tagger alone takes for reactions, each reduced to its words."""
    return {key(section.text[one.start : one.end]) for one in spans_of[section.hash] if one.certainty > SURE}


def measured(sections: Sequence[LabelSection]) -> tuple[LabelSection, ...]:
    """The sections of labels that were tagged by a net which did not learn from them, or that no net learned from.

    A label that the shipped net learned from and no net of the folds has tagged is left out: it is known by heart.
    """
    learned, kept = _kept()
    spoilt = {one.label for one in sections if one.hash in learned and one.hash not in kept}
    return tuple(one for one in sections if one.label not in spoilt)


def span_sets(sections: Sequence[LabelSection]) -> Spans:
    """What the tagger found in each section, by its hash: as kept of the folds, else by the net that ships."""
    _, kept = _kept()
    others = [one for one in sections if one.hash not in kept]
    made = {one.hash: kept[one.hash] for one in sections if one.hash in kept}
    if others:
        found = tagged([one.text for one in others], Nets(Encoder(RetrievalSettings())))
        made |= {one.hash: spans for one, spans in zip(others, found, strict=True)}
    return made


def _kept() -> tuple[frozenset[str], dict[str, tuple[Span, ...]]]:
    """The hashes of what the shipped net learned from, and the spans that nets of the folds found."""
    held = json.loads(KEPT.read_text(encoding="utf-8"))
    return frozenset(held["learned"]), {key: tuple(Span(*row) for row in own) for key, own in held["spans"].items()}


def by_folds(
    sections: Sequence[LabelSection], used: Sequence[LabelSection], spans_of: Spans, *, everything: bool
) -> Systems:
    """The concepts of each label: by tagger and rules, by rules alone, by looking strings up."""
    made = Systems({}, {}, {})
    for fold in range(FOLDS):
        dictionary = terms([one for one in sections if one.part() != fold], sections if everything else ())
        held = [one for one in used if one.part() == fold]
        reading, lexicon = LabelReading.of(Matcher(dictionary)), Lexicon(dictionary)
        made.tagger.update(gathered(held, partial(listed, reading=reading, spans_of=spans_of)))
        made.rules.update(gathered(held, partial(listed, reading=reading, spans_of=None)))
        made.lexicon.update(gathered(held, lexicon.of))
    return made


def listed(section: LabelSection, reading: LabelReading, spans_of: Spans | None) -> set[str]:
    """The concepts that the section lists as reactions, by the product's own code.

    A stretch that the tagger is sure of and no name fits exactly means the nearest term, if one is near.
    """
    own = spans_of[section.hash] if spans_of is not None else None
    found = [mention for mention in mentions(section.text, reading, own) if mention.listed]
    concepts = {concept for mention in found for concept in mention.named.concepts[:1]}
    for span in own or ():
        words = section.text[span.start : span.end]
        if span.certainty > SURE and not reading.matcher.same(words):
            near = reading.matcher.candidates(words, 1)
            concepts |= {one.entry.concept for one in near if one.score >= LEAST}
    return concepts


def terms(others: Iterable[LabelSection], everything: Iterable[LabelSection]) -> Dictionary:
    """The strings and names of the other labels, and the names alone of `everything`, each with its commonest code."""
    said: defaultdict[str, Counter[int]] = defaultdict(Counter)
    names: dict[int, str] = {}
    for sections, with_strings in ((others, True), (everything, False)):
        for mark in (mark for one in sections for mark in one.marked if mark.code):
            names[mark.code or 0] = mark.name
            for text in (mark.name, mark.narrow, *([mark.words] if with_strings else [])):
                if text:
                    said[text][mark.code or 0] += 1
    entries = [
        Entry(str(code), text, str(code), names[code])
        for text, codes in said.items()
        for code in [codes.most_common(1)[0][0]]
    ]
    return Dictionary("coded terms of the set", "", "licensed: for measuring alone", tuple(entries))


class Lexicon:
    """The floor: the longest string at each place, word by word, whatever the sentence says."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._codes = {tuple(wording(entry.text).exact.split()): entry.concept for entry in dictionary.entries}
        self._longest = max(map(len, self._codes), default=0)

    def of(self, section: LabelSection) -> set[str]:
        """The concepts whose strings stand in the text."""
        words = wording(section.text).exact.split()
        found, at = set(), 0
        while at < len(words):
            sizes = range(min(self._longest, len(words) - at), 0, -1)
            size = next((size for size in sizes if tuple(words[at : at + size]) in self._codes), 0)
            if size:
                found.add(self._codes[tuple(words[at : at + size])])
            at += size or 1
        return found


def gathered(
    sections: Iterable[LabelSection], of: Callable[[LabelSection], Iterable[str]]
) -> dict[str, frozenset[str]]:
    """What `of` says of each section, together for each label."""
    made: defaultdict[str, set[str]] = defaultdict(set)
    for section in sections:
        made[section.label] |= set(of(section))
    return {label: frozenset(held) for label, held in made.items()}


def key(words: str) -> str:
    """A string reduced to its words, so that order, spelling and number do not matter."""
    return " ".join(sorted(wording(words).words))


def score(gold: Concepts, found: Concepts) -> Scored:
    """Micro precision, recall and F1."""
    hits = {label: len(wanted & found.get(label, frozenset())) for label, wanted in gold.items()}
    wanted, got = sum(map(len, gold.values())), sum(len(found.get(label, ())) for label in gold)
    each = [2 * hits[label] / max(1, len(gold[label]) + len(found.get(label, ()))) for label in gold]
    right = sum(hits.values())
    return Scored(
        right / max(1, got), right / max(1, wanted), 2 * right / max(1, got + wanted), wanted, got, tuple(each)
    )


def shown(name: str, result: Scored) -> dict[str, Metric]:
    """The numbers of one setting; the interval is of the mean F1 of a label (bootstrap over labels)."""
    low, high = bootstrap_interval(result.each)
    return {
        f"{name}: micro precision": Metric(result.precision, result.found),
        f"{name}: micro recall": Metric(result.recall, result.wanted),
        f"{name}: micro F1": Metric(result.f1, result.wanted),
        f"{name}: mean F1 of a label": Metric(sum(result.each) / len(result.each), len(result.each), low, high),
    }


def misses(sections: Sequence[LabelSection], gold: Concepts, found: Concepts) -> list[str]:
    """Concepts of a label that were not found, and found ones that it does not have, with the strings of the set."""
    words: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in sections:
        for mark in one.marked:
            words[one.label, str(mark.code)].add(mark.words)
    made = [
        f"missed in {label}: {', '.join(sorted(words[label, code]))}"
        for label, wanted in sorted(gold.items())
        for code in sorted(wanted - found.get(label, frozenset()))
    ]
    extra = [
        f"too much in {label}: concept {code}"
        for label, wanted in sorted(gold.items())
        for code in sorted(found.get(label, frozenset()) - wanted)
    ]
    return made + extra
