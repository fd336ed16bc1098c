"""Every constraint of the element table is hit by a negative test, made from the table itself.

Each case takes a report that is full and valid, spoils one element in one way, and asks that the checker names that
element with that rule. The values are chosen here, apart from the checker's own tables.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.triage.e2b.check import check_batch
from assistant.triage.e2b.read import read_batch
from assistant.triage.e2b.report import Value
from assistant.triage.e2b.structure import misbuilt
from assistant.triage.e2b.table import Element, by_number, elements
from assistant.triage.e2b.write import write_batch
from tests.assistant.triage.e2b.reports import BATCHES, NOW, changed, holder

_FLAVOURS = ("NI", "MSK", "UNK", "NA", "ASKU", "NASK", "NINF", "PINF", "OTH")
Case = tuple[str, Value | None, str]


def _rules(number: str, value: Value | None, batch: str = "") -> set[str]:
    spoiled = changed(BATCHES[batch or holder(number)](), number, value)
    return {violation.rule for violation in check_batch(spoiled, NOW) if violation.element == number}


@pytest.mark.parametrize("name", BATCHES)
def test_the_reports_that_are_spoiled_are_valid_and_survive_a_trip(name: str) -> None:
    batch = BATCHES[name]()
    assert check_batch(batch, NOW, sent_before=["US-ACME-0001"]) == ()
    written = write_batch(batch)
    assert misbuilt(written) == ()
    again = read_batch(written)
    assert write_batch(again) == written
    assert again.unread == ()


def test_every_element_of_the_table_stands_in_one_of_them() -> None:
    held = {
        number
        for make in BATCHES.values()
        for top in (make().header, *make().reports)
        for group in top.walk()
        for number, _ in group.values
    }
    assert set(by_number()) <= held
    assert len(elements()) == 250


def _too_long() -> Iterator[Case]:
    for element in elements():
        if element.length:
            filler = "1" if element.type == "N" else "x"
            yield element.number, Value(filler * (element.length + 1)), "length"


def _wrong_type() -> Iterator[Case]:
    for element in elements():
        if element.type == "date":
            yield element.number, Value("20241301"), "type"
            yield element.number, Value("2024-03-01"), "type"
            yield element.number, Value("20230230"), "type"
        elif element.type == "B64":
            yield element.number, Value("not base64!", attributes=(("representation", "B64"),)), "type"
        elif element.type == "N" and not element.codes and not element.vocabulary:
            yield element.number, Value("two"), "type"
            yield element.number, Value("1,5"), "type"


def _outside_the_list() -> Iterator[Case]:
    for element in elements():
        if element.codes:
            yield element.number, Value("8x" if element.type != "boolean" else "yes"), "code"
            if element.type == "boolean" and "false" not in dict(element.codes):
                yield element.number, Value("false"), "code"


_NOT_IN = {
    "meddra": ("1001921", "headache"), "meddra version": ("27", "v27.0"), "country": ("us", "XX", "USA"),
    "language": ("en", "xyz"), "unit": ("m g",), "ndc": ("12345678",), "case id": ("ACME0001", "XX-ACME-1"),
}  # fmt: skip


def _outside_the_vocabulary() -> Iterator[Case]:
    for element in elements():
        for text in _NOT_IN.get(element.vocabulary, ()):
            if len(text) <= (element.length or 999):
                worded = element.type == "N" and not text.isdigit()
                yield element.number, Value(text), "type" if worded else "vocabulary"


def _refused_flavours() -> Iterator[Case]:
    for element in elements():
        for flavour in [*[f for f in _FLAVOURS if f not in element.nulls][:1], "XYZ"]:
            yield element.number, Value(null=flavour), "null flavour"


def _imprecise() -> Iterator[Case]:
    shorter = {"second": ("202403041011", "20240304"), "day": ("202403", "2024"), "year": ()}
    for element in elements():
        for text in shorter.get(element.precision, ()):
            yield element.number, Value(text), "precision"


def _future() -> Iterator[Case]:
    for element in elements():
        if element.type == "date":
            yield element.number, Value("20261128101112+0000"), "future"
            yield element.number, Value("20990101000000"), "future"


@pytest.mark.parametrize(
    ("number", "value", "rule"),
    [
        *_too_long(),
        *_wrong_type(),
        *_outside_the_list(),
        *_outside_the_vocabulary(),
        *_refused_flavours(),
        *_imprecise(),
        *_future(),
    ],
)
def test_a_value_that_its_row_does_not_allow_is_named(number: str, value: Value, rule: str) -> None:
    assert rule in _rules(number, value)


def _needed(route: str) -> list[str]:
    def demanded(element: Element) -> bool:
        regional = {"postmarket": element.post, "premarket": element.pre}.get(route, "")
        return "required" in {element.ich, regional}

    return [element.number for element in elements() if demanded(element)]


@pytest.mark.parametrize(
    ("number", "batch"), [(number, route) for route in ("postmarket", "premarket") for number in _needed(route)]
)
def test_a_required_element_that_is_missing_is_named(number: str, batch: str) -> None:
    if number == "FDA.D.11.r":
        whole = BATCHES[batch]()
        bare = whole.reports[0].with_groups(number, ())
        found = check_batch(type(whole)(whole.header, (bare,)), NOW)
        assert ("required", number) in {(violation.rule, violation.element) for violation in found}
    else:
        assert "required" in _rules(number, None, batch)


def test_nothing_regional_is_required_of_a_report_for_another_regulator() -> None:
    batch = changed(changed(BATCHES["postmarket"](), "N.1.4", Value("EVHUMAN")), "FDA.D.12", None)
    assert not [v for v in check_batch(batch, NOW) if v.element == "FDA.D.12"]


@pytest.mark.parametrize(
    ("number", "flavour"), [(element.number, flavour) for element in elements() for flavour in element.nulls]
)
def test_a_null_flavour_that_its_row_allows_is_taken(number: str, flavour: str) -> None:
    allowed = {"R0011", "R0027", "R0013", "R0096", "W0003", "W0004"}
    assert _rules(number, Value(null=flavour)) <= allowed


@pytest.mark.parametrize("element", elements(), ids=lambda element: element.number)
def test_each_element_survives_a_trip_through_the_xml(element: Element) -> None:
    batch = BATCHES[holder(element.number)]()
    for value in (Value(element.codes[-1][0]) if element.codes else None, *(Value(null=n) for n in element.nulls)):
        if value is None:
            continue
        spoiled = changed(batch, element.number, value)
        again = read_batch(write_batch(spoiled))
        assert again.reports == read_batch(write_batch(again)).reports
        held = [g.value(element.number) for top in (again.header, *again.reports) for g in top.walk()]
        assert value in held


@pytest.mark.parametrize("text", ["<5", ">=0.5", "<= 7", ">100", "-3.5", "12"])
def test_results_with_a_sign_survive(text: str) -> None:
    batch = changed(BATCHES["postmarket"](), "F.r.3.2", Value(text.replace(" ", "")))
    assert check_batch(batch, NOW) == ()
    again = read_batch(write_batch(batch))
    assert again.reports[0].all("F.r")[0].text("F.r.3.2") == text.replace(" ", "")
