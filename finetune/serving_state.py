"""Changes what is served: one entry in the ledger and one file, together or not at all.

The ledger holds every state in full, so it and not the file says what was served when; a file that was damaged, edited
or lost is written again from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.chain import Deed, EntryKind
from assistant.errors import ServingInvalid
from assistant.ledger import Ledger, append
from assistant.serving import (
    NOTHING_DEPLOYED,
    STATE_FACT,
    SUBJECT,
    ServingState,
    changing,
    parse_state,
    read_state,
    state_digest,
    state_text,
    write_state,
)
from finetune.errors import DeployRefused

CONTENT_FACT = "content"
"""The fact of an entry that holds the whole state."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Where the loop's folders are (`<data folder>/loop`), and the ledger that proves what was done."""

    folder: Path
    ledger: Ledger

    @property
    def state_file(self) -> Path:
        """What says which release answers."""
        return self.folder / "serving.json"

    def release(self, name: str) -> Path:
        """The folder of a release."""
        return self.folder / "releases" / name


def folder_of(loop: Path, name: str) -> Path:
    """Where a release or a candidate lies below the loop's folder. Raises `DeployRefused`."""
    for kind in ("releases", "candidates"):
        folder = loop / kind / name
        if Path(name).name == name and (folder / "adapter").is_dir():
            return folder
    raise DeployRefused(f"There is no release and no candidate {name}; “pharmassist models list” lists the releases.")


def served_now(loop: Loop) -> ServingState:
    """What the ledger says is served. Raises `ServingInvalid` where its newest entry does not hold a state."""
    state = NOTHING_DEPLOYED
    for entry in loop.ledger.entries(kind=EntryKind.RELEASE, subject=SUBJECT):
        state = parse_state(entry.deed.facts.get(CONTENT_FACT, ""), f"entry {entry.number} of the ledger")
    return state


def is_in_file(loop: Loop, state: ServingState) -> bool:
    """Whether the file says so too; if not, nobody reads this state, and `restore` mends it."""
    try:
        return read_state(loop.state_file) == state
    except ServingInvalid:
        return False


def change(
    loop: Loop,
    by: str,
    said: str,
    facts: Mapping[str, str],
    make: Callable[[ServingState], ServingState],
) -> ServingState:
    """Make the next state from the one now, record it and write it; the next question that is asked reads it.

    Raises whatever `make` raises, and `ServingInvalid` or `SaveFailed`; then nothing has changed.
    """
    with changing(loop.state_file):
        after = make(served_now(loop))
        known = {STATE_FACT: state_digest(after), CONTENT_FACT: state_text(after)}
        with loop.ledger.writing("what is served") as connection:
            append(connection, Deed(EntryKind.RELEASE, by, SUBJECT, said, {**facts, **known}))
            # Before the commit: a file that cannot be written takes the entry back with it. Until the commit, no
            # reader believes the file.
            write_state(loop.state_file, after)
    return after


def restore(loop: Loop) -> ServingState:
    """Write the file again as the ledger says it."""
    with changing(loop.state_file):
        state = served_now(loop)
        write_state(loop.state_file, state)
    return state
