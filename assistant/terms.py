"""Words reduced to what two ways of saying the same thing share: stems, spellings and ward synonyms."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\d+(?:[.,]\d+)*")
_STEMMER = snowballstemmer.stemmer("english")

STOP = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but by can
    could did do does doing down during each few for from further give given giving had has have having he her here hers him
    his how i if in into is it its just let like may me might more most much must my need no nor not now of off ok okay on
    once only or other our out over own per please put same shall she should so some still such take taken taking tell than
    that the their them then there these they this those through to too under until up us use used using very was we were
    what whats when where which while who whom why will with would you your patient patients person someone anyone hi hello
    thanks thank quick question asking know want get got going go say says label drug medicine medication tablet tablets
    safe ok recommended recommend usual normal dr doctor pt pts mr mrs year years yr old yo mg mcg ml
    happen happens happened many long often possible type""".split()
)

# Spellings and ward words to one form, before stemming. Both sides of a comparison go through it.
SAME = {
    "kidney": "renal", "kidneys": "renal", "crcl": "renal", "egfr": "renal", "gfr": "renal", "dialysis": "renal",
    "ckd": "renal", "nephropathy": "renal", "haemodialysis": "renal", "hemodialysis": "renal", "creatinine": "renal",
    "liver": "hepatic", "cirrhosis": "hepatic", "cirrhotic": "hepatic",
    "child": "paediatric", "children": "paediatric", "kid": "paediatric", "kids": "paediatric", "baby": "paediatric",
    "pediatric": "paediatric", "paeds": "paediatric", "infant": "paediatric", "infants": "paediatric",
    "neonate": "paediatric", "neonates": "paediatric", "toddler": "paediatric", "adolescents": "paediatric",
    "pregnant": "pregnancy", "gestation": "pregnancy", "conceive": "pregnancy", "trimester": "pregnancy",
    "breastfeeding": "lactation", "breastfeed": "lactation", "breast-feeding": "lactation", "nursing": "lactation",
    "breastfed": "lactation", "milk": "lactation", "lactating": "lactation", "breast": "lactation",
    "elderly": "geriatric", "older": "geriatric",
    "max": "maximum", "maximal": "maximum", "highest": "maximum", "ceiling": "maximum", "exceed": "maximum",
    "dosage": "dose", "doses": "dose", "dosing": "dose", "dosages": "dose", "posology": "dose",
    "overdosage": "overdose", "overdosed": "overdose", "od": "overdose", "toxicity": "overdose",
    "contraindicated": "contraindication", "contraindications": "contraindication",
    "interact": "interaction", "interacts": "interaction", "interactions": "interaction",
    "side": "adverse", "effects": "reaction", "effect": "reaction", "reactions": "reaction",
    "indicated": "indication", "indications": "indication", "licensed": "indication", "treat": "indication",
    "forgot": "missed", "forgotten": "missed", "miss": "missed", "skipped": "missed",
    "store": "storage", "stored": "storage", "fridge": "storage", "refrigerate": "storage", "refrigerator": "storage",
    "haemorrhage": "bleeding", "hemorrhage": "bleeding", "bleed": "bleeding", "haemorrhagic": "bleeding",
    "diarrhea": "diarrhoea", "anemia": "anaemia", "edema": "oedema", "leukemia": "leukaemia", "esophageal": "oesophageal",
    "hemoglobin": "haemoglobin", "fetal": "foetal", "fetus": "foetus", "tumor": "tumour", "ischemic": "ischaemic",
    "hypoglycemia": "hypoglycaemia", "hyperkalemia": "hyperkalaemia", "neutropenia": "neutropenia",
    "paracetamol": "acetaminophen", "mi": "infarction", "htn": "hypertension", "af": "fibrillation",
    "blackbox": "boxed", "black": "boxed", "food": "food", "meal": "food", "meals": "food", "eat": "food",
    "alcohol": "alcohol", "drink": "alcohol", "drinking": "alcohol", "ethanol": "alcohol",
    "half-life": "half-life", "halflife": "half-life", "ecg": "electrocardiogram", "ekg": "electrocardiogram",
    "pml": "leukoencephalopathy", "ms": "sclerosis", "uti": "urinary", "daily": "day", "vaccine": "vaccination",
    "start": "initial", "starting": "initial", "starter": "initial", "initiate": "initial", "initiation": "initial",
    "begin": "initial", "commence": "initial", "beer": "alcohol", "beers": "alcohol", "wine": "alcohol", "booze": "alcohol",
    "vodka": "alcohol", "spirits": "alcohol", "alcoholic": "alcohol", "drinker": "alcohol", "drinks": "alcohol",
    "alchohol": "alcohol", "mmr": "vaccination", "flu-jab": "vaccination", "preg": "pregnancy", "pregnacy": "pregnancy",
    "premed": "premedication", "premeds": "premedication", "premedicate": "premedication", "forget": "missed",
    "forgets": "missed", "missing": "missed", "lft": "transaminase", "lfts": "transaminase", "alt": "transaminase",
    "ast": "transaminase", "transaminases": "transaminase", "aminotransferase": "transaminase", "fbc": "count",
    "cbc": "count", "wcc": "count", "counts": "count", "lymphocytes": "lymphocyte", "iv": "intravenous",
    "im": "intramuscular", "sc": "subcutaneous", "subcut": "subcutaneous", "subq": "subcutaneous", "po": "oral",
    "mouth": "oral", "drowsy": "somnolence", "drowsiness": "somnolence", "sleepy": "somnolence", "fits": "seizure",
    "convulsion": "seizure", "convulsions": "seizure", "seizures": "seizure", "tb": "tuberculosis", "hbv": "hepatitis",
    "lp": "spinal", "pregnancies": "pregnancy", "kg": "weight", "yearly": "year", "weekly": "week", "monthly": "month",
    "switch": "switch", "switching": "switch", "convert": "switch", "converting": "switch", "conversion": "switch",
    "crushed": "crush", "chewed": "crush", "chew": "crush", "dental": "dental", "dentist": "dental", "teeth": "dental",
    "tooth": "dental", "operation": "surgery", "surgical": "surgery", "op": "surgery", "theatre": "surgery",
    "pills": "tablet", "stop": "discontinue", "stopping": "discontinue", "stopped": "discontinue",
    "discontinuation": "discontinue", "withdraw": "discontinue", "withdrawal": "discontinue", "abruptly": "abrupt",
    "suddenly": "abrupt", "sudden": "abrupt", "reverse": "reversal", "reverses": "reversal", "yoghurt": "food",
    "yogurt": "food", "applesauce": "food", "vaccines": "vaccination", "vaccinate": "vaccination", "vaccinated": "vaccination", "jab": "vaccination",
    "immunization": "vaccination", "immunisation": "vaccination", "immunizations": "vaccination",
    "test": "monitor", "tests": "monitor", "check": "monitor", "monitoring": "monitor", "bloods": "monitor",
}  # fmt: skip


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The common form of one lower-case word."""
    return str(_STEMMER.stemWord(SAME.get(word, word)))


def terms(text: str) -> tuple[str, ...]:
    """The content words of a text in their common form, in order, stop words left out."""
    return tuple(stem(word) for word in _WORD.findall(text.lower()) if word not in STOP)


# Words that name a section of a label; a question made of these alone asks for the section.
SECTION_WORDS = frozenset(
    stem(word)
    for word in """dose maximum minimum renal hepatic paediatric geriatric pregnancy lactation overdose interaction adverse
    reaction contraindication indication missed storage boxed warning impairment failure disease function adult start
    initial maintenance adjustment adjust frequency schedule common serious risk precaution monitor severe moderate mild
    women woman man men male female administration route antidote poisoning titration titrate regimen regular mother""".split()
)
