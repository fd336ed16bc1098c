"""Single values as people write them, places in masked text, and what prose says; tables that may be reviewed."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.triage.case import EventOutcome
from assistant.triage.intake import values
from assistant.triage.intake.columns import Mapping, columns, read_mapping
from assistant.triage.intake.errors import MappingInvalid
from assistant.triage.intake.form import looks_like_form, read_form
from assistant.triage.intake.further import facts
from assistant.triage.intake.places import masked
from assistant.triage.intake.record import Cell, parts
from assistant.triage.intake.table import looks_like_table, read_table
from assistant.triage.intake.values import DateOrder, Unread
from assistant.triage.intake.vocabulary import vocabulary
from assistant.triage.judgement import Criterion
from assistant.triage.people_in_case import AgeGroup, Measure, Qualification, Sex
from assistant.triage.product import ActionTaken, Challenge, ProductRole
from guardrails.masking.kinds import Identifier, Kind
from tests.assistant.triage.made_files import TABLE


@pytest.mark.parametrize(
    ("told", "value", "unit"),
    [
        ("54", 54, "a"), ("54 y", 54, "a"), ("54-year-old", 54, "a"), ("Age: 7", 7, "a"), ("8 months", 8, "mo"),
        ("6 wk", 6, "wk"), ("3 Tage", 3, "d"), ("12 h", 12, "h"), ("50s", 5, "10.a"), ("in her 70s", 7, "10.a"),
        ("0", 0, "a"), ("130", 130, "a"),
    ],
)  # fmt: skip
def test_ages(told: str, value: int, unit: str) -> None:
    assert values.age(told) == Measure(Decimal(value), unit)


@pytest.mark.parametrize("told", ["abc", "131", "12/03/1958", "5 parsecs", "-4", "54 to 60"])
def test_no_ages(told: str) -> None:
    with pytest.raises(Unread):
        values.age(told)


@pytest.mark.parametrize(
    ("told", "order", "expected"),
    [
        ("2025-03-14", "unknown", "2025-03-14"), ("20250314", "unknown", "2025-03-14"), ("2025", "unknown", "2025"),
        ("2025-03", "unknown", "2025-03"), ("03/2025", "unknown", "2025-03"), ("14.3.2025", "unknown", "2025-03-14"),
        ("3/14/2025", "unknown", "2025-03-14"), ("4/3/2025", "unknown", "2025"),
        ("4/3/2025", "day-first", "2025-03-04"),
        ("4/3/2025", "month-first", "2025-04-03"), ("5/5/2025", "unknown", "2025-05-05"),
        ("14 March 2025", "unknown", "2025-03-14"), ("14-MAR-2025", "unknown", "2025-03-14"),
        ("March 14, 2025", "unknown", "2025-03-14"), ("14. März 2025", "unknown", "2025-03-14"),
        ("mars 2025", "unknown", "2025-03"), ("2025-03-14T10:00:00", "unknown", "2025-03-14"),
    ],
)  # fmt: skip
def test_dates(told: str, order: str, expected: str) -> None:
    assert str(values.day(told, DateOrder(order))) == expected


@pytest.mark.parametrize("told", ["30.02.2026", "soon", "14 Brumaire 2025", "0000-01-01", "1/2/3", "99/99/2025"])
def test_no_dates(told: str) -> None:
    with pytest.raises(Unread):
        values.day(told)


@pytest.mark.parametrize(
    ("read", "told", "expected"),
    [
        (values.sex, "F", Sex.FEMALE), (values.sex, "männlich", Sex.MALE), (values.sex, "Mujer", Sex.FEMALE),
        (values.age_group, "Elderly", AgeGroup.ELDERLY), (values.age_group, "newborn", AgeGroup.NEONATE),
        (values.outcome, "Recovered/Resolved", EventOutcome.RECOVERED), (values.outcome, "Died", EventOutcome.FATAL),
        (values.outcome, "not recovered / not resolved / ongoing", EventOutcome.NOT_RECOVERED),
        (values.outcome, "Recovering/resolving", EventOutcome.RECOVERING),
        (values.qualification, "Hospital doctor", Qualification.PHYSICIAN),
        (values.qualification, "nurse", Qualification.OTHER_PROFESSIONAL),
        (values.qualification, "Patient", Qualification.CONSUMER), (values.role, "PS", ProductRole.SUSPECT),
        (values.action, "Drug discontinued", ActionTaken.WITHDRAWN), (values.country, "Deutschland", "DE"),
        (values.country, "us", "US"), (values.country, "Norway", "NO"), (values.weight_kg, "158 lb", Decimal("71.67")),
        (values.weight_kg, "71,5", Decimal("71.5")), (values.weight_kg, "3400 g", Decimal("3.4")),
        (values.initials, "a.b.", "AB"), (values.initials, "John Smith", "JS"), (values.initials, "XYZ", "XYZ"),
        (values.dechallenge, "Yes", Challenge.NOT_RECURRED), (values.dechallenge, "no", Challenge.RECURRED),
        (values.rechallenge, "positive", Challenge.RECURRED), (values.rechallenge, "n/a", Challenge.NOT_DONE),
        (values.criteria, "Life threatening; hospitalised", (Criterion.LIFE_THREATENING, Criterion.HOSPITALISATION)),
        (values.criteria, "Not serious", ()), (values.criteria, "No", ()),
    ],
)  # fmt: skip
def test_words_for_what_a_case_knows(read: values.Reader, told: str, expected: object) -> None:
    assert read(told) == expected


@pytest.mark.parametrize(
    "read", [values.sex, values.outcome, values.country, values.criteria, values.weight_kg, values.yes]
)
def test_unknown_words_are_not_guessed(read: values.Reader) -> None:
    with pytest.raises(Unread, match=r"write|known"):
        read("zzz")


@given(st.text(max_size=40), st.sampled_from(sorted(values.READERS)))
def test_any_cell_is_read_or_told(told: str, name: str) -> None:
    # What cannot be read is told as `Unread` and as nothing else.
    with suppress(Unread):
        assert values.READERS[name](told) is not None


def test_a_dash_or_unknown_tells_nothing() -> None:
    assert [values.is_told(each) for each in ("-", "UNK", "n/a", "Unknown", "0", "no")] == [False] * 4 + [True] * 2


# Places


@given(st.text("ab \n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=4))
def test_places_of_a_masked_text_show_the_same_words(text: str, cuts: list[tuple[int, int]]) -> None:
    found: list[Identifier] = []
    for start, length in sorted(cuts):
        if start + length <= len(text) and (not found or start >= found[-1].end):
            found.append(Identifier(Kind.NAME, start, start + length))
    kept = masked(text, lambda _: found)
    hidden = {at for one in found for at in range(one.start, one.end)}
    for at, letter in enumerate(text):
        start, end = kept.place(at, at + 1)
        assert kept.text[start:end] == ("[NAME]" if at in hidden else letter)
    assert kept.place(0, len(text)) == (0, len(kept.text)) or not text


def test_a_part_of_a_masked_text() -> None:
    text = "Mrs Ann took x. Mrs Bea took y."
    kept = masked(text, lambda _: [Identifier(Kind.NAME, 4, 7), Identifier(Kind.NAME, 20, 23)])
    part = kept.part(16, 31)
    assert part.text == "Mrs [NAME] took y."
    assert part.text[slice(*part.place(4, 7))] == "[NAME]"
    assert part.text[slice(*part.place(13, 15))] == "y."


# Columns


def test_every_field_has_a_header_that_is_its_own() -> None:
    headers = [words[1] if len(words) > 1 else words[0] for words in vocabulary().columns.values()]
    assert [one.how for one in columns(headers, Mapping())] == ["known"] * len(headers)


def test_no_word_means_two_things() -> None:
    for table, rows in vocabulary().meanings.items():
        words = [word for found in rows.values() for word in found]
        assert len(words) == len(set(words)), table
    headers = [word for found in vocabulary().columns.values() for word in set(found)]
    assert len(headers) == len(set(headers))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("columns: {A: nonsense}", "maps to nonsense; a field is one of action, age"),
        ("colums: {A: age}", "colums: Extra inputs"),
        ("columns: [", "cannot be read"),
        ("list_separators: ''", "no list separator"),
    ],
)
def test_a_wrong_mapping_says_so(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(MappingInvalid, match=said):
        read_mapping(path)


def test_a_mapping_is_read(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("columns: {Präparat: medicine}\ndate_order: day-first\nignore: [Code]\n", encoding="utf-8")
    found = read_mapping(path)
    assert (found.columns, found.date_order, found.ignore) == ({"Präparat": "medicine"}, DateOrder.DAY_FIRST, ("Code",))


# Tables and lists


@pytest.mark.parametrize(
    ("text", "is_table"),
    [
        (TABLE, True), ("Drug,Reaction,Age\nx,y,1\n", True), ("a\tb\tc\n1\t2\t3\n", True),
        ("Dear colleague, thanks.\nShe took x, y, and z, then fell.\n", False),
        ("one line only, of prose, here", False),
        ("", False),
    ],
)  # fmt: skip
def test_tables_are_told_from_prose(text: str, is_table: bool) -> None:
    assert looks_like_table(text) is is_table


@given(st.text(max_size=200))
def test_any_table_is_read_or_refused_and_keeps_its_words(text: str) -> None:
    body = "\n".join(("Drug,Reaction,Age", *text.splitlines()))
    table = read_table(body, Mapping())
    for record in table.records:
        for cell in record.cells:
            assert table.text[cell.start : cell.end] == cell.told


def test_members_of_a_list_keep_their_places() -> None:
    cell = Cell("event", " rash ;; low sodium", 10, 29)
    assert [(each.told, each.start, each.end) for each in parts(cell, ";")] == [
        ("rash", 11, 15),
        ("low sodium", 19, 29),
    ]


# Prose


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("She developed a rash on 4 March 2025.", "onset", "2025-03-04"),
        ("On 14.03.2025 he collapsed.", "onset", "2025-03-14"),
        ("He was started on warfarin on March 3, 2025.", "start", "2025-03-03"),
        ("Warfarin was stopped on 2025-03-09.", "end", "2025-03-09"),
        ("The patient, born 12 March 1958, is well.", "birth", "1958-03-12"),
        ("She has fully recovered.", "outcome", EventOutcome.RECOVERED),
        ("He has not yet recovered.", "outcome", EventOutcome.NOT_RECOVERED),
        ("The rash has not resolved.", "outcome", EventOutcome.NOT_RECOVERED),
        ("It is slowly getting better; symptoms are resolving.", "outcome", EventOutcome.RECOVERING),
        ("The patient died.", "outcome", EventOutcome.FATAL),
        ("The dose was halved.", "action", ActionTaken.REDUCED),
        ("Treatment was discontinued.", "action", ActionTaken.WITHDRAWN),
        ("The rash cleared after it was stopped.", "dechallenge", Challenge.NOT_RECURRED),
        ("On rechallenge the rash recurred.", "rechallenge", Challenge.RECURRED),
        ("It was restarted and did not recur.", "rechallenge", Challenge.NOT_RECURRED),
        ("See doi:10.9999/jicr.2025.0712.", "literature", "10.9999/jicr.2025.0712"),
    ],
)
def test_what_prose_says(text: str, field: str, value: object) -> None:
    found = [fact for fact in facts(text) if fact.field == field]
    assert [str(fact.value) for fact in found] == [str(value)]
    assert all(text[fact.start : fact.end].strip() for fact in found)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("She developed a rash on 31 February 2025.", "onset"),
        ("He did not die and the outcome is unknown.", "outcome"),
        ("She should stop it.", "action"),
    ],
)
def test_what_prose_does_not_say(text: str, field: str) -> None:
    assert [fact for fact in facts(text) if fact.field == field] == []


@given(st.text(max_size=300))
def test_any_prose_is_read(text: str) -> None:
    assert all(0 <= fact.start < fact.end <= len(text) for fact in facts(text))


# Forms


def test_a_form_as_plain_lines() -> None:
    text = (
        "Patient initials: R.S.\nCountry: Germany\nSex: F\nAge: 61\nReaction: rash\nOutcome: recovered\n"
        "Suspect drug: ibuprofen\nDaily dose: 400 mg\n"
    )
    assert looks_like_form(text)
    told = {cell.field: cell.told for cell in read_form(text).cells}
    assert told == {
        "initials": "R.S.", "country": "Germany", "sex": "F", "age": "61", "event": "rash", "outcome": "recovered",
        "medicine": "ibuprofen", "dose": "400 mg",
    }  # fmt: skip


@given(st.text(max_size=300))
def test_any_text_is_read_as_a_form(text: str) -> None:
    for cell in read_form(text).cells:
        assert 0 <= cell.start <= cell.end <= len(text)
