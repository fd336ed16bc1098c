"""Where signals are counted from on the command line: the desk's own cases, a table, or quarters of FAERS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from assistant.triage.case import Case
    from assistant.triage.signals.report_set import ReportSet
    from assistant.triage.signals.shrinker import Prior

CASES = "cases"


@contextmanager
def reports_of(source: str, names: str, as_written: bool, with_candidates: bool) -> Iterator[ReportSet]:
    """The reports of a source while the context is open.

    Raises:
        BadParameter: `names` is none of its choices.
        ReportsInvalid, FaersInvalid: the source cannot be read.
    """
    from assistant.triage.signals.cases import of_cases
    from assistant.triage.signals.faers_tables import Names
    from assistant.triage.signals.sources import opened

    if names not in list(Names):
        raise typer.BadParameter(f"--names is {' or '.join(Names)}")
    if source != CASES:
        with opened(Path(source), names=Names(names), as_written=as_written) as reports:
            yield reports
        return
    yield of_cases(_stored_cases(), with_candidates=with_candidates)


def named(source: str) -> str:
    """A source as it is shown and recorded: `cases`, or the name of the file or folder."""
    return source if source == CASES else Path(source).name


def columns_of(stratify: str) -> list[str]:
    """The columns of --stratify."""
    return [each.strip() for each in stratify.split(",") if each.strip()]


def prior_of(text: str) -> Prior | None:
    """The prior of --prior, None where it is to be fitted. Raises `BadParameter`."""
    from assistant.triage.signals.shrinker import Prior

    if not text:
        return None
    try:
        a1, b1, a2, b2, weight = (float(each) for each in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("--prior is five numbers with commas: α1,β1,α2,β2,weight") from error
    return Prior(a1, b1, a2, b2, weight)


def _stored_cases() -> Iterator[Case]:
    """The cases of the casebook that the settings name; nothing is written, so no deadline is computed."""
    from assistant.database import open_database
    from assistant.ledger import Ledger
    from assistant.triage.casebook import Casebook
    from ui.settings import load

    engine = open_database(load().database)
    return Casebook(engine, Ledger(engine), lambda _: None).cases()
