"""A value stays with its label and a bare cell in its place; one commented row per rule."""

from __future__ import annotations

import pytest

from guardrails.cells import misplaced

ROWS = [
    # the same cells, all or some of them
    ("Onset: slow; Peak: rapid.", "Onset: slow; Peak: rapid; Dose: 500 mg.", ""),
    ("Onset: slow; Dose: 0.5 g.", "Onset: slow; Peak: rapid; Dose: 500 mg.", ""),
    ("Initial dose; 500 mg; Later; 850 mg", "Initial dose; 500 mg; Later; 850 mg", ""),
    # labelled cells may change places with their values, bare ones may not
    ("Peak: rapid; Onset: slow.", "Onset: slow; Peak: rapid.", ""),
    ("Later; 500 mg; Initial dose; 850 mg", "Initial dose; 500 mg; Later; 850 mg", "500 mg"),
    ("Titration B | 500 mg | Titration A", "Titration A | 500 mg | Titration B", "500 mg"),
    # values that changed their labels
    ("Onset: rapid; Peak: slow.", "Onset: slow; Peak: rapid.", "Onset: rapid"),
    ("Morning: 850 mg; Evening: 500 mg", "Morning: 500 mg; Evening: 850 mg", "Morning: 850 mg"),
    # two statements are no cells, and one has no other place
    (
        "Take the capsules whole with plenty of cold water; never take double or extra doses for missed ones.",
        "Never take double or extra doses for missed ones; take the capsules whole with plenty of cold water.",
        "",
    ),
    ("Onset: rapid.", "Onset: slow; Peak: rapid.", ""),
]


@pytest.mark.parametrize(("claim", "quote", "cell"), ROWS)
def test_cells_stay_where_they_are(claim: str, quote: str, cell: str) -> None:
    assert misplaced(claim, quote) == cell
