"""The two public sets of texts with personal data, in our labels: ASQ-PHI and Presidio's synthetic set (both MIT).

Each text belongs to one part by its md5: four in ten are held out and never trained on, one in ten calibrates, five in
ten train. HIPAA's identifiers (45 CFR 164.514(b)(2)) decide what counts: a country, a year, a day of the week, a title,
a nationality and an age under 90 identify nobody there; an employer's name does (164.514(b)(2)(i), "employers").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from finetune.nets.identifier_slots import DATA
from finetune.nets.identifier_texts import title_length

Part = Literal["held out", "calibration", "training"]
LABELS = ("O", "NAME", "PLACE", "HOSPITAL", "ADDRESS", "DATE", "ID", "PHONE", "WEB", "ORG")
_SITE = re.compile(
    r"hosp|clinic|medical|med\.? ctr|health|facility|cent(?:er|re)|infirmary|institute|memorial|johns hopkins|mayo"
    r"|cedar|sinai|ucsf|ucla|nyu|stanford|st\. \w+'s|presbyterian|methodist|kaiser|ward\b",
    re.IGNORECASE,
)
_STREET = re.compile(r"\d+\s+\w+.*\b(?:st|street|ave|avenue|road|rd|lane|drive|blvd)\b", re.IGNORECASE)
_YEAR_OR_DAY = re.compile(r"(?:19|20)\d\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)
_ASQ = {
    "NAME": "NAME", "GEOGRAPHIC_LOCATION": "PLACE", "DATE": "DATE", "MEDICAL_RECORD_NUMBER": "ID",
    "HEALTH_PLAN_BENEFICIARY_NUMBER": "ID", "UNIQUE_IDENTIFIER": "ID", "SOCIAL_SECURITY_NUMBER": "ID",
    "EMAIL_ADDRESS": "WEB", "PHONE_NUMBER": "PHONE",
}  # fmt: skip
_PRESIDIO = {
    "PERSON": "NAME", "STREET_ADDRESS": "ADDRESS", "GPE": "PLACE", "ZIP_CODE": "PLACE", "ORGANIZATION": "ORG",
    "CREDIT_CARD": "ID", "IBAN_CODE": "ID", "US_SSN": "ID", "US_DRIVER_LICENSE": "ID", "DATE_TIME": "DATE",
    "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "WEB", "DOMAIN_NAME": "WEB", "IP_ADDRESS": "WEB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch `text[start:end]`, the set's own type for it, and our label, "O" where it identifies nobody."""

    start: int
    end: int
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class DeidText:
    """A text of one of the sets; a hard negative has no stretch with a label."""

    origin: str
    text: str
    marked: tuple[Marked, ...]

    @property
    def part(self) -> Part:
        """What this text may be used for."""
        bucket = int(md5(self.text.encode(), usedforsecurity=False).hexdigest()[:8], 16) % 10
        return "held out" if bucket < 4 else "calibration" if bucket == 4 else "training"


class _AsqValue(TypedDict):
    identifier_type: str
    value: str


class _AsqRow(TypedDict):
    text: str
    phi: list[_AsqValue]


class _PresidioSpan(TypedDict):
    entity_type: str
    start_position: int
    end_position: int


class _PresidioRow(TypedDict):
    full_text: str
    spans: list[_PresidioSpan]


def deid_texts(data: Path) -> list[DeidText]:
    """Both sets, from `deid/asq_phi.jsonl` and `deid/presidio_synth_v2.json` under the data folder."""
    lines = (data / "deid" / "asq_phi.jsonl").read_text(encoding="utf-8").split("\n")
    asq = [TypeAdapter(_AsqRow).validate_json(line) for line in lines if line.strip()]
    held = json.loads((data / "deid" / "presidio_synth_v2.json").read_text(encoding="utf-8"))
    presidio = TypeAdapter(list[_PresidioRow]).validate_python(held)
    countries = frozenset(
        word.replace("_", " ").lower() for word in (DATA / "countries.txt").read_text(encoding="utf-8").split()
    )
    made = [DeidText("ASQ-PHI", row["text"], tuple(_of_asq(row))) for row in asq]
    return made + [DeidText("Presidio", row["full_text"], tuple(_of_presidio(row, countries))) for row in presidio]


def _of_asq(row: _AsqRow) -> Iterator[Marked]:
    for value in row["phi"]:
        kind, typed = value["identifier_type"], value["value"]
        label = _ASQ[kind]
        if label == "PLACE":
            label = "ADDRESS" if _STREET.search(typed) else "HOSPITAL" if _SITE.search(typed) else "PLACE"
        before = title_length(typed) if label == "NAME" else 0
        if label == "ID" and (cue := re.match(r"(?:patient|case|record|ID|number|[:#\s])+(?=\w)", typed, re.I)):
            before = cue.end()
        for found in re.finditer(rf"(?<!\w){re.escape(typed)}(?!\w)", row["text"]):
            yield Marked(found.start() + before, found.end(), kind, label)


def _of_presidio(row: _PresidioRow, countries: frozenset[str]) -> Iterator[Marked]:
    for span in row["spans"]:
        start, end, kind = span["start_position"], span["end_position"], span["entity_type"]
        value = row["full_text"][start:end]
        label = _PRESIDIO.get(kind, "O")
        nobody = {
            "GPE": value.strip().lower() in countries,
            "DATE_TIME": _YEAR_OR_DAY.fullmatch(value.strip()) is not None,
        }
        if kind == "AGE" and value.isdigit() and int(value) > 89:
            label = "ID"
        before = title_length(value) if label == "NAME" else 0
        yield Marked(start + before, end, kind, "O" if nobody.get(kind, False) else label)
