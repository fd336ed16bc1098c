"""Sections E, F and G of a report as events, tests, medicines and judgements of a case."""

from __future__ import annotations

from assistant.triage.case import Event, TestResult
from assistant.triage.e2b.clinical_groups import additional_words
from assistant.triage.e2b.codes import (
    ACTION,
    CRITERION,
    OUTCOME,
    RECHALLENGE,
    RESULT,
    ROLE,
    date_of,
    decimal_of,
    measure_of,
    text_for,
    word_for,
)
from assistant.triage.e2b.report import Group
from assistant.triage.judgement import Causality, Seriousness, WhoUmc
from assistant.triage.product import Dosing, Indication, Product, ProductRole, Substance
from assistant.triage.terms import Term

_TRUTH = {"true": True, "false": False}
_IMPORTED = "imported report"
"""Who set what an imported report says: its sender; a person of the desk confirms it or not."""


def term(group: Group, version: str, code: str) -> Term | None:
    """A MedDRA term of a report, None where it has no code. Its words are not in the message."""
    if not group.text(code):
        return None
    return Term("MedDRA", group.text(version), group.text(code), "", _IMPORTED, True)


def case_events(report: Group) -> tuple[Event, ...]:
    """E.i, in order, as e1, e2 …"""
    return tuple(_event(place, group) for place, group in enumerate(report.all("E.i"), 1))


def _event(place: int, group: Group) -> Event:
    met = (criterion for criterion, number in CRITERION.items() if group.text(number) == "true")
    return Event(
        id=f"e{place}",
        verbatim=group.text("E.i.1.1a"),
        term=term(group, "E.i.2.1a", "E.i.2.1b"),
        language=group.text("E.i.1.1b") or "eng",
        translation=group.text("E.i.1.2"),
        onset=date_of(group.text("E.i.4")),
        end=date_of(group.text("E.i.5")),
        duration=measure_of(group.text("E.i.6a"), group.text("E.i.6b")),
        outcome=word_for(OUTCOME, group.text("E.i.7")),
        seriousness=tuple(Seriousness(criterion, None, "E2B import", _IMPORTED, True) for criterion in met),
        highlighted={"1": True, "3": True, "2": False, "4": False}.get(group.text("E.i.3.1")),
        confirmed_by_professional=_TRUTH.get(group.text("E.i.8")),
        country=group.text("E.i.9"),
    )


def case_tests(report: Group) -> tuple[TestResult, ...]:
    """F.r, in order, as t1, t2 …"""
    return tuple(_test(place, group) for place, group in enumerate(report.all("F.r"), 1))


def _test(place: int, group: Group) -> TestResult:
    text = group.text("F.r.3.2")
    sign = next((sign for sign in ("<=", ">=", "<", ">") if text.startswith(sign)), "")
    return TestResult(
        id=f"t{place}",
        name=group.text("F.r.2.1"),
        term=term(group, "F.r.2.2a", "F.r.2.2b"),
        day=date_of(group.text("F.r.1")),
        result=text_for(RESULT, group.text("F.r.3.1")),
        value=decimal_of(text.removeprefix(sign)),
        qualifier=sign,
        unit=group.text("F.r.3.3"),
        text=group.text("F.r.3.4"),
        normal_low=group.text("F.r.4"),
        normal_high=group.text("F.r.5"),
        comment=group.text("F.r.6"),
        more_available=_TRUTH.get(group.text("F.r.7")),
    )


def case_products(report: Group) -> tuple[Product, ...]:
    """G.k, in order, as p1, p2 …"""
    return tuple(_product(place, group) for place, group in enumerate(report.all("G.k"), 1))


def _product(place: int, group: Group) -> Product:
    return Product(
        id=f"p{place}",
        name=group.text("G.k.2.2"),
        role=word_for(ROLE, group.text("G.k.1")) or ProductRole.SUSPECT,
        substances=tuple(
            _substance(n, each) for n, each in enumerate(group.all("G.k.2.3.r"), 1)
        ),
        dosings=tuple(_dosing(n, each) for n, each in enumerate(group.all("G.k.4.r"), 1)),
        indications=tuple(
            Indication(f"i{n}", each.text("G.k.7.r.1"), term(each, "G.k.7.r.2a", "G.k.7.r.2b"))
            for n, each in enumerate(group.all("G.k.7.r"), 1)
        ),
        action=word_for(ACTION, group.text("G.k.8")),
        cumulative_dose=measure_of(group.text("G.k.5a"), group.text("G.k.5b")),
        gestation_at_exposure=measure_of(group.text("G.k.6a"), group.text("G.k.6b")),
        country_obtained=group.text("G.k.2.4"),
        authorisation=group.text("G.k.3.1"),
        authorisation_country=group.text("G.k.3.2"),
        holder=group.text("G.k.3.3"),
        blinded=_TRUTH.get(group.text("G.k.2.5")),
        additional=tuple(
            words for each in group.all("G.k.10.r") if (words := additional_words(each.text("G.k.10.r")))
        ),
        comment=group.text("G.k.11"),
    )  # fmt: skip


def _substance(place: int, group: Group) -> Substance:
    strength = measure_of(group.text("G.k.2.3.r.3a"), group.text("G.k.2.3.r.3b"))
    return Substance(f"a{place}", group.text("G.k.2.3.r.1"), strength)


def _dosing(place: int, group: Group) -> Dosing:
    return Dosing(
        id=f"d{place}",
        text=group.text("G.k.4.r.8"),
        amount=measure_of(group.text("G.k.4.r.1a"), group.text("G.k.4.r.1b")),
        interval_count=decimal_of(group.text("G.k.4.r.2")),
        interval_unit=group.text("G.k.4.r.3"),
        start=date_of(group.text("G.k.4.r.4")),
        end=date_of(group.text("G.k.4.r.5")),
        duration=measure_of(group.text("G.k.4.r.6a"), group.text("G.k.4.r.6b")),
        batch=group.text("G.k.4.r.7"),
        form=group.text("G.k.4.r.9.1"),
        route=group.text("G.k.4.r.10.1"),
        parent_route=group.text("G.k.4.r.11.1"),
    )


def case_causality(report: Group) -> tuple[Causality, ...]:
    """G.k.9.i: what came back, and the sender's judgements that are categories of WHO-UMC, as proposals to commit.

    Other judgements ("Related", "Suspected") stay as they were said among the elements that are kept.
    """
    events = {group.text("E.i.id"): f"e{place}" for place, group in enumerate(report.all("E.i"), 1)}
    found = []
    for place, drug in enumerate(report.all("G.k"), 1):
        for row in drug.all("G.k.9.i"):
            event = events.get(row.text("G.k.9.i.1"))
            again = word_for(RECHALLENGE, row.text("G.k.9.i.4"))
            if event and (again or row.all("G.k.9.i.2.r")):
                said = next((each for each in row.all("G.k.9.i.2.r") if _category(each)), None)
                found.append(
                    Causality(
                        id=f"{event}/p{place}",
                        event_id=event,
                        product_id=f"p{place}",
                        category=_category(said) if said else None,
                        rechallenge=again,
                        proposed_by=_IMPORTED,
                        source=said.text("G.k.9.i.2.r.1") if said else "",
                    )
                )
    return tuple(found)


def _category(judged: Group) -> WhoUmc | None:
    words = judged.text("G.k.9.i.2.r.3").casefold()
    return next((each for each in WhoUmc if words in {each.value, *each.value.split("/")}), None)
