"""Where settings become objects. Nothing else in the product builds an index, an encoder, a database or a generator."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from assistant.accounts import Accounts
from assistant.ask import AskTools, ask
from assistant.assess import assess, conflicts, worked_out
from assistant.conversation import Answer, Basis, Event, Outcome, Question, Refusal
from assistant.extract import ExtractiveGenerator
from assistant.generate import DraftGenerator
from assistant.ledger import Ledger
from assistant.people import May, Person, require
from assistant.prompt import answer_prompt
from assistant.records import Records
from assistant.routing import RoutedGenerator
from assistant.serving import ServingFile, Target, confirmed_by
from assistant.settings import AssistantSettings
from finetune.nets.deployed import nets_in_use
from guardrails.adverse_event import AdverseEvents
from guardrails.candidates import candidates, joined
from guardrails.claim import Claim
from guardrails.dosing import not_known
from guardrails.errors import NetUnavailable
from guardrails.groundedness import Grounding
from guardrails.guard import Guard, screen
from guardrails.identifiers import Masker
from guardrails.intake import Intake
from guardrails.rails import Rails
from guardrails.rulebook import Rulebook, shipped
from retrieval.encoder import Encoder
from retrieval.errors import IndexBusy
from retrieval.index import Index
from retrieval.ingest import IngestProgress, IngestReport, ingest, quiet
from retrieval.medicines import Medicines
from retrieval.nets import Nets
from retrieval.passage import Passage, SourceKind
from retrieval.search import SearchTools, hybrid_query, search
from ui.noticing import noticed
from ui.opening import local_person, open_index, open_records
from ui.settings import Settings, load
from ui.status import Status

if TYPE_CHECKING:
    from ui.review.wiring import Open as Reviewing
    from ui.triage.wiring import Open

OnProgress = Callable[[IngestProgress], None]


@dataclass(frozen=True, slots=True)
class Product:
    """Everything that is open while a command runs or the chat is served."""

    settings: Settings
    index: Index
    encoder: Encoder
    nets: Nets
    """The learned nets on the encoder; there is one of these, so that each adapter is loaded once."""
    medicines: Medicines
    guard: Guard
    intake: Intake
    grounding: Grounding
    adverse: AdverseEvents
    records: Records
    accounts: Accounts
    local: Person
    masker: Masker
    tools: AskTools

    def ask(self, question: Question) -> Iterator[Event]:
        """Answer one question; see `assistant.ask.ask`."""
        return ask(question, self.tools)


@contextmanager
def opened(
    settings: Settings | None = None,
    on_progress: OnProgress = quiet,
    *,
    warm: bool = False,
    share: bool = False,
) -> Iterator[Product]:
    """Open everything, index the starter corpus where it is missing or changed, and close everything at the end.

    `warm` loads the encoder now, so that the first question does not wait for it. With `share`, an index that another
    process has open (the chat, say) is read as it is now.
    """
    settings = settings or load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # First what fails quickly: nobody should wait for an index and then hear that the database cannot be opened.
    records = open_records(settings)
    rails = Rails()
    encoder = Encoder(settings.retrieval)
    index = open_index(settings, encoder, share=share)
    try:
        with suppress(IndexBusy) if share else nullcontext():
            ingest([settings.starter_corpus], index, encoder, settings.retrieval, on_progress)
        product = _assembled(settings, index, encoder, rails, records)
        if warm:
            warm_up(product)
        yield product
    finally:
        index.close()
        rails.close()


@contextmanager
def guarded(settings: Settings | None = None) -> Iterator[Guard]:
    """The checks of an answer alone, without an index or a database."""
    settings = settings or load()
    rails = Rails()
    try:
        encoder = Encoder(settings.retrieval)
        grounding = Grounding(Nets(encoder), encoder)
        guard = _guard(Medicines.load(), shipped(), rails, grounding)
        _warm_guard(guard, grounding)
        yield guard
    finally:
        rails.close()


def warm_up(product: Product) -> None:
    """Load what is loaded at its first use, so that the first question waits for none of it."""
    product.encoder.encode(["warm"])
    screen("Is metformin safe for John Smith?", product.guard.rails, product.intake)
    _warm_guard(product.guard, product.grounding)


def _warm_guard(guard: Guard, grounding: Grounding) -> None:
    """Outside of the rails, whose seconds are for checking; what cannot be loaded withholds when it is needed."""
    with suppress(NetUnavailable):
        grounding.scores(["Take it with food."], [["Take it with meals."]])
    guard.judge(Claim("Adults take metformin 500 mg twice daily.", ()), {})


def _guard(medicines: Medicines, rulebook: Rulebook, rails: Rails, grounding: Grounding) -> Guard:
    return Guard(medicines, rulebook, rails, grounding.check)


def _rulebook(index: Index, medicines: Medicines) -> Rulebook:
    """The shipped rules, and in their gaps what the indexed labels say: those limits inform, and never loosen."""
    labels = [source for source in index.sources() if source.kind is SourceKind.LABEL and not source.superseded_by]
    found = [candidates(source, index.passages_of(source.id), medicines) for source in labels]
    return joined(shipped(), [rules for rules in found if rules is not None])


def _assembled(settings: Settings, index: Index, encoder: Encoder, rails: Rails, records: Records) -> Product:
    medicines = Medicines.load(index.sources())
    nets = Nets(encoder, nets_in_use(settings.loop / "releases", records.ledger))
    intake, grounding, adverse = Intake(nets), Grounding(nets, encoder), AdverseEvents(medicines, nets)
    guard = _guard(medicines, _rulebook(index, medicines), rails, grounding)
    searching = SearchTools(index, encoder, medicines, settings.retrieval)
    tools = AskTools(
        screen=partial(screen, rails=rails, intake=intake),
        mask=lambda text: intake.mask(text).text,
        notice=partial(noticed, adverse),
        assess=partial(assess, rulebook=guard.rulebook, medicines=medicines),
        work_out=partial(worked_out, rulebook=guard.rulebook, medicines=medicines),
        search=partial(search, tools=searching),
        conflicts=partial(conflicts, medicines=medicines),
        generator=generator(settings, medicines, records.ledger),
        judge=lambda claim, evidence, patient: guard.judge(claim, evidence, patient=patient),
        store=records,
        basis=partial(_basis, index.version(), guard.version),
    )
    accounts = Accounts(records.ledger)
    people = (accounts, local_person(settings, accounts))
    read = (guard, intake, grounding, adverse)
    return Product(settings, index, encoder, nets, medicines, *read, records, *people, Masker(nets), tools)


def generator(settings: Settings, medicines: Medicines, ledger: Ledger) -> DraftGenerator:
    """What drafts answers: the release that is deployed for the conversation, read anew at each question.

    Without a release it is the model of the settings, or the extractive generator where they name no server; that one
    also takes over where a model fails, and alone answers where it is not known what is deployed.
    """
    extractive = ExtractiveGenerator(medicines)
    unreleased = served(settings.assistant, extractive) if settings.assistant.llm_url else extractive
    serving = ServingFile(settings.serving, confirmed_by(ledger))
    return RoutedGenerator(serving, partial(released, settings.assistant, extractive), unreleased, extractive)


def served(settings: AssistantSettings, backup: DraftGenerator) -> DraftGenerator:
    """The model and adapter of the settings on their server, with a generator that takes over where they fail."""
    from assistant.generate import WithFallback
    from assistant.vllm import VllmGenerator

    return WithFallback(VllmGenerator(settings), backup)


def released(settings: AssistantSettings, backup: DraftGenerator, target: Target) -> DraftGenerator:
    """The same with the model of a target: only which server and which names are its own."""
    reached = {"llm_url": target.url, "llm_model": target.model, "llm_adapter": target.adapter}
    return served(settings.model_copy(update=reached), backup)


def _basis(index_version: str, rules_version: str, question: Question) -> Basis:
    return Basis(
        prompt_version=answer_prompt().label,
        rules_version=rules_version,
        index_version=index_version,
        code_version=importlib.metadata.version("pharmassist"),
        not_known=not_known(question.text, question.patient),
    )


def ask_once(product: Product, text: str, *, conversation: str = "", history: Sequence[str] = ()) -> Outcome:
    """Answer one question of a conversation (its stored earlier questions come first) and return how it ended."""
    conversation_id = conversation or uuid4().hex
    earlier = tuple(turn.outcome.question.text for turn in product.records.turns(conversation_id))
    person = product.local
    require(person, May.ASK)
    asked = (datetime.now(UTC), (*history, *earlier))
    question = Question(uuid4().hex, conversation_id, text, *asked, asked_by=person.user_name)
    *_, last = product.ask(question)
    assert isinstance(last, Answer | Refusal)
    return last


def ingest_into(product: Product, paths: Sequence[Path], on_progress: OnProgress) -> IngestReport:
    """Read files and folders into the product's index."""
    return ingest(paths, product.index, product.encoder, product.settings.retrieval, on_progress)


def serve_chat(product: Product, host: str, port: int) -> None:
    """Serve the chat page until it is interrupted."""
    from ui.access import access_for
    from ui.chat import build_chat
    from ui.effective import record_settings
    from ui.loop.wiring import loop_page
    from ui.review.page import PATH, SHEETS, build_review
    from ui.review.wiring import review_tools
    from ui.serve import Beside, Encryption, serve
    from ui.triage.board import board, build_triage
    from ui.triage.wiring import desk_tools

    settings, records = product.settings, product.records
    access = access_for(settings, product.accounts, host)
    record_settings(settings.model_copy(update={"host": host, "port": port}), records.ledger)
    files = settings.tls_certificate, settings.tls_key
    encryption = Encryption(files[0], files[1]) if files[0] and files[1] else None
    blocks = build_chat(product.ask, records, product.index.source, status_of(product), desk=True)
    loop = loop_page(settings.loop, records.ledger, product.accounts, product.masker)
    beside = [Beside(PATH, build_review(review_tools(review_parts(product))), SHEETS), loop]
    serve(blocks, access, host, port, encryption, build_triage(board(desk_tools(desk_parts(product)))), beside)


def desk_parts(product: Product) -> Open:
    """What of the product the desk is put together from."""
    from ui.triage.wiring import Open

    judges = (product.medicines, product.adverse, product.masker, product.nets)
    return Open(product.settings, product.index, *judges, product.records, product.accounts)


def review_parts(product: Product) -> Reviewing:
    """What of the product the review desk is put together from."""
    from ui.review.wiring import Open as Reviewing

    def find(words: str) -> tuple[Passage, ...]:
        query = hybrid_query(words, product.encoder, product.settings.retrieval.limit)
        return tuple(hit.passage for hit in product.index.search(query))

    people = (product.records, product.accounts)
    return Reviewing(
        product.settings, product.index, product.guard, product.masker, *people, product.tools.search, find
    )


def status_of(product: Product) -> Status:
    """What the head of the page says: the generator, and what it answers from."""
    current = [source for source in product.index.sources() if not source.superseded_by]
    newest = max((source.effective for source in current if source.effective), default=None)
    made_by = product.tools.generator
    return Status(made_by.name, len(current), newest, made_by.model, made_by.adapter)
