"""The case in sentences, from its fields only: each sentence names the fields that it was made from.

Nothing that identifies a patient or a reporter is said; whoever may see such fields finds them in the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.triage.case import Case, Event, Receipt
from assistant.triage.people_in_case import Measure
from assistant.triage.product import ActionTaken, Challenge, Product, ProductRole

_UNITS = {"a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "10.a": "decade"}
_ACTIONS = {
    ActionTaken.WITHDRAWN: "was withdrawn",
    ActionTaken.REDUCED: "was continued at a lower dose",
    ActionTaken.INCREASED: "was continued at a higher dose",
    ActionTaken.NOT_CHANGED: "was continued at the same dose",
}
_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and the paths of the fields that it says."""

    text: str
    paths: tuple[str, ...]


def narrative(case: Case) -> tuple[Sentence, ...]:
    """The sentences in the order of a case narrative; fields that are empty are not spoken of."""
    parts = (
        _received(case), _patient(case), _history(case), _products(case), _concomitants(case), _events(case),
        _actions(case), _tests(case), _special(case), _death(case), _judged(case),
    )  # fmt: skip
    return tuple(sentence for part in parts for sentence in part)


def as_text(sentences: Iterable[Sentence]) -> str:
    """The sentences as one text."""
    return " ".join(sentence.text for sentence in sentences)


def _received(case: Case) -> Iterator[Sentence]:
    first = min(case.receipts, key=lambda each: each.at, default=None)
    if first is None:
        return
    paths = ["report_type", f"receipts[{first.id}].day"]
    teller = next((each for each in case.reporters if each.primary), case.reporters[0] if case.reporters else None)
    by = ""
    if teller and teller.qualification:
        by = f" from {_a(teller.qualification.value)}"
        paths.append(f"reporters[{teller.id}].qualification")
        if teller.country:
            by += f" in {teller.country}"
            paths.append(f"reporters[{teller.id}].country")
    kind = {"spontaneous": "spontaneous report", "study": "report from a study"}.get(case.report_type.value, "report")
    yield Sentence(f"{_a(kind).capitalize()} was received on {first.day}{by}.", tuple(paths))
    for later in sorted(case.receipts, key=lambda each: each.at)[1:]:
        yield _more(later)


def _more(receipt: Receipt) -> Sentence:
    return Sentence(f"Further information was received on {receipt.day}.", (f"receipts[{receipt.id}].day",))


def _patient(case: Case) -> Iterator[Sentence]:
    who, paths = [], []
    facts = case.patient
    if facts.age is not None:
        who.append(f"{facts.age.value.normalize():f}-{_UNITS.get(facts.age.unit, facts.age.unit)}-old")
        paths.append("patient.age")
    elif facts.age_group is not None:
        who.append({"elderly": "elderly", "adult": "adult"}.get(facts.age_group.value, facts.age_group.value))
        paths.append("patient.age_group")
    if facts.sex is not None:
        who.append(facts.sex.value)
        paths.append("patient.sex")
    if paths:
        yield Sentence(f"It concerns {_a(' '.join((*who, 'patient')))}.", tuple(paths))
    for known, name, said in (
        (facts.weight_kg, "weight_kg", f"The patient weighed {facts.weight_kg} kg."),
        (facts.height_cm, "height_cm", f"The patient was {facts.height_cm} cm tall."),
        (facts.pregnant or None, "pregnant", "The patient was pregnant."),
        (facts.breastfeeding or None, "breastfeeding", "The patient was breastfeeding."),
    ):
        if known is not None:
            yield Sentence(said, (f"patient.{name}",))


def _history(case: Case) -> Iterator[Sentence]:
    for each in case.patient.history:
        whose = "The family history includes" if each.family else "The medical history includes"
        yield Sentence(f"{whose} {each.name}.", (f"patient.history[{each.id}].name",))
    for past in case.patient.past_medicines:
        path = f"patient.past_medicines[{past.id}]"
        if past.reaction is not None:
            yield Sentence(f"Earlier, {past.name} led to {past.reaction.text}.", (f"{path}.name", f"{path}.reaction"))


def _products(case: Case) -> Iterator[Sentence]:
    for product in case.products:
        if product.role in _SUSPECTED:
            yield _product(product)


def _product(product: Product) -> Sentence:
    path = f"products[{product.id}]"
    paths, said = [f"{path}.name", f"{path}.role"], product.name
    for dosing in product.dosings:
        place = f"{path}.dosings[{dosing.id}]"
        dose = dosing.text or (_amount(dosing.amount) if dosing.amount else "")
        for text, name in (
            (dose, "text" if dosing.text else "amount"),
            (f"by the route “{dosing.route}”" if dosing.route else "", "route"),
            (f"from {dosing.start}" if dosing.start else "", "start"),
            (f"to {dosing.end}" if dosing.end else "", "end"),
            (f"batch {dosing.batch}" if dosing.batch else "", "batch"),
        ):
            if text:
                said += f", {text}" if name not in ("start", "end") else f" {text}"
                paths.append(f"{place}.{name}")
    for indication in product.indications:
        said += f", for {indication.verbatim}"
        paths.append(f"{path}.indications[{indication.id}].verbatim")
    role = "The suspected medicine" if product.role is ProductRole.SUSPECT else "An interacting medicine"
    return Sentence(f"{role} was {said}.", tuple(paths))


def _concomitants(case: Case) -> Iterator[Sentence]:
    for product in case.products:
        if product.role is ProductRole.CONCOMITANT:
            paths = (f"products[{product.id}].name", f"products[{product.id}].role")
            yield Sentence(f"{product.name} was taken at the same time.", paths)


def _events(case: Case) -> Iterator[Sentence]:
    for event in case.events:
        yield from _event(event)


def _event(event: Event) -> Iterator[Sentence]:
    path = f"events[{event.id}]"
    coded = f" ({event.term.dictionary} {event.term.version}: {event.term.text})" if event.term else ""
    paths = [f"{path}.verbatim", *([f"{path}.term"] if event.term else []), *([f"{path}.onset"] if event.onset else [])]
    when = f" with onset on {event.onset}" if event.onset else ""
    yield Sentence(f"The reported event was “{event.verbatim}”{coded}{when}.", tuple(paths))
    if event.seriousness:
        criteria = ", ".join(each.criterion.value for each in event.seriousness)
        proposed = "" if all(each.confirmed for each in event.seriousness) else " (proposed, not confirmed)"
        yield Sentence(f"“{event.verbatim}” was serious: {criteria}{proposed}.", (f"{path}.seriousness",))
    elif event.judged_not_serious_by:
        yield Sentence(f"“{event.verbatim}” was judged not serious.", (f"{path}.judged_not_serious_by",))
    if event.outcome is not None:
        end = f" on {event.end}" if event.end else ""
        paths = [f"{path}.outcome", *([f"{path}.end"] if event.end else [])]
        yield Sentence(f"The outcome of “{event.verbatim}” was {event.outcome.value}{end}.", tuple(paths))


def _actions(case: Case) -> Iterator[Sentence]:
    for product in case.products:
        if product.action in _ACTIONS:
            said = f"{product.name} {_ACTIONS[product.action]}."
            yield Sentence(said, (f"products[{product.id}].name", f"products[{product.id}].action"))
    for pair in case.causality:
        names = _pair(case, pair.event_id, pair.product_id)
        if names and pair.dechallenge in (Challenge.RECURRED, Challenge.NOT_RECURRED):
            better = "did not get better" if pair.dechallenge is Challenge.RECURRED else "got better"
            said = f"“{names[0]}” {better} after {names[1]} was stopped."
            yield Sentence(said, (f"causality[{pair.id}].dechallenge",))
        if names and pair.rechallenge in (Challenge.RECURRED, Challenge.NOT_RECURRED):
            back = "came back" if pair.rechallenge is Challenge.RECURRED else "did not come back"
            said = f"“{names[0]}” {back} when {names[1]} was given again."
            yield Sentence(said, (f"causality[{pair.id}].rechallenge",))


def _tests(case: Case) -> Iterator[Sentence]:
    for test in case.tests:
        result = test.text or test.result or (f"{test.qualifier}{test.value} {test.unit}".strip() if test.value else "")
        if result:
            on = f" on {test.day}" if test.day else ""
            yield Sentence(f"{test.name}{on}: {result}.", (f"tests[{test.id}].name", f"tests[{test.id}]"))


def _special(case: Case) -> Iterator[Sentence]:
    for each in case.special:
        yield Sentence(f"The report tells of {each.kind.value}.", (f"special[{each.id}].kind",))


def _death(case: Case) -> Iterator[Sentence]:
    for cause in case.patient.causes_of_death:
        found = "The autopsy found" if cause.from_autopsy else "The reported cause of death was"
        yield Sentence(f"{found} {cause.text}.", (f"patient.causes_of_death[{cause.id}].text",))


def _judged(case: Case) -> Iterator[Sentence]:
    for listed in case.expectedness:
        names = _pair(case, listed.event_id, listed.product_id)
        if names and listed.confirmed:
            said = f"“{names[0]}” was judged {listed.listed.value} for {names[1]}."
            yield Sentence(said, (f"expectedness[{listed.id}].listed",))
    for pair in case.causality:
        names = _pair(case, pair.event_id, pair.product_id)
        if names and pair.committed_by and pair.category:
            score = f" (Naranjo {pair.score})" if pair.score is not None else ""
            said = f"The causality of {names[1]} for “{names[0]}” was assessed as {pair.category.value}{score}."
            yield Sentence(said, (f"causality[{pair.id}].category", f"causality[{pair.id}].score"))


def _pair(case: Case, event_id: str, product_id: str) -> tuple[str, str] | None:
    event = next((each.verbatim for each in case.events if each.id == event_id), None)
    product = next((each.name for each in case.products if each.id == product_id), None)
    return (event, product) if event and product else None


def _amount(measure: Measure) -> str:
    return f"{measure.value} {measure.unit}"


def _a(words: str) -> str:
    """With its article; "8" and "11" and "18" sound like vowels."""
    if words.startswith("other "):
        return f"an{words}"
    vowel = words[:1].lower() in "aeiou" or words.startswith(("8", "11-", "18-"))
    return f"an {words}" if vowel else f"a {words}"
