"""The check of negations: whether a claim negates, excepts and makes conditional exactly what its quotes do."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TypeAlias

from guardrails.compared import beside
from guardrails.examined import Examined
from guardrails.polarity import counted, cues, denied
from guardrails.verdict import Finding, Severity
from guardrails.wording import GLUE, INSTRUCTING, implied, stems
from guardrails.zones import is_within
from retrieval.medicines import Mention

VERSION = "4"


def _finding(explanation: str) -> Finding:
    return Finding("negations", VERSION, Severity.BLOCK, explanation)


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
    texts += [f"the quote puts “{word}” on the other side of its choice" for word in _exchanged(examined)]
    return (_finding(f"The wording turns: {'; '.join(texts)}."),) if texts else ()


_CHOICE = re.compile(
    r"\b(?:rather than|instead of|in place of|in preference to|as opposed to|prefer\w* (?:to|over))\b", re.IGNORECASE
)
_REFUSED = re.compile(r"[^,;:.()]*")


def _exchanged(examined: Examined) -> list[str]:
    """Words that a quote turns down ("gradually rather than abruptly") and the claim does not, or vice versa."""
    chosen, refused = _choice(examined.claim.text)
    known = [_choice(rest.text) for rest in examined.rests if _CHOICE.search(rest.text)]
    if not known and not refused:
        return []
    good = frozenset().union(*(one[0] for one in known)) if known else stems(_rested(examined))
    bad = frozenset().union(*(one[1] for one in known))
    denying = _negated(examined.claim.text, ",;", examined.mentions)
    return sorted(((chosen & (bad - good)) - denying) | (refused & (good - bad)))


def _choice(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of a text outside of what it turns down, and those of what it turns down."""
    spans = [_REFUSED.match(text, found.end()) for found in _CHOICE.finditer(text)]
    words = [
        (word.stem, any(one and one.start() <= word.start < one.end() for one in spans)) for word in beside(text, ())
    ]
    return frozenset(w for w, out in words if not out), frozenset(w for w, out in words if out)


def _rested(examined: Examined) -> str:
    return " ".join(rest.text for rest in examined.rests)


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
    words = beside(text, mentions)
    return frozenset(word.stem for word in words if is_within(word.start, parts))


def _cue(cue: tuple[str, str]) -> str:
    return f"“{' '.join(cue).strip()}”"
