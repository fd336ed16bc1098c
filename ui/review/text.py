"""What `pharmassist review` prints for people."""

from __future__ import annotations

from collections.abc import Sequence

from ui.markup import count
from ui.review.shapes import (
    AgreementShape,
    CheckedShape,
    ItemShape,
    JudgedShape,
    KappaShape,
    PageShape,
    ReviewShape,
    SaidShape,
    SelectedShape,
)

STATE_WORDS = {
    "open": "waits for a reviewer",
    "second": "waits for a second reviewer",
    "third": "two disagree; waits for a third",
    "settled": "settled",
}
"""The states in words."""


def page_text(page: PageShape) -> str:
    """The queue, one line for each item."""
    if not page.items:
        return "Nothing waits for your review."
    lines = [
        f"{item.turn}  {', '.join(item.flags) or 'sample'}; {STATE_WORDS[item.state]}"
        f"{'' if item.learnable else '; open case'}\n    {item.question}"
        for item in page.items
    ]
    return "\n".join([f"{count(page.total, 'item')}:", *lines])


def item_text(item: ItemShape) -> str:
    """One turn: question, answer with its quotes, what was withheld, flags, decisions that may be seen."""
    parts = [f"Turn {item.turn}: {STATE_WORDS[item.state]}", f"Question: {item.question}"]
    parts += [f"Refused ({item.reason})."] if item.reason else ["Answer:", *_said(item.claims)]
    parts += ["Withheld:", *map(_judged, item.withheld)] if item.withheld else []
    parts += [f"[{each.key}] {each.title}, {each.section}: {each.text}" for each in item.passages]
    parts += [f"Flag ({each.kind}) by {each.made_by}: {each.comment} {each.corrected}".rstrip() for each in item.flags]
    parts += ["About dosing: two people decide, with a signature."] if item.two_people else []
    parts += (
        [] if item.learnable else ["The conversation has an open case: it is not learnt from until that is closed."]
    )
    parts += [item.disagreement] if item.disagreement else []
    parts += [review_text(each) for each in item.reviews]
    return "\n".join(parts)


def _said(claims: Sequence[SaidShape]) -> list[str]:
    return [
        f"  {at}. {claim.text}\n" + "\n".join(f"     [{each.key}] “{each.quote}”" for each in claim.citations)
        for at, claim in enumerate(claims, start=1)
    ]


def _judged(sentence: JudgedShape) -> str:
    found = "\n".join(f"     {each.severity}: {each.explanation}" for each in sentence.findings)
    mark = "released" if sentence.released else "withheld"
    return f"  {mark}: {sentence.text}" + (f"\n{found}" if found else "")


def review_text(review: ReviewShape) -> str:
    """One decision."""
    error = f" ({review.error})" if review.error else ""
    comment = f": {review.comment}" if review.comment else ""
    head = f"Review {review.place} by {review.by}: {review.judged}{error}{comment}"
    if review.corrected is None:
        return head
    return "\n".join([head, "  Right answer:", *(_said(review.corrected) or ["  Nothing should be answered."])])


def checked_text(checked: CheckedShape) -> str:
    """What the guardrails say of each sentence."""
    head = "The checks release this answer." if checked.released else "The checks do not release this answer."
    return "\n".join([head, *map(_judged, checked.sentences)])


def agreement_text(found: AgreementShape) -> str:
    """Both kappas in a line each."""
    return (
        f"Verdict: {_kappa(found.verdict)}\nType of error, where both say incorrect: {_kappa(found.error)}\n"
        f"Disagreements that went to a third person: {found.disagreements}"
    )


def _kappa(found: KappaShape) -> str:
    if found.observed is None:
        return "no turn was judged by two people yet"
    agreed = f"{found.observed:.0%} agreement over {count(found.pairs, 'pair')}"
    if found.kappa is None:
        return f"{agreed}; kappa is not defined, because every label is the same"
    return f"kappa {found.kappa:.2f} (95 % interval {found.low:.2f} to {found.high:.2f}), {agreed}"


def selected_text(found: SelectedShape, reasons: Sequence[tuple[str, int]]) -> str:
    """What was written and why the rest was not."""
    lines = [f"{count(found.examples, 'example')} written to {found.file} (SHA-256 {found.sha256})"]
    return "\n".join([*lines, *(f"  left out {number}: {reason}" for reason, number in reasons)])
