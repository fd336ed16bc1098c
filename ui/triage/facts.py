"""The parts of a case page with reported facts: report, patient, parent, study, reporters, medicines, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assistant.people import May
from assistant.triage.dictionaries.whodrug import MedicineRecord
from assistant.triage.people_in_case import Parent
from assistant.triage.product import Product
from ui.markup import text
from ui.triage.fields import (
    CAUSE_OF_DEATH,
    CONDITION,
    DOSING,
    HISTORY,
    INDICATION,
    PARENT,
    PAST_MEDICINE,
    PATIENT,
    PRODUCT,
    REPORT,
    REPORTER,
    STUDY,
    SUBSTANCE,
    TEST,
)
from ui.triage.marks import do_button, pill, table
from ui.triage.spec import Spec
from ui.triage.view import CaseView, adder, fields, group_adder, remover


class _Item(Protocol):
    @property
    def id(self) -> str: ...


def patient(view: CaseView) -> str:
    """The patient, the history, the parent, the reporters, the study, and the report itself."""
    case = view.case
    facts = case.patient
    conditions = _items(view, "patient.history", facts.history, HISTORY, "No condition is recorded.")
    past = _items(view, "patient.past_medicines", facts.past_medicines, PAST_MEDICINE, "None is recorded.")
    causes = _items(view, "patient.causes_of_death", facts.causes_of_death, CAUSE_OF_DEATH, "None is recorded.")
    reporters = _items(view, "reporters", case.reporters, REPORTER, "Nobody is recorded as the reporter.")
    tests = _items(view, "tests", case.tests, TEST, "No test is recorded.")
    return (
        f"<h3>Patient</h3>{fields(view, 'patient', facts, PATIENT)}"
        f"<h3>Conditions</h3>{conditions}{adder(view, 'patient.history[]', 'a condition', 'Add a condition')}"
        f"<h3>Medicines of the past</h3>{past}"
        f"{adder(view, 'patient.past_medicines[]', 'name of the medicine', 'Add a past medicine')}"
        f"<h3>Causes of death</h3>{causes}"
        f"{adder(view, 'patient.causes_of_death[]', 'the reporter’s words', 'Add a cause of death')}"
        f"<h3>Parent</h3>{_parent(view, facts.parent)}"
        f"<h3>Reporters</h3>{reporters}"
        f"{adder(view, 'reporters[]', 'city or organisation', 'Add a reporter')}"
        f"<h3>Tests</h3>{tests}{adder(view, 'tests[]', 'name of the test', 'Add a test')}"
        f"<h3>Study</h3>{_study(view)}"
        f"<h3>Report</h3>{fields(view, '', case, REPORT)}"
    )


def medicines(view: CaseView) -> str:
    """Every medicine with its substances, courses and indications."""
    cards = "".join(_medicine(view, product) for product in view.case.products)
    return (
        f"{cards or _none('No medicine is recorded: a report needs at least one that is suspected.')}"
        f"{adder(view, 'products[]', 'name of the medicine', 'Add a medicine')}{_special(view)}"
    )


def _items(view: CaseView, path: str, items: Sequence[_Item], group: Mapping[str, Spec], nothing: str) -> str:
    """The items of a list, each with its fields and the button that takes it out."""
    first = next(iter(group))
    shown = "".join(
        f'<div class="item">{fields(view, f"{path}[{each.id}]", each, group)}'
        f"{remover(view, f'{path}[{each.id}]', str(getattr(each, first) or 'this entry'))}</div>"
        for each in items
    )
    return shown or _none(nothing)


def _parent(view: CaseView, parent: Parent | None) -> str:
    path = "patient.parent"
    if parent is None:
        return _none("Only for a child or a foetus.") + group_adder(view, path, "Add data of the mother or father")
    history = _items(view, f"{path}.history", parent.history, CONDITION, "No condition of the parent is recorded.")
    past = _items(view, f"{path}.past_medicines", parent.past_medicines, PAST_MEDICINE, "No past medicine is recorded.")
    return (
        f"{fields(view, path, parent, PARENT)}{history}"
        f"{adder(view, f'{path}.history[]', 'a condition', 'Add a condition of the parent')}{past}"
        f"{adder(view, f'{path}.past_medicines[]', 'name of the medicine', 'Add a past medicine of the parent')}"
        f"{remover(view, path, 'data of the parent')}"
    )


def _study(view: CaseView) -> str:
    if view.case.study is None:
        return _none("Only for a report from a study.") + group_adder(view, "study", "Add the study")
    return f"{fields(view, 'study', view.case.study, STUDY)}{remover(view, 'study', 'the study')}"


def _medicine(view: CaseView, product: Product) -> str:
    path = f"products[{product.id}]"
    substances = _items(view, f"{path}.substances", product.substances, SUBSTANCE, "No substance is recorded.")
    courses = _items(view, f"{path}.dosings", product.dosings, DOSING, "No dose is recorded.")
    reasons = _items(view, f"{path}.indications", product.indications, INDICATION, "No indication is recorded.")
    head = f'{pill(product.role.value, "role")}<span class="spacer"></span>{remover(view, path, product.name)}'
    return (
        f'<section class="card"><header><h3>{text(product.name)}</h3>{head}</header>'
        f"{fields(view, path, product, PRODUCT)}{_coded(view, product)}"
        f"<h4>Substances</h4>{substances}{adder(view, f'{path}.substances[]', 'name', 'Add a substance')}"
        f"<h4>Courses</h4>{courses}{adder(view, f'{path}.dosings[]', 'dose in the reporter’s words', 'Add a course')}"
        f"<h4>Indications</h4>{reasons}{adder(view, f'{path}.indications[]', 'why it was taken', 'Add an indication')}"
        "</section>"
    )


def _coded(view: CaseView, product: Product) -> str:
    """The record of WHODrug that a person chose, or those to choose from."""
    if view.records is None:
        return f'<p class="faint">{text(product.concept)}</p>' if product.concept else ""
    found = view.records.get(product.id, ())
    others = [each for each in found if not product.concept.endswith(f" {each.code}")]
    choice = "".join(_record(product, each) for each in others) if view.editable and view.may(May.CODE) else ""
    coded = text(product.concept) if product.concept else pill("not coded", "is-open")
    nothing = "" if found or product.concept else ' <span class="faint">WHODrug knows no such name.</span>'
    return f'<p class="adder">WHODrug: {coded}{nothing}{choice}</p>'


def _record(product: Product, each: MedicineRecord) -> str:
    words = f"{each.name}{f' ({each.substance})' if each.substance and each.substance != each.name else ''} {each.code}"
    return do_button(words, "code-medicine", "none", product=product.id, code=each.code)


def _special(view: CaseView) -> str:
    if not view.case.special:
        return ""
    names = {product.id: product.name for product in view.case.products}
    rows = (
        (
            text(each.kind.value),
            text(names.get(each.product_id, "not known")),
            f"“{text(each.quoted.text)}”" if each.quoted else "–",
        )
        for each in view.case.special
    )
    return f"<h3>Special situations</h3>{table(('Situation', 'Medicine', 'Words of the report'), rows)}"


def _none(words: str) -> str:
    return f'<p class="nothing">{text(words)}</p>'
