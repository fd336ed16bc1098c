"""A case from the values of a record, each with the words that it was read from. A value that cannot be read is left
out and told as a problem; its words stay in the kept text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from assistant.triage.case import Case, Event, Receipt, ReceiptKind, Source
from assistant.triage.intake import values
from assistant.triage.intake.dosage import dosing_of
from assistant.triage.intake.places import Masked
from assistant.triage.intake.record import Cell, Problem, Record, parts
from assistant.triage.intake.values import DateOrder, Unread
from assistant.triage.judgement import Causality, Seriousness
from assistant.triage.people_in_case import Condition, Measure, PatientFacts, Reporter
from assistant.triage.product import Dosing, Indication, Product, ProductRole
from assistant.triage.states import State
from assistant.triage.terms import Evidence, Span
from assistant.triage.when import PartialDate
from retrieval.medicines import Medicines

Value = TypeVar("Value")
COLUMN = "column"
_EVENT_SEPARATORS = ",;|\n"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all records of one file share: the masked text, its source, when it arrived, how dates and lists are
    written."""

    masked: Masked
    source: Source
    arrived: datetime
    zone: str
    medicines: Medicines
    date_order: DateOrder = DateOrder.UNKNOWN
    separators: str = ";|\n"


@dataclass
class _Reading:
    """One record being read: the evidence and problems found so far."""

    record: Record
    setting: Setting
    evidence: list[Evidence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def value(self, name: str, path: str, read: Callable[[str], Value], row: Cell | None = None) -> Value | None:
        """The first value of a field, or that of the row in which another value stands."""
        cell = self.record.beside(row, name) if row else self.record.first(name)
        return self.of(cell, path, read) if cell else None

    def of(self, cell: Cell, path: str, read: Callable[[str], Value]) -> Value | None:
        try:
            made = read(cell.told)
        except Unread as error:
            self.problems.append(Problem(cell.where, f"“{self.text(cell)[:60]}” was left out: {error}", ""))
            return None
        self.show(cell, path)
        return made

    def words(self, name: str, path: str, row: Cell) -> str:
        """The words of a field as they are kept, or ""."""
        cell = self.record.beside(row, name)
        if cell is None:
            return ""
        self.show(cell, path)
        return self.text(cell)

    def show(self, cell: Cell, path: str) -> None:
        number = f"v{len(self.evidence) + 1}"
        self.evidence.append(Evidence(number, path, self.span(cell), COLUMN))

    def span(self, cell: Cell) -> Span:
        start, end = self.setting.masked.place(cell.start, cell.end)
        return Span(self.setting.source.id, start, end, self.setting.masked.text[start:end])

    def text(self, cell: Cell) -> str:
        """The words of a cell with identifiers masked: free text is kept in no other way."""
        return self.span(cell).text

    def day(self, told: str) -> PartialDate:
        made = values.day(told, self.setting.date_order)
        figures = told.strip()
        if made.month is None and not figures.isdigit():
            where = self.record.where
            wrong = f"“{figures}” can be read with day or month first, so only its year was taken"
            self.problems.append(Problem(where, wrong, "Declare date_order in a mapping, or write 2025-03-14."))
        return made


def case_of(case_id: str, record: Record, setting: Setting) -> tuple[Case, tuple[Problem, ...]]:
    """The case that a record makes, and what of it could not be read. It may lack anything; validity asks for it."""
    reading = _Reading(record, setting)
    start, end = setting.masked.place(record.start, record.end)
    products = _products(reading)
    events = tuple(_events(reading))
    case = Case(
        case_id, "", 0, State.CANDIDATE, setting.arrived, (_receipt(reading),),
        (replace(setting.source, start=start, end=end),),
        country=reading.value("country", "country", values.country) or "",
        worldwide_id=reading.value("report_id", "worldwide_id", str) or "",
        other_ids=tuple(_listed(reading, "other_ids", "other_ids")),
        literature=tuple(_listed(reading, "literature", "literature", "\n")),
        patient=_patient(reading),
        reporters=_reporters(reading),
        products=products,
        events=events,
        causality=tuple(_challenges(reading, events, products)),
    )  # fmt: skip
    return replace(case, evidence=tuple(reading.evidence)), tuple(reading.problems)


def completed(case: Case, record: Record, setting: Setting, row: Cell) -> tuple[Case, tuple[Problem, ...]]:
    """A case whose reaction or medicine came from free text (`row`), with what the columns beside it say of the two."""
    reading = _Reading(record, setting, list(case.evidence))
    events, products = case.events, case.products
    if events and not record.all("event"):
        events = (_event(reading, row, events[0]), *events[1:])
    if products and not record.all("medicine"):
        first = replace(products[0], dosings=_dosings(reading, row, products[0]) or products[0].dosings)
        products = (first, *products[1:])
    causality = case.causality or tuple(_challenges(reading, events, products))
    whole = replace(case, events=events, products=products, causality=causality, evidence=tuple(reading.evidence))
    return whole, tuple(reading.problems)


def is_empty(case: Case) -> bool:
    """Whether nothing says that a medicine or a reaction was meant."""
    return not case.products and not case.events and not case.special


def _receipt(reading: _Reading) -> Receipt:
    setting = reading.setting
    told = reading.value("received", "receipts[r1].day", reading.day)
    day = setting.arrived.astimezone(ZoneInfo(setting.zone)).date()
    at = setting.arrived
    if told is not None and told.day is not None and told.earliest <= day:
        day = told.earliest
        at = datetime.combine(day, time(12), ZoneInfo(setting.zone)).astimezone(UTC)
    return Receipt("r1", ReceiptKind.INITIAL, at, day, setting.zone, setting.source.id)


def _listed(reading: _Reading, name: str, path: str, separators: str = "") -> Iterator[str]:
    for cell in reading.record.all(name):
        for part in parts(cell, separators or reading.setting.separators + ","):
            reading.show(part, path)
            yield reading.text(part)


def _patient(reading: _Reading) -> PatientFacts:
    facts = PatientFacts(
        identified=True,
        identification=reading.value("initials", "patient.identification", values.initials) or "",
        birth=reading.value("birth", "patient.birth", reading.day),
        age=_age(reading),
        age_group=reading.value("age_group", "patient.age_group", values.age_group),
        sex=reading.value("sex", "patient.sex", values.sex),
        weight_kg=reading.value("weight", "patient.weight_kg", values.weight_kg),
        pregnant=reading.value("pregnant", "patient.pregnant", values.yes),
    )
    history = [part for cell in reading.record.all("history") for part in parts(cell, reading.setting.separators)]
    for at, part in enumerate(history, start=1):
        reading.show(part, f"patient.history[h{at}].name")
    return replace(facts, history=tuple(Condition(f"h{at}", reading.text(part)) for at, part in enumerate(history, 1)))


def _age(reading: _Reading) -> Measure | None:
    unit = reading.record.first("age_unit")

    def read(told: str) -> Measure:
        return values.age(f"{told} {unit.told}" if unit and told.replace(".", "", 1).isdigit() else told)

    return reading.value("age", "patient.age", read)


def _reporters(reading: _Reading) -> tuple[Reporter, ...]:
    qualified = reading.value("qualification", "reporters[q1].qualification", values.qualification)
    organisation = next(_listed(reading, "organisation", "reporters[q1].organisation", "\n"), "")
    return (Reporter("q1", qualified, organisation=organisation, primary=True),) if qualified or organisation else ()


def _products(reading: _Reading) -> tuple[Product, ...]:
    told = [part for cell in reading.record.all("medicine") for part in parts(cell, reading.setting.separators)]
    others = [part for cell in reading.record.all("concomitants") for part in parts(cell, _EVENT_SEPARATORS)]
    first = {part.where: part for part in reversed(told)}
    made: dict[str, Product] = {}
    for part in told:
        number = f"p{len(made) + 1}"
        if part.told.lower() not in made:
            reading.show(part, f"products[{number}].name")
            # Doses and dates of a row with several medicines belong to the first; more would be a guess.
            own = first[part.where] is part
            made[part.told.lower()] = _product(reading, part, number) if own else _named(reading, part, number)
    for part in others:
        number = f"p{len(made) + 1}"
        if part.told.lower() not in made:
            reading.show(part, f"products[{number}].name")
            made[part.told.lower()] = _named(reading, part, number, ProductRole.CONCOMITANT)
    return tuple(made.values())


def _named(reading: _Reading, part: Cell, number: str, role: ProductRole = ProductRole.SUSPECT) -> Product:
    return Product(number, reading.text(part), role, ingredient(part.told, reading.setting.medicines))


def _product(reading: _Reading, part: Cell, number: str) -> Product:
    path = f"products[{number}]"
    role = reading.value("role", f"{path}.role", values.role, part) or ProductRole.SUSPECT
    uses = [use for cell in _beside(reading, part, "indication") for use in parts(cell, reading.setting.separators)]
    for at, use in enumerate(uses, start=1):
        reading.show(use, f"{path}.indications[i{at}].verbatim")
    named = _named(reading, part, number, role)
    return replace(
        named,
        dosings=_dosings(reading, part, named),
        indications=tuple(Indication(f"i{at}", reading.text(use)) for at, use in enumerate(uses, start=1)),
        action=reading.value("action", f"{path}.action", values.action, part),
    )


def _beside(reading: _Reading, part: Cell, field: str) -> Iterator[Cell]:
    cell = reading.record.beside(part, field)
    if cell is not None:
        yield cell


def ingredient(name: str, medicines: Medicines) -> str:
    """The ingredients that a name means, joined by a slash; "" for a name that is not known."""
    found = [one for one in medicines.find(name) if not one.ambiguous]
    return " / ".join(dict.fromkeys(each for one in found for each in one.ingredients))


def _dosings(reading: _Reading, part: Cell, product: Product) -> tuple[Dosing, ...]:
    course = f"products[{product.id}].dosings[d1]"
    made = Dosing(
        "d1",
        start=reading.value("start", f"{course}.start", reading.day, part),
        end=reading.value("end", f"{course}.end", reading.day, part),
        batch=reading.words("batch", f"{course}.batch", part),
        route=reading.words("route", f"{course}.route", part),
    )
    dose = reading.record.beside(part, "dose")
    if dose is not None:
        reading.show(dose, f"{course}.text")
        made = dosing_of(made, product.name, dose.told, reading.text(dose), reading.setting.medicines)
    return (made,) if made != Dosing("d1") else ()


def _events(reading: _Reading) -> Iterator[Event]:
    told = [part for cell in reading.record.all("event") for part in parts(cell, _EVENT_SEPARATORS)]
    seen: set[str] = set()
    rows: set[str] = set()
    for part in told:
        if part.told.lower() in seen:
            continue
        seen.add(part.told.lower())
        number = f"e{len(seen)}"
        reading.show(part, f"events[{number}].verbatim")
        event = Event(number, reading.text(part))
        # Dates and outcome of a row with several reactions belong to the first; more would be a guess.
        yield event if part.where in rows else _event(reading, part, event)
        rows.add(part.where)


def _event(reading: _Reading, part: Cell, event: Event) -> Event:
    path = f"events[{event.id}]"
    return replace(
        event,
        onset=reading.value("onset", f"{path}.onset", reading.day, part) or event.onset,
        end=reading.value("event_end", f"{path}.end", reading.day, part) or event.end,
        outcome=reading.value("outcome", f"{path}.outcome", values.outcome, part) or event.outcome,
        seriousness=tuple(_seriousness(reading, part, path)) or event.seriousness,
    )


def _seriousness(reading: _Reading, part: Cell, path: str) -> Iterator[Seriousness]:
    for cell in _beside(reading, part, "serious"):
        for each in reading.of(cell, f"{path}.seriousness", values.criteria) or ():
            yield Seriousness(each, reading.span(cell), "the column of seriousness")


def _challenges(reading: _Reading, events: Sequence[Event], products: Sequence[Product]) -> Iterator[Causality]:
    if not events or not products:
        return
    pair = f"{events[0].id}/{products[0].id}"
    stopped = reading.value("dechallenge", f"causality[{pair}].dechallenge", values.dechallenge)
    again = reading.value("rechallenge", f"causality[{pair}].rechallenge", values.rechallenge)
    if stopped or again:
        yield Causality(pair, events[0].id, products[0].id, dechallenge=stopped, rechallenge=again)
