"""What the boxes of a CIOMS I form say about a case: the paper on which reactions are told where no gateway takes them.

The form's boxes keep their numbers (CIOMS Working Group I, 1990). What has no room in its box goes on, word for word,
on pages behind it; nothing is cut off. The case comes as the person may see it (`hiding.seen_by`); no name is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.triage.case import Case, Event, ReceiptKind, ReportType, TestResult
from assistant.triage.judgement import Causality, Criterion, Special
from assistant.triage.narrative import as_text, narrative
from assistant.triage.people_in_case import Measure, Qualification
from assistant.triage.product import Challenge, Dosing, Product, ProductRole
from assistant.triage.when import PartialDate

_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
TICKS = (
    (Criterion.DEATH, "PATIENT DIED"),
    (Criterion.HOSPITALISATION, "INVOLVED OR PROLONGED INPATIENT HOSPITALISATION"),
    (Criterion.DISABILITY, "INVOLVED PERSISTENT OR SIGNIFICANT DISABILITY OR INCAPACITY"),
    (Criterion.LIFE_THREATENING, "LIFE THREATENING"),
    (Criterion.CONGENITAL_ANOMALY, "CONGENITAL ANOMALY"),
    (Criterion.MEDICALLY_IMPORTANT, "OTHER MEDICALLY IMPORTANT CONDITION"),
)
"""Boxes 8 to 12, in the form's order; the last two were added to it later."""
SOURCES = ("STUDY", "LITERATURE", "HEALTH PROFESSIONAL", "OTHER")


@dataclass(frozen=True, slots=True)
class Maker:
    """Who fills in the form: name and address of the manufacturer or sender (24a), lines with "\\n" between."""

    name_and_address: str


@dataclass(frozen=True, slots=True)
class CiomsForm:
    """The texts of the boxes; dates are (day, month, year) with "" for what is not known."""

    initials: str
    country: str
    birth: tuple[str, str, str]
    age: str
    sex: str
    onset: tuple[str, str, str]
    ticks: frozenset[Criterion]
    description: str
    drugs: str
    abated: str
    doses: str
    routes: str
    reappeared: str
    indications: str
    therapy_dates: str
    durations: str
    concomitants: str
    history: str
    maker: str
    control_number: str
    received: str
    sources: frozenset[str]
    report_date: str
    follow_up: bool
    remarks: str


def form_of(case: Case, maker: Maker, control_number: str, day: date) -> CiomsForm:
    """Fill in the form for a case; `control_number` is the sender's number (C.1.1), `day` the date of the report."""
    suspects = [product for product in case.products if product.role in _SUSPECTED]
    onsets = sorted((event.onset for event in case.events if event.onset), key=lambda when: when.earliest)
    latest = max(case.receipts, key=lambda receipt: receipt.at, default=None)
    return CiomsForm(
        initials=_initials(case),
        country=case.country or next((event.country for event in case.events if event.country), ""),
        birth=_split(case.patient.birth),
        age=_measure(case.patient.age) or (case.patient.age_group.value if case.patient.age_group else ""),
        sex={"male": "M", "female": "F"}.get(case.patient.sex.value if case.patient.sex else "", ""),
        onset=_split(onsets[0] if onsets else None),
        ticks=frozenset(criterion for event in case.events for criterion in _confirmed(event)),
        description=_description(case),
        drugs=_numbered(suspects, _drug),
        abated=_challenge(case, suspects, "dechallenge"),
        doses=_numbered(suspects, lambda product: "; ".join(_dose(each) for each in product.dosings)),
        routes=_numbered(suspects, lambda product: _listed(each.route for each in product.dosings)),
        reappeared=_challenge(case, suspects, "rechallenge"),
        indications=_numbered(suspects, lambda product: _listed(each.verbatim for each in product.indications)),
        therapy_dates=_numbered(suspects, lambda product: "; ".join(_dates(each) for each in product.dosings)),
        durations=_numbered(suspects, lambda product: _listed(_measure(each.duration) for each in product.dosings)),
        concomitants="\n".join(_concomitant(each) for each in case.products if each.role is ProductRole.CONCOMITANT),
        history=_history(case),
        maker=maker.name_and_address,
        control_number=control_number,
        received=_day(latest.day) if latest else "",
        sources=frozenset(_sources(case)),
        report_date=_day(day),
        follow_up=bool(latest and latest.kind is ReceiptKind.FOLLOW_UP),
        remarks=_remarks(case),
    )


def _initials(case: Case) -> str:
    given = case.patient.identification
    return given if given and "[" not in given else "PRIVACY"


def _split(when: PartialDate | None) -> tuple[str, str, str]:
    if when is None:
        return ("", "", "")
    return (f"{when.day:02d}" if when.day else "", _MONTHS[when.month - 1] if when.month else "", str(when.year))


def _day(day: date) -> str:
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def _told(when: PartialDate | None) -> str:
    return "-".join(part for part in _split(when) if part)


def _measure(measure: Measure | None) -> str:
    if measure is None:
        return ""
    words = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes"}
    return f"{measure.value:f} {words.get(measure.unit, measure.unit)}"


def _description(case: Case) -> str:
    parts = [_event(place, event) for place, event in enumerate(case.events, 1)]
    if case.narrative.text:
        parts.append(case.narrative.text)
        parts.extend(f"Test: {_test(test)}" for test in case.tests)
    else:
        parts.append(as_text(narrative(case)))  # which tells of the tests too
    return "\n".join(part for part in parts if part)


def _event(place: int, event: Event) -> str:
    term = (
        f" [{event.term.dictionary} {event.term.version}: {event.term.text or event.term.code}]" if event.term else ""
    )
    lasted = f", from {_told(event.onset)}" if event.onset else ""
    lasted += f" to {_told(event.end)}" if event.end else ""
    outcome = f"; outcome: {event.outcome.value}" if event.outcome else ""
    serious = ", ".join(criterion.value for criterion in _confirmed(event))
    return f"{place}. {event.verbatim}{term}{lasted}{outcome}; {f'serious: {serious}' if serious else 'not serious'}."


def _confirmed(event: Event) -> list[Criterion]:
    """The criteria that a person confirmed; what a machine only proposed is not sent."""
    return [each.criterion for each in event.seriousness if each.confirmed]


def _test(test: TestResult) -> str:
    value = f"{test.qualifier}{test.value:f} {test.unit}" if test.value is not None else ""
    normal = f" (normal {test.normal_low} to {test.normal_high})" if test.normal_low or test.normal_high else ""
    found = _listed([value, test.result, test.text])
    return f"{test.name}{f', {_told(test.day)}' if test.day else ''}: {found}{normal}"


def _numbered(products: Sequence[Product], words: Callable[[Product], str]) -> str:
    """One line for each suspect medicine, numbered as in box 14; no number where there is only one."""
    lines = [words(product) for product in products]
    if len(lines) < 2:
        return "".join(lines)
    return "\n".join(f"#{place} {line or 'not known'}" for place, line in enumerate(lines, 1))


def _drug(product: Product) -> str:
    substances = _listed(f"{each.name} {_measure(each.strength)}".strip() for each in product.substances)
    generic = substances or (product.ingredient if product.ingredient.casefold() != product.name.casefold() else "")
    batches = _listed(each.batch for each in product.dosings)
    role = " (interacting)" if product.role is ProductRole.INTERACTING else ""
    return f"{product.name}{f' ({generic})' if generic else ''}{role}{f', batch {batches}' if batches else ''}"


def _dose(dosing: Dosing) -> str:
    if dosing.amount is None:
        return dosing.text or "not known"
    often = ""
    if dosing.interval_count is not None:
        words = {"d": "day(s)", "h": "hour(s)", "wk": "week(s)", "mo": "month(s)"}
        often = f" every {dosing.interval_count:f} {words.get(dosing.interval_unit, dosing.interval_unit)}"
    form = f", {dosing.form}" if dosing.form else ""
    return f"{dosing.amount.value:f} {dosing.amount.unit}{often}{form}"


def _dates(dosing: Dosing) -> str:
    return f"{_told(dosing.start) or 'not known'} / {_told(dosing.end) or 'not known'}"


def _concomitant(product: Product) -> str:
    told = [f"{_dose(each)}, {_dates(each)}" for each in product.dosings]
    return f"{product.name}{f': {_listed(told)}' if told else ''}"


_ANSWER = {
    ("dechallenge", Challenge.NOT_RECURRED): "YES",
    ("dechallenge", Challenge.RECURRED): "NO",
    ("rechallenge", Challenge.RECURRED): "YES",
    ("rechallenge", Challenge.NOT_RECURRED): "NO",
    ("dechallenge", Challenge.NOT_DONE): "NA",
    ("rechallenge", Challenge.NOT_DONE): "NA",
}


def _challenge(case: Case, suspects: Sequence[Product], kind: str) -> str:
    """YES, NO or NA where every pair of suspect and event says the same; "SEE BOX 7" where they differ; "" unknown."""
    known = {product.id for product in suspects}
    pairs: list[Causality] = [each for each in case.causality if each.product_id in known]
    said = {_ANSWER.get((kind, value), "") if (value := getattr(each, kind)) else "" for each in pairs} - {""}
    return said.pop() if len(said) == 1 else "SEE BOX 7" if said else ""


def _history(case: Case) -> str:
    patient = case.patient
    parts = [patient.history_text]
    for each in patient.history:
        coded = f" [{each.term.dictionary} {each.term.version} {each.term.code}]" if each.term else ""
        since = f", from {_told(each.start)}" if each.start else ""
        ended = f", ended {_told(each.end) or 'on an unknown day'}" if each.end or each.continuing is False else ""
        state = ", continuing" if each.continuing else ended
        parts.append(f"{each.name}{coded}{since}{state}{' (family)' if each.family else ''}")
    parts.extend(f"Earlier medicine: {each.name}" for each in patient.past_medicines)
    if patient.pregnant or patient.last_period:
        pregnant = "yes" if patient.pregnant else "not stated"
        parts.append(f"Pregnant: {pregnant}; last period {_told(patient.last_period) or 'not known'}")
    return "\n".join(part for part in parts if part)


def _sources(case: Case) -> Iterator[str]:
    if case.report_type is ReportType.STUDY:
        yield "STUDY"
    if case.literature:
        yield "LITERATURE"
    professional = {Qualification.PHYSICIAN, Qualification.PHARMACIST, Qualification.OTHER_PROFESSIONAL}
    if any(each.qualification in professional for each in case.reporters):
        yield "HEALTH PROFESSIONAL"
    elif not case.literature and case.report_type is not ReportType.STUDY:
        yield "OTHER"


def _remarks(case: Case) -> str:
    parts = [f"Literature: {each}" for each in case.literature]
    parts += [f"Special situation: {each.kind.value}" for each in case.special if each.kind in set(Special)]
    events = {event.id: event.verbatim for event in case.events}
    products = {product.id: product.name for product in case.products}
    parts += [
        f"Causality, “{events.get(each.event_id, '')}” with {products.get(each.product_id, '')}: {each.category.value}"
        for each in case.causality
        if each.committed_by and each.category
    ]
    if case.worldwide_id:
        parts.append(f"Worldwide identifier: {case.worldwide_id}")
    return "\n".join(parts)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))
