"""What the desk writes for people: the follow-up questions, the narrative, and which moves the table allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from assistant.triage.case import Case, Event, EventOutcome, TestResult
from assistant.triage.changes import encode, field_at
from assistant.triage.judgement import (
    Causality,
    Expectedness,
    Listed,
    MinimumCriterion,
    Special,
    SpecialSituation,
    WhoUmc,
)
from assistant.triage.letters import letter, questions
from assistant.triage.narrative import as_text, narrative
from assistant.triage.people_in_case import (
    AgeGroup,
    CauseOfDeath,
    Condition,
    Measure,
    PastMedicine,
    PatientFacts,
    Qualification,
    Reporter,
    Sex,
)
from assistant.triage.product import ActionTaken, Challenge, Dosing, Indication, Product, ProductRole
from assistant.triage.states import OPEN_STATES, TRANSITIONS, State, allowed, next_states
from assistant.triage.terms import Term
from assistant.triage.validity import validity
from assistant.triage.when import PartialDate
from tests.assistant.triage.made_cases import RECEIVED, full_case, receipt

REPORTER, PATIENT = MinimumCriterion.REPORTER, MinimumCriterion.PATIENT
PRODUCT, EVENT = MinimumCriterion.PRODUCT, MinimumCriterion.EVENT


# Each line: a case, and the minimum criteria that it misses (EU GVP VI.B.2).
@pytest.mark.parametrize(
    ("case", "missing"),
    [
        (full_case(), ()),
        (full_case(reporters=()), (REPORTER,)),
        (full_case(reporters=(Reporter("q1"),)), (REPORTER,)),
        (full_case(reporters=(Reporter("q1", country="FR"),)), (REPORTER,)),  # a country identifies nobody
        (full_case(reporters=(Reporter("q1", Qualification.CONSUMER),)), ()),
        (full_case(reporters=(Reporter("q1", name="[PERSON]"),)), ()),
        (full_case(patient=PatientFacts(identified=True)), (PATIENT,)),  # “a patient” alone is nobody
        (full_case(patient=PatientFacts(sex=Sex.MALE)), ()),
        (full_case(patient=PatientFacts(age_group=AgeGroup.CHILD)), ()),
        (full_case(patient=PatientFacts(birth=PartialDate(1959))), ()),
        (full_case(patient=PatientFacts(identification=" ")), (PATIENT,)),
        (full_case(patient=PatientFacts(weight_kg=Decimal(70))), (PATIENT,)),
        (full_case(products=()), (PRODUCT,)),
        (full_case(products=(Product("p1", "Lunarine", ProductRole.CONCOMITANT),)), (PRODUCT,)),
        (full_case(products=(Product("p1", "Lunarine", ProductRole.INTERACTING),)), ()),
        (full_case(Event("e1", " ")), (EVENT,)),
        (full_case(Event("e1", "", Term("open", "1", "v", "Vomiting"))), ()),
        (
            full_case(Event("e1", ""), reporters=(), products=(), patient=PatientFacts()),
            (REPORTER, PATIENT, PRODUCT, EVENT),
        ),
    ],
)
def test_which_minimum_criteria_are_missing(case: Case, missing: tuple[MinimumCriterion, ...]) -> None:
    found = validity(case)
    assert found.missing == missing
    assert found.is_valid == (not missing)
    assert set(found.met) | set(found.missing) == set(MinimumCriterion)
    assert len(found.questions) == len(missing)
    assert all(question.endswith(("?", "enough.")) for question in found.questions)


def test_only_what_is_missing_is_asked() -> None:
    assert [each.path for each in questions(full_case())] == ["products[p1].indications"]
    bare = full_case(Event("e1", "rash"), reporters=(), products=(Product("p1", "Lunarine"),))
    assert [each.path for each in questions(bare)] == [
        "identifiable reporter", "events[e1].onset", "events[e1].outcome", "products[p1].dosings",
        "products[p1].dosings", "products[p1].action", "products[p1].indications",
    ]  # fmt: skip
    assert "“rash”" in questions(bare)[1].text


def test_a_letter_numbers_its_questions_and_asks_for_no_names() -> None:
    text = letter(full_case())
    assert "2026-000001" in text
    assert "1. What was Lunarine taken for?" in text
    assert "do not send names" in text
    done = full_case()
    product = replace(done.products[0], indications=(Indication("i1", "pain"),))
    assert letter(replace(done, products=(product,))) == ""


def test_braces_in_the_words_of_a_reporter_stay_words() -> None:
    asked = questions(full_case(Event("e1", "{0} {name} rash")))
    assert "{0} {name} rash" in asked[0].text


FULL = full_case(
    Event(
        "e1", "vomited blood", Term("MedDRA", "29.1", "99000002", "Haematemesis"), onset=PartialDate(2026, 3, 4),
        outcome=EventOutcome.RECOVERED, seriousness=full_case().events[0].seriousness,
    ),
    Event("e2", "itch", judged_not_serious_by="p-ann"),
    patient=PatientFacts(
        identification="E. M.", birth=PartialDate(1959, 2, 3), age=Measure(Decimal(67), "a"), sex=Sex.FEMALE,
        weight_kg=Decimal("61.5"), history=(Condition("h1", "gastric ulcer"),),
        past_medicines=(PastMedicine("m1", "Moonex", reaction=Term("open", "1", "r", "Rash")),),
        causes_of_death=(CauseOfDeath("c1", "bleeding", from_autopsy=True),),
    ),
    reporters=(Reporter("q1", Qualification.PHYSICIAN, "US", "Dr Who", "St Elsewhere", primary=True),),
    products=(
        Product(
            "p1", "Lunarine", dosings=(Dosing("d1", "500 mg twice a day", start=PartialDate(2026, 3), route="oral"),),
            indications=(Indication("i1", "pain"),), action=ActionTaken.WITHDRAWN,
        ),
        Product("p2", "Moonex", ProductRole.CONCOMITANT),
    ),
    tests=(TestResult("t1", "Haemoglobin", value=Decimal("7.1"), unit="g/dL", day=PartialDate(2026, 3, 4)),),
    special=(SpecialSituation("x1", Special.OVERDOSE),),
    expectedness=(Expectedness("e1/p1", "e1", "p1", Listed.UNEXPECTED, confirmed=True),),
    causality=(
        Causality(
            "e1/p1", "e1", "p1", WhoUmc.PROBABLE, score=6, dechallenge=Challenge.NOT_RECURRED, committed_by="p-ann"
        ),
        Causality("e2/p1", "e2", "p1", WhoUmc.CERTAIN, rechallenge=Challenge.RECURRED),
    ),
    receipts=(receipt(), receipt(RECEIVED + timedelta(days=3), "r2")),
)  # fmt: skip


def test_the_narrative_says_what_the_fields_say() -> None:
    assert as_text(narrative(FULL)) == (
        "A spontaneous report was received on 2026-03-05 from a physician in US. "
        "Further information was received on 2026-03-08. "
        "It concerns a 67-year-old female patient. The patient weighed 61.5 kg. "
        "The medical history includes gastric ulcer. Earlier, Moonex led to Rash. "
        "The suspected medicine was Lunarine, 500 mg twice a day, by the route “oral” from 2026-03, for pain. "
        "Moonex was taken at the same time. "
        "The reported event was “vomited blood” (MedDRA 29.1: Haematemesis) with onset on 2026-03-04. "
        "“vomited blood” was serious: hospitalisation or prolonged hospitalisation. "
        "The outcome of “vomited blood” was recovered. "
        "The reported event was “itch”. “itch” was judged not serious. "
        "Lunarine was withdrawn. “vomited blood” got better after Lunarine was stopped. "
        "“itch” came back when Lunarine was given again. "
        "Haemoglobin on 2026-03-04: 7.1 g/dL. The report tells of overdose. The autopsy found bleeding. "
        "“vomited blood” was judged unexpected for Lunarine. "
        "The causality of Lunarine for “vomited blood” was assessed as probable/likely (Naranjo 6)."
    )


def test_every_sentence_names_fields_that_exist() -> None:
    body = encode(FULL)
    for sentence in narrative(FULL):
        assert sentence.paths
        for path in sentence.paths:
            field_at(body, path)


def test_nothing_that_identifies_is_told_and_no_proposal_is_told_as_a_judgement() -> None:
    text = as_text(narrative(FULL))
    for hidden in ("E. M.", "1959", "Dr Who", "Elsewhere", "p-ann", "certain"):
        assert hidden not in text


def test_an_empty_case_tells_only_that_it_came_in() -> None:
    bare = full_case(Event("e1", "x"), patient=PatientFacts(), reporters=(), products=())
    assert as_text(narrative(bare)) == ("A spontaneous report was received on 2026-03-05. The reported event was “x”.")


@pytest.mark.parametrize(
    ("age", "words"),
    [(Measure(Decimal(8), "mo"), "an 8-month-old"), (Measure(Decimal("80"), "a"), "an 80-year-old"),
     (Measure(Decimal("11"), "a"), "an 11-year-old"), (Measure(Decimal("100"), "d"), "a 100-day-old"),
     (Measure(Decimal("1.5"), "a"), "a 1.5-year-old")],
)  # fmt: skip
def test_ages_read_well(age: Measure, words: str) -> None:
    assert f"It concerns {words} patient." in as_text(narrative(full_case(patient=PatientFacts(age=age))))


def test_another_health_professional_reads_well() -> None:
    case = full_case(reporters=(Reporter("q1", Qualification.OTHER_PROFESSIONAL),))
    assert "from another health professional." in as_text(narrative(case))


# The table of moves, as a person would check it: from, to, needs a reason, a signature, a second person.
@pytest.mark.parametrize(
    ("start", "end", "needs"),
    [
        (State.CANDIDATE, State.OPEN, ""),
        (State.CANDIDATE, State.NOT_VALID, "reason signature second"),
        (State.CANDIDATE, State.CLOSED, None),
        (State.CANDIDATE, State.EXPORTED, None),
        (State.OPEN, State.AWAITING, ""),
        (State.OPEN, State.ASSESSED, ""),
        (State.OPEN, State.EXPORTED, None),
        (State.OPEN, State.CLOSED, None),
        (State.AWAITING, State.OPEN, ""),
        (State.ASSESSED, State.OPEN, "reason"),
        (State.ASSESSED, State.EXPORTED, "signature"),
        (State.ASSESSED, State.CLOSED, "reason signature"),
        (State.EXPORTED, State.ACKNOWLEDGED, ""),
        (State.EXPORTED, State.REJECTED, "reason"),
        (State.EXPORTED, State.NOT_VALID, None),  # an authority has it; it is amended or nullified, not dropped
        (State.REJECTED, State.EXPORTED, "signature"),
        (State.ACKNOWLEDGED, State.CLOSED, "signature"),
        (State.CLOSED, State.OPEN, "reason"),
        (State.CLOSED, State.MERGED, None),
        (State.NOT_VALID, State.OPEN, "reason"),
        (State.MERGED, State.CLOSED, None),
    ],
)
def test_the_table_of_moves(start: State, end: State, needs: str | None) -> None:
    move = allowed(start, end)
    if move is None:
        assert needs is None
        return
    said = {"reason": move.reason, "signature": move.signature, "second": move.second_person}
    assert " ".join(name for name, is_needed in said.items() if is_needed) == needs


def test_no_state_is_a_dead_end_and_no_move_is_listed_twice() -> None:
    assert len({(move.start, move.end) for move in TRANSITIONS}) == len(TRANSITIONS)
    for state in State:
        assert next_states(state)
    assert State.MERGED not in OPEN_STATES
    reached = {State.CANDIDATE}
    for _ in State:
        reached |= {move.end for state in reached for move in next_states(state)}
    assert reached == set(State)
