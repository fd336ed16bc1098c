"""Whether the sentences at hand speak of what was asked at all. Where they do not, no sentence of them is an answer.

Deterministic, and refusing when unsure: a dose of the right medicine for the wrong disease is worse than no dose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assistant.terms import SECTION_WORDS, stem, terms
from retrieval.abbreviations import laboratory_words
from retrieval.classes import speaks_of
from retrieval.index.rarity import weight_of
from retrieval.medicines import Medicines
from retrieval.passage import Passage, Section

# What clinicians ask and no label answers. Each row: the words, and nothing else of the question matters.
_OUTSIDE_LABELS = re.compile(
    r"\b(?:costs?|price[sd]?|pricing|cheap(?:er|est)?|afford\w*|reimburs\w*|insurance|tariff|dollars?|pounds?|euros?"
    r"|shortages?|in stock|supply|back ?order\w*|manufactur\w+ (?:in|by)|who makes"
    r"|dogs?|cats?|horses?|pupp(?:y|ies)|kittens?|veterinar\w*|vet|pets?|cattle|rabbits?"
    r"|halal|kosher|vegan|vegetarian|tastes? (?:best|better|nic\w+)|best tast\w+"
    r"|share price|stock market|patent\w*|invented|discovered)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:better|best|more effective|less effective|superior|inferior|stronger|weaker|safer)\b"
    r"|\b(?:versus|vs\.?|compared? (?:to|with))\b"
    r"|\bwhich (?:\w+ ){0,3}(?:more|less|first|prefer\w*)\b",
    re.IGNORECASE,
)
_FOR = re.compile(r"\b(?:for|in|to treat|against) (?:the |a |an |her |his |my )?([a-z][a-z' -]{2,60})", re.IGNORECASE)
ASKS_A_DOSE = re.compile(r"\b(?:dos(?:e|es|ing|age)|how much|regimen|mg|mcg|schedule|titrat\w+)\b", re.IGNORECASE)
_PLACES_OF_DOSES = frozenset({Section.DOSAGE, Section.INDICATIONS, Section.PAEDIATRIC, Section.RENAL, Section.HEPATIC})
_RARE = 3.0
_SHORT = 12
# A dose by one route is never an answer to a question about another.
_ROUTES = frozenset(
    stem(word)
    for word in [
        "intravenous",
        "intramuscular",
        "subcutaneous",
        "intrathecal",
        "epidural",
        "intraarticular",
        "intradermal",
        "rectal",
        "topical",
        "inhaled",
        "nebulised",
        "nebulized",
        "ophthalmic",
        "intranasal",
        "transdermal",
        "vaginal",
        "buccal",
        "sublingual",
    ]
)

_INJECTED = frozenset({stem("parenteral")})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart: content words without its medicines, the medicines, and whether it compares."""

    text: str
    words: tuple[str, ...]
    medicines: tuple[str, ...]
    compares: bool

    @property
    def topic(self) -> tuple[str, ...]:
        """The words that are not the name of a section."""
        return tuple(word for word in self.words if word not in SECTION_WORDS)


def take_apart(text: str, medicines: Medicines) -> Asked:
    """Read a question; the names of medicines are cut out of its words."""
    names: list[str] = []
    rest = text
    for mention in reversed(medicines.find(text)):
        names += mention.ingredients
        rest = f"{rest[: mention.start]} {rest[mention.end :]}"
    written_out = " ".join([rest, *laboratory_words(text)])
    words = tuple(word for word in dict.fromkeys(terms(written_out)) if not word[0].isdigit())
    named = tuple(dict.fromkeys(reversed(names)))
    # "Penicillin ok, amoxicillin dose?" names one medicine and its own class, not two medicines.
    classes = tuple(name for name in named if any(speaks_of(name, other) for other in named if other != name))
    return Asked(rest, words, tuple(name for name in named if name not in classes), bool(_COMPARES.search(rest)))


def others_named(passage: Passage, text: str, asked: Asked, medicines: Medicines) -> int:
    """How many of the question's other medicines a sentence of this passage speaks of, by name or by class."""
    own = [name for name in asked.medicines if any(medicines.same(name, mine) for mine in passage.ingredients)]
    others = [name for name in asked.medicines if name not in own]
    said = {name for mention in medicines.find(text) for name in mention.ingredients}
    return sum(name in said or speaks_of(text, name) for name in others)


def not_covered(asked: Asked, passages: Sequence[Passage], sections: Sequence[Section]) -> bool:
    """Whether these passages, though found, are no basis for an answer to the question."""
    if not passages or _OUTSIDE_LABELS.search(asked.text):
        return True
    if sections and sections[0] is Section.BOXED_WARNING:
        return not any(each.section is Section.BOXED_WARNING for each in passages)
    said = {word for each in passages for word in (*terms(each.text), *terms(" ".join(each.heading)))}
    if not sections and asked.words and not any(word in said for word in asked.words):
        return True
    return len(asked.medicines) < 2 and _strange_purpose(asked, passages, sections, said)


def _strange_purpose(
    asked: Asked, passages: Sequence[Passage], sections: Sequence[Section], said: Collection[str]
) -> bool:
    """Whether a dose is asked for a purpose that no dosing or indication passage mentions ("amoxicillin for Lyme")."""
    asks_a_dose = ASKS_A_DOSE.search(asked.text) is not None
    if not asks_a_dose and Section.INDICATIONS not in sections:
        return False
    known = {word for each in passages if each.section in _PLACES_OF_DOSES for word in terms(each.text)}
    routes = _ROUTES.intersection(asked.words)
    if routes and not (routes | _INJECTED) & known:
        return True
    rare = {stem(word) for word in re.findall(r"[a-z]{4,}", asked.text.lower()) if weight_of(word) == _RARE}
    places = known if asks_a_dose else set(said)
    purposes = [word for found in _FOR.finditer(asked.text) for word in terms(found[1]) if word not in SECTION_WORDS]
    if purposes and not places & set(purposes) and any(word in rare for word in purposes):
        return True
    # In a long story rare words are by the way; in a short question they are what it is about.
    telling = [word for word in asked.topic if word in rare] if len(asked.text.split()) <= _SHORT else []
    return bool(telling) and not any(word in said for word in telling)
