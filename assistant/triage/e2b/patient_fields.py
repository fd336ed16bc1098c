"""Section D of a report as the patient and the parent of a case."""

from __future__ import annotations

from assistant.triage.e2b.clinical_fields import term
from assistant.triage.e2b.codes import AGE_GROUP, SEX, date_of, decimal_of, measure_of, word_for
from assistant.triage.e2b.report import Group
from assistant.triage.people_in_case import CauseOfDeath, Condition, Parent, PastMedicine, PatientFacts

_TRUTH = {"true": True, "false": False}


def case_patient(report: Group) -> PatientFacts:
    """The patient; a report with a section D is about a person, unless it says that none is involved (D.1 NA)."""
    first = report.value("D.1")
    parent = _parent(report)
    return PatientFacts(
        identified=first is not None and first.null not in {"NA", "UNK"},
        identification=report.text("D.1"),
        birth=date_of(report.text("D.2.1")),
        age=measure_of(report.text("D.2.2a"), report.text("D.2.2b")),
        age_group=word_for(AGE_GROUP, report.text("D.2.3")),
        gestation_at_onset=measure_of(report.text("D.2.2.1a"), report.text("D.2.2.1b")),
        sex=word_for(SEX, report.text("D.5")),
        weight_kg=decimal_of(report.text("D.3")),
        height_cm=decimal_of(report.text("D.4")),
        last_period=date_of(report.text("D.6")),
        history=_history(report, "D.7.1.r"),
        history_text=report.text("D.7.2"),
        past_medicines=_past(report, "D.8.r"),
        concomitant_therapies=_TRUTH.get(report.text("D.7.3")),
        died=date_of(report.text("D.9.1")),
        causes_of_death=(*_causes(report, "D.9.2.r"), *_causes(report, "D.9.4.r")),
        autopsy=_TRUTH.get(report.text("D.9.3")),
        parent=parent if parent != Parent() else None,
        race=next((group.text("FDA.D.11.r") for group in report.all("FDA.D.11.r")), ""),
        ethnicity=report.text("FDA.D.12"),
    )


def _parent(report: Group) -> Parent:
    return Parent(
        identification="[PERSON]" if report.value("D.10.1") else "",
        birth=date_of(report.text("D.10.2.1")),
        age=measure_of(report.text("D.10.2.2a"), report.text("D.10.2.2b")),
        last_period=date_of(report.text("D.10.3")),
        weight_kg=decimal_of(report.text("D.10.4")),
        height_cm=decimal_of(report.text("D.10.5")),
        sex=word_for(SEX, report.text("D.10.6")),
        history=_history(report, "D.10.7.1.r"),
        history_text=report.text("D.10.7.2"),
        past_medicines=_past(report, "D.10.8.r"),
    )


def _history(report: Group, name: str) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            id=f"h{place}",
            name=f"MedDRA {group.text(f'{name}.1b')}",
            term=term(group, f"{name}.1a", f"{name}.1b"),
            start=date_of(group.text(f"{name}.2")),
            end=date_of(group.text(f"{name}.4")),
            continuing=_TRUTH.get(group.text(f"{name}.3")),
            comment=group.text(f"{name}.5"),
            family=group.text(f"{name}.6") == "true",
        )
        for place, group in enumerate(report.all(name), 1)
    )


def _past(report: Group, name: str) -> tuple[PastMedicine, ...]:
    return tuple(
        PastMedicine(
            id=f"m{place}",
            name=group.text(f"{name}.1"),
            start=date_of(group.text(f"{name}.4")),
            end=date_of(group.text(f"{name}.5")),
            indication=term(group, f"{name}.6a", f"{name}.6b"),
            reaction=term(group, f"{name}.7a", f"{name}.7b"),
        )
        for place, group in enumerate(report.all(name), 1)
    )


def _causes(report: Group, name: str) -> tuple[CauseOfDeath, ...]:
    autopsy = name == "D.9.4.r"
    return tuple(
        CauseOfDeath(
            f"{'a' if autopsy else 'c'}{place}",
            group.text(f"{name}.2"),
            term(group, f"{name}.1a", f"{name}.1b"),
            autopsy,
        )
        for place, group in enumerate(report.all(name), 1)
    )
