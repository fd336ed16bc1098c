"""The source beside the answer: positions of the highlight, context, what is said when a document has changed."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.passage import SourceKind
from tests.fakes import dosing_passage, hostile_passage, lunarine_source, renal_passage
from ui import panel

# quote, text, what must be marked; one line per way in which a quotation is set
CASES = [
    ("500 mg", "Take 500 mg daily.", "500 mg"),  # as it stands
    ("500 mg twice", "Take 500\n  mg\ttwice.", "500\n  mg\ttwice"),  # other white space
    ("a.c (1)", "xabc a.c (1) y", "a.c (1)"),  # signs that are special in patterns
    ("Take", "Take Take", "Take"),  # the first of several
    ("50 mg", "150 mg or 50 mg", "50 mg"),  # whole words, as the checks count them
    ("600 mg", "Take 500 mg.", None),  # not there
    ("", "Take 500 mg.", None),  # nothing quoted
]


@pytest.mark.parametrize(("quote", "body", "expected"), CASES)
def test_locate(quote: str, body: str, expected: str | None) -> None:
    span = panel.locate(quote, body)
    assert (body[span[0] : span[1]] if span else None) == expected


def test_the_marked_place_is_the_one_that_the_checks_accepted() -> None:
    assert panel.locate("50 mg", "150 mg or 50 mg") == (10, 15)


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=60))
def test_marking_changes_nothing_but_the_mark(before: str, quote: str, after: str) -> None:
    shown = panel.marked(before + quote + after, (quote,))
    assert html.unescape(re.sub(r"</?mark[^>]*>", "", shown)) == html.unescape(html.escape(before + quote + after))
    if quote.split():
        marked = re.search(r"<mark[^>]*>(.*)</mark>", shown, re.DOTALL)
        assert marked is not None
        assert html.unescape(marked[1]).split() == html.unescape(html.escape(quote)).split()


def test_several_quotations_are_marked_and_overlaps_become_one() -> None:
    body = "Adults take 500 mg twice a day with meals."
    assert panel.marked(body, ("500 mg", "meals")).count("<mark") == 2
    assert '<mark class="quote">500 mg twice a day</mark>' in panel.marked(body, ("500 mg twice", "twice a day"))


def test_the_panel_names_the_source_completely() -> None:
    passage, source = renal_passage(), lunarine_source()
    shown = panel.source_panel(2, ("below 30",), passage, source, "", None)
    for expected in (
        source.title, source.publisher, "8 Use in specific populations › 8.6 Renal impairment", "31 Jan 2026",
        "public label text", source.url, '<mark class="quote">below 30</mark>', "Unverified", "Publisher",
        "Taken from Lunarine tablets, prescribing information, section 8.6",
    ):  # fmt: skip
        assert expected in shown


def test_a_monograph_is_told_apart_from_the_label_it_was_written_from() -> None:
    source = replace(lunarine_source(), kind=SourceKind.MONOGRAPH)
    shown = panel.source_panel(1, ("mg",), dosing_passage(), source, "", None)
    assert "Monograph, written from a label" in shown
    assert "Label by" in shown
    assert "Label effective" in shown
    assert "Publisher" not in shown


def test_hostile_sources_are_escaped() -> None:
    passage = hostile_passage()
    source = replace(lunarine_source(), url="javascript:alert(1)", publisher="<script>", licence="<b>")
    shown = panel.source_panel(1, (passage.text[:30],), passage, source, "", None)
    assert not re.search(r"<(script|img|b)\b", shown)
    assert "<a " not in shown


def test_a_superseded_source_names_the_newer_version() -> None:
    passage = dosing_passage()
    newer = replace(lunarine_source(), id="lunarine@4", version="4")
    old = lunarine_source(superseded_by=newer.id)
    assert "Superseded by version 4" in panel.source_panel(1, ("mg",), passage, old, "", newer)
    assert "Superseded by lunarine@4" in panel.source_panel(1, ("mg",), passage, old, "", None)


def test_a_source_that_is_gone_still_shows_the_kept_passage() -> None:
    passage = dosing_passage()
    shown = panel.source_panel(1, ("500 mg",), passage, None, "", None)
    assert "no longer in the index" in shown
    assert '<mark class="quote">500 mg</mark>' in shown
    assert "Show in context" not in shown
    assert "no longer in the index" in panel.context(("mg",), passage, None, whole=False)


def test_words_that_are_not_in_the_passage_are_shown_apart() -> None:
    shown = panel.source_panel(1, ("never written",), dosing_passage(), lunarine_source(), "", None)
    assert "<mark" not in shown
    assert "<q>never written</q>" in shown


def test_context_shows_the_passage_where_it_stands() -> None:
    passage, source = renal_passage(), lunarine_source()
    near = panel.context(("below 30",), passage, source, whole=False)
    assert near.count('<span class="here">') == 1
    assert near.count("… ") == 1
    assert "LUNARINE TABLETS" not in near
    whole = panel.context(("below 30",), passage, source, whole=True)
    assert re.sub(r"<[^>]+>", "", html.unescape(whole)).startswith("LUNARINE TABLETS")
    assert "…" not in whole


def test_context_says_so_when_the_document_has_changed() -> None:
    source = replace(lunarine_source(), text="Another text altogether.")
    shown = panel.context(("mg",), dosing_passage(), source, whole=False)
    assert "the passage has moved" in shown
    assert "Another text" not in shown
