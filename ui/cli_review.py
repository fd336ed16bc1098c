"""`pharmassist review`: the review desk on the command line, done by the local person of the settings.

What is decided here goes the same way as on the page, with the same checks and signatures. A password is asked for, or
read as the first line of standard input, only where a decision must be signed; it is never an argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.password import asked_password

if TYPE_CHECKING:
    from assistant.people import Person
    from assistant.review import ErrorType, Judgement
    from assistant.review_queue import Queue
    from guardrails.claim import Claim
    from ui.review.tools import ReviewTools

app = typer.Typer(help="The review desk: judge flagged answers, write the right ones.", no_args_is_help=True)

REFUSED = 3

TurnId = Annotated[str, typer.Argument(help="A turn's id, as “review list” prints it.")]
Error = Annotated[str, typer.Option(help="What was wrong; a wrong word lists the types.")]
Comment = Annotated[str, typer.Option(help="Why, in a sentence; patient identifiers are masked.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/review.md) instead of text.")]


@app.command("list")
def list_items(
    settled: Annotated[bool, typer.Option("--settled", help="Those that are decided instead.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """List what waits for your decision, the gravest first."""
    from assistant.review_queue import page
    from ui.review.shapes import page_shape
    from ui.review.text import page_text

    queue, person = _reading()
    shape = page_shape(page(queue, person, settled=settled, limit=limit))
    print(shape.model_dump_json(indent=2) if as_json else page_text(shape))


@app.command()
def show(turn: TurnId, as_json: Json = False) -> None:
    """Show a turn: question, answer, sources, findings, flags, and the decisions that you may see."""
    from assistant.review_queue import item
    from ui.review.shapes import item_shape
    from ui.review.text import item_text

    queue, person = _reading()
    shape = item_shape(item(queue, person, turn))
    print(shape.model_dump_json(indent=2) if as_json else item_text(shape))


@app.command()
def decide(
    turn: TurnId,
    judged: Annotated[str, typer.Argument(help="correct or incorrect.")],
    error: Error = "",
    comment: Comment = "",
    no_answer: Annotated[bool, typer.Option("--no-answer", help="The right thing is to answer nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Decide whether what was shown is right. With a right answer of your own use “review correct”."""
    from assistant.review import Judged, Judgement

    if judged not in set(Judged):
        raise typer.BadParameter("say correct or incorrect")
    given = _error_type(error) if error else None
    judgement = Judgement(Judged(judged), given, comment, () if no_answer else None)
    with _working() as (tools, person):
        _decide(tools, person, turn, judgement, as_json=as_json)


@app.command()
def correct(
    turn: TurnId,
    answer: Annotated[Path, typer.Option(help="JSON list of sentences: text, and citations with key and quote.")],
    error: Error,
    comment: Comment = "",
    check_only: Annotated[bool, typer.Option("--check", help="Only say what the checks find; store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write the right answer. It is accepted once the checks release every sentence. Exit code 3: they do not."""
    from assistant.review import Judged, Judgement
    from assistant.review_desk import check_correction, stored_turn
    from ui.review.shapes import checked_shape
    from ui.review.text import checked_text

    claims, given = _claims(answer), _error_type(error)
    with _working() as (tools, person):
        checked = check_correction(tools.desk, stored_turn(tools.desk.records, turn), claims)
        if check_only or not checked.released:
            shape = checked_shape(checked)
            print(shape.model_dump_json(indent=2) if as_json else checked_text(shape))
            raise typer.Exit(0 if checked.released else REFUSED)
        _decide(tools, person, turn, Judgement(Judged.INCORRECT, given, comment, claims), as_json=as_json)


@app.command()
def agreement(as_json: Json = False) -> None:
    """How well two reviewers agree: Cohen's kappa with its interval, over the verdict and over the type of error."""
    from assistant.people import May, require
    from assistant.review_agreement import agreement as agreement_of
    from ui.review.shapes import agreement_shape
    from ui.review.text import agreement_text

    queue, person = _reading()
    require(person, May.REVIEW)
    shape = agreement_shape(agreement_of(queue.reviews.outlines()))
    print(shape.model_dump_json(indent=2) if as_json else agreement_text(shape))


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="The JSON Lines file to write; an existing one is replaced.")],
    as_json: Json = False,
) -> None:
    """Write the examples that reviewed turns give, de-identified, and say why the others give none."""
    from assistant.people import May, require
    from finetune.select import select
    from ui.review.exporting import write_examples
    from ui.review.shapes import selected_shape
    from ui.review.text import selected_text
    from ui.review.wiring import reviewed
    from ui.wiring import opened

    with opened(share=True) as product:
        require(product.local, May.REVIEW)
        shown = product.settings.assistant.llm_passages
        found = select(reviewed(product.records, product.masker, product.index, shown))
        hashed = write_examples(out, found, product.local, product.records.ledger)
    shape = selected_shape(found, str(out), hashed)
    reasons = [(reason.value, number) for reason, number in found.counts().items()]
    print(shape.model_dump_json(indent=2) if as_json else selected_text(shape, reasons))


def _decide(tools: ReviewTools, person: Person, turn: str, judgement: Judgement, *, as_json: bool) -> None:
    from assistant.review_queue import item
    from ui.review.shapes import review_shape
    from ui.review.text import review_text
    from ui.review.tools import Password, decided

    place = item(tools.queue, person, turn).place
    review = decided(tools, person, turn, judgement, place, Password(person.user_name, asked_password))
    shape = review_shape(review)
    print(shape.model_dump_json(indent=2) if as_json else review_text(shape))


def _error_type(word: str) -> ErrorType:
    from assistant.review import ErrorType

    if word not in set(ErrorType):
        raise typer.BadParameter(f"--error is one of: {', '.join(ErrorType)}")
    return ErrorType(word)


def _claims(path: Path) -> tuple[Claim, ...]:
    """The right answer of a file. Wrong content is a wrong argument: one line says what and where."""
    from pydantic import TypeAdapter, ValidationError

    from ui.review.shapes import SaidShape

    try:
        text = path.read_text(encoding="utf-8")
        said = TypeAdapter(tuple[SaidShape, ...]).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read as UTF-8 text") from error
    if not said:
        raise typer.BadParameter(f"{path} holds no sentence; where nothing should be answered use “review decide”")
    return tuple(each.claim() for each in said)


def _reading() -> tuple[Queue, Person]:
    """The queue and the local person; no index and no model is opened."""
    from retrieval.medicines import Medicines
    from ui.review.wiring import queue_of
    from ui.settings import load
    from ui.triage.reading import reading

    settings = load()
    read = reading(settings)
    person = read.accounts.local(settings.local_user, settings.local_name, settings.local_roles)
    return queue_of(settings, read.records, Medicines.load()), person


@contextmanager
def _working() -> Iterator[tuple[ReviewTools, Person]]:
    """The desk's tools and the local person, with the index open as it is."""
    from ui import show as shown
    from ui.review.wiring import review_tools
    from ui.wiring import opened, review_parts

    with opened(on_progress=shown.start_progress, share=True) as product:
        yield review_tools(review_parts(product)), product.local
