"""Changes of what or whom a sentence is about: medicine, route, population, condition."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from finetune.nets.contrasts.contrast import Scene, both_ways, put, swap_one

_ROUTES = both_ways("""
orally | intravenously | subcutaneously | intramuscularly
oral | intravenous | subcutaneous | intramuscular | topical | rectal
by mouth | by injection | by infusion
injection | infusion | tablet
tablets | injections | patches
tablet | capsule | injection
capsules | suppositories | tablets
intrathecal | intravenous | epidural
inhaled | oral
""")
_POPULATIONS = both_ways("""
adults | children | adolescents | elderly patients
adult patients | pediatric patients | geriatric patients
adult | pediatric | geriatric
children | adults | infants
infants | adults | adolescents
women | men | children
men | women
females | males
female | male
pregnant women | lactating women | postmenopausal women
pregnancy | lactation
pregnant | breastfeeding
renal | hepatic | cardiac
kidney | liver | heart
hepatic impairment | renal impairment
liver disease | kidney disease | heart disease
patients with diabetes | patients with asthma | patients with epilepsy
healthy volunteers | patients with cirrhosis
mother | infant
boys | girls
older adults | young adults | newborns
""")
_ENTITIES = both_ways("""
headache | dizziness | fatigue | insomnia
nausea | constipation | dry mouth
vomiting | diarrhea | constipation
diarrhea | constipation
rash | alopecia | pruritus
fever | cough | chills
hypertension | diabetes | asthma | epilepsy
heart failure | kidney failure | liver failure
myocardial infarction | stroke | pulmonary embolism
stroke | seizure | heart attack
bleeding | clotting | infection
anemia | neutropenia | thrombocytopenia
pneumonia | meningitis | hepatitis
depression | anxiety | psychosis
lung | breast | colon | prostate
brain | liver | kidney | stomach
blood pressure | blood glucose | heart rate | body weight
platelet count | white blood cell count | hemoglobin
potassium | sodium | calcium | magnesium
creatinine | bilirubin | albumin
insulin | glucagon | cortisol
bacteria | viruses | fungi
bacterial | viral | fungal
arthritis | psoriasis | lupus
angioedema | urticaria | anaphylaxis
vision | hearing
muscle | bone | skin
CYP3A4 | CYP2D6 | CYP2C9 | CYP1A2
QT prolongation | bradycardia | atrial fibrillation
tumor | cyst | ulcer
vitamin D | vitamin B12 | iron | folic acid
""")
_ENDINGS = re.compile(
    r"(?<![\w-])[a-z]{4,}(?:itis|osis|emia|penia|pathy|algia|uria|oma|rrhea|plegia|edema|ectomy|toxicity|phylaxis|ism)(?![\w-])"
)


def medicine(text: str, scene: Scene, chance: random.Random) -> str:
    """Another medicine in the place of the sentence's own."""
    found = [
        match
        for name in scene.names
        if len(name) > 3
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)
    ]
    free = [other for other in scene.others if other.lower() not in scene.passage.lower()]
    if not found or not free:
        return ""
    old, new = found[0].group(), chance.choice(free)
    new = new.upper() if old.isupper() else new.title() if old[:1].isupper() else new.lower()
    return re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)


def route(text: str, _scene: Scene, chance: random.Random) -> str:
    """Another route or form."""
    return swap_one(text, _ROUTES, chance)


def population(text: str, _scene: Scene, chance: random.Random) -> str:
    """Other patients."""
    return swap_one(text, _POPULATIONS, chance)


def entity(text: str, _scene: Scene, chance: random.Random) -> str:
    """Another condition, reaction, organ or measurement."""
    return swap_one(text, _ENTITIES, chance) if chance.random() < 0.6 else ""


def indication(text: str, scene: Scene, chance: random.Random) -> str:
    """A condition that ends alike, named elsewhere and not in this passage: what is treated or caused is another."""
    found = list(_ENDINGS.finditer(text))
    if not found:
        return ""
    old = chance.choice(found)
    ending = old.group()[-4:]
    fit = [one for one in scene.lexicon if one.endswith(ending) and one not in scene.passage.lower()]
    return put(text, old.start(), old.end(), chance.choice(fit)) if fit else ""


def conditions(texts: Iterable[str]) -> tuple[str, ...]:
    """The conditions and reactions that texts name, by their endings, in order of first sight."""
    return tuple(dict.fromkeys(found for text in texts for found in _ENDINGS.findall(text)))
