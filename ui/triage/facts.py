"""The parts of a case page with reported facts: report, patient, reporters, medicines, tests."""

from __future__ import annotations

from assistant.triage.product import Product
from assistant.triage.terms import Term
from ui.markup import text
from ui.triage.fields import CONDITION, DOSING, INDICATION, PATIENT, PRODUCT, REPORT, REPORTER, TEST
from ui.triage.marks import pill, table
from ui.triage.view import CaseView, adder, fields, remover


def patient(view: CaseView) -> str:
    """The patient, the history, the reporters, and the report itself."""
    case = view.case
    history = "".join(
        f'<div class="item">{fields(view, f"patient.history[{each.id}]", each, CONDITION)}'
        f"{remover(view, f'patient.history[{each.id}]', each.name)}</div>"
        for each in case.patient.history
    )
    reporters = "".join(
        f'<div class="item">{fields(view, f"reporters[{each.id}]", each, REPORTER)}'
        f"{remover(view, f'reporters[{each.id}]', 'the reporter')}</div>"
        for each in case.reporters
    )
    tests = "".join(
        f'<div class="item">{fields(view, f"tests[{each.id}]", each, TEST)}'
        f"{remover(view, f'tests[{each.id}]', each.name)}</div>"
        for each in case.tests
    )
    return (
        f"<h3>Patient</h3>{fields(view, 'patient', case.patient, PATIENT)}"
        f"<h3>Conditions</h3>{history or _none('No condition is recorded.')}"
        f"{adder(view, 'patient.history[]', 'a condition', 'Add a condition')}"
        f"<h3>Reporters</h3>{reporters or _none('Nobody is recorded as the reporter.')}"
        f"{adder(view, 'reporters[]', 'city or organisation', 'Add a reporter')}"
        f"<h3>Tests</h3>{tests or _none('No test is recorded.')}"
        f"{adder(view, 'tests[]', 'name of the test', 'Add a test')}"
        f"<h3>Report</h3>{fields(view, '', case, REPORT)}"
    )


def medicines(view: CaseView) -> str:
    """Every medicine with its courses and indications."""
    cards = "".join(_medicine(view, product) for product in view.case.products)
    return (
        f"{cards or _none('No medicine is recorded: a report needs at least one that is suspected.')}"
        f"{adder(view, 'products[]', 'name of the medicine', 'Add a medicine')}{_special(view)}"
    )


def _medicine(view: CaseView, product: Product) -> str:
    path = f"products[{product.id}]"
    courses = "".join(
        f'<div class="item">{fields(view, f"{path}.dosings[{each.id}]", each, DOSING)}'
        f"{remover(view, f'{path}.dosings[{each.id}]', 'this course')}</div>"
        for each in product.dosings
    )
    reasons = "".join(
        f'<div class="item">{fields(view, f"{path}.indications[{each.id}]", each, INDICATION)}{term_line(each.term)}'
        f"{remover(view, f'{path}.indications[{each.id}]', each.verbatim)}</div>"
        for each in product.indications
    )
    substances = ", ".join(each.name for each in product.substances)
    also = f'<p class="faint">Substances: {text(substances)}</p>' if substances else ""
    return (
        f'<section class="card"><header><h3>{text(product.name)}</h3>{pill(product.role.value, "role")}'
        f'<span class="spacer"></span>{remover(view, path, product.name)}</header>'
        f"{fields(view, path, product, PRODUCT)}{also}"
        f"<h4>Courses</h4>{courses or _none('No dose is recorded.')}"
        f"{adder(view, f'{path}.dosings[]', 'dose in the reporter’s words', 'Add a course')}"
        f"<h4>Indications</h4>{reasons or _none('No indication is recorded.')}"
        f"{adder(view, f'{path}.indications[]', 'why it was taken', 'Add an indication')}</section>"
    )


def term_line(term: Term | None) -> str:
    """A coded term in one faint line, "" where there is none."""
    if term is None:
        return ""
    return f'<p class="faint">{text(term.text)} · {text(term.dictionary)} {text(term.version)} {text(term.code)}</p>'


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
