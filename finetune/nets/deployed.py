"""Which nets of the guardrails are in use: those that ship, or releases that took their place.

What is in use is what the ledger says last of a net; there is no other state that somebody could edit. A release
whose files are not what two people signed is not used, and nothing silently takes its place: opening the product
fails and says how to go back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assistant.chain import Deed, EntryKind
from assistant.ledger import Ledger
from assistant.people import May, Person, require
from finetune.candidate import ADAPTER
from finetune.errors import ReleaseRefused
from finetune.release import read_release, verify_release
from guardrails.adverse.net import NET as ADVERSE
from guardrails.groundedness import NET as SUPPORT
from guardrails.masking.tagger import FOLDER as IDENTIFIERS

SHIPPED: Mapping[str, Path] = {"identifiers": IDENTIFIERS, "groundedness": SUPPORT, "adverse_events": ADVERSE}
"""The folders of the nets that ship and that a release can replace."""
RELEASE = "in_use"
"""The fact of an entry that names the release in use; empty for the net that ships."""


def subject_of(net: str) -> str:
    """How the ledger names what is in use of a net."""
    return f"net {net}"


def release_in_use(net: str, ledger: Ledger) -> str:
    """The id of the release of a net in use, empty where the one that ships is."""
    last = ""
    for entry in ledger.entries(kind=EntryKind.RELEASE, subject=subject_of(net)):
        last = entry.deed.facts.get(RELEASE, "")
    return last


def nets_in_use(releases: Path, ledger: Ledger) -> Mapping[Path, Path]:
    """For each net that a release replaced: the folder that ships, and the one to read instead.

    Raises:
        ReleaseRefused: a release in use is missing, or not what was signed.
    """
    found = {}
    for name, ships in SHIPPED.items():
        used = release_in_use(name, ledger)
        if used:
            _require_whole(name, releases / used, ledger)
            found[ships] = releases / used / ADAPTER
    return found


def use_net(net: str, release: str, releases: Path, ledger: Ledger, person: Person) -> None:
    """Put a release of a net into use, or with an empty `release` go back to the one that ships.

    Raises:
        ReleaseRefused: there is no such net, or the release is not whole or is of another net.
        NotAllowed: no role of the person allows it.
    """
    require(person, May.SIGN_RELEASE)
    if net not in SHIPPED:
        raise ReleaseRefused(f"There is no net {net!r}; there is {', '.join(sorted(SHIPPED))}.")
    if release:
        _require_whole(net, releases / release, ledger)
    before = release_in_use(net, ledger) or "the one that ships"
    said = f"The net {net} in use is now {release or 'the one that ships'} (before: {before})."
    ledger.record(Deed(EntryKind.RELEASE, person.user_name, subject_of(net), said, {RELEASE: release}))


def _require_whole(net: str, folder: Path, ledger: Ledger) -> None:
    breaks = verify_release(folder, ledger)
    if not breaks and read_release(folder).candidate.kind != net:
        breaks = (f"it is no release of {net}",)
    if breaks:
        raise ReleaseRefused(
            f"The release {folder.name} of the net {net} is not what was signed: {' '.join(breaks)} Go back to the net "
            f"that ships with “pharmassist nets back {net}”."
        )
