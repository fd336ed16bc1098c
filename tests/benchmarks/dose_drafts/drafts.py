"""All drafts of the benchmark, balanced by kind and picked by hash: two runs on the same sources agree."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from retrieval.passage import Citation
from tests.benchmarks.dose_drafts import amounts, conditions
from tests.benchmarks.dose_drafts.citations import wrongly_cited
from tests.benchmarks.dose_drafts.draft import Draft, Kind, Said, Way, digest
from tests.benchmarks.dose_drafts.exchange import exchanged
from tests.benchmarks.dose_drafts.faithful import WAYS, fused
from tests.benchmarks.dose_drafts.medicines import wrong_medicines

MOST_CORRUPTED, MOST_FAITHFUL = 440, 280
"""Generated drafts of one kind and one way."""
PER_SENTENCE = 2
"""Generated drafts of one kind from one sentence."""
LONGEST_FUSED = 420
_RESTATED = (None, Way.SYNONYM, Way.ABBREVIATION, Way.NOTE, Way.REORDER)
"""Half of the errors are made in the source's own words, the rest in other words: an error is rarely verbatim."""
Corruptor = Callable[[Said], Iterator[str]]


def _rows(said: Said) -> Iterator[str]:
    yield from amounts.swapped(said)
    yield from amounts.of_another_row(said)
    yield from amounts.of_another_sentence(said)


CORRUPTORS: Mapping[Kind, Corruptor] = {
    Kind.NUMBER: amounts.wrong_numbers,
    Kind.UNIT: amounts.wrong_units,
    Kind.TENFOLD: amounts.tenfold,
    Kind.ROW: _rows,
    Kind.MEDICINE: wrong_medicines,
    Kind.CONDITION: conditions.dropped,
    **{
        kind: partial(exchanged, kind=kind)
        for kind in (
            *(Kind.FREQUENCY, Kind.ROUTE, Kind.POPULATION, Kind.INDICATION),
            *(Kind.DIRECTION, Kind.NEGATION, Kind.STRENGTH),
        )
    },
}


def generated(sentences: Sequence[Said]) -> tuple[Draft, ...]:
    """Faithful and corrupted drafts of every kind that the sentences allow."""
    drafts: list[Draft] = []
    for kind in CORRUPTORS:
        drafts += _picked(_corrupted(sentences, kind), MOST_CORRUPTED)
    drafts += _picked([one for said in sentences for one in wrongly_cited(said)], MOST_CORRUPTED)
    for way in WAYS:
        drafts += _picked(_restated(sentences, way), MOST_FAITHFUL)
    drafts += _picked(_fused(sentences), MOST_FAITHFUL)
    return tuple(drafts)


def _corrupted(sentences: Iterable[Said], kind: Kind) -> list[Draft]:
    drafts = []
    for said in sentences:
        for text in CORRUPTORS[kind](said):
            # A sentence without its last condition is found in the passage, and is wrong all the same.
            if kind is Kind.CONDITION or _squeezed(text) not in _squeezed(said.passage.text):
                drafts.append(_draft(said, kind, _in_other_words(said, text)))
    return drafts


def _in_other_words(said: Said, text: str) -> str:
    """The wrong text as it is, or restated in a way that keeps its meaning, and so its error."""
    way = _RESTATED[max(0, int(digest(text), 16) % (2 * len(_RESTATED)) - len(_RESTATED))]
    if way is None:
        return text
    return WAYS[way](replace(said, text=text)) or text


def _restated(sentences: Iterable[Said], way: Way) -> list[Draft]:
    made = ((said, WAYS[way](said)) for said in sentences)
    return [_draft(said, way, text) for said, text in made if text]


def _fused(sentences: Iterable[Said]) -> list[Draft]:
    """Neighbouring sentences of one section, as one."""
    drafts = []
    for one, other in pairwise(sentences):
        same = (one.passage.source_id, one.passage.heading) == (other.passage.source_id, other.passage.heading)
        text = fused(one, other)
        if same and one.passage.key != other.passage.key and len(text) <= LONGEST_FUSED:
            quotes = tuple(Citation(said.passage.key, said.text) for said in (one, other))
            source = f"{one.text} {other.text}"
            drafts.append(Draft(one.origin, Way.FUSED, text, quotes, {**one.evidence, **other.evidence}, source))
    return drafts


def _draft(said: Said, kind: Kind | Way, text: str) -> Draft:
    return Draft(said.origin, kind, text, (Citation(said.passage.key, said.text),), said.evidence, said.text)


def _picked(drafts: Iterable[Draft], most: int) -> list[Draft]:
    """At most two drafts of each sentence, and of those the first by hash; each text once."""
    by_source: defaultdict[str, dict[str, Draft]] = defaultdict(dict)
    for draft in sorted(drafts, key=lambda one: digest(one.text, one.source)):
        of_source = by_source[draft.source]
        if len(of_source) < PER_SENTENCE:
            of_source.setdefault(draft.id, draft)
    kept = [draft for of_source in by_source.values() for draft in of_source.values()]
    return sorted(kept, key=lambda one: digest(one.id))[:most]


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()
