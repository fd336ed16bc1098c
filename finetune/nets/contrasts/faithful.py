"""Faithful claims: the same statement in other words, in another order, or only a part of it that stands alone."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from finetune.nets.contrasts.contrast import swap_one
from finetune.nets.contrasts.wording import ASKED, INTRODUCTIONS, OPENINGS, SAME

_BRACKETS = re.compile(r"\s*\((?![^)]*(?:not|unless|except))[^()]{2,80}\)")
_WHICH = re.compile(r",\s+(?:which|who|where)\b[^,.;]{5,90}(?:,|(?=\.$))")
_FOLLOWING = re.compile(
    r"^((?:If|When|After|Before|During|In|For|Among|While|Because|Since|To)\b[^,;:()]{6,80}),\s+(.{20,})$"
)
_TRAILING = re.compile(
    r"^(.{20,}?[^,])\s+((?:if|when|after|before|during|while|because|since|in (?:patients|people|adults|children|women)"
    r")\b[^,;:()]{6,80})\.?$"
)
_LISTED = re.compile(
    r"\b((?:including|such as|like|include|are|were|with)\s+)([^,;:.()]+(?:, [^,;:.()]+){2,},? (?:and|or) [^,;:.()]+)"
)
_CLAUSES = re.compile(
    r"^(.{30,}?)(?:;\s+|,\s+(?:and|but)\s+(?=(?:the|it|they|this|these|there|patients|some|in|most)\b))(.{20,})$"
)
_VERBS = ASKED.rows
_ORDER = re.compile(
    rf"^({'|'.join(_VERBS)})\s+(?:the\s+)?([\w\s/-]{{3,60}}?)(\s+(?:in|if|for|during|when|before|after|at|every|to|with|and|until|within|as)\b.*)?\.?$",
    re.I,
)
_FORBIDDEN = re.compile(
    r"^Do not (administer|use|give|take|exceed|start|initiate|discontinue)\s+([\w\s/-]{3,60}?)"
    r"(\s+(?:in|if|for|with|to|during|by|after|before)\b.*)?\.?$"
)
_PARTICIPLES = {"administer": "administered", "use": "used", "give": "given", "take": "taken", "exceed": "exceeded",
                "start": "started", "initiate": "initiated", "discontinue": "discontinued"}  # fmt: skip
_UNSTRESSED = re.compile(r"\b(?:the|a|an|that|also|very|generally)\s+", re.IGNORECASE)


def reworded(sentence: str, names: Sequence[str], chance: random.Random, strength: int) -> str:
    """The sentence after up to `strength` rules, drawn at random. Names of one medicine may stand for each other."""
    made = _without_opening(sentence)
    for _ in range(strength):
        rule = chance.choices(_RULES, _WEIGHTS)[0]
        made = rule(made, chance) or made
    if len(names) > 1 and chance.random() < 0.3:
        made = _other_name(made, names, chance)
    return " ".join(made.split())


def synonyms(sentence: str, chance: random.Random) -> str:
    """One to three phrases in other words."""
    made = sentence
    for _ in range(chance.randint(1, 3)):
        made = swap_one(made, SAME, chance) or made
    return made


def reordered(sentence: str, _chance: random.Random) -> str:
    """The condition moved from the front to the end, or from the end to the front."""
    front, back = _FOLLOWING.match(sentence), _TRAILING.match(sentence)
    if front:
        return _sentence(f"{front.group(2).rstrip('.')} {_lowered(front.group(1))}")
    if back:
        return _sentence(f"{back.group(2).rstrip('.')}, {_lowered(back.group(1))}")
    return ""


def passive(sentence: str, chance: random.Random) -> str:
    """An instruction as a statement: "Monitor X in Y" as "X should be monitored in Y"."""
    found, forbidden = _ORDER.match(sentence), _FORBIDDEN.match(sentence)
    if forbidden:
        verb, thing, rest = forbidden.groups()
        return _sentence(f"{thing} {chance.choice(['should', 'must'])} not be {_PARTICIPLES[verb]}{rest or ''}")
    if found:
        verb, thing, rest = found.groups()
        return _sentence(f"{thing} {chance.choice(_VERBS[verb.lower()])}{rest or ''}")
    return ""


def trimmed(sentence: str, chance: random.Random) -> str:
    """Without brackets or a clause that only explains."""
    pattern = chance.choice([_BRACKETS, _WHICH])
    made = pattern.sub("", sentence)
    return made if made != sentence and len(made) > 30 else ""


def fewer(sentence: str, chance: random.Random) -> str:
    """A list with some of its members left out or in another order; the rest stays true."""
    found = _LISTED.search(sentence)
    if not found:
        return ""
    items = [item.strip() for item in re.split(r",\s*(?:and |or )?|\s(?:and|or)\s", found.group(2)) if item.strip()]
    kept = chance.sample(items, chance.randint(max(2, len(items) // 2), len(items)))
    joined = ", ".join(kept[:-1]) + " and " + kept[-1]
    return sentence[: found.start(2)] + joined + sentence[found.end(2) :]


def first_clause(sentence: str, chance: random.Random) -> str:
    """One of two statements that were joined."""
    found = _CLAUSES.match(sentence)
    return _sentence(found.group(chance.choice([1, 1, 2]))) if found else ""


def introduced(sentence: str, chance: random.Random) -> str:
    """With words in front that add no fact."""
    return chance.choice(INTRODUCTIONS) + _lowered(sentence)


def lighter(sentence: str, chance: random.Random) -> str:
    """Without some of the words that carry nothing."""
    return _UNSTRESSED.sub(lambda found: "" if chance.random() < 0.5 else found.group(), sentence)


def fused(one: str, other: str, chance: random.Random) -> str:
    """Two statements as one."""
    joint = chance.choice([", and ", "; ", ", and also "])
    return _sentence(one.rstrip(".;") + joint + _lowered(other))


_RULES = (synonyms, reordered, passive, trimmed, fewer, first_clause, introduced, lighter)
_WEIGHTS = (9, 3, 3, 2, 2, 2, 1, 2)


def _without_opening(sentence: str) -> str:
    for opening in OPENINGS:
        if sentence.startswith(opening):
            return _sentence(sentence[len(opening) :])
    return sentence


def _other_name(text: str, names: Sequence[str], chance: random.Random) -> str:
    old = next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)), "")
    others = [name for name in names if name.lower() != old.lower()]
    if not old or not others:
        return text
    return re.sub(rf"\b{re.escape(old)}\b", chance.choice(others), text, flags=re.IGNORECASE)


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".;,")
    return text[:1].upper() + text[1:] + "."


def _lowered(text: str) -> str:
    return text if text[1:2].isupper() or not text[:1].isalpha() else text[:1].lower() + text[1:]
