"""The real vLLM on the CPU, with a tiny model and an adapter that this test makes.

Their weights are random, and push the model towards digits at every step: it talks nonsense and wants to say other
doses. The grammar keeps it from the doses, the checks keep its nonsense from the screen, and when the server dies in
the middle of a reply the extractive generator takes over.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.ask import AskTools, ask
from assistant.conversation import (
    Answer,
    Assessment,
    Basis,
    CheckedClaim,
    Progress,
    Refusal,
    RefusalReason,
    Step,
    WithheldClaim,
)
from assistant.database import open_database
from assistant.errors import DraftMalformed, DraftTruncated
from assistant.extract import ExtractiveGenerator
from assistant.generate import DraftGenerator, WithFallback
from assistant.grammar import has_digit, quantities, quotable, reply_grammar, text_pattern
from assistant.prompt import answer_prompt
from assistant.records import Records
from assistant.reply import write_reply
from assistant.settings import AssistantSettings
from assistant.vllm import VllmGenerator
from finetune.vllm_process import free_url
from guardrails.claim import Claim
from guardrails.intake import screen
from guardrails.judge import judge
from guardrails.verdict import Decision
from retrieval.index import Hit
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage, Section
from retrieval.search import SearchResult
from tests.assistant.evidence import PASSAGES, request_for
from tests.assistant.test_grammar import SAYABLE
from tests.stories.tiny_model import SPACE, make_adapter, make_model, make_tokeniser
from tests.stories.vllm_server import ModelServer, serving

PYTHON = Path(os.environ.get("PHARMASSIST_VLLM_PYTHON", Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"))

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(420),
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM environment at {PYTHON} (make vllm-env)"),
    # transformers announces changes of its own training code, which saving a model happens to touch
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*"),
]

EVIDENCE = {passage.key: passage for passage in PASSAGES}
SAMPLES = 4
NUMBER = re.compile(r"\d+")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    folder = tmp_path_factory.mktemp("model")
    tokeniser = make_tokeniser(folder / "base", [passage.text for passage in PASSAGES])
    vocabulary = tokeniser.vocab
    longing = [vocabulary[token] for token in (*"0123456789", ".", ",", SPACE)]
    shunned = [vocabulary["]"]]  # it never wants to end, so that there is a middle in which its server can die
    make_adapter(folder / "tuned", make_model(folder / "base", len(tokeniser), longing, shunned))
    settings = AssistantSettings(
        llm_url=free_url(),
        llm_model=str(folder / "base"),
        llm_adapters={"tuned": folder / "tuned"},
        temperature=1.0,
        max_tokens=6000,
        serve_context=16_384,
        silence_seconds=60,
        total_seconds=120,
    )
    with serving(PYTHON, settings, folder / "log") as running:
        yield running


@pytest.fixture(scope="module")
def medicines() -> Medicines:
    return Medicines.load()


def sampled(server: ModelServer, adapter: str) -> list[Claim]:
    """The claims of several replies. A reply that runs into its limit is a failed draft; its whole claims count."""
    settings = server.settings.model_copy(update={"llm_adapter": adapter})
    claims: list[Claim] = []
    with closing(VllmGenerator(settings)) as generator:
        for _ in range(SAMPLES):
            try:
                claims.extend(generator.draft(request_for()))
            except (DraftTruncated, DraftMalformed):
                continue
    return claims


@pytest.fixture(scope="module")
def said(server: ModelServer) -> dict[str, list[Claim]]:
    """What the model says in the grammar, without and with the adapter."""
    return {adapter: sampled(server, adapter) for adapter in ("", "tuned")}


def test_unconstrained_the_model_says_doses_that_no_passage_holds(server: ModelServer) -> None:
    """The control: it is the grammar that stops this model, not its manners."""
    known = {number for passage in PASSAGES for number in NUMBER.findall(passage.text)}
    for model in (server.settings.llm_model, "tuned"):
        assert set(NUMBER.findall(server.say(model, temperature=1.0))) - known


def test_the_adapter_changes_what_is_said(server: ModelServer) -> None:
    base = server.say(server.settings.llm_model, temperature=0.0)
    assert base == server.say(server.settings.llm_model, temperature=0.0)
    assert base != server.say("tuned", temperature=0.0)


def test_xgrammar_reads_the_grammar_as_python_reads_its_sentences() -> None:
    """The tables of `test_grammar` hold for what decodes, and not only for Python's reading of the same pattern."""
    pairs = [
        (reply_grammar([cited]), write_reply([Claim(text, (Citation(cited.key, quotable(cited)[-1]),))]))
        for cited, text, _ in SAYABLE
    ]
    reader = Path(__file__).with_name("xgrammar_reader.py")
    done = subprocess.run([PYTHON, reader], input=json.dumps(pairs), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [allowed for _, _, allowed in SAYABLE]


@pytest.mark.parametrize("adapter", ["", "tuned"])
def test_constrained_it_can_only_cite_what_was_retrieved_and_say_its_numbers(
    said: dict[str, list[Claim]], adapter: str
) -> None:
    claims = said[adapter]
    assert len(claims) >= SAMPLES
    for claim in claims:
        (citation,) = claim.citations
        passage = EVIDENCE[citation.key]
        assert citation.quote in passage.text
        assert re.fullmatch(text_pattern(passage), claim.text)
        rest = claim.text
        offered = quantities(passage.text)
        for quantity in (*offered.bound, *offered.bare):
            rest = rest.replace(quantity, "")
        assert not has_digit(rest)
    assert any(has_digit(claim.text) for claim in claims), "a model that wants to say numbers said none"


def test_its_nonsense_is_withheld(said: dict[str, list[Claim]], medicines: Medicines) -> None:
    for claim in (*said[""], *said["tuned"]):
        assert judge(claim, EVIDENCE, medicines).decision is Decision.WITHHOLD, claim


def tools_with(
    generator: DraftGenerator, medicines: Medicines, records: Records, passages: tuple[Passage, ...] = PASSAGES
) -> AskTools:
    """The real steps of a question, over a search that finds the passages of this test."""
    found = SearchResult(tuple(Hit(passage, 1.0, 0.8) for passage in passages), ("metformin",), (Section.DOSAGE,))
    return AskTools(
        screen=screen,
        mask=str,
        notice=lambda question, screened: (),
        assess=lambda question: Assessment(),
        work_out=lambda claims, patient: (),
        conflicts=lambda passages: (),
        search=lambda text, history: found,
        generator=generator,
        judge=lambda claim, evidence, patient: judge(claim, evidence, medicines),
        store=records,
        basis=lambda question: Basis(prompt_version=answer_prompt().label),
    )


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(open_database(f"sqlite:///{tmp_path / 'turns.db'}"))


@pytest.mark.parametrize("adapter", ["", "tuned"])
def test_a_question_to_a_model_that_talks_nonsense_is_refused(
    server: ModelServer, medicines: Medicines, records: Records, adapter: str
) -> None:
    settings = server.settings.model_copy(update={"llm_adapter": adapter})
    question = request_for("What is the maximum dose of metformin?").question
    with closing(VllmGenerator(settings)) as generator:
        *events, last = ask(question, tools_with(generator, medicines, records))
    assert isinstance(last, Refusal)
    assert not [event for event in events if isinstance(event, CheckedClaim)]
    assert last.reason is RefusalReason.NOTHING_SUPPORTED
    assert last.withheld
    # It was asked once more, told why; the server took the longer prompt, and what came back failed again.
    assert [event.step for event in events if isinstance(event, Progress)].count(Step.REVISING) == 1
    assert (last.basis.generator, last.basis.adapter) == ("vllm", adapter)
    stored = records.turn(question.id)
    assert stored is not None
    assert stored.outcome == last


def test_when_the_server_dies_in_the_middle_the_extractive_generator_answers_and_says_so(
    server: ModelServer, medicines: Medicines, records: Records
) -> None:
    """Last, since it kills the server.

    Keys of 600 letters make a reply of thousands of tokens, so that more is to come when the first claim is there.
    """
    long_winded = tuple(replace(passage, key=passage.key + "x" * 600) for passage in PASSAGES)
    settings = server.settings.model_copy(update={"retries": 1, "backoff_seconds": 0.1})
    question = request_for("What is the maximum dose of metformin?").question
    with closing(VllmGenerator(settings)) as generator:
        both = WithFallback(generator, ExtractiveGenerator(medicines))
        events = ask(question, tools_with(both, medicines, records, long_winded))
        nonsense = next(event for event in events if not isinstance(event, Progress | Assessment))
        assert isinstance(nonsense, WithheldClaim)
        server.kill()
        *_, last = events
    assert isinstance(last, Answer), last
    assert last.withheld[0] == nonsense
    assert any("2,550 mg per day" in checked.claim.text for checked in last.claims)
    assert last.basis.generator == "vllm, then extractive"
    assert "completed without the model, because the model server" in last.basis.fallback
