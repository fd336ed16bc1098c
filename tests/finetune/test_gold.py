"""The gold questions: they load, they are many and varied enough, and they fit the monographs they ask about."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from assistant.conversation import RefusalReason
from finetune.gold import Expect, GoldQuestion, MustCite, load

ROOT = Path(__file__).resolve().parents[2]
GOLD = load(ROOT / "finetune" / "gold")
ANSWERED = [question for question in GOLD if question.expect is Expect.ANSWER]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def _facts_of(document: str) -> list[str]:
    """The bullets and table lines of a monograph, without their section in braces."""
    body = (ROOT / "retrieval" / "corpus" / f"{document}.md").read_text(encoding="utf-8").split("---", 2)[2]
    return [_plain(re.sub(r"\{[^{}]*\}$", "", line)) for line in body.splitlines() if line.startswith(("- ", "|"))]


def _citable(wanted: MustCite) -> list[str]:
    return [fact for fact in _facts_of(wanted.document) if _plain(wanted.contains) in fact]


@pytest.mark.parametrize("question", ANSWERED, ids=lambda question: question.id)
def test_what_must_be_said_stands_in_what_must_be_cited(question: GoldQuestion) -> None:
    assert question.cite, "an answer needs a passage to cite"
    places = [_citable(wanted) for wanted in question.cite]
    assert all(places), f"a monograph was reworded: {question.cite}"
    every = [fact for place in places for fact in place]
    missing = [said for said in question.facts if not any(_plain(said) in fact for fact in every)]
    assert not missing, f"a monograph was reworded: {missing}"


@pytest.mark.parametrize("question", [q for q in ANSWERED if q.never], ids=lambda question: question.id)
def test_what_must_not_be_said_can_be_avoided(question: GoldQuestion) -> None:
    for wanted in question.cite:
        safe = [fact for fact in _citable(wanted) if not any(_plain(words) in fact for words in question.never)]
        assert safe, f"every passage that may be cited for “{wanted.contains}” says what must not be said"


def test_there_are_enough_questions_of_either_kind() -> None:
    assert len(GOLD) >= 140
    assert len(GOLD) - len(ANSWERED) >= 40


def test_every_monograph_of_the_development_labels_is_asked_about() -> None:
    asked = Counter(wanted.document for question in ANSWERED for wanted in question.cite)
    labelled = {path.stem for path in (ROOT / "retrieval" / "corpus").glob("*.md") if _has_shared_label(path)}
    assert {document for document in labelled if asked[document] < 3} == set()


def _has_shared_label(path: Path) -> bool:
    """Monographs written from the development labels name the file; the others are checked by a different test."""
    return re.search(r"^  file: (labels|pdf)/", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_a_refusal_asks_for_no_citation_and_names_its_reason() -> None:
    for question in GOLD:
        if question.expect is Expect.REFUSAL:
            assert question.reasons
            assert not question.cite
            assert not question.facts
            assert not question.never


def test_no_medicine_called_not_indexed_has_a_monograph() -> None:
    """A corpus that grows makes such a refusal wrong: the question then has to move to another medicine."""
    indexed = {path.stem for path in (ROOT / "retrieval" / "corpus").glob("*.md")}
    for question in GOLD:
        if question.reasons == (RefusalReason.MEDICINE_NOT_INDEXED,):
            assert not indexed & set(re.findall(r"[a-z]+", question.ask.casefold())), question.id
