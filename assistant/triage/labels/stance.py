"""Whether a label says that the medicine causes what it names, or names it in passing: rules, one table.

A place counts as listed unless a rule says otherwise. Each rule looks at the words of the same sentence: those before
the place within its clause, or those after it. Meant to be read and extended by a pharmacist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from retrieval.sentences import sentences


class Stance(StrEnum):
    """What a label says of an event at one place."""

    LISTED = "listed as a reaction"
    DENIED = "said not to have been seen"
    TREATED = "named as what is treated"
    BEFOREHAND = "named as what patients have beforehand"
    COMPARATOR = "said of the comparator"
    ANIMAL = "said of animals"
    CLASS = "said of other medicines of the class"
    ADVICE = "named in advice about diagnosis or risk"
    GROUP = "the name of a group of reactions"
    NARROWER = "named in a more specific form only"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a text with what is said of it there; `cue` are the words that decided, "" where it is listed."""

    start: int
    end: int
    stance: Stance
    cue: str = ""


_LIST = r"[\w/%()'’,\s-]"
_PEOPLE = (
    r"(?:patients?|subjects?|adults?|child(?:ren)?|adolescents?|infants?|individuals?|persons?|people|those|women|men)"
)
# Words before the place, ending at it; `{0,80}`: at most so many characters of a list between the cue and the place.
_BEFORE: tuple[tuple[Stance, str], ...] = (
    (
        Stance.DENIED,
        r"\b(?:no|(?<!with or )(?<!and/or )without|nor|neither|zero|absence of|lack of|free of)\s+"
        r"(?:(?:other|new|known|clear|clinical|clinically|relevant|significant"
        r"|apparent|further|additional|reported|confirmed|documented|drug[- ]related|serious)\s+)*"
        r"(?:(?:cases?|reports?|evidence|signs?|episodes?|instances?|occurrences?|incidents?|events?|increase|increased"
        r"|effects?|changes?|risk|differences?|association|occurrence|incidence)\s+(?:of|in|on|with|for)\s+(?:an?\s+|the\s+)?)?"
        rf"{_LIST}{{0,60}}?$",
    ),
    (
        Stance.DENIED,
        r"\b(?:(?:did|does|do|has|have|had|was|were|is|are|may|will)\s+not|didn['’]t|never|cannot)\s+(?:\w+\s+){0,3}?"
        r"(?:caus\w+|produc\w+|induc\w+|associat\w+|show\w*|demonstrat\w+|increas\w+|develop\w*|experienc\w+|result\w*"
        rf"|observ\w+|report\w*|detect\w*|reveal\w*|prolong\w*|affect\w*|potentiat\w+|lead|led)\b{_LIST}{{0,80}}?$",
    ),
    (
        Stance.TREATED,
        r"\b(?:indicated\s+(?:for|in|to)|indications?\s+(?:for|of)|(?:used|given|taken|prescribed)\s+(?:to\s+treat|for)|used\s+in|treatment\s+(?:of|for)"
        r"|treat(?:s|ed|ing)?(?!\s+with)|therapy\s+(?:of|for)|management\s+of|prevention\s+of|to\s+prevent|prophylaxis\s+(?:of|for|against)"
        rf"|relief\s+of|relieve|receiving\s+\w+\s+for|taking\s+\w+\s+for)\b{_LIST}{{0,80}}?$",
    ),
    (
        Stance.BEFOREHAND,
        r"(?<!percentage of )(?<!percent of )(?<!proportion of )(?<!incidence of )(?<!number of )(?<!% of )"
        r"(?<!\(%\) of )"
        rf"\b{_PEOPLE}\s+(?:with|who\s+(?:have|had)|having|suffering\s+from|at\s+(?:high(?:er)?\s+|increased\s+)?risk\s+(?:of|for)"
        rf"|predisposed\s+to)\s+(?!\w+\s+(?:developed|experienced))(?:(?!\b(?:develop|experienc|report|occur|caus|suffer)\w*)"
        rf"{_LIST}){{0,80}}?$",
    ),
    (
        Stance.BEFOREHAND,
        r"\b(?:histor(?:y|ies)\s+(?:of|or\s+presence\s+of)|pre-?existing|previous(?:ly)?(?:\s+\w+){0,1}|underlying|prior|known|family"
        rf"\s+history\s+of|at\s+baseline|baseline)\s+{_LIST}{{0,50}}?$",
    ),
    (
        Stance.ANIMAL,
        r"\b(?:rats?|mice|mouse|dogs?|rabbits?|monkeys?|animals?|hamsters?|guinea\s+pigs?|minipigs?|cynomolgus|rodents?|murine"
        r"|non-?clinical\s+stud\w+)\b[^.;]{0,160}$",
    ),
    (
        Stance.CLASS,
        r"(?:^\s*|\b)(?:(?:(?:with|of|to|for|by|from|taking|receiving)\s+(?:the\s+use\s+of\s+)?|^\s*)(?:other|similar|related)\s+(?:\S+\s+){0,6}?"
        r"(?:drugs?|medicines?|products?|agents?|inhibitors?|antagonists?|agonists?|blockers?|antibiotics?|medications?|compounds?"
        r"|members?|analogues?|NSAIDs|statins|opioids|antipsychotics|antidepressants|antiepileptics|therap(?:y|ies))"
        r"|other\s+members\s+of\s+(?:the|this)\s+class|drugs?\s+of\s+this\s+class|class\s+effects?)\b[^.;]{0,140}$",
    ),
    (
        Stance.ADVICE,
        rf"\b(?:to\s+rule\s+out|rule\s+out|differential\s+diagnosis\s+(?:of|includes?)|risk\s+factors?\s+(?:for|such\s+as|includ\w+)"
        rf"|if\s+not\s+due\s+to|distinguish\w*\s+from|causes?\s+other\s+than|mistaken\s+for|vaccination\s+against"
        rf"|vaccines?\s+against|tested?\s+for|screen\w*\s+for)\s+{_LIST}{{0,60}}?$",
    ),
)
# Words after the place.
_AFTER: tuple[tuple[Stance, str], ...] = (
    (
        Stance.DENIED,
        rf"^{_LIST}{{0,60}}?\b(?:(?:was|were|is|are|has|have|had)\s+(?:not|never)(?:\s+been)?\s+(?:\w+\s+){{0,2}}?"
        r"(?:observed|reported|seen|noted|detected|identified|found|demonstrated|shown|established|evident)"
        r"(?!\s+(?:in|with|on|among)\s+(?:the\s+)?placebo)|did\s+not\s+(?:occur|develop|increase|differ|appear)|(?:was|were)\s+absent"
        r"|in\s+none\s+of)\b",
    ),
    (
        Stance.COMPARATOR,
        rf"^{_LIST}{{0,90}}?\b(?:(?:more|higher|greater)\s+(?:(?!than\b)\w+\s+){{0,3}}?(?:in|with|on|for|among)\s+(?:the\s+)?(?:\w+\s+)?"
        r"(?:placebo|control|comparator|vehicle)|(?:less|lower|fewer)\s+(?:\w+\s+){0,5}?than\s+(?:\w+\s+){0,4}?"
        r"(?:placebo|control|comparator|vehicle)|(?:in|with|on|among)\s+(?:the\s+)?(?:placebo|control)[- ]?"
        r"(?:treated\s+)?(?:patients|group|arm)?\s+(?:only|alone))\b",
    ),
    (
        Stance.ANIMAL,
        rf"^{_LIST}{{0,90}}?\b(?:in|to|of)\s+(?:\w+\s+){{0,3}}?(?:rats?|mice|mouse|dogs?|rabbits?|monkeys?|animals?|hamsters?"
        r"|rodents?|guinea\s+pigs?)\b",
    ),
    (
        Stance.CLASS,
        r"^[^.;]{0,90}?\b(?:with|by|in\s+patients\s+(?:taking|receiving))\s+(?:other|similar)\s+(?:\S+\s+){0,6}?"
        r"(?:drugs?|medicines?|products?|agents?|inhibitors?|antagonists?|agonists?|blockers?|antibiotics?|medications?"
        r"|compounds?|members?|NSAIDs|statins|opioids|antipsychotics|antidepressants)\b"
        r"(?![^.;]{0,80}\b(?:including|and\s+with|as\s+well\s+as)\b)",
    ),
    (
        Stance.TREATED,
        r"^(?:\s*\([^)]{1,12}\))?\s+(?:treatment|therapy|prophylaxis|medications?|drugs?|patients|trials?|stud(?:y|ies)|populations?|indications?)\b",
    ),
)
_READY = {
    "before": tuple((stance, re.compile(pattern, re.IGNORECASE)) for stance, pattern in _BEFORE),
    "after": tuple((stance, re.compile(pattern, re.IGNORECASE)) for stance, pattern in _AFTER),
}
# Where the words before a place start anew: "no rash, but itching", "patients with asthma developed wheezing".
_TURN = re.compile(
    r";|:\s|\b(?:but|however|although|whereas|except|other than|apart from|developed|experienced|reported|occurred)\b",
    re.IGNORECASE,
)


_GROUP = re.compile(
    r"[\w\s,/-]{0,90}?\b(?:disorders?|infestations|investigations|conditions|complications|circumstances|procedures)\s*:",
    re.IGNORECASE,
)
# A table row as our readers write it: "Adverse Reaction: Nausea; Drug 7 mg (N=10): 8%; Placebo (N=9): 9%."
_CELL = re.compile(r";\s*([^;:]{1,80}?)\s*:\s*<?\s*(\d+(?:\.\d+)?)\s*%?(?=\s*(?:\(|;|\.|$))")
_CONTROL = re.compile(r"\b(?:placebo|control|vehicle|comparator)\b", re.IGNORECASE)
# An adjective directly before makes another event of it; these do not.
_ADJECTIVE = re.compile(r"(\w+(?:ic|al|ar|ous|ive|ary|oid|emic|acute|viral|mune))[\s-]$", re.IGNORECASE)
_NEUTRALS = """
    fatal nonfatal lethal
    serious clinical additional general typical occasional critical several periodic initial local systemic total
    normal individual potential asymptomatic symptomatic asthmatic post-marketing nonserious medical sporadic topical
    other regular final usual special actual diabetic oral idiopathic paradoxical allergic
"""
_NEUTRAL = frozenset(_NEUTRALS.split())
_TYPED = re.compile(r"\s+(?:[A-E]\b(?!\s*[).])|type\s+\w+|simplex|zoster|of\s+the\s+newborn)")


def stance_at(text: str, start: int, end: int) -> Place:
    """What the sentence around characters [start, end) says of them."""
    first, last = _sentence(text, start)
    before, after = text[first:start], text[end:last]
    if found := _GROUP.match(text, start, last):
        return Place(start, end, Stance.GROUP, found.group()[:80])
    if _lower_than_control(text[first:last]):
        return Place(start, end, Stance.COMPARATOR, "no more often than with the comparator")
    turn = max((found.end() for found in _TURN.finditer(before)), default=0)
    for stance, pattern in _READY["before"]:
        # Animals and the class are said of the whole sentence; the rest ends with its clause.
        if found := pattern.search(before if stance in (Stance.ANIMAL, Stance.CLASS) else before[turn:]):
            return Place(start, end, stance, " ".join(found.group().split())[:80])
    for stance, pattern in _READY["after"]:
        if found := pattern.search(after):
            return Place(start, end, stance, " ".join(found.group().split())[-80:])
    narrower = _narrower(before, after)
    return Place(start, end, Stance.NARROWER if narrower else Stance.LISTED, narrower)


def _narrower(before: str, after: str) -> str:
    """The word directly beside a place that makes a more specific event of it ("autoimmune", "B"), or ""."""
    if (found := _ADJECTIVE.search(before)) and found.group(1).lower() not in _NEUTRAL:
        return found.group(1)
    typed = _TYPED.match(after)
    return typed.group().strip() if typed else ""


def _lower_than_control(sentence: str) -> bool:
    """Whether the sentence is a row of a table in which no column has a higher number than the comparator's."""
    cells = [(found.group(1), float(found.group(2))) for found in _CELL.finditer(sentence)]
    control = [number for name, number in cells if _CONTROL.search(name)]
    own = [number for name, number in cells if not _CONTROL.search(name)]
    return bool(control and own) and max(own) < max(control)


def _sentence(text: str, at: int) -> tuple[int, int]:
    lo = max(0, at - 1500)
    for start, end in sentences(text[lo : at + 1500]):
        if lo + start <= at < lo + end:
            return lo + start, lo + end
    return at, len(text)
