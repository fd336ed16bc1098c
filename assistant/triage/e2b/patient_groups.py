"""The patient and the parent of a case (section D) as values and groups of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from assistant.triage.case import Case
from assistant.triage.e2b.codes import AGE_GROUP, SEX
from assistant.triage.e2b.parts import Pairs, Reasons, coded, figure, flag, is_meddra, made, measured, said
from assistant.triage.e2b.report import Group, Value
from assistant.triage.people_in_case import CauseOfDeath, Condition, Parent, PastMedicine, PatientFacts


def patient_values(case: Case, reasons: Reasons, *, show_birth: bool) -> Pairs:
    """The single elements of section D."""
    patient = case.patient
    known = patient.identification and "[" not in patient.identification
    hidden = "MSK" if patient.identified or patient.identification else "UNK"
    yield from reasons.value("D.1", patient.identification if known else "", "patient.identification", hidden)
    if patient.birth and not show_birth:
        yield "D.2.1", Value(null="MSK")
    else:
        yield from reasons.date("D.2.1", patient.birth, "patient.birth")
    yield from measured("D.2.2a", "D.2.2b", patient.age)
    yield from measured("D.2.2.1a", "D.2.2.1b", patient.gestation_at_onset)
    yield from reasons.value("D.2.3", AGE_GROUP[patient.age_group] if patient.age_group else "", "patient.age_group")
    yield from figure("D.3", patient.weight_kg)
    yield from figure("D.4", patient.height_cm)
    yield from reasons.value("D.5", SEX[patient.sex] if patient.sex else "", "patient.sex", "UNK")
    yield from reasons.date("D.6", patient.last_period, "patient.last_period")
    yield from _history_text(patient, reasons)
    if patient.concomitant_therapies:
        yield "D.7.3", Value("true")
    yield from reasons.date("D.9.1", patient.died, "patient.died")
    dead = patient.died is not None or reasons.has("patient.died")
    autopsy = {True: "true", False: "false"}.get(patient.autopsy, "") if patient.autopsy is not None else ""
    yield from reasons.value("D.9.3", autopsy, "patient.autopsy", "UNK" if dead else "")
    if patient.parent:
        yield from _parent_values(patient.parent)


def _history_text(patient: PatientFacts, reasons: Reasons) -> Pairs:
    """D.7.2: what the reporter wrote, and conditions that no MedDRA term codes, so that none is lost."""
    told = _with_uncoded(patient.history_text, patient.history)
    none = "" if any(is_meddra(each.term) for each in patient.history) else "UNK"
    yield from reasons.value("D.7.2", told, "patient.history_text", none)


def _with_uncoded(text: str, history: Sequence[Condition]) -> str:
    plain = [
        f"{each.name}{f' since {each.start}' if each.start else ''}" for each in history if not is_meddra(each.term)
    ]
    return "; ".join(part for part in [text, *plain] if part)


def _parent_values(parent: Parent) -> Pairs:
    yield "D.10.1", Value(null="MSK" if parent.identification else "UNK")
    yield from said("D.10.6", SEX[parent.sex] if parent.sex else "")
    if parent.sex is None:
        yield "D.10.6", Value(null="UNK")
    if parent.birth:
        yield "D.10.2.1", Value(null="MSK")
    yield from measured("D.10.2.2a", "D.10.2.2b", parent.age)
    if parent.last_period:
        yield from said("D.10.3", f"{parent.last_period}".replace("-", "")[:8])
    yield from figure("D.10.4", parent.weight_kg)
    yield from figure("D.10.5", parent.height_cm)
    yield from said("D.10.7.2", _with_uncoded(parent.history_text, parent.history))


def patient_groups(case: Case, reasons: Reasons) -> Iterator[Group]:
    """The repeating groups of section D."""
    patient = case.patient
    yield made("FDA.D.11.r", iter([("FDA.D.11.r", Value(patient.race) if patient.race else Value(null="UNK"))]))
    yield from _history("D.7.1.r", patient.history, reasons, "patient")
    yield from _past("D.8.r", patient.past_medicines, reasons, "patient")
    yield from (_cause(each) for each in patient.causes_of_death)
    if patient.parent:
        yield from _history("D.10.7.1.r", patient.parent.history, reasons, "patient.parent")
        yield from _past("D.10.8.r", patient.parent.past_medicines, reasons, "patient.parent")


def _history(group: str, history: Sequence[Condition], reasons: Reasons, owner: str) -> Iterator[Group]:
    for each in history:
        if not is_meddra(each.term):
            continue
        path = f"{owner}.history[{each.id}]"
        values = chain(
            coded(f"{group}.1a", f"{group}.1b", each.term),
            reasons.date(f"{group}.2", each.start, f"{path}.start"),
            flag(f"{group}.3", each.continuing),
            reasons.date(f"{group}.4", each.end, f"{path}.end"),
            said(f"{group}.5", each.comment),
            flag(f"{group}.6", True) if each.family and group == "D.7.1.r" else iter(()),
        )
        yield made(group, values, item=each.id)


def _past(group: str, medicines: Sequence[PastMedicine], reasons: Reasons, owner: str) -> Iterator[Group]:
    for each in medicines:
        path = f"{owner}.past_medicines[{each.id}]"
        values = chain(
            reasons.value(f"{group}.1", each.name, f"{path}.name", "UNK" if group == "D.8.r" else ""),
            reasons.date(f"{group}.4", each.start, f"{path}.start"),
            reasons.date(f"{group}.5", each.end, f"{path}.end"),
            coded(f"{group}.6a", f"{group}.6b", each.indication),
            coded(f"{group}.7a", f"{group}.7b", each.reaction),
        )
        yield made(group, values, item=each.id)


def _cause(each: CauseOfDeath) -> Group:
    group = "D.9.4.r" if each.from_autopsy else "D.9.2.r"
    return made(
        group, chain(coded(f"{group}.1a", f"{group}.1b", each.term), said(f"{group}.2", each.text)), item=each.id
    )
