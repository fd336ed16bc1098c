"""Makes the open vocabulary of events: `python -m finetune.open_vocabulary --data ../shared/data`.

Names come from three places: the strings that the annotators of TAC 2017 marked in FDA labels (their text is CC0, the
labels are public), without the codes and preferred names that came with them, which are licensed; the tables and lists
of reactions of other FDA labels (`label_names`); and our own table of synonyms. What has the same words in `wording`
is one concept; a row of synonyms joins concepts. Ids are made from the words of the usual name, and a concept whose
names were there before keeps its id.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.triage.dictionaries.open_vocabulary import FILE, synonyms
from assistant.triage.dictionaries.wording import Wording, spelled, wording
from finetune.errors import TrainingFailed
from finetune.label_names import label_names
from finetune.nets.label_reaction_rows import label_sections

_NAME = re.compile(r"[a-z][a-z0-9'’/ -]{2,60}")
_MOST_WORDS = 6
_LEFT_OUT = re.compile(
    r"\b(?:worsening|aggravat\w+|exacerbat\w+|effects? on|signs?|greater than|less than|reports|generally)\b"
    r"|with prolonged"
    r"|^(?:of which.*|reversible|tracheal|transaminases|hemorrhagic|lactation|positional|respiratory.*cough"
    r"|herpes virus- .*)$"
)


@dataclass(frozen=True, slots=True)
class Concept:
    """An event with its names, the usual one first."""

    id: str
    names: tuple[str, ...]


def main() -> None:
    """Write the file that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=FILE)
    chosen = parser.parse_args()
    marked = Counter(one.words for section in label_sections(chosen.data) for one in section.marked)
    known = frozenset(map(_key, marked))
    listed = label_names([chosen.data / "labels", chosen.data / "pdf"])
    marked += Counter({name: often for name, often in listed.items() if not are_two(name, known)})
    made = concepts(marked, synonyms(), ids_before(chosen.out))
    write(made, chosen.out)
    print(f"{len(made)} concepts with {sum(len(one.names) for one in made)} names in {chosen.out}")


def concepts(marked: Mapping[str, int], rows: Iterable[tuple[str, ...]], before: Mapping[str, str]) -> list[Concept]:
    """The concepts in order of their names. `marked` are strings of labels and how often each was marked."""
    groups: dict[str, int] = {}
    members: defaultdict[int, dict[str, int]] = defaultdict(dict)
    numbered = list(enumerate(rows))
    # Words belong to the row whose usual name has them, then to the first row that has them at all.
    for place, row in [(place, row[:1]) for place, row in numbered] + numbered:
        for rank, name in enumerate(row):
            groups.setdefault(_key(name), place)
            members[place].setdefault(name, 10**9 - rank)
    taken = {spelled(name) for own in members.values() for name in own}
    at = 10**6
    for name, often in sorted(marked.items(), key=lambda item: (-item[1], item[0])):
        if not is_name(name) or spelled(name) in taken:
            continue
        at += 1
        group = groups.setdefault(_key(name), at)
        if spelled(name) not in {spelled(other) for other in members[group]}:
            members[group][name] = often
    return _identified([_ordered(own) for own in members.values() if own], before)


def are_two(name: str, known: frozenset[str]) -> bool:
    """Whether a cell that was read as one name holds two known ones ("skin rash dry skin")."""
    words = name.split()
    halves = ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words)))
    return _key(name) not in known and any(_key(one) in known and _key(other) in known for one, other in halves)


def _identified(made: Iterable[tuple[str, ...]], before: Mapping[str, str]) -> list[Concept]:
    """Each with an id of its own: where a concept was parted in two, the one with its usual name keeps the id."""
    taken: dict[str, tuple[str, ...]] = {}
    waiting = []
    for names in sorted(made, key=lambda one: one[0].lower()):
        own = before.get(spelled(names[0]), "")
        if own and own not in taken:
            taken[own] = names
        else:
            waiting.append(names)
    for names in waiting:
        old = (before[spelled(name)] for name in names if spelled(name) in before)
        taken[next((one for one in old if one not in taken), "") or _new(names[0], taken)] = names
    return sorted((Concept(own, names) for own, names in taken.items()), key=lambda one: one.names[0].lower())


def _new(name: str, taken: Container[str]) -> str:
    """An id made of the words of the name; where two concepts have the same words, of the name itself."""
    for text in (_key(name), spelled(name)):
        made = "EV" + hashlib.sha256(text.encode()).hexdigest()[:8]
        if made not in taken:
            return made
    raise TrainingFailed(f"The names of two concepts are spelled alike: {name}.")


def is_name(text: str) -> bool:
    """Whether the words of a label can stand alone as the name of an event."""
    return _NAME.fullmatch(text) is not None and len(text.split()) <= _MOST_WORDS and _LEFT_OUT.search(text) is None


def _ordered(names: Mapping[str, int]) -> tuple[str, ...]:
    ordered = sorted(names, key=lambda name: (-names[name], name))
    return (ordered[0][0].upper() + ordered[0][1:], *ordered[1:])


def _key(name: str) -> str:
    said: Wording = wording(name)
    return " ".join(sorted(said.words)) + "|" + " ".join(sorted(said.grave))


def ids_before(file: Path) -> dict[str, str]:
    """The id that each name had in the file, where there is one."""
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {spelled(name): row["id"] for row in csv.DictReader(lines) for name in row["names"].split("|")}


def write(made: Iterable[Concept], file: Path) -> None:
    """One line for each concept: its id, and its names, the usual one first."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("id", "names"))
        writer.writerows((one.id, "|".join(one.names)) for one in made)


if __name__ == "__main__":
    main()
