"""What a question asks about: which sections of a label answer it, and whether it is about medicines at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz.distance import OSA

from retrieval.index.rarity import weight_of
from retrieval.medicines import Medicines
from retrieval.passage import Section
from retrieval.topics import TOPICS

_COMPILED = tuple((re.compile(rf"\b(?:{'|'.join(words)})\b", re.I), sections) for words, sections in TOPICS)
_TOPIC_WORDS = """
    pregnancy pregnant breastfeeding lactation kidney dialysis hepatic cirrhosis overdose interaction interactions
    contraindicated contraindications contraindication children paediatric pediatric infant elderly maximum dosage
    indication indications warnings storage withdrawal reactions mechanism metabolism alcohol missed titration
"""
_OFTEN_MISSPELT = tuple(_TOPIC_WORDS.split())
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
    r"|ments?|ity|ous|ical|ies|ism|ants?|ives?|ergics?|graphy|grams?|scopy|tomy|commonest|tics?|mics?|dosing|ylaxis|ers?|ors?)",
    re.I,
)


def sections_of(question: str) -> tuple[Section, ...]:
    """The sections that answer the question, in the order of the topics it names; empty when it names none."""
    text = f"{question} {' '.join(_meant_topics(question))}"
    found = [section for pattern, sections in _COMPILED if pattern.search(text) for section in sections]
    return tuple(dict.fromkeys(found))


def sounds_medical(question: str) -> bool:
    """Whether any word of the question belongs to medicine."""
    return bool(_MEDICAL.search(question)) or bool(sections_of(question))


def unknown_medicine(question: str, medicines: Medicines) -> str:
    """A word of the question that must be a medicine and is none of those known, or "".

    Either it ends as the names of medicines end, or the question asks for the dose (the effects, the uses ...) of it
    and English at large does not know the word.
    """
    for word in _long_words(question):
        if _STEM.fullmatch(word.lower()) and _is_strange(word, medicines):
            return word
    for match in _ASKED_OF.finditer(question):
        asked: str = match[match.lastindex or 0]
        if medicines.is_everyday(asked) or (_is_strange(asked, medicines) and not _NO_NAME.fullmatch(asked)):
            return asked
    return ""


def strange_word(question: str, medicines: Medicines) -> str:
    """The first word that neither English nor the table of medicines knows, or ""."""
    return next(
        (word for word in _long_words(question) if _is_strange(word, medicines) and not _NO_NAME.fullmatch(word)), ""
    )


def _long_words(question: str) -> list[str]:
    return re.findall(r"[A-Za-z]{6,}", question)


def _meant_topics(question: str) -> Iterator[str]:
    """Topic words that a word of the question misspells ("pregnacy")."""
    for word in _long_words(question.lower()):
        if weight_of(word) == 3.0:
            yield from (topic for topic in _OFTEN_MISSPELT if OSA.distance(word, topic, score_cutoff=2) <= 2)


def _is_strange(word: str, medicines: Medicines) -> bool:
    """A word of a topic is none, however rare English at large finds it ("paediatric")."""
    strange = weight_of(word) == 3.0 and not medicines.is_ordinary(word) and not medicines.find(word)
    return strange and not any(pattern.fullmatch(word) for pattern, _ in _COMPILED)
