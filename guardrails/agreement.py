"""The checks of wording: whether a claim says what its quotes say, and nothing else.

Each check is one plain function with one concern. Where a check cannot be sure it finds fault: a sentence that is
withheld can be read in the source, a wrong one that is shown may harm. A claim that is its quote word for word agrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from guardrails.bounds import Bound
from guardrails.examined import Examined, Quoted
from guardrails.polarity import counted, cues, is_weak, obligations, support
from guardrails.quantities import Amount, Value, read_amounts
from guardrails.subjects import Stated
from guardrails.units import UNITS
from guardrails.verdict import Finding, Severity
from guardrails.wording import GLUE, ROUTES, TIMES, Word, content_words, outside, squeezed, stems

Run: TypeAlias = tuple[tuple[Stated, ...], tuple[Stated, ...], Quoted]
"""Amounts of a quote that stand beside each other, all amounts of their clause, and the quote."""

_CONDITIONS = frozenset({Bound.LESS, Bound.MORE, Bound.AT_LEAST})


def _finding(rule: str, explanation: str, span: tuple[int, int] = (0, 0), evidence: str = "") -> Finding:
    return Finding(rule, VERSIONS[rule], Severity.BLOCK, explanation, span, evidence)


VERSIONS = dict.fromkeys(
    (
        "statement",
        "numbers",
        "amounts-together",
        "limits",
        "subjects",
        "medicines",
        "routes",
        "negations",
        "certainty",
        "words",
    ),
    "1",
)
"""The version of each rule of this file; raise it when the rule judges differently."""


def numbers(examined: Examined) -> tuple[Finding, ...]:
    """Every number of the claim, with its unit, is in a quote. Notations may differ, units and values may not."""
    quoted = {amount.value for quote in examined.quoted for amount in read_amounts(quote.text)}
    return tuple(
        _finding("numbers", _missing(examined, amount, quoted), (amount.start, amount.end))
        for amount in read_amounts(examined.claim.text)
        if amount.value not in quoted
    )


def _missing(examined: Examined, amount: Amount, quoted: set[Value]) -> str:
    words = squeezed(examined.claim.text[amount.start : amount.end])
    units = sorted({unit or "no unit" for low, high, unit, _ in quoted if (low, high) == (amount.low, amount.high)})
    if units and not amount.code:
        return f"“{words}” is not in the quote; there the number has another unit ({', '.join(units)})."
    return f"“{words}” is not in the quote."


def amounts_together(examined: Examined) -> tuple[Finding, ...]:
    """Amounts that the claim puts together stand together, in this order, in one clause of one quote."""
    found = []
    for clause in examined.stated:
        if _all_quoted(clause, examined) and not _runs(clause, examined):
            words = examined.claim.text[clause[0].amount.start : clause[-1].amount.end]
            found.append(_finding("amounts-together", f"The quote does not say “{squeezed(words)}” in one place."))
    return tuple(found)


def limits(examined: Examined) -> tuple[Finding, ...]:
    """A maximum stays a maximum, "below" stays "below", a starting dose stays one, "by" is not "to"."""
    found = []
    for clause in examined.stated:
        runs = _runs(clause, examined)
        if runs and not any(_same_limits(clause, run[0]) for run in runs):
            spoken = "; ".join(_limit(one.amount) for one in runs[0][0])
            words = examined.claim.text[clause[0].amount.start : clause[-1].amount.end]
            found.append(_finding("limits", f"The quote limits “{squeezed(words)}” in another way ({spoken})."))
    return tuple(found)


def subjects(examined: Examined) -> tuple[Finding, ...]:
    """An amount belongs to the same medicine, people and threshold in the claim as in the quote."""
    found = []
    for clause in examined.stated:
        runs = [run for run in _runs(clause, examined) if _same_limits(clause, run[0])]
        if runs and not any(_same_subjects(clause, run) for run in runs):
            words = examined.claim.text[clause[0].amount.start : clause[-1].amount.end]
            text = f"In the quote “{squeezed(words)}” is for another medicine, other people or another condition."
            found.append(_finding("subjects", text))
    return tuple(found)


def _all_quoted(clause: Sequence[Stated], examined: Examined) -> bool:
    quoted = {one.amount.value for quote in examined.quoted for part in quote.stated for one in part}
    return all(one.amount.value in quoted for one in clause)


def _runs(clause: Sequence[Stated], examined: Examined) -> list[Run]:
    """Where the values of the clause stand beside each other in a quote."""
    wanted = [one.amount.value for one in clause]
    return [
        (part[at : at + len(wanted)], part, quote)
        for quote in examined.quoted
        for part in quote.stated
        for at in range(len(part) - len(wanted) + 1)
        if [one.amount.value for one in part[at : at + len(wanted)]] == wanted
    ]


def _limit(amount: Amount) -> str:
    return ", ".join(word for word in (amount.bound.value, amount.change) if word)


def _same_limits(claimed: Sequence[Stated], quoted: Sequence[Stated]) -> bool:
    return all(
        (one.amount.bound, one.amount.change) == (other.amount.bound, other.amount.change)
        for one, other in zip(claimed, quoted, strict=True)
    )


def _same_subjects(claimed: Sequence[Stated], run: Run) -> bool:
    inside, clause, quote = run
    dropped = [one for one in clause if one.amount.bound in _CONDITIONS and one not in inside]
    return not dropped and all(_same_subject(a, b, quote) for a, b in zip(claimed, inside, strict=True))


def _same_subject(claimed: Stated, quoted: Stated, quote: Quoted) -> bool:
    """What one side leaves unsaid may be what the whole passage is about; what both say must be equal."""
    said = claimed.populations == quoted.populations or (
        quoted.populations <= claimed.populations <= quoted.populations | quote.surroundings
    )
    if claimed.ingredients and quoted.ingredients:
        return said and claimed.ingredients == quoted.ingredients
    return said and claimed.ingredients | quoted.ingredients <= quote.own_ingredients


def medicines(examined: Examined) -> tuple[Finding, ...]:
    """Every medicine of the claim is named in a quote, or is what its passage is about; two keep their order."""
    known: set[frozenset[str]] = set()
    for quote in examined.quoted:
        named = (*quote.mentions, *quote.medicines.find(quote.passage.title))
        known |= {frozenset(mention.ingredients) for mention in named} | {quote.own_ingredients}
    strange = [one for one in examined.mentions if frozenset(one.ingredients) not in known]
    found = [_finding("medicines", f"The quote does not name {one.surface}.", (one.start, one.end)) for one in strange]
    if not strange and not any(_same_order(examined, quote) for quote in examined.quoted):
        found.append(_finding("medicines", "The quote names these medicines in another order or relation."))
    return tuple(found)


def _same_order(examined: Examined, quote: Quoted) -> bool:
    """With two medicines or more, who acts on whom must not change: same order, and "by" in both or in neither."""
    claimed = list(dict.fromkeys(mention.ingredients for mention in examined.mentions))
    if len(claimed) < 2:
        return True
    quoted = [each for each in dict.fromkeys(mention.ingredients for mention in quote.mentions) if each in claimed]
    acted = [" by " in f" {text.lower()} " for text in (examined.claim.text, quote.text)]
    return [each for each in claimed if each in quoted] == quoted and acted[0] == acted[1]


def routes(examined: Examined) -> tuple[Finding, ...]:
    """A route, or a time of the day, that the claim names is in a quote or its heading."""
    said = _said(examined)
    wrong = [word for word in content_words(examined.claim.text) if word.stem in ROUTES | TIMES]
    return tuple(
        _finding("routes", f"The quote does not say “{word.text}”.", (word.start, word.end))
        for word in outside(wrong, _places_of_amounts(examined.claim.text))
        if word.stem not in said
    )


def negations(examined: Examined) -> tuple[Finding, ...]:
    """The claim negates, excepts and makes conditional exactly what the clauses it rests on do."""
    quotes = [quote.text for quote in examined.quoted]
    claimed = counted(cues(examined.claim.text))
    if claimed == counted([cue for quote in quotes for cue in cues(quote)]):
        return ()
    quoted = counted(support(examined.claim.text, quotes).cues)
    lost, added = quoted - claimed, claimed - quoted
    texts = [f"the quote says {_cue(cue)}, the claim does not" for cue in lost]
    texts += [f"the claim says {_cue(cue)}, the quote does not" for cue in added]
    return (_finding("negations", f"The wording turns: {'; '.join(texts)}."),) if texts else ()


def _cue(cue: tuple[str, str]) -> str:
    return f"“{' '.join(cue).strip()}”"


def certainty(examined: Examined) -> tuple[Finding, ...]:
    """What the quote calls possible is not made certain, and what it leaves free is not made a duty."""
    quotes = [quote.text for quote in examined.quoted]
    rests_on = support(examined.claim.text, quotes)
    found = []
    if rests_on.is_weak and not is_weak(examined.claim.text):
        found.append(_finding("certainty", "The quote says that it may or can be so; the claim says that it is."))
    if obligations(examined.claim.text) > sum(obligations(clause) for clause in rests_on.clauses):
        found.append(_finding("certainty", "The claim makes a duty (must, should) of what the quote does not."))
    return tuple(found)


def words(examined: Examined) -> tuple[Finding, ...]:
    """Every word of the claim that carries meaning is in a quote, its title or its heading (glue words aside)."""
    said = _said(examined) | GLUE
    text = examined.claim.text
    places = [*_places_of_amounts(text), *((one.start, one.end) for one in examined.mentions)]
    strange = [word for word in outside(content_words(text), places) if word.stem not in said]
    if not strange:
        return ()
    listed = ", ".join(f"“{word.text}”" for word in _first_of_each(strange))
    return (_finding("words", f"The quote does not say {listed}."),)


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
    """Whether anything is said of the amounts: "850 mg e." and "mg." are no statements, "Give 850 mg." is one."""
    beside = outside(content_words(text), ((amount.start, amount.end) for amount in read_amounts(text)))
    return any(word.text.lower() not in UNITS for word in beside)


def _first_of_each(found: Sequence[Word]) -> Iterator[Word]:
    yield from {word.stem: word for word in reversed(found)}.values()


def _said(examined: Examined) -> frozenset[str]:
    return frozenset().union(*(stems(quote.text) | quote.surroundings for quote in examined.quoted))


def _places_of_amounts(text: str) -> Iterator[tuple[int, int]]:
    for amount in read_amounts(text):
        yield amount.start, amount.end
        yield amount.cue
