"""Claims in other words than their quote: what says the same is released, the rest never is (`paraphrases.yaml`)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tests.guardrails.claims import is_released, judged, passage, rules


class Sentence(BaseModel):
    """A quote with claims that say the same, and claims that do not, by kind of change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    quote: str
    heading: str = ""
    row: bool = False
    same: tuple[str, ...]
    cautious: tuple[str, ...] = ()
    wrong: dict[str, str]


_FILE = Path(__file__).with_name("paraphrases.yaml")
SENTENCES = TypeAdapter(tuple[Sentence, ...]).validate_python(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
SAME = [pytest.param(one, text, id=text) for one in SENTENCES for text in one.same]
WRONG = [pytest.param(one, text, id=f"{kind}: {text}") for one in SENTENCES for kind, text in one.wrong.items()]


def _rules_against(sentence: Sentence, text: str) -> set[str]:
    heading = (sentence.heading,) if sentence.heading else ()
    cited = passage(sentence.quote, f"{sentence.about.capitalize()} tablets", (sentence.about,), heading)
    verdict = judged(text, sentence.quote, cited)
    assert is_released(verdict) is not bool(rules(verdict))
    return rules(verdict)


@pytest.mark.parametrize(("sentence", "text"), SAME)
def test_what_says_the_same_is_released(sentence: Sentence, text: str) -> None:
    assert _rules_against(sentence, text) == set()


@pytest.mark.parametrize(("sentence", "text"), WRONG)
def test_what_says_another_thing_is_withheld(sentence: Sentence, text: str) -> None:
    assert _rules_against(sentence, text)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one.quote)
def test_the_quote_itself_is_released(sentence: Sentence) -> None:
    assert _rules_against(sentence, sentence.quote) == set()
