"""What two cases have in common, what that is worth, and what is proposed; the table below is meant to be reviewed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.triage.case import Source, SourceOrigin
from assistant.triage.duplicates.check import Proposal, check, check_all
from assistant.triage.duplicates.compare import FIELDS, Rarity, compared
from assistant.triage.duplicates.errors import IndexUnusable
from assistant.triage.duplicates.event_words import concept, is_known
from assistant.triage.duplicates.fingerprint import (
    Fingerprint,
    initials,
    number,
    own_words,
    reference,
    sketch,
)
from assistant.triage.duplicates.index import DuplicateIndex
from assistant.triage.duplicates.keys import keys
from assistant.triage.duplicates.learn import best_threshold, learned
from assistant.triage.duplicates.score import likeness
from assistant.triage.duplicates.stored import read, written
from assistant.triage.duplicates.weights import shipped
from tests.assistant.triage.made_cases import full_case

RARITY = Rarity({"metformin": 6.0, "lamotrigine": 9.0}, {"rash": 4.0, "stevens johnson syndrome": 11.0}, 12.0)
CASE = Fingerprint(
    id="a", source="file-a", numbers=frozenset({"deacme17"}), initials="AB", birth=(1971, 3, 4), age=54.0, sex="female",
    weight=70.0, country="DE", qualification="physician", sender="city clinic", suspects=frozenset({"lamotrigine"}),
    others=frozenset({"metformin"}), events=frozenset({"stevens johnson syndrome"}), onset=(2025, 6, 5),
    start=(2025, 5, 20), outcome="recovering", received=739_000,
)  # fmt: skip
OTHER = replace(CASE, id="b", source="file-b", numbers=frozenset({"frbeta99"}), qualification="pharmacist", sender="")


def level(field: str, **changed: object) -> str | None:
    return compared(CASE, replace(OTHER, **changed), RARITY)[field]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "changed", "expected"),
    [
        # A value that is missing neither proves nor disproves.
        *((field, {field: None}, None) for field in ("birth", "onset", "start", "weight", "received")),
        *((field, {field: ""}, None) for field in ("initials", "sex", "country", "outcome")),
        ("medicines", {"suspects": frozenset()}, None),
        ("events", {"events": frozenset()}, None),
        # Dates: slips, swapped day and month, and dates known only in part.
        ("onset", {"onset": (2025, 6, 5)}, "same"),
        ("onset", {"onset": (2025, 6, 8)}, "within 3 days"),
        ("onset", {"onset": (2025, 5, 6)}, "day and month swapped"),
        ("onset", {"onset": (2024, 6, 5)}, "one part differs"),
        ("onset", {"onset": (2025, 6, 0)}, "same month"),
        ("onset", {"onset": (2025, 0, 0)}, "same year"),
        ("onset", {"onset": (2025, 7, 1)}, "within 31 days"),
        ("onset", {"onset": (2019, 0, 0)}, "far"),
        # An age counts only where there is no birth date to compare.
        ("age", {"age": 54.0}, None),
        ("age", {"birth": None, "age": 54.0}, "same"),
        ("age", {"birth": None, "age": 55.0}, "within 1 year"),
        ("age", {"birth": None, "age": 50.0}, "rounded"),
        ("age", {"birth": None, "age": 58.0}, "within 5 years"),
        ("age", {"birth": None, "age": 7.0}, "far"),
        ("initials", {"initials": "BA"}, "one letter off"),
        ("initials", {"initials": "AXB"}, "one letter off"),
        ("initials", {"initials": "CD"}, "different"),
        ("weight", {"weight": 70.5}, "same"),
        ("weight", {"weight": 73.0}, "within 5 %"),
        ("weight", {"weight": 90.0}, "different"),
        ("medicines", {"suspects": frozenset({"metformin"})}, "listed by the other"),
        ("medicines", {"suspects": frozenset({"naproxen"}), "others": frozenset()}, "different"),
        ("medicines", {}, "same, rarity 2"),
        ("events", {}, "same, rarity 3"),
        ("events", {"events": frozenset({"rash", "stevens johnson syndrome"})}, "shared, rarity 3"),
        ("events", {"events": frozenset({"rash"})}, "different"),
        # Words of an unknown language may be the same reaction: no proof against.
        ("events", {"events": frozenset({"kvalme"})}, None),
    ],
)
def test_levels(field: str, changed: dict[str, object], expected: str | None) -> None:
    assert level(field, **changed) == expected


def test_no_field_of_the_shipped_weights_is_unknown_to_the_comparison() -> None:
    for context in (shipped().open, shipped().same_article):
        assert set(context.fields) == set(FIELDS)
    assert shipped().open.fields["sex"]["same"].bits > 0 > shipped().open.fields["sex"]["different"].bits


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Hives", "urticaria"), ("Nesselsucht", "urticaria"), ("URTICAIRE", "urticaria"), ("Übelkeit", "nausea"),
        ("fièvre", "pyrexia"), ("severe skin rash", "rash"), ("thrombocytopenla", "thrombocytopenia"),
        ("kvalme", "kvalme"), ("", ""),
    ],
)  # fmt: skip
def test_words_for_one_reaction(told: str, meant: str) -> None:
    assert concept(told) == meant
    assert is_known(concept(told)) is (meant not in ("kvalme", ""))


@given(st.text(max_size=60))
def test_any_words_are_read(told: str) -> None:
    assert concept(told) == concept(told.strip())


def test_numbers_references_and_initials_have_one_spelling() -> None:
    assert number("DE-ACME-2026/00017") == number("de acme 2026 00017") == "deacme202600017"
    assert number("17") == number("unknown") == ""
    assert reference("Doe J. Lancet 2020. doi:10.1016/S0140-6736(20)30183-5.") == "10.1016/s0140-6736(20)30183-5"
    assert reference("Doe, J: Case") == reference("doe j case")
    assert (initials("a.b."), initials("[PERSON]")) == ("AB", "")


def test_a_likeness_is_the_sum_of_what_its_fields_say() -> None:
    found = likeness(CASE, OTHER, RARITY)
    assert found.odds == pytest.approx(found.prior + sum(each.bits for each in found.fields))
    assert found.probability > 0.99
    lines = [each.words for each in found.fields]
    assert any(line.startswith("birth date: same (+") for line in lines)
    assert "organisation of the reporter: not compared, it is not reported in both" in lines
    assert likeness(OTHER, CASE, RARITY).odds == pytest.approx(found.odds)


@pytest.fixture
def index(tmp_path: Path) -> DuplicateIndex:
    made = DuplicateIndex(tmp_path / "index.sqlite")
    made.put([CASE])
    return made


@pytest.mark.parametrize(
    ("changed", "proposal", "reason"),
    [
        ({}, Proposal.DUPLICATE, "The same patient"),
        ({"birth": (1971, 4, 3), "onset": (2025, 6, 7), "initials": ""}, Proposal.DUPLICATE, "The same patient"),
        ({"sender": "city clinic", "received": 739_020, "outcome": "recovered"}, Proposal.FOLLOW_UP, "tells more"),
        ({"numbers": frozenset({"deacme17"}), "received": 739_020}, Proposal.FOLLOW_UP, "received later"),
        ({"numbers": frozenset({"deacme17"})}, Proposal.DUPLICATE, "sent twice"),
        (
            {"numbers": frozenset({"deacme17"}), "sex": "male", "birth": (1940, 1, 1)},
            Proposal.FOLLOW_UP,
            "check whether the number was used twice",
        ),
        # Other patients: of one source, of one family, of one ward.
        ({"source": "file-a", "place": 800}, Proposal.INITIAL, "Another patient of the same source"),
        ({"sex": "male", "initials": "CB"}, Proposal.INITIAL, ""),
        ({"birth": (1990, 1, 1), "age": 35.0, "initials": "KM", "weight": 52.0}, Proposal.INITIAL, ""),
    ],
)
def test_proposals(index: DuplicateIndex, changed: dict[str, object], proposal: Proposal, reason: str) -> None:
    found = check(replace(OTHER, **changed), index)  # type: ignore[arg-type]
    assert found.proposal is proposal, found
    assert found.of == ("" if proposal is Proposal.INITIAL else "a")
    assert not found.beside or reason in found.beside[0].reason


def test_patients_of_one_article_reported_twice_are_told_apart(tmp_path: Path) -> None:
    index = DuplicateIndex(tmp_path / "index.sqlite")
    bare = replace(
        CASE, source="theirs", literature=frozenset({"10.1000/x"}), birth=None, initials="", numbers=frozenset(),
        weight=None, onset=None, start=None,
    )  # fmt: skip
    first = [replace(bare, id="x1", age=54.0), replace(bare, id="x2", place=900, age=31.0)]
    index.put(first)
    ours = replace(first[1], id="y2", source="ours", sender="other company", onset=(2025, 1, 1))
    found = check(ours, index)
    assert (found.proposal, found.of) == (Proposal.DUPLICATE, "x2")
    assert all(each.likeness.other != "x1" or each.proposal is Proposal.INITIAL for each in found.beside)


def test_nothing_known_of_the_patient_is_no_duplicate(index: DuplicateIndex) -> None:
    bare = Fingerprint("c", suspects=CASE.suspects, events=CASE.events, country="DE", sex="female")
    found = check(bare, index)
    assert found.proposal is Proposal.INITIAL
    assert found.compared == 1


def test_an_index_is_kept_changed_and_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "index.sqlite"
    index = DuplicateIndex(path)
    index.put([CASE, OTHER])
    assert path.stat().st_mode & 0o077 == 0
    assert [(each.likeness.one, each.likeness.other) for each in check_all(index)] == [("b", "a")]
    index.put([replace(OTHER, suspects=frozenset({"naproxen"}), others=frozenset(), events=frozenset({"rash"}))])
    assert (len(index), list(index.rarity().suspects)) == (2, ["lamotrigine", "naproxen"])
    index.forget("b")
    index.forget("never there")
    index.close()
    again = DuplicateIndex(path)
    assert (len(again), list(check_all(again))) == (1, [])
    assert again.candidates(OTHER).cases == (CASE,)


def test_a_key_that_too_many_share_is_not_followed_and_counted(tmp_path: Path) -> None:
    index = DuplicateIndex(tmp_path / "index.sqlite")
    bare = Fingerprint("", suspects=CASE.suspects, events=CASE.events, country="DE", sex="female")
    index.put(replace(bare, id=f"c{at}") for at in range(401))
    found = check(replace(bare, id="new"), index)
    assert (found.compared, found.too_common) == (0, len(keys(bare)))


def test_a_damaged_index_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"no database at all, but some other file" * 40)
    with pytest.raises(IndexUnusable, match="delete it and it is filled again"):
        DuplicateIndex(path)


def test_a_fingerprint_is_kept_as_it_is() -> None:
    whole = replace(CASE, sketch=sketch("the patient developed a rash after the second dose"))
    assert read(written(whole)) == whole
    assert read(written(Fingerprint("bare"))) == Fingerprint("bare")


def test_only_a_case_s_own_prose_is_compared() -> None:
    row = (
        "Line 2\nSuspect drug: ibuprofen\nFree text: She felt unwell on the second day and stopped taking the tablets."
    )
    text = (
        f"Columns: a, b\n\n{row}\n\nLine 3\nFree text: Somebody else altogether who had nothing to do with it at all."
    )
    start = text.index("Line 2")
    case = replace(full_case(), sources=(Source("s1", SourceOrigin.FILE, start=start, end=start + len(row)),))
    assert own_words(case, {"s1": text}) == "She felt unwell on the second day and stopped taking the tablets."
    chat = replace(case, sources=(Source("s2", SourceOrigin.CHAT),))
    assert own_words(chat, {"s1": text}) == ""
    assert own_words(chat, {"s2": "She took it and felt sick."}) == "She took it and felt sick."


def test_weights_are_learned_from_known_pairs() -> None:
    none = dict.fromkeys(FIELDS)
    pairs = [{**none, "sex": "same", "age": "same"}] * 40 + [{**none, "sex": "same", "age": "far"}] * 60
    found = learned(pairs, [True] * 40 + [False] * 60)
    assert found.fields["age"]["same"].bits > 1 > -1 > found.fields["age"]["far"].bits
    assert abs(found.fields["sex"]["same"].bits) < 0.5
    assert (found.fields["age"]["same"].m, found.fields["age"]["far"].m) == (0.987805, 0.012195)
    with pytest.raises(ValueError, match="the same and pairs that are not"):
        learned(pairs[:2], [True, True])


def test_the_threshold_of_best_f1() -> None:
    assert best_threshold([4.0, 3.0, 0.0, -3.0], [True, True, False, False], 0) == pytest.approx(0.889, abs=0.001)
