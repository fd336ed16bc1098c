"""What of a case is compared with other cases: its fields in one spelling each, and nothing that must not be kept.

Free text is not kept: only a sketch of it, the smallest hashes of its runs of three words, which cannot be read back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from itertools import chain

from assistant.triage.case import Case, EventOutcome
from assistant.triage.duplicates.event_words import concept, plain
from assistant.triage.people_in_case import Measure
from assistant.triage.when import PartialDate
from guardrails.errors import PatientInvalid
from guardrails.patient import years
from retrieval.medicines import Medicines

SKETCH = 40
"""How many hashes a sketch keeps."""

Day = tuple[int, int, int]
"""Year, month, day; 0 where a part is unknown."""

_NOT_IN_A_NUMBER = re.compile(r"[^a-z0-9]+")
_WORD = re.compile(r"[^\W_]{2,}")
_HEADER = re.compile(r"^[^:\n.]{1,60}: ")
_WORDS_OF_PROSE = 8
_WORST_FIRST = (
    EventOutcome.FATAL,
    EventOutcome.NOT_RECOVERED,
    EventOutcome.RECOVERED_WITH_SEQUELAE,
    EventOutcome.RECOVERING,
    EventOutcome.RECOVERED,
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One case as it is compared. "" / None / empty: not reported, which neither proves nor disproves anything.

    `source` identifies the document or message it came from and `place` where in it; `numbers` are report and
    reference numbers, `suspects` ingredients, `events` shared names, `received` the day of first receipt as an ordinal.
    """

    id: str
    source: str = ""
    place: int = 0
    numbers: frozenset[str] = frozenset()
    literature: frozenset[str] = frozenset()
    initials: str = ""
    birth: Day | None = None
    age: float | None = None
    sex: str = ""
    weight: float | None = None
    country: str = ""
    qualification: str = ""
    sender: str = ""
    suspects: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    onset: Day | None = None
    start: Day | None = None
    outcome: str = ""
    received: int | None = None
    sketch: frozenset[int] = field(default=frozenset())

    @property
    def medicines(self) -> frozenset[str]:
        """Suspect and other medicines."""
        return self.suspects | self.others


def fingerprint(case: Case, medicines: Medicines, text: str = "") -> Fingerprint:
    """What is compared of a case; `text` is `own_words` of its masked sources, read once and kept only as a sketch."""
    told = " ".join((text, case.narrative.text, case.narrative.reporter_comment))
    receipt = min((one.day for one in case.receipts), default=None)
    reporter = next(iter(sorted(case.reporters, key=lambda one: not one.primary)), None)
    first = case.sources[0] if case.sources else None
    onset = _first(one.onset for one in case.events)
    suspects = [one for one in case.products if one.role.value in ("suspect", "interacting")]
    return Fingerprint(
        id=case.id,
        source=(first.sha256 or first.turn_id or first.id) if first else "",
        place=first.start if first else 0,
        numbers=frozenset(filter(None, map(number, (case.worldwide_id, *case.other_ids)))),
        literature=frozenset(filter(None, map(reference, case.literature))),
        initials=initials(case.patient.identification),
        birth=day_of(case.patient.birth),
        age=_age(case.patient.age) or _age_at(case.patient.birth, onset, receipt),
        sex=case.patient.sex.value if case.patient.sex else "",
        weight=float(case.patient.weight_kg) if case.patient.weight_kg is not None else None,
        country=case.country or (reporter.country if reporter else ""),
        qualification=reporter.qualification.value if reporter and reporter.qualification else "",
        sender=plain(reporter.organisation) if reporter else "",
        suspects=_ingredients(((one.ingredient, one.name) for one in suspects), medicines),
        others=_ingredients(((one.ingredient, one.name) for one in case.products if one not in suspects), medicines),
        events=frozenset(filter(None, (concept(one.term.text if one.term else one.verbatim) for one in case.events))),
        onset=onset,
        start=_first(dosing.start for one in suspects for dosing in one.dosings),
        outcome=next((each.value for each in _WORST_FIRST if any(e.outcome is each for e in case.events)), ""),
        received=receipt.toordinal() if receipt else None,
        sketch=sketch(told),
    )


def own_words(case: Case, texts: Mapping[str, str]) -> str:
    """The prose about this case in the texts of its sources (by their ids): its own stretch of each, long lines only.

    The headings of a form or a table are the same in all reports of one sender and say nothing about a patient. A text
    without any heading is a message: it is prose however short it is.
    """
    kept: list[str] = []
    for source in case.sources:
        text = texts.get(source.id, "")
        lines = (text[source.start : source.end] if source.end else text).splitlines()
        bare = [_HEADER.sub("", line) for line in lines]
        kept += bare if bare == lines else [line for line in bare if len(_WORD.findall(line)) >= _WORDS_OF_PROSE]
    return " ".join(kept)


def number(text: str) -> str:
    """A report number in one spelling: "DE-ACME-2026/00017" and "de acme 2026 00017" are one.

    A number too short to be one of a kind is none.
    """
    spelt = _NOT_IN_A_NUMBER.sub("", text.lower())
    return spelt if len(spelt) >= 5 and any(each.isdigit() for each in spelt) else ""


_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")


def reference(text: str) -> str:
    """A literature reference in one spelling: its DOI where it has one, otherwise its letters and digits."""
    doi = _DOI.search(text.lower())
    return doi.group().rstrip(".,;)") if doi else _NOT_IN_A_NUMBER.sub("", plain(text))[:80]


def initials(text: str) -> str:
    """Initials as capital letters; a placeholder of the masking is nothing."""
    return "" if "[" in text else "".join(re.findall(r"[A-Z]", text.upper()))[:4]


def day_of(day: PartialDate | None) -> Day | None:
    """A date with 0 for what is unknown."""
    return (day.year, day.month or 0, day.day or 0) if day else None


def sketch(text: str) -> frozenset[int]:
    """The `SKETCH` smallest hashes of the text's runs of three words: alike texts share many of them."""
    words = _WORD.findall(text.lower())
    runs = {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}
    hashed = sorted(int.from_bytes(blake2b(run.encode(), digest_size=4).digest(), "big") for run in runs)
    return frozenset(hashed[:SKETCH])


def ingredients(name: str, medicines: Medicines) -> tuple[str, ...]:
    """The ingredients that a name as typed means: brand, generic or misspelt; an unknown name means itself."""
    found = medicines.find(name)
    sure = [one for one in found if not one.ambiguous]
    return tuple(chain.from_iterable(one.ingredients for one in sure)) or medicines.ingredients_of(name)


def _ingredients(named: Iterable[tuple[str, str]], medicines: Medicines) -> frozenset[str]:
    return frozenset(filter(None, chain.from_iterable(ingredients(known or name, medicines) for known, name in named)))


def _first(days: Iterable[PartialDate | None]) -> Day | None:
    return min(filter(None, map(day_of, days)), default=None)


def _age_at(birth: PartialDate | None, onset: Day | None, received: date | None) -> float | None:
    """The age worked out of a full birth date and the month of onset, or of receipt where no onset is told."""
    then = date(onset[0], onset[1], onset[2] or 15) if onset and onset[1] else received
    if birth is None or birth.day is None or then is None:
        return None
    whole = then.year - birth.year - ((then.month, then.day) < (birth.earliest.month, birth.earliest.day))
    return float(whole) if whole >= 0 else None


def _age(age: Measure | None) -> float | None:
    if age is None:
        return None
    try:
        return float(years(age.value * 10 if age.unit == "10.a" else age.value, age.unit.removeprefix("10.")))
    except PatientInvalid:
        return float(age.value / Decimal(8766)) if age.unit == "h" else None
