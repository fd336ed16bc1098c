"""The fields of a case that the board shows and lets people edit; how they are typed in is `ui/triage/spec.py`.

A field is known by its path without ids ("events[].outcome"); what is not in `SPECS` cannot be edited here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.triage.case import EventOutcome, NullFlavour, ReportType, Study
from assistant.triage.changes import Json, encode
from assistant.triage.e2b.codes import STUDY_TYPE
from assistant.triage.e2b.table import by_number
from assistant.triage.errors import FieldInvalid
from assistant.triage.people_in_case import AgeGroup, Parent, Qualification, Sex
from assistant.triage.product import ActionTaken, ProductRole
from ui.triage.spec import Kind, Spec, choice

REPORT: Mapping[str, Spec] = {
    "report_type": choice("Type of report", ReportType),
    "country": Spec("Country of the reaction", Kind.COUNTRY),
    "markets": Spec("Markets", Kind.WORDS),
    "worldwide_id": Spec("Worldwide case id"),
    "other_ids": Spec("Other ids", Kind.WORDS),
    "literature": Spec("Literature", Kind.WORDS),
}
PATIENT: Mapping[str, Spec] = {
    "identification": Spec("Initials or code"),
    "age": Spec("Age at onset", Kind.MEASURE),
    "age_group": choice("Age group", AgeGroup),
    "sex": choice("Sex", Sex),
    "birth": Spec("Date of birth", Kind.DATE),
    "weight_kg": Spec("Weight, kg", Kind.NUMBER),
    "height_cm": Spec("Height, cm", Kind.NUMBER),
    "pregnant": Spec("Pregnant", Kind.YES_NO),
    "breastfeeding": Spec("Breastfeeding", Kind.YES_NO),
    "last_period": Spec("Last period", Kind.DATE),
    "history_text": Spec("Medical history", Kind.LONG),
    "died": Spec("Date of death", Kind.DATE),
    "autopsy": Spec("Autopsy", Kind.YES_NO),
}
CONDITION: Mapping[str, Spec] = {
    "name": Spec("Condition"),
    "term": Spec("Coded as", Kind.TERM),
    "start": Spec("Since", Kind.DATE),
    "end": Spec("Until", Kind.DATE),
    "continuing": Spec("Continuing", Kind.YES_NO),
    "comment": Spec("Comment"),
}
HISTORY: Mapping[str, Spec] = {**CONDITION, "family": Spec("In the family", Kind.YES_NO)}
PAST_MEDICINE: Mapping[str, Spec] = {
    "name": Spec("Medicine"),
    "start": Spec("Started", Kind.DATE),
    "end": Spec("Stopped", Kind.DATE),
    "indication": Spec("Taken for", Kind.TERM),
    "reaction": Spec("Reaction to it", Kind.TERM),
}
CAUSE_OF_DEATH: Mapping[str, Spec] = {
    "text": Spec("Cause of death"),
    "term": Spec("Coded as", Kind.TERM),
    "from_autopsy": Spec("Found by autopsy", Kind.YES_NO),
}
PARENT: Mapping[str, Spec] = {
    "identification": Spec("Initials or code"),
    "sex": choice("Sex", Sex),
    "age": Spec("Age", Kind.MEASURE),
    "birth": Spec("Date of birth", Kind.DATE),
    "last_period": Spec("Last period", Kind.DATE),
    "weight_kg": Spec("Weight, kg", Kind.NUMBER),
    "height_cm": Spec("Height, cm", Kind.NUMBER),
    "history_text": Spec("Medical history", Kind.LONG),
}
STUDY: Mapping[str, Spec] = {
    "name": Spec("Name of the study"),
    "number": Spec("Sponsor’s number"),
    "type": Spec("Type of study", Kind.CHOICE, tuple(STUDY_TYPE)),
    "registrations": Spec("Registrations", Kind.WORDS),
    "ind": Spec("IND number"),
    "pre_anda": Spec("Pre-ANDA number"),
}
SUBSTANCE: Mapping[str, Spec] = {"name": Spec("Substance"), "strength": Spec("Strength", Kind.MEASURE)}
REPORTER: Mapping[str, Spec] = {
    "qualification": choice("Qualification", Qualification),
    "country": Spec("Country", Kind.COUNTRY),
    "organisation": Spec("Organisation"),
    "city": Spec("City"),
    "name": Spec("Name (masked)"),
    "may_be_contacted": Spec("May be asked again", Kind.YES_NO),
    "primary": Spec("Primary reporter", Kind.YES_NO),
}
PRODUCT: Mapping[str, Spec] = {
    "name": Spec("Name as reported"),
    "role": choice("Role", ProductRole),
    "ingredient": Spec("Ingredient"),
    "action": choice("Action taken", ActionTaken),
    "holder": Spec("Authorisation holder"),
    "authorisation": Spec("Authorisation number"),
    "country_obtained": Spec("Obtained in", Kind.COUNTRY),
    "comment": Spec("Comment", Kind.LONG),
}
DOSING: Mapping[str, Spec] = {
    "text": Spec("Dose as reported"),
    "amount": Spec("One dose", Kind.MEASURE),
    "interval_count": Spec("Every", Kind.NUMBER),
    "interval_unit": Spec("Unit (h, d, wk)"),
    "route": Spec("Route"),
    "start": Spec("Started", Kind.DATE),
    "end": Spec("Stopped", Kind.DATE),
    "batch": Spec("Batch"),
}
INDICATION: Mapping[str, Spec] = {"verbatim": Spec("Taken for"), "term": Spec("Coded as", Kind.TERM)}
EVENT: Mapping[str, Spec] = {
    "verbatim": Spec("Reporter’s words"),
    "translation": Spec("In English"),
    "onset": Spec("Onset", Kind.DATE),
    "end": Spec("End", Kind.DATE),
    "duration": Spec("Duration", Kind.MEASURE),
    "outcome": choice("Outcome", EventOutcome),
    "country": Spec("Country", Kind.COUNTRY),
    "confirmed_by_professional": Spec("Medically confirmed", Kind.YES_NO),
}
TEST: Mapping[str, Spec] = {
    "name": Spec("Test"),
    "day": Spec("Date", Kind.DATE),
    "value": Spec("Value", Kind.NUMBER),
    "unit": Spec("Unit"),
    "text": Spec("Result in words", Kind.LONG),
}
NARRATIVE: Mapping[str, Spec] = {
    "text": Spec("Narrative", Kind.LONG),
    "reporter_comment": Spec("Reporter’s comment", Kind.LONG),
    "sender_comment": Spec("Sender’s comment", Kind.LONG),
}
_GROUPS: tuple[tuple[str, Mapping[str, Spec]], ...] = (
    ("", REPORT),
    ("patient.", PATIENT),
    ("patient.history[].", HISTORY),
    ("patient.past_medicines[].", PAST_MEDICINE),
    ("patient.causes_of_death[].", CAUSE_OF_DEATH),
    ("patient.parent.", PARENT),
    ("patient.parent.history[].", CONDITION),
    ("patient.parent.past_medicines[].", PAST_MEDICINE),
    ("study.", STUDY),
    ("reporters[].", REPORTER),
    ("products[].", PRODUCT),
    ("products[].substances[].", SUBSTANCE),
    ("products[].dosings[].", DOSING),
    ("products[].indications[].", INDICATION),
    ("events[].", EVENT),
    ("tests[].", TEST),
    ("narrative.", NARRATIVE),
)
SPECS: Mapping[str, Spec] = {f"{start}{name}": spec for start, group in _GROUPS for name, spec in group.items()}
"""Every field that can be edited on the board, by its path without ids."""

ITEMS: Mapping[str, tuple[str, str]] = {
    "reporters[]": ("q", "city"),
    "products[]": ("p", "name"),
    "products[].substances[]": ("u", "name"),
    "products[].dosings[]": ("d", "text"),
    "products[].indications[]": ("i", "verbatim"),
    "events[]": ("e", "verbatim"),
    "tests[]": ("t", "name"),
    "patient.history[]": ("h", "name"),
    "patient.past_medicines[]": ("m", "name"),
    "patient.causes_of_death[]": ("c", "text"),
    "patient.parent.history[]": ("h", "name"),
    "patient.parent.past_medicines[]": ("m", "name"),
}
"""Lists to which a person can add: the first letter of an id, and the field that the typed words go to."""


WHOLE: Mapping[str, Json] = {"patient.parent": encode(Parent()), "study": encode(Study())}
"""Groups that a case has once or not at all, as they are when a person has just added them."""

_ELEMENTS: Mapping[str, str] = {
    **{"patient.identification": "D.1", "patient.birth": "D.2.1", "patient.age_group": "D.2.3", "patient.sex": "D.5"},
    **{"patient.last_period": "D.6", "patient.history_text": "D.7.2", "patient.died": "D.9.1"},
    **{"patient.autopsy": "D.9.3", "patient.history[].start": "D.7.1.r.2", "patient.history[].end": "D.7.1.r.4"},
    **{"patient.past_medicines[].name": "D.8.r.1", "patient.past_medicines[].start": "D.8.r.4"},
    **{"patient.past_medicines[].end": "D.8.r.5", "patient.parent.history[].start": "D.10.7.1.r.2"},
    **{"patient.parent.history[].end": "D.10.7.1.r.4", "patient.parent.past_medicines[].name": "D.10.8.r.1"},
    **{"patient.parent.past_medicines[].start": "D.10.8.r.4", "patient.parent.past_medicines[].end": "D.10.8.r.5"},
    **{"reporters[].organisation": "C.2.r.2.1", "reporters[].city": "C.2.r.2.4", "reporters[].country": "C.2.r.3"},
    **{"reporters[].qualification": "C.2.r.4", "events[].onset": "E.i.4", "events[].end": "E.i.5"},
    **{"tests[].day": "F.r.1", "products[].dosings[].start": "G.k.4.r.4", "products[].dosings[].end": "G.k.4.r.5"},
}
"""The elements whose null flavour a report takes from the case, by the path of their field."""

EMPTY_WORDS: Mapping[NullFlavour, str] = {
    NullFlavour.NO_INFORMATION: "no information",
    NullFlavour.MASKED: "masked",
    NullFlavour.UNKNOWN: "unknown",
    NullFlavour.NOT_APPLICABLE: "not applicable",
    NullFlavour.ASKED_UNKNOWN: "asked, but unknown",
    NullFlavour.NOT_ASKED: "not asked",
}


def empty_choices(path: str) -> tuple[NullFlavour, ...]:
    """The null flavours that a report allows where this field is empty; none where it has none."""
    element = by_number().get(_ELEMENTS.get(without_ids(path), ""))
    return tuple(each for each in NullFlavour if element is not None and each.value in element.nulls)


def without_ids(path: str) -> str:
    """The path with its ids taken out: "events[e1].outcome" is "events[].outcome"."""
    return re.sub(r"\[[^\]]*\]", "[]", path)


def spec_of(path: str) -> Spec:
    """The field at a path. Raises `FieldInvalid` for one that the board does not edit."""
    spec = SPECS.get(without_ids(path))
    if spec is None:
        raise FieldInvalid(f"“{path}” cannot be edited here.")
    return spec


def label_of(path: str) -> str:
    """A path in words, for the history: "events[e1].outcome" is "Outcome (e1)"; others stay as they are."""
    if inner := re.fullmatch(r"unknowns\[(.*)\]", path):
        return f"Why empty: {label_of(inner[1])}"
    if path in WHOLE:
        return {"patient.parent": "Parent", "study": "Study"}[path]
    spec = SPECS.get(without_ids(path))
    ids = re.findall(r"\[([^\]]+)\]", path)
    return f"{spec.label} ({', '.join(ids)})" if spec and ids else spec.label if spec else path
