"""Candidate limits: what may be read from a label by machine, and that it never loosens a written rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from guardrails.candidates import candidates, joined
from guardrails.rulebook import LimitKind, MedicineRules, Rulebook
from guardrails.verdict import Severity
from retrieval.chunking import passages
from retrieval.medicines import Medicines
from retrieval.passage import Passage, Section, Source, SourceKind
from retrieval.readers.spl import read_spl

_LABEL = Source(
    id="label-1@3",
    document="label-1",
    kind=SourceKind.LABEL,
    title="Ramipril capsules",
    ingredients=("ramipril",),
    brands=(),
    publisher="Example Ltd",
    version="3",
    effective=None,
    url="",
    licence="",
    text="",
    checksum="",
)


@cache
def _medicines() -> Medicines:
    return Medicines.load()


def _passage(text: str, section: Section = Section.DOSAGE, heading: str = "2 Dosage and Administration") -> Passage:
    return Passage("k", "label-1@3", text, section, (heading,), 0, len(text), ("ramipril",), "Ramipril", None)


def _read(*texts: str, section: Section = Section.DOSAGE, heading: str = "2 Dosage") -> MedicineRules | None:
    return candidates(_LABEL, [_passage(text, section, heading) for text in texts], _medicines())


def _lines(rules: MedicineRules | None) -> list[str]:
    found = [] if rules is None else rules.limits
    return [f"{one.severity} {one.id} {one.value.value.normalize():f} {one.value.unit}" for one in found]


@dataclass(frozen=True)
class Case:
    """The sentences of a dosage section, and the limits that may be read from them."""

    why: str
    texts: tuple[str, ...]
    limits: tuple[str, ...]


CASES = [
    Case("a stated maximum warns", ("The maximum dose of ramipril is 20 mg daily.",), ("warn daily_max 20 mg",)),
    Case("a plain dose informs", ("Take ramipril 5 mg twice daily.",), ("inform daily_max 10 mg",)),
    Case(
        "the highest counts, whichever is a maximum",
        ("Do not exceed 10 mg of ramipril daily.", "Take ramipril 10 mg twice daily."),
        ("inform daily_max 20 mg",),
    ),
    Case(
        "once weekly has no day",
        ("Take ramipril 5 mg once weekly.",),
        ("inform single_max 5 mg", "inform weekly_max 5 mg"),
    ),
    Case("a starting dose is not the most", ("Start ramipril at 2.5 mg once daily.",), ()),
    Case("a step is no dose", ("Increase ramipril by 5 mg daily every week.",), ()),
    Case("a minimum is no maximum", ("Give at least 5 mg of ramipril daily.",), ()),
    Case("an unread dose may be higher", ("Take ramipril 5 mg daily.", "Take ramipril 10 mg per blurb daily."), ()),
    Case(
        "an unread dose that is lower leaves the maximum, as information",
        ("The maximum dose of ramipril is 20 mg daily.", "Take ramipril 10 mg per blurb daily."),
        ("inform daily_max 20 mg",),
    ),
    Case(
        "impaired kidneys are left to people",
        ("With CrCl below 30 mL/min the maximum dose of ramipril is 5 mg daily.",),
        (),
    ),
    Case("impaired livers are left to people", ("In hepatic impairment take ramipril 2.5 mg daily.",), ()),
    Case("another medicine's dose is not this one's", ("Take hydrochlorothiazide 25 mg daily.",), ()),
    Case("a dose without a name beside another medicine may be its own", ("With digoxin take 5 mg daily.",), ()),
    Case(
        "a dose for children is one for children only",
        ("Children: the maximum dose of ramipril is 10 mg daily.",),
        ("warn child-daily_max 10 mg",),
    ),
    Case(
        "per kg is a measure of its own",
        ("The maximum dose of ramipril is 20 mg daily.", "Take ramipril 0.1 mg/kg daily."),
        ("warn daily_max 20 mg", "inform daily_max-per-kg 0.1 mg"),
    ),
    Case("the route is kept", ("The maximum dose of ramipril is 20 mg orally daily.",), ("warn oral-daily_max 20 mg",)),
    Case("a text without a dose", ("Swallow the capsules whole.",), ()),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_limits_that_may_be_read(case: Case) -> None:
    assert _lines(_read(*case.texts)) == list(case.limits)


def test_only_dosage_sections_are_read() -> None:
    assert _read("The maximum dose of ramipril is 20 mg daily.", section=Section.STUDIES) is None


def test_a_heading_about_kidneys_counts() -> None:
    assert _read("The maximum dose of ramipril is 5 mg daily.", heading="2.4 Dosage in Renal Impairment") is None


def test_a_combination_is_left_to_people() -> None:
    label = replace(_LABEL, ingredients=("ramipril", "amlodipine"))
    assert candidates(label, [_passage("The maximum dose of ramipril is 20 mg daily.")], _medicines()) is None


def test_a_candidate_is_unreviewed_never_blocks_and_names_its_label() -> None:
    rules = _read("The maximum dose of ramipril is 20 mg daily.")
    assert rules is not None
    assert (rules.candidate, rules.reviewed_by) == (True, "")
    assert all(limit.severity is not Severity.BLOCK for limit in rules.limits)
    assert (rules.sources["label"].title, rules.sources["label"].document) == ("Ramipril capsules", "label-1")
    assert rules.limits[0].section == "2 Dosage"


def test_a_candidate_never_loosens_a_written_limit() -> None:
    written = Rulebook.load()
    label = replace(_LABEL, ingredients=("metformin hydrochloride",))
    looser = candidates(label, [_passage("The maximum dose of metformin is 9000 mg daily.")], _medicines())
    assert looser is not None
    assert joined(written, [looser]).of("metformin") == written.of("metformin")


def test_written_rules_cannot_be_added_as_candidates() -> None:
    with pytest.raises(ValueError, match="only candidates"):
        joined(Rulebook([]), Rulebook.load().medicines[:1])


# A candidate of a public label without a written rule of its kind and number, and why.
UNLIKE = {("siponimod", "single_max")}  # 2 mg, which the written rules bound per day


@pytest.mark.shared
def test_candidates_of_public_labels_equal_the_written_limits(shared_data: Path) -> None:
    written, unlike, count = Rulebook.load(), set(), 0
    for path in sorted((shared_data / "labels").glob("*.xml")):
        document = read_spl(path.read_bytes())
        rules = candidates(document.source, passages(document), _medicines())
        for limit in rules.limits if rules is not None else ():
            count += 1
            if not _is_written(written, document.source.ingredients[0], limit.kind, limit.value.value):
                unlike.add((path.stem, limit.id))
    assert count >= 12
    assert unlike == UNLIKE


def _is_written(rulebook: Rulebook, ingredient: str, kind: LimitKind, value: Decimal) -> bool:
    limits = [limit for rules in rulebook.of(ingredient) for limit in rules.limits]
    return any(limit.kind is kind and limit.value.value == value for limit in limits)
