"""The checks of wording: whether a claim says what its quotes say, and nothing else.

Each check is one plain function with one concern. Where a check cannot be sure it finds fault: a sentence that is
withheld can be read in the source, a wrong one that is shown may harm. A claim that is its quote word for word agrees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from guardrails.equivalence import Measure, measures
from guardrails.examined import Examined
from guardrails.polarity import counted, cues, denied, hedges, obligations
from guardrails.quantities import read_amounts
from guardrails.quoted import Quoted, mentions_of
from guardrails.units import UNITS
from guardrails.verdict import Finding, Severity
from guardrails.wording import (
    GLUE,
    IMPLIED,
    INSTRUCTING,
    OPPOSITES,
    POPULATIONS,
    ROUTES,
    TIMES,
    Word,
    content_words,
    implied,
    outside,
    stems,
)
from guardrails.zones import is_within, statements_of
from retrieval.medicines import Mention


def _finding(rule: str, explanation: str, span: tuple[int, int] = (0, 0), evidence: str = "") -> Finding:
    return Finding(rule, VERSIONS[rule], Severity.BLOCK, explanation, span, evidence)


VERSIONS = dict.fromkeys(("statement", "medicines", "routes", "negations", "certainty", "words"), "2")
"""The version of each rule of this file; raise it when the rule judges differently."""


def medicines(examined: Examined) -> tuple[Finding, ...]:
    """Every medicine of the claim is named in a quote, or is what its passage is about; two keep their order."""
    known: set[frozenset[str]] = set()
    for quote in examined.quoted:
        named = (*quote.mentions, *mentions_of(quote.medicines, quote.passage.title))
        known |= {frozenset(mention.ingredients) for mention in named} | {quote.own_ingredients}
    strange = [one for one in examined.mentions if frozenset(one.ingredients) not in known]
    found = [_finding("medicines", f"The quote does not name {one.surface}.", (one.start, one.end)) for one in strange]
    twice = [one for one in examined.mentions if _mentioned(one, examined.mentions) > _told(one, examined)]
    if not strange and twice:
        found.append(_finding("medicines", f"The claim names {twice[0].surface} in the place of another medicine."))
    if not strange and _either_for_both(examined):
        found.append(_finding("medicines", "The quote says this of both medicines together."))
    if not strange and not any(_same_order(examined, quote) for quote in examined.quoted):
        found.append(_finding("medicines", "The quote names these medicines in another order or relation."))
    return tuple(found)


def _either_for_both(examined: Examined) -> bool:
    """Whether the claim says "with A or B" of "with A and B"."""
    claimed = _joined(examined.claim.text, examined.mentions, "or")
    quoted = [_joined(quote.text, quote.mentions, "and") for quote in examined.quoted]
    either = [_joined(quote.text, quote.mentions, "or") for quote in examined.quoted]
    return bool(claimed & frozenset().union(*quoted) - frozenset().union(*either))


def _joined(text: str, mentions: Sequence[Mention], word: str) -> frozenset[frozenset[tuple[str, ...]]]:
    """The pairs of medicines that one word joins."""
    pairs = ((one, other) for one, other in pairwise(mentions) if text[one.end : other.start].strip().lower() == word)
    return frozenset(frozenset((one.ingredients, other.ingredients)) for one, other in pairs)


def _mentioned(one: Mention, mentions: Sequence[Mention]) -> int:
    return sum(each.ingredients == one.ingredients for each in mentions)


def _told(one: Mention, examined: Examined) -> int:
    """How often the quotes name a medicine; any number of times where the passage is about it or names it once only."""
    about = any(frozenset(one.ingredients) == quote.own_ingredients for quote in examined.quoted)
    several = len({each.ingredients for quote in examined.quoted for each in quote.mentions}) > 2
    times = sum(_mentioned(one, quote.mentions) for quote in examined.quoted)
    return times if several and not about else len(examined.mentions)


_ACTS = re.compile(
    r"\b(?:increas|rais|decreas|reduc|lower|inhibit|induc|affect|potentiat|displac|caus|convert|switch|replac|substitut|chang"
    r"|prevent|enhanc|block|antagoni|instead|before|after|than)\w*",
    re.IGNORECASE,
)
"""Where one medicine acts on another or follows it, their order carries the meaning."""


def _same_order(examined: Examined, quote: Quoted) -> bool:
    """With two medicines or more, who acts on whom must not change: the same order, or the other one with "by"."""
    claimed = list(dict.fromkeys(mention.ingredients for mention in examined.mentions))
    if len(claimed) < 2:
        return True
    rests = " ".join(rest.text for rest in examined.rests if rest.quote is quote)
    found = mentions_of(quote.medicines, rests)
    quoted = [each for each in dict.fromkeys(mention.ingredients for mention in found) if each in claimed]
    kept = [each for each in claimed if each in quoted]
    if _is_turned(examined.claim.text, examined.mentions) is not _is_turned(rests, found):
        return len(kept) == 2 and kept == quoted[::-1]
    if kept == quoted or not _ACTS.search(rests):
        return True
    roles = _roles(examined.claim.text, examined.mentions)
    told = _roles(rests, found)
    return list(roles.values()).count("") < 2 and all(told.get(name) == role for name, role in roles.items())


_ROLE = re.compile(
    r"\b(with|of|by|from|to|than|after|before|on|for|between|and|or|plus|in|taking|receiving|starting|stopping)\s+"
    r"(?:(?:a|an|the)\s+)?$",
    re.IGNORECASE,
)


def _roles(text: str, mentions: Sequence[Mention]) -> dict[tuple[str, ...], str]:
    """The preposition in front of each medicine, "" where none is: what acts or is acted on."""
    found: dict[tuple[str, ...], str] = {}
    for one in mentions:
        role = _ROLE.search(text[max(0, one.start - 30) : one.start])
        found.setdefault(one.ingredients, role.group(1).lower() if role else "")
    return found


def _is_turned(text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a medicine is what something is done by."""
    return any(re.search(r"\bby\s+(?:\w+\s+)?$", text[max(0, one.start - 30) : one.start]) for one in mentions)


def routes(examined: Examined) -> tuple[Finding, ...]:
    """A route, or a time of the day, that the claim names is in a quote or its heading."""
    own = frozenset().union(*(stems(quote.text) for quote in examined.quoted))
    said = own if own & ROUTES else examined.said
    wrong = [word for word in content_words(examined.claim.text) if word.stem in ROUTES | TIMES]
    return tuple(
        _finding("routes", f"The quote does not say “{word.text}”.", (word.start, word.end))
        for word in outside(wrong, _places_of_amounts(examined.claim.text))
        if word.stem not in said
    )


def negations(examined: Examined) -> tuple[Finding, ...]:
    """The claim negates, excepts and makes conditional exactly what the clauses it rests on do."""
    told = [cue for cue in cues(examined.claim.text) if cue.kind != "if"]
    known = [cue for rest in examined.rests for cue in rest.cues if cue.kind != "if"]
    claimed, quoted = counted(told), counted(known)
    lost, added = quoted - claimed, claimed - quoted
    if _MUST_NOT.search(examined.claim.text):  # what is contraindicated must not be used; not the other way round
        _pair(lost, _CONTRAINDICATED, added, _NOT_USED)
    for cue in told:
        _pair(lost, ("not", cue.to), added, (cue.kind, cue.scope))
    for cue in known:
        _pair(lost, (cue.kind, cue.scope), added, ("not", cue.to))
    lost, added = _without_shared(examined, lost, added)
    texts = [f"the quote says {_cue(cue)}, the claim does not" for cue in lost]
    texts += [f"the claim says {_cue(cue)}, the quote does not" for cue in added]
    texts += [f"“{word}” is not what the quote negates" for word in _moved(examined)]
    texts += [f"the quote denies “{word}”" for word in _affirmed(examined)]
    return (_finding("negations", f"The wording turns: {'; '.join(texts)}."),) if texts else ()


Cues: TypeAlias = Counter[tuple[str, str]]


def _pair(lost: Cues, one: tuple[str, str], added: Cues, other: tuple[str, str]) -> None:
    """Take two cues that say the same from what is lost and what is added."""
    if one[1] or one == _CONTRAINDICATED:
        both = min(lost[one], added[other])
        lost.subtract({one: both})
        added.subtract({other: both})


def _without_shared(examined: Examined, lost: Cues, added: Cues) -> tuple[Cues, Cues]:
    """Without negations that "or" says once for several: "never A, never B" is "never A or B"."""
    known = frozenset().union(*(denied(rest.text) for rest in examined.rests))
    told = denied(examined.claim.text)
    lost = Counter({cue: n for cue, n in lost.items() if n > 0 and not (cue[0] == "not" and cue[1] in told)})
    return lost, Counter({cue: n for cue, n in added.items() if n > 0 and not (cue[0] == "not" and cue[1] in known)})


def _affirmed(examined: Examined) -> list[str]:
    """Words that a negated list of the quotes denies and that the claim says where it negates nothing."""
    known = frozenset().union(*(denied(rest.text) for rest in examined.rests))
    if not known:
        return []
    text = examined.claim.text
    open_ones = _negated(text, ",;", examined.mentions) | denied(text)
    elsewhere = frozenset().union(*(_told_openly(rest.text) for rest in examined.rests))
    return sorted((stems(text) & known) - open_ones - elsewhere)


def _told_openly(text: str) -> frozenset[str]:
    """The stems of the clauses without a negation."""
    places = [cue.start for cue in cues(text) if cue.kind in _NEGATES]
    bounds = [0, *(found.start() for found in _CLAUSES.finditer(text)), len(text)]
    return frozenset().union(*(stems(text[a:b]) for a, b in pairwise(bounds) if not any(a <= at < b for at in places)))


_CLAUSES = re.compile(r"[.,;:](?=\s)")


_MUST_NOT = re.compile(r"\b(?:must (?:not|never)|do not|never)\b", re.IGNORECASE)
_CONTRAINDICATED, _NOT_USED = ("contraindicated", ""), ("not", "use")
_NEW_VERB = re.compile(r"\b(?:and|but)\s+(?=(?:must|should|do|does|is|are|can|may|never|not)\b)", re.IGNORECASE)
_NEGATES = frozenset({"not", "without", "contraindicated"})


def _moved(examined: Examined) -> list[str]:
    """Words that the claim negates and that stand in no clause of the quotes with a negation."""
    around = frozenset().union(*(quote.surroundings for quote in examined.quoted)) | GLUE | INSTRUCTING
    negated: frozenset[str] = frozenset()
    for rest in examined.rests:
        found = _negated(rest.quote.text, ";", rest.quote.mentions)
        is_lead_in = bool(found) and rest.quote.text.rstrip().endswith(":")
        negated |= found | (frozenset().union(*(stems(each.text) for each in examined.rests)) if is_lead_in else set())
    quoted = frozenset().union(*(stems(quote.text) for quote in examined.quoted))
    strange = _negated(examined.claim.text, ",;", examined.mentions) & quoted - implied(negated) - around
    return sorted(strange) if negated else []


def _negated(text: str, parting: str, mentions: tuple[Mention, ...]) -> frozenset[str]:
    """The stems of the stretches that hold a negation; the signs of `parting`, full stops and new verbs part them."""
    cuts = {n + 1 for n, sign in enumerate(text) if sign in parting or text[n : n + 2] == ". "}
    bounds = [0, *sorted(cuts | {found.start() for found in _NEW_VERB.finditer(text)}), len(text)]
    places = [cue.start for cue in cues(text) if cue.kind in _NEGATES]
    parts = [(a, b) for a, b in pairwise(bounds) if any(a <= at < b for at in places)]
    words = _beside(text, mentions)
    return frozenset(word.stem for word in words if is_within(word.start, parts))


def _cue(cue: tuple[str, str]) -> str:
    return f"“{' '.join(cue).strip()}”"


def certainty(examined: Examined) -> tuple[Finding, ...]:
    """What the quote calls possible is not made certain, and what it leaves free is not made a duty."""
    rests = [rest.text for rest in examined.rests]
    found = []
    if sum(map(hedges, rests)) > hedges(examined.claim.text):
        found.append(_finding("certainty", "The quote says that it may or can be so; the claim says that it is."))
    strict = examined.instructs or any(cue.kind == "contraindicated" for rest in examined.rests for cue in rest.cues)
    if not strict and obligations(examined.claim.text) > sum(map(obligations, rests)):
        found.append(_finding("certainty", "The claim makes a duty (must, should) of what the quote does not."))
    return tuple(found)


def words(examined: Examined) -> tuple[Finding, ...]:
    """Every word of the claim that carries meaning is in a quote, its title or its heading (glue words aside)."""
    said = examined.said
    text = examined.claim.text
    strange = [word for word in _beside(text, examined.mentions) if word.stem not in said]
    if not strange:
        return _too_often(examined) or _from_two_statements(examined)
    listed = ", ".join(f"“{word.text}”" for word in _first_of_each(strange))
    return (_finding("words", f"The quote does not say {listed}."),)


Statement: TypeAlias = tuple[frozenset[str], tuple[Measure, ...]]


def _too_often(examined: Examined) -> tuple[Finding, ...]:
    """No word of meaning stands in the claim more often than in its quotes ("hepatic or hepatic disease")."""
    around = frozenset().union(*(quote.surroundings for quote in examined.quoted))
    free = examined.free | GLUE | around - POPULATIONS - ROUTES - OPPOSITES
    quoted: Counter[str] = Counter()
    for rest in examined.rests:
        words = _beside(rest.quote.text, rest.quote.mentions)
        quoted.update(word.stem for word in words if is_within(word.start, rest.sentences))
    quoted |= Counter(around & POPULATIONS)
    for word in quoted.keys() & IMPLIED.keys():
        quoted.update(dict.fromkeys(IMPLIED[word] - {word}, quoted[word]))
    text = examined.claim.text
    claimed = Counter(word.stem for word in _beside(text, examined.mentions))
    more = sorted(word for word, count in claimed.items() if word not in free and count > quoted[word])
    return (_finding("words", f"The claim says “{more[0]}” more often than the quote."),) if more else ()


_SEGMENT = re.compile(r"[;:]|,(?!\d)|\.(?=\s)|\b(?:and|but|or|then)\b", re.IGNORECASE)


def _from_two_statements(examined: Examined) -> tuple[Finding, ...]:
    """One stretch of the claim does not put together words of two statements ("X decreases Y" of "X increases Y")."""
    text = examined.claim.text
    around = examined.free | GLUE | frozenset().union(*(quote.surroundings for quote in examined.quoted))
    statements = [(implied(stems(one)) | around, measures(one)) for one in _statements(examined)]
    stated = [one for _, amounts in statements for one in amounts]
    words = _beside(text, examined.mentions)
    cuts = [0, *(found.start() for found in _SEGMENT.finditer(text)), len(text)]
    for start, end in pairwise(cuts):
        inside = [word for word in words if start <= word.start < end]
        amounts = [one for one in measures(text) if start <= one.start < end and any(map(one.is_said_by, stated))]
        if not any(_says(statement, inside, amounts) for statement in statements):
            listed = " ".join(text[start:end].split()).strip(" ,;:")
            return (_finding("words", f"The quote does not say “{listed}” in one statement."),)
    return ()


def _says(statement: Statement, words: Sequence[Word], amounts: Sequence[Measure]) -> bool:
    """Whether one statement has all the words and all the amounts."""
    said, stated = statement
    return all(word.stem in said for word in words) and all(any(one.is_said_by(it) for it in stated) for one in amounts)


def _statements(examined: Examined) -> list[str]:
    """The statements of all quotes: a row of a table with its caption, an item with the lead-in quoted before it."""
    found: list[str] = []
    lead = ""
    for quote in examined.quoted:
        parts = (quote.text,) if quote.passage.is_table_row else statements_of(quote.text)
        found += [f"{lead} {part}" if lead else part for part in parts]
        lead = quote.text if quote.text.rstrip().endswith(":") else ""
    return found


FEWEST_QUOTED_WORDS = 3
"""Words of meaning in a claim that is a part of a sentence, word for word: fewer are no statement."""


def statement(examined: Examined) -> tuple[Finding, ...]:
    """The claim says something: it is whole sentences of its source, or more than an amount and a few letters."""
    if examined.is_verbatim and any(one.is_whole for one in examined.cited):
        return ()
    text = examined.claim.text
    fewest = FEWEST_QUOTED_WORDS if examined.is_verbatim else 1
    if len(content_words(text)) >= fewest and _says_something(text):
        return ()
    return (_finding("statement", "This is a fragment that says nothing of anything."),)


def _says_something(text: str) -> bool:
    """Whether anything is said of the amounts: "850 mg e.", "Y Y." and "mg." are none, "Give 850 mg." is one."""
    beside = outside(content_words(text), ((amount.start, amount.end) for amount in read_amounts(text)))
    return any(len(word.text) > 1 and word.text.lower() not in UNITS for word in beside)


def _first_of_each(found: Sequence[Word]) -> Iterator[Word]:
    yield from {word.stem: word for word in reversed(found)}.values()


@lru_cache(maxsize=4096)
def _beside(text: str, mentions: tuple[Mention, ...]) -> tuple[Word, ...]:
    """The words of meaning that no other check compares."""
    return tuple(outside(content_words(text), _places(text, mentions)))


def _places(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """What other checks compare: amounts, medicines, and the words that negate or limit."""
    named = [(one.start, one.end) for one in mentions]
    return [*_places_of_amounts(text), *named, *((cue.start, cue.end) for cue in cues(text))]


def _places_of_amounts(text: str) -> Iterator[tuple[int, int]]:
    for one in measures(text):
        yield from one.places
