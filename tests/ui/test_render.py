"""Turns as HTML: what is shown, what is escaped, what can never be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from assistant.conversation import Answer, Event, Flag, FlagKind, Progress, Question, Refusal, RefusalReason, Step, Turn
from guardrails.verdict import Finding, Severity
from retrieval.passage import Citation
from tests.fakes import (
    canned_answer,
    canned_refusal,
    checked,
    dosing_passage,
    fallback_answer,
    hostile_answer,
    withheld,
)
from ui import page, render
from ui.assessment import warnings
from ui.numbering import numbers
from ui.status import Status
from ui.words import CHOICES, FLAG_WORDS, REFUSAL_TITLES, STEP_WORDS

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def question(words: str = "Dose of lunarine?") -> Question:
    return Question("t1", "c1", words, NOW)


def turn(outcome: Answer | Refusal) -> Turn:
    return Turn("t1", "c1", outcome, NOW)


class Tags(HTMLParser):
    """The tags and attributes of a piece of HTML, and whether every tag is closed in order."""

    VOID = frozenset({"input", "path", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.seen if name == tag]


def chips(html: str) -> list[dict[str, str | None]]:
    return [attrs for attrs in Tags(html).named("button") if attrs.get("data-action") == "source"]


def test_citations_are_numbered_in_the_order_of_the_claims() -> None:
    answer = canned_answer(question())
    assert numbers(answer.claims) == {"lun-2.1": 1, "lun-8.6": 2}
    shown = chips(render.turn_article(turn(answer)))
    assert [(chip["data-claim"], chip["data-citation"]) for chip in shown] == [
        ("0", "0"),
        ("1", "0"),
        ("2", "0"),
        ("2", "1"),
    ]
    assert shown[0]["aria-label"] == "Source 1: Lunarine hydrochloride tablets, 2.1 Adults"
    assert shown[2]["aria-label"] == "Source 2: Lunarine hydrochloride tablets, 8.6 Renal impairment (unverified)"


def test_a_passage_that_one_claim_cites_twice_has_one_number() -> None:
    passage = dosing_passage()
    claim = checked("A sentence.", Citation(passage.key, "Adults"), Citation(passage.key, "tablets"))
    answer = replace(canned_answer(question()), claims=(claim,))
    assert len(chips(render.turn_article(turn(answer)))) == 1


@pytest.mark.parametrize("make", [canned_answer, canned_refusal, fallback_answer, hostile_answer])
def test_every_tag_is_closed(make: object) -> None:
    assert callable(make)
    flags = (Flag("f", "t1", FlagKind.UNSAFE, "comment", "corrected", NOW, "someone"),)
    assert Tags(render.thread("c1", (turn(make(question())),), {"t1": flags})).open == []


def test_text_from_people_and_documents_never_becomes_markup() -> None:
    flags = (Flag("f", "t1", FlagKind.OTHER, "<script>x()</script>", "<img src=x>", NOW, "someone"),)
    shown = turn(hostile_answer(question("<script>alert(1)</script> dose?")))
    html = render.thread('"><script>', (shown,), {"t1": flags})
    names = {tag for tag, _ in Tags(html).seen}
    assert not names & {"script", "img", "b", "i"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt; dose?" in html
    assert not any(key.startswith("on") for _, attrs in Tags(html).seen for key in attrs)


def test_text_in_the_frame_is_escaped() -> None:
    status = Status("<script>", 1, None, "<b>m</b>")
    assert "<b>" not in page.header(status)
    assert "<script>" not in page.problem("<script>")
    assert "<script>" not in render.live("<script>", ())


def test_the_live_turn_shows_checked_sentences_and_never_a_withheld_one() -> None:
    answer = canned_answer(question())
    events: list[Event] = [
        Progress(Step.SCREENING),
        Progress(Step.DRAFTING, "12 passages"),
        *answer.claims[:1],
        *answer.withheld,
    ]
    html = render.live("Dose?", events)
    assert answer.claims[0].claim.text.split()[-2] in html
    assert answer.claims[1].claim.text not in html
    assert answer.withheld[0].claim.text not in html
    assert "1 sentence withheld by the checks" in html
    assert chips(html) == []


def test_the_steps_say_which_is_in_progress() -> None:
    html = render.live("Dose?", [Progress(Step.SCREENING), Progress(Step.SEARCHING)])
    current = [attrs for attrs in Tags(html).named("li") if attrs.get("aria-current")]
    assert [attrs["class"] for attrs in current] == ["step is-now"]
    assert html.index('aria-current="step"') < html.index(STEP_WORDS[Step.SEARCHING])
    assert html.count("is-done") == 1


def test_withheld_sentences_are_marked_as_such_with_their_reason() -> None:
    html = render.turn_article(turn(canned_answer(question())))
    item = html[html.index('<ul class="withheld">') :]
    assert "Withheld, do not use" in item
    assert "<s class" in item
    assert "does not occur in the quoted words" in item
    assert "1 sentence was withheld because a check failed" in html


def test_a_warning_comes_before_its_sentence_and_a_remark_after_it() -> None:
    warn = Finding("dose.high", "1", Severity.WARN, "Above the usual dose.")
    remark = Finding("dose.note", "1", Severity.INFORM, "Counted per day.")
    claim = checked("Take it twice.", Citation("lun-2.1", "Adults"), findings=(warn, remark))
    html = render.turn_article(turn(replace(canned_answer(question()), claims=(claim,))))
    assert html.index(warn.explanation) < html.index("Take it") < html.index(remark.explanation)


def test_notices_and_the_fallback_come_before_the_first_sentence() -> None:
    answer = fallback_answer(question())
    html = render.turn_article(turn(answer))
    first = html.index(answer.claims[0].claim.text[:20])
    assert html.index(answer.notices[0]) < html.index(answer.basis.fallback) < first


def test_a_refusal_says_what_is_missing_and_what_to_do_and_has_no_citation() -> None:
    refusal = canned_refusal(question())
    html = render.turn_article(turn(refusal))
    assert "is-refusal" in html
    assert "Not answered" in html
    assert "Zubrovine is not in the index" in html
    assert "What to do next" in html
    assert chips(html) == []


def test_a_refusal_shows_what_was_withheld() -> None:
    refusal = replace(canned_refusal(question()), withheld=(withheld("Take ten.", "No source says ten."),))
    html = render.turn_article(turn(refusal))
    assert "Take ten." in html[html.index('<ul class="withheld">') :]
    assert "Take ten." not in html[: html.index('<ul class="withheld">')]


def test_every_value_has_words() -> None:
    assert set(REFUSAL_TITLES) == set(RefusalReason)
    assert set(STEP_WORDS) == set(Step)
    assert set(FLAG_WORDS) == set(FlagKind)
    assert set(CHOICES) == set(FlagKind) - {FlagKind.ADVERSE_EVENT, FlagKind.ESCALATED}


def test_the_evidence_of_a_warning_does_not_repeat_its_sentence() -> None:
    told = Finding(
        "dose.renal", "1", Severity.WARN, "Halve the dose (here: 20 mL/min).", evidence="Halve the dose. (A, 8.6)"
    )
    other = Finding("dose.renal", "2", Severity.WARN, "6 g is over 4 g.", evidence="At most 4 g a day. (A, 2.1)")
    html = warnings("t", 0, (told, other), ())
    assert '<span class="evidence">A, 8.6</span>' in html
    assert '<span class="evidence">At most 4 g a day. (A, 2.1)</span>' in html
