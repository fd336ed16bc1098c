"""What a question asks about: which sections of a label answer it, and whether it is about medicines at all."""

from __future__ import annotations

import re

from retrieval.index.rarity import weight_of
from retrieval.medicines import Medicines
from retrieval.passage import Section
from retrieval.topics import TOPICS

_COMPILED = tuple((re.compile(rf"\b(?:{'|'.join(words)})\b", re.I), sections) for words, sections in TOPICS)
_MEDICAL = re.compile(
    r"\b(?:drugs?|medic\w*|meds?|tablets?|capsules?|pills?|prescri\w*|patients?|pharmac\w*|therap\w*|treat\w*|disease\w*"
    r"|syndrome\w*|symptom\w*|pain\w*|blood|diabet\w*|hypertens\w*|sclerosis|anti\w{4,}|statins?|nsaids?|opioids?|steroids?"
    r"|insulins?|vitamins?|clinic\w*|doctor|nurse|mg|mcg|milligrams?|\w+(?:itis|osis|emia|aemia|pathy|algia|penia|uria))\b",
    re.I,
)
# Endings of international nonproprietary names (WHO stem book 2018) that ordinary words do not share.
_STEM = re.compile(
    r"[a-z]{2,}(?:mab|nib|statin|sartan|pril|prilat|olol|azole|cillin|mycin|micin|floxacin|prazole|gliptin|gliflozin|glutide"
    r"|vir|ciclib|parib|cept|afil|triptan|setron|dipine|oxetine|zepam|zolam|barbital|caine|dronate|lukast|thiazide|xaban"
    r"|gatran|grel|parin|oxacin|cycline|fibrate|glitazone|profen|tidine|imod|fenac|oxicam|coxib|vastatin|terol|sone|solone"
    r"|nidazole|pramine|triptyline|azepam|zosin|lamide|semide|quine|bactam|penem|fungin|rubicin|platin|taxel|tecan|poetin"
    r"|grastim|tropin|kinra|leucel|siran|rsen)"
)
_ASKED_OF = re.compile(
    r"\b(?:dos(?:e|es|age|ing)|overdose|side effects?|interactions?|contraindications?|uses?|indications?|amount|mg)"
    r" (?:of|for|with|to)(?: the| a| an)? ([A-Za-z]{4,})\b|\b(?:tak(?:e|es|ing)|prescrib\w+|giv(?:e|en|ing))"
    r" ([A-Za-z]{5,})\b|\b([A-Za-z]{5,}) (?:dos(?:e|es|age|ing)|overdose|tablets?|side effects|\d+ ?(?:mg|mcg)\b)",
    re.I,
)
_NO_NAME = re.compile(
    r".*(?:itis|osis|a?emia|pathy|ectomy|ations?|uria|algia|plegia|rrh[oe]*a|penia|cytes?|omas?|megaly|ology|ing|ed|ly|ness"
    r"|ments?|ity|ous|ical|ies|ism|ants?|ives?|ergics?|graphy|grams?|scopy|tomy|tics?|mics?|dosing|ylaxis|ers?|ors?)",
    re.I,
)


def sections_of(question: str) -> tuple[Section, ...]:
    """The sections that answer the question, in the order of the topics it names; empty when it names none."""
    found = [section for pattern, sections in _COMPILED if pattern.search(question) for section in sections]
    return tuple(dict.fromkeys(found))


def sounds_medical(question: str) -> bool:
    """Whether any word of the question belongs to medicine."""
    return bool(_MEDICAL.search(question)) or bool(sections_of(question))


def unknown_medicine(question: str, medicines: Medicines) -> str:
    """A word of the question that must be a medicine and is none of those known, or "".

    Either it ends as the names of medicines end, or the question asks for the dose (the effects, the uses ...) of it
    and English at large does not know the word.
    """
    for word in re.findall(r"[A-Za-z]{6,}", question):
        if _STEM.fullmatch(word.lower()) and _is_strange(word, medicines):
            return word
    for match in _ASKED_OF.finditer(question):
        word: str = match[match.lastindex or 0]
        if medicines.knows(word) or (_is_strange(word, medicines) and not _NO_NAME.fullmatch(word)):
            return word
    return ""


def _is_strange(word: str, medicines: Medicines) -> bool:
    return weight_of(word) == 3.0 and not medicines.is_ordinary(word) and not medicines.find(word)
