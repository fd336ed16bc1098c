"""Notices that somebody reports a reaction to a medicine, so that it reaches pharmacovigilance.

First version: rules, leaning towards noticing. A medicine, an event, and words that say it happened to somebody. It is
not a diagnosis and decides nothing: each mention becomes a flag that a person reviews. A learned detector replaces the
rules later; what it must beat is this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from guardrails.examined import MedicineNames
from retrieval.medicines import Mention
from retrieval.sentences import sentences


@dataclass(frozen=True, slots=True)
class AdverseMention:
    """A medicine and an event reported together. Spans count characters of the text; `quote` is the sentence."""

    medicine: str
    medicine_span: tuple[int, int]
    event: str
    event_span: tuple[int, int]
    quote: str


# Stems of reactions as people report them. Indications are among them on purpose ("her seizures got worse on X").
_EVENT_STEMS = r"""
    abdominal pain|abscess|aches?|acidosis|agitat|agranulocyt|akathisi|allergic reaction|allergy|alopecia
    anaemi|anaphyla|anemi|angioedema|anxi|aplas|arrest|arrhythm|arrhythmi|ascites|asthma attack|ataxi|bled\b
    bleed|blind|blister|block|blurred vision|bradyc|bradycardi|breathless|bronchospasm|bruis|carcinoma|cardiac
    cardiotox|cataract|chest pain|chills|cholesta|coagulopath|collaps|coma\b|confus|constipat|convuls|cough
    cramp|crises|crisis|cyst|deaf|death|deceased|delirium|depress|dermatitis|deteriorat|diabetes insipidus
    diarrh|died|dies\b|difficulty breathing|discolo|dizz|drows|dry mouth|dysfunction|dyskinesi|dyspepsia|dyspn
    dystoni|eczema|edema|effusion|embol|encephalopath|epistaxis|eruption|erythem|exfoliat
    fail(?:ure|ed kidneys)|faint|fall\b|fatigue|fell|fever|fibros|flush|fracture|galactorrh|gastritis
    gastrointestinal|gi bleed|glaucoma|gynaecomasti|gynecomasti|haemat|haemolys|haemorrhag|hair loss|hallucinat
    headache|heart attack|heartburn|hematom|hematuri|hemolys|hemorrhag|hepatic|hepatitis|hepatotox|hiccup|hives
    hot flash|hypercalc|hyperglyc|hyperkal|hyperplasia|hypersensitiv|hypertens|hyperthyroid|hypertrophy
    hypocalc|hypoglyc|hypokal|hypomagn|hyponatr|hypotens|hypothyroid|immunosuppress|impoten|infarct|infect
    insomni|intoxicat|itch|jaundice|kidney injury|lactic acidosis|lesions?|leth|leukemia|leukopen
    liver (?:injury|enzymes|damage)|lupus|lymphoma|mania|memory loss|meningitis|menorrhag|micturit|migrain
    miscarri|mood|mucositis|muscle (?:pain|weakness)|myalgi|myelosuppress|myocarditis|myoclon|myopath|nause
    necroly|nephr|nephrotox|neuropath|neurotox|neutropen|nightmare|nosebleed|numb|obstruction|oedema|ototox
    overdos|palpitat|pancreatit|pancytopen|panic|paralys|paresthe|parkinsonism|perforat|pericarditis|peripheral
    petechi|photosens|pigment|pneumon|polyneurop|priapis|prolonged qt|proteinuri|prurit|psycho(?:sis|tic)
    purpura|qt prolong|rash|reacted|reaction|renal failure|respirat|restless|retinopath|rhabdo|sedat|seizure
    sepsis|serotonin syndrome|shak|shock|short(?:ness)? of breath|side effect|sjs\b|somnolen|spasm
    stevens-johnson|stomatitis|stroke|suicid|sweat|swell|swollen|sync|syndrome|tachycard|tardive|thrombo|tingl
    tinnitus|tired|torsad|tox|tremor|ulcer|uncon|urinary retention|urticari|uveitis|vasculit|vertigo
    vision loss|vomit|weak|weight (?:gain|loss)|wheez|withdrawal symptoms|worse
"""
# Endings that name a disorder (hyponatraemia, neutropenia, myalgia), beside the stems above.
_ENDINGS = "itis|osis|penia|a?emia|uria|algia|pathy|rrhage|plegia|lysis|toxicity|spasm|edema|rrhea|rrhoea|trophy|megaly"
_EVENT = re.compile(
    rf"\b(?:(?:{'|'.join(_EVENT_STEMS.split(chr(10))).replace('    ', '').strip('|')})\w*|\w{{3,}}(?:{_ENDINGS}))\b",
    re.IGNORECASE,
)

_SOMEBODY = (
    r"(?:patients?|pts?|he|she|they|i|we|me|him|my|his|her|their|our|child|baby|infant|boy|girl|man|woman|male|female"
    r"|mother|father|wife|husband|son|daughter|mum|mom|dad|client|resident|case"
    r"|\d+[- ]?(?:year|yr|month|mo|week)s?[- ]?old"
    r"|\d+\s?y/?o)"
)
_TOLD = re.compile(rf"\b{_SOMEBODY}\b", re.IGNORECASE)
_HAPPENED = (
    r"(?:develop(?:ed|s)|experience[ds]|suffer(?:ed|s)|report(?:ed|s)|complain(?:ed|s)|noticed"
    r"|present(?:ed|s) with|became"
    r"|got|gets|broke out|came (?:out|up|down) in|went into|start(?:ed|s) (?:having|to|vomiting|bleeding|shaking)"
    r"|(?:is|are|was|were) (?:now )?(?:having|vomiting|bleeding|itching|swollen|dizzy|confused|unconscious"
    r"|jaundiced|feeling)"
    r"|ha(?:s|ve|d) (?:an?|new|now|severe|bad|terrible|to|two|three|several|some)|ha(?:s|ve) been|felt|feels"
    r"|died|collapsed"
    r"|fainted|vomited|reacted|(?:was|were) (?:admitted|hospitali[sz]ed)|worsened|deteriorated|gave)"
)
# Somebody to whom it happened, or something that followed a medicine in time.
_REPORT = re.compile(
    rf"\b{_SOMEBODY}\b[^.?!]{{0,160}}\b{_HAPPENED}\b"
    r"|\b(?:after|since|following|while|on)\s+(?:starting|taking|being (?:given|started)"
    r"|the (?:first|second|third) dose)\b"
    rf"|\bgave\s+{_SOMEBODY}\b|\bnow\s+{_SOMEBODY}\s+(?:has|is)\b",
    re.IGNORECASE,
)
# What ties an event to a medicine that stands near it: "pt on lisinopril with cough", "rash from amoxicillin".
_MEDICINE_FIRST = re.compile(
    r"[\s-]*(?:\w+\s+){0,3}?(?:with|w/|and now|now|gave|caus(?:ed|ing)|induced|associated|related"
    r"|led to|resulted in)\b",
    re.IGNORECASE,
)
_EVENT_FIRST = re.compile(
    r"\W*(?:\w+\s+){0,6}?(?:from|after|since|on|due to|caused by|while on|secondary to|associated with|following"
    r"|receiving|treated with|taking|given|induced by|during|complicating|attributed to|related to"
    r"|in response to|resulting from)\W+(?:\w+\W+){0,4}",
    re.IGNORECASE,
)
# "Can X cause a rash?", "what are the side effects of X?": asked in general, reported by nobody.
_GENERAL = re.compile(
    r"\b(?:can|could|does|do|may|might|will|would|what|which|how|list|is there|are there|risks? of|common|frequency"
    r"|incidence|any|should|guidelines?|recommend\w*|management|treatment|contraindicat\w*"
    r"|history of|hx of|h/o|prevent\w*"
    r"|indicated|dose|dosage|dosing|side effects?)\b",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"-(?=(?:induced|associated|related|treated|dependent)\b)", re.IGNORECASE)


def notice(text: str, medicines: MedicineNames) -> tuple[AdverseMention, ...]:
    """Every medicine with the event nearest to it, in each sentence that reports one, alone or with its neighbour.

    A sentence that names only the medicine or only the event is read together with the sentence before it.
    """
    # "amiodarone-induced" is one word to a reader of names; the sign is replaced so that positions stay.
    mentions = medicines.find(_COMPOUND.sub(" ", text))
    if not mentions:
        return ()
    found: dict[tuple[int, int], AdverseMention] = {}
    for start, end in _windows(text):
        for mention in _noticed(text, start, end, mentions):
            found.setdefault(mention.medicine_span, mention)
    return tuple(found.values())


def _windows(text: str) -> Iterator[tuple[int, int]]:
    spans = sentences(text)
    yield from spans
    yield from ((first[0], second[1]) for first, second in pairwise(spans))


def _noticed(text: str, start: int, end: int, mentions: tuple[Mention, ...]) -> Iterator[AdverseMention]:
    inside = [mention for mention in mentions if start <= mention.start and mention.end <= end]
    events = [event for event in _EVENT.finditer(text, start, end) if not _is_part_of(event, inside)]
    if not inside or not events:
        return
    told = bool(_REPORT.search(text, start, end))
    general = bool(_GENERAL.search(text, start, end)) and not _TOLD.search(text, start, end)
    for mention in inside:
        event = min(events, key=lambda each: max(each.start() - mention.end, mention.start - each.end()))
        if told or (not general and _are_tied(text, mention, event)):
            name = mention.name or mention.surface
            yield AdverseMention(name, (mention.start, mention.end), event.group(), event.span(), text[start:end])


def _is_part_of(event: re.Match[str], mentions: list[Mention]) -> bool:
    return any(mention.start < event.end() and event.start() < mention.end for mention in mentions)


def _are_tied(text: str, mention: Mention, event: re.Match[str]) -> bool:
    """Whether the words between a medicine and an event say that one followed the other."""
    if mention.end <= event.start():
        return _MEDICINE_FIRST.match(text, mention.end, event.start()) is not None
    return _EVENT_FIRST.fullmatch(text, event.end(), mention.start) is not None
