"""Moves of a case from state to state, as the table in `states` allows them; closing as not valid takes two people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from assistant.chain import EntryKind
from assistant.people import May, Meaning, Person, Signature, require
from assistant.triage.case import Case, Submission
from assistant.triage.casebook import Edit
from assistant.triage.clock import standing
from assistant.triage.desk import Arrived, Desk, edit, kept_text, next_source, save
from assistant.triage.errors import MoveRefused
from assistant.triage.product import ProductRole
from assistant.triage.signed import ToSign, require_signature, to_sign
from assistant.triage.states import State, Transition, allowed
from assistant.triage.validity import validity

_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})
_BY_STEPS = {
    State.NOT_VALID: "it takes two people: one asks to close it, another confirms",
    State.EXPORTED: "a case is exported by writing its report",
    State.ACKNOWLEDGED: "reading the gateway's answer does it",
    State.REJECTED: "reading the gateway's answer does it",
    State.MERGED: "merging it under a master does it",
}


def move(desk: Desk, person: Person, case: Case, end: State, why: str = "", signature: Signature | None = None) -> Case:
    """Move a case on, back or to its close. What the table asks for must be there: a reason, a signature.

    Raises `MoveRefused`, `SignatureMissing`, `NotAllowed`, `CaseChanged`.
    """
    if end in _BY_STEPS:
        raise MoveRefused(f"A case is not simply set to “{end.value}”: {_BY_STEPS[end]}.")
    if case.state is State.MERGED:
        raise MoveRefused("A merged case is brought back by undoing its merge.")
    step = _step(case, end, why)
    require(person, May.CLOSE_CASE if end is State.CLOSED else May.TRIAGE)
    if end is State.ASSESSED:
        require_assessed(case)
    signed = [require_signature(signature, person, closing_to_sign(case, why))] if step.signature else []
    new = replace(case, state=end, asked_to_close="")
    said = f"Moved from “{case.state.value}” to “{end.value}”."
    (saved,) = save(desk, edit(case, new, person.user_name, why or said, said, signed))
    return saved


def _step(case: Case, end: State, why: str) -> Transition:
    step = allowed(case.state, end)
    if step is None:
        raise MoveRefused(f"Case {case.label} cannot go from “{case.state.value}” to “{end.value}”.")
    if step.reason and not why.strip():
        raise MoveRefused(f"Say why case {case.label} goes from “{case.state.value}” to “{end.value}”.")
    return step


def unfinished(case: Case) -> tuple[str, ...]:
    """What is still to do before a case counts as assessed, in sentences; empty where nothing is."""
    return tuple(_unfinished(case))


def _unfinished(case: Case) -> Iterator[str]:
    for criterion in validity(case).missing:
        yield f"A minimum criterion is missing: {criterion.value}."
    for event in case.events:
        name = event.verbatim or event.id
        if event.term is None or not event.term.confirmed:
            yield f"“{name}” is not coded by a person."
        if any(not each.confirmed for each in event.seriousness):
            yield f"Nobody has confirmed why “{name}” is serious."
        if not event.judged_not_serious_by and not event.seriousness:
            yield f"Nobody has judged whether “{name}” is serious."
        for product in case.products:
            if product.role in _SUSPECTED:
                yield from _unjudged(case, event.id, product.id, f"“{name}” and {product.name}")


def _unjudged(case: Case, event_id: str, product_id: str, pair: str) -> Iterator[str]:
    key = (event_id, product_id)
    if not any((each.event_id, each.product_id) == key and each.confirmed for each in case.expectedness):
        yield f"Nobody has judged whether a label lists {pair}."
    if not any((each.event_id, each.product_id) == key and each.committed_by for each in case.causality):
        yield f"Nobody has committed the causality of {pair}."


def require_assessed(case: Case) -> None:
    """Whatever the state says: an event or a medicine may have come in since. Raises `MoveRefused`, which names it."""
    missing = unfinished(case)
    if missing:
        raise MoveRefused(f"Case {case.label} is not assessed yet: {' '.join(missing)}")


def require_exportable(case: Case, *, although: bool = False) -> None:
    """Whether a report of the case may be written now, asked before anybody signs. Raises `MoveRefused`."""
    if not although:
        require_assessed(case)
    _step(case, State.EXPORTED, "")


def closing_to_sign(case: Case, why: str) -> ToSign:
    """What a person signs to close a case."""
    return to_sign(case, Meaning.CASE_CLOSED, f"Closed: {why.strip()}")


def not_valid_to_sign(case: Case, why: str) -> ToSign:
    """What the first of two people signs to close a case as not valid."""
    return to_sign(case, Meaning.CASE_CLOSED, f"Closed as not valid: {why.strip()}")


def confirming_to_sign(case: Case) -> ToSign:
    """What the second of two people signs."""
    return to_sign(case, Meaning.CLOSING_CONFIRMED, f"Closing as not valid, asked by {case.asked_to_close}")


def ask_to_close(desk: Desk, person: Person, case: Case, why: str, signature: Signature | None) -> Case:
    """The first of two people asks to close a case as not valid; the case stays open until another confirms."""
    require(person, May.CLOSE_CASE)
    _step(case, State.NOT_VALID, why)
    signed = require_signature(signature, person, not_valid_to_sign(case, why))
    new = replace(case, asked_to_close=person.user_name)
    (saved,) = save(desk, edit(case, new, person.user_name, why, "Asked to close it as not valid.", [signed]))
    return saved


def confirm_closing(desk: Desk, person: Person, case: Case, signature: Signature | None) -> Case:
    """The second of two people confirms; the reason is the one that the first gave."""
    require(person, May.CONFIRM_CLOSING)
    if not case.asked_to_close:
        raise MoveRefused(f"Nobody has asked to close case {case.label} as not valid.")
    if case.asked_to_close == person.user_name:
        raise MoveRefused("You asked for it yourself; a second person has to confirm.")
    why = closing_reason(desk, case)
    _step(case, State.NOT_VALID, why)
    signed = require_signature(signature, person, confirming_to_sign(case))
    new = replace(case, state=State.NOT_VALID)
    (saved,) = save(desk, edit(case, new, person.user_name, why, "Closed as not valid.", [signed]))
    return saved


def decline_closing(desk: Desk, person: Person, case: Case, why: str) -> Case:
    """Somebody decides that the case stays open, with a reason."""
    require(person, May.TRIAGE)
    if not case.asked_to_close or not why.strip():
        raise MoveRefused("Say why the case stays open; it must have been asked to close.")
    new = replace(case, asked_to_close="")
    (saved,) = save(desk, edit(case, new, person.user_name, why, "It stays open."))
    return saved


def closing_reason(desk: Desk, case: Case) -> str:
    """Why the first of two people asked to close the case, "" where nobody has."""
    asked = [change for change in desk.book.history(case.id) if change.path == "asked_to_close" and change.new]
    return asked[-1].why if asked and case.asked_to_close else ""


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was written to a file: for which market, its message number, the file and its SHA-256."""

    market: str
    message: str
    file: str
    sha256: str


def export_to_sign(case: Case, written: Written) -> ToSign:
    """What a person signs for a report that leaves the desk as a file."""
    act = f"Exported for {written.market}: message {written.message}, SHA-256 {written.sha256}"
    return to_sign(case, Meaning.REPORT_EXPORTED, act)


def exported(
    desk: Desk, person: Person, case: Case, written: Written, signature: Signature | None, *, although: bool = False
) -> Case:
    """Record that a report was written; it covers all that was received so far, and stops that market's clock.

    Raises `MoveRefused` where something of the case is not assessed (any more), unless `although` says that the person
    exports it all the same; the history then names what is missing.
    """
    (saved,) = exported_together(desk, person, ((case, written, signature),), although=although)
    return saved


def exported_together(
    desk: Desk, person: Person, reports: Sequence[tuple[Case, Written, Signature | None]], *, although: bool = False
) -> tuple[Case, ...]:
    """Record reports that were written to one file, each case with its own signature: all of them or none."""
    require(person, May.EXPORT)
    return save(desk, *(_export(desk, person, *each, although=although) for each in reports))


def _export(
    desk: Desk, person: Person, case: Case, written: Written, signature: Signature | None, *, although: bool
) -> Edit:
    desk.markets.named(written.market)
    require_exportable(case, although=although)
    signed = require_signature(signature, person, export_to_sign(case, written))
    submission = Submission(
        f"x{len(case.submissions) + 1}-{uuid4().hex[:8]}", written.market, desk.now(), person.user_name, case.version,
        tuple(receipt.id for receipt in case.receipts), written.message, written.file, written.sha256,
        events=tuple(standing(case, event) for event in case.events),
    )  # fmt: skip
    new = replace(case, state=State.EXPORTED, submissions=(*case.submissions, submission))
    missing = unfinished(case)
    said = f"A report was exported for {written.market}{' although the case is not assessed' if missing else ''}."
    return edit(case, new, person.user_name, " ".join((said, *missing)), said, [signed], EntryKind.EXPORTED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said to one report: the message number, its code, whether it took the report, its errors in words,
    and the file that says so as text, with the SHA-256 of its bytes.
    """

    message: str
    code: str
    accepted: bool
    why: str
    file: Arrived
    sha256: str


def answered(desk: Desk, person: Person, case: Case, answer: Answer) -> Case:
    """Record a gateway's answer that a person loaded; its file is kept as a source of the case, identifiers masked. A
    refused report reached nobody: its clock runs again.

    Raises `MoveRefused`: no report of the case has this message number, or the table has no such move.
    """
    require(person, May.TRIAGE)
    message, code, accepted, why = answer.message, answer.code, answer.accepted, answer.why
    found = next((each for each in case.submissions if each.message == message), None)
    if found is None:
        raise MoveRefused(f"No report of case {case.label} has the message number {message}.")
    if found.acknowledged == code and any(each.sha256 == answer.sha256 for each in case.sources):
        return case  # the same file again says nothing new
    noted = replace(found, acknowledged=code, rejected=not accepted)
    end = State.ACKNOWLEDGED if accepted else State.REJECTED
    said = f"The gateway {'accepted' if accepted else 'refused'} the report for {found.market} ({code})."
    if case.state is State.EXPORTED:
        _step(case, end, why or said)
    state = end if case.state is State.EXPORTED else case.state
    submissions = tuple(noted if each.id == found.id else each for each in case.submissions)
    text, source = kept_text(desk, answer.file, next_source(case), answer.sha256)
    new = replace(case, state=state, submissions=submissions, sources=(*case.sources, source))
    (saved,) = save(desk, edit(case, new, person.user_name, why or said, said), texts=[text])
    return saved
