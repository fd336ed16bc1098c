"""Makes a candidate a release: the gate's report, two people's signatures under exactly that, and proof in the ledger.

candidates/<id>/          releases/<id>/
  adapter/ …                adapter/ …        the same files
  evaluation.json           evaluation.json   what was measured
  gate.json                 gate.json         the gate's report
  rejected.json             release.json      how it ended

What is signed is one hash over the candidate's manifest, its adapter as it lies there now, the evaluation and the
report. A changed file gives another hash, so nobody's signature can be carried over to it. A failed gate cannot be
signed: there is no override (docs/evaluation-and-release.md says why).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assistant.accounts import Accounts
from assistant.chain import Deed, EntryKind, digest, moment
from assistant.ledger import Ledger, append
from assistant.people import May, Meaning, Person, Signature, require
from assistant.signing import keep_signature, recorded_signatures_of, require_two_people, signatures_of
from finetune.candidate import ADAPTER, RECIPE, verified
from finetune.errors import FinetuneError, ReleaseRefused
from finetune.example import Approval, Candidate, Release
from finetune.gate import GateReport, report_json, report_of
from finetune.gate_names import require_known_limits
from finetune.hashes import file_hash, folder_hash
from finetune.whole import write_whole

EVALUATION, REPORT, REJECTED, MANIFEST = "evaluation.json", "gate.json", "rejected.json", "release.json"
REJECTION = "rejected"
"""The value of the fact `decision` of a rejection's entry."""

RECIPE_FACT = "recipe_file"

_SHAPE: TypeAdapter[Release] = TypeAdapter(Release)


@dataclass(frozen=True, slots=True)
class Signable:
    """A candidate with the report that it is signed by. `record` and `hash` are what a signature is bound to."""

    candidate: Candidate
    report: GateReport
    evaluation: str
    hash: str

    @property
    def record(self) -> str:
        """How signatures and the ledger name it."""
        return record_of(self.candidate.id)


def record_of(candidate_id: str) -> str:
    """How signatures and the ledger name the release of a candidate."""
    return f"release of candidate {candidate_id}"


def keep_report(report: GateReport, folder: Path, ledger: Ledger, by: str) -> None:
    """Enter the gate's judgement in the ledger, failed ones too, and write the report beside the candidate.

    Only a report that the ledger holds can be signed, so that a file that was edited to pass is no report. The same
    report is entered once. Raises `ReleaseRefused` where a candidate was judged by other limits under the same name.
    """
    require_known_limits(report, ledger)
    if not _is_entered(report, ledger):
        facts = {"decision": "judged", "report": report.hash, "evaluation": report.evaluation}
        facts |= {"gate": report.gate, "limits": report.gate_hash, "passed": "yes" if report.passed else "no"}
        facts |= {"reasons": "\n".join(report.reasons)}
        ending = "passed" if report.passed else f"failed {len(report.reasons)} of {len(report.lines)} limits of"
        said = f"The candidate {report.candidate[:12]} {ending} {report.gate}."
        ledger.record(Deed(EntryKind.RELEASE, by, record_of(report.candidate), said, facts))
    write_whole(folder / REPORT, report_json(report).encode())


def _is_entered(report: GateReport, ledger: Ledger) -> bool:
    entries = ledger.entries(kind=EntryKind.RELEASE, subject=record_of(report.candidate))
    return any((e.deed.facts.get("decision"), e.deed.facts.get("report")) == ("judged", report.hash) for e in entries)


def signable(folder: Path) -> Signable:
    """What would be signed, hashed from the files as they are now.

    Raises:
        FinetuneError: the candidate, its evaluation or its report is missing, changed, or not of one another.
    """
    candidate = verified(folder)
    try:
        evaluation = file_hash(folder / EVALUATION)
        report = report_of((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseRefused(f"{folder.name} was not evaluated and judged yet; run “pharmassist retrain”.") from error
    if (report.candidate, report.evaluation) != (candidate.id, evaluation):
        raise ReleaseRefused("The gate's report is not of this candidate and this evaluation; judge it again.")
    return Signable(candidate, report, evaluation, _signed_hash(candidate, evaluation, report))


def _signed_hash(candidate: Candidate, evaluation: str, report: GateReport) -> str:
    manifest = TypeAdapter(Candidate).dump_python(candidate, mode="json")
    return digest({"candidate": manifest, "evaluation": evaluation, "report": report.hash})


def sign(folder: Path, ledger: Ledger, accounts: Accounts, user_name: str, password: str, shown: str = "") -> Signature:
    """Sign that the candidate may serve; the signature and its entry are stored in one transaction.

    `shown` is the hash of what the signer was shown. Whoever signed an earlier content may sign the new one; a second
    person may not, until the first has.

    Raises:
        ReleaseRefused: the gate failed, it was rejected, or what was shown is not what is there now.
        SignInFailed, NotAllowed: the password is wrong, no role allows it, or the same person signed already.
    """
    what = signable(folder)
    _require_open(what, ledger)
    if shown and shown != what.hash:
        raise ReleaseRefused("The report was changed since it was shown; read it again before you sign.")
    signature = accounts.sign(user_name, password, Meaning.RELEASE_APPROVED, what.record, what.hash)
    earlier = signatures_of(ledger, what.record)
    current = [each for each in earlier if each.record_hash == what.hash]
    renews = not current and any(each.person_id == signature.person_id for each in earlier)
    for each in current if current or renews else earlier:
        require_two_people(each, signature)
    with ledger.writing(f"the signature under the {what.record}") as connection:
        keep_signature(connection, signature)
    return signature


def approvals_of(what: Signable, ledger: Ledger) -> tuple[Signature, ...]:
    """The signatures that hold for the candidate as it is now: one for each person, oldest first.

    One that the ledger does not hold as it is stored is none.
    """
    found: dict[str, Signature] = {}
    for each in recorded_signatures_of(ledger, what.record):
        if each.record_hash == what.hash and each.meaning is Meaning.RELEASE_APPROVED:
            found.setdefault(each.person_id, each)
    return tuple(found.values())


def _require_open(what: Signable, ledger: Ledger) -> None:
    """Raise `ReleaseRefused` where the gate failed or never gave this report, or the candidate was rejected."""
    if not _is_entered(what.report, ledger):
        raise ReleaseRefused("The ledger holds no such report of the gate: judge the candidate again.")
    if not what.report.passed:
        reasons = " ".join(what.report.reasons)
        raise ReleaseRefused(f"The gate failed, and there is no override. {reasons}")
    if is_rejected(what.candidate.id, ledger):
        raise ReleaseRefused("The candidate was rejected; a new one has to be trained.")


def is_rejected(candidate_id: str, ledger: Ledger) -> bool:
    """Whether the ledger holds a rejection of the candidate."""
    entries = ledger.entries(kind=EntryKind.RELEASE, subject=record_of(candidate_id))
    return any(entry.deed.facts.get("decision") == REJECTION for entry in entries)


def reject(folder: Path, ledger: Ledger, person: Person, reasons: Sequence[str] = ()) -> tuple[str, ...]:
    """Say for good that a candidate does not serve: an entry in the ledger, and `rejected.json` beside its report.

    The reasons are the person's, or where none is given those of the gate's report. Rejecting again changes nothing.

    Raises:
        ReleaseRefused: there is no reason, or it was released already.
        NotAllowed: no role of the person allows it.
    """
    require(person, May.SIGN_RELEASE)
    candidate = verified(folder)
    report = report_of((folder / REPORT).read_text(encoding="utf-8")) if (folder / REPORT).is_file() else None
    why = tuple(reasons) or (report.reasons if report else ())
    if not why:
        raise ReleaseRefused("A rejection needs a reason.")
    if _released_as(candidate.id, ledger):
        raise ReleaseRefused("The candidate was released; roll it back instead (“pharmassist models rollback”).")
    if not is_rejected(candidate.id, ledger):
        facts = {"decision": REJECTION, "candidate": candidate.id, "report": report.hash if report else ""}
        facts |= {"adapter": candidate.adapter_hash, "reasons": "\n".join(why)}
        said = f"The candidate {candidate.id[:12]} was rejected: {'; '.join(why)}"
        ledger.record(Deed(EntryKind.RELEASE, person.user_name, record_of(candidate.id), said[:500], facts))
    words = TypeAdapter(tuple[str, ...]).dump_json(why, indent=1).decode()
    (folder / REJECTED).write_text(f"{words}\n", encoding="utf-8")
    return why


def release(folder: Path, releases: Path, ledger: Ledger) -> Release:
    """Make the signed candidate a release in its own folder below `releases`. Doing it again gives the same release.

    The folder is complete before the ledger says so, and gets its name after: a crash in between is mended by running
    again, and what lies under a release's name is always in the ledger.

    Raises:
        ReleaseRefused: the gate failed, it was rejected, or two people have not signed.
    """
    what = signable(folder)
    _require_open(what, ledger)
    signatures = approvals_of(what, ledger)[:2]
    if len(signatures) < 2:
        raise ReleaseRefused(f"A release needs two people's signatures; there are {len(signatures)} under this report.")
    require_two_people(*signatures)
    made = _release_of(what, signatures)
    place = releases / made.id
    if not (place / MANIFEST).is_file():
        half = releases / f"{made.id}.half"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(folder, half, ignore=shutil.ignore_patterns("checkpoints", "*.half", REJECTED))
        (half / MANIFEST).write_bytes(_SHAPE.dump_json(made, indent=2) + b"\n")
        _enter(made, half, ledger)
        half.replace(place)
    return made


def _release_of(what: Signable, signatures: Sequence[Signature]) -> Release:
    approvals = tuple(Approval(each.id, each.user_name, each.line()) for each in signatures)
    released_at = max(each.signed_at for each in signatures)
    bare = Release("", what.candidate, what.evaluation, what.report.gate, approvals, released_at)
    return replace(bare, id=release_hash(bare)[:16])


def release_hash(release: Release) -> str:
    """SHA-256 over everything that a release binds, its id left out."""
    content = {**asdict(release), "id": "", "released_at": moment(release.released_at)}
    content["candidate"] = TypeAdapter(Candidate).dump_python(release.candidate, mode="json")
    return digest(content)


def _enter(made: Release, folder: Path, ledger: Ledger) -> None:
    if _released_as(made.candidate.id, ledger) == made.id:
        return
    candidate = made.candidate
    facts = {"decision": "released", "release": made.id, "release_hash": release_hash(made), "candidate": candidate.id}
    facts |= {"base": candidate.base_hash, "adapter": candidate.adapter_hash, "snapshot": candidate.snapshot}
    facts |= {"evaluation": made.evaluation, "gate": made.gate, "recipe": candidate.recipe_hash}
    facts[RECIPE_FACT] = _recipe_file(folder)
    names = " and ".join(approval.user_name for approval in made.approvals)
    said = f"The release {made.id} was made of candidate {candidate.id[:12]}; {names} signed."
    deed = Deed(EntryKind.RELEASE, made.approvals[-1].user_name, record_of(candidate.id), said, facts)
    with ledger.writing(f"the release {made.id}") as connection:
        append(connection, deed)


def _recipe_file(folder: Path) -> str:
    """The hash of the recipe as it lies in the folder, "" where there is none."""
    return file_hash(folder / RECIPE) if (folder / RECIPE).is_file() else ""


def _released_as(candidate_id: str, ledger: Ledger) -> str:
    """The id of the release that the ledger says was made of a candidate, "" where there is none."""
    entries = ledger.entries(kind=EntryKind.RELEASE, subject=record_of(candidate_id))
    return next((e.deed.facts.get("release", "") for e in entries if e.deed.facts.get("decision") == "released"), "")


def read_release(folder: Path) -> Release:
    """The release of a folder, as its manifest says it. Raises `ReleaseRefused`."""
    try:
        return _SHAPE.validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError, ValueError) as error:
        raise ReleaseRefused(f"{folder} holds no release: {MANIFEST} cannot be read.") from error


def verify_release(folder: Path, ledger: Ledger, base: Path | None = None) -> tuple[str, ...]:
    """Everything in which a release's folder is not what two people signed and the ledger recorded; () where all is.

    Hashes are computed again from the files: the manifest, the adapter, the evaluation, the report, with `base` also
    the base model's folder.
    """
    try:
        made, what = read_release(folder), signable(folder)
    except FinetuneError as error:
        return (str(error),)
    found = (
        [] if release_hash(made)[:16] == made.id == folder.name else ["The manifest was changed: its id is not its."]
    )
    if made.candidate != what.candidate or folder_hash(folder / ADAPTER) != made.candidate.adapter_hash:
        found.append("The adapter or its manifest is not the one that was released.")
    if is_rejected(made.candidate.id, ledger):
        found.append("The candidate was rejected.")
    if made.evaluation != what.evaluation:
        found.append("The evaluation is not the one that was signed.")
    if not what.report.passed or made.gate != what.report.gate:
        found.append("The gate's report does not pass, or is of another gate.")
    if base is not None and folder_hash(base) != made.candidate.base_hash:
        found.append("The base model is not the one that the adapter was trained on.")
    stored = {each.id: each for each in approvals_of(what, ledger)}
    if any(a.signature not in stored or stored[a.signature].line() != a.line for a in made.approvals):
        found.append("A signature of the release is not stored under exactly this content.")
    entries = ledger.entries(kind=EntryKind.RELEASE, subject=record_of(made.candidate.id))
    facts = next((e.deed.facts for e in entries if e.deed.facts.get("release_hash") == release_hash(made)), None)
    if facts is None:
        found.append("The ledger does not hold this release.")
    elif facts.get(RECIPE_FACT, "") != _recipe_file(folder):
        found.append("The recipe is not the one that was released.")
    return tuple(found)
