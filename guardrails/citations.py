"""The checks that every claim must pass before it is shown, in the order in which they run: `CHECKS`.

The first five look at the citations: they resolve, they quote the passage verbatim, the quote is not cut out of its
meaning, it does not lean on a sentence beside it, and the source is current. Then the claim must be a statement at all.
The others compare wording; a claim that is its quote word for word passes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from guardrails import agreement, amounts, conditions, naming, turning, whole
from guardrails.examined import Cited, Examined
from guardrails.parts import Comparison, is_divisible, told_in_parts
from guardrails.quoting import cut_off, leans_on, row_cut_off
from guardrails.screening import injection
from guardrails.verdict import Finding, Severity
from retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: its id and version as findings carry them, and the function that applies it."""

    rule: str
    version: str
    run: Callable[[Examined], tuple[Finding, ...]]


def _finding(rule: str, explanation: str, evidence: str = "") -> Finding:
    return Finding(rule, "1", Severity.BLOCK, explanation, (0, 0), evidence)


def resolves(examined: Examined) -> tuple[Finding, ...]:
    """The claim cites at least one passage, and every passage that it cites was retrieved for this question."""
    if not examined.cited:
        return (_finding("citation", "The sentence cites no source."),)
    return tuple(
        _finding("citation", f"“{one.citation.key}” is not among the retrieved passages.")
        for one in examined.cited
        if one.passage is None
    )


def quotes_verbatim(examined: Examined) -> tuple[Finding, ...]:
    """Every quote occurs in the passage that it cites, character by character except for runs of white space."""
    return tuple(
        _finding("quote", "The quoted words are not in the cited passage.", one.citation.quote)
        for one in examined.cited
        if one.passage is not None and not one.places
    )


def quotes_whole(examined: Examined) -> tuple[Finding, ...]:
    """No quote leaves out a negation, condition, population or limit of the sentence that it is taken from."""
    return tuple(
        _finding("quote-cut", f"The quote leaves out “{left_out}” of its sentence.", one.citation.quote)
        for one in examined.cited
        if one.passage is not None and one.places and (left_out := _left_out(one, examined))
    )


def _left_out(one: Cited, examined: Examined) -> str:
    """What every place of the quote leaves out, or "" where one place stands on its own."""
    assert one.passage is not None
    beside = tuple(place for each in examined.cited if each.passage == one.passage for place in each.places)
    whole = row_cut_off if one.passage.is_table_row else cut_off
    cuts = [whole(place, one.passage.text, beside) for place in one.places]
    return cuts[0] if all(cuts) else ""


def stands_alone(examined: Examined) -> tuple[Finding, ...]:
    """No quoted sentence takes its meaning from a neighbour that is not quoted ("In these patients …", "However …")."""
    found = []
    for one in examined.cited:
        if one.passage is None or not one.places:
            continue
        beside = tuple(place for each in examined.cited if each.passage == one.passage for place in each.places)
        ties = [leans_on(place, one.passage.text, beside) for place in one.places]
        if all(ties):
            text = f"The quote belongs to the sentence beside it (“{ties[0]}”), which is not quoted."
            found.append(_finding("stands-alone", text, one.citation.quote))
    return tuple(found)


def is_current(examined: Examined) -> tuple[Finding, ...]:
    """No cited source has been replaced by a newer version, retracted or withdrawn."""
    found = []
    for one in examined.cited:
        if one.passage is None:
            continue
        title, source = one.passage.title, one.passage.source_id
        if source in examined.superseded:
            found.append(_finding("superseded", f"“{title}” has been replaced by a newer version.", source))
        if is_retracted(one.passage):
            found.append(_finding("superseded", f"“{title}” has been retracted or withdrawn.", source))
    return tuple(found)


_RETRACTED = re.compile(
    r"^\W*(?:retracted|withdrawn|removed)\s*[:\])–—-]|\bretracted (?:article|paper|publication)\b"
    r"|^\W*retraction(?: notice)?\s*(?::|of\b|to\b)"
    r"|[\[(](?:retracted|withdrawn)[\])]|\bwithdrawn (?:label|article|publication|guideline|monograph)\b",
    re.IGNORECASE,
)


def is_retracted(passage: Passage) -> bool:
    """Whether the title or a heading says that the source was retracted or withdrawn, as PubMed and Cochrane mark it.

    Sources that say so elsewhere (a status in their register) come in by the ids of superseded sources.
    """
    return any(_RETRACTED.search(text) for text in (passage.title, *passage.heading))


_COMPARISONS: dict[str, Comparison] = {
    "numbers": amounts.numbers,
    "amounts-together": amounts.amounts_together,
    "limits": amounts.limits,
    "subjects": amounts.subjects,
    "whole-dose": whole.whole_dose,
    "conditions": conditions.conditions,
    "medicines": naming.medicines,
    "routes": agreement.routes,
    "negations": turning.negations,
    "certainty": agreement.certainty,
    "words": agreement.words,
}
_ALL = tuple(_COMPARISONS.values())


def _unless_told(check: Comparison) -> Comparison:
    """Skip a comparison for a claim that is its quote, or whose parts are each told by a quote of their own."""

    def unless_told(examined: Examined) -> tuple[Finding, ...]:
        found = () if examined.is_verbatim else check(examined)
        return () if found and told_in_parts(examined, _ALL) else found

    return unless_told


def _each_told(examined: Examined) -> tuple[Finding, ...]:
    """The conditions of the claim; where it joins as many statements as it has quotes, each by its own quote.

    Else "in adults" of the first quote would stand for that of the second.
    """
    found = conditions.conditions(examined)
    if found or not is_divisible(examined) or told_in_parts(examined, _ALL):
        return found
    return (_finding("conditions", "The statements of the claim are not each told by a quote of their own."),)


_VERSIONS = {
    **agreement.VERSIONS,
    **amounts.VERSIONS,
    "conditions": conditions.VERSION,
    "medicines": naming.VERSION,
    "negations": turning.VERSION,
    "whole-dose": whole.VERSION,
}

CHECKS: tuple[Check, ...] = (
    Check("citation", "1", resolves),
    Check("quote", "1", quotes_verbatim),
    Check("quote-cut", "2", quotes_whole),
    Check("stands-alone", "1", stands_alone),
    Check("superseded", "2", is_current),
    Check("instruction", injection.VERSION, injection.quotes_no_instruction),
    Check("statement", agreement.VERSIONS["statement"], agreement.statement),
    *(
        Check(rule, _VERSIONS[rule], _unless_told(_each_told if rule == "conditions" else run))
        for rule, run in _COMPARISONS.items()
    ),
)
"""Every check of a claim. All of them are required."""
