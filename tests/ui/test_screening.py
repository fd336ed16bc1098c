"""A reason that is kept names no patient, and one that cannot be searched is not kept."""

from __future__ import annotations

from pathlib import Path

from retrieval.settings import RetrievalSettings
from ui.screening import NOT_KEPT, screened


def test_a_reason_is_kept_without_identifiers() -> None:
    found = screened("  Wrong dose for Mrs Mary Johnson, MRN 4711234 ", RetrievalSettings())
    assert found.startswith("Wrong dose for")
    assert not any(value in found for value in ("Johnson", "4711234"))


def test_a_reason_that_cannot_be_searched_is_not_kept(tmp_path: Path) -> None:
    elsewhere = RetrievalSettings(model=str(tmp_path))
    assert screened("Wrong dose for Mrs Mary Johnson", elsewhere) == NOT_KEPT
