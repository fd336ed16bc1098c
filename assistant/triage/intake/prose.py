"""Letters, notes and abstracts: the detector finds patients, medicines and reactions, `further` the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from assistant.triage.case import Case, CaseLink, LinkKind
from assistant.triage.duplicates.event_words import concept
from assistant.triage.from_report import Told, case_from
from assistant.triage.intake.attached import RULES, Placed, attached
from assistant.triage.intake.dosage import dosing_of
from assistant.triage.intake.further import facts
from assistant.triage.intake.places import Masked
from assistant.triage.product import Dosing
from assistant.triage.terms import Evidence, Span
from guardrails.adverse.report import AdverseFindings, AdverseReport
from guardrails.dose_reader import read_doses
from retrieval.medicines import Medicines


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
    found = [Placed(*masked.place(fact.start, fact.end), fact) for fact in facts(text)]
    made = []
    for case_id, report in zip(ids, reports, strict=True):
        span = report.span if report is not None and len(reports) > 1 else (0, 0)
        own = replace(told, source=replace(told.source, start=span[0], end=span[1]))
        part = span if span != (0, 0) else (0, len(masked.text))
        mine = [each for each in found if part[0] <= each.start < part[1] or each.fact.field == "literature"]
        case = attached(_without_repeats(case_from(case_id, own, report, now)), own, mine, medicines, part)
        links = tuple(CaseLink(other, LinkKind.SAME_SOURCE) for other in ids if other != case_id)
        made.append(replace(_with_doses(case, own, medicines, part), links=links))
    return tuple(made)


def _without_repeats(case: Case) -> Case:
    """The case with each reaction once: "severe diarrhoea" and "the diarrhoea" are one, and "died" beside what somebody
    died of is its outcome.
    """
    seen: set[str] = set()
    gone = set()
    for event in case.events:
        name = concept(event.verbatim)
        if name in seen or (name == "death" and len(case.events) > 1):
            gone.add(event.id)
        seen.add(name)
    kept = [each for each in case.evidence if not any(f"events[{one}]" in each.path for one in gone)]
    return replace(
        case,
        events=tuple(event for event in case.events if event.id not in gone),
        evidence=tuple(replace(each, id=f"v{at}") for at, each in enumerate(kept, start=1)),
    )


def _with_doses(case: Case, told: Told, medicines: Medicines, part: tuple[int, int]) -> Case:
    """The first dose of each medicine that the text states, in figures where it was read whole."""
    said = [each for each in read_doses(told.text[slice(*part)], medicines) if each.amount or each.frequency]
    evidence = list(case.evidence)
    products = []
    for product in case.products:
        names = {product.ingredient, *product.ingredient.split(" / "), product.name.lower()}
        own = next((each for each in said if names & {each.drug, *each.ingredients}), None)
        if own is None:
            products.append(product)
            continue
        course = product.dosings[0] if product.dosings else Dosing("d1")
        span = Span(told.source.id, part[0] + own.start, part[0] + own.end, "")
        words = told.text[span.start : span.end]
        path = f"products[{product.id}].dosings[d1].text"
        evidence.append(Evidence(f"v{len(evidence) + 1}", path, replace(span, text=words), RULES))
        products.append(replace(product, dosings=(dosing_of(course, product.name, words, words, medicines),)))
    return replace(case, products=tuple(products), evidence=tuple(evidence))
