"""Words, abbreviations and units that mean the same. Each table is meant to be read by a pharmacist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal


def _table(*rows: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"(?<![\w-])(?:{old})(?![\w-])"), new) for old, new in rows)


SYNONYMS = _table(
    ("by mouth", "orally"),
    ("twice a day", "two times daily"),
    ("twice daily", "two times a day"),
    ("once daily", "once a day"),
    ("(?<!or )(?<!to )three times (?:daily|a day)", "3 times per day"),
    ("once weekly", "once a week"),
    ("every other day", "on alternate days"),
    ("is not recommended", "is not advised"),
    ("are not recommended", "are not advised"),
    ("paediatric patients|pediatric patients", "children"),
    ("Paediatric patients|Pediatric patients", "Children"),
    ("[Rr]enal impairment", "kidney impairment"),
    ("[Hh]epatic impairment", "liver impairment"),
    ("Starting dose", "Initial dose"),
    ("starting dose", "initial dose"),
    ("[Mm]aximum dose", "highest dose"),
    ("Maximum recommended dosage", "Highest recommended dosage"),
    ("discontinue", "stop"),
    ("Elderly patients", "Older patients"),
    ("elderly patients", "older patients"),
    ("less than(?= \\d)", "below"),
    ("greater than(?= \\d)", "above"),
    ("do not exceed", "give no more than"),
    ("approximately", "about"),
    ("Administer", "Give"),
    ("is necessary", "is required"),
    ("subcutaneously", "by subcutaneous injection"),
    ("intramuscularly", "by intramuscular injection"),
    ("haemodialysis|hemodialysis", "haemodialysis"),
    ("is contraindicated in patients", "must not be given to patients"),
    ("should be avoided", "is to be avoided"),
    ("is indicated for", "is used for"),
    ("are indicated for", "are used for"),
    ("have not been established", "are not established"),
)
ABBREVIATIONS = _table(
    ("by mouth|orally", "PO"),
    ("twice (?:daily|a day)", "BID"),
    ("(?<!or )(?<!to )three times (?:daily|a day)", "TID"),
    ("(?<!or )(?<!to )four times (?:daily|a day)", "QID"),
    ("every (\\d+) hours", r"q\1h"),
    ("every (\\d+)(?: to |-)(\\d+) hours", r"q\1-\2h"),
    ("intravenously", "IV"),
    ("intravenous", "IV"),
    ("subcutaneously", "SC"),
    ("subcutaneous", "SC"),
    ("intramuscularly", "IM"),
    ("[Cc]reatinine clearance", "CrCl"),
    ("[Mm]aximum", "max"),
    ("patients", "pts"),
    ("Patients", "Pts"),
    ("micrograms", "mcg"),
    ("hours", "h"),
    ("multiple sclerosis", "MS"),
    ("rheumatoid arthritis", "RA"),
    ("nonvalvular atrial fibrillation", "NVAF"),
    ("approximately", "approx."),
    ("greater than or equal to", "≥"),
    ("less than or equal to", "≤"),
    ("tablets", "tabs"),
    ("capsules", "caps"),
    ("taken as needed", "taken PRN"),
    ("weeks", "wk"),
    ("body weight", "BW"),
)
_ONES = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTS = {str(count): word for count, word in enumerate(_ONES, start=2)} | {"14": "fourteen", "30": "thirty"}
Fits = Callable[[Decimal], bool]
BY_UNIT: Mapping[str, tuple[tuple[Fits, str, str], ...]] = {
    "mg": ((lambda value: value < 1, "mcg", "1000"), (lambda value: value >= 100 and value % 50 == 0, "g", "0.001")),
    "mcg": ((lambda value: value >= 50, "mg", "0.001"),),
    "micrograms": ((lambda value: value >= 50, "mg", "0.001"),),
    "g": ((lambda _: True, "mg", "1000"),),
    "gram": ((lambda _: True, "mg", "1000"),),
    "weeks": ((lambda value: value <= 12 and value % 1 == 0, "days", "7"),),
    "week": ((lambda value: value == 1, "days", "7"),),
}
"""For a unit: when its number is better said in another, in which, and what to multiply by. All exact."""
