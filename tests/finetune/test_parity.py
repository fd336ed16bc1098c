"""What counts as parity, to its boundaries, and how a server's log-probabilities are read where it parts ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import inf, nan
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from assistant.prompt import Message
from finetune.errors import ParityInvalid
from finetune.parity import (
    ALL_WITHIN,
    MEAN_WITHIN,
    Compared,
    Form,
    Parity,
    compare,
    failures,
    gate_measures,
    probe_server,
    shipped_prompts,
)
from finetune.reference import Probe, probes
from finetune.vllm_api import LIKELIEST, Api
from tests.finetune.released import PROMPTS
from tests.finetune.speaks_vllm import speaking
from tests.finetune.tiny_causal import make_base
from tests.stories.tiny_model import make_adapter
from ui.settings import CHECKOUT

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*")

GOOD = Compared(Form.ADAPTER, "float32", True, 4, 4, 100, 100, 0.00001, 0.0001, 1.5)

# One number is changed; what is said of it, or nothing where parity still holds.
TABLE = [
    ({}, ""),
    ({"mean_difference": MEAN_WITHIN}, ""),
    ({"mean_difference": MEAN_WITHIN + 0.001}, "differ by 0.0510 on average"),
    ({"largest_difference": ALL_WITHIN}, ""),
    ({"largest_difference": ALL_WITHIN + 0.001}, "0.501 at most"),
    ({"mean_difference": nan}, "is no number"),
    ({"largest_difference": inf}, "is no number"),
    ({"same_prompts": 3}, "1 of 4 prompts become other tokens than in training"),
    ({"same_tokens": 99}, "1 of 100 greedy tokens are not those of the reference"),
    ({"same_tokens": 99, "exact": False}, ""),
    ({"tokens": 0, "same_tokens": 0}, "nothing was compared"),
    ({"prompts": 0, "same_prompts": 0}, "nothing was compared"),
]


@pytest.mark.parametrize(("changed", "words"), TABLE)
def test_one_comparison(changed: dict[str, float], words: str) -> None:
    found = failures(replace(GOOD, **changed))  # type: ignore[arg-type]
    assert (len(found), words in "".join(found)) == (1 if words else 0, True)


def test_both_forms_are_needed_and_both_must_hold() -> None:
    merged = replace(GOOD, form=Form.MERGED, dtype="bfloat16", exact=False, same_tokens=40, mean_difference=0.01)
    now = datetime(2026, 11, 27, tzinfo=UTC)
    whole = Parity("c", "b", "a", "m", "answer@1", "vllm 0", "peft 0", now, (GOOD, merged), ())
    assert whole.passed
    assert gate_measures(whole)["parity"].value == 1.0
    for compared, words in (
        ((), "was not compared"),
        ((GOOD,), "The merged was not compared"),
        ((merged,), "The adapter was not compared in float32"),
        ((replace(GOOD, exact=False), merged), "The adapter was not compared in float32"),
        ((GOOD, replace(merged, mean_difference=1.0)), "The merged in bfloat16: log-probabilities differ"),
    ):
        spoilt = replace(whole, compared=compared)
        assert words in " ".join(spoilt.failures)
        assert not spoilt.passed
        assert gate_measures(spoilt)["parity"].value == 0.0


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("parts")
    base = make_base(folder / "base", [message.content for prompt in PROMPTS for message in prompt])
    make_adapter(folder / "adapter", AutoModelForCausalLM.from_pretrained(str(base)))  # type: ignore[arg-type]
    return base, folder / "adapter"


def test_what_peft_says_is_greedy_and_differs_from_its_base(parts: tuple[Path, Path]) -> None:
    found = probes(*parts, PROMPTS, 8)
    assert [len(each.reply) for each in found] == [8, 8]
    for each in found:
        assert all(value <= 0 for value in (*each.tuned, *each.base))
        assert sum(each.tuned) > sum(each.base), "its own greedy tokens are likelier to it than to its base"


def test_where_a_server_would_write_another_token_it_is_asked_again_from_the_references(
    parts: tuple[Path, Path],
) -> None:
    """The probe's reply is the second likeliest token at every place, so that the server parts at each of them."""
    base, _ = parts
    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    (first, _) = probes(*parts, PROMPTS, 1)
    reply: list[int] = []
    known: list[float] = []
    with torch.inference_mode():
        for _ in range(4):
            said = model(input_ids=torch.tensor([[*first.prompt, *reply]])).logits[0, -1].log_softmax(-1)
            reply.append(int(said.topk(2).indices[1]))
            known.append(float(said[reply[-1]]))
    probe = Probe(first.prompt, tuple(reply), tuple(known), (-9.0,) * 4)
    with speaking(base, "base") as server:
        found = compare(Api(server.url), "base", Form.ADAPTER, "float32", PROMPTS[:1], (probe,))
    assert (found.tokens, found.same_tokens, found.same_prompts) == (4, 0, 1)
    assert found.largest_difference < 1e-4
    assert found.to_base > 1


def test_a_token_that_is_not_among_the_likeliest_is_never_close(parts: tuple[Path, Path]) -> None:
    base, _ = parts
    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    (first, _) = probes(*parts, PROMPTS, 1)
    with torch.inference_mode():
        said = model(input_ids=torch.tensor([first.prompt])).logits[0, -1].log_softmax(-1)
    least, bound = int(said.argmin()), float(said.topk(LIKELIEST).values[-1])
    probe = Probe(first.prompt, (least,), (0.0,), (float(said[least]),))
    with speaking(base, "base") as server:
        found = compare(Api(server.url), "base", Form.MERGED, "float32", PROMPTS[:1], (probe,))
    assert found.largest_difference == pytest.approx(-bound, abs=1e-4)
    assert failures(found)


def test_a_server_of_the_bare_base_is_told_from_the_release(parts: tuple[Path, Path]) -> None:
    base, adapter = parts
    now = datetime(2026, 11, 27, tzinfo=UTC)
    parity = Parity("c", "b", "a", "m", "p", "e", "r", now, (), probes(base, adapter, PROMPTS, 8))
    with speaking(base, "base", adapters={"tuned": adapter}) as server:
        assert probe_server(parity, Api(server.url), "tuned", Form.ADAPTER) == ()
        wrong = probe_server(parity, Api(server.url), "base", Form.MERGED)
    assert "“base” answers like the base without the release." in wrong


def test_other_prompts_than_in_training_are_counted(parts: tuple[Path, Path]) -> None:
    base, adapter = parts
    found = probes(base, adapter, PROMPTS, 1)
    with speaking(base, "base", adapters={"tuned": adapter}) as server:
        swapped = compare(Api(server.url), "tuned", Form.ADAPTER, "float32", PROMPTS[::-1], found)
    assert (swapped.prompts, swapped.same_prompts) == (2, 0)


def test_the_shipped_prompts_are_those_of_serving() -> None:
    prompts = shipped_prompts(CHECKOUT / "retrieval" / "corpus", 5)
    assert len(prompts) == 5
    for system, user in prompts:
        assert (system.role, user.role) == ("system", "user")
        assert '<passage key="' in user.content
        assert "What is the usual dose of" in user.content


def test_a_base_without_a_chat_template_or_weights_is_one_clear_error(parts: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ParityInvalid, match="cannot be loaded"):
        probes(tmp_path, parts[1], PROMPTS, 1)
    from shutil import copytree

    copytree(parts[0], tmp_path / "base")
    (tmp_path / "base" / "chat_template.jinja").unlink()
    with pytest.raises(ParityInvalid, match="no chat template"):
        probes(tmp_path / "base", parts[1], [(Message("user", "Dose?"),)], 1)
