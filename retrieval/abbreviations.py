"""Ward abbreviations in the words that labels use.

The table is meant to be read and extended by a pharmacist. The long form is added to the question, never put in place
of a word; an abbreviation with two common meanings (PR, CF) is left out, and so are abbreviated names of medicines.
"""

from __future__ import annotations

import re

ABBREVIATIONS = {
    "aaa": "aortic aneurysm",
    "acs": "acute coronary syndrome",
    "af": "atrial fibrillation",
    "aki": "acute kidney injury renal impairment",
    "bd": "twice daily",
    "bid": "twice daily",
    "bp": "blood pressure",
    "cabg": "coronary artery bypass graft heart surgery",
    "cap": "community-acquired pneumonia",
    "cbc": "complete blood count",
    "ccf": "congestive heart failure",
    "chf": "congestive heart failure",
    "ckd": "chronic kidney disease renal impairment",
    "crcl": "creatinine clearance renal impairment",
    "cva": "stroke",
    "dka": "diabetic ketoacidosis",
    "dvt": "deep vein thrombosis",
    "ecg": "electrocardiogram",
    "ekg": "electrocardiogram",
    "fbc": "complete blood count",
    "gfr": "glomerular filtration rate renal impairment",
    "egfr": "glomerular filtration rate renal impairment",
    "hr": "heart rate",
    "htn": "hypertension",
    "im": "intramuscular",
    "iv": "intravenous",
    "lfts": "liver tests transaminases",
    "lft": "liver tests transaminases",
    "lp": "spinal puncture lumbar puncture",
    "mi": "myocardial infarction",
    "mmr": "live attenuated vaccine",
    "od": "overdose",
    "pah": "pulmonary arterial hypertension",
    "pe": "pulmonary embolism",
    "pml": "progressive multifocal leukoencephalopathy",
    "premed": "premedication",
    "premeds": "premedication",
    "qds": "four times daily",
    "sc": "subcutaneous",
    "tb": "tuberculosis",
    "tds": "three times daily",
    "tia": "transient ischemic attack",
    "tid": "three times daily",
    "tte": "echocardiogram",
    "uti": "urinary tract infection",
    "vte": "venous thromboembolism",
    "vzv": "varicella zoster virus",
    "wbc": "white blood cell count",
}

SYMBOLS = {"K": "potassium", "Na": "sodium", "Cr": "creatinine", "Hb": "haemoglobin hemoglobin", "Plt": "platelets"}
"""Symbols of the laboratory, written so, and meant only beside a value: "K 6.1", "Na+ of 128", "Cr > 2"."""

_WORD = re.compile(r"[A-Za-z]+")
_VALUE = re.compile(
    rf"(?<![Vv]itamin )(?<![Vv]it )(?<![Vv]it\. )\b({'|'.join(SYMBOLS)})\+?"
    r"(?: is| was| of| at| level| above| over| below| under|\s?[=:<>≥≤]+)?\s?\d"
)


def expanded(question: str) -> str:
    """The question, with the long forms of its abbreviations after it."""
    found = [ABBREVIATIONS.get(word.lower()) for word in _WORD.findall(question)]
    found += laboratory_words(question)
    return " ".join([question, *dict.fromkeys(long for long in found if long)])


def laboratory_words(question: str) -> list[str]:
    """The words for the symbols of the laboratory that stand beside a value."""
    return [SYMBOLS[symbol] for symbol in _VALUE.findall(question)]
