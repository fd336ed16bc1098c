"""Changes of what is counted: the number, its decimal place, its unit, how often."""

from __future__ import annotations

import random
import re
from decimal import Decimal

from finetune.nets.contrasts.contrast import Scene, both_ways, one_way, put, swap_one

_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,/-])\d+(?:\.\d+)?(?![\w]|[.,]\d)")
_MEASURED = re.compile(r"(?<![\w.,/-])(\d[\d,]*(?:\.\d+)?)(?=\s*-?(?:mg|mcg|g|mL|micrograms?|units?|IU|grams?)\b)")
_WORDS = both_ways("""
one | two | three | four | six
twice | three times | four times
half | one quarter | two thirds
double | triple
""")
_UNITS = both_ways("""
mg | mcg | g
mg/kg | mg/m2 | mcg/kg
mg/day | mg/hour | mg/week
mL | L
minutes | hours | days
hour | day | week | month
hours | days | weeks | months
days | weeks | months | years
weeks | months
years | months | weeks
mmol/L | mg/dL
""")
_WITH_UNIT = re.compile(
    r"(?<=\d)[\s-]*(" + "|".join(re.escape(one) for one in sorted(_UNITS.rows, key=len, reverse=True)) + r")(?![\w/])",
    re.I,
)
_FREQUENCY = both_ways("""
once daily | twice daily | three times daily | once weekly | every other day
once a day | twice a day | three times a day | once a week | every other day
twice a week | twice a day | three times a week
daily | weekly | monthly
every day | every week | every month | every other day
every week | every 2 weeks | every 4 weeks | every month
every 4 hours | every 6 hours | every 8 hours | every 12 hours | every 24 hours
every 4 weeks | every 8 weeks | every 12 weeks
annually | monthly | weekly
annual | monthly
at bedtime | in the morning
hourly | daily
""")
_FREQUENCY = _FREQUENCY + one_way("""
per day > per week | per dose | per month
each day > each week
a day > a week
""")


def number(text: str, scene: Scene, chance: random.Random) -> str:
    """Another number in the place of one: often a number of the same passage, which belongs to something else."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return swap_one(text, _WORDS, chance)
    old = chance.choice(found)
    value = Decimal(old.group().replace(",", ""))
    near = [one for one in _NUMBER.findall(scene.passage) if one not in text]
    if near and chance.random() < 0.4:
        return put(text, old.start(), old.end(), chance.choice(near))
    return put(text, old.start(), old.end(), _near(old.group(), value, chance))


def _near(old: str, value: Decimal, chance: random.Random) -> str:
    if 1900 < value < 2100 or ("." not in old and value < 13):
        step = chance.choice([-3, -2, -1, 1, 2, 3, 4])
        return str(max(0, int(value) + step) if int(value) + step > 0 else int(value) + 5)
    factor = chance.choice(["0.5", "0.8", "0.75", "1.2", "1.25", "1.5", "2", "3", "0.6"])
    return _like(old, value * Decimal(factor))


def _like(old: str, value: Decimal) -> str:
    """The value written in the style of the old one, and never equal to it."""
    places = len(old.partition(".")[2])
    made = f"{value:,.{places}f}" if "," in old or value >= 10000 else f"{value:.{places}f}"
    return made if made.replace(",", "") != old.replace(",", "") else made + "5"


def tenfold(text: str, _scene: Scene, chance: random.Random) -> str:
    """A dose ten or a thousand times as high or low."""
    found = list(_MEASURED.finditer(text))
    if not found:
        return ""
    old = chance.choice(found)
    value = Decimal(old.group(1).replace(",", ""))
    made = value * Decimal(chance.choice(["10", "10", "0.1", "0.1", "1000"]))
    written = f"{made.normalize():f}"
    return put(text, old.start(), old.end(), f"{made:,.0f}" if made >= 1000 and made == made.to_integral() else written)


def unit(text: str, _scene: Scene, chance: random.Random) -> str:
    """The same figure with another unit."""
    found = list(_WITH_UNIT.finditer(text))
    if not found:
        return ""
    match = chance.choice(found)
    other = chance.choice(_UNITS.rows[match.group(1).lower()])
    return text[: match.start(1)] + other + text[match.end(1) :]


def frequency(text: str, _scene: Scene, chance: random.Random) -> str:
    """The same dose at another frequency or time of the day."""
    return swap_one(text, _FREQUENCY, chance)
