"""Finds every piece of dose language in a clause, in order: amounts, timings, routes, medicines, patients, steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import COUNTED, Read, amount_at, code_at
from guardrails.reading.frequencies import DAILY, Timing
from guardrails.reading.lexicon import DAILY_TOTAL, NEEDED, ONCE, PEOPLE, ROUTES, THEN, WEIGHTS, Phrases, phrase_at
from guardrails.reading.people import AGE_WORDS, DESCRIBED, described, people_at
from guardrails.reading.schedules import NUMBER_WORDS, TIMING_WORDS, timing_at
from guardrails.reading.ucum import MASS_LIKE
from guardrails.reading.unlisted import DOSE_UNITS, STEMS, by_place, is_part_of_name, unlisted
from retrieval.medicines import Mention


class Kind(StrEnum):
    """What a mark says."""

    AMOUNT = "amount"
    STRENGTH = "strength"
    TIMING = "timing"
    ROUTE = "route"
    NEEDED = "needed"
    ONCE = "once"
    TOTAL = "total"
    DRUG = "drug"
    PEOPLE = "people"
    THEN = "then"
    BARE = "bare"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Mark:
    """One piece, at `tokens[first:after]`. `BARE` is a number that is no amount; `ALONE` a unit without its number."""

    kind: Kind
    first: int
    after: int
    text: str = ""
    read: Read | None = None
    timing: Timing | None = None
    mention: Mention | None = None


Reader: TypeAlias = Callable[[str, Sequence[Token], int], Mark | None]

_PHRASES: tuple[tuple[Kind, Phrases], ...] = (
    (Kind.TOTAL, DAILY_TOTAL),
    (Kind.NEEDED, NEEDED),
    (Kind.ONCE, ONCE),
    (Kind.ROUTE, ROUTES),
    (Kind.THEN, THEN),
)
_ALL_PHRASES: Phrases = {
    first: sorted(
        ((words, f"{kind.value}={meaning}") for kind, phrases in _PHRASES for words, meaning in phrases.get(first, ())),
        key=lambda one: -len(one[0]),
    )
    for first in {word for _, phrases in _PHRASES for word in phrases}
}
"""Every phrase with its kind, by first word; the longest counts."""
_PRODUCTS_WORDS = """
    solution suspension syrup elixir injection concentrate cream ointment gel lotion drops spray liquid emulsion
    shampoo mouthwash nebules inhaler
"""
_PRODUCTS = frozenset(_PRODUCTS_WORDS.split())
_PLACES = frozenset({"eye", "ear", "nasal", "oral", "topical", "ophthalmic", "otic", "vaginal", "rectal", "mouth"})
_KINDS_OF_FORM_WORDS = """
    chewable film coated extended delayed modified release sustained dispersible soluble effervescent
    orodispersible enteric gastro resistant hard scored strength mr sr er xr xl
"""
_KINDS_OF_FORM = frozenset(_KINDS_OF_FORM_WORDS.split())
_GRADED = ("class", "stage", "grade", "type", "phase", "factor", "table", "section", "study", "part", "step", "line")
_BEGINNINGS = NUMBER_WORDS | TIMING_WORDS | PEOPLE | AGE_WORDS | {"a", "area", "auc", "co", "once", "single"}
_FOLLOWING = DESCRIBED | {"acid"}
_BEGINNINGS |= _ALL_PHRASES.keys()
_DOSED_ONCE = frozenset({"iv", "im", "sc", "po", "stat", "now"})


def marks_of(text: str, tokens: Sequence[Token], mentions: Sequence[Mention]) -> list[Mark]:
    """Every mark in these tokens, in order, never overlapping. Mentions are those of the whole text."""
    named = {mention.start: mention for mention in mentions}
    words = [token.text.lower() for token in tokens]
    marks: list[Mark] = []
    at = 0
    while at < len(tokens):
        begins = tokens[at].start in named or _may_begin(tokens, words, at)
        mark = _mark_at(text, tokens, at, named) if begins else None
        if mark is None:
            at += 1
        else:
            marks.append(mark)
            at = mark.after
    return marks


def _may_begin(tokens: Sequence[Token], words: Sequence[str], at: int) -> bool:
    """Whether a mark may begin at this token; most words of a text begin none and need no further look."""
    if not _is_plain(words[at]) or (at > 0 and words[at - 1] in _GRADED):
        return True
    if at + 1 == len(tokens):
        return False
    named = at + 2 < len(tokens) and tokens[at + 2].kind == "number" and is_part_of_name(tokens[at + 1].text)
    return named or words[at + 1] in _FOLLOWING or tokens[at + 1].kind == "number"


@lru_cache(maxsize=16384)
def _is_plain(word: str) -> bool:
    """Whether this word or sign begins no number, unit, phrase, timing or words about the patient."""
    if word in _BEGINNINGS or any(character.isdigit() for character in word):
        return False
    return not (code_at((Token("word", word, 0, len(word)),), 0) or STEMS.search(word))


def _mark_at(text: str, tokens: Sequence[Token], at: int, named: dict[int, Mention]) -> Mark | None:
    mention = named.get(tokens[at].start)
    if mention is not None and (mention.exact or not _is_own_word(tokens, at)):
        after = at
        while after < len(tokens) and tokens[after].start < mention.end:
            after += 1
        return Mark(Kind.DRUG, at, after, mention=mention)
    if at > 0 and tokens[at].kind != "sign" and tokens[at - 1].text.lower() in _GRADED:
        return Mark(Kind.BARE, at, at + 1, text="grade")
    for reader in _readers_of(tokens[at].text.lower()):
        mark = reader(text, tokens, at)
        if mark is not None:
            return mark
    if _is_lone_unit(tokens, at):
        return Mark(Kind.ALONE, at, at + 1)
    name = unlisted(tokens, at) or by_place(tokens, at)
    return Mark(Kind.DRUG, at, name[1], name[0]) if name else None


@lru_cache(maxsize=16384)
def _readers_of(word: str) -> tuple[Reader, ...]:
    """The readers of what may begin with this word, in the order in which they are tried."""
    number = word in NUMBER_WORDS or any(character.isdigit() for character in word)
    begins = {
        _single: word == "single",
        _phrase: word in _ALL_PHRASES,
        _timing: number or word in TIMING_WORDS,
        _people: True,
        _once: word == "once",
        _amount: number or word in {"a", "area", "auc"},
    }
    return tuple(reader for reader, may in begins.items() if may)


def _is_own_word(tokens: Sequence[Token], at: int) -> bool:
    """Whether the token is a word of dose language, which a misspelt name of a medicine never is."""
    known = phrase_at(_ALL_PHRASES, tokens, at) is not None
    return known or bool(code_at(tokens, at)) or timing_at(tokens, at) is not None


def _phrase(_text: str, tokens: Sequence[Token], at: int) -> Mark | None:
    found = phrase_at(_ALL_PHRASES, tokens, at)
    if found is None:
        return None
    kind, _, meaning = found[0].partition("=")
    return Mark(Kind(kind), at, found[1], meaning)


def _timing(_text: str, tokens: Sequence[Token], at: int) -> Mark | None:
    found = timing_at(tokens, at)
    if found is None and is_word(tokens, at, "on") and _is_omni_nocte(tokens, at):
        found = Timing(at + 1, DAILY, when=("night",), implied=True)
    return None if found is None else Mark(Kind.TIMING, at, found.after, timing=found)


def _is_omni_nocte(tokens: Sequence[Token], at: int) -> bool:
    """ "10 mg ON": capital letters, or the last word, directly after an amount or a route."""
    last = at + 1 >= len(tokens) or tokens[at + 1].kind == "sign" or phrase_at(NEEDED, tokens, at + 1) is not None
    last = last or is_word(tokens, at + 1, "after", "for", "then")
    before = at > 0 and (bool(code_at(tokens, at - 1)) or phrase_at(ROUTES, tokens, at - 1) is not None)
    return before and (last or (tokens[at].text == "ON" and not tokens[at - 1].text.isupper()))


def _people(text: str, tokens: Sequence[Token], at: int) -> Mark | None:
    after = people_at(tokens, at)
    after = next((near for near in range(at + 1, after - 1) if _is_of_a_dose(tokens, near)), after)
    return Mark(Kind.PEOPLE, at, after, described(text, tokens, at, after)) if after > at else None


def _is_of_a_dose(tokens: Sequence[Token], at: int) -> bool:
    """ "paediatric titration of sertraline": what follows is the medicine and not the patient."""
    return is_word(tokens, at, "titration", "dosing", "treatment", "use") and is_word(tokens, at + 1, "of")


def _single(_text: str, tokens: Sequence[Token], at: int) -> Mark | None:
    """ "a single oral dose", "a single 500 mg dose": only the word, so that the route or the amount is read too."""
    if not is_word(tokens, at, "single") or at + 1 >= len(tokens):
        return None
    read = amount_at(tokens, at + 1)
    head = read.after if read is not None else at + 1
    noun = any(is_word(tokens, near, "dose", "doses", "bolus", "injection", "infusion") for near in (head, head + 1))
    return Mark(Kind.ONCE, at, at + 1, "once") if noun else None


def _once(_text: str, tokens: Sequence[Token], at: int) -> Mark | None:
    """ "once" alone, directly after an amount or route, or before one more word that cannot change it."""
    if not is_word(tokens, at, "once") or at == 0:
        return None
    after_amount = bool(code_at(tokens, at - 1)) or phrase_at(ROUTES, tokens, at - 1) is not None
    ends = at + 1 >= len(tokens) or tokens[at + 1].kind == "sign" or phrase_at(THEN, tokens, at + 1) is not None
    follows = at + 1 < len(tokens) and tokens[at + 1].text.lower() in _DOSED_ONCE | {"on", "before", "after", "over"}
    return Mark(Kind.ONCE, at, at + 1, "once") if after_amount and (ends or follows) else None


def _amount(_text: str, tokens: Sequence[Token], at: int) -> Mark | None:
    counted = _article_and_form(tokens, at)
    if counted is not None:
        return Mark(Kind.AMOUNT, at, counted.after, read=counted)
    if tokens[at].kind == "sign":
        return None
    read = amount_at(tokens, at)
    if read is None:
        return Mark(Kind.BARE, at, at + 1) if _looks_numeric(tokens[at]) else None
    if read.strengths or _is_strength(tokens, read):
        return Mark(Kind.STRENGTH, at, read.after, read=read)
    kind = Kind.AMOUNT if read.unit in DOSE_UNITS and not set(read.per) & {"L", "dL"} else Kind.BARE
    return Mark(kind, at, read.after, read=read)


def _article_and_form(tokens: Sequence[Token], at: int) -> Read | None:
    """ "take a tablet": one."""
    if not is_word(tokens, at, "a") or code_at(tokens, at + 1) not in COUNTED - {"{dose}", "{infusion}", "{injection}"}:
        return None
    if at == 0 or not is_word(tokens, at - 1, "take", "give", "use", "apply", "insert"):
        return None
    one = Token("word", "one", tokens[at].start, tokens[at].end)
    read = amount_at([one, *tokens[at + 1 : at + 8]], 0)
    return None if read is None else replace(read, after=at + read.after)


def _looks_numeric(token: Token) -> bool:
    return token.kind in {"number", "doubt", "code"} or any(character.isdigit() for character in token.text)


def _is_strength(tokens: Sequence[Token], read: Read) -> bool:
    """Whether this says what is in a product: "250 mg/5 mL", "1% cream", "500 mg tablets", "100 mcg per puff"."""
    if read.unit not in MASS_LIKE or read.amount.high is not None:
        return False
    if read.per and (read.per[-1].endswith("mL") or read.per[-1] in COUNTED - {"{dose}"}):
        return True
    head = read.after
    while _is_kind_of_form(tokens, head) or (is_word(tokens, head, "-") and _is_kind_of_form(tokens, head + 1)):
        head += 1
    joined = is_word(tokens, head, "-") and head + 1 < len(tokens)
    form = code_at(tokens, head + 1 if joined else head)
    if form in COUNTED - {"{dose}", "{injection}", "{infusion}"} and not read.per:
        return True
    while is_word(tokens, head, *_PLACES):
        head += 1
    return read.unit == "%" and head < len(tokens) and tokens[head].text.lower() in _PRODUCTS


def _is_kind_of_form(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].text.lower() in _KINDS_OF_FORM


def _is_lone_unit(tokens: Sequence[Token], at: int) -> bool:
    code = code_at(tokens, at)
    return code in {"mg", "ug", "g", "mL", "[iU]", "ng", "meq", "mmol", "kg"} and not phrase_at(WEIGHTS, tokens, at)
