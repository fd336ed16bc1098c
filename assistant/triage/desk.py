"""The desk: the casebook, the clock and what reads new reports, and the everyday steps on a case.

Other steps: `opening` (flags and imported texts become cases), `judging` (seriousness, expectedness, causality,
coding), `moving` (states, closing, export), `merging` (duplicates). Every step names its person, who must be allowed
it, and leaves history rows and one ledger entry in the transaction that saves it. A step takes the case as the person
saw it; where somebody else was faster, `CaseChanged` is raised and nothing is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from assistant.chain import Deed, EntryKind
from assistant.people import May, Person, Signature, require
from assistant.triage.case import Case, Receipt, ReceiptKind, Source, SourceOrigin
from assistant.triage.case_json import with_value
from assistant.triage.casebook import Casebook, Edit
from assistant.triage.changes import Json, differences
from assistant.triage.clock import day_of, deadlines
from assistant.triage.errors import FieldInvalid, MoveRefused
from assistant.triage.judgement import Deadline, Expectedness
from assistant.triage.markets import Markets
from assistant.triage.seriousness import with_proposals
from assistant.triage.signed import case_hash, subject
from assistant.triage.states import OPEN_STATES, State, allowed
from assistant.triage.terms import Term
from assistant.triage.worklist import SourceText
from guardrails.adverse.report import AdverseFindings
from guardrails.errors import PatientInvalid
from guardrails.patient import Patient, years

MACHINE = "machine"
CASE_HASH = "case_hash"
"""The ledger's fact that holds the hash of the case at the version that the fact `version` names."""

# Set by a step of its own, with its permission, its signature or its second person; never as a plain field.
_BY_STEPS = (
    "id", "label", "version", "state", "opened_at", "owner", "receipts", "sources", "submissions", "links", "evidence",
    "causality", "expectedness", "asked_to_close", "valid_from", "kept",
)  # fmt: skip


_TERMS = (".term", ".indication", ".reaction", ".concept")
"""Ends of the paths of what is coded."""

_FREE_TEXT = frozenset(
    {"text", "verbatim", "translation", "comment", "history_text", "reporter_comment", "sender_comment", "note"}
)
"""Fields in which people write sentences: identifiers are masked in them before anything is stored."""


_AGE_UNITS = frozenset({"a", "mo", "wk", "d"})
"""Units (UCUM) that an age can be worked out in years from; decades and hours are left as they are."""


def _no_term(_verbatim: str) -> Term | None:
    return None


def _none_expected(_case: Case) -> tuple[Expectedness, ...]:
    return ()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the steps work with. `zone` (IANA) is where reports are received: the local day there is day zero.

    `screen` finds reactions in a masked text, `mask` takes identifiers out of one, `propose_term` codes the words of
    an event or gives None, `propose_expectedness` compares the pairs of a case with labels.
    """

    book: Casebook
    markets: Markets
    screen: Callable[[str], AdverseFindings]
    mask: Callable[[str], str]
    zone: str = "UTC"
    propose_term: Callable[[str], Term | None] = _no_term
    propose_expectedness: Callable[[Case], tuple[Expectedness, ...]] = _none_expected
    now: Callable[[], datetime] = _now

    def deadlines(self, case: Case) -> tuple[Deadline, ...]:
        """When each market wants a report of this case, the earliest first."""
        return deadlines(case, self.markets)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A text about a case: its words as they came (identifiers are masked here), when (UTC) and where from."""

    text: str
    at: datetime
    name: str = ""
    origin: SourceOrigin = SourceOrigin.PERSON


def edit(
    old: Case, new: Case, by: str, why: str, said: str, signatures: Sequence[Signature] = (),
    kind: EntryKind = EntryKind.CASE_CHANGED,
) -> Edit:  # fmt: skip
    """An edit with its ledger entry: `said` is one sentence without any value that could identify a patient."""
    changed = differences(old, new)
    saved = replace(new, version=old.version + (1 if changed else 0))
    fields = ", ".join(each.path for each in changed)
    facts = {"fields": fields, "version": str(saved.version), CASE_HASH: case_hash(saved)}
    return Edit(old, new, by, why, (Deed(kind, by, subject(old), said, facts),), tuple(signatures))


def save(desk: Desk, *edits: Edit, texts: Sequence[SourceText] = ()) -> tuple[Case, ...]:
    """Save edits together; those that change nothing and sign nothing are left out, and leave no entry."""
    real = [
        replace(each, why=desk.mask(each.why)) for each in edits if each.signatures or differences(each.old, each.new)
    ]
    saved = {case.id: case for case in desk.book.save(real, texts)} if real else {}
    return tuple(saved.get(each.old.id, each.old) for each in edits)


def assign(desk: Desk, person: Person, cases: Sequence[Case], owner: str) -> tuple[Case, ...]:
    """Give cases to an owner (a user name, "" for nobody), all or none of them."""
    require(person, May.TRIAGE)
    said = f"Assigned to {owner}." if owner else "Assigned to nobody."
    return save(desk, *(edit(case, replace(case, owner=owner), person.user_name, said, said) for case in cases))


def change(desk: Desk, person: Person, case: Case, path: str, value: Json, why: str = "") -> Case:
    """Set one field by its path. A term needs the permission to code, everything else the permission to triage.

    With an event or a medicine that is removed go its places in the texts and the judgements of its pairs; history
    keeps them. What the machine proposes of seriousness follows the changed fields.

    Raises `FieldUnknown`, `FieldInvalid`, `MoveRefused`, `NotAllowed`, `CaseChanged`.
    """
    require_open(case)
    top = path.split(".")[0].split("[")[0]
    if top in _BY_STEPS or (top == "events" and path.endswith((".seriousness", ".judged_not_serious_by"))):
        raise FieldInvalid(f"“{path}” is set by a step of its own and cannot be written as a field.")
    require(person, May.CODE if path.endswith(_TERMS) else May.TRIAGE)
    new = with_value(case, path, _masked(desk, path.rsplit(".")[-1], value))
    _refuse_smuggled(case, new)
    _refuse_impossible(case, new)
    new = _without_orphans(new)
    if top == "events":
        new = with_proposals(new, texts_of(desk, new))
    (saved,) = save(desk, edit(case, new, person.user_name, why, f"{path} was changed."))
    return saved


def require_open(case: Case) -> None:
    """What was signed as done stays as it was signed. Raises `MoveRefused` for a case that is closed or merged."""
    if case.state not in OPEN_STATES:
        raise MoveRefused(f"Case {case.label} is “{case.state.value}” and cannot be changed; reopen it first.")


def _masked(desk: Desk, name: str, value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _masked(desk, key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(desk, name, inner) for inner in value]
    return desk.mask(value) if isinstance(value, str) and name in _FREE_TEXT else value


def _refuse_smuggled(old: Case, new: Case) -> None:
    """A whole event that is written must not bring judgements with it."""
    kept = {event.id: (event.seriousness, event.judged_not_serious_by) for event in old.events}
    for event in new.events:
        if (event.seriousness, event.judged_not_serious_by) != kept.get(event.id, ((), "")):
            raise FieldInvalid("Seriousness is set by a step of its own and cannot be written with an event.")


def _refuse_impossible(old: Case, new: Case) -> None:
    """An age, a weight or a height that no person can have is a slip; what came in a report stays as it came."""
    for was, now in ((old.patient, new.patient), (old.patient.parent, new.patient.parent)):
        if now is not None and now != was:
            age = now.age if was is None or now.age != was.age else None
            weight = now.weight_kg if was is None or now.weight_kg != was.weight_kg else None
            height = now.height_cm if was is None or now.height_cm != was.height_cm else None
            in_years = years(age.value, age.unit) if age is not None and age.unit in _AGE_UNITS else None
            try:
                Patient(age=in_years, weight=weight, height=height)
            except PatientInvalid as error:
                raise FieldInvalid(str(error)) from error


def _without_orphans(case: Case) -> Case:
    """Without judgements and places of events and medicines that are not in the case."""
    events, products = {each.id for each in case.events}, {each.id for each in case.products}
    items = {"events": events, "products": products}

    def is_there(path: str) -> bool:
        name, _, rest = path.partition("[")
        return name not in items or rest.partition("]")[0] in items[name]

    return replace(
        case,
        expectedness=tuple(
            each for each in case.expectedness if each.event_id in events and each.product_id in products
        ),
        causality=tuple(each for each in case.causality if each.event_id in events and each.product_id in products),
        evidence=tuple(each for each in case.evidence if is_there(each.path)),
        unknowns=tuple(each for each in case.unknowns if is_there(each.id)),
    )


def follow_up(
    desk: Desk, person: Person, case: Case, arrived: Arrived, *, significant: bool = True, completes: bool = False
) -> Case:
    """Record information that came after the first report; significant information of a reported case restarts its
    clock and reopens it. `completes`: only now the four minimum criteria are met, and the clock counts from here.
    """
    require(person, May.TRIAGE)
    if case.state is State.MERGED:
        raise MoveRefused(f"Case {case.label} is merged; add the information to its master.")
    text, source = kept_text(desk, arrived, next_source(case))
    day = day_of(arrived.at, desk.zone)
    number = f"r{len(case.receipts) + 1}"
    receipt = Receipt(number, ReceiptKind.FOLLOW_UP, arrived.at, day, desk.zone, source.id, significant)
    new = replace(
        case,
        sources=(*case.sources, source),
        receipts=(*case.receipts, receipt),
        valid_from=number if completes else case.valid_from,
        state=State.OPEN if significant and allowed(case.state, State.OPEN) else case.state,
    )
    new = with_proposals(new, texts_of(desk, new) | {source.id: text.text})
    why = f"Information was received on {day}."
    (saved,) = save(desk, edit(case, new, person.user_name, why, f"Follow-up was received on {day}."), texts=[text])
    return saved


def next_source(case: Case) -> str:
    """The id of the next text of a case; texts of all cases are kept together, so no two may be alike."""
    return f"s{len(case.sources) + 1}-{uuid4().hex[:8]}"


def kept_text(desk: Desk, arrived: Arrived, source_id: str, file_hash: str = "") -> tuple[SourceText, Source]:
    """The masked text as it is kept, and the source that names it; the hash is of the file or words as they came."""
    hashed = file_hash or sha256(arrived.text.encode("utf-8", "surrogatepass")).hexdigest()
    text = SourceText(source_id, arrived.name, hashed, desk.mask(arrived.text), desk.now())
    return text, Source(source_id, arrived.origin, arrived.name, hashed)


def texts_of(desk: Desk, case: Case) -> dict[str, str]:
    """The masked texts that tell of a case, by the id of their source, as far as they are kept. What a gateway answered
    tells of the report and not of the patient: nothing is proposed from it.
    """
    told = (source for source in case.sources if source.origin is not SourceOrigin.ANSWER)
    found = {source.id: desk.book.text(source.id) for source in told}
    return {name: text.text for name, text in found.items() if text is not None}
