"""From a question to ranked passages, or to what is missing. Read `search` from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from retrieval.abbreviations import expanded
from retrieval.classes import speaks_of
from retrieval.encoder import Encoder
from retrieval.index import Hit, Index, IndexQuery
from retrieval.ingredient import base_name
from retrieval.intent import sections_of, sounds_medical, strange_word, unknown_medicine
from retrieval.medicines import Medicines, Mention
from retrieval.passage import Section
from retrieval.settings import RetrievalSettings

MissingKind: TypeAlias = Literal[
    "medicine_not_indexed", "which_medicine", "no_evidence", "not_about_medicines", "index_empty"
]
SIMILAR = 0.30
"""Cosine below which a passage says nothing about a question; chosen by judgement, between off-topic and real ones."""
SIMILAR_WITHOUT_NAME = 0.50
"""The same for a question that names no medicine: it must all but repeat the passage, for any could be meant."""
_SPARE = 2
"""How many times more passages are fetched than returned, so that near-copies can be left out."""
_SPARE_FOR_PAIRS = 4
"""The same for two medicines: most passages repeat one's own name, and the few that name the other rank anywhere."""
_TURNING = frozenset(
    ("not", "no", "never", "without", "except", "unless", "only", "first", "second", "third", "or", "mild", "severe")
)
"""Words that make another statement of a sentence; passages that differ in one are never copies."""
_SHORT = 4
"""A question of so few words that names a medicine and no topic continues the question before."""
# Sections in which a sentence about another medicine would be dangerous: they are never searched without a name.
_NEEDS_A_NAME = frozenset(
    {
        Section.DOSAGE,
        Section.RENAL,
        Section.HEPATIC,
        Section.PAEDIATRIC,
        Section.GERIATRIC,
        Section.PREGNANCY,
        Section.LACTATION,
        Section.OVERDOSE,
        Section.STORAGE,
        Section.FORMS,
    }
)


@dataclass(frozen=True, slots=True)
class Missing:
    """What search lacked, and the words that name it ("" where nothing needs naming)."""

    kind: MissingKind
    what: str = ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked hits with what was recognised in the question; `missing` is set when they are no basis for an answer.

    `medicines` are base names of ingredients. `corrections` pairs a misspelling with the name it was read as.
    """

    hits: tuple[Hit, ...]
    medicines: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class SearchTools:
    """What searching needs."""

    index: Index
    encoder: Encoder
    medicines: Medicines
    settings: RetrievalSettings


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the question names: medicines that are indexed, and others."""

    mentions: tuple[Mention, ...]
    indexed: tuple[str, ...]
    absent: tuple[Mention, ...]
    sections: tuple[Section, ...]
    """`stranger` must be a medicine and none that is known; `strange` may be one; `query` is what is looked for."""
    stranger: str
    strange: str
    query: str

    @property
    def corrections(self) -> tuple[tuple[str, str], ...]:
        return tuple((mention.surface, mention.name) for mention in self.mentions if not mention.exact)


def search(text: str, history: Sequence[str], tools: SearchTools) -> SearchResult:
    """The passages that bear on the question, best first.

    `history` holds the earlier questions of the conversation, oldest first: a question that names no medicine is about
    the one that was named last. Raises leaves of `IndexFault` and `EncoderError`.
    """
    indexed = _indexed_names(tools.index)
    if not indexed:
        return SearchResult((), missing=Missing("index_empty"))
    reading = _read(text, history, indexed, tools.medicines)
    missing = _missing_before(text, reading)
    if missing:
        return SearchResult((), reading.indexed, reading.sections, reading.corrections, missing)
    found = _ask_index(reading, tools)
    hits = _preferring(found, reading)[: tools.settings.limit]
    missing = _missing_after(text, reading, hits)
    return SearchResult(() if missing else hits, reading.indexed, reading.sections, reading.corrections, missing)


def hybrid_query(text: str, encoder: Encoder, limit: int) -> IndexQuery:
    """The fused query for a text, dense and BM25 with equal say; what every search starts from."""
    return IndexQuery(encoder.encode([text])[0], text, limit)


def _indexed_names(index: Index) -> frozenset[str]:
    current = (source for source in index.sources() if not source.superseded_by)
    return frozenset(base_name(name) for source in current for name in source.ingredients)


def _read(text: str, history: Sequence[str], indexed: frozenset[str], medicines: Medicines) -> _Reading:
    mentions = medicines.find(text)
    stranger = unknown_medicine(text, medicines)
    topic = text
    if mentions and history and not sections_of(text) and len(text.split()) <= _SHORT:
        topic = f"{text} {_without_names(history[-1], medicines)}"
    elif not stranger and not any(indexed.intersection(mention.ingredients) for mention in mentions):
        # "And going onto phenelzine?" still asks about the medicine of the question before.
        mentions = (*mentions, *_from_history(history, medicines))
    names = [name for mention in mentions for name in mention.ingredients if name in indexed]
    absent = tuple(mention for mention in mentions if not indexed.intersection(mention.ingredients))
    sections = sections_of(topic)
    if len(mentions) > 1 and Section.INTERACTIONS not in sections:
        sections = (Section.INTERACTIONS, *sections)
    strange = "" if mentions else strange_word(text, medicines)
    return _Reading(mentions, tuple(dict.fromkeys(names)), absent, sections, stranger, strange, topic)


def _without_names(text: str, medicines: Medicines) -> str:
    """An earlier question without its medicines: what a follow-up such as "and paracetamol?" asks."""
    for mention in reversed(medicines.find(text)):
        text = text[: mention.start] + text[mention.end :]
    return text


def _from_history(history: Sequence[str], medicines: Medicines) -> tuple[Mention, ...]:
    return next((found for found in map(medicines.find, reversed(history)) if found), ())


def _missing_before(text: str, reading: _Reading) -> Missing | None:
    """What can be known without looking: an ambiguous name, a medicine that no source covers, no medicine at all."""
    unsure = next((mention for mention in reading.mentions if mention.ambiguous), None)
    if unsure:
        return Missing("which_medicine", " or ".join(unsure.ambiguous[:3]))
    if not reading.indexed and reading.absent:
        return Missing("medicine_not_indexed", ", ".join(mention.name or mention.surface for mention in reading.absent))
    if not reading.indexed and reading.stranger:
        return Missing("medicine_not_indexed", reading.stranger)
    if not reading.indexed and _NEEDS_A_NAME.intersection(reading.sections):
        return Missing("medicine_not_indexed", reading.strange) if reading.strange else Missing("which_medicine")
    if not reading.indexed and not sounds_medical(text) and len(text.split()) < 3:
        return Missing("not_about_medicines")
    return None


def _ask_index(reading: _Reading, tools: SearchTools) -> tuple[Hit, ...]:
    wanted = tools.settings.limit * (_SPARE if len(reading.mentions) < 2 else _SPARE_FOR_PAIRS)
    query = hybrid_query(_with_names(reading), tools.encoder, wanted)
    query = replace(query, ingredients=reading.indexed, sections=reading.sections)
    return _without_copies(tools.index.search(query))


def _with_names(reading: _Reading) -> str:
    """The question as the sources would say it: brands and misspellings replaced, abbreviations written out."""
    text = reading.query
    for mention in reversed(reading.mentions):
        if mention.surface == text[mention.start : mention.end] and mention.brand | (not mention.exact):
            text = text[: mention.start] + " ".join(mention.ingredients) + text[mention.end :]
    missing = [name for name in reading.indexed if name not in text.lower()]
    return expanded(" ".join([text, *missing[:3]]))


def _without_copies(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Leave out passages that say what a better one says in nearly the same words and exactly the same figures."""
    kept: list[Hit] = []
    seen: list[tuple[frozenset[str], list[str]]] = []
    for hit in hits:
        words = frozenset(re.findall(r"[a-z]+", hit.passage.text.lower()))
        figures = re.findall(r"\d[\d.,/]*", hit.passage.text)
        if not any(figures == known and _alike(words, other) for other, known in seen):
            kept.append(hit)
            seen.append((words, figures))
    return tuple(kept)


def _alike(words: frozenset[str], other: frozenset[str]) -> bool:
    return words == other or (len(words ^ other) <= 2 and len(words) > 10 and not _TURNING & (words ^ other))


def _preferring(hits: tuple[Hit, ...], reading: _Reading) -> tuple[Hit, ...]:
    """Of two medicines asked about together, what one's source says about the other comes first: by name, by class."""
    if len(reading.mentions) < 2:
        return hits
    return tuple(sorted(hits, key=lambda hit: min(_distance_to_other(hit, one) for one in reading.mentions)))


def _distance_to_other(hit: Hit, mention: Mention) -> int:
    """0 when the passage names a medicine that it is not itself about, 1 when it names that one's class, else 2."""
    own = {base_name(name) for name in hit.passage.ingredients}
    if own.intersection(mention.ingredients):
        return 2
    return 0 if _names(hit, mention) else 1 if _names_class(hit, mention) else 2


def _names(hit: Hit, mention: Mention) -> bool:
    text = hit.passage.text.lower()
    return any(name.lower() in text for name in (mention.surface, mention.name, *mention.ingredients) if name)


def _names_class(hit: Hit, mention: Mention) -> bool:
    return any(speaks_of(hit.passage.text, name) for name in mention.ingredients)


def _missing_after(text: str, reading: _Reading, hits: Sequence[Hit]) -> Missing | None:
    """What the passages lack: anything on the other medicine, or anything on the question."""
    unmentioned = [one for one in reading.absent if not any(_names(hit, one) or _names_class(hit, one) for hit in hits)]
    if unmentioned:
        return Missing("medicine_not_indexed", ", ".join(mention.name or mention.surface for mention in unmentioned))
    if reading.stranger and not any(reading.stranger.lower() in hit.passage.text.lower() for hit in hits):
        return Missing("medicine_not_indexed", reading.stranger)
    best = max((hit.similarity for hit in hits), default=-1.0)
    if best >= (SIMILAR if reading.indexed else SIMILAR_WITHOUT_NAME):
        return None
    if not sounds_medical(text):
        return Missing("not_about_medicines")
    return Missing("no_evidence", " ".join(text.split())) if reading.indexed else Missing("which_medicine")
