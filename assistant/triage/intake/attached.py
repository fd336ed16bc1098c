"""Hangs what prose says of dates, outcome and treatment onto the reaction and the medicine that stand nearest to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from assistant.triage.case import Case, Event, EventOutcome
from assistant.triage.from_report import Told
from assistant.triage.intake.further import Fact
from assistant.triage.judgement import Causality
from assistant.triage.product import ActionTaken, Challenge, Dosing, Product
from assistant.triage.terms import Evidence, Span
from assistant.triage.when import PartialDate
from retrieval.medicines import Medicines

RULES = "rules for prose"
Kind = TypeVar("Kind")

_OF_EVENT = frozenset({"onset", "outcome"})
_OF_PRODUCT = frozenset({"start", "end", "action"})
_OF_PAIR = frozenset({"dechallenge", "rechallenge"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A fact and its place in the masked text."""

    start: int
    end: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class _Mention:
    id: str
    start: int
    end: int

    def away_from(self, placed: Placed) -> int:
        """How many characters lie between."""
        return max(placed.start - self.end, self.start - placed.end, 0)


def attached(case: Case, told: Told, found: Sequence[Placed], medicines: Medicines, part: tuple[int, int]) -> Case:
    """The case with the facts of its part of the text; of two for one field the first counts."""
    events = _mentions_of_events(case, told.text, part)
    products = _mentions_of_products(case, told.text, part, medicines)
    kept: dict[str, Placed] = {}
    for placed in found:
        path = _path(placed, events, products)
        if path:
            kept.setdefault(path, placed)
    values = {path: placed.fact.value for path, placed in kept.items()}
    literature = tuple(str(value) for path, value in values.items() if path.startswith("literature"))
    birth = _value(values, "patient.birth", PartialDate)
    return replace(
        case,
        literature=literature,
        patient=replace(case.patient, birth=birth or case.patient.birth),
        events=tuple(_event(each, values) for each in case.events),
        products=tuple(_product(each, values) for each in case.products),
        causality=tuple(_challenges(case, values)),
        evidence=(*case.evidence, *_evidence(case, told, kept)),
    )


def _mentions_of_events(case: Case, text: str, part: tuple[int, int]) -> list[_Mention]:
    """Every place where the words of an event stand, not only the first."""
    lower = text.lower()
    made = []
    for event in case.events:
        words = event.verbatim.lower()
        at = lower.find(words, *part)
        while words and at >= 0:
            made.append(_Mention(event.id, at, at + len(words)))
            at = lower.find(words, at + len(words), part[1])
    return made


def _mentions_of_products(case: Case, text: str, part: tuple[int, int], medicines: Medicines) -> list[_Mention]:
    made = []
    for found in medicines.find(text[slice(*part)]):
        names = {found.name, found.surface.lower(), " / ".join(found.ingredients)}
        own = next((each for each in case.products if names & {each.ingredient, each.name.lower()}), None)
        if own is not None:
            made.append(_Mention(own.id, part[0] + found.start, part[0] + found.end))
    return made


def _path(placed: Placed, events: Sequence[_Mention], products: Sequence[_Mention]) -> str:
    """Where a fact goes; "" where the case has nothing to hang it on."""
    field = placed.fact.field
    if field == "literature":
        return f"literature {placed.fact.value}"
    if field == "birth":
        return "patient.birth"
    event = min(events, key=lambda each: each.away_from(placed), default=None)
    product = min(products, key=lambda each: each.away_from(placed), default=None)
    if field in _OF_EVENT and event:
        return f"events[{event.id}].{field}"
    if field in _OF_PRODUCT and product:
        return f"products[{product.id}].{field if field == 'action' else f'dosings[d1].{field}'}"
    return f"causality[{event.id}/{product.id}].{field}" if field in _OF_PAIR and event and product else ""


def _event(event: Event, values: Mapping[str, object]) -> Event:
    onset = _value(values, f"events[{event.id}].onset", PartialDate)
    outcome = _value(values, f"events[{event.id}].outcome", EventOutcome)
    return replace(event, onset=onset or event.onset, outcome=outcome or event.outcome)


def _product(product: Product, values: Mapping[str, object]) -> Product:
    head = f"products[{product.id}]"
    start = _value(values, f"{head}.dosings[d1].start", PartialDate)
    end = _value(values, f"{head}.dosings[d1].end", PartialDate)
    dosings = (Dosing("d1", start=start, end=end),) if start or end else product.dosings
    return replace(product, dosings=dosings, action=_value(values, f"{head}.action", ActionTaken) or product.action)


def _challenges(case: Case, values: Mapping[str, object]) -> Iterator[Causality]:
    for event in case.events:
        for product in case.products:
            pair = f"{event.id}/{product.id}"
            stopped = _value(values, f"causality[{pair}].dechallenge", Challenge)
            again = _value(values, f"causality[{pair}].rechallenge", Challenge)
            if stopped or again:
                yield Causality(pair, event.id, product.id, dechallenge=stopped, rechallenge=again)


def _value(values: Mapping[str, object], path: str, kind: type[Kind]) -> Kind | None:
    value = values.get(path)
    return value if isinstance(value, kind) else None


def _evidence(case: Case, told: Told, kept: Mapping[str, Placed]) -> Iterator[Evidence]:
    for at, (path, placed) in enumerate(kept.items(), start=len(case.evidence) + 1):
        span = Span(told.source.id, placed.start, placed.end, told.text[placed.start : placed.end])
        yield Evidence(f"v{at}", path.partition(" ")[0], span, RULES)
