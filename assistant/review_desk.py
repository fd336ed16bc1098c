"""The review desk: which turns wait for whom, what a reviewer sees of one, and how a decision is accepted.

Read `decide` from top to bottom: nothing is stored unless the guardrails release every claim of the right answer and,
where it is about dosing, the reviewer signed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from assistant.conversation import Answer, Refusal, Turn
from assistant.covered import ASKS_A_DOSE
from assistant.deeds import turn_hash
from assistant.errors import (
    CorrectionRefused,
    NotAllowed,
    ReviewChanged,
    ReviewInvalid,
    SignatureNeeded,
    UnknownTurn,
)
from assistant.evidence import without_instructions
from assistant.people import May, Meaning, Person, Signature, require
from assistant.prompt import MOST_CLAIMS
from assistant.records import Records
from assistant.review import (
    MOST_REVIEWS,
    ErrorType,
    Judged,
    JudgedOn,
    Judgement,
    Review,
    State,
    review_hash,
    review_record,
    standing,
)
from assistant.reviews import CHANGED, NEEDS_SIGNATURE, Reviews
from guardrails.claim import Claim
from guardrails.dose import DoseStatement
from guardrails.patient import Patient
from guardrails.verdict import Decision, Severity, Verdict
from retrieval.passage import Passage
from retrieval.search import SearchResult

Sign = Callable[[Meaning, str, str], Signature]
"""Makes a signature with a meaning under a record with its hash, once the password was entered again."""

ReadDoses = Callable[[str], tuple[DoseStatement, ...]]
"""Reads the doses of a text; one that it cannot read counts as a dose."""


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """What reviewing needs from outside, as plain functions and small objects.

    `search` and `judge` are those that answering uses; `passage` reads one passage of the index as it is now, None
    where there is none or its source was superseded. `mask` replaces patient identifiers and raises where it cannot.
    `versions` are those of the rules and of the index.
    """

    records: Records
    reviews: Reviews
    search: Callable[[str, tuple[str, ...]], SearchResult]
    passage: Callable[[str], Passage | None]
    judge: Callable[[Claim, Mapping[str, Passage], Patient], Verdict]
    doses: ReadDoses
    mask: Callable[[str], str]
    versions: Callable[[], tuple[str, str]]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class CheckedCorrection:
    """The right answer as a reviewer wrote it, with what the guardrails say of each claim."""

    claims: tuple[tuple[Claim, Verdict], ...]

    @property
    def released(self) -> bool:
        """Whether every claim may be shown, which is what accepting it needs."""
        return all(verdict.decision is Decision.RELEASE for _, verdict in self.claims)

    def objections(self) -> tuple[str, ...]:
        """One line for each finding that stands in the way, with the sentence that it is about."""
        return tuple(
            f"Sentence {at} (“{_short(claim.text)}”): {finding.explanation}"
            for at, (claim, verdict) in enumerate(self.claims, start=1)
            if verdict.decision is not Decision.RELEASE
            for finding in verdict.findings
            if finding.severity is Severity.BLOCK
        )


def decide(
    desk: ReviewDesk, person: Person, turn_id: str, judgement: Judgement, place: int, sign: Sign | None = None
) -> Review:
    """Accept one decision about a turn. `place` is the one that the person saw free when opening the turn.

    Raises:
        NotAllowed: the person's role does not allow it, or the signature is not their own.
        SignatureNeeded: the decision is about a dose and `sign` is None.
        UnknownTurn: the turn is not stored.
        ReviewChanged: somebody else decided meanwhile, or this person did before.
        ReviewInvalid: the decision does not fit the turn.
        CorrectionRefused: the guardrails do not release the right answer as written; the text lists why.
    """
    require(person, May.REVIEW)
    turn = stored_turn(desk.records, turn_id)
    before = desk.reviews.of_turn(turn_id)
    _require_place(before, person, place)
    judgement = _masked(desk, judgement)
    _require_fit(turn, judgement)
    evidence, medicines = evidence_of(desk, turn, judgement.corrected)
    if judgement.corrected:
        _require_released(check_correction(desk, turn, judgement.corrected, evidence))
    doses = tuple(sorted({line for claim in judgement.corrected or () for line in _dose_lines(desk, claim.text)}))
    judged_on = JudgedOn(turn_hash(turn), evidence, medicines, *desk.versions())
    review = Review(
        uuid4().hex, turn_id, place, person.user_name, person.id, desk.now(), judgement, judged_on,
        about_dosing(desk.doses, turn, judgement), doses,
    )  # fmt: skip
    desk.reviews.save(review, _signed(review, person, sign))
    return review


def stored_turn(records: Records, turn_id: str) -> Turn:
    """The turn. Raises `UnknownTurn`."""
    turn = records.turn(turn_id)
    if turn is None:
        raise UnknownTurn(f"There is no turn {turn_id}; “pharmassist review list” names those that wait.")
    return turn


def about_dosing(read: ReadDoses, turn: Turn, judgement: Judgement | None = None) -> bool:
    """Whether two people must judge this: a dose is asked for or stands in the question, in what was answered or in
    the correction, or was called unsafe.
    """
    if judgement is not None and judgement.error is ErrorType.UNSAFE_DOSE:
        return True
    asked = turn.outcome.question.text
    corrected = judgement.corrected or () if judgement is not None else ()
    texts = [asked, *(claim.text for claim in (*shown_claims(turn), *corrected))]
    return bool(ASKS_A_DOSE.search(asked)) or any(read(text) for text in texts)


def shown_claims(turn: Turn) -> tuple[Claim, ...]:
    """The claims that were released; none where the turn ended in a refusal."""
    return tuple(item.claim for item in turn.outcome.claims) if isinstance(turn.outcome, Answer) else ()


def check_correction(
    desk: ReviewDesk, turn: Turn, claims: Sequence[Claim], evidence: Sequence[Passage] | None = None
) -> CheckedCorrection:
    """What the guardrails say of a right answer as written; nothing is stored.

    Raises `ReviewInvalid` where it has too many claims or cites a passage that the index does not hold any more.
    """
    if evidence is None:
        evidence, _ = evidence_of(desk, turn, claims)
    shown = {passage.key: passage for passage in evidence}
    patient = turn.outcome.question.patient
    return CheckedCorrection(tuple((claim, desk.judge(claim, shown, patient)) for claim in claims))


def evidence_of(
    desk: ReviewDesk, turn: Turn, corrected: Sequence[Claim] | None
) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    """The passages that a model would be shown for the question, those that the right answer cites among them, and
    the medicines that search recognised.

    Raises `ReviewInvalid` where a correction cites a passage that is not in the index.
    """
    question = turn.outcome.question
    found = desk.search(question.text, question.history)
    kept, _ = without_instructions(found)
    hits = tuple(hit.passage for hit in kept.hits)
    if corrected is None:
        cited = turn.outcome.passages if isinstance(turn.outcome, Answer) else ()
    else:
        if len(corrected) > MOST_CLAIMS:
            raise ReviewInvalid(f"An answer has at most {MOST_CLAIMS} sentences; this one has {len(corrected)}.")
        cited = _cited(desk, corrected, {passage.key: passage for passage in hits})
    return _together(turn.id, hits, cited), found.medicines


def _cited(desk: ReviewDesk, claims: Sequence[Claim], hits: Mapping[str, Passage]) -> tuple[Passage, ...]:
    keys = dict.fromkeys(citation.key for claim in claims for citation in claim.citations)
    found = {key: hits.get(key) or desk.passage(key) for key in keys}
    gone = [key for key, passage in found.items() if passage is None]
    if gone:
        raise ReviewInvalid(f"The index holds no current passage {', '.join(gone)}; choose another one.")
    return tuple(passage for passage in found.values() if passage is not None)


def _together(turn_id: str, hits: Sequence[Passage], cited: Sequence[Passage]) -> tuple[Passage, ...]:
    """The hits in their order with the cited passages that search did not find among them, as many as there were hits.

    A passage that was added stands at a place that its key decides: always at the end, a model would learn to look
    there. What makes room is the last hit that is not cited.
    """
    named = {passage.key for passage in cited}
    shown = [*hits]
    for passage in cited:
        if all(passage.key != each.key for each in shown):
            spare = next((each for each in reversed(shown) if each.key not in named), None)
            if spare is not None:
                shown.remove(spare)
            place = int.from_bytes(sha256(f"{turn_id} {passage.key}".encode()).digest()[:4]) % (len(shown) + 1)
            shown.insert(place, passage)
    return tuple(shown)


def _require_place(before: Sequence[Review], person: Person, place: int) -> None:
    if any(review.person_id == person.id for review in before):
        raise ReviewChanged("You have reviewed this turn already; another person has to.")
    if len(before) >= MOST_REVIEWS:
        raise ReviewChanged("Three people have reviewed this turn; that is the end of it.")
    if place != len(before) + 1:
        raise ReviewChanged(CHANGED)


def _masked(desk: ReviewDesk, judgement: Judgement) -> Judgement:
    """The judgement with identifiers of patients masked in its comment, and refused where its answer holds any."""
    for claim in judgement.corrected or ():
        if not _is_verbatim(claim) and desk.mask(claim.text) != claim.text:
            said = f"“{_short(claim.text)}” seems to hold something that identifies a patient; write it without."
            raise ReviewInvalid(said)
    return replace(judgement, comment=desk.mask(judgement.comment.strip()))


def _is_verbatim(claim: Claim) -> bool:
    """Whether a claim says only what its citations quote: words of a label, which identify nobody."""
    return any(claim.text in citation.quote for citation in claim.citations)


def _require_fit(turn: Turn, judgement: Judgement) -> None:
    refused = isinstance(turn.outcome, Refusal)
    if judgement.error is ErrorType.REFUSED_WRONGLY and not refused:
        raise ReviewInvalid("Only a refusal can be refused wrongly; this turn was answered.")
    if judgement.judged is Judged.CORRECT or judgement.corrected is None:
        return
    if refused and not judgement.corrected:
        raise ReviewInvalid("Nothing was answered, and you say that nothing should be: then it is correct.")
    if judgement.corrected and judgement.corrected == shown_claims(turn):
        raise ReviewInvalid("This is the answer that was shown. Change it, or call it correct.")
    for claim in judgement.corrected:
        if not claim.text.strip() or not claim.citations:
            raise ReviewInvalid("Every sentence of the right answer needs words and a citation.")


def _require_released(checked: CheckedCorrection) -> None:
    if not checked.released:
        raise CorrectionRefused("The checks do not release this answer:\n" + "\n".join(checked.objections()))


def _signed(review: Review, person: Person, sign: Sign | None) -> Signature | None:
    if not review.dosing:
        return None
    if sign is None:
        raise SignatureNeeded(NEEDS_SIGNATURE)
    signature = sign(Meaning.DATA_REVIEWED, review_record(review), review_hash(review))
    made = (signature.person_id, signature.meaning, signature.record, signature.record_hash)
    if made != (person.id, Meaning.DATA_REVIEWED, review_record(review), review_hash(review)):
        raise NotAllowed("The signature is not your own, or is under something else; sign this review yourself.")
    return signature


def _dose_lines(desk: ReviewDesk, text: str) -> list[str]:
    """Each dose of a text in one line, so that two texts that say the same dose in other words give the same line."""
    return [_dose_line(dose, text) for dose in desk.doses(text)]


def _dose_line(dose: DoseStatement, text: str) -> str:
    if dose.unread:
        return f"unread: {text[dose.start : dose.end]}"
    flags = ["once" if dose.once else "", "as needed" if dose.as_needed else ""]
    parts = [
        " + ".join(dose.ingredients), dose.limit.value, str(dose.amount or ""), "/".join(dose.per),
        " ".join(map(str, dose.strength)), dose.route, str(dose.frequency or ""), str(dose.duration or ""),
        str(dose.over or ""), ", ".join(dose.when), dose.change, dose.population.casefold(), *flags,
    ]  # fmt: skip
    return "|".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80].rstrip()}…"


def waits_for(reviews: Sequence[Review], person: Person) -> bool:
    """Whether a turn with these reviews waits for a decision of this person."""
    if any(review.person_id == person.id for review in reviews):
        return False
    return standing(reviews).state is not State.SETTLED
