"""Line listings: one line for each event of each case, as a table for people in CSV or Excel.

Texts come from reports that strangers wrote. A cell that a spreadsheet would take for a formula gets an apostrophe in
front in CSV, and is written as plain text in Excel; links are never made of texts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

from assistant.triage.case import Case, Event
from assistant.triage.judgement import Listed
from assistant.triage.people_in_case import Measure
from assistant.triage.product import ProductRole

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})
_WIDEST = 60
_MOST = 32_767
"""Characters that a cell of Excel holds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event of one case; every field a text as it is shown."""

    case: str
    state: str
    report_type: str
    country: str
    received: str
    age: str
    sex: str
    suspects: str
    concomitants: str
    doses: str
    event: str
    term: str
    dictionary: str
    onset: str
    end: str
    outcome: str
    serious: str
    criteria: str
    expected: str
    causality: str
    owner: str


HEADINGS = (
    "Case", "State", "Report type", "Country", "First received", "Age", "Sex", "Suspect medicines", "Other medicines",
    "Doses", "Event as reported", "Coded term", "Dictionary", "Onset", "End", "Outcome", "Serious", "Criteria",
    "Expected", "Causality", "Owner",
)  # fmt: skip


def lines(cases: Iterable[Case]) -> Iterator[Line]:
    """The lines of cases, in their order; a case without an event has one line all the same."""
    for case in cases:
        for event in case.events or (None,):
            yield _line(case, event)


def _line(case: Case, event: Event | None) -> Line:
    suspects = [product for product in case.products if product.role in _SUSPECTED]
    doses = (dosing.text or _measure(dosing.amount) for product in suspects for dosing in product.dosings)
    first = min(case.receipts, key=lambda receipt: receipt.at, default=None)
    pairs = [(event.id, product.id) for product in suspects] if event else []
    return Line(
        case=case.label,
        state=case.state.value,
        report_type=case.report_type.value,
        country=(event.country if event else "") or case.country,
        received=str(first.day) if first else "",
        age=_measure(case.patient.age),
        sex=case.patient.sex.value if case.patient.sex else "",
        suspects=_joined(product.name for product in suspects),
        concomitants=_joined(product.name for product in case.products if product.role not in _SUSPECTED),
        doses=_joined(doses),
        event=event.verbatim if event else "",
        term=event.term.text or event.term.code if event and event.term else "",
        dictionary=f"{event.term.dictionary} {event.term.version}" if event and event.term else "",
        onset=str(event.onset) if event and event.onset else "",
        end=str(event.end) if event and event.end else "",
        outcome=event.outcome.value if event and event.outcome else "",
        serious=_serious(event) if event else "",
        criteria=_joined(each.criterion.value for each in event.seriousness) if event else "",
        expected=_joined(_expected(case, pair) for pair in pairs),
        causality=_joined(_causality(case, pair) for pair in pairs),
        owner=case.owner,
    )


def _expected(case: Case, pair: tuple[str, str]) -> str:
    found = [each.listed for each in case.expectedness if (each.event_id, each.product_id) == pair]
    return (found[0] if found else Listed.UNKNOWN).value


def _serious(event: Event) -> str:
    """ "no" only where a person said so: what nobody has judged may be serious."""
    return "yes" if event.is_serious else "no" if event.judged_not_serious_by else "not judged"


def _causality(case: Case, pair: tuple[str, str]) -> str:
    for each in case.causality:
        if (each.event_id, each.product_id) == pair and each.category:
            return each.category.value if each.committed_by else f"{each.category.value} (proposed)"
    return "not judged"


def _measure(measure: Measure | None) -> str:
    return f"{measure.value:f} {measure.unit}" if measure else ""


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def as_csv(cases: Iterable[Case]) -> bytes:
    """The listing as CSV in UTF-8 with a byte order mark, so that Excel reads its letters."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([harmless(text) for text in astuple(line)] for line in lines(cases))
    return held.getvalue().encode("utf-8-sig", "backslashreplace")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, also behind spaces."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def as_excel(cases: Iterable[Case]) -> bytes:
    """The listing as an Excel file with a heading that stays in sight and filters; every cell is text."""
    from xlsxwriter import Workbook

    held = io.BytesIO()
    book = Workbook(held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Line listing", "author": "pharmassist"})
    sheet = book.add_worksheet("Line listing")
    heading = book.add_format({"bold": True, "bg_color": "#E3E8EE", "text_wrap": True, "valign": "top", "border": 1})
    plain = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    widths = [len(words) for words in HEADINGS]
    for column, words in enumerate(HEADINGS):
        sheet.write_string(0, column, words, heading)
    last = 0
    for row, line in enumerate(lines(cases), 1):
        last = row
        for column, text in enumerate(astuple(line)):
            safe = text.encode("utf-8", "backslashreplace").decode()[:_MOST]
            sheet.write_string(row, column, safe, plain)
            widths[column] = max(widths[column], min(len(safe), _WIDEST))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, _WIDEST) + 2)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(last, 1), len(HEADINGS) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    book.close()
    return held.getvalue()
