"""Merging a duplicate under its master, and undoing it. Nothing is deleted: two links, and receipts for the clock."""

from __future__ import annotations

from dataclasses import replace

from assistant.people import May, Person, require
from assistant.triage.case import Case, CaseLink, LinkKind
from assistant.triage.desk import Desk, edit, save
from assistant.triage.errors import MergeRefused
from assistant.triage.states import State, allowed


def merge(desk: Desk, person: Person, duplicate: Case, master: Case, why: str) -> tuple[Case, Case]:
    """Put a duplicate under its master, with a reason; both are saved together. Gives back both.

    The master's clocks count what the duplicate received too, because an authority counts from the first receipt.
    Raises `MergeRefused`, `NotAllowed`, `CaseChanged`.
    """
    require(person, May.TRIAGE)
    _require_mergeable(duplicate, master, why)
    told = CaseLink(master.id, LinkKind.DUPLICATE_OF, duplicate.state.value)
    under = replace(duplicate, state=State.MERGED, links=(*duplicate.links, told))
    unreported = [
        receipt
        for receipt in duplicate.receipts
        if not any(receipt.id in each.receipts and not each.rejected for each in duplicate.submissions)
    ]
    taken = tuple(
        replace(receipt, id=f"{duplicate.id}/{receipt.id}", tells_serious=duplicate.is_serious)
        for receipt in unreported
    )
    known = {link.id for link in master.links}
    links = tuple(replace(link, kind=LinkKind.MASTER_OF) if link.id == duplicate.id else link for link in master.links)
    if duplicate.id not in known:
        links = (*links, CaseLink(duplicate.id, LinkKind.MASTER_OF, duplicate.label))
    over = replace(master, links=links, receipts=(*master.receipts, *taken))
    by = person.user_name
    saved = save(
        desk,
        edit(duplicate, under, by, why, f"Merged under case {master.label}."),
        edit(master, over, by, why, f"Case {duplicate.label} was merged under it."),
    )
    return saved[0], saved[1]


def _require_mergeable(duplicate: Case, master: Case, why: str) -> None:
    if duplicate.id == master.id:
        raise MergeRefused("A case cannot be merged under itself.")
    if not why.strip():
        raise MergeRefused("Say why the two cases are one.")
    if master.state in (State.MERGED, State.NOT_VALID):
        raise MergeRefused(f"Case {master.label} cannot be a master: it is “{master.state.value}”.")
    if allowed(duplicate.state, State.MERGED) is None:
        raise MergeRefused(f"Case {duplicate.label} cannot be merged: it is “{duplicate.state.value}”.")
    if any(link.kind is LinkKind.MASTER_OF for link in duplicate.links):
        raise MergeRefused(f"Case {duplicate.label} is a master itself; undo its merges or merge the other way round.")
    if any(link.id == master.id for link in duplicate.links):
        other = next(link for link in duplicate.links if link.id == master.id)
        raise MergeRefused(f"The two cases are linked already as “{other.kind.value}”; they are two patients.")


def undo_merge(desk: Desk, person: Person, duplicate: Case, why: str) -> tuple[Case, Case]:
    """Take a duplicate out from under its master again, with a reason. Gives back both."""
    require(person, May.TRIAGE)
    told = next((link for link in duplicate.links if link.kind is LinkKind.DUPLICATE_OF), None)
    if duplicate.state is not State.MERGED or told is None:
        raise MergeRefused(f"Case {duplicate.label} is not merged.")
    if not why.strip():
        raise MergeRefused("Say why the two cases are two after all.")
    master = desk.book.case(told.id)
    out = replace(duplicate, state=State(told.note), links=tuple(link for link in duplicate.links if link is not told))
    alone = replace(
        master,
        links=tuple(link for link in master.links if link.id != duplicate.id),
        receipts=tuple(each for each in master.receipts if not each.id.startswith(f"{duplicate.id}/")),
    )
    by = person.user_name
    saved = save(
        desk,
        edit(duplicate, out, by, why, f"Its merge under case {master.label} was undone."),
        edit(master, alone, by, why, f"The merge of case {duplicate.label} was undone."),
    )
    return saved[0], saved[1]
