"""Reads an amount at a token: number or range, unit, and what it is per."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from guardrails.dose import Quantity, Range
from guardrails.numerals import Token, is_word, number_at
from guardrails.quantities import after_plural, unit_name
from guardrails.reading.lexicon import WEIGHTS, phrase_at
from guardrails.reading.ucum import CODES, FORMS, MASS_LIKE, TIMES, VOLUMES

HYPHENS = ("-", "–", "‑", "−", "—")
_TO = ("to", "through", *HYPHENS)
_MOST_DENOMINATORS = 4
_MOST_PARTS = 4
_LARGEST = Decimal(10) ** 12
_MOST_RANGE_OF_CHOICE = 1


@dataclass(frozen=True, slots=True)
class Read:
    """An amount read from tokens up to `after`; `strengths` holds the parts of "5/325 mg"."""

    amount: Range
    per: tuple[str, ...]
    after: int
    strengths: tuple[Quantity, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of the high end."""
        return (self.amount.high or self.amount.low).unit


class Words(tuple[Token, ...]):
    """The tokens of one clause. What was read as an amount at a token is remembered: many readers ask for it."""

    amounts: dict[int, Read | None]

    def __new__(cls, tokens: Iterable[Token]) -> Words:
        """Nothing is remembered yet."""
        made = super().__new__(cls, tokens)
        made.amounts = {}
        return made


def amount_at(tokens: Sequence[Token], at: int) -> Read | None:
    """The amount whose number begins at this token; a number without a unit has the unit ""."""
    if not isinstance(tokens, Words):
        return _amount_at(tokens, at)
    if at not in tokens.amounts:
        tokens.amounts[at] = _amount_at(tokens, at)
    return tokens.amounts[at]


def _amount_at(tokens: Sequence[Token], at: int) -> Read | None:
    if tokens[at].text.lower() in {"area", "auc"}:
        return _curve(tokens, at)
    number = numeral(tokens, at)
    if number is None:
        return None
    low, after = number
    combination = _combination(tokens, low, after)
    if combination:
        return combination
    unit, per, after = _measure(tokens, after)
    return _range(tokens, at, low, unit, per, after) or Read(Range(Quantity(low, unit)), per, after)


def numeral(tokens: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """The number at this token, "2 and a half" included, and the position after it."""
    number = number_at(tokens, at)
    if number is None:
        return None
    value, after = number
    if value > _LARGEST:
        return None
    words = tuple(token.text.lower() for token in tokens[after : after + 3])
    if tokens[at].kind == "number" and words == ("and", "a", "half") and value == value.to_integral_value():
        return value + Decimal("0.5"), after + 3
    return value, after


def _curve(tokens: Sequence[Token], at: int) -> Read | None:
    """ "AUC 5", "AUC of 5 to 6": the basis of a carboplatin dose."""
    if tokens[at].text.lower() != "auc":
        return None
    head = at + 1
    while is_word(tokens, head, "of", "="):
        head += 1
    read = amount_at(tokens, head) if head < len(tokens) and not is_word(tokens, head, "auc") else None
    if read is None or read.per or read.unit:
        return None
    low, high = read.amount.low, read.amount.high
    unit = "mg.min/mL"
    return Read(Range(Quantity(low.value, unit), high and Quantity(high.value, unit)), (), read.after)


def _combination(tokens: Sequence[Token], first: Decimal, after: int) -> Read | None:
    """ "5/325 mg", "875 mg/125 mg", "5/325": the strengths of two ingredients."""
    values, units = [first], [""]
    unit = unit_at(tokens, after)
    at = after
    if unit:
        units[0], at = unit
    while (
        len(values) < _MOST_PARTS
        and is_word(tokens, at, "/")
        and at + 1 < len(tokens)
        and tokens[at + 1].kind == "number"
    ):
        number = numeral(tokens, at + 1)
        if number is None:
            return None
        value, at = number
        unit = unit_at(tokens, at)
        units.append(unit[0] if unit else "")
        values.append(value)
        at = unit[1] if unit else at
    if len(values) < 2 or units[-1] in VOLUMES | TIMES or is_word(tokens, at, "/", "per") or units[-1] in {"kg", "m2"}:
        return None
    if units[-1] == "" and (units[0] or min(values) < 1 or _is_period(values)):
        return None
    if any(unit not in ("", units[-1]) for unit in units):
        return None
    parts = tuple(Quantity(value, units[-1]) for value in values)
    return Read(Range(parts[0]), (), at, parts)


def _is_period(values: Sequence[Decimal]) -> bool:
    """Whether this is "5/7" (five days), "2/52" or "3/12"."""
    return (len(values) == 2 and values[1] in (7, 52, 12)) or values[0] < 5


def _range(tokens: Sequence[Token], at: int, low: Decimal, unit: str, per: tuple[str, ...], after: int) -> Read | None:
    between = at > 0 and is_word(tokens, at - 1, "between")
    between = between or (at > 2 and is_word(tokens, at - 1, "of") and is_word(tokens, at - 2, "ages", "age"))
    choice = is_word(tokens, after, "or")
    if not (is_word(tokens, after, *_TO) or choice or (between and is_word(tokens, after, "and"))):
        return None
    number = numeral(tokens, after + 1)
    if number is None:
        return None
    high, end = number
    other, other_per, end = _measure(tokens, end)
    if choice and (unit or not other or high - low != _MOST_RANGE_OF_CHOICE or other not in CODES.values()):
        return None
    if (unit and unit != other and not _alike(unit, other)) or (per and per != other_per):
        return None
    return Read(Range(Quantity(low, unit or other), Quantity(high, other)), other_per, end)


def _alike(one: str, other: str) -> bool:
    return any(one in group and other in group for group in (MASS_LIKE - {"%"}, VOLUMES, TIMES))


def _measure(tokens: Sequence[Token], at: int) -> tuple[str, tuple[str, ...], int]:
    unit = unit_at(tokens, at)
    if unit is None:
        return "", (), at
    per, after = denominators(tokens, unit[1])
    return unit[0], per, after


def unit_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """The UCUM code of the unit after a number ("mg", "-mg", "of a tablet", "tablet(s)") and the position after it."""
    head = at
    if is_word(tokens, head, *HYPHENS):
        if head + 1 >= len(tokens) or tokens[head].end != tokens[head + 1].start:
            return None
        head += 1
    elif is_word(tokens, head, "a", "of"):
        head += 2 if is_word(tokens, head + 1, "a") else 1
    code = code_at(tokens, head)
    if not code or (head > at and tokens[at].text not in HYPHENS and code not in COUNTED):
        return None
    return code, after_plural(tokens, head + 1)


COUNTED = frozenset(f"{{{form}}}" for form in FORMS) | {"[drp]", "[tsp_us]", "[tbs_us]"}
"""Units that are things: "half a tablet" has its unit after an "a"."""


def code_at(tokens: Sequence[Token], at: int) -> str:
    """The UCUM code of the unit word at this token, "" for none."""
    return _code_of(tokens[at].text.lower()) if at < len(tokens) else ""


@lru_cache(maxsize=8192)
def _code_of(word: str) -> str:
    return CODES.get(unit_name((Token("word", word, 0, len(word)),), 0), "")


def denominators(tokens: Sequence[Token], at: int) -> tuple[tuple[str, ...], int]:
    """ "/kg/day", "per kg of body weight per dose", "in 24 hours": the codes in order, and the position after them."""
    per: list[str] = []
    for _ in range(_MOST_DENOMINATORS):
        found = _denominator(tokens, at)
        if found is None:
            break
        code, at = found
        if code in {"kg", "m2"} and at < len(tokens):
            bracket = is_word(tokens, at, "(") and at + 1 < len(tokens)
            weight = phrase_at(WEIGHTS, tokens, at + bracket)
            if weight and (not bracket or is_word(tokens, weight[1], ")")):
                code, at = code + (f"{{{weight[0]}}}" if weight[0] else ""), weight[1] + bracket
        per.append(code)
    return tuple(per), at


def _denominator(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    if is_word(tokens, at, "in"):
        return _in_a_day(tokens, at + 1)
    if is_word(tokens, at, "a"):
        code = code_at(tokens, at + 1)
        return (code, at + 2) if code in {"d", "wk", "min", "h", "mo"} else None
    if is_word(tokens, at, "at") and is_word(tokens, at + 1, "a") and is_word(tokens, at + 2, "time"):
        return "{dose}", at + 3
    if not is_word(tokens, at, "/", "per"):
        return None
    head = at + 1
    number = numeral(tokens, head) if head < len(tokens) and tokens[head].kind == "number" else None
    value, head = number if number else (Decimal(1), head)
    if is_word(tokens, head, *HYPHENS):
        head += 1
    if is_word(tokens, head, "square") and is_word(tokens, head + 1, "metre", "meter"):
        return "m2", head + 2
    code = code_at(tokens, head)
    if not code:
        return None
    return _per(value, code), after_plural(tokens, head + 1)


def _in_a_day(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """ "in 24 hours", "in any 24-hour period", "in a day", "in one week": only the periods that limits are for."""
    while is_word(tokens, at, "any", "a", "each", "every", "one"):
        at += 1
    if code_at(tokens, at) in {"d", "wk"}:
        return code_at(tokens, at), at + 1
    number = numeral(tokens, at) if at < len(tokens) else None
    if number is None or number[0] != 24:
        return None
    at = number[1] + (1 if is_word(tokens, number[1], *HYPHENS) else 0)
    if code_at(tokens, at) != "h":
        return None
    return "d", at + (2 if is_word(tokens, at + 1, "period") else 1)


def _per(value: Decimal, code: str) -> str:
    if (value, code) == (Decimal(24), "h"):
        return "d"
    return code if value == 1 else f"{value.normalize():f}.{code}"
