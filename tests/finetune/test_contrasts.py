"""Contrasts: each change changes what it says it does, rewording keeps the meaning, and medicines stay apart."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.nets.contrasts import faithful, meanings, numbers, subjects
from finetune.nets.contrasts.contrast import Change, Scene, Table, both_ways, one_way, put, swap_one
from finetune.nets.contrasts.pairs import TEST, VALIDATION, make, split_of
from finetune.nets.contrasts.rewritten import rewritten
from finetune.nets.contrasts.texts import FEDERAL, Part, all_parts, family_of, federal_answers, monographs, share
from finetune.nets.groundedness import LABELS, faithful_claims, fitted, logistic, rows

DOSE = "Give adults 500 mg orally twice daily with meals if the infection is severe."
SCENE = Scene(f"{DOSE} The maximum is 4,000 mg.", ("amoxicillin",), ("warfarin",), ("arthritis", "bronchitis"))

# kind, sentence to which it applies, every result that it may have (empty: only "another text"), and one to which not.
CHANGES: tuple[tuple[str, Change, str, frozenset[str], str], ...] = (
    ("number", numbers.number, "Take 500 mg.", frozenset(), "Take it."),
    (
        "tenfold",
        numbers.tenfold,
        "Take 500 mg.",
        frozenset({"Take 5,000 mg.", "Take 50 mg.", "Take 500,000 mg."}),
        "Take 5 days.",
    ),
    ("unit", numbers.unit, "Take 5 mg.", frozenset({"Take 5 mcg.", "Take 5 g."}), "Take five."),
    ("frequency", numbers.frequency, "Take it at bedtime.", frozenset({"Take it in the morning."}), "Take it."),
    ("direction", meanings.direction, "It has increased.", frozenset({"It has decreased."}), "It has come."),
    ("negation", meanings.negation, "It is not safe.", frozenset({"It is safe."}), "Take it."),
    ("certainty", meanings.certainty, "It may hurt.", frozenset({"It will hurt.", "It always hurt."}), "It hurts."),
    (
        "dropped condition",
        meanings.dropped_condition,
        "Stop the medicine and call a doctor if a rash appears.",
        frozenset({"Stop the medicine and call a doctor."}),
        "Stop the medicine and call a doctor.",
    ),
    (
        "medicine",
        subjects.medicine,
        "Amoxicillin is a penicillin.",
        frozenset({"Warfarin is a penicillin."}),
        "It is a penicillin.",
    ),
    ("route", subjects.route, "Give it by mouth.", frozenset({"Give it by injection.", "Give it by infusion."}), "Go."),
    ("population", subjects.population, "Boys grow.", frozenset({"Girls grow."}), "They grow."),
    (
        "indication",
        subjects.indication,
        "It treats hepatitis.",
        frozenset({"It treats arthritis.", "It treats bronchitis."}),
        "It treats pain.",
    ),
)


@pytest.mark.parametrize(("kind", "change", "text", "wanted", "_other"), CHANGES, ids=lambda one: str(one)[:20])
def test_a_change_changes_what_it_names(
    kind: str, change: Change, text: str, wanted: frozenset[str], _other: str
) -> None:
    found = {change(text, SCENE, random.Random(seed)) for seed in range(40)}
    assert text not in found, kind
    assert found == wanted if wanted else len(found) > 3


@pytest.mark.parametrize(("kind", "change", "_text", "_wanted", "other"), CHANGES, ids=lambda one: str(one)[:20])
def test_a_change_that_does_not_apply_makes_nothing(
    kind: str, change: Change, _text: str, _wanted: frozenset[str], other: str
) -> None:
    assert {change(other, SCENE, random.Random(seed)) for seed in range(40)} == {""}, kind


def test_a_changed_number_is_never_the_same_number() -> None:
    for seed in range(300):
        made = numbers.number("Take 1,000 mg for 2.5 days.", Scene("", (), (), ()), random.Random(seed))
        assert made
        assert made.replace(",", "") != "Take 1000 mg for 2.5 days."


def test_an_entity_is_exchanged_for_one_of_its_kind() -> None:
    found = {subjects.entity("It causes a rash.", SCENE, random.Random(seed)) for seed in range(60)}
    assert found == {"", "It causes a alopecia.", "It causes a pruritus."}


def test_an_added_detail_is_the_end_of_another_sentence() -> None:
    ends = meanings.details(["It is given within two weeks of birth.", "It is white."])
    assert ends == (" within two weeks of birth",)
    scene = Scene("", (), (), (), ends)
    assert (
        meanings.added_detail("It causes sleep.", scene, random.Random(1))
        == "It causes sleep within two weeks of birth."
    )
    assert meanings.added_detail("It causes sleep.", SCENE, random.Random(1)) == ""


# What a rule of rewording makes of a sentence; "" where it does not apply.
Reword = Callable[[str, random.Random], str]
REWORDINGS: tuple[tuple[Reword, str, str], ...] = (
    (
        faithful.reordered,
        "If a rash appears, stop the medicine at once.",
        "Stop the medicine at once if a rash appears.",
    ),
    (
        faithful.reordered,
        "Stop the medicine at once if a rash appears.",
        "If a rash appears, stop the medicine at once.",
    ),
    (faithful.reordered, "The medicine helps against pain.", ""),
    (faithful.passive, "Avoid alcohol during treatment.", "Alcohol should be avoided during treatment."),
    (faithful.passive, "Alcohol is harmful.", ""),
    (
        faithful.trimmed,
        "The medicine (a white powder) dissolves well in water.",
        "The medicine dissolves well in water.",
    ),
    (faithful.trimmed, "The medicine (not the powder) dissolves well in water.", ""),
    (faithful.synonyms, "Take it prior to meals.", "Take it before meals."),
)


@pytest.mark.parametrize(("rule", "text", "wanted"), REWORDINGS)
def test_rewording_keeps_the_meaning(rule: Reword, text: str, wanted: str) -> None:
    found = {rule(text, random.Random(seed)) for seed in range(40)} - {text}
    assert wanted in found or (wanted == "" and not found)
    assert found <= {wanted, ""}


def test_a_shorter_list_keeps_only_its_own_members() -> None:
    text = "Reactions include nausea, headache, rash, and fever."
    for seed in range(30):
        made = faithful.fewer(text, random.Random(seed))
        kept = made.removeprefix("Reactions include ").rstrip(".").replace(" and ", ", ").split(", ")
        assert set(kept) <= {"nausea", "headache", "rash", "fever"}
        assert len(kept) >= 2


def test_a_table_prefers_its_longest_phrase_and_whole_words() -> None:
    table = both_ways("daily | weekly\ntwice daily | once daily")
    assert swap_one("twice daily", table, random.Random(1)) == "once daily"
    assert swap_one("nondaily", table, random.Random(1)) == ""
    assert one_way("may > will").rows == {"may": ("will",)}
    assert (Table({"a": ("b",)}) + Table({"c": ("d",)})).rows == {"a": ("b",), "c": ("d",)}
    assert put("Before lunch", 0, 6, "after") == "After lunch"


# Relatives share a family, so that the label of one is not learned where another is held out.
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Dimethyl fumarate", "tecfidera", True),
        ("interferon beta-1a", "peginterferon beta-1a", True),
        ("metformin hydrochloride", "metformin", True),
        ("metformin", "warfarin", False),
    ],
)
def test_relatives_share_a_family(one: str, other: str, same: bool) -> None:
    assert (family_of(one) == family_of(other)) is same


def test_all_parts_of_a_family_are_in_one_split() -> None:
    splits: dict[str, set[str]] = {}
    for part in monographs():
        splits.setdefault(part.family, set()).add(split_of(part))
    assert all(len(found) == 1 for found in splits.values())
    assert {"test", "validation", "train"} == set().union(*splits.values())
    assert 0 < TEST < VALIDATION < 1
    assert share("a") == share("a") != share("b")


def test_contrasts_of_our_monographs_are_balanced_and_repeatable() -> None:
    parts = [part for part in monographs() if part.family in {"metformin", "warfarin", "ibuprofen", "lisinopril"}]
    made = make("train", parts, [])
    assert made == make("train", parts, [])
    assert {one.supported for one in made} == {True, False}
    assert 0.3 < sum(one.supported for one in made) / len(made) < 0.6
    assert len({one.kind for one in made}) > 12
    assert all(one.claim.strip() and one.passage.strip() for one in made)
    # Nothing that its passage says word for word may be called unsupported.
    assert not [one for one in made if not one.supported and one.claim.rstrip(".") in one.passage]
    assert {row.label for row in rows(made)} == set(LABELS)


def test_faithful_claims_differ_from_their_fact() -> None:
    part = Part("m", "m", ("m",), "M tablets", ("Dose",), ("Avoid alcohol during treatment with this medicine.",))
    for one in faithful_claims([part] * 20):
        assert one.passage.endswith(part.sentences[0])
        assert one.passage.startswith("M tablets. Dose: ")
        assert one.claim not in one.passage


def test_the_logistic_fit_finds_slope_and_bias() -> None:
    import numpy as np

    chance = np.random.default_rng(1)
    values = chance.normal(3, 2, 20_000)
    targets = chance.random(20_000) < 1 / (1 + np.exp(-(1.5 * values - 4)))
    slope, bias = logistic(values, targets)
    assert slope == pytest.approx(1.5, abs=0.1)
    assert bias == pytest.approx(-4, abs=0.2)
    signals = np.stack([values, values / 2, values * 3], axis=1)
    blend = fitted(signals, targets)
    assert blend.net > 0
    assert blend.of(signals)[targets].mean() > blend.of(signals)[~targets].mean()


@pytest.mark.shared
def test_only_licence_clean_answers_are_read(shared_data: Path) -> None:
    answers = federal_answers(shared_data)
    assert len(answers) > 300
    assert {part.document.split("_")[0] for part in answers} <= FEDERAL


@pytest.mark.shared
def test_facts_are_found_again_in_their_label(shared_data: Path) -> None:
    found = list(rewritten(shared_data))
    assert len(found) > 500
    assert all(one.place < len(one.part.sentences) for one in found)
    assert len(all_parts(shared_data)) > 5000
