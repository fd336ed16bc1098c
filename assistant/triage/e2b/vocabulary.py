"""Lists and patterns that a value may have to follow: countries, languages, MedDRA codes, units, product codes."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

import yaml

_SHAPES = {
    "meddra": (r"\d{8}", "a MedDRA code has eight digits"),
    "meddra version": (r"\d{1,2}\.\d", "a MedDRA version is written like 29.1"),
    "unit": (r"[!-~]+", "a unit is a UCUM code without spaces, for example mg"),
    "ndc": (r"[A-Za-z0-9*]+-[A-Za-z0-9*]+(-[A-Za-z0-9*]+)?", "an NDC has two or three parts with hyphens between"),
}


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    held = yaml.safe_load((files("assistant.triage.e2b") / "vocabularies.yaml").read_text(encoding="utf-8"))
    return {name: frozenset(str(held[name]["codes"]).split()) for name in ("country", "language")}


def fault(vocabulary: str, text: str) -> str:
    """Why a text does not follow a vocabulary, "" where it does or where the vocabulary is unknown."""
    if vocabulary in _SHAPES:
        shape, words = _SHAPES[vocabulary]
        return "" if re.fullmatch(shape, text) else words
    if vocabulary == "country":
        return "" if text in _lists()["country"] else "a country is two capital letters of ISO 3166-1, or EU"
    if vocabulary == "language":
        return "" if text in _lists()["language"] else "a language is three small letters of ISO 639-2"
    if vocabulary == "case id":
        good = text[:2] in _lists()["country"] and re.fullmatch(r"..-.+-.+", text)
        return "" if good else "it is country code, company and number with hyphens between, for example US-ACME-0001"
    return ""
