"""Reports by patient: pairs, patient facts, who tells it, special situations, and what happens without the net.

The messages are in `adverse_texts/`; the figures on them are measured by `bench adverse-events`. Here every promise has
a table, and the floors that a change must not fall below.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.adverse.net import NET
from guardrails.adverse.report import AdverseFindings, Situation
from guardrails.adverse.signs import FOLDER, TABLES
from guardrails.adverse_event import AdverseEvents
from guardrails.screening.tables import table
from retrieval.encoder import Encoder
from retrieval.errors import EncoderError
from retrieval.medicines import Medicines
from retrieval.net_card import NetCard
from retrieval.nets import Nets, Tagged
from retrieval.settings import RetrievalSettings
from tests.guardrails.adverse_texts import NOTHING, PARTS, SITUATIONS, special, told, traps

RULES = AdverseEvents(Medicines.load())


@pytest.fixture(scope="module")
def detector() -> AdverseEvents:
    return AdverseEvents(Medicines.load(), Nets(Encoder(RetrievalSettings())))


# What is said of the patient: age with its unit, sex, pregnancy, weight.
PATIENTS = [
    ("67F on lisinopril with cough", "67 a", "female", None, None),
    ("a 45-year-old man developed jaundice on isoniazid", "45 a", "male", None, None),
    ("8 month old boy, rash after amoxicillin, 9 kg", "8 mo", "male", None, "9 kg"),
    ("My toddler vomited after the ibuprofen", "child", None, None, None),
    ("I am 30 weeks pregnant and got hives from penicillin", None, "female", "pregnant", None),
    ("breastfeeding, baby sleepy since I took codeine", "infant", None, "breastfeeding", None),
    ("She gained 14 kg on mirtazapine", None, "female", None, None),  # gained, not weighs
    ("She is not pregnant; hives after penicillin", None, "female", None, None),
    ("neonate with seizures, mother on paroxetine", "neonate", None, None, None),  # the mother is not the patient
]


@pytest.mark.parametrize(("text", "age", "sex", "pregnancy", "weight"), PATIENTS)
def test_the_patient_is_read_with_its_words(
    text: str, age: str | None, sex: str | None, pregnancy: str | None, weight: str | None
) -> None:
    (report,) = RULES.screen(text).reports
    read = report.patient
    fields = (read.age, read.sex, read.pregnancy, read.weight)
    assert tuple(field.value if field else None for field in fields) == (age, sex, pregnancy, weight)
    assert all(text[slice(*field.span)] for field in fields if field)


REPORTERS = [
    ("I got hives from penicillin", "patient"),
    ("my mum got hives from penicillin", "relative"),
    ("pt got hives from penicillin", "clinician"),
    ("My patient had a seizure on tramadol", "clinician"),
    ("We report a case of hepatitis after isoniazid", "literature"),
    ("hives from penicillin", "unknown"),
]


@pytest.mark.parametrize(("text", "reporter"), REPORTERS)
def test_who_tells_it(text: str, reporter: str) -> None:
    (report,) = RULES.screen(text).reports
    assert report.reporter.value == reporter


def test_patients_are_kept_apart_with_their_own_facts() -> None:
    text = "Patient 1: 34F, urticaria after ceftriaxone. Patient 2: 70M, seizure on bupropion."
    first, second = RULES.screen(text).reports
    assert [(one.medicine, one.event) for one in first.mentions] == [("ceftriaxone", "urticaria")]
    assert [(one.medicine, one.event) for one in second.mentions] == [("bupropion", "seizure")]
    assert [one.patient.sex.value for one in (first, second) if one.patient.sex] == ["female", "male"]
    assert text[slice(*second.span)].startswith("Patient 2")


@pytest.mark.parametrize("part", PARTS)
def test_every_expected_word_stands_in_its_message(part: str) -> None:
    for one in told(part):
        assert all(word.lower() in one.text.lower() for pair in one.pairs for word in pair)
    texts = [one.text for each in PARTS for one in told(each)] + [one.text for each in PARTS for one in traps(each)]
    assert len(texts) == len(set(texts)) >= 300


def test_the_messages_are_half_traps() -> None:
    reports, others = (sum(len(read(part)) for part in PARTS) for read in (told, traps))
    assert min(reports, others) / (reports + others) > 0.45


def test_tuned_messages_are_noticed_and_paired(detector: AdverseEvents) -> None:
    found = [detector.screen(one.text) for one in told("tuned")]
    assert all(each.mentions for each in found)
    false = [one.text for one in traps("tuned") if detector.screen(one.text).mentions]
    assert len(false) <= 12
    assert not any(each.fault for each in found)


def test_rules_alone_notice_nearly_all_of_them() -> None:
    assert sum(bool(RULES.screen(one.text).mentions) for one in told("tuned")) >= 107
    assert sum(bool(RULES.screen(one.text).mentions) for one in traps("tuned")) <= 12


@pytest.mark.parametrize("kind", [each.value for each in Situation])
def test_special_situations(kind: str) -> None:
    texts = special(SITUATIONS[0])[kind]
    missed = [text for text in texts if kind not in {one.kind.value for one in RULES.screen(text).situations}]
    assert not missed
    for text in texts:
        for one in RULES.screen(text).situations:
            assert text[slice(*one.span)]
            assert one.quote in text


def test_no_special_situation_where_somebody_only_asks() -> None:
    assert not [text for text in special(SITUATIONS[0])[NOTHING] if RULES.screen(text).situations]


class _BrokenNets:
    """Nets whose weights are gone, or whose values are no numbers."""

    def __init__(self, raises: bool) -> None:
        self._raises = raises
        self._card = Nets(Encoder(RetrievalSettings())).card(NET)

    def card(self, folder: Path) -> NetCard:
        if self._raises:
            raise EncoderError(f"no weights in {folder.name}")
        return self._card

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        values = np.full((1, len(self._card.labels)), np.nan, dtype=np.float32)
        return tuple(Tagged(np.array([[0, 1]], dtype=np.int32), values) for _ in texts)


@pytest.mark.parametrize("raises", [True, False])
def test_a_broken_net_leaves_the_rules_and_says_so(raises: bool) -> None:
    found = AdverseEvents(Medicines.load(), _BrokenNets(raises)).screen("She got hives from penicillin")
    assert found.mentions == RULES.screen("She got hives from penicillin").mentions
    assert "rules alone" in found.fault


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_every_span_stands_in_it(text: str) -> None:
    for report in RULES.screen(f"{text} rash from amoxicillin in my son").reports:
        for one in report.mentions:
            assert one.medicine_span[0] < one.medicine_span[1]
            assert one.event_span[0] < one.event_span[1] <= len(text) + 40


def test_an_empty_text_reports_nothing(detector: AdverseEvents) -> None:
    assert detector.screen("") == detector.screen("  \n ") == AdverseFindings()


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_read(name: str) -> None:
    assert table(name, FOLDER).id.startswith("adverse-")


def test_what_stands_for_an_identifier_is_no_reaction() -> None:
    told = "My patient [NAME], MRN [RECORD NUMBER], phone [PHONE], took ibuprofen and developed urticaria."
    assert [one.event for one in RULES.screen(told).mentions] == ["urticaria"]
