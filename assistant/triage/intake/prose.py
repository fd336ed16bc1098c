"""Letters, notes and abstracts: the detector finds patients, medicines and reactions, `further` the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from assistant.triage.case import Case, CaseLink, Event, EventOutcome, LinkKind
from assistant.triage.from_report import Told, case_from
from assistant.triage.intake.dosage import dosing_of
from assistant.triage.intake.further import Fact, facts
from assistant.triage.intake.places import Masked
from assistant.triage.judgement import Causality
from assistant.triage.product import ActionTaken, Challenge, Dosing, Product
from assistant.triage.terms import Evidence, Span
from assistant.triage.when import PartialDate
from guardrails.adverse.report import AdverseFindings, AdverseReport
from guardrails.dose_reader import read_doses
from retrieval.medicines import Medicines

RULES = "rules for prose"
Kind = TypeVar("Kind")


def cases_of(
    text: str,
    masked: Masked,
    told: Told,
    screen: Callable[[str], AdverseFindings],
    medicines: Medicines,
    names: Callable[[], str],
    now: datetime,
) -> tuple[Case, ...]:
    """A case for every patient of the text, each with its stretch of it; at least one, so that no text is lost.

    `text` is as it came (dates are read from it), `masked` what is kept and screened; `names` gives ids of cases.
    """
    reports: Sequence[AdverseReport | None] = screen(masked.text).reports or (None,)
    ids = [names() for _ in reports]
    found = [(*masked.place(fact.start, fact.end), fact) for fact in facts(text)]
    made = []
    for case_id, report in zip(ids, reports, strict=True):
        span = report.span if report is not None and len(reports) > 1 else (0, 0)
        own = replace(told, source=replace(told.source, start=span[0], end=span[1]))
        case = case_from(case_id, own, report, now)
        start, end = span if span != (0, 0) else (0, len(masked.text))
        mine = [(at, stop, fact) for at, stop, fact in found if start <= at < end or fact.field == "literature"]
        case = _with_facts(case, own, mine)
        links = tuple(CaseLink(other, LinkKind.SAME_SOURCE) for other in ids if other != case_id)
        made.append(replace(_with_doses(case, own, medicines, start, end), links=links))
    return tuple(made)


class _Shown:
    """Adds evidence to a case with numbers that go on where its own end."""

    def __init__(self, case: Case, told: Told) -> None:
        self.evidence = list(case.evidence)
        self._told = told

    def show(self, path: str, start: int, end: int) -> None:
        number = f"v{len(self.evidence) + 1}"
        span = Span(self._told.source.id, start, end, self._told.text[start:end])
        self.evidence.append(Evidence(number, path, span, RULES))


def _with_facts(case: Case, told: Told, found: Sequence[tuple[int, int, Fact]]) -> Case:
    shown = _Shown(case, told)
    first: dict[str, Fact] = {}
    for start, end, fact in found:
        path = _path(case, fact.field)
        if path and (fact.field == "literature" or fact.field not in first):
            first.setdefault(fact.field, fact)
            shown.show(path, start, end)
    case = replace(case, evidence=tuple(shown.evidence))
    references = tuple(dict.fromkeys(str(fact.value) for _, _, fact in found if fact.field == "literature"))
    birth = first["birth"].value if "birth" in first else None
    patient = replace(case.patient, birth=birth if isinstance(birth, PartialDate) else case.patient.birth)
    return replace(
        case,
        literature=references,
        patient=patient,
        events=tuple(_event(event, first) if at == 0 else event for at, event in enumerate(case.events)),
        products=tuple(_product(each, first) if at == 0 else each for at, each in enumerate(case.products)),
        causality=tuple(_challenge(case, first)),
    )


def _path(case: Case, field: str) -> str:
    """Where a fact goes; "" where the case has nothing to hang it on. Of several events or medicines, the first."""
    event, product = bool(case.events), bool(case.products)
    pair = f"causality[{case.events[0].id}/{case.products[0].id}]" if event and product else ""
    return {
        "literature": "literature", "birth": "patient.birth",
        "onset": f"events[{case.events[0].id}].onset" if event else "",
        "outcome": f"events[{case.events[0].id}].outcome" if event else "",
        "action": f"products[{case.products[0].id}].action" if product else "",
        "start": f"products[{case.products[0].id}].dosings[d1].start" if product else "",
        "end": f"products[{case.products[0].id}].dosings[d1].end" if product else "",
        "dechallenge": pair and f"{pair}.dechallenge", "rechallenge": pair and f"{pair}.rechallenge",
    }.get(field, "")  # fmt: skip


def _event(event: Event, first: dict[str, Fact]) -> Event:
    onset, outcome = _value(first, "onset", PartialDate), _value(first, "outcome", EventOutcome)
    return replace(event, onset=onset or event.onset, outcome=outcome or event.outcome)


def _product(product: Product, first: dict[str, Fact]) -> Product:
    start, end = _value(first, "start", PartialDate), _value(first, "end", PartialDate)
    dosings = (Dosing("d1", start=start, end=end),) if start or end else product.dosings
    return replace(product, dosings=dosings, action=_value(first, "action", ActionTaken) or product.action)


def _challenge(case: Case, first: dict[str, Fact]) -> Iterator[Causality]:
    stopped, again = _value(first, "dechallenge", Challenge), _value(first, "rechallenge", Challenge)
    if case.events and case.products and (stopped or again):
        event, product = case.events[0].id, case.products[0].id
        yield Causality(f"{event}/{product}", event, product, dechallenge=stopped, rechallenge=again)


def _value(first: dict[str, Fact], field: str, kind: type[Kind]) -> Kind | None:
    value = first[field].value if field in first else None
    return value if isinstance(value, kind) else None


def _with_doses(case: Case, told: Told, medicines: Medicines, start: int, end: int) -> Case:
    """The first dose of each medicine that its sentence states, in figures where it was read whole."""
    said = [each for each in read_doses(told.text[start:end], medicines) if each.amount or each.frequency]
    shown = _Shown(case, told)
    products = []
    for product in case.products:
        names = {product.ingredient, *product.ingredient.split(" / "), product.name.lower()}
        own = next((each for each in said if names & {each.drug, *each.ingredients}), None)
        if own is None:
            products.append(product)
            continue
        course = product.dosings[0] if product.dosings else Dosing("d1")
        words = told.text[start + own.start : start + own.end]
        shown.show(f"products[{product.id}].dosings[d1].text", start + own.start, start + own.end)
        products.append(replace(product, dosings=(dosing_of(course, product.name, words, words, medicines),)))
    return replace(case, products=tuple(products), evidence=tuple(shown.evidence))
