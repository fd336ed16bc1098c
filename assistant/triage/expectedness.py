"""Whether an event is listed for a medicine in one named version of a label: by concept, not by string.

What the label only denies, treats, says of animals, of the comparator or of the class does not count; an event that is
more specific or more severe than what is listed is unexpected (`rules/expectedness.yaml` names the regulations).
What cannot be decided is unknown, counts as unexpected, and says so. A person confirms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from assistant.triage.case import Event, EventOutcome
from assistant.triage.dictionaries.matching import Matcher, Way
from assistant.triage.dictionaries.wording import spelled, wording
from assistant.triage.judgement import Expectedness, Listed
from assistant.triage.labels.listing import LabelPlace, LabelReading, places
from assistant.triage.labels.stance import Stance
from assistant.triage.product import Product
from guardrails.rule_file import read_rule_file
from retrieval.ingredient import base_name
from retrieval.passage import Passage, Section, Source, SourceKind

FILE = Path(__file__).resolve().parent / "rules" / "expectedness.yaml"
COUNTS = "Until a person decides otherwise it counts as unexpected."
_QUOTE = 400
_UNCODED = "uncoded"
# What a sentence that lists a reaction says; the best to quote.
_TOLD = re.compile(r"\b(?:caus|occur|report|experienc|develop|includ|adverse (?:reaction|event))\w*", re.IGNORECASE)


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Beyond(_Shape):
    """An event, and the lesser events that it goes beyond."""

    event: str
    than: tuple[str, ...]


class ExpectednessRules(_Shape):
    """The file `rules/expectedness.yaml`."""

    id: str
    version: str
    basis: str
    sections: tuple[Section, ...]
    graver: str
    stronger: str
    fatal: str
    beyond: tuple[Beyond, ...]


class LabelShelf(Protocol):
    """What is needed of `retrieval.index.Index`."""

    def sources(self) -> tuple[Source, ...]:
        """Every document, without its text."""
        ...

    def passages_of(self, source_id: str) -> tuple[Passage, ...]:
        """The passages of one document in reading order."""
        ...


@cache
def read_rules(path: Path = FILE) -> ExpectednessRules:
    """The rules of a file. Raises `guardrails.errors.RuleInvalid`."""
    return read_rule_file(path, ExpectednessRules, "table of expectedness")


def reference_labels(product: Product, shelf: LabelShelf) -> tuple[Source, ...]:
    """The documents of the product's ingredients: labels before monographs, current before superseded, newest first."""
    names = [product.ingredient, *(one.name for one in product.substances)] if product.ingredient else []
    wanted = {base_name(name) for name in (names or [product.name]) if name}
    own = [one for one in shelf.sources() if wanted and wanted == {base_name(name) for name in one.ingredients}]
    ordered = sorted(own, key=lambda one: (str(one.effective or ""), one.id), reverse=True)
    return tuple(sorted(ordered, key=lambda one: (one.kind is not SourceKind.LABEL, bool(one.superseded_by))))


def judge(
    event: Event, product: Product, shelf: LabelShelf, reading: LabelReading, source_id: str = ""
) -> Expectedness:
    """The machine's proposal for one event and one product, in the named document or else the first that fits.

    Raises:
        retrieval.errors.IndexFault: the index cannot be read.
        retrieval.errors.EncoderError: the tagger cannot be used.
    """
    labels = reference_labels(product, shelf)
    chosen = next((one for one in labels if not source_id or one.id == source_id), None)
    if chosen is None:
        wanted = f"document {source_id!r}" if source_id else "label"
        return _unknown(event, product, f"The index holds no {wanted} of {product.name}. {COUNTS}")
    return judge_in(event, product, chosen, shelf.passages_of(chosen.id), reading)


def judge_in(
    event: Event, product: Product, source: Source, passages: Sequence[Passage], reading: LabelReading
) -> Expectedness:
    """The proposal for one event against the passages of one document at one version."""
    rules = read_rules()
    asked = _asked(event, reading.matcher)
    if not any(one.section in rules.sections for one in passages):
        return _unknown(event, product, f"{_named(source)} has no section on adverse reactions. {COUNTS}", source)
    if not asked.coded:
        reading = replace(reading, names=reading.names.with_words(asked.name, _UNCODED))
    found = places(tuple(passages), rules.sections, reading)
    own = [one for one in found if asked.concepts & set(one.named.concepts)]
    treated = places(tuple(passages), (Section.INDICATIONS,), replace(reading, nets=None))
    is_treated = any(asked.concepts & set(one.named.concepts) for one in treated)
    decided = _decide(asked, own, found, source, rules)
    if is_treated and decided.listed is Listed.EXPECTED:
        decided = _doubted_as_indication(asked, own, decided, source)
    version = source.version or str(source.effective or "")
    return Expectedness(
        f"{event.id}/{product.id}",
        event.id,
        product.id,
        decided.listed,
        source.id,
        version,
        decided.quote[:_QUOTE],
        decided.reason,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The event: its words, its concepts, and what is said beyond them."""

    name: str
    words: frozenset[str]
    concepts: frozenset[str]
    graver: tuple[str, ...]
    stronger: tuple[str, ...]

    @property
    def coded(self) -> bool:
        """Whether the dictionary has it; if not, only its words are looked for."""
        return _UNCODED not in self.concepts


@dataclass(frozen=True, slots=True)
class _Decision:
    listed: Listed
    reason: str
    quote: str = ""


def _asked(event: Event, matcher: Matcher) -> _Asked:
    """The event's concepts in the matcher's dictionary: of its term where it is coded there, else of its words."""
    rules = read_rules()
    text = event.term.text if event.term else event.verbatim
    dictionary = matcher.dictionary
    concepts = set()
    if event.term and (event.term.dictionary, event.term.version) == (dictionary.name, dictionary.version):
        concepts = {one.concept for one in dictionary.entries if event.term.code in (one.code, one.concept)}
    if not concepts:
        same = matcher.same(text)
        # Two terms with the same words are only both meant where neither is exactly what was said.
        concepts = {one.entry.concept for one in same if one.way is Way.EXACT or len(same) == 1}
    said = set(spelled(f"{event.verbatim} {text}").split())
    within = wording(text).grave if event.term and event.term.text != event.verbatim else frozenset[str]()
    graver = [word for word in spelled(rules.graver).split() if word in said - within]
    if event.outcome is EventOutcome.FATAL:
        graver = ["fatal", *(word for word in graver if word != "fatal")]
    stronger = [word for word in spelled(rules.stronger).split() if word in said - within]
    return _Asked(text, wording(text).words, frozenset(concepts or {_UNCODED}), tuple(graver), tuple(stronger))


def _decide(
    asked: _Asked, own: Sequence[LabelPlace], found: Sequence[LabelPlace], source: Source, rules: ExpectednessRules
) -> _Decision:
    listed = [one for one in own if one.stance is Stance.LISTED and not one.doubted]
    if listed:
        return _with_gravity(asked, listed, source, rules)
    if narrower := _narrower(asked, own, found):
        what = narrower[0].words if narrower[0].stance is Stance.LISTED else f"{narrower[0].cue} … {narrower[0].words}"
        said = f"{_named(source)} lists “{what}”, only a more specific form of “{asked.name}”. {COUNTS}"
        return _Decision(Listed.UNKNOWN, said, narrower[0].sentence)
    lesser = _lesser(asked, found, rules)
    if lesser:
        names = ", ".join(f"“{one.words}”" for one in lesser[:3])
        said = f"{_named(source)} lists {names}, which is less specific or less severe than “{asked.name}”"
        return _Decision(Listed.UNEXPECTED, f"{said} ({rules.basis}).", lesser[0].sentence)
    passing = [one for one in own if one.stance is not Stance.LISTED]
    if passing:
        said = f"{_named(source)} does not list “{asked.name}”; it is only {passing[0].stance.value}"
        return _Decision(Listed.UNEXPECTED, f"{said}.", passing[0].sentence)
    if doubted := [one for one in own if one.doubted]:
        said = f"{_named(source)} names “{asked.name}”, but it is not clear that it is listed as a reaction. {COUNTS}"
        return _Decision(Listed.UNKNOWN, said, doubted[0].sentence)
    if source.kind is not SourceKind.LABEL:
        said = f"{_named(source)} does not name “{asked.name}”, and it is only a summary of a label. {COUNTS}"
        return _Decision(Listed.UNKNOWN, said)
    if not asked.coded:
        said = f"“{asked.name}” is not coded, and {_named(source)} does not have its words. {COUNTS}"
        return _Decision(Listed.UNKNOWN, said)
    return _Decision(Listed.UNEXPECTED, f"{_named(source)} does not list “{asked.name}”.")


def _doubted_as_indication(asked: _Asked, own: Sequence[LabelPlace], decided: _Decision, source: Source) -> _Decision:
    """What the medicine is for is named all over its label; only a row of a table lists it beyond doubt."""
    if any(one.passage.is_table_row and one.stance is Stance.LISTED for one in own):
        return decided
    said = f"{_named(source)} names “{asked.name}” among reactions, and also as what the medicine is for. {COUNTS}"
    return _Decision(Listed.UNKNOWN, said, decided.quote)


def _with_gravity(asked: _Asked, listed: Sequence[LabelPlace], source: Source, rules: ExpectednessRules) -> _Decision:
    """Expected, unless the event was graver than every listing says."""
    for words, certain in ((asked.graver, True), (asked.stronger, False)):
        if not words:
            continue
        said = [one for one in listed if _says(one, words, rules)]
        if not said:
            beyond = f"{_named(source)} lists “{listed[0].words}”, and not that it is {' or '.join(words)}"
            if certain:
                return _Decision(Listed.UNEXPECTED, f"{beyond} ({rules.basis}).", listed[0].sentence)
            return _Decision(Listed.UNKNOWN, f"{beyond}. {COUNTS}", listed[0].sentence)
        listed = said
    best = min(listed, key=lambda one: (not _TOLD.search(one.sentence), one.passage.is_table_row, len(one.sentence)))
    where = best.passage.heading[-1] if best.passage.heading else best.passage.section.value.replace("_", " ")
    replaced = " This version was replaced by a newer one." if source.superseded_by else ""
    return _Decision(
        Listed.EXPECTED, f"{_named(source)} lists “{best.words}” under “{where}”.{replaced}", best.sentence
    )


def _says(place: LabelPlace, words: Sequence[str], rules: ExpectednessRules) -> bool:
    """Whether the sentence says one of the words; for death, any word of death."""
    held = set(spelled(place.sentence).split())
    fatal = set(spelled(rules.fatal).split())
    return bool(held & set(words)) or bool(fatal & set(words) and fatal & held)


def _narrower(asked: _Asked, own: Sequence[LabelPlace], found: Sequence[LabelPlace]) -> list[LabelPlace]:
    """The listed events that are a kind of this one: an adjective beside its name, or all its words and more."""
    beside = [one for one in own if one.stance is Stance.NARROWER]
    more = [one for one in found if one.stance is Stance.LISTED and wording(one.words).words > asked.words]
    return beside + [one for one in more if not one.doubted]


def _lesser(asked: _Asked, found: Sequence[LabelPlace], rules: ExpectednessRules) -> list[LabelPlace]:
    """The listed events that this one goes beyond: by the table, or because it has all their words and more."""
    table = _table(rules).get(asked.words, frozenset())
    listed = [one for one in found if one.stance in (Stance.LISTED, Stance.NARROWER) and not one.doubted]
    by_table = [one for one in listed if wording(one.words).words in table]
    fewer = [one for one in listed if wording(one.words).words < asked.words]
    seen: dict[frozenset[str], LabelPlace] = {}
    for one in (*by_table, *fewer):
        seen.setdefault(wording(one.words).words, one)
    return list(seen.values())


@cache
def _table(rules: ExpectednessRules) -> Mapping[frozenset[str], frozenset[frozenset[str]]]:
    return {wording(row.event).words: frozenset(wording(one).words for one in row.than) for row in rules.beyond}


def _named(source: Source) -> str:
    version = source.version and f", version {source.version}"
    dated = f" ({source.effective:%Y-%m-%d})" if source.effective else ""
    return f"“{source.title}”{version}{dated}"


def _unknown(event: Event, product: Product, reason: str, source: Source | None = None) -> Expectedness:
    label_id, version = (source.id, source.version or str(source.effective or "")) if source else ("", "")
    made = f"{event.id}/{product.id}"
    return Expectedness(made, event.id, product.id, Listed.UNKNOWN, label_id, version, "", reason)
