"""`pharmassist triage signals decide` and `decisions`: what people make of a pair, kept in the ledger for good.

A decision is made by the local person of the settings. The numbers are counted again, so that those that stand in the
ledger are those of the moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ui.signal_source import CASES, columns_of, named, prior_of, reports_of

if TYPE_CHECKING:
    from assistant.triage.signals.candidates import SignalRow
    from assistant.triage.signals.review import Decision, SignalState

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]


def decide(
    product: Annotated[str, typer.Argument(help="The product, as the list of signals names it.")],
    event: Annotated[str, typer.Argument(help="The event, as the list of signals names it.")],
    to: Annotated[str, typer.Argument(help="under review, confirmed, refuted or new; a wrong one lists them.")],
    why: Annotated[str, typer.Option(help="The reason; only taking under review needs none.")] = "",
    source: Annotated[str, typer.Option(help="Where the numbers come from, as for the list.")] = CASES,
    stratify: Annotated[str, typer.Option(help="Columns to stratify by, with commas.")] = "",
    names: Annotated[str, typer.Option(help="FAERS products by ingredient, or as reported.")] = "ingredient",
    prior: Annotated[str, typer.Option(help="Prior of EBGM instead of a fitted one: α1,β1,α2,β2,weight.")] = "",
    as_written: Annotated[
        bool, typer.Option("--as-written", help="Keep capitals and blanks of a table apart.")
    ] = False,
    with_candidates: Annotated[
        bool, typer.Option("--with-candidates", help="Count cases that nobody has looked at, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Decide about a pair, with a reason; it is written into the ledger with its numbers."""
    from assistant.triage.signals.candidates import measure, rows
    from assistant.triage.signals.counts import count

    state = _state(to)
    with reports_of(source, names, as_written, with_candidates) as reports:
        measured = measure(count(reports, by=columns_of(stratify)), prior=prior_of(prior))
        found = rows(measured, products=[product], events=[event], every_pair=True)
    done, by = _recorded(_only(found, product, event), state, why, named(source))
    _print((done,), {done.by: by}, as_json)


def list_decisions(
    product: Annotated[str, typer.Option(help="Only this product, whatever its capitals.")] = "",
    event: Annotated[str, typer.Option(help="Only this event, whatever its capitals.")] = "",
    as_json: Json = False,
) -> None:
    """List every decision about signals in the order in which they were made."""
    from assistant.accounts import Accounts
    from assistant.people import May, require
    from assistant.triage.signals.review import decisions
    from ui.opening import local_person, open_records
    from ui.settings import load

    settings = load()
    ledger = open_records(settings).ledger
    accounts = Accounts(ledger)
    require(local_person(settings, accounts), May.READ_CASES)
    names = {person.id: person.name for person in accounts.everyone()}
    _print(decisions(ledger, product, event), names, as_json)


def _state(words: str) -> SignalState:
    from assistant.triage.signals.review import SignalState

    try:
        return SignalState(words.replace("-", " ").strip().lower())
    except ValueError:
        raise typer.BadParameter(f"a signal can be {', '.join(SignalState)}, not “{words}”") from None


def _only(found: tuple[SignalRow, ...], product: str, event: str) -> SignalRow:
    from assistant.triage.signals.errors import ReportsInvalid

    if not found:
        raise ReportsInvalid(f"no report names both {product} and {event}; look the names up with “triage signals”.")
    if len(found) > 1:
        raise ReportsInvalid(f"several pairs are called {product} and {event}; leave --as-written out.")
    return found[0]


def _recorded(row: SignalRow, state: SignalState, why: str, source: str) -> tuple[Decision, str]:
    """The decision as it stands in the ledger, and the name of the local person who made it."""
    from assistant.accounts import Accounts
    from assistant.triage.signals.review import decide as record
    from assistant.triage.signals.review import decisions
    from guardrails.identifiers import Masker
    from retrieval.encoder import Encoder
    from retrieval.nets import Nets
    from ui.opening import local_person, open_records
    from ui.settings import load

    settings = load()
    ledger = open_records(settings).ledger
    person = local_person(settings, Accounts(ledger))
    masker = Masker(Nets(Encoder(settings.retrieval)))
    record(ledger, person, row, state, why, lambda text: masker.masked(text)[0], source)
    return decisions(ledger, row.product, row.event)[-1], person.name


def _print(found: tuple[Decision, ...], names: dict[str, str], as_json: bool) -> None:
    from ui.signal_shapes import DecisionsShape, decision_shape

    shapes = [decision_shape(each, names.get(each.by, each.by)) for each in found]
    if as_json:
        print(DecisionsShape(decisions=shapes).model_dump_json(indent=2))
        return
    for each in shapes:
        why = f": {each.reason}" if each.reason else ""
        where, rules = each.source or "a source that was not named", each.crossed or "nothing"
        print(f"{each.at:%Y-%m-%d %H:%M} UTC  {each.product} / {each.event}: {each.old} → {each.new}, {each.by}{why}")
        print(f"    {each.reports} reports in {where}; crossed: {rules}")
    if not shapes:
        print("Nobody has decided about a signal.")
