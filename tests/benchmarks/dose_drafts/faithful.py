"""The same said in other words: nothing added, nothing lost. A way that does not fit a sentence returns None."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from retrieval.ingredient import base_name
from tests.benchmarks.dose_drafts.draft import Origin, Said, Way
from tests.benchmarks.dose_drafts.quantities import Amount, amounts, figure
from tests.benchmarks.dose_drafts.same import ABBREVIATIONS, BY_UNIT, COUNTS, SYNONYMS

_COUNTED = "(?:tablets?|capsules?|hours?|days?|weeks?|months?|minutes?) ?"
_COUNT = re.compile(rf"(?<![\w.,/≥≤<>-])(?<![≥≤<>] )({'|'.join(COUNTS)}) (?={_COUNTED})")
_ARTICLE = re.compile(r"\b(?:[Tt]he|an?|An?(?= [a-z]{2})) (?!(?:day|week|month|year)\b)(?=[a-z])(?!or\b)")
_CAPITAL = re.compile(r"^(?:[A-Z][a-z]+(?: |$)|A |An )")
_NAMES = re.compile(r"^(?:Asian|Chinese|Crohn|Parkinson|Childs?|Grade|Days?|Weeks?|Helicobacter|Pneumocystis)\b")


def by_synonyms(said: Said) -> str | None:
    """Words for words."""
    return _replaced(said.text, SYNONYMS)


def by_abbreviation(said: Said) -> str | None:
    """As it is written on a ward: PO, BID, q8h, CrCl, max."""
    return _replaced(said.text, ABBREVIATIONS)


def as_note(said: Said) -> str | None:
    """Telegraphic: abbreviated, without articles and full stop."""
    short = _replaced(said.text, ABBREVIATIONS)
    if short is None:
        return None
    bare = _ARTICLE.sub("", short.rstrip("."))
    bare = re.sub(r"\b(?:should|must) be (?=[a-z]+(?:ed|en) (?:with|as|at|on|in|over|by|PO|IV))", "to be ", bare)
    return bare[0].upper() + bare[1:]


def reordered(said: Said) -> str | None:
    """What comes first put last: the condition in brackets, or after the main clause."""
    text = said.text.rstrip(".")
    colon = re.fullmatch(r"([^:;()]{6,140}): ([^:;]{15,}?)", text)
    if colon and said.origin is Origin.CORPUS and not re.search(r"\b(?:is|are|says|treats|causes|varies)\b", colon[1]):
        first, rest = colon[1], colon[2]
        return f"{rest[0].upper()}{rest[1:]} ({_small(first)})."
    lead = re.fullmatch(r"((?:In|For|With) [^,;:]{5,90}), ((?:the|no|do not|an?) [^,;:]{15,})", text)
    if lead and " is " in lead[2]:
        return f"{lead[2][0].upper()}{lead[2][1:]} {_small(lead[1])}."
    return None


def in_other_voice(said: Said) -> str | None:
    """Active for passive, and the like."""
    text = said.text
    for pattern, new in _VOICES:
        found = pattern.search(text)
        if found:
            groups = [_small(group or "") for group in found.groups()]
            made = f"{text[: found.start()]}{new.format('', *groups)}{text[found.end() :]}"
            return made[0].upper() + made[1:]
    return None


def in_other_units(said: Said) -> str | None:
    """Every amount that has a plain equal in another unit: 500 mg is 0.5 g."""
    if said.passage.is_table_row and re.search(r"[*†]", said.text):
        return None
    text, changed = said.text, False
    for amount in reversed(amounts(said.text)):
        new = _converted(amount)
        if new and not amount.in_list and not re.match(r"\s*(?:/|per )", text[amount.end :]):
            text, changed = f"{text[: amount.start]}{new}{text[amount.end :]}", True
    return text if changed else None


def in_words(said: Said) -> str | None:
    """Counts and durations as words: two tablets, four weeks."""
    if re.search(r"\d[ -]*(?:to|or|-|–)[ -]*\d", said.text):
        return None
    made = _COUNT.sub(lambda found: f"{COUNTS[found[1]]} ", said.text)
    return made[0].upper() + made[1:] if made != said.text else None


def by_brand(said: Said) -> str | None:
    """The brand in place of the generic name, or the other way round."""
    if not said.brands or any(brand.lower() in said.text.lower() for brand in said.brands):
        return None
    name = base_name(said.passage.ingredients[0])
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?:-[a-z]{{4}})?(?: acetate| fumarate)?(?![\w-])", re.IGNORECASE)
    made = pattern.sub(said.brands[0], said.text)
    return made if made != said.text else None


def fused(one: Said, other: Said) -> str:
    """Two sentences in one."""
    return f"{one.text.rstrip('.')}; {_small(other.text)}"


WAYS: Mapping[Way, Callable[[Said], str | None]] = {
    Way.VERBATIM: lambda said: said.text,
    Way.SYNONYM: by_synonyms,
    Way.ABBREVIATION: by_abbreviation,
    Way.NOTE: as_note,
    Way.REORDER: reordered,
    Way.VOICE: in_other_voice,
    Way.UNITS: in_other_units,
    Way.WORDS: in_words,
    Way.BRAND: by_brand,
}
_NAME = r"[\w-]+(?: [\w-]+){0,4}?(?: \([A-Z]\w+\))?"
_VOICES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (rf"^Give ({_NAME}) (by mouth|as |consistently|at |with |only |whole)", "{1} should be given {2}"),
        (rf"^Take ({_NAME}) (by mouth|at |with |before |once |as )", "{1} should be taken {2}"),
        (rf"^Swallow ({_NAME}) (whole)", "{1} should be swallowed {2}"),
        (rf"^Do not give ({_NAME}) (to|with|within|in|together)\b", "{1} should not be given {2}"),
        (rf"^Do not take ({_NAME}) (with|within|in|together)\b", "{1} should not be taken {2}"),
        (rf"^Do not use ({_NAME}) (with|right|after|in)\b", "{1} should not be used {2}"),
        (rf"^({_NAME}) (?:is|are) contraindicated in patients ([^.;:]+)\.$", "Patients {2} must not be given {1}."),
        (rf"^({_NAME}) is contraindicated in ((?:(?! and | or |, )[^.;:])+)\.$", "{2} is a contraindication to {1}."),
        (
            rf"[Ss]afety and effectiveness of ({_NAME}) have not been established in ",
            "{1} has no established safety and effectiveness in ",
        ),
        (rf"^Starting dose of ({_NAME}) in ([^:;]{{4,90}}): (?=\d)", "In {2}, start {1} at "),
        (rf"^Maximum dose of ({_NAME}) in ([^:;]{{4,90}}): (?=\d)", "In {2}, give {1} at a dose of no more than "),
        (r"do not exceed ([a-z]+) (\d[\d,.]* mg once daily)", "keep {1} at no more than {2}"),
        (r"do not exceed (\d[\d,.]* mg once daily)", "stay at or below {1}"),
        (rf"the recommended dose of ({_NAME}) is ", "the dose of {1} that is recommended is "),
        (
            rf"no (dose|dosage) adjustment of ({_NAME}) is (?:necessary|needed|required)",
            "the {1} of {2} need not be adjusted",
        ),
    )
)


def _replaced(text: str, table: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    made = text
    for pattern, new in table:
        made = pattern.sub(new, made)
    return made[0].upper() + made[1:] if made != text else None


def _converted(amount: Amount) -> str:
    for unit, new, factor in BY_UNIT.get(amount.unit, ()):
        value = amount.value * Decimal(factor)
        if unit(amount.value):
            return f"{figure(value)} {new}"
    return ""


def _small(text: str) -> str:
    """With a small first letter, unless the first word is a name or an abbreviation."""
    return text[0].lower() + text[1:] if _CAPITAL.match(text) and not _NAMES.match(text) else text
