"""Several adapters or models answer one question; what they do not agree on is shown to nobody and a person looks.

`Ensemble` is a `DraftGenerator`: it yields the sentences of its first member that the others bear out, and every other
sentence as a `DisputedClaim`. `escalating` makes the judge send those to a person (decision `ESCALATE`, so that a flag
of kind `ESCALATED` reaches the reviewers by itself). A disputed claim carries no citation, so that a judge that was not
prepared for it withholds it all the same.

A member bears a sentence out where it cites the same passage, states the same doses of it, shares at least half of its
words and denies the same things. A sentence with a dose needs all members; any other needs more than half.
Members must not fall back to one and the same generator, because then they would agree with themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeAlias

from assistant.ask import AskTools
from assistant.conversation import Draft
from assistant.generate import DraftGenerator, Drafting, DraftRequest
from finetune.dosed import Dosed, doses_of
from guardrails.claim import Claim
from guardrails.decide import decide
from guardrails.patient import Patient
from guardrails.polarity import cues
from guardrails.verdict import CheckRun, Finding, Severity, Verdict
from guardrails.wording import GLUE, content_words
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage

RULE, VERSION = "dose.ensemble", "1"
"""The rule of a dispute. It begins with "dose." because the policy (`guardrails.decide`) sends those to a person."""

SAME_WORDS = 0.5
"""The least part of a sentence's words of meaning that another member's sentences on the same evidence share."""

Judge: TypeAlias = Callable[[Claim, Mapping[str, Passage], Patient], Verdict]


@dataclass(frozen=True, slots=True)
class DisputedClaim(Claim):
    """A sentence that not all members stand by: who said it, what it cited, and what the others say."""

    cited: tuple[Citation, ...] = ()
    dispute: str = ""


class Ensemble:
    """Drafts of several members, compared sentence by sentence. Members are asked at the same time."""

    name = "ensemble"
    revises = False

    def __init__(self, members: Sequence[DraftGenerator], medicines: Medicines) -> None:
        if len(members) < 2:
            raise ValueError("an ensemble needs at least two members")
        self._members = tuple(members)
        self._medicines = medicines

    @property
    def model(self) -> str:
        """The models of all members."""
        return " + ".join(dict.fromkeys(member.model or member.name for member in self._members))

    @property
    def adapter(self) -> str:
        """The adapters of all members."""
        return " + ".join(dict.fromkeys(filter(None, (member.adapter for member in self._members))))

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield what the members agree on, then what they dispute; raises what a member raises."""
        with ThreadPoolExecutor(len(self._members)) as pool:
            drafts = tuple(pool.map(lambda member: _whole(member, request), self._members))
        said = [*_agreed(drafts, self._medicines)]
        yield from said
        fallback = "; ".join(dict.fromkeys(filter(None, (draft.fallback for draft in drafts))))
        return Draft(tuple(said), self.name, self.model, self.adapter, fallback)


def _whole(member: DraftGenerator, request: DraftRequest) -> Draft:
    """The whole draft of one member."""
    drafting = member.draft(request)
    while True:
        try:
            next(drafting)
        except StopIteration as end:
            draft: Draft = end.value
            return draft


def _agreed(drafts: Sequence[Draft], medicines: Medicines) -> list[Claim]:
    """The first member's sentences that are borne out, then every sentence that is disputed, each once."""
    first, *others = drafts
    agreed, disputed, seen = list[Claim](), list[Claim](), set[str]()
    for claim in first.claims:
        dispute = _dispute(claim, [draft.claims for draft in others], medicines)
        (disputed if dispute else agreed).append(_disputed(claim, dispute) if dispute else claim)
        seen.add(claim.text)
    for at, draft in enumerate(others):
        rest = [one.claims for other, one in enumerate(drafts) if other != at + 1]
        for claim in draft.claims:
            # What the first member says in other words is no dispute; what nobody else bears out is one.
            if claim.text not in seen and _dispute(claim, rest, medicines):
                disputed.append(_disputed(claim, _dispute(claim, rest, medicines)))
                seen.add(claim.text)
    return agreed + disputed


def _dispute(claim: Claim, others: Sequence[Sequence[Claim]], medicines: Medicines) -> str:
    """Why a sentence is disputed, "" where enough of the other members bear it out."""
    doses = doses_of(claim.text, medicines)
    bearing = sum(_bears_out(claim, claims, medicines) for claims in others)
    if doses and bearing < len(others):
        return f"It states a dose, and {len(others) - bearing} of {len(others)} other models do not state it so."
    members = len(others) + 1
    if 2 * (bearing + 1) <= members:
        return f"Only {bearing + 1} of {members} models say it."
    return ""


def _bears_out(claim: Claim, said: Sequence[Claim], medicines: Medicines) -> bool:
    """Whether another member's sentences on the same evidence state the same doses, one of them in the same sense.

    Its sentences count together: what one model says in a sentence another may say in two.
    """
    if any(claim.text == each.text for each in said):
        return True
    keys = {citation.key for citation in claim.citations}
    near = [each for each in said if keys & {citation.key for citation in each.citations}]
    doses = doses_of(claim.text, medicines)
    stated = frozenset[Dosed]().union(*(doses_of(each.text, medicines) for each in near))
    if any(dose.unread for dose in doses) or not doses <= stated:
        return False
    words = _words(claim.text)
    told = words & frozenset[str]().union(*(_words(each.text) for each in near))
    return len(told) >= SAME_WORDS * len(words) and any(_sense(claim.text) == _sense(each.text) for each in near)


def _words(text: str) -> frozenset[str]:
    """The stems of the words of meaning."""
    return frozenset(word.stem for word in content_words(text)) - GLUE


def _sense(text: str) -> tuple[str, ...]:
    """What a sentence denies or limits: "contraindicated" against "not contraindicated"."""
    return tuple(sorted(cue.kind for cue in cues(text)))


def _disputed(claim: Claim, dispute: str) -> DisputedClaim:
    return DisputedClaim(claim.text, (), claim.citations, dispute)


def escalating(judge: Judge) -> Judge:
    """The judge of an assistant that an ensemble drafts for: a disputed sentence is withheld and a person looks."""

    def judged(claim: Claim, evidence: Mapping[str, Passage], patient: Patient) -> Verdict:
        if not isinstance(claim, DisputedClaim):
            return judge(claim, evidence, patient)
        finding = Finding(RULE, VERSION, Severity.BLOCK, f"The models do not agree. {claim.dispute}")
        return decide([finding], [CheckRun(RULE, 0.0)], {RULE})

    return judged


def with_ensemble(tools: AskTools, members: Sequence[DraftGenerator], medicines: Medicines) -> AskTools:
    """The tools of an assistant that these members draft for, together with the judge that an ensemble needs."""
    return replace(tools, generator=Ensemble(members, medicines), judge=escalating(tools.judge))
