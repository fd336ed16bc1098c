"""Puts the contrasts together: for every sentence a faithful claim and one that its passage does not support.

Both go through the same rewording, so that the words of a claim alone do not tell which it is. The passage holds the
sentence anywhere among up to eight, or a passage close by that does not hold it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from finetune.nets.contrasts import meanings, numbers, subjects
from finetune.nets.contrasts.contrast import Change, Contrast, Scene
from finetune.nets.contrasts.faithful import fused, reworded
from finetune.nets.contrasts.rewritten import Rewritten, around
from finetune.nets.contrasts.texts import Part, share
from guardrails.groundedness import LONGEST_CLAIM
from guardrails.wording import stems
from retrieval.chunking import word_pieces

CHANGES: dict[str, tuple[Change, float]] = {
    "number": (numbers.number, 2.5),
    "tenfold": (numbers.tenfold, 2.0),
    "unit": (numbers.unit, 2.0),
    "frequency": (numbers.frequency, 3.0),
    "direction": (meanings.direction, 2.0),
    "negation": (meanings.negation, 1.6),
    "certainty": (meanings.certainty, 1.0),
    "dropped condition": (meanings.dropped_condition, 1.5),
    "added detail": (meanings.added_detail, 0.5),
    "medicine": (subjects.medicine, 1.0),
    "route": (subjects.route, 1.5),
    "population": (subjects.population, 2.0),
    "entity": (subjects.entity, 2.5),
    "indication": (subjects.indication, 2.5),
}
"""Each kind of change and how eagerly it is drawn where it applies."""
Split: TypeAlias = Literal["train", "validation", "test"]
ELSEWHERE = ("neighbour", "other document", "half supported")
TEST, VALIDATION = 0.2, 0.3
"""Families whose share lies below TEST are never trained on; those from TEST to VALIDATION calibrate."""
_LONGEST = 700
"""Characters of the longest passage."""
_ALREADY_SAID = 0.65
"""A foreign claim whose words stand in the passage to this share could be supported by it, and is not used."""


def split_of(part: Part) -> Split:
    """Which split all contrasts of a part belong to: by family, or by document where no medicine is meant."""
    place = share(part.family or part.document)
    if not part.family:
        return "validation" if place < VALIDATION - TEST else "train"
    return "test" if place < TEST else "validation" if place < VALIDATION else "train"


@dataclass(frozen=True, slots=True)
class _World:
    """What the sentences of one split may borrow: parts by document, all parts, and what a `Scene` holds of others."""

    pools: Mapping[str, Sequence[Part]]
    parts: Sequence[Part]
    others: tuple[str, ...]
    lexicon: tuple[str, ...]
    details: tuple[str, ...]

    def scene(self, passage: str, names: tuple[str, ...]) -> Scene:
        """What surrounds a sentence of this passage."""
        return Scene(passage, names, self.others, self.lexicon, self.details)


def make(split: Split, parts: Sequence[Part], facts: Sequence[Rewritten], seed: int = 7) -> tuple[Contrast, ...]:
    """All contrasts of one split, in random order; the same for the same texts and seed."""
    own = [part for part in parts if split_of(part) == split]
    world = _world(own)
    chance = random.Random(f"{seed} {split}")
    made: list[Contrast] = []
    for part in own:
        made += _of_part(part, world, chance)
    mine = [fact for fact in facts if split_of(fact.part) == split]
    made += _of_facts(mine, 3 if split == "train" else 1, world, chance)
    chance.shuffle(made)
    return tuple(one for one in made if word_pieces(one.claim) <= LONGEST_CLAIM)


def _world(parts: Sequence[Part]) -> _World:
    pools: dict[str, list[Part]] = {}
    for part in parts:
        pools.setdefault(part.document, []).append(part)
    texts = [sentence for part in parts for sentence in part.sentences]
    others = tuple(dict.fromkeys(part.names[0] for part in parts if part.names))
    return _World(pools, parts, others, subjects.conditions(texts), meanings.details(texts))


def _of_part(part: Part, world: _World, chance: random.Random) -> Iterator[Contrast]:
    for place, sentence in enumerate(part.sentences):
        passage = _shown(part, _window(part, place, chance), chance)
        scene = world.scene(passage, part.names)
        strength = chance.choices((0, 1, 2, 3, 4), (1, 2, 3, 3, 2))[0]
        names = [name for name in part.names if name.lower() in passage.lower()]
        yield Contrast("faithful", part.family, _faithful(part, place, passage, names, chance, strength), passage, True)
        yield from _changed(sentence, part.family, names, scene, chance, strength)
        if chance.random() < 0.45:
            yield from _foreign(sentence, part, passage, world, chance, strength)


def _faithful(part: Part, place: int, passage: str, names: Sequence[str], chance: random.Random, strength: int) -> str:
    claim = reworded(part.sentences[place], names, chance, strength)
    beside = [one for one in part.sentences if one in passage and one != part.sentences[place]]
    if beside and chance.random() < 0.12:
        claim = fused(claim, reworded(chance.choice(beside), names, chance, strength), chance)
    return claim


def _changed(
    sentence: str, family: str, names: Sequence[str], scene: Scene, chance: random.Random, strength: int
) -> Iterator[Contrast]:
    """One contrast with one change; the change comes last, so that rewording cannot drop it again."""
    claim = reworded(sentence, names, chance, strength)
    # The first that applies, in an order drawn by weight: as likely as a draw by weight among all that apply.
    for kind in sorted(CHANGES, key=lambda one: chance.expovariate(CHANGES[one][1])):
        made = CHANGES[kind][0](claim, scene, chance)
        if made and made != claim and made.rstrip(".") not in scene.passage:
            yield Contrast(kind, family, made, scene.passage, False)
            return


def _foreign(
    sentence: str, part: Part, passage: str, world: _World, chance: random.Random, strength: int
) -> Iterator[Contrast]:
    """A true sentence of somewhere else, alone or joined to the one that the passage supports."""
    near = chance.random() < 0.6
    pool = world.pools[part.document] if near else world.parts
    candidates = [one for _ in range(6 if near else 2) for one in [_drawn(pool, chance)] if one]
    free = [one for one in candidates if _said(one, passage) < _ALREADY_SAID]
    if not free:
        return
    other = max(free, key=lambda one: _said(one, passage))
    claim = reworded(other, part.names, chance, strength)
    if chance.random() < 0.35:
        own = reworded(sentence, (), chance, strength)
        pair = (own, claim) if chance.random() < 0.6 else (claim, own)
        yield Contrast("half supported", part.family, fused(*pair, chance), passage, False)
    else:
        yield Contrast("neighbour" if near else "other document", part.family, claim, passage, False)


def _drawn(pool: Sequence[Part], chance: random.Random) -> str:
    return chance.choice(chance.choice(pool).sentences) if pool else ""


def _said(claim: str, passage: str) -> float:
    wanted = stems(claim)
    return len(wanted & stems(passage)) / len(wanted) if wanted else 1.0


def _of_facts(facts: Sequence[Rewritten], turns: int, world: _World, chance: random.Random) -> Iterator[Contrast]:
    """Our own rewording of label text, in several windows, with its changes."""
    for found in facts:
        for turn in range(turns):
            passage = _shown(found.part, around(found, chance), chance)
            scene = world.scene(passage, found.part.names)
            claim = reworded(found.fact, (), chance, turn)
            yield Contrast("rewritten fact", found.part.family, claim, passage, True)
            yield from _changed(found.fact, found.part.family, (), scene, chance, turn)


def _window(part: Part, place: int, chance: random.Random) -> str:
    """Neighbouring sentences with the given one anywhere among them."""
    size = chance.choices((1, 2, 3, 4, 5, 6, 8), (2, 3, 3, 3, 2, 2, 1))[0]
    first = max(0, place - chance.randint(0, size - 1))
    chosen = list(part.sentences[first : first + size])
    while len(" ".join(chosen)) > _LONGEST and len(chosen) > 1:
        chosen.pop(-1 if chosen[-1] != part.sentences[place] else 0)
    return " ".join(chosen)


def _shown(part: Part, text: str, chance: random.Random) -> str:
    """The passage as the net is to read it: in half of the cases with its title and heading in front."""
    if chance.random() < 0.5:
        return text
    head = ". ".join(dict.fromkeys(one for one in (part.title, *part.heading[-1:]) if one))
    return f"{head}: {text}"
