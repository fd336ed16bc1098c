"""The desk on a real database: who may do what, what is kept of it, and what needs a second person or a signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assistant.chain import EntryKind
from assistant.conversation import Flag, FlagKind
from assistant.errors import NotAllowed
from assistant.people import Meaning
from assistant.signing import signatures_of
from assistant.triage.audit import case_breaks
from assistant.triage.case import Case, SourceOrigin
from assistant.triage.causality import Answered, reconsidered
from assistant.triage.desk import CASE_HASH, Arrived, assign, change, follow_up, texts_of
from assistant.triage.errors import (
    CaseChanged,
    FieldInvalid,
    FieldUnknown,
    JudgementRefused,
    MergeRefused,
    MoveRefused,
    SignatureMissing,
)
from assistant.triage.hiding import HIDDEN, changes_seen_by, seen_by
from assistant.triage.judgement import Criterion, Expectedness, Listed, NaranjoAnswer, WhoUmc
from assistant.triage.judging import (
    causality_to_sign,
    code_event,
    commit_causality,
    judge_criterion,
    propose_again,
    set_expectedness,
    set_seriousness,
)
from assistant.triage.merging import merge, undo_merge
from assistant.triage.moving import (
    Answer,
    Written,
    answered,
    ask_to_close,
    closing_to_sign,
    confirm_closing,
    confirming_to_sign,
    decline_closing,
    export_to_sign,
    exported,
    move,
    not_valid_to_sign,
    unfinished,
)
from assistant.triage.opening import import_text, take_in
from assistant.triage.people_in_case import Qualification
from assistant.triage.signed import case_hash
from assistant.triage.states import State
from assistant.triage.terms import Term
from assistant.triage.worklist import Wanted
from tests.assistant.triage.made_desk import NOW, SECRET, Office, office
from tests.assistant.turns import answer_turn

REPORT = "My patient, 67 yo, took Lunarine and had vomiting. She was admitted to hospital."
TWO = "A patient took Lunarine and had itching.\nAnother patient took Moonex and had fainting; he died.\n"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def opened(here: Office, text: str = REPORT, at: datetime = NOW) -> Case:
    return import_text(here.desk, here.ann, Arrived(text, at, "mail.txt", SourceOrigin.FILE))[0]


def assessed(here: Office, text: str = REPORT) -> Case:
    """A case on which everything was decided."""
    case = move(here.desk, here.ann, opened(here, text), State.OPEN)
    case = code_event(here.desk, here.ann, case, "e1", Term("open", "1", "v1", "Vomiting"))
    case = set_seriousness(here.desk, here.ann, case, "e1", {Criterion.HOSPITALISATION})
    case = set_expectedness(here.desk, here.ann, case, Expectedness("", "e1", "p1", Listed.UNEXPECTED))
    judged = replace(case.causality[0], category=WhoUmc.POSSIBLE)
    case = commit_causality(
        here.desk, here.ann, case, judged, here.sign(here.ann, causality_to_sign(case, judged)), "time fits"
    )
    return move(here.desk, here.ann, case, State.ASSESSED)


# From a flag or a text to a candidate


def noticed(flag_id: str, turn_id: str) -> Flag:
    return Flag(flag_id, turn_id, FlagKind.ADVERSE_EVENT, "vomiting reported with lunarine", "", NOW, "machine")


def test_a_flag_becomes_one_candidate_however_often_it_is_taken_in(here: Office) -> None:
    turn = answer_turn("t1", "talk-1", text=REPORT)
    flags = [noticed("f1", "t1"), noticed("f2", "t1"), Flag("f3", "t2", FlagKind.UNSAFE, "", "", NOW, "ann")]
    (case,) = take_in(here.desk, flags, {"t1": turn}.get)
    assert take_in(here.desk, flags, {"t1": turn}.get) == ()
    assert (case.state, case.label, case.version) == (State.CANDIDATE, "2026-000001", 1)
    assert [product.name for product in case.products] == ["Lunarine"]
    assert [event.verbatim for event in case.events] == ["vomiting"]
    assert case.reporters[0].qualification is Qualification.OTHER_PROFESSIONAL
    assert str(case.patient.age and case.patient.age.value) == "67"
    assert [each.criterion for each in case.events[0].seriousness] == [Criterion.HOSPITALISATION]
    assert case.sources[0].conversation_id == "talk-1"
    assert here.desk.book.conversations_with_open_cases() == {"talk-1"}
    assert here.desk.book.of_turn("t1") == (case.id,)


def test_every_found_value_keeps_its_words(here: Office) -> None:
    case = opened(here)
    kept = here.desk.book.text(case.sources[0].id)
    assert kept is not None
    found = {each.path: each.span for each in case.evidence}
    assert set(found) == {
        "products[p1].name", "events[e1].verbatim", "patient.age", "reporters[q1].qualification"
    }  # fmt: skip
    for span in found.values():
        assert kept.text[span.start : span.end] == span.text


def test_a_flag_whose_turn_was_lost_still_becomes_a_candidate(here: Office) -> None:
    (case,) = take_in(here.desk, [noticed("f1", "t9")], lambda _turn: None)
    assert case.state is State.CANDIDATE
    assert case.events == ()
    kept = here.desk.book.text(case.sources[0].id)
    assert kept is not None
    assert kept.text == "vomiting reported with lunarine"


def test_a_text_of_two_patients_makes_two_cases_each_with_its_part(here: Office) -> None:
    first, second = import_text(here.desk, here.ann, Arrived(TWO, NOW))
    assert [event.verbatim for event in first.events] == ["itching"]
    assert [event.verbatim for event in second.events] == ["fainting"]
    assert TWO[second.sources[0].start : second.sources[0].end].startswith("Another patient")
    assert [link.id for link in first.links] == [second.id]
    assert not first.is_serious
    assert [each.criterion for each in second.events[0].seriousness] == [Criterion.DEATH]
    assert {case.id for case in import_text(here.desk, here.ann, Arrived(TWO, NOW))} == {first.id, second.id}
    assert here.desk.book.count() == 2


def test_names_are_masked_before_anything_is_kept(here: Office, tmp_path: Path) -> None:
    case = opened(here, f"My patient {SECRET}, 67 yo, took Lunarine and had vomiting.")
    case = change(here.desk, here.ann, case, "narrative.sender_comment", f"Called {SECRET}.", f"{SECRET} rang")
    follow_up(here.desk, here.ann, case, Arrived(f"{SECRET} is well again.", NOW))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("desk.db*"))
    assert SECRET.encode() not in stored
    assert b"[PERSON] rang" in stored


def test_only_those_who_may_triage_open_and_change(here: Office) -> None:
    case = opened(here)
    for step in (
        lambda: opened(replace(here, ann=here.cleo)),
        lambda: change(here.desk, here.cleo, case, "country", "FR"),
        lambda: assign(here.desk, here.cleo, [case], "cleo"),
        lambda: move(here.desk, here.cleo, case, State.OPEN),
        lambda: set_seriousness(here.desk, here.cleo, case, "e1", set(), "no"),
        lambda: code_event(here.desk, here.cleo, case, "e1", Term("open", "1", "v1", "Vomiting")),
        lambda: follow_up(here.desk, here.cleo, case, Arrived("x", NOW)),
    ):
        with pytest.raises(NotAllowed):
            step()
    assert here.desk.book.case(case.id) == case


# Changing, and what is kept of it


def test_every_change_is_a_line_of_history_with_who_when_old_new_and_why(here: Office) -> None:
    case = opened(here)
    case = change(here.desk, here.ann, case, "country", "FR", "the caller said so")
    case = change(here.desk, here.bob, case, "events[e1].onset", {"year": 2026, "month": 3})
    first, second, third = here.desk.book.history(case.id)
    assert (first.path, first.version, first.by) == ("", 1, "ann")
    assert (second.path, second.old, second.new, second.by, second.why) == (
        "country", "", "FR", "ann", "the caller said so",
    )  # fmt: skip
    assert third.path == "events[e1].onset"
    assert third.at.tzinfo is not None
    assert case.version == 3
    assert here.desk.book.rebuilt(case.id) == case
    assert here.desk.book.rebuilt(case.id, 2).country == "FR"
    assert here.desk.book.rebuilt(case.id, 2).events[0].onset is None


def test_a_change_that_changes_nothing_leaves_no_trace(here: Office) -> None:
    case = opened(here)
    assert change(here.desk, here.ann, case, "country", "") == case
    assert len(here.desk.book.history(case.id)) == 1


def test_the_ledger_has_every_step_and_its_hash_fits_the_case_at_that_version(here: Office) -> None:
    case = assessed(here)
    entries = [each for each in here.ledger.entries(subject=f"case {case.label}") if CASE_HASH in each.deed.facts]
    assert len(entries) == case.version
    for entry in entries:
        then = here.desk.book.rebuilt(case.id, int(entry.deed.facts["version"]))
        assert case_hash(then) == entry.deed.facts[CASE_HASH]
    assert here.ledger.verify().breaks == ()


def test_whoever_is_slower_loses_nothing_and_is_told(here: Office) -> None:
    case = opened(here)
    change(here.desk, here.ann, case, "country", "FR")
    with pytest.raises(CaseChanged, match="somebody else"):
        change(here.desk, here.bob, case, "country", "DE")
    now = here.desk.book.case(case.label)
    assert (now.country, now.version) == ("FR", 2)


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ("state", "closed", FieldInvalid),
        ("owner", "bob", FieldInvalid),
        ("causality", [], FieldInvalid),
        ("expectedness", [], FieldInvalid),
        ("receipts", [], FieldInvalid),
        ("links", [], FieldInvalid),
        ("events[e1].seriousness", [], FieldInvalid),
        ("events[e1].judged_not_serious_by", "bob", FieldInvalid),
        ("events[e1]", {"id": "e1", "verbatim": "x"}, FieldInvalid),  # would drop the proposed seriousness
        ("events[e2]", {"id": "e2", "verbatim": "x", "judged_not_serious_by": "bob"}, FieldInvalid),
        ("patient.age", "old", FieldInvalid),
        ("patient.sex", "other", FieldInvalid),
        ("events[e1].onset", {"year": 2026, "day": 3}, FieldInvalid),
        ("patient.colour", "red", FieldUnknown),
        ("events[e9].verbatim", "x", FieldUnknown),
        ("products[p1", "x", FieldUnknown),
        ("", {}, FieldInvalid),
    ],
)
def test_what_cannot_be_written_as_a_field(here: Office, path: str, value: object, error: type[Exception]) -> None:
    case = opened(here)
    with pytest.raises(error):
        change(here.desk, here.ann, case, path, value)  # type: ignore[arg-type]
    assert here.desk.book.case(case.id) == case


def test_items_are_added_and_removed_by_their_path(here: Office) -> None:
    case = opened(here)
    case = change(here.desk, here.ann, case, "events[e2]", {"id": "e2", "verbatim": "itching"})
    assert [event.verbatim for event in case.events] == ["vomiting", "itching"]
    case = change(here.desk, here.ann, case, "events[e2]", None, "said in error")
    assert [event.id for event in case.events] == ["e1"]
    assert here.desk.book.history(case.id)[-1].old == here.desk.book.history(case.id)[-2].new


def test_with_a_removed_event_go_its_judgements_and_places(here: Office) -> None:
    case = opened(here)
    assert case.causality
    case = change(here.desk, here.ann, case, "events[e1]", None, "told of somebody else")
    assert (case.causality, case.expectedness, case.is_serious) == ((), (), False)
    assert not any(each.path.startswith("events") for each in case.evidence)
    assert any(each.path.startswith("products") for each in case.evidence)
    assert "causality[e1/p1]" in {line.path for line in here.desk.book.history(case.id)}
    assert here.desk.book.rebuilt(case.id) == case


def test_what_the_machine_says_of_seriousness_follows_the_fields(here: Office) -> None:
    case = opened(here)
    case = change(here.desk, here.ann, case, "events[e1].outcome", "fatal", "the caller said so")
    assert [each.criterion for each in case.events[0].seriousness] == [Criterion.DEATH, Criterion.HOSPITALISATION]
    case = set_seriousness(here.desk, here.ann, case, "e1", {Criterion.DEATH}, "not admitted, dead on arrival")
    case = change(here.desk, here.ann, case, "events[e1].outcome", "unknown")
    assert [each.criterion for each in case.events[0].seriousness] == [Criterion.DEATH]


def test_many_cases_are_assigned_together_or_not_at_all(here: Office) -> None:
    first, second = import_text(here.desk, here.ann, Arrived(TWO, NOW))
    stale = replace(second, version=7)
    with pytest.raises(CaseChanged):
        assign(here.desk, here.ann, [first, stale], "bob")
    assert here.desk.book.case(first.id).owner == ""
    assign(here.desk, here.ann, [first, second], "bob")
    assert [line.owner for line in here.desk.book.worklist(Wanted(owner="bob"))] == ["bob", "bob"]
    assert here.desk.book.worklist(Wanted(owner="-")) == ()


# Judging


def test_a_person_decides_on_seriousness_and_the_machine_does_not_come_back(here: Office) -> None:
    case = opened(here)
    with pytest.raises(JudgementRefused, match="Say why"):
        set_seriousness(here.desk, here.ann, case, "e1", set())
    case = set_seriousness(here.desk, here.ann, case, "e1", set(), "a day visit, not an admission")
    assert case.events[0].judged_not_serious_by == "ann"
    assert propose_again(here.desk, here.ann, case) == case
    case = set_seriousness(here.desk, here.bob, case, "e1", {Criterion.DISABILITY}, "")
    assert (case.events[0].judged_not_serious_by, case.events[0].seriousness[0].set_by) == ("", "bob")


def test_confirmed_criteria_keep_the_words_that_the_machine_quoted(here: Office) -> None:
    case = opened(here)
    (proposed,) = case.events[0].seriousness
    case = set_seriousness(here.desk, here.ann, case, "e1", {Criterion.HOSPITALISATION})
    (kept,) = case.events[0].seriousness
    assert (kept.quoted, kept.confirmed, kept.set_by) == (proposed.quoted, True, "ann")


def test_expected_needs_the_labels_words(here: Office) -> None:
    case = opened(here)
    bare = Expectedness("", "e1", "p1", Listed.EXPECTED)
    with pytest.raises(JudgementRefused, match="its version"):
        set_expectedness(here.desk, here.ann, case, bare)
    full = replace(bare, label_id="lunarine@3", label_version="3", quoted="Vomiting")
    case = set_expectedness(here.desk, here.ann, case, full)
    assert case.expectedness[0].confirmed
    with pytest.raises(FieldUnknown):
        set_expectedness(here.desk, here.ann, case, replace(full, product_id="p9"))


def test_causality_is_committed_by_a_signature_under_exactly_that(here: Office) -> None:
    case = opened(here)
    judged = reconsidered(case.causality[0], {2: Answered(NaranjoAnswer.YES, "It began two days later.")})
    wanted = causality_to_sign(case, judged)
    with pytest.raises(SignatureMissing, match="needs your signature"):
        commit_causality(here.desk, here.ann, case, judged, None, "x")
    with pytest.raises(SignatureMissing, match="not your own"):
        commit_causality(here.desk, here.ann, case, judged, here.sign(here.bob, wanted), "x")
    other = replace(judged, category=WhoUmc.CERTAIN)
    with pytest.raises(SignatureMissing, match="changed since you signed"):
        commit_causality(here.desk, here.ann, case, other, here.sign(here.ann, wanted), "x")
    with pytest.raises(JudgementRefused, match="differs"):
        commit_causality(here.desk, here.ann, case, judged, here.sign(here.ann, wanted))
    case = commit_causality(here.desk, here.ann, case, judged, here.sign(here.ann, wanted), "time is known")
    assert (case.causality[0].committed_by, case.causality[0].category) == ("ann", WhoUmc.POSSIBLE)
    assert propose_again(here.desk, here.ann, case).causality == case.causality
    (signature,) = signatures_of(here.ledger, wanted.record)
    assert signature.meaning is Meaning.CAUSALITY


# Moves


def test_a_case_is_not_assessed_while_anything_is_undecided(here: Office) -> None:
    case = move(here.desk, here.ann, opened(here), State.OPEN)
    assert len(unfinished(case)) == 4
    with pytest.raises(MoveRefused, match="not coded by a person"):
        move(here.desk, here.ann, case, State.ASSESSED)


@pytest.mark.parametrize("end", [State.EXPORTED, State.NOT_VALID, State.MERGED, State.ACKNOWLEDGED, State.REJECTED])
def test_what_has_a_step_of_its_own_is_no_plain_move(here: Office, end: State) -> None:
    with pytest.raises(MoveRefused, match="not simply set"):
        move(here.desk, here.ann, opened(here), end, "x")


def test_what_the_table_does_not_allow_is_refused(here: Office) -> None:
    case = opened(here)
    with pytest.raises(MoveRefused, match="cannot go from “candidate” to “closed”"):
        move(here.desk, here.ann, case, State.CLOSED, "x")


def test_going_back_needs_a_reason_and_closing_a_signature(here: Office) -> None:
    case = assessed(here)
    with pytest.raises(MoveRefused, match="Say why"):
        move(here.desk, here.ann, case, State.OPEN)
    with pytest.raises(SignatureMissing):
        move(here.desk, here.ann, case, State.CLOSED, "no market wants it")
    signed = here.sign(here.ann, closing_to_sign(case, "no market wants it"))
    closed = move(here.desk, here.ann, case, State.CLOSED, "no market wants it", signed)
    assert closed.state is State.CLOSED
    assert here.desk.book.worklist()[0].due_at is None
    assert move(here.desk, here.ann, closed, State.OPEN, "a new call").state is State.OPEN


def test_closing_as_not_valid_takes_a_reason_and_two_people(here: Office) -> None:
    turn = answer_turn("t1", "talk-1", text=REPORT)
    (case,) = take_in(here.desk, [noticed("f1", "t1")], {"t1": turn}.get)
    with pytest.raises(MoveRefused, match="Say why"):
        ask_to_close(here.desk, here.ann, case, " ", None)
    asked = ask_to_close(
        here.desk, here.ann, case, "an advert", here.sign(here.ann, not_valid_to_sign(case, "an advert"))
    )
    assert asked.state is State.CANDIDATE
    with pytest.raises(MoveRefused, match="second person"):
        confirm_closing(here.desk, here.ann, asked, here.sign(here.ann, confirming_to_sign(asked)))
    with pytest.raises(SignatureMissing):
        confirm_closing(here.desk, here.bob, asked, None)
    assert here.desk.book.conversations_with_open_cases() == {"talk-1"}
    closed = confirm_closing(here.desk, here.bob, asked, here.sign(here.bob, confirming_to_sign(asked)))
    assert closed.state is State.NOT_VALID
    last = here.desk.book.history(case.id)[-1]
    assert (last.path, last.by, last.why) == ("state", "bob", "an advert")
    assert here.desk.book.conversations_with_open_cases() == frozenset()
    assert len(list(here.ledger.entries(kind=EntryKind.SIGNED))) == 2


def test_the_second_person_may_say_no(here: Office) -> None:
    case = opened(here)
    asked = ask_to_close(here.desk, here.ann, case, "dull", here.sign(here.ann, not_valid_to_sign(case, "dull")))
    with pytest.raises(MoveRefused):
        decline_closing(here.desk, here.bob, asked, "")
    kept = decline_closing(here.desk, here.bob, asked, "it is a report")
    assert kept.asked_to_close == ""
    with pytest.raises(MoveRefused, match="Nobody has asked"):
        confirm_closing(here.desk, here.bob, kept, None)


# Export, answer, follow-up and the clock

FILE = Written("us", "M-1", "M-1.xml", "0" * 64)


def sent(here: Office) -> Case:
    case = assessed(here)
    return exported(here.desk, here.ann, case, FILE, here.sign(here.ann, export_to_sign(case, FILE)))


def answer(message: str, code: str, why: str = "") -> Answer:
    file = Arrived(f"<ack>{why} {SECRET}: death</ack>", NOW, "answer.xml", SourceOrigin.ANSWER)
    return Answer(message, code, code == "CA", why, file, "f" * 64)


def test_an_answer_names_who_loaded_it_and_its_file_is_kept(here: Office) -> None:
    before = sent(here)
    case = answered(here.desk, here.bob, before, answer("M-1", "CA"))
    assert {each.by for each in here.desk.book.history(case.id) if each.version == case.version} == {"bob"}
    *_, entry = here.ledger.entries(kind=EntryKind.CASE_CHANGED)
    assert (entry.deed.by, entry.deed.facts["version"]) == ("bob", str(case.version))
    source = case.sources[-1]
    assert (source.origin, source.name, source.sha256) == (SourceOrigin.ANSWER, "answer.xml", "f" * 64)
    text = here.desk.book.text(source.id)
    assert text is not None
    assert (text.text, text.sha256) == ("<ack> [PERSON]: death</ack>", "f" * 64)
    assert list(case_breaks(here.ledger.entries(), here.desk.book)) == []
    # What it says is about the report: nothing of the patient is read from it.
    assert source.id not in texts_of(here.desk, case)
    with pytest.raises(NotAllowed):
        answered(here.desk, here.cleo, before, answer("M-1", "CA"))


def test_an_export_is_signed_and_stops_its_markets_clock_only(here: Office) -> None:
    case = assessed(here)
    assert {each.market for each in here.desk.deadlines(case)} == {"us", "eu"}
    with pytest.raises(SignatureMissing):
        exported(here.desk, here.ann, case, FILE, None)
    case = exported(here.desk, here.ann, case, FILE, here.sign(here.ann, export_to_sign(case, FILE)))
    assert case.state is State.EXPORTED
    assert {each.market for each in here.desk.deadlines(case)} == {"eu"}
    assert [each.deed.kind for each in here.ledger.entries(kind=EntryKind.EXPORTED)] == [EntryKind.EXPORTED]


def test_an_event_that_came_in_after_the_assessment_blocks_the_export_and_is_named(here: Office) -> None:
    case = change(here.desk, here.ann, assessed(here), "events[e2]", {"id": "e2", "verbatim": "rash"}, "on the phone")
    assert case.state is State.ASSESSED
    with pytest.raises(MoveRefused, match="Nobody has judged whether “rash” is serious") as refused:
        exported(here.desk, here.ann, case, FILE, here.sign(here.ann, export_to_sign(case, FILE)))
    assert "Nobody has judged whether a label lists “rash” and Lunarine" in str(refused.value)
    assert "Nobody has committed the causality of “rash” and Lunarine" in str(refused.value)
    assert "vomiting" not in str(refused.value)
    signed = here.sign(here.ann, export_to_sign(case, FILE))
    case = exported(here.desk, here.ann, case, FILE, signed, although=True)
    last = here.desk.book.history(case.id)[-1]
    assert "although the case is not assessed" in last.why
    assert "“rash” is serious" in last.why
    (entry,) = here.ledger.entries(kind=EntryKind.EXPORTED)
    assert "although the case is not assessed" in entry.deed.summary


def test_what_is_judged_serious_after_its_report_is_due_from_its_receipt(here: Office) -> None:
    case = assessed(here)
    case = set_seriousness(here.desk, here.ann, case, "e1", set(), "a day visit, not an admission")
    case = exported(here.desk, here.ann, case, FILE, here.sign(here.ann, export_to_sign(case, FILE)))
    assert not case.submissions[0].events[0].serious
    assert "us" not in {each.market for each in here.desk.deadlines(case)}
    case = set_seriousness(here.desk, here.bob, case, "e1", {Criterion.HOSPITALISATION}, "she stayed three nights")
    us = next(each for each in here.desk.deadlines(case) if each.market == "us")
    assert (us.day_zero, us.days) == (date(2026, 3, 5), 15)
    case = exported(here.desk, here.ann, case, FILE, here.sign(here.ann, export_to_sign(case, FILE)))
    assert "us" not in {each.market for each in here.desk.deadlines(case)}


def test_a_refused_report_reached_nobody(here: Office) -> None:
    case = sent(here)
    with pytest.raises(MoveRefused, match="message number M-2"):
        answered(here.desk, here.ann, case, answer("M-2", "CA"))
    refused = answered(here.desk, here.ann, case, answer("M-1", "CR", "E.i.2.1b is missing"))
    assert refused.state is State.REJECTED
    assert {each.market for each in here.desk.deadlines(refused)} == {"us", "eu"}


def test_an_accepted_report_is_followed_by_what_comes_later(here: Office) -> None:
    case = answered(here.desk, here.ann, sent(here), answer("M-1", "CA"))
    assert case.state is State.ACKNOWLEDGED
    later = datetime(2026, 4, 2, 8, 0, tzinfo=UTC)
    same = follow_up(here.desk, here.ann, case, Arrived("A typing error.", later), significant=False)
    assert same.state is State.ACKNOWLEDGED
    assert {each.market for each in here.desk.deadlines(same)} == {"eu"}
    again = follow_up(here.desk, here.ann, same, Arrived("The vomiting came back.", later))
    assert again.state is State.OPEN
    us = next(each for each in here.desk.deadlines(again) if each.market == "us")
    assert (us.day_zero, us.due) == (date(2026, 4, 2), date(2026, 4, 17))


def test_the_worklist_is_sorted_by_what_is_due_first(here: Office) -> None:
    late, early = opened(here, REPORT, NOW + timedelta(days=3)), opened(here, REPORT + " ", NOW)
    assert [line.id for line in here.desk.book.worklist()] == [early.id, late.id]
    assert [line.id for line in here.desk.book.worklist(Wanted(limit=1, offset=1))] == [late.id]
    found = here.desk.book.worklist(Wanted(product="lunar", serious=True, states=(State.CANDIDATE,), text="vomit"))
    assert len(found) == 2
    for nothing in (Wanted(product="moonex"), Wanted(serious=False), Wanted(states=(State.CLOSED,)), Wanted(text="%")):
        assert here.desk.book.worklist(nothing) == ()


# Duplicates


def test_merging_links_and_undoing_restores(here: Office) -> None:
    master, duplicate = opened(here), opened(here, REPORT + " Twice.", NOW - timedelta(days=5))
    under, over = merge(here.desk, here.ann, duplicate, master, "same patient, told twice")
    assert (under.state, under.master) == (State.MERGED, master.id)
    assert min(each.day_zero for each in here.desk.deadlines(over)) == date(2026, 2, 28)
    assert here.desk.book.text(under.sources[0].id) is not None
    out, alone = undo_merge(here.desk, here.bob, under, "two patients after all")
    assert replace(out, version=duplicate.version) == duplicate
    assert replace(alone, version=master.version) == master
    assert here.desk.book.rebuilt(out.id, 2) == under


def test_what_cannot_be_merged(here: Office) -> None:
    first, second = import_text(here.desk, here.ann, Arrived(TWO, NOW))
    third = opened(here)
    for pair, said in (
        ((first, first), "under itself"),
        ((first, second), "two patients"),
    ):
        with pytest.raises(MergeRefused, match=said):
            merge(here.desk, here.ann, *pair, "x")
    with pytest.raises(MergeRefused, match="Say why"):
        merge(here.desk, here.ann, first, third, "")
    under, over = merge(here.desk, here.ann, third, first, "same")
    with pytest.raises(MergeRefused, match="master itself"):
        merge(here.desk, here.ann, over, second, "x")
    with pytest.raises(MergeRefused, match="cannot be a master"):
        merge(here.desk, here.ann, second, under, "x")
    with pytest.raises(MoveRefused, match="add the information to its master"):
        follow_up(here.desk, here.ann, under, Arrived("x", NOW))
    with pytest.raises(MergeRefused, match="not merged"):
        undo_merge(here.desk, here.ann, over, "x")


def test_a_merged_cases_conversation_is_closed_while_its_master_is_open(here: Office) -> None:
    turn = answer_turn("t1", "talk-1", text=REPORT)
    (duplicate,) = take_in(here.desk, [noticed("f1", "t1")], {"t1": turn}.get)
    master = assessed(here, "A patient, 67 yo, took Lunarine and had vomiting. Hospital.")
    _, over = merge(here.desk, here.ann, duplicate, master, "same")
    assert here.desk.book.conversations_with_open_cases() == {"talk-1"}
    move(here.desk, here.ann, over, State.CLOSED, "done", here.sign(here.ann, closing_to_sign(over, "done")))
    assert here.desk.book.conversations_with_open_cases() == frozenset()


# Who sees what


def test_identifiers_are_hidden_from_those_who_may_not_see_them(here: Office) -> None:
    case = opened(here)
    case = change(here.desk, here.ann, case, "patient.identification", "E. M.")
    case = change(here.desk, here.ann, case, "patient.birth", {"year": 1959, "month": 2, "day": 3})
    assert seen_by(case, here.ann) == case
    seen = seen_by(case, here.cleo)
    assert seen.patient.identification == HIDDEN
    assert str(seen.patient.birth) == "1959"
    history = changes_seen_by(here.desk.book.history(case.id), here.cleo)
    assert "E. M." not in str(history)
    assert "E. M." in str(changes_seen_by(here.desk.book.history(case.id), here.ann))


def test_confirming_one_criterion_commits_no_other(here: Office) -> None:
    told = "My patient took Lunarine and had itching. She was admitted to hospital. It was life-threatening."
    (case,) = import_text(here.desk, here.ann, Arrived(told, NOW))
    proposed = {each.criterion for each in case.events[0].seriousness}
    assert proposed == {Criterion.LIFE_THREATENING, Criterion.HOSPITALISATION}
    case = judge_criterion(here.desk, here.ann, case, "e1", Criterion.HOSPITALISATION, met=True)
    committed = {each.criterion: (each.confirmed, each.set_by) for each in case.events[0].seriousness}
    assert committed == {
        Criterion.HOSPITALISATION: (True, "ann"),
        Criterion.LIFE_THREATENING: (False, "machine"),
    }
    with pytest.raises(JudgementRefused, match="Say why"):
        judge_criterion(here.desk, here.ann, case, "e1", Criterion.LIFE_THREATENING, met=False)
    case = judge_criterion(here.desk, here.ann, case, "e1", Criterion.LIFE_THREATENING, met=False, why="never was")
    assert [each.criterion for each in case.events[0].seriousness] == [Criterion.HOSPITALISATION]
    case = judge_criterion(here.desk, here.ann, case, "e1", Criterion.HOSPITALISATION, met=False, why="a day visit")
    assert (case.events[0].seriousness, case.events[0].judged_not_serious_by) == ((), "ann")


def test_a_case_that_is_closed_is_not_changed_before_it_is_reopened(here: Office) -> None:
    (case,) = import_text(here.desk, here.ann, Arrived("My patient took Lunarine and had itching.", NOW))
    case = ask_to_close(here.desk, here.ann, case, "a drill", here.sign(here.ann, not_valid_to_sign(case, "a drill")))
    case = confirm_closing(here.desk, here.bob, case, here.sign(here.bob, confirming_to_sign(case)))
    acts: tuple[Callable[[], Case], ...] = (
        lambda: change(here.desk, here.ann, case, "country", "FR", "later"),
        lambda: set_seriousness(here.desk, here.ann, case, "e1", {Criterion.DEATH}, "later"),
        lambda: judge_criterion(here.desk, here.ann, case, "e1", Criterion.DEATH, met=True, why="later"),
    )
    for act in acts:
        with pytest.raises(MoveRefused, match="reopen it first"):
            act()
    opened = move(here.desk, here.ann, case, State.OPEN, "it was one after all")
    assert change(here.desk, here.ann, opened, "country", "FR", "later").country == "FR"


def test_a_name_in_the_reason_of_a_judgement_is_masked_in_the_case_too(here: Office) -> None:
    (case,) = import_text(here.desk, here.ann, Arrived("My patient took Lunarine and had itching.", NOW))
    judged = Expectedness("e1/p1", "e1", "p1", Listed.UNEXPECTED, reason=f"{SECRET} called")
    case = set_expectedness(here.desk, here.ann, case, judged, f"{SECRET} called")
    assert case.expectedness[0].reason == "[PERSON] called"
    assert SECRET not in repr((case, here.desk.book.history(case.id)))
