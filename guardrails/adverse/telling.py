"""Judges by rules whether a text tells of a medicine and a reaction as something that happened to somebody."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guardrails.adverse.events import is_denied
from guardrails.adverse.proposed import is_proposed
from guardrails.adverse.report import Span
from guardrails.adverse.signs import has, signs

# What ties a reaction to a medicine that stands near it: "pt on lisinopril with cough", "rash from amoxicillin".
_MEDICINE_FIRST = re.compile(
    r"[\s-]*(?:\w+\s+){0,3}?(?:with|w/|and now|now|gave|caus(?:ed|ing)|induced|associated|related"
    r"|led to|resulted in)\b",
    re.IGNORECASE,
)
_EVENT_FIRST = re.compile(
    r"\W*(?:\w+\s+){0,6}?(?:from|after|since|on|due to|caused by|while on|secondary to|associated with|following"
    r"|receiving|treated with|taking|given|induced by|during|complicating|attributed to|related to"
    r"|in response to|resulting from|with)[\s(]+(?:[\w'’]+[\s(-]+){0,4}",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\W*(?:(?:hi|hello|so|ok|please|quick question)\W+)*(?:can|could|does|do|may|might|will|would|is|are|what"
    r"|which|whats|how|why|who|when|at what"
    r"|list|explain|tell me|name|dose|dosing|treatment|management|antidote|risks?|signs|symptoms|prevention)\b",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.?!]\s")
_OWN = re.compile(
    r"\b(?:my|his|her|their|this patient's|the patient's)\s+(?:\w+\s+){0,3}$|\bi(?:'ve|'m)?\b|\bsince\b"
    r"|\bafter (?:starting|taking)\b",
    re.IGNORECASE,
)
_RELIEVED = re.compile(
    r"\W*(?:(?:has|have|is|are|was|were|got|gets|much|went|completely)\s)*(?:better|improved|settled|resolved"
    r"|away|gone|controlled|cured|relieved"
    r"|responded|treated|managed|loaded)\s(?:\w+\s){0,3}$",
    re.IGNORECASE,
)
# "Bleeding from the gums" says where, and not what did it.
_PLACES = (
    r"(?:\w+\s){0,2}?(?:gums?|nose|nostrils?|mouth|ears?|eyes?|skin|lips?|throat|lungs?|chest|stomach|bowels?|gut|rectum"
    r"|anus|bottom|back passage|vagina|uterus|bladder|kidneys?|penis|breasts?|nipples?|wounds?|sites?|ulcers?|cannula"
    r"|catheter|everywhere|below|above|both ends)\b"
)
_OTHER_CAUSE = re.compile(
    rf"\W*(?:from(?!\s{_PLACES})|(?:\w+\s){{0,2}}?(?:due to|caused by|secondary to|because of|reaction to))\s(?!\d)",
    re.IGNORECASE,
)
_REACTION_TO = re.compile(r"(?:reaction|allerg\w+|anaphyla\w+)\s+to\s(?:an?\s|the\s)?", re.IGNORECASE)
_NORMAL = re.compile(
    r"[^,.;]*\b(?:normal|unremarkable|steady|fine|uneventful\w*)\b",
    re.IGNORECASE,
)
# A reaction that stands first, and what was then taken for it.
_REMEDY = re.compile(
    r".*\b(?:so (?:i|we|he|she) (?:took|bought|gave|tried|used)|bought|loaded with|started (?:her|him|me|them) on"
    r"|gave (?:her|him|them))\s+(?:\w+\s)?$",
    re.IGNORECASE | re.DOTALL,
)
_HELPED = re.compile(
    r"\W*(?:\w+\W+){0,2}?(?:brilliant|helped|settled|relief|works?|better|can i take more|now stable|recovered)\b",
    re.IGNORECASE,
)
_SAME_CAUSE = re.compile(r"[^,;.?!\n]{0,45}")
_TREATS = re.compile(
    r"\s*(?:\d\S*\s?(?:mg|mcg|g)?\s*)?(?:daily\s*)?(?:was |were |is )?(?:for|to treat|used for|given for"
    r"|prescribed for|started for|as treatment for)\s+"
    r"(?:(?:my|his|her|the|a|an|chronic|severe|acute)\s+)*(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
# What stands for identifiers and what is said in brackets parts "my patient" from "developed" and says nothing itself.
_ASIDE = re.compile(r"\s*\([^()]{0,200}\)|,?\s*\[[A-Z][A-Z ]*\]")
# Asks what to do now, behind what happened: that is no question in general.
_FOR_HELP = re.compile(
    r"(?<=\w)\s*[,;.–-]\s*(?:and\s|so\s)?(?:what|how|which|when|where)\b[^.?!,;]{0,40}?\b(?:should|do|can|could|must"
    r"|shall|would)\s(?:i|we)\b[^.?!]*\??\s*$",
    re.IGNORECASE,
)
_NORMAL_REACHES = 12
_PLAN_REACHES, _KIN_REACHES = 60, 40
"""Over how many characters "if she …" reaches, and "her mother had …" or "fell off his bike"."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the text, one sentence or a few, with what its words say of it."""

    text: str
    span: Span
    told: bool
    general: bool
    label: bool
    planned: tuple[Span, ...]
    family: tuple[Span, ...]
    elsewhere: tuple[Span, ...] = ()


def window(text: str, span: Span) -> Window:
    """What the signs of telling.yaml say of a stretch.

    Raises:
        RuleInvalid: the table cannot be read.
    """
    said = text[slice(*span)]
    found = signs("telling", said)
    kinds = {sign.kind for sign in found}
    if has("telling", _ASIDE.sub("", said), "happened"):
        kinds.add("happened")
    if (
        "general" in kinds
        and (asked := _FOR_HELP.search(said))
        and not has("telling", said[: asked.start()], "general")
    ):
        kinds.remove("general")
    placed = {
        kind: tuple((a + span[0], b + span[0]) for each in found if each.kind == kind for a, b in [each.span])
        for kind in ("planned", "family", "elsewhere")
    }
    return Window(text, span, "happened" in kinds, "general" in kinds, "label" in kinds, **placed)


def is_reported(near: Window, medicine: Span, event: Span) -> bool:
    """Whether rules take this pair for reported.

    It is where nothing speaks against it, and it is told, or tied together, or noted side by side in one sentence.
    """
    if speaks_against(near, medicine, event):
        return False
    return near.told or not near.general or are_tied(near.text, medicine, event)


def speaks_against(near: Window, medicine: Span, event: Span) -> bool:
    """Whether the words say otherwise: denied, general, planned, in the family, another cause, an accident, or to be
    treated."""
    text = near.text
    tied = are_tied(text, medicine, event)
    if (
        is_denied(text, event, near.span)
        or _is_treated(text, medicine, event)
        or _has_other_cause(text, medicine, event)
    ):
        return True
    if not tied and is_proposed(text, medicine, near.span):
        return True
    if any(start < event[0] and event[0] - end < _PLAN_REACHES for start, end in near.planned):
        return True
    if not tied and any(start <= event[0] and event[0] - end < _KIN_REACHES for start, end in near.family):
        return True
    if not tied and any(
        start - event[1] < _KIN_REACHES and event[0] - end < _KIN_REACHES for start, end in near.elsewhere
    ):
        return True
    return is_in_general(near, event, tied)


def is_in_general(near: Window, event: Span, tied: bool) -> bool:
    """Whether the sentence asks or states it of nobody: "Can X cause Y?", but not "Could X cause my Y?"."""
    asks = _ASKS.match(near.text, _clause(near, event), near.span[1]) is not None
    return (asks or near.label or (near.general and not (near.told or tied))) and not _is_own(near, event)


def _clause(near: Window, event: Span) -> int:
    """Where the sentence that names the reaction begins."""
    stops = [found.end() for found in _STOP.finditer(near.text, near.span[0], event[0])]
    return stops[-1] if stops else near.span[0]


def _is_own(near: Window, event: Span) -> bool:
    return _OWN.search(near.text[max(near.span[0], event[0] - 40) : event[0]]) is not None


def _has_other_cause(text: str, medicine: Span, event: Span) -> bool:
    """Whether a cause is named right after the reaction, and it is not this medicine."""
    found = _OTHER_CAUSE.match(text, event[1]) or _REACTION_TO.match(text, event[0])
    if found is None or (medicine[1] <= event[0] and are_tied(text, medicine, event)):
        return False
    return medicine[0] < found.end() or not _SAME_CAUSE.fullmatch(text, found.end(), medicine[0])


def _is_treated(text: str, medicine: Span, event: Span) -> bool:
    if medicine[1] <= event[0]:
        return _TREATS.fullmatch(text, medicine[1], event[0]) is not None
    remedy = _REMEDY.fullmatch(text, event[1], medicine[0]) or _HELPED.match(text, medicine[1])
    return remedy is not None or _RELIEVED.fullmatch(text, event[1], medicine[0]) is not None


def _is_normal(text: str, event: Span) -> bool:
    """Whether what reads like a reaction is a finding that all is well ("platelets normal")."""
    return _NORMAL.match(text[event[0] : event[1] + _NORMAL_REACHES]) is not None


def are_tied(text: str, medicine: Span, event: Span) -> bool:
    """Whether the words between a medicine and an event say that one followed the other."""
    if medicine[1] <= event[0]:
        return _MEDICINE_FIRST.match(text, medicine[1], event[0]) is not None
    return _EVENT_FIRST.fullmatch(text, event[1], medicine[0]) is not None
