"""The learned check of support: it withholds, never releases, and without its net there is no verdict at all."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from finetune.nets.groundedness import write_blend
from guardrails.claim import Claim
from guardrails.errors import NetUnavailable
from guardrails.examined import Examined, examine
from guardrails.groundedness import BLEND, NET, Blend, Grounding, log_odds, overlap, read_blend, shown, windows
from guardrails.verdict import Severity
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.passage import Citation
from retrieval.settings import RetrievalSettings
from tests.guardrails.claims import medicines, passage

TEXT = "Starting dose of metformin tablets in adults: 500 mg orally twice a day or 850 mg once a day, with meals."


def examined(claim: str, *texts: str) -> Examined:
    """A claim that quotes all of each passage."""
    found = {f"p{n}": passage(text, key=f"p{n}") for n, text in enumerate(texts)}
    return examine(Claim(claim, tuple(Citation(key, one.text) for key, one in found.items())), found, medicines())


@pytest.fixture(scope="module")
def grounding() -> Grounding:
    encoder = Encoder(RetrievalSettings())
    return Grounding(Nets(encoder), encoder)


class Broken(Nets):
    """A net that answers, but with no number."""

    def score(self, texts: Sequence[str] | Sequence[tuple[str, str]], folder: Path) -> NDArray[np.float32]:
        return np.full((len(texts), 2), np.nan, dtype=np.float32)


# A claim, what it cites, and whether the check lets it pass.
TABLE = (
    ("In adults, start metformin at 500 mg by mouth twice daily or 850 mg once daily, with meals.", TEXT, True),
    ("For adults the starting dose of metformin is 500 mg orally twice a day, taken with meals.", TEXT, True),
    ("Metformin is known to cause pancreatitis and is best stopped before any surgery.", TEXT, False),
    ("Warfarin must be stopped five days before a tooth is pulled.", TEXT, False),
)


@pytest.mark.parametrize(("claim", "text", "passes"), TABLE)
def test_what_the_passage_does_not_say_is_withheld(grounding: Grounding, claim: str, text: str, passes: bool) -> None:
    findings = grounding.check(examined(claim, text))
    assert (findings == ()) is passes
    assert all(one.severity is Severity.BLOCK and one.rule == "support" for one in findings)


def test_a_sentence_quoted_word_for_word_needs_no_net(tmp_path: Path) -> None:
    encoder = Encoder(RetrievalSettings())
    nothing = Grounding(Nets(encoder), encoder, folder=tmp_path)
    assert nothing.check(examined(TEXT, TEXT)) == ()
    with pytest.raises(NetUnavailable):
        nothing.check(examined("Start with 500 mg.", TEXT))


def test_a_claim_without_a_passage_has_the_least_score(grounding: Grounding) -> None:
    alone, supported = grounding.scores([TEXT, TEXT], [[], [TEXT]])
    assert alone < grounding.least < supported
    assert alone < 0.01
    assert grounding.check(examined(TEXT))


def test_an_answer_is_scored_as_its_sentences_are(grounding: Grounding) -> None:
    claims = [claim for claim, _, _ in TABLE]
    together = grounding.scores(claims, [[TEXT]] * len(claims))
    alone = [float(grounding.scores([claim], [[TEXT]])[0]) for claim in claims]
    assert together == pytest.approx(alone, abs=0.02)
    many = grounding.check_all([examined(claim, TEXT) for claim in [*claims, TEXT]])
    assert [found == () for found in many] == [*(passes for _, _, passes in TABLE), True]
    assert grounding.check_all([]) == ()


class Counting(Encoder):
    """The encoder, which notes how many texts it is given."""

    def __init__(self) -> None:
        super().__init__(RetrievalSettings())
        self.given: list[int] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.given.append(len(texts))
        return super().encode(texts)


def test_evidence_is_encoded_once_for_all_sentences_that_cite_it(grounding: Grounding) -> None:
    encoder = Counting()
    kept = Grounding(Nets(encoder), encoder)
    first, second = TABLE[0][0], TABLE[1][0]
    kept.signals([first], [[TEXT]])
    again = kept.signals([second], [[TEXT]])
    assert encoder.given == [2, 1]
    assert again == pytest.approx(grounding.signals([second], [[TEXT]]), abs=1e-2)


def test_the_operating_point_can_be_raised_and_everything_is_then_withheld(grounding: Grounding) -> None:
    encoder = Encoder(RetrievalSettings())
    strict = Grounding(Nets(encoder), encoder, threshold=1.0)
    assert strict.check(examined(TABLE[0][0], TEXT))
    assert 0 < grounding.least < 1


def test_support_may_stand_anywhere_in_a_long_source(grounding: Grounding) -> None:
    filler = "The tablets are white and round. They are made in several places. Keep them in a dry place. " * 8
    claim = TABLE[0][0]
    near, far = grounding.scores([claim, claim], [[TEXT], [f"{filler}{TEXT} {filler}"]])
    nowhere = grounding.scores([claim], [[filler]])[0]
    assert nowhere < grounding.least < far
    assert abs(near - far) < 0.5


def test_no_number_no_verdict(tmp_path: Path) -> None:
    write_blend(Blend(1.0, 1.0, 1.0, 0.0, 0.5), tmp_path)
    encoder = Encoder(RetrievalSettings())
    with pytest.raises(NetUnavailable):
        Grounding(Broken(encoder), encoder, folder=tmp_path).check(examined("Start with 500 mg.", TEXT))


def test_a_blend_that_asks_a_missing_net_is_an_error(tmp_path: Path) -> None:
    write_blend(Blend(1.0, 1.0, 1.0, 0.0, 0.5), tmp_path)
    encoder = Encoder(RetrievalSettings())
    with pytest.raises(NetUnavailable):
        Grounding(Nets(encoder), encoder, folder=tmp_path).check(examined("Start with 500 mg.", TEXT))


@pytest.mark.parametrize(
    "text", ["", "{}", '{"net": 1, "cosine": 1, "overlap": 1, "bias": NaN, "threshold": 0.5}', '{"net": "x"}']
)
def test_a_broken_blend_is_an_error(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "net"
    shutil.copytree(NET, folder)
    assert read_blend(folder).cosine > 0
    (folder / BLEND).write_text(text, encoding="utf-8")
    with pytest.raises(NetUnavailable):
        read_blend(folder)
    (folder / BLEND).unlink()
    with pytest.raises(NetUnavailable):
        read_blend(folder)


def test_a_missing_blend_leaves_no_operating_point(tmp_path: Path) -> None:
    encoder = Encoder(RetrievalSettings())
    with pytest.raises(NetUnavailable):
        _ = Grounding(Nets(encoder), encoder, folder=tmp_path).least


def test_a_better_signal_never_lowers_the_probability() -> None:
    blend = read_blend(NET)
    assert min(blend.net, blend.cosine, blend.overlap) >= 0
    low, high = blend.of(np.array([[-2.0, 0.3, 0.4], [2.0, 0.7, 0.9]]))
    assert low < high
    assert np.isfinite(Blend(1e9, 1, 1, 0, 0.5).of(np.array([[13.0, 1, 1], [-13.0, 0, 0]]))).all()


def test_windows_hold_every_sentence_and_overlap() -> None:
    text = " ".join(
        f"This is sentence number {n} of a long text about tablets and how they are kept." for n in range(30)
    )
    made = windows(text)
    assert len(made) > 3
    assert all(any(f"number {n} " in window for window in made) for n in range(30))
    assert any(f"number {n} " in made[0] and f"number {n} " in made[1] for n in range(30))
    assert windows("One. Two.") == ("One. Two.",)
    assert windows("") == ()


def test_small_parts() -> None:
    assert overlap("Give metformin with meals.", ["Metformin is given with a meal."]) == 1.0
    assert overlap("Give metformin.", ["Warfarin."]) == 0.0
    assert overlap("of the", ["x"]) == 1.0
    assert log_odds(np.array([0.5, 0.0, 1.0], dtype=np.float32)) == pytest.approx([0, -13.8, 13.8], abs=0.1)
    assert (
        shown(passage("Take it.", title="Metformin", heading=("2 Dosage", "Adults"))) == "Metformin. Adults: Take it."
    )
    assert shown(passage("Take  it.", title="", heading=())) == "Take it."
