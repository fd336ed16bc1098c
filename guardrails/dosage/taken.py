"""What a patient takes besides: the ingredients of the current medicines, and the classes that they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from retrieval.classes import class_names
from retrieval.ingredient import base_name
from retrieval.medicines import Medicines


def _pair(text: str) -> tuple[str, str, str]:
    return text.partition(": ")


# British names of fixed combinations (BAN), in the order in which their strengths are written: "co-codamol 30/500".
_COMBINATIONS = {
    "co-codamol": ("codeine", "acetaminophen"),
    "co-dydramol": ("dihydrocodeine", "acetaminophen"),
    "co-codaprin": ("codeine", "aspirin"),
    "co-amoxiclav": ("amoxicillin", "clavulanate"),
    "co-trimoxazole": ("sulfamethoxazole", "trimethoprim"),
    "co-careldopa": ("carbidopa", "levodopa"),
    "co-beneldopa": ("benserazide", "levodopa"),
    "co-amilofruse": ("amiloride", "furosemide"),
}
# British brands (electronic Medicines Compendium) and abbreviations that the table of US products does not hold.
_NAMES = """
brufen: ibuprofen | nurofen: ibuprofen | calpol: acetaminophen | panadol: acetaminophen | voltarol: diclofenac
clexane: enoxaparin | epilim: valproate | epanutin: phenytoin | priadel: lithium | camcolit: lithium
roaccutane: isotretinoin | losec: omeprazole | istin: amlodipine | lustral: sertraline | cipramil: citalopram
cipralex: escitalopram | efexor: venlafaxine | oramorph: morphine | sevredol: morphine | zomorph: morphine
mst: morphine | mst continus: morphine | oxynorm: oxycodone | shortec: oxycodone | longtec: oxycodone
durogesic: fentanyl | zydol: tramadol | zamadol: tramadol | palexia: tapentadol | maxolon: metoclopramide
tildiem: diltiazem | securon: verapamil | cardicor: bisoprolol | lipostat: pravastatin | lioresal: baclofen
uniphyllin: theophylline | phyllocontin: aminophylline | novorapid: insulin aspart | amoxil: amoxicillin
mtx: methotrexate | gtn: nitroglycerin | isoket: isosorbide dinitrate | imdur: isosorbide mononitrate
"""
_CALLED = {name: (of,) for line in _NAMES.strip().splitlines() for name, _, of in map(_pair, line.split(" | "))}
_CALLED_SO = re.compile(rf"\b(?:{'|'.join(map(re.escape, _CALLED))})\b", re.IGNORECASE)
MOST_IN_A_PRODUCT = 4
"""A name that means more ingredients ("insulin") is that of a group, of which the patient takes one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A medicine that a text names, where, and what it holds."""

    surface: str
    start: int
    parts: tuple[str, ...]


@lru_cache(maxsize=4096)
def ingredients_of(name: str, medicines: Medicines) -> tuple[str, ...]:
    """The base names of what a medicine holds; a name that nobody knows means itself."""
    plain = name.lower().strip()
    if plain in _COMBINATIONS or plain in _CALLED:
        return _COMBINATIONS.get(plain) or _CALLED[plain]
    found = medicines.find(name)
    if found and found[0].exact:
        return tuple(dict.fromkeys(one for mention in found for one in mention.ingredients))
    return medicines.ingredients_of(base_name(plain))


@lru_cache(maxsize=4096)
def named_in(text: str, medicines: Medicines) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every medicine that a text names, exactly spelt, with its ingredients, in order."""
    return tuple(dict.fromkeys((one.surface, one.parts) for one in placed_in(text, medicines)))


@lru_cache(maxsize=4096)
def placed_in(text: str, medicines: Medicines) -> tuple[Named, ...]:
    """The same with their places."""
    lower = text.lower()
    combined = [Named(name, lower.index(name), parts) for name, parts in _COMBINATIONS.items() if name in lower]
    called = [Named(found[0].lower(), found.start(), _CALLED[found[0].lower()]) for found in _CALLED_SO.finditer(text)]
    known = [Named(one.surface.lower(), one.start, one.ingredients) for one in medicines.find(text) if one.exact]
    return tuple(sorted([*known, *combined, *called], key=lambda one: one.start))


@lru_cache(maxsize=4096)
def with_classes(ingredients: frozenset[str]) -> frozenset[str]:
    """The ingredients with the names of their classes, as rules write them under `with` and `medicines`."""
    return ingredients.union(*(class_names(one) for one in ingredients)) if ingredients else ingredients


def beside(current: tuple[str, ...], medicines: Medicines) -> frozenset[str]:
    """Ingredients and classes of what the patient takes; the names as typed too, for rules that name a group."""
    found = frozenset(one for medicine in current for _, parts in _parts(medicine, medicines) for one in parts)
    return with_classes(found) | {medicine.lower().strip() for medicine in current}


def _parts(medicine: str, medicines: Medicines) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return named_in(medicine, medicines) or ((medicine, ingredients_of(medicine, medicines)),)


_ALLERGY = re.compile(
    r"\b(?P<before>[a-z]+(?: [a-z]+)?)[- ](?:allerg(?:y|ic)|anaphylaxis)\b(?! (?:to|with)\b)"
    r"|\b(?:allerg(?:y|ic)|anaphylaxis|reaction) (?:to|with) (?P<after>[a-z]+(?: [a-z]+)?)",
    re.IGNORECASE,
)


def allergies_in(text: str) -> tuple[str, ...]:
    """The allergies that a question tells of: "in penicillin allergy", "allergic to sulfa drugs"."""
    found = (match["before"] or match["after"] for match in _ALLERGY.finditer(text))
    return tuple(dict.fromkeys(name.lower().removeprefix("a ").removeprefix("an ") for name in found))


def without_allergies(text: str) -> str:
    """The text without the words that tell of an allergy: what they name is not to be given."""
    return _ALLERGY.sub(" ", text)
