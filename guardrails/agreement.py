"""The checks of wording: whether a claim says what its quotes say, and nothing else.

Each check is one plain function with one concern. Where a check cannot be sure it finds fault: a sentence that is
withheld can be read in the source, a wrong one that is shown may harm. A claim that is its quote word for word agrees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from guardrails.compared import beside, places_of_amounts
from guardrails.equivalence import Measure, measures
from guardrails.examined import Examined
from guardrails.polarity import hedges, obligations
from guardrails.quantities import read_amounts
from guardrails.units import UNITS
from guardrails.verdict import Finding, Severity
from guardrails.wording import (
    GLUE,
    IMPLIED,
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


def _finding(rule: str, explanation: str, span: tuple[int, int] = (0, 0), evidence: str = "") -> Finding:
    return Finding(rule, VERSIONS[rule], Severity.BLOCK, explanation, span, evidence)


VERSIONS = dict.fromkeys(("statement", "routes", "certainty", "words"), "3")
"""The version of each rule of this file; raise it when the rule judges differently."""


def routes(examined: Examined) -> tuple[Finding, ...]:
    """A route, or a time of the day, that the claim names is in a quote or its heading."""
    own = frozenset().union(*(stems(quote.text) for quote in examined.quoted))
    said = own if own & ROUTES else examined.said
    wrong = [word for word in content_words(examined.claim.text) if word.stem in ROUTES | TIMES]
    return tuple(
        _finding("routes", f"The quote does not say “{word.text}”.", (word.start, word.end))
        for word in outside(wrong, places_of_amounts(examined.claim.text))
        if word.stem not in said
    )


def certainty(examined: Examined) -> tuple[Finding, ...]:
    """What the quote calls possible is not made certain, and what it leaves free is not made a duty."""
    rests = [rest.text for rest in examined.rests]
    found = []
    if sum(map(hedges, rests)) > hedges(examined.claim.text):
        found.append(_finding("certainty", "The quote says that it may or can be so; the claim says that it is."))
    duties, possible = sum(map(obligations, rests)), sum(map(hedges, rests))
    if duties > obligations(examined.claim.text) and hedges(examined.claim.text) > possible:
        found.append(
            _finding("certainty", "The quote makes it a duty (must, should); the claim says that it may be so.")
        )
    strict = examined.instructs or any(cue.kind == "contraindicated" for rest in examined.rests for cue in rest.cues)
    if not strict and obligations(examined.claim.text) > sum(map(obligations, rests)):
        found.append(_finding("certainty", "The claim makes a duty (must, should) of what the quote does not."))
    return tuple(found)


def words(examined: Examined) -> tuple[Finding, ...]:
    """Every word of the claim that carries meaning is in a quote, its title or its heading (glue words aside)."""
    said = examined.said
    text = examined.claim.text
    strange = [word for word in beside(text, examined.mentions) if word.stem not in said]
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
        words = beside(rest.quote.text, rest.quote.mentions)
        quoted.update(word.stem for word in words if is_within(word.start, rest.sentences))
    quoted |= Counter(around & POPULATIONS)
    for word in quoted.keys() & IMPLIED.keys():
        quoted.update(dict.fromkeys(IMPLIED[word] - {word}, quoted[word]))
    text = examined.claim.text
    claimed = Counter(word.stem for word in beside(text, examined.mentions))
    more = sorted(word for word, count in claimed.items() if word not in free and count > quoted[word])
    return (_finding("words", f"The claim says “{more[0]}” more often than the quote."),) if more else ()


_SEGMENT = re.compile(r"[;:]|,(?!\d)|\.(?=\s)|\b(?:and|but|or|then)\b", re.IGNORECASE)


def _from_two_statements(examined: Examined) -> tuple[Finding, ...]:
    """One stretch of the claim does not put together words of two statements ("X decreases Y" of "X increases Y")."""
    text = examined.claim.text
    around = examined.free | GLUE | frozenset().union(*(quote.surroundings for quote in examined.quoted))
    statements = [(implied(stems(one)) | around, measures(one)) for one in _statements(examined)]
    stated = [one for _, amounts in statements for one in amounts]
    words = beside(text, examined.mentions)
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
