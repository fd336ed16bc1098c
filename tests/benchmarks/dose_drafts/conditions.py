"""Conditions that a draft leaves out: if, unless, in whom, in how many doses, for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.benchmarks.dose_drafts.draft import Said

_VERB = (
    "(?:the|an?|it|start|stop|give|take|do|assess|discontinue|reduce|restart|interrupt|withdraw|consider|continue"
    "|increase|use|limit|avoid|refrigerate)"
)
# Each pattern is cut out, where something with a verb or an amount remains.
_LOSSES = (
    # How the amount is divided, and for how long.
    r",?\s*(?:given )?in (?:two or three |2 |3 |equally |\d to \d )?(?:equally )?divided doses(?! or)"
    r"(?: (?:every|twice|three)[^,;.]*)?",
    r",?\s*divided (?:twice|three|every)[^,;.]*",
    r",?\s+for the (?:first|next) \d+ (?:days|weeks|months|hours)(?=[,;]|\.(?:\s|$))",
    r"(?<=[a-z]) after a \d+-day titration",
    r",? for limited periods of [^,;]+",
    r",?(?: and)? at least \d+ hours apart",
    r",? not exceeding [^,;.]+",
    # Up to how much, until when, from when.
    r",? (?:up )?to (?:a |the )?(?:recommended )?maximum of [^;]+?(?=;|\.(?:\s|$))",
    r" \((?:maximum|up to|not to exceed) [^)]*\)",
    r", (?:not|no) more than [^,;.]+",
    r",? until [^,;.]+(?=;|\.(?:\s|$))",
    r" without a loading dose",
    r" for at least \w+ (?:days|weeks|months|minutes)",
    r",? after at least \d+ (?:days|months)[^,;.]*",
    r" as (?:the sole [a-z]+|a single agent),?",
    r" in hospital",
    # If, unless, only.
    r",?\s+unless [^,;.]+(?=[,;]|\.(?:\s|$))",
    r",?\s+except [^,;.]+(?=[,;]|\.(?:\s|$))",
    rf"\b[Ii]f (?!unsure|used)[^,;.:]+, (?={_VERB}\b)",
    r",?\s+if (?!used|unsure)[^,;.]+(?=;|\.(?:\s|$))",
    r",?\s+provided [^,;.]+(?=;|\.(?:\s|$))",
    r",? as needed(?=[,;]|\.(?:\s|$))",
    r",? as tolerated|,? if tolerated|,? depending on tolerability",
    r",? when possible,?",
    r"\bwith caution\b",
    # With what.
    r",? (?:always )?with (?:meals|food)(?=[,;:]|\.(?:\s|$))",
    r",? after dialysis",
    r",? on an empty stomach",
    r", in combination with [^,;.]+",
    r" with (?:aspirin|chlorambucil),?",
    # In whom.
    r",?\s+(?:only )?(?:in|for) (?:patients|those|women|people) (?:with|who|whose|taking|weighing|receiving|aged)"
    r"[^,;.]+(?=;|\.(?:\s|$))",
    r"^(?:In|For) (?:patients|adults|women) (?:with|who|whose|taking)[^,;:]+, ",
    r"^(?:Severe|Moderate|Mild|Chronic) (?:renal|hepatic) impairment(?: \([^)]*\))?: ",
    r" \(creatinine clearance[^)]*\)",
    r"^(?:Elderly patients|Older adults|Children [^:]{4,40}|Paediatric [^:]{4,60}|Lower weight children[^:]{0,60}): ",
    r" in (?:children|paediatric patients|elderly patients)(?: with [^,;.:]+?)?(?=[,;:]|\.(?:\s|$))",
    r" with at least two of: .+(?=\.)",
    r" (?:below|under|from|in patients) \d+ years of age(?: and older)?",
)
_CUTS = tuple(re.compile(pattern) for pattern in _LOSSES)
_REMAINS = re.compile(
    r"\d|\b(?:not|contraindicated|avoid|should|must|recommended|reduce|increase|start|stop|give|take)\b", re.IGNORECASE
)
_SHORTEST = 15
_BROKEN = re.compile(r", but without|\b(?:and|or|for|only|; use)\.|\buse \(|contents\.|\bH\.$")
_STUDY = re.compile(r"\b(?:stud(?:y|ies|ied)|trials?|subjects|was|were)\b", re.IGNORECASE)
"""A finding of a study limits no dose; what it leaves out is no condition."""
# What still says the same after the cut, in other words.
_ELSEWHERE = (
    r"miss",
    r"caution",
    r"divided|[bt]\.i\.d|times a day",
    r"\d+ years",
    r"creatinine|eGFR|renal|kidney",
    r"hepatic|liver",
    r"adults",
)


def dropped(said: Said) -> Iterator[str]:
    """The sentence without one of its conditions; a condition that is said twice is not dropped."""
    if said.passage.is_table_row or _STUDY.search(said.text):
        return
    for cut in _CUTS:
        for found in cut.finditer(said.text):
            rest = f"{said.text[: found.start()]}{said.text[found.end() :]}"
            text = _tidy(rest)
            if not _broken(text) and not _said_again(found.group(), text):
                yield text[0].upper() + text[1:]


def _broken(text: str) -> bool:
    """Whether too little is left, or what no writer would write."""
    if len(text) < _SHORTEST or not _REMAINS.search(text):
        return True
    return bool(_BROKEN.search(text)) or text.count("(") != text.count(")")


def _tidy(text: str) -> str:
    """Without the marks that a cut leaves behind."""
    single = re.sub(r"\s+([,;.:])", r"\1", re.sub(r"\s{2,}", " ", text))
    return re.sub(r"([;:]),|,+(?=[;:,])", r"\1", single).replace(" or,", " or").strip(" ,;:")


def _said_again(lost: str, text: str) -> bool:
    return any(re.search(mark, lost, re.IGNORECASE) and re.search(mark, text, re.IGNORECASE) for mark in _ELSEWHERE)
