"""Judging a case: coded terms, seriousness, expectedness, causality. The machine proposes, a person commits.

What a person committed is never overwritten by a proposal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from assistant.people import May, Meaning, Person, Signature, require
from assistant.triage.case import Case, Event
from assistant.triage.causality import proposals as causality_proposals
from assistant.triage.desk import Desk, edit, require_open, save, texts_of
from assistant.triage.errors import FieldUnknown, JudgementRefused
from assistant.triage.judgement import Causality, Criterion, Expectedness, Seriousness
from assistant.triage.seriousness import with_proposals
from assistant.triage.signed import ToSign, require_signature, to_sign
from assistant.triage.terms import Span, Term

Pair = TypeVar("Pair", Expectedness, Causality)


def with_machine_proposals(desk: Desk, case: Case, texts: Mapping[str, str]) -> Case:
    """The case with everything that the machine can propose where no person has decided."""
    case = replace(case, events=tuple(_with_term(desk, event) for event in case.events))
    case = with_proposals(case, texts)
    decided = {each.id for each in case.expectedness if each.confirmed}
    fresh = tuple(each for each in desk.propose_expectedness(case) if each.id not in decided)
    case = replace(case, expectedness=(*(each for each in case.expectedness if each.confirmed), *fresh))
    committed = tuple(each for each in case.causality if each.committed_by)
    known = {each.id for each in committed}
    return replace(case, causality=(*committed, *(each for each in causality_proposals(case) if each.id not in known)))


def _with_term(desk: Desk, event: Event) -> Event:
    if event.term is not None and event.term.confirmed:
        return event
    return replace(event, term=desk.propose_term(event.verbatim) or event.term)


def propose_again(desk: Desk, person: Person, case: Case) -> Case:
    """Let the machine propose anew, after fields were changed."""
    require_open(case)
    require(person, May.TRIAGE)
    new = with_machine_proposals(desk, case, texts_of(desk, case))
    (saved,) = save(desk, edit(case, new, "machine", f"asked by {person.user_name}", "Proposals were made anew."))
    return saved


def code_event(desk: Desk, person: Person, case: Case, event_id: str, term: Term) -> Case:
    """Commit the coded term of an event."""
    require_open(case)
    require(person, May.CODE)
    event = event_of(case, event_id)
    coded = replace(term, coded_by=person.user_name, confirmed=True)
    why = f"coded as {term.dictionary} {term.version}: {term.text}"
    new = _with_event(case, replace(event, term=coded))
    (saved,) = save(desk, edit(case, new, person.user_name, why, f"Event {event_id} was coded."))
    return saved


def set_seriousness(
    desk: Desk, person: Person, case: Case, event_id: str, criteria: Collection[Criterion],
    why: str = "", quoted: Mapping[Criterion, Span] | None = None,
) -> Case:  # fmt: skip
    """Commit which criteria an event meets; none means that the person judges it not serious, and needs a reason
    where the machine or somebody before proposed one. The words that were quoted for a criterion stay with it.
    """
    require_open(case)
    require(person, May.TRIAGE)
    event = event_of(case, event_id)
    if set(criteria) < {each.criterion for each in event.seriousness} and not why.strip():
        raise JudgementRefused("Say why a criterion that was proposed or set is not met.")
    before = {each.criterion: each for each in event.seriousness}
    said = dict(quoted or {})
    kept = tuple(
        Seriousness(
            each,
            said.get(each) or (before[each].quoted if each in before else None),
            before[each].rule if each in before else "",
            person.user_name,
            True,
        )
        for each in Criterion
        if each in criteria
    )
    judged = replace(event, seriousness=kept, judged_not_serious_by="" if kept else person.user_name)
    summary = f"Event {event_id} was judged {'serious' if kept else 'not serious'}."
    (saved,) = save(desk, edit(case, _with_event(case, judged), person.user_name, why, summary))
    return saved


def judge_criterion(
    desk: Desk, person: Person, case: Case, event_id: str, criterion: Criterion, *, met: bool, why: str = ""
) -> Case:
    """Commit whether an event meets one criterion. What the machine proposes of others stays a proposal, which somebody
    still has to confirm or refuse; an event of which the last criterion is refused is not serious, says the person.

    Raises `JudgementRefused` where a criterion that stood is refused without a reason.
    """
    require_open(case)
    require(person, May.TRIAGE)
    event = event_of(case, event_id)
    before = next((each for each in event.seriousness if each.criterion is criterion), None)
    if before is not None and not met and not why.strip():
        raise JudgementRefused("Say why a criterion that was proposed or set is not met.")
    others = [each for each in event.seriousness if each.criterion is not criterion]
    mine = replace(before or Seriousness(criterion), set_by=person.user_name, confirmed=True)
    order = list(Criterion)
    kept = tuple(sorted([*others, mine] if met else others, key=lambda each: order.index(each.criterion)))
    judged = replace(event, seriousness=kept, judged_not_serious_by="" if kept else person.user_name)
    summary = f"Event {event_id} was judged {'' if met else 'not '}to meet “{criterion.value}”."
    (saved,) = save(desk, edit(case, _with_event(case, judged), person.user_name, why, summary))
    return saved


def set_expectedness(desk: Desk, person: Person, case: Case, judged: Expectedness, why: str = "") -> Case:
    """Commit whether a label lists an event. Expected needs the label, its version and its words."""
    require_open(case)
    require(person, May.TRIAGE)
    _require_pair(case, judged.event_id, judged.product_id)
    if judged.listed.value == "expected" and not (judged.label_id and judged.label_version and judged.quoted.strip()):
        raise JudgementRefused("“Expected” needs the label, its version and the words that list the event.")
    pair = f"{judged.event_id}/{judged.product_id}"
    mine = replace(judged, id=pair, reason=desk.mask(judged.reason), set_by=person.user_name, confirmed=True)
    new = replace(case, expectedness=_replaced(case.expectedness, mine))
    summary = f"Expectedness of {pair} was set to {judged.listed.value}."
    (saved,) = save(desk, edit(case, new, person.user_name, why, summary))
    return saved


def causality_to_sign(case: Case, judged: Causality) -> ToSign:
    """What a person signs to commit a causality."""
    category = judged.category.value if judged.category else ""
    pair = f"{judged.event_id}/{judged.product_id}"
    answers = ",".join(f"{item.number}:{item.answer.value}" for item in judged.naranjo)
    act = f"Causality of {pair}: {category}; Naranjo {judged.score} ({answers})"
    return to_sign(case, Meaning.CAUSALITY, act)


def commit_causality(
    desk: Desk, person: Person, case: Case, judged: Causality, signature: Signature | None, why: str = ""
) -> Case:
    """Commit the causality of one pair. A category that is not the machine's own needs a reason.

    Raises `JudgementRefused`, `SignatureMissing`, `NotAllowed`, `CaseChanged`.
    """
    require_open(case)
    require(person, May.COMMIT_CAUSALITY)
    _require_pair(case, judged.event_id, judged.product_id)
    pair = f"{judged.event_id}/{judged.product_id}"
    if judged.category is None:
        raise JudgementRefused("Choose a category of causality.")
    proposed = next((each for each in case.causality if each.id == pair), None)
    if proposed is not None and proposed.category is not judged.category and not why.strip():
        raise JudgementRefused("Say why the category differs from the one before.")
    signed = require_signature(signature, person, causality_to_sign(case, judged))
    reasons = tuple(map(desk.mask, judged.reasons))
    mine = replace(
        judged, id=pair, reasons=reasons, committed_by=person.user_name, committed_at=signed.signed_at,
        source=judged.source or "sender",
    )  # fmt: skip
    new = replace(case, causality=_replaced(case.causality, mine))
    summary = f"Causality of {pair} was committed: {judged.category.value}."
    (saved,) = save(desk, edit(case, new, person.user_name, why, summary, [signed]))
    return saved


def event_of(case: Case, event_id: str) -> Event:
    """The event with this id. Raises `FieldUnknown`."""
    for event in case.events:
        if event.id == event_id:
            return event
    raise FieldUnknown(f"Case {case.label} has no event {event_id}.")


def _with_event(case: Case, changed: Event) -> Case:
    return replace(case, events=tuple(changed if each.id == changed.id else each for each in case.events))


def _require_pair(case: Case, event_id: str, product_id: str) -> None:
    event_of(case, event_id)
    if product_id not in {product.id for product in case.products}:
        raise FieldUnknown(f"Case {case.label} has no medicine {product_id}.")


def _replaced(pairs: Sequence[Pair], new: Pair) -> tuple[Pair, ...]:
    """The pairs with this one in its place, or at the end."""
    kept = [new if each.id == new.id else each for each in pairs]
    if new not in kept:
        kept.append(new)
    return tuple(kept)
