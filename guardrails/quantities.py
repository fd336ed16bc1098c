"""Reads every number in a text together with its unit, and says how it is bounded and which change it belongs to.

Deterministic and linear in the length of the text: it never raises and never hangs, whatever it is given. Two texts
that say the same amount in another notation ("1,000 mcg", "1000 µg"; "two tablets", "2 tablets"; "q6h",
"every 6 hours") give equal amounts. Nothing is converted from one unit to another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from guardrails.bounds import Bound, bound_at, change_after, change_of, clause_ends, of_whom
from guardrails.numerals import Token, figures, is_word, number_at, tokens_of
from guardrails.units import FRACTIONS, ORDINALS, REPETITIONS, SMALL_NUMBERS, TIME_WORDS, TIMES_A_DAY, UNITS

Value: TypeAlias = tuple[Decimal, Decimal | None, str, str]
"""Low, high (None: no range), unit, code."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or range with its unit, and where it stands: `text[start:end]`.

    `unit` is "" for a bare number, "mg/kg/d" for mg per kg per day, "x/d" for times a day, "every h" for an interval,
    "ordinal" for "third", "code" for a name with digits such as CYP3A4 (then `code` holds it). `change` is the change
    that the number belongs to: start, maintain, load, increase, decrease, stop, with "by" or "to" where it matters.
    `cue` is the place of the words that set the bound.
    """

    low: Decimal
    high: Decimal | None
    unit: str
    start: int
    end: int
    code: str = ""
    bound: Bound = Bound.PLAIN
    change: str = ""
    cue: tuple[int, int] = (0, 0)

    @property
    def value(self) -> Value:
        """What must be equal for two amounts to be the same number with the same unit."""
        return self.low, self.high, self.unit, self.code


@dataclass(frozen=True, slots=True)
class _Read:
    """An amount read from `tokens[first:after]`."""

    low: Decimal
    high: Decimal | None
    unit: str
    first: int
    after: int
    code: str = ""


_RANGE = frozenset({"to", "-", "–", "—", "−", "‑", "through"})
_HYPHENS = frozenset({"-", "–", "‑", "−"})
_LIST = frozenset({",", "or", "and", "/", "&", "to", "less", "than", "<", "under", "below"})
_NUMBERED = frozenset(
    {"day", "days", "week", "weeks", "month", "cycle", "step", "study", "table", "phase", "infusion", "dose"}
)
_NOT_SHARED = frozenset({"", "code", "ordinal", "grade"})
_TIMES = frozenset({"s", "min", "h", "d", "wk", "mo", "yr"})
_MASSES = ("ng", "mcg", "mg", "g")
_GRADED = frozenset({"class", "grade", "stage", "pugh", "category", "schedule", "type"})
_GRADE = re.compile(r"[IVX]{1,4}|[A-D]")
_MOST_DENOMINATORS = 4
_STARTS = frozenset(
    {*SMALL_NUMBERS, *FRACTIONS, *REPETITIONS, *ORDINALS, *_GRADED, "every", "each", "alternate", "a", "an"}
)


@lru_cache(maxsize=8192)
def read_amounts(text: str) -> tuple[Amount, ...]:
    """Every number in the text, in order, spelled-out numbers, ordinals and names with digits included."""
    tokens = tokens_of(text)
    reads: list[_Read] = []
    at = 0
    while at < len(tokens):
        read = _read_at(tokens, at) if _may_start(tokens[at]) else None
        if read is None:
            at += 1
        else:
            reads.append(read)
            at = read.after
    return _placed(text, tokens, _with_list_units(tokens, reads))


def _may_start(token: Token) -> bool:
    """Whether an amount can start here; most words of a text are passed over by this alone."""
    if token.kind == "sign":
        return False
    return token.kind != "word" or token.text.lower() in _STARTS or not token.text.isalpha()


def _read_at(tokens: Sequence[Token], at: int) -> _Read | None:
    token = tokens[at]
    word = token.text.lower()
    if token.kind == "code" or (token.kind == "word" and not word.isalpha() and word not in UNITS):
        return _Read(Decimal(0), None, "code", at, at + 1, word)
    if token.kind == "number" and is_word(tokens, at + 1, "a", "b") and tokens[at + 1].start == token.end:
        return _Read(Decimal(0), None, "code", at, at + 2, f"{word}{tokens[at + 1].text.lower()}")  # interferon beta-1a
    if token.kind == "daily":
        return _Read(TIMES_A_DAY[word.replace(".", "")], None, "x/d", at, at + 1)
    if word in {"a", "an"}:
        return _one_period(tokens, at)
    if word in REPETITIONS:
        unit, after = _denominators(tokens, "x", at + 1)
        return _Read(REPETITIONS[word], None, unit, at, after)
    if token.kind == "every" or word in {"every", "each"}:
        return _interval(tokens, at)
    if word == "alternate" and is_word(tokens, at + 1, "day", "days"):
        return _Read(Decimal(2), None, "every d", at, at + 2)
    if word in _GRADED:
        return _grade(tokens, at)
    return _quantity(tokens, at) or _ordinal(word, at)


def _ordinal(word: str, at: int) -> _Read | None:
    return _Read(ORDINALS[word], None, "ordinal", at, at + 1) if word in ORDINALS else None


def _one_period(tokens: Sequence[Token], at: int) -> _Read | None:
    """ "an hour later", "for a week"; the "a day" of "5 mg a day" is none."""
    unit = unit_name(tokens, at + 1)
    lasts = at > 0 and is_word(tokens, at - 1, "for", "after", "within", "over")
    return _Read(Decimal(1), None, unit, at, at + 2) if unit == "h" or (unit in _TIMES and lasts) else None


def _interval(tokens: Sequence[Token], at: int) -> _Read | None:
    """ "every 6 hours", "q6h", "every 4 to 6 hours", "every other day"."""
    if is_word(tokens, at + 1, "other", "second") and is_word(tokens, at + 2, "day"):
        return _Read(Decimal(2), None, "every d", at, at + 3)
    read = _quantity(tokens, at + 1)
    if read is None or read.unit not in _TIMES:
        return None
    return replace(read, unit=f"every {read.unit}", first=at)


def _grade(tokens: Sequence[Token], at: int) -> _Read | None:
    """ "class III", "Child-Pugh B": a grade that is no number."""
    after = at + 1
    if after < len(tokens) and tokens[after].text.lower() in {"class", "grade"}:
        after += 1
    if after < len(tokens) and _GRADE.fullmatch(tokens[after].text):
        return _Read(Decimal(0), None, "grade", at, after + 1, tokens[after].text)
    return None


def _quantity(tokens: Sequence[Token], at: int) -> _Read | None:
    number = number_at(tokens, at)
    if number is None:
        return None
    low, after = number
    if is_word(tokens, after, "st", "nd", "rd", "th") and tokens[after].start == tokens[after - 1].end:
        return _Read(low, None, "ordinal", at, after + 1)
    unit, after = _unit(tokens, after)
    if not unit and is_word(tokens, after, "or") and is_word(tokens, after + 1, "more", "fewer", "less"):
        counted, end = _unit(tokens, after + 2)  # "7 or more days"
        if counted:
            return _Read(low, None, counted, at, end)
    return _range(tokens, at, low, unit, after) or _Read(low, None, unit, at, after)


def _range(tokens: Sequence[Token], at: int, low: Decimal, unit: str, after: int) -> _Read | None:
    between = any(
        is_word(tokens, near, "between") for near in range(max(0, at - 4), at)
    )  # "between the ages of 3 and 12"
    either = not unit and is_word(tokens, after, "or")  # "three or four times a day"
    if not (is_word(tokens, after, *_RANGE) or either or (between and is_word(tokens, after, "and"))):
        return None
    number = number_at(tokens, after + 1)
    if number is None:
        return None
    high, after = number
    other, after = _unit(tokens, after)
    if either and not other.startswith("x/"):
        return None
    if unit in ("", other) or other.startswith(f"{unit}/"):
        return _Read(low, high, other, at, after)
    head = other.partition("/")[0]
    if unit in _MASSES and head in _MASSES:  # "0.5 g to 800 mg per day"
        steps = _MASSES.index(unit) - _MASSES.index(head)
        return _Read(low.scaleb(3 * steps), high, other, at, after)
    if unit in _TIMES and other in _TIMES:
        return _Read(low, high, f"{unit} to {other}", at, after)
    return None


def _unit(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """The unit at this token in the notation that comparisons use ("" for none), and the position after it."""
    head = at + 1 if is_word(tokens, at, "a", "an", *_HYPHENS) else at
    name = unit_name(tokens, head)
    if not name or (head > at and tokens[at].text in _HYPHENS and tokens[at].end != tokens[head].start):
        return "", at
    return _denominators(tokens, name, after_plural(tokens, head + 1))


def unit_name(tokens: Sequence[Token], at: int) -> str:
    """The unit at this token in the notation of `guardrails.units`; "" for none, and for "daily" and its like."""
    if at >= len(tokens) or tokens[at].text.lower() in TIME_WORDS:
        return ""
    return UNITS.get(re.sub(r"(?<=\w)\s+", "-", tokens[at].text.lower()).replace(" ", ""), "")


def after_plural(tokens: Sequence[Token], at: int) -> int:
    """The position after the "(s)" of "tablet(s)"."""
    return at + 3 if "".join(token.text for token in tokens[at : at + 3]) == "(s)" else at


def _denominators(tokens: Sequence[Token], unit: str, at: int) -> tuple[str, int]:
    for _ in range(_MOST_DENOMINATORS):
        part, after = _denominator(tokens, at)
        if not part:
            break
        unit, at = f"{unit}/{part}", after
    return unit, at


def _denominator(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    if at >= len(tokens):
        return "", at
    word = tokens[at].text.lower()
    if word in TIME_WORDS:
        return UNITS[word], at + 1
    if word in {"a", "an", "each", "every"}:
        name = unit_name(tokens, at + 1)
        is_when = is_word(tokens, at + 2, "later", "after", "afterwards", "before", "beforehand", "prior", "earlier")
        return (name, at + 2) if name in _TIMES and not is_when else ("", at)
    if word not in {"/", "per"}:
        return "", at
    number = figures(tokens, at + 1) if at + 1 < len(tokens) and tokens[at + 1].kind == "number" else None
    value, after = number if number else (None, at + 1)
    name = unit_name(tokens, after)
    if not name:
        return "", at
    return (f"{value.normalize():f} {name}" if value not in (None, 1) else name), after_plural(tokens, after + 1)


def _with_list_units(tokens: Sequence[Token], reads: list[_Read]) -> list[_Read]:
    """ "5, 10 and 20 mg": a bare number in a list takes the unit of the next one."""
    for place in range(len(reads) - 2, -1, -1):
        read, following = reads[place], reads[place + 1]
        joints = [token.text.lower() for token in tokens[read.after : following.first]]
        is_amount = following.unit not in _NOT_SHARED and not following.unit.startswith(("every ", "x"))
        is_label = read.first > 0 and tokens[read.first - 1].text.lower() in _NUMBERED
        if not read.unit and is_amount and not is_label and joints and _LIST.issuperset(joints):
            reads[place] = replace(read, unit=following.unit)
    return reads


def _placed(text: str, tokens: Sequence[Token], reads: Sequence[_Read]) -> tuple[Amount, ...]:
    ends = clause_ends(text)
    amounts: list[Amount] = []
    noun_from = 0
    for place, read in enumerate(reads):
        start, end = tokens[read.first].start, tokens[read.after - 1].end
        previous = max(amounts[-1].end, amounts[-1].cue[1]) if amounts else 0
        following = tokens[reads[place + 1].first].start if place + 1 < len(reads) else len(text)
        clause = bisect_right(ends, start)
        opened = ends[clause - 1] if clause else 0
        before = (max(previous, opened), start)
        of_dose = not (read.code or of_whom(text, read.unit, end))
        may_from = max(noun_from, opened) if of_dose else -1
        bound, cue = (Bound.PLAIN, (0, 0)) if read.code else bound_at(text, before, (end, following), may_from)
        noun_from = end if of_dose else noun_from
        low = -read.low if _negative(text, tokens, read.first) else read.low
        change = change_after(text, end) or change_of(text, before)
        amounts.append(Amount(low, read.high, read.unit, start, end, read.code, bound, change, cue))
    return tuple(amounts)


def _negative(text: str, tokens: Sequence[Token], first: int) -> bool:
    """Whether a minus sign stands directly before the number and after a space, as in "store at -20 °C"."""
    if first == 0 or tokens[first].kind != "number":
        return False
    sign = tokens[first - 1]
    return (
        sign.text in {"-", "−"}
        and sign.end == tokens[first].start
        and text[max(0, sign.start - 1) : sign.start] in ("", " ", "(", "\n")
    )
