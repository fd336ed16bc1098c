"""Which words make an event serious. Tables to be read by people who judge cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.triage.case import Case, Event, EventOutcome, Source, SourceOrigin
from assistant.triage.judgement import Criterion, Seriousness
from assistant.triage.seriousness import FILE, proposals, read_rules, with_proposals
from assistant.triage.terms import Evidence, Span, Term
from guardrails.errors import RuleInvalid
from tests.assistant.triage.made_cases import full_case

DEATH, LIFE, HOSPITAL = Criterion.DEATH, Criterion.LIFE_THREATENING, Criterion.HOSPITALISATION
DISABLED, BIRTH, IMPORTANT = Criterion.DISABILITY, Criterion.CONGENITAL_ANOMALY, Criterion.MEDICALLY_IMPORTANT


def told(text: str, *events: str) -> tuple[Case, dict[str, str]]:
    """A case whose events are named in one source."""
    made = [Event(f"e{at}", words) for at, words in enumerate(events, start=1)]
    return full_case(*made, sources=(Source("s1", SourceOrigin.CHAT),)), {"s1": text}


def criteria(text: str, *events: str) -> dict[str, list[Criterion]]:
    found = proposals(*told(text, *events))
    return {event: [each.criterion for each in found[f"e{at}"]] for at, event in enumerate(events, start=1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Each criterion of ICH E2A.
        ("She had a rash and died two days later.", [DEATH]),
        ("The rash was fatal.", [DEATH]),
        ("He had a rash, collapsed and was intubated.", [LIFE]),
        ("The rash was life-threatening.", [LIFE]),
        ("Rash, resuscitated in the ward.", [LIFE]),
        ("She was admitted to hospital with a rash.", [HOSPITAL]),
        ("Pt admitted w/ rash: was hospitalised for 3 days.", [HOSPITAL]),
        ("Rash, transferred to the university hospital.", [HOSPITAL]),
        ("The rash prolonged her stay.", [HOSPITAL]),
        ("Rash, kept her overnight.", [HOSPITAL]),
        ("Rash, went to ICU.", [HOSPITAL]),
        ("The rash left him unable to work.", [DISABLED]),
        ("The baby was born with a rash and a malformed hand.", [BIRTH]),
        ("The rash was treated in the emergency department.", [IMPORTANT]),
        ("He had a rash and needed adrenaline.", [IMPORTANT]),
        # More than one.
        ("She had a rash, was hospitalized, and died.", [DEATH, HOSPITAL]),
        # Said not to have happened.
        ("The rash was not life-threatening.", []),
        ("She had a rash but was not admitted to hospital.", []),
        ("Rash, no hospitalisation.", []),
        ("She wasn't admitted to hospital for the rash.", []),
        ("He had a rash and almost died.", [LIFE]),
        ("The rash did not lead to death.", []),
        ("She refused admission to hospital for the rash.", []),
        ("A rash without disability.", []),
        # The refusal stands in another clause.
        ("He had no fever, but was admitted to hospital with a rash.", [HOSPITAL]),
        ("No allergies; admitted to hospital with a rash.", [HOSPITAL]),
        # Words that look alike.
        ("She admitted that she had scratched the rash.", []),
        ("I am icu nurse lucy; the rash itches.", []),
        ("My dress gave me a rash.", []),
        ("The rash itches.", []),
        ("", []),
    ],
)
def test_what_the_sentence_of_an_event_says(text: str, expected: list[Criterion]) -> None:
    assert criteria(text, "rash") == {"rash": expected}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("anaphylaxis", [IMPORTANT]),
        ("Stevens-Johnson syndrome", [IMPORTANT]),
        ("seizures", [IMPORTANT]),
        ("convulsions", [IMPORTANT]),
        ("agranulocytosis", [IMPORTANT]),
        ("allergic bronchospasm", [IMPORTANT]),
        ("drug dependence", [IMPORTANT]),
        ("gi bleed", [IMPORTANT]),
        ("cleft palate", [BIRTH]),
        ("blindness", [DISABLED]),
        ("sudden death", [DEATH]),
        ("cardiac arrest", [LIFE]),
        ("DRESS", [IMPORTANT]),
        # Not serious by their name.
        ("headache", []),
        ("nausea", []),
        ("itching", []),
        ("dizziness", []),
        ("cough", []),
    ],
)
def test_events_that_are_serious_by_what_they_are(event: str, expected: list[Criterion]) -> None:
    assert criteria("", event) == {event: expected}


def test_seriousness_belongs_to_the_event_of_the_sentence() -> None:
    text = "She had an itch for a week. On Friday she fainted and was admitted to hospital."
    assert criteria(text, "itch", "fainted") == {"itch": [], "fainted": [HOSPITAL]}


def test_a_sentence_without_an_event_speaks_of_the_one_before() -> None:
    text = "She had an itch. Then came dizziness. She was admitted to hospital."
    assert criteria(text, "itch", "dizziness") == {"itch": [], "dizziness": [HOSPITAL]}


def test_where_no_event_has_a_place_the_words_count_for_all() -> None:
    assert criteria("She was admitted to hospital.", "pruritus", "vertigo") == {
        "pruritus": [HOSPITAL],
        "vertigo": [HOSPITAL],
    }


def test_the_words_of_another_patient_do_not_count() -> None:
    text = "Patient A had an itch. Patient B had an itch and died."
    case, texts = told(text, "itch")
    first = replace(case, sources=(Source("s1", SourceOrigin.FILE, start=0, end=22),))
    assert proposals(first, texts)["e1"] == ()


def test_the_quoted_words_stand_where_the_span_says() -> None:
    case, texts = told("A rash; she was admitted to hospital.", "rash")
    (found,) = proposals(case, texts)["e1"]
    assert found.quoted is not None
    assert texts["s1"][found.quoted.start : found.quoted.end] == found.quoted.text == "was admitted"
    assert (found.set_by, found.confirmed) == ("machine", False)
    assert found.rule.startswith("seriousness@")


def test_the_outcome_and_the_coded_term_speak_too() -> None:
    place = Span("s1", 0, 4, "fits")
    event = Event("e1", "fits", Term("open", "1", "x", "Seizure"), outcome=EventOutcome.FATAL)
    case = full_case(event, evidence=(Evidence("v1", "events[e1].verbatim", place),))
    found = proposals(case, {})["e1"]
    assert [each.criterion for each in found] == [DEATH, IMPORTANT]
    assert {each.quoted for each in found} == {place}


def test_what_a_person_decided_stays() -> None:
    mine = Seriousness(DISABLED, None, "", "p-ann", True)
    text = "A rash, an itch and dizziness; she was admitted to hospital."
    case, texts = told(text, "rash", "itch", "dizziness")
    rash, itch, dizziness = case.events
    case = replace(
        case, events=(replace(rash, seriousness=(mine,)), replace(itch, judged_not_serious_by="p-ann"), dizziness)
    )
    proposed = with_proposals(case, texts)
    assert [[each.criterion for each in event.seriousness] for event in proposed.events] == [[DISABLED], [], [HOSPITAL]]
    assert with_proposals(proposed, texts) == proposed


def test_every_criterion_has_words_and_a_wrong_file_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert {each.criterion for each in read_rules().criteria} == set(Criterion) - {Criterion.REQUIRED_INTERVENTION}
    path = tmp_path_factory.mktemp("rules") / "seriousness.yaml"
    path.write_text(FILE.read_text().replace("results in death", "results in sadness"))
    with pytest.raises(RuleInvalid, match="criterion"):
        read_rules(path)
