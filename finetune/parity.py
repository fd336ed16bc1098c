"""Proves that vLLM says what training measured, before a release may serve; without the proof it may not.

Two questions, of the same prompts that serving renders:
- *float32*: the base with the adapter loaded, as a canary is served. Every prompt gives the same tokens, and every
  greedy token is the one of transformers with PEFT.
- *as served*: the merged model in the type that vLLM takes by itself: that of the weights, and bfloat16 for weights in
  float32. In bfloat16 even two runs of one model part after some tokens, so greedy texts prove nothing there; the
  log-probabilities of the reference's replies must lie within `MEAN_WITHIN` on average and `ALL_WITHIN` each (natural
  logarithm).

The same second question is put to the server that is about to answer people (`probe_server`), wherever it runs; there,
in addition, what it says must be nearer to the release than to the bare base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite, nan
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from assistant.prompt import Message, answer_prompt, render
from finetune.errors import ParityInvalid
from finetune.measure import Metric
from finetune.merge import MODEL, read_merged
from finetune.reference import Probe, probes, versions
from finetune.vllm_api import Api
from finetune.vllm_process import Served, free_url
from finetune.whole import write_whole
from retrieval.chunking import passages
from retrieval.readers.formats import read_document

MEAN_WITHIN = 0.05
ALL_WITHIN = 0.5
FILE = "parity.json"
SHOWN = 4
"""Passages in each prompt of `shipped_prompts`."""
_NAME = "tuned"


class Form(StrEnum):
    """How a release is loaded: as an adapter on its base, or merged into it."""

    ADAPTER = "adapter"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Compared:
    """One server beside the reference. Differences are of log-probabilities; `exact` asks for equal tokens too."""

    form: Form
    dtype: str
    exact: bool
    prompts: int
    same_prompts: int
    """Prompts of which the server's own chat template and tokeniser made the same tokens."""
    tokens: int
    same_tokens: int
    mean_difference: float
    largest_difference: float
    to_base: float
    """The mean difference to the base without the adapter: what a server would show that serves the wrong model."""


@dataclass(frozen=True, slots=True)
class Parity:
    """What was compared, for exactly these weights. `candidate` is the candidate's id; hashes as in the release."""

    candidate: str
    base_hash: str
    adapter_hash: str
    model_hash: str
    prompt: str
    engine: str
    reference: str
    measured_at: datetime
    compared: tuple[Compared, ...]
    probes: tuple[Probe, ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """Why this is no proof, one sentence each; empty where it is one."""
        forms = {(each.form, each.exact) for each in self.compared}
        lacking = {(Form.ADAPTER, True), (Form.MERGED, False)} - forms
        missing = tuple(f"The {form.value} was not compared{' in float32' * exact}." for form, exact in lacking)
        return (*missing, *(why for each in self.compared for why in failures(each)))

    @property
    def passed(self) -> bool:
        """Whether the release may serve as far as this goes."""
        return not self.failures


Running: TypeAlias = Callable[[Served], AbstractContextManager[object]]
"""Starts a server and ends it with the block: `finetune.vllm_process.running` with its interpreter and log."""

_PARSER = TypeAdapter(Parity)


@dataclass(frozen=True, slots=True)
class Parts:
    """The folders of a candidate: its base, its adapter, and what was merged from them (`finetune.merge`)."""

    base: Path
    adapter: Path
    merged: Path


def measure(
    candidate: str,
    parts: Parts,
    prompts: Sequence[Sequence[Message]],
    run: Running,
    *,
    tokens: int = 48,
    rank: int = 16,
) -> Parity:
    """Compare both forms with the reference; starts two servers, one after the other.

    Raises:
        ParityInvalid: the reference cannot be computed, or there is no prompt. MergeFailed: nothing is merged.
        ServerFailed: a server does not start or answer.
    """
    if not prompts:
        raise ParityInvalid("there is no prompt to compare with")
    merged = read_merged(parts.merged)
    expected = probes(parts.base, parts.adapter, prompts, tokens)
    context = max(len(probe.prompt) for probe in expected) + tokens + 1
    exact = Served(str(parts.base), free_url(), "base", {_NAME: parts.adapter}, rank, context, "float32")
    with run(exact):
        first = compare(Api(exact.url), _NAME, Form.ADAPTER, "float32", prompts, expected)
        engine = f"vllm {Api(exact.url).version()}"
    served = Served(str(parts.merged / MODEL), free_url(), _NAME, context=context)
    with run(served):
        second = compare(Api(served.url), _NAME, Form.MERGED, f"auto ({merged.dtype} weights)", prompts, expected)
    hashes = (merged.base_hash, merged.adapter_hash, merged.model_hash)
    now = datetime.now(UTC)
    return Parity(candidate, *hashes, answer_prompt().label, engine, versions(), now, (first, second), expected)


def compare(
    api: Api, name: str, form: Form, dtype: str, prompts: Sequence[Sequence[Message]], expected: Sequence[Probe]
) -> Compared:
    """Put the reference's prompts to a server: its tokens, log-probabilities, and of an adapter the greedy tokens too.

    Raises:
        ServerFailed: the server does not answer.
    """
    found = _differences(api, name, form, dtype, expected)
    pairs = zip(prompts, expected, strict=True)
    same_prompts = sum(api.prompt_tokens(name, prompt) == probe.prompt for prompt, probe in pairs)
    return replace(found, same_prompts=same_prompts, exact=form is Form.ADAPTER)


def probe_server(parity: Parity, api: Api, name: str, form: Form) -> tuple[str, ...]:
    """Why the model that a server calls `name` is not the release; empty where it is. Raises `ServerFailed`."""
    found = _differences(api, name, form, "as served", parity.probes)
    nearer = () if found.mean_difference < found.to_base else (f"“{name}” answers like the base without the release.",)
    return (*failures(found), *nearer)


def failures(compared: Compared) -> tuple[str, ...]:
    """What does not agree, one sentence each."""
    what = f"The {compared.form.value} in {compared.dtype}"
    numbers = (compared.mean_difference, compared.largest_difference)
    found = []
    if not compared.tokens or not compared.prompts:
        found.append(f"{what}: nothing was compared.")
    if not all(map(isfinite, numbers)):
        found.append(f"{what}: a log-probability is no number.")
    elif compared.mean_difference > MEAN_WITHIN or compared.largest_difference > ALL_WITHIN:
        found.append(
            f"{what}: log-probabilities differ by {numbers[0]:.4f} on average and {numbers[1]:.3f} at most "
            f"(allowed: {MEAN_WITHIN:g} and {ALL_WITHIN:g})."
        )
    if compared.same_prompts != compared.prompts:
        others = compared.prompts - compared.same_prompts
        found.append(f"{what}: {others} of {compared.prompts} prompts become other tokens than in training.")
    if compared.exact and compared.same_tokens != compared.tokens:
        others = compared.tokens - compared.same_tokens
        found.append(f"{what}: {others} of {compared.tokens} greedy tokens are not those of the reference.")
    return tuple(found)


def gate_measures(parity: Parity) -> Mapping[str, Metric]:
    """Parity as the gate reads it: 1 where the proof holds, else 0, over the tokens that were compared."""
    return {"parity": Metric(float(parity.passed), sum(each.tokens for each in parity.compared))}


def shipped_prompts(corpus: Path, most: int = 12) -> tuple[tuple[Message, ...], ...]:
    """Prompts from the monographs of a folder, one for each, evenly over their names; rendered as serving does."""
    files = sorted(corpus.glob("*.md"))
    return tuple(_prompt(file) for file in files[:: max(1, len(files) // most)][:most])


def write_parity(parity: Parity, folder: Path) -> None:
    """Write `parity.json` into a folder, in one piece."""
    write_whole(folder / FILE, _PARSER.dump_json(parity, indent=1).decode() + "\n")


def read_parity(folder: Path) -> Parity:
    """The proof in a folder. Raises `ParityInvalid`."""
    try:
        return _PARSER.validate_json((folder / FILE).read_bytes())
    except OSError as error:
        raise ParityInvalid(f"{folder} holds no {FILE}: measure it with “pharmassist models parity”") from error
    except ValidationError as error:
        raise ParityInvalid(f"the {FILE} in {folder} holds no proof of parity; measure it again") from error


def _prompt(file: Path) -> tuple[Message, ...]:
    document = read_document(file.read_bytes(), file.name)
    shown = passages(document)[:SHOWN]
    medicine = file.stem
    return render(answer_prompt(), f"What is the usual dose of {medicine}?", (medicine,), shown)


def _differences(api: Api, name: str, form: Form, dtype: str, expected: Sequence[Probe]) -> Compared:
    """How far a server's log-probabilities of the reference's replies lie from the reference's."""
    off: list[float] = []
    off_base: list[float] = []
    same = 0
    for probe in expected:
        said, agreed = _followed(api, name, probe)
        same += agreed
        off += [abs(one - other) for one, other in zip(said, probe.tuned, strict=True)]
        off_base += [abs(one - other) for one, other in zip(said, probe.base, strict=True)]
    count, prompts = len(off), len(expected)
    mean, largest, to_base = (sum(off) / count, max(off), sum(off_base) / count) if off else (0.0, 0.0, 0.0)
    return Compared(form, dtype, False, prompts, prompts, count, same, mean, largest, to_base)


def _followed(api: Api, name: str, probe: Probe) -> tuple[list[float], int]:
    """The server's log-probability of each token of a reply, and how many greedy tokens agree until one does not.

    Where the server would write another token, it is asked again from the reference's. A token that is not even among
    its likeliest is given the least of theirs: what it really is lies further off.
    """
    said: list[float] = []
    agreed = len(probe.reply)
    while len(said) < len(probe.reply):
        before, rest = probe.reply[: len(said)], probe.reply[len(said) :]
        for step, token in zip(api.greedy(name, (*probe.prompt, *before), len(rest)), rest, strict=True):
            said.append(step.top.get(token, min(step.top.values(), default=nan)))
            if step.token != token:
                agreed = min(agreed, len(said) - 1)
                break
    return said, agreed
