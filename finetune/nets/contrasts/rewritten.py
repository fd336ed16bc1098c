"""Real rewording: a monograph's fact, written in our own words, beside the label section that it comes from."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import yaml

from finetune.nets.contrasts.texts import Part, family_of, labels, read
from guardrails.wording import stems
from retrieval.ingredient import base_name
from retrieval.medicines import CORPUS

_SECTION = re.compile(r"\b(\d{1,2}(?:\.\d{1,2})?)\b")
_ENOUGH, _AROUND = 0.6, 5
"""Share of the fact's words, weighed by rarity, that the window has to hold; sentences of the largest window."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A fact and the sentences of its label that hold it; `place` is the sentence closest to it."""

    fact: str
    part: Part
    place: int


def rewritten(data: Path) -> Iterator[Rewritten]:
    """Every fact of a verified monograph that is found again in the named section of its label."""
    by_file: dict[str, list[Part]] = {}
    for part in labels(data):
        by_file.setdefault(part.document, []).append(part)
    weights = _rarity([sentence for parts in by_file.values() for part in parts for sentence in part.sentences])
    for path in sorted(CORPUS.glob("*.md")):
        document, parts = read(path), by_file.get(_label_of(path), [])
        if document is None or not parts:
            continue
        names = (base_name(document.source.ingredients[0]), *document.source.brands)
        for block in document.blocks:
            fact = document.source.text[block.start : block.end]
            place = _closest(fact, _sections(parts, block.origin), weights)
            if place and family_of(names[0]) == place[0].family:
                yield Rewritten(fact, *place)


def around(found: Rewritten, chance: random.Random) -> str:
    """A window of the label around the fact's closest sentence."""
    size = chance.randint(2, _AROUND)
    first = max(0, found.place - chance.randint(0, size - 1))
    return " ".join(found.part.sentences[first : first + size])


def _label_of(path: Path) -> str:
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
    label = front.get("label") or {}
    return Path(str(label.get("file", ""))).name if label.get("verified") else ""


def _sections(parts: Sequence[Part], origin: str) -> list[Part]:
    numbers = _SECTION.findall(origin.partition("section")[2])
    if not numbers:
        return [part for part in parts if part.heading and part.heading[0].lower() in origin.lower()]
    return [part for part in parts if any(_numbered(head, number) for head in part.heading for number in numbers)]


def _numbered(heading: str, number: str) -> bool:
    return heading.startswith((f"{number} ", f"{number}.")) or heading == number


def _closest(fact: str, parts: Sequence[Part], weights: Mapping[str, float]) -> tuple[Part, int] | None:
    best, found = 0.0, None
    wanted = stems(fact)
    for part in parts:
        for place in range(len(part.sentences)):
            window = " ".join(part.sentences[max(0, place - 1) : place + 2])
            have = _share(wanted, stems(f"{part.title} {' '.join(part.heading)} {window}"), weights)
            have += 0.01 * _share(wanted, stems(part.sentences[place]), weights)
            if have > best:
                best, found = have, (part, place)
    return found if best >= _ENOUGH else None


def _share(wanted: frozenset[str], have: frozenset[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.get(stem, 9.0) for stem in wanted)
    return sum(weights.get(stem, 9.0) for stem in wanted & have) / total if total else 0.0


def _rarity(texts: Sequence[str]) -> dict[str, float]:
    """Inverse document frequency of each stem."""
    counts: dict[str, int] = {}
    for text in texts:
        for stem in stems(text):
            counts[stem] = counts.get(stem, 0) + 1
    return {stem: log(len(texts) / count) + 0.1 for stem, count in counts.items()}
