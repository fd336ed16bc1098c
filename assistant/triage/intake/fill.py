"""What a narrative says beside the boxes and columns of its report: it fills what is empty and overwrites nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from assistant.triage.case import Case
from assistant.triage.judgement import SpecialSituation
from assistant.triage.terms import Evidence, Span


def filled(case: Case, said: Case, by: int) -> Case:
    """The case with what `said` has and it has not; `by` is where the narrative starts in the text of the source."""
    takes_products, takes_events = not case.products, not case.events
    patient = case.patient
    taken: set[str] = set()
    for field in fields(patient):
        told = getattr(said.patient, field.name)
        if told and not getattr(patient, field.name):
            patient = replace(patient, **{field.name: told})
            taken.add(f"patient.{field.name}")
    whole = replace(
        case,
        patient=patient,
        reporters=case.reporters or said.reporters,
        products=case.products or said.products,
        events=case.events or said.events,
        special=(*case.special, *(_special(each, by, keep=takes_products) for each in said.special)),
        literature=case.literature or said.literature,
        causality=case.causality or (said.causality if takes_products and takes_events else ()),
    )
    return replace(whole, evidence=(*case.evidence, *_evidence(case, said, by, taken)))


def _evidence(case: Case, said: Case, by: int, taken: set[str]) -> Iterator[Evidence]:
    at = len(case.evidence)
    heads = {
        "products": not case.products, "events": not case.events, "reporters": not case.reporters,
        "literature": not case.literature, "causality": not case.products and not case.events and not case.causality,
    }  # fmt: skip
    for each in said.evidence:
        head = each.path.partition("[")[0].partition(".")[0]
        if each.path in taken or heads.get(head, False):
            at += 1
            yield replace(each, id=f"v{at}", span=_moved(each.span, by))


def _special(each: SpecialSituation, by: int, *, keep: bool) -> SpecialSituation:
    """The medicine of a situation is known by its number in the narrative's own list only."""
    quoted = _moved(each.quoted, by) if each.quoted else None
    return replace(each, quoted=quoted, product_id=each.product_id if keep else "")


def _moved(span: Span, by: int) -> Span:
    return replace(span, start=span.start + by, end=span.end + by)
