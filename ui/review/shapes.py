"""The JSON of `pharmassist review … --json`; documented in docs/review.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from assistant.conversation import Answer, Flag, WithheldClaim
from assistant.review import Review
from assistant.review_agreement import Agreement, Kappa
from assistant.review_desk import CheckedCorrection, shown_claims
from assistant.review_queue import Item, Line, Page
from finetune.select import Selection
from guardrails.claim import Claim
from guardrails.verdict import Finding
from retrieval.passage import Citation, Passage


class CitedShape(BaseModel):
    """A passage's key and the words quoted from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(min_length=1, max_length=200)
    quote: str = Field(min_length=1, max_length=10_000)


class SaidShape(BaseModel):
    """One sentence of an answer with its citations; what `review correct` reads from its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=4_000)
    citations: tuple[CitedShape, ...] = Field(max_length=20)

    def claim(self) -> Claim:
        """The claim."""
        return Claim(" ".join(self.text.split()), tuple(Citation(each.key, each.quote) for each in self.citations))


class FoundShape(BaseModel):
    """One finding of the guardrails."""

    rule: str
    severity: str
    explanation: str


class JudgedShape(BaseModel):
    """A sentence and whether the guardrails release it."""

    text: str
    released: bool
    findings: list[FoundShape]


class CheckedShape(BaseModel):
    """`review correct --check`: whether the answer would be accepted."""

    released: bool
    sentences: list[JudgedShape]


class LineShape(BaseModel):
    """One item of the queue. `flags` is empty for a turn of the sample; `learnable` is false while a case is open."""

    turn: str
    question: str
    outcome: str
    asked_at: datetime
    flags: list[str]
    state: str
    learnable: bool


class PageShape(BaseModel):
    """`review list`: how many items there are, how many in each state, and those that were asked for."""

    total: int
    states: dict[str, int]
    items: list[LineShape]


class FlagShape(BaseModel):
    """One flag."""

    kind: str
    comment: str
    corrected: str
    made_by: str


class PassageShape(BaseModel):
    """One passage that the answer cites."""

    key: str
    title: str
    section: str
    text: str


class ReviewShape(BaseModel):
    """One decision. `corrected` is null where no right answer was written, empty where nothing should be answered."""

    id: str
    turn: str
    place: int
    by: str
    at: datetime
    judged: str
    error: str | None
    comment: str
    corrected: list[SaidShape] | None
    dosing: bool


class ItemShape(BaseModel):
    """`review show`: a turn as you may see it. `waits`: a decision of yours is wanted."""

    turn: str
    question: str
    outcome: str
    reason: str | None
    claims: list[SaidShape]
    withheld: list[JudgedShape]
    passages: list[PassageShape]
    flags: list[FlagShape]
    state: str
    waits: bool
    two_people: bool
    learnable: bool
    disagreement: str
    reviews: list[ReviewShape]


class KappaShape(BaseModel):
    """Cohen's kappa with its 95 % interval; null where it is not defined."""

    pairs: int
    observed: float | None
    expected: float | None
    kappa: float | None
    low: float | None
    high: float | None


class AgreementShape(BaseModel):
    """`review agreement`."""

    verdict: KappaShape
    error: KappaShape
    disagreements: int


class SelectedShape(BaseModel):
    """`review export`: what was written, and how many reviewed turns were left out for which reason."""

    file: str
    sha256: str
    examples: int
    left_out: dict[str, int]


def page_shape(page: Page) -> PageShape:
    """The queue."""
    states = {state.value: count for state, count in page.states.items()}
    return PageShape(total=page.total, states=states, items=[_line(each) for each in page.lines])


def _line(line: Line) -> LineShape:
    outcome = line.turn.outcome
    return LineShape(
        turn=line.turn.id, question=outcome.question.text, outcome=_kind(outcome), asked_at=outcome.question.asked_at,
        flags=[kind.value for kind in line.flags], state=line.state.value, learnable=not line.closed,
    )  # fmt: skip


def _kind(outcome: object) -> str:
    return "answer" if isinstance(outcome, Answer) else "refusal"


def item_shape(item: Item) -> ItemShape:
    """One turn."""
    outcome = item.turn.outcome
    answer = outcome if isinstance(outcome, Answer) else None
    return ItemShape(
        turn=item.turn.id, question=outcome.question.text, outcome=_kind(outcome),
        reason=None if isinstance(outcome, Answer) else outcome.reason.value,
        claims=[said_shape(each) for each in shown_claims(item.turn)],
        withheld=[_withheld(each) for each in outcome.withheld],
        passages=[_passage(each) for each in answer.passages] if answer else [],
        flags=[_flag(each) for each in item.flags], state=item.standing.state.value, waits=item.waits,
        two_people=item.dosing, learnable=not item.closed, disagreement=item.standing.disagreement,
        reviews=[review_shape(each) for each in item.reviews],
    )  # fmt: skip


def said_shape(claim: Claim) -> SaidShape:
    """One claim."""
    cited = tuple(CitedShape.model_construct(key=each.key, quote=each.quote) for each in claim.citations)
    return SaidShape.model_construct(text=claim.text, citations=cited)


def _withheld(item: WithheldClaim) -> JudgedShape:
    return JudgedShape(text=item.claim.text, released=False, findings=_findings(item.findings))


def _findings(found: Sequence[Finding]) -> list[FoundShape]:
    return [FoundShape(rule=each.rule, severity=each.severity.value, explanation=each.explanation) for each in found]


def _passage(passage: Passage) -> PassageShape:
    return PassageShape(key=passage.key, title=passage.title, section=passage.section.value, text=passage.text)


def _flag(flag: Flag) -> FlagShape:
    return FlagShape(kind=flag.kind.value, comment=flag.comment, corrected=flag.corrected, made_by=flag.made_by)


def review_shape(review: Review) -> ReviewShape:
    """One decision."""
    judgement = review.judgement
    corrected = None if judgement.corrected is None else [said_shape(each) for each in judgement.corrected]
    return ReviewShape(
        id=review.id, turn=review.turn_id, place=review.place, by=review.by, at=review.at,
        judged=judgement.judged.value, error=judgement.error.value if judgement.error else None,
        comment=judgement.comment, corrected=corrected, dosing=review.dosing,
    )  # fmt: skip


def checked_shape(checked: CheckedCorrection) -> CheckedShape:
    """What the guardrails say of a right answer as written."""
    sentences = [
        JudgedShape(text=claim.text, released=verdict.decision.value == "release", findings=_findings(verdict.findings))
        for claim, verdict in checked.claims
    ]
    return CheckedShape(released=checked.released, sentences=sentences)


def agreement_shape(found: Agreement) -> AgreementShape:
    """How well two reviewers agree."""
    return AgreementShape(verdict=_kappa(found.verdict), error=_kappa(found.error), disagreements=found.disagreements)


def _kappa(found: Kappa) -> KappaShape:
    return KappaShape(**{name: getattr(found, name) for name in KappaShape.model_fields})


def selected_shape(found: Selection, file: str, sha256: str) -> SelectedShape:
    """What was selected."""
    left_out = {reason.name.lower(): count for reason, count in found.counts().items()}
    return SelectedShape(file=file, sha256=sha256, examples=len(found.examples), left_out=left_out)
