"""Events, tests and medicines of a case (sections E, F, G) as groups of a report."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from uuid import NAMESPACE_URL, uuid5

from assistant.triage.case import Case, Event, TestResult
from assistant.triage.e2b.codes import ACTION, CRITERION, OUTCOME, RECHALLENGE, RESULT, ROLE, SITUATION, number
from assistant.triage.e2b.parts import Reasons, coded, figure, flag, made, measured, said
from assistant.triage.e2b.report import Group, Value
from assistant.triage.e2b.table import by_number
from assistant.triage.judgement import Causality, WhoUmc
from assistant.triage.product import Dosing, Indication, Product, Substance

_SUSPECTED = frozenset(WhoUmc) - {WhoUmc.UNLIKELY}
"""What cannot be ruled out counts as suspected (21 CFR 312.32(a): a reasonable possibility); only unlikely does not."""


def item_id(case: Case, item: str) -> str:
    """The identifier by which a message names an event or medicine: the same in every version of the report."""
    return str(uuid5(NAMESPACE_URL, f"urn:pharmassist:case/{case.id}/{item}"))


def event_group(case: Case, event: Event, reasons: Reasons, *, serious: bool) -> Group:
    """E.i. A criterion goes out once a person confirmed it; the others say that nothing is known (NI)."""
    path = f"events[{event.id}]"
    met = {CRITERION[each.criterion] for each in event.seriousness if each.confirmed}
    values = chain(
        [("E.i.id", Value(item_id(case, event.id)))],
        said("E.i.1.1a", event.verbatim),
        said("E.i.1.1b", event.language if event.verbatim else ""),
        said("E.i.1.2", event.translation),
        coded("E.i.2.1a", "E.i.2.1b", event.term),
        said("E.i.3.1", _highlighted(event, serious=serious)),
        ((element, Value("true") if element in met else Value(null="NI")) for element in CRITERION.values()),
        reasons.date("E.i.4", event.onset, f"{path}.onset"),
        reasons.date("E.i.5", event.end, f"{path}.end"),
        measured("E.i.6a", "E.i.6b", event.duration),
        said("E.i.7", OUTCOME[event.outcome] if event.outcome else "0"),
        flag("E.i.8", event.confirmed_by_professional),
        said("E.i.9", event.country or case.country),
    )
    return made("E.i", values, item=event.id)


def _highlighted(event: Event, *, serious: bool) -> str:
    if event.highlighted is None:
        return ""
    return ("3" if serious else "1") if event.highlighted else ("4" if serious else "2")


def test_group(test: TestResult, reasons: Reasons) -> Group:
    """F.r."""
    value = f"{test.qualifier}{number(test.value)}" if test.value is not None else ""
    values = chain(
        reasons.date("F.r.1", test.day, f"tests[{test.id}].day", "UNK"),
        said("F.r.2.1", test.name),
        coded("F.r.2.2a", "F.r.2.2b", test.term),
        said("F.r.3.1", RESULT.get(test.result, "")),
        said("F.r.3.2", value),
        said("F.r.3.3", test.unit if value else ""),
        said("F.r.3.4", test.text),
        said("F.r.4", test.normal_low),
        said("F.r.5", test.normal_high),
        said("F.r.6", test.comment),
        flag("F.r.7", test.more_available),
    )
    return made("F.r", values, item=test.id)


def product_group(case: Case, product: Product, reasons: Reasons, *, premarket: bool) -> Group:
    """G.k with its substances, courses, indications, and the judgements that people committed.

    `premarket`: the FDA wants judgements of INDs in its own words (Sponsor, FDA, Suspected or Not Suspected).
    """
    values = chain(
        [("G.k.id", Value(item_id(case, product.id))), ("G.k.1", Value(ROLE[product.role]))],
        said("G.k.2.2", product.name),
        said("G.k.2.4", product.country_obtained),
        flag("G.k.2.5", True) if product.blinded else iter(()),
        said("G.k.3.1", product.authorisation),
        said("G.k.3.2", product.authorisation_country if product.authorisation else ""),
        said("G.k.3.3", product.holder),
        measured("G.k.5a", "G.k.5b", product.cumulative_dose),
        measured("G.k.6a", "G.k.6b", product.gestation_at_exposure),
        said("G.k.8", ACTION[product.action] if product.action else ""),
        said("G.k.11", product.comment),
    )
    groups = chain(
        (_substance(each) for each in product.substances),
        (_dosing(each, reasons, f"products[{product.id}].dosings[{each.id}]") for each in product.dosings),
        (_indication(each) for each in product.indications),
        _matrix(case, product, premarket=premarket),
        (made("G.k.10.r", said("G.k.10.r", code)) for code in _additional(case, product)),
    )
    return made("G.k", values, groups, item=product.id)


def _substance(each: Substance) -> Group:
    values = chain(said("G.k.2.3.r.1", each.name), measured("G.k.2.3.r.3a", "G.k.2.3.r.3b", each.strength))
    return made("G.k.2.3.r", values, item=each.id)


def _dosing(each: Dosing, reasons: Reasons, path: str) -> Group:
    values = chain(
        measured("G.k.4.r.1a", "G.k.4.r.1b", each.amount),
        figure("G.k.4.r.2", each.interval_count),
        said("G.k.4.r.3", each.interval_unit),
        reasons.date("G.k.4.r.4", each.start, f"{path}.start"),
        reasons.date("G.k.4.r.5", each.end, f"{path}.end"),
        measured("G.k.4.r.6a", "G.k.4.r.6b", each.duration),
        said("G.k.4.r.7", each.batch),
        said("G.k.4.r.8", each.text),
        said("G.k.4.r.9.1", each.form),
        said("G.k.4.r.10.1", each.route),
        said("G.k.4.r.11.1", each.parent_route),
    )
    return made("G.k.4.r", values, item=each.id)


def _indication(each: Indication) -> Group:
    return made(
        "G.k.7.r", chain(said("G.k.7.r.1", each.verbatim), coded("G.k.7.r.2a", "G.k.7.r.2b", each.term)), item=each.id
    )


def _matrix(case: Case, product: Product, *, premarket: bool) -> Iterator[Group]:
    """G.k.9.i: one row for each event that a person judged against this medicine, or that came back."""
    for event in case.events:
        judged = [each for each in case.causality if (each.event_id, each.product_id) == (event.id, product.id)]
        committed = [each for each in judged if each.committed_by and each.category]
        again = next((each.rechallenge for each in judged if each.rechallenge), None)
        if judged:
            values = chain(
                [("G.k.9.i.1", Value(item_id(case, event.id)))],
                said("G.k.9.i.4", RECHALLENGE[again] if again else ""),
            )
            yield made("G.k.9.i", values, (_judgement(each, premarket=premarket) for each in committed), item=event.id)


def _judgement(each: Causality, *, premarket: bool) -> Group:
    source, method = each.source or "Sender", "WHO-UMC"
    result = each.category.value.capitalize() if each.category else ""
    if premarket:
        source, method = "Sponsor", "FDA"
        result = "Suspected" if each.category in _SUSPECTED else "Not Suspected"
    elif each.score is not None:
        method = f"WHO-UMC; Naranjo score {each.score}"
    values = chain(
        said("G.k.9.i.2.r.1", source), said("G.k.9.i.2.r.2", method), said("G.k.9.i.2.r.3", result)
    )  # fmt: skip
    # Marked, so that the judgements of an imported report stand beside it and not in its place.
    return made("G.k.9.i.2.r", values, item=each.id)


def _additional(case: Case, product: Product) -> list[str]:
    words = {words.casefold(): code for code, words in by_number()["G.k.10.r"].codes}
    codes = [words.get(text.casefold(), "") for text in product.additional]
    codes += [SITUATION.get(each.kind, "") for each in case.special if each.product_id == product.id]
    return sorted({code for code in codes if code}, key=int)


def additional_words(code: str) -> str:
    """The words of a code of G.k.10.r as a product keeps them."""
    return by_number()["G.k.10.r"].words(code).lower()
