"""Parts of a case page that cost time: they are computed when somebody looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from threading import Lock

from assistant.triage.case import Case
from assistant.triage.desk import texts_of
from assistant.triage.duplicates.check import DuplicateCheck, check
from assistant.triage.duplicates.fingerprint import Fingerprint, fingerprint, own_words
from assistant.triage.duplicates.index import DuplicateIndex
from assistant.triage.e2b.errors import E2bError
from assistant.triage.errors import CaseMissing, FieldUnknown
from assistant.triage.narrative import narrative
from assistant.triage.states import State
from assistant.triage.worklist import Wanted
from ui.markup import text
from ui.triage.export import report_of
from ui.triage.output import checked, draft
from ui.triage.pairs import beside
from ui.triage.tools import TriageTools
from ui.triage.view import CaseView

EVERY_CASE = Wanted(limit=10_000_000)


class Resembling:
    """Finds cases that resemble one another. Its index is brought up to date before each question.

    One question at a time: the index is not to be shared between threads at one moment.
    """

    def __init__(self, tools: TriageTools, index: DuplicateIndex) -> None:
        self._tools = tools
        self._index = index
        self._known: dict[str, int] = {}
        self._lock = Lock()

    def check(self, case: Case) -> DuplicateCheck:
        """The cases worth a look beside this one. Raises `DuplicateError` where the index cannot be used."""
        with self._lock:
            self._refresh()
            return check(self._print(case), self._index)

    def _refresh(self) -> None:
        book = self._tools.desk.book
        lines = [line for line in book.worklist(EVERY_CASE) if self._known.get(line.id) != line.version]
        for line in lines:
            if line.state is State.NOT_VALID:
                self._index.forget(line.id)
        self._index.put(self._print(book.case(line.id)) for line in lines if line.state is not State.NOT_VALID)
        self._known.update((line.id, line.version) for line in lines)

    def _print(self, case: Case) -> Fingerprint:
        return fingerprint(case, self._tools.medicines, own_words(case, texts_of(self._tools.desk, case)))


class Pieces:
    """The pieces of a case page by their names."""

    def __init__(self, tools: TriageTools, resembling: Resembling) -> None:
        self._tools = tools
        self._resembling = resembling

    def piece(self, view: CaseView, name: str, market: str) -> str:
        """One piece as HTML. Raises `FieldUnknown` for one that there is not."""
        if name == "duplicates":
            found = self._resembling.check(view.case)
            return beside(view, found, self._others(found))
        if name == "narrative":
            return draft(view, narrative(view.case))
        if name == "check":
            return self._check(view, market)
        raise FieldUnknown(f"A case page has no part “{name}”.")

    def _check(self, view: CaseView, market: str) -> str:
        try:
            report = report_of(self._tools, self._tools.desk.book.case(view.case.id), market)
        except E2bError as error:
            return f'<p class="nothing">{text(str(error))}</p>'
        return checked(view, market, report.violations, str(self._tools.exports))

    def _others(self, found: DuplicateCheck) -> Mapping[str, Case]:
        others = {}
        for each in found.beside:
            # A case that was removed from the casebook by its administrator is not shown.
            with suppress(CaseMissing):
                others[each.likeness.other] = self._tools.desk.book.case(each.likeness.other)
        return others
