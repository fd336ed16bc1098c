"""What a patient takes besides: the ingredients of the current medicines, and the classes that they belong to."""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.classes import class_names
from retrieval.ingredient import base_name
from retrieval.medicines import Medicines

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


@lru_cache(maxsize=4096)
def ingredients_of(name: str, medicines: Medicines) -> tuple[str, ...]:
    """The base names of what a medicine holds; a name that nobody knows means itself."""
    plain = name.lower().strip()
    if plain in _COMBINATIONS:
        return _COMBINATIONS[plain]
    found = medicines.find(name)
    if found and found[0].exact:
        return tuple(dict.fromkeys(one for mention in found for one in mention.ingredients))
    return medicines.ingredients_of(base_name(plain))


@lru_cache(maxsize=4096)
def named_in(text: str, medicines: Medicines) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every medicine that a text names, exactly spelt, with its ingredients, in order."""
    lower = text.lower()
    combined = [(name, parts) for name, parts in _COMBINATIONS.items() if name in lower]
    mentioned = [(one.surface.lower(), one.ingredients) for one in medicines.find(text) if one.exact]
    return tuple(dict.fromkeys([*mentioned, *combined]))


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
