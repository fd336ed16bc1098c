"""What is never masked: medicines, eponyms, public bodies and works, from `known.yaml` and the table of medicines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from guardrails.names import GIVEN_NAMES
from retrieval.abbreviations import ABBREVIATIONS
from retrieval.medicines import CORPUS, Medicines

_FILE = Path(__file__).with_name("known.yaml")
_TITLED = re.compile(r"(?:\b(?:mr|mrs|ms|miss|mx|dr|doctor|prof|professor|nurse|sister)\b\.?\s*)$", re.IGNORECASE)
SURE, QUANTITY, DOUBTFUL = 2.0, 1.0, 0.9
"""How certain a finding must be to be masked all the same: never; a rule only; or nearly sure (a resemblance)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`text[start:end]` is knowledge: only a finding at least as certain as `unless` masks it."""

    start: int
    end: int
    unless: float


@cache
def _lists() -> Mapping[str, tuple[str, ...]]:
    held = TypeAdapter(dict[str, str]).validate_python(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
    return {key: tuple(word.replace("_", " ") for word in words.split()) for key, words in held.items()}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], float], ...]:
    lists = _lists()
    named, alone, things, bodies = (_any(lists[key]) for key in ("eponyms", "alone", "things", "bodies"))
    joined = r"(?:['’]s?)?(?:[ -](?:and|or)[ -]\w+(?:['’]s?)?)?[ -]"
    return (
        (re.compile(rf"\b{named}{joined}(?:\w+[ -])?{things}\b", re.IGNORECASE), SURE),
        (re.compile(rf"\b{bodies}\b"), SURE),
        # C. difficile; PMID 31535829; 40 mg/kg and 0.5 mL/min; 120/80; 06:00
        (re.compile(r"\b[A-Z]\. ?[a-z]{4,}\b"), SURE),
        (re.compile(rf"\b{_any(lists['codes'])}[\s:#-]*\d[\w.*:-]*", re.IGNORECASE), SURE),
        (
            re.compile(
                r"\b(?:child-pugh|hepatitis|vitamin|factor|type|class|grade|stage|group) [A-EIVX\d]+\b", re.IGNORECASE
            ),
            SURE,
        ),
        # b.i.d., q.d.s., p.o., i.v.
        (
            re.compile(
                r"\b(?:[bqto]\.[idn]\.(?:[ds]\b\.?)?|[pi]\.[orvm]\.(?:n\b\.?)?|s\.c\.|q\.\d+h?\b)", re.IGNORECASE
            ),
            SURE,
        ),
        (re.compile(r"\bst\.? john['’]?s wort\b", re.IGNORECASE), SURE),
        (re.compile(rf"(?<![\w.-])\d[\d.,]*(?:\s?(?:-|–|to)\s?\d[\d.,]*)?\s?{_any(lists['units'])}(?!\w)"), QUANTITY),
        (re.compile(r"(?<![\d/])(?:3[2-9]|[4-9]\d|[12]\d\d)/(?:3[2-9]|[4-9]\d|1\d\d)(?![\d/])"), QUANTITY),
        (re.compile(r"(?<![\d:-])[0-2]?\d:[0-5]\d(?![\d:])"), QUANTITY),
        (re.compile(rf"\b{alone}(?:['’]s?)?(?![\w-])", re.IGNORECASE), SURE),
        (re.compile(rf"\b{named}(?:['’]s?)?(?![\w-])", re.IGNORECASE), DOUBTFUL),
        (
            re.compile(rf"(?<![\w-]){_any((*lists['words'], *ABBREVIATIONS))}(?![\w-])", re.IGNORECASE),
            DOUBTFUL,
        ),
        (re.compile(rf"(?<![\w-]){_any(lists['never'])}(?![\w-])", re.IGNORECASE), SURE),
    )


@cache
def _brands() -> re.Pattern[str]:
    """The brand names in the heads of the starter monographs; some are newer than the table of medicines."""
    heads = (file.read_text(encoding="utf-8").partition("\n---\n")[0] for file in CORPUS.glob("*.md"))
    named = [one for head in heads for one in re.findall(r"^brands: \[(.*)\]$", head, re.MULTILINE)]
    return re.compile(
        rf"\b{_any(tuple(name.strip() for one in named for name in one.split(',') if name.strip()))}\b", re.I
    )


_LOWER_CASE = re.compile(r"(?<![\w-])[a-z]{4,}(?![\w-])")


@cache
def _vocabulary() -> frozenset[str]:
    """The words that the starter monographs write in small letters, given names aside: knowledge, and nobody's name."""
    texts = (file.read_text(encoding="utf-8") for file in CORPUS.glob("*.md"))
    return frozenset(word for text in texts for word in _LOWER_CASE.findall(text)) - GIVEN_NAMES


@cache
def _medicines() -> Medicines:
    return Medicines.load()


def kept(text: str) -> tuple[Kept, ...]:
    """Every stretch that is knowledge. A person's title before it takes it out; a given name is in doubt."""
    found = []
    for pattern, unless in _patterns():
        found += [
            Kept(*one.span(), unless) for one in pattern.finditer(text) if not _TITLED.search(text[: one.start()])
        ]
    found += [Kept(*one.span(), SURE) for one in _brands().finditer(text)]
    for word in _LOWER_CASE.finditer(text):
        if word.group() in _vocabulary() and not _TITLED.search(text[: word.start()]):
            found.append(Kept(*word.span(), DOUBTFUL))
    for mention in _medicines().find(text):
        given = mention.surface.lower() in GIVEN_NAMES
        found.append(Kept(mention.start, mention.end, SURE if mention.exact and not given else DOUBTFUL))
    return tuple(found)


def _any(words: tuple[str, ...]) -> str:
    """One of the words; longer ones first, so that "Child-Pugh" is read whole."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"
