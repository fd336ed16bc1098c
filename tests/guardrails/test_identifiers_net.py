"""The shipped tagger inside the masker: names of many origins and forms go, knowledge stays, and it is quick enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.measure import proportion
from finetune.nets.monographs import facts, monographs
from guardrails.identifiers import Masker
from guardrails.masking.kinds import Kind
from guardrails.masking.tagger import FOLDER
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.benchmarks.phi import is_masked, own_texts

PLAIN = Path(__file__).with_name("plain_texts.txt")

# One row for each origin; none of these family names is in the lists that the training texts are made from.
NAMES = [
    "Harold Wetherby",  # English
    "Marisol Aguirre-Benítez",  # Hispanic
    "Xiuwen Ouyang",  # Chinese
    "Seung-hoon Baek",  # Korean
    "Takumi Fujiwara",  # Japanese
    "Bich Ngoc Luong",  # Vietnamese
    "Ramanathan Chidambaram",  # South Indian
    "Gurmeet Bedi",  # Punjabi
    "Abdelkader Bouazizi",  # North African
    "Shahram Golestani",  # Persian
    "Gülizar Karataş",  # Turkish
    "Chukwuemeka Ezenwa",  # Igbo
    "Nomvula Makhathini",  # Zulu
    "Gebrehiwot Woldemariam",  # Ethiopian
    "Zbigniew Grzybowski",  # Polish
    "Svitlana Hryhorenko",  # Ukrainian
    "Þorbjörg Hallgrímsdóttir",  # Icelandic
    "Aleixo Figueiredo",  # Portuguese
    "Tavita Leavasa",  # Samoan
    "Yehoshua Perlmutter",  # Jewish
]
FORMS = [
    "{name} takes warfarin 5 mg, INR 3.9, hold or reduce?",
    "my patient {name} has a rash after amoxicillin",
    "is apixaban ok for {name}, CrCl 28 mL/min?",
    "Thanks, {name}",
    "{name}'s digoxin level is 2.4 ng/mL",
]


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker(Nets(Encoder(RetrievalSettings())))


def _left(name: str, masker: Masker) -> tuple[list[str], int]:
    """The words of a name that are still there in any form, and how many words there were in all."""
    left, words = [], 0
    for form in FORMS:
        for typed in (name, name.upper(), name.lower(), ", ".join(reversed(name.split(" ", 1)))):
            masked = masker.masked(form.format(name=typed))[0]
            own = typed.replace(",", "").replace("-", " ").split()
            words += len(own)
            left += [f"{word} in {masked}" for word in own if word in masked]
    return left, words


def test_names_of_every_origin_are_masked_in_every_form(masker: Masker) -> None:
    found = [_left(name, masker) for name in NAMES]
    assert sum(words for _, words in found) > 800
    # One given name after a surname and a comma is missed; no origin may be worse off than that.
    assert [left for left, _ in found if len(left) > 1] == []
    assert sum(len(left) for left, _ in found) <= 1, found


def test_most_identifiers_of_our_own_texts_are_masked(masker: Masker) -> None:
    hits = [
        is_masked(
            one.text, (value.start, value.end), [(found.start, found.end) for found in masker.identifiers(one.text)]
        )
        for one in own_texts()
        for value in one.marked
    ]
    assert len(hits) > 120
    assert proportion(sum(hits), len(hits)).value > 0.97


def test_few_plain_questions_are_touched(masker: Masker) -> None:
    texts = PLAIN.read_text(encoding="utf-8").splitlines()
    touched = [text for text in texts if masker.masked(text)[1]]
    assert len(texts) > 120
    assert len(touched) / len(texts) < 0.05


def test_few_sentences_of_monographs_that_it_never_saw_are_touched(masker: Masker) -> None:
    texts = [fact for file in monographs("held out")[:8] for fact in facts(file)][:300]
    assert len(texts) == 300
    assert sum(bool(masker.masked(text)[1]) for text in texts) / len(texts) < 0.03


@pytest.mark.parametrize(
    "text",
    [
        "metformin 500 mg twice daily, maximum 2,550 mg/day",
        "Parkinson's disease, Crohn's disease and Graves' disease",
        "INR 2.5, creatinine 1.2 mg/dL, BP 120/80 on 40 mg",
        "switch from Lexapro to Zoloft, then Wellbutrin 150 mg",
        "CHA2DS2-VASc 4, Child-Pugh B, Apgar 7",
        "methotrexate 15 mg every Monday",
        "baclofen for hiccups how much",
    ],
)
def test_knowledge_stays(text: str, masker: Masker) -> None:
    assert masker.masked(text)[0] == text


def test_a_long_text_is_masked_to_its_end(masker: Masker) -> None:
    text = "The patient takes metformin 500 mg twice daily and has no complaints. " * 60 + "Signed, Oluwakemi Adeyinka"
    masked, kinds = masker.masked(text)
    assert masked.endswith(", [NAME]")
    assert "Adeyinka" not in masked
    assert set(kinds) == {Kind.NAME}


def test_the_card_names_what_it_was_trained_from() -> None:
    card = Nets(Encoder(RetrievalSettings())).card(FOLDER)
    assert (card.name, card.task, card.labels[0]) == ("identifiers", "tag", "O")
    assert (FOLDER / "CARD.md").read_text(encoding="utf-8").startswith("# identifiers")
