"""The check of conditions: what limits a statement of the quote ("in patients with …", "with food") is in the claim.

A limiting phrase starts at one of the words below and runs to the next punctuation. Every word of meaning in it must
be in the claim; `guardrails.amounts` compares its numbers. Reasons and examples ("because …") limit nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from guardrails.equivalence import measures
from guardrails.examined import Examined
from guardrails.grounds import Rest
from guardrails.polarity import cues
from guardrails.quoted import spared_alternatives, taken_with
from guardrails.restated import GRADES, needless_words, said_by_it
from guardrails.verdict import Finding, Severity
from guardrails.wording import (
    GLUE,
    IMPLIED,
    INSTRUCTING,
    POPULATIONS,
    ROUTES,
    Word,
    content_words,
    implied,
    outside,
    stem,
    stems,
)
from guardrails.zones import is_within

VERSION = "3"

_MARKER = re.compile(
    r"\b(?:in|for|with|without|if|when|whenever|unless|until|after|before|prior\s+to|during|while|only|except|who|whose"
    r"|weighing|aged|receiving|taking|on|under|among|concomitant\w*"
    # "as the sole diuretic" limits; "as a single dose" does not.
    r"|as(?=\s+(?:an?\s+|the\s+|part\s+of\s+)?(?:sole|only|mono\w*|adjunct\w*|add-?on|initial|first-?line"
    r"|second-?line|last|alternative|replacement|substitute|prophyla\w*|combination|single\s+agent)\b))\b",
    re.IGNORECASE,
)
_END = re.compile(r"[;:()\[\]]|,(?!\d)|\.(?=\s+[A-Z(]|\s*\Z)")
_REASON = re.compile(
    r"\b(?:because|since|as (?:this|it|they|there)|due to|so that|in order to|such as|for example|for instance"
    r"|e\.g\.|i\.e\.|including|which|see (?:also|section|table|full|warnings|dosage))\b[^.;),]*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:^|(?<=;)|(?<=\.)|(?<=\n))\s*([^:;.]{1,120}):(?=\s)")
_NOT_LIMITING = """
    general addition particular oral case term other clinical history maximum usual begin maintain titrate adjustment
    adjust duration note boxed warning tablet capsule always treat therapy recommend increase decrease day mg range
    missed approximately infusion premedication frequent change switch contain eliminate accelerated schedule resume
    achieve situation thereafter
"""
_FREE = GLUE | INSTRUCTING | frozenset(map(stem, _NOT_LIMITING.split()))


@dataclass(frozen=True, slots=True)
class _Phrase:
    start: int
    end: int
    words: tuple[Word, ...]


def conditions(examined: Examined) -> tuple[Finding, ...]:
    """No condition of what the claim rests on is lost."""
    claimed, stated = _counted(examined.claim.text), measures(examined.claim.text)
    found = []
    for rest in examined.rests:
        needless = needless_words(rest, examined.claim.text)
        known = claimed | Counter(rest.quote.surroundings if rest.quote.passage.is_table_row else ())
        phrases = list(_phrases(rest))
        wanted = Counter(word.stem for word in _words_of(rest) if word.start not in needless)
        wanted -= Counter(_in_labels(rest) & POPULATIONS)  # "Adult dose, for adults: …" says it once
        for word, times in said_by_it(rest.quote.text, examined.claim.text, _KEPT).items():
            wanted[word] = max(1, wanted[word] - times)
        for phrase in phrases:
            words = [word for word in phrase.words if word.start not in needless]
            lost = [word.text for word in words if known[word.stem] < wanted[word.stem]]
            if not lost and not any(examined.grounds):  # else `guardrails.amounts` compares them
                amounts = (one for one in measures(rest.quote.text) if phrase.start <= one.start < phrase.end)
                lost = [
                    rest.quote.text[one.start : one.end]
                    for one in amounts
                    if not one.in_brackets and one.unit not in _UNCOUNTED and not any(map(one.is_said_by, stated))
                ]
            if lost:
                text = " ".join(rest.quote.text[phrase.start : phrase.end].split())
                found.append(_finding(f"The quote limits this by “{text}”; the claim leaves out “{lost[0]}”."))
    return (
        *found,
        *_lost_fronts(examined),
        *_lost_people(examined),
        *_lost_medicines(examined),
        *_added(examined),
        *_regraded(examined),
    )


_FRONT = re.compile(r"[\s;,.]*(?:then|and|but)?\s*((?:if|unless|when|in case)\b[^,;]{3,160}),", re.IGNORECASE)


def _lost_fronts(examined: Examined) -> Iterator[Finding]:
    """A condition in front of a dose that has amounts of its own ("if 8 g is not tolerated, 4 g") is not dropped."""
    claimed, stated = stems(examined.claim.text), measures(examined.claim.text)
    for ground in examined.grounds:
        if ground is None:
            continue
        text, at = ground.quote.text, ground.zone.own[0][1]
        start = max(text.rfind(";", 0, at) + 1, ground.zone.sentence[0])
        front = _FRONT.match(text, start, ground.zone.sentence[1])
        if front is None or front.end() > at:
            continue
        inside = [one for one in measures(text) if is_within(one.start, (front.span(1),))]
        places = [place for one in inside for place in one.places]
        places += [(one.start, one.end) for one in ground.quote.mentions]
        words = outside(content_words(text), places)
        words = [each for each in words if is_within(each.start, (front.span(1),)) and each.stem not in _FREE]
        lost = [each.text for each in words if each.stem not in implied(claimed)]
        if lost or not any(cue.kind in _CONDITIONAL for cue in cues(examined.claim.text)):
            yield _finding(f"The quote says this “{front.group(1)}”, which the claim leaves out.")
        elif any(not any(map(one.is_said_by, stated)) for one in inside if one.unit not in _UNCOUNTED):
            yield _finding(f"The quote says this “{front.group(1)}”, which the claim changes.")


_CONDITIONAL = frozenset({"if", "unless", "until", "after", "before", "not"})


def _words_of(rest: Rest) -> list[Word]:
    return [word for word in content_words(rest.quote.text) if is_within(word.start, rest.spans)]


def _regraded(examined: Examined) -> Iterator[Finding]:
    """A grade (mild, moderate, severe) stays with what it grades: not "moderate renal" for "moderate hepatic"."""
    quoted = frozenset().union(*(_graded(quote.text) for quote in examined.quoted))
    for grade, what in _graded(examined.claim.text):
        others = {each for each in quoted if each[0] == grade or each[1] == what}
        if (grade, what) not in quoted and {each[0] for each in others} > {grade} and len(others) > 1:
            yield _finding(f"The quote does not say “{grade} {what}”.")


def _graded(text: str) -> frozenset[tuple[str, str]]:
    """Each grade with the next word that is none."""
    found: set[tuple[str, str]] = set()
    grades: list[str] = []
    for word in content_words(text):
        if word.stem in GRADES:
            grades.append(word.stem)
        else:
            found |= {(grade, word.stem) for grade in grades}
            grades = []
    return frozenset(found)


def _counted(text: str) -> Counter[str]:
    """How often each stem stands in a text, with what it implies."""
    found = Counter(word.stem for word in content_words(text))
    for word in found.keys() & IMPLIED.keys():
        found |= Counter(dict.fromkeys(IMPLIED[word], found[word]))
    if found.keys() & _ABOUT_FOOD:
        found["food"] += 1  # "Food: with or without meals" says it twice
    return found


_ABOUT_FOOD = frozenset({"any-food", "with-food", "fasting"})


def _finding(explanation: str) -> Finding:
    return Finding("conditions", VERSION, Severity.BLOCK, explanation)


@lru_cache(maxsize=1024)
def _phrases(rest: Rest) -> tuple[_Phrase, ...]:
    return tuple(_found_phrases(rest))


def _found_phrases(rest: Rest) -> Iterator[_Phrase]:
    text = rest.quote.text
    skipped = [found.span() for found in _REASON.finditer(text)]
    places = [place for one in measures(text) for place in one.places]
    places += [(one.start, one.end) for one in rest.quote.mentions] + skipped
    places += [(cue.start, cue.end) for cue in cues(text)]
    words = [word for word in outside(content_words(text), places) if word.stem not in _FREE]
    for marker in _MARKER.finditer(text):
        if not is_within(marker.start(), rest.spans) or is_within(marker.start(), skipped):
            continue
        stop = _END.search(text, marker.end())
        end = stop.start() if stop else len(text)
        if stop and stop.group() == ":" and not any(marker.end() <= word.start < end for word in words):
            end = max(end, text.find(";", end)) if ";" in text[end:] else len(text)  # "in patients with: …"
        yield _Phrase(marker.start(), end, tuple(word for word in words if marker.start() <= word.start < end))
    for start, end in _labels(rest):
        yield _Phrase(start, end, tuple(word for word in words if start <= word.start < end))


def _labels(rest: Rest) -> Iterator[tuple[int, int]]:
    """The label of a dose ("Hypertension: 10 mg"), and the value of a cell that has no amount ("Severity: mild")."""
    text = rest.quote.text
    amounts = [one.start for one in measures(text)]
    for found in _LABEL.finditer(text):
        if not is_within(found.start(1), rest.spans):
            continue
        stop = text.find(";", found.end())
        value = found.end(), stop if stop >= 0 else len(text)
        if any(value[0] <= at < value[1] for at in amounts):
            yield found.span(1)
        elif stop >= 0:
            yield value


def _in_labels(rest: Rest) -> frozenset[str]:
    """The stems of the labels, of which the claim may say less often what the quote repeats."""
    labels = [found.span(1) for found in _LABEL.finditer(rest.quote.text)]
    repeated = Counter(word.stem for word in content_words(rest.text))
    words = (word.stem for word in content_words(rest.quote.text) if is_within(word.start, labels))
    return frozenset(word for word in words if repeated[word] > 1)


def _lost_people(examined: Examined) -> Iterator[Finding]:
    """Whom the quote speaks of (children, severe renal impairment), a route other than oral, and "as needed"."""
    for rest in examined.rests:
        around = rest.quote.surroundings if rest.quote.passage.is_table_row else frozenset()
        claimed = stems(examined.claim.text) | around
        needless = needless_words(rest, examined.claim.text)
        words = (word for word in _words_of(rest) if word.start not in needless)
        people = {word.stem: word.text for word in words if word.stem in _KEPT}
        for stem_of, word in people.items():
            if stem_of not in claimed:
                yield _finding(f"The quote says this of “{word}”, which the claim leaves out.")


_SOME = frozenset(map(stem, ("some", "few", "selected", "sometimes", "occasionally", "rarely")))
_KEPT = (
    POPULATIONS | (ROUTES - {"oral"}) | {"prn", "as-tolerated", "caution", "divided-doses"} | _SOME | {stem("alone")}
)
_UNCOUNTED = frozenset({"", "code", "ordinal", "grade"})
_IF = re.compile(r"\b(?:if|when|whenever|provided that|in case of)\b", re.IGNORECASE)


def _added(examined: Examined) -> Iterator[Finding]:
    """A condition of the claim ("if …") is one of the quote, whichever way the quote puts it."""
    text = examined.claim.text
    sentences = [Rest(rest.quote, rest.sentences) for rest in examined.rests]
    known = frozenset().union(
        *(frozenset(word.stem for word in phrase.words) for rest in sentences for phrase in _phrases(rest)),
        *(quote.surroundings for quote in examined.quoted),
    )
    places = [place for one in measures(text) for place in one.places]
    places += [(one.start, one.end) for one in examined.mentions]
    words = [word for word in outside(content_words(text), places) if word.stem not in _FREE]
    reasons = [found.span() for found in _REASON.finditer(text)]
    words = outside(words, reasons)
    for found in _IF.finditer(text):
        stop = _END.search(text, found.end())
        end = stop.start() if stop else len(text)
        strange = [word.text for word in words if found.end() <= word.start < end and word.stem not in implied(known)]
        if strange:
            yield _finding(f"The quote makes no condition of “{strange[0]}”.")


def _lost_medicines(examined: Examined) -> Iterator[Finding]:
    """A medicine on which the statement depends ("with verapamil", "when taking simvastatin") is named in the claim.

    Of alternatives ("with verapamil, diltiazem or dronedarone") one is enough.
    """
    named = {frozenset(one.ingredients) for one in examined.mentions}
    for rest in examined.rests:
        spared = spared_alternatives(rest.quote, taken_with(examined.claim.text, examined.mentions))
        for phrase in _phrases(rest):
            for one in rest.quote.mentions:
                inside = phrase.start <= one.start < phrase.end
                if inside and frozenset(one.ingredients) not in named and one.start not in spared:
                    yield _finding(f"The quote says this of {one.surface}, which the claim does not name.")
