"""What clinicians write short, spelled out as rules have it: "AF" is atrial fibrillation, an asthmatic has asthma."""

from __future__ import annotations

import re

_ABBREVIATIONS = """
AF: atrial fibrillation | NVAF: nonvalvular atrial fibrillation | RA: rheumatoid arthritis | OA: osteoarthritis
JIA: juvenile idiopathic arthritis | DVT: deep vein thrombosis | VTE: venous thromboembolism | HTN: hypertension
PE: pulmonary embolism | HF: heart failure | CHF: heart failure | CCF: heart failure | HFrEF: heart failure
MI: myocardial infarction | STEMI: stemi | OCD: obsessive compulsive disorder | GAD: generalized anxiety disorder
PTSD: posttraumatic stress disorder | GERD: reflux | GORD: reflux | PHN: postherpetic neuralgia | AOM: otitis media
IHD: coronary artery disease | CABG: coronary artery bypass graft | DKA: diabetic ketoacidosis | BPSD: dementia
T2DM: type 2 diabetes | T1DM: type 1 diabetes | CML: chronic myeloid leukemia
"""
_ADJECTIVES = "asthmatic: asthma | epileptic: epilepsy | hyponatraemic: hyponatremia | hypokalaemic: hypokalemia"


def _table(lines: str) -> dict[str, str]:
    pairs = (pair.partition(": ") for line in lines.strip().splitlines() for pair in line.split(" | "))
    return {short: long for short, _, long in pairs}


_SHORT, _PEOPLE = _table(_ABBREVIATIONS), _table(_ADJECTIVES)
_WRITTEN = re.compile(rf"\b(?:{'|'.join(_SHORT)})\b")
"""Only in capitals: "pe" and "ra" are no abbreviations."""
_DESCRIBED = re.compile(rf"\b(?:{'|'.join(_PEOPLE)})s?\b")


def spelled_out(text: str) -> str:
    """The text in lower case, followed by the long forms of what it writes short."""
    lower = text.lower()
    long = [_SHORT[found] for found in _WRITTEN.findall(text)]
    long += [_PEOPLE[found.removesuffix("s")] for found in _DESCRIBED.findall(lower)]
    return " ".join([lower, *dict.fromkeys(long)])
