"""The desk's words for verdicts, errors, flags and states, and small pieces of its HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence

from assistant.conversation import FlagKind
from assistant.review import ErrorType, Judged, State
from assistant.review_desk import CheckedCorrection
from guardrails.claim import Claim
from guardrails.verdict import Decision, Finding, Severity
from retrieval.passage import Passage
from ui.markup import text
from ui.triage.marks import pill

JUDGED_WORDS = {Judged.CORRECT: "Correct", Judged.INCORRECT: "Incorrect"}
ERROR_WORDS = {
    ErrorType.UNSAFE_DOSE: "Unsafe dose",
    ErrorType.WRONG_FACT: "Wrong fact",
    ErrorType.MISSING_WARNING: "Missing warning",
    ErrorType.CITATION: "Wrong or missing citation",
    ErrorType.OUTDATED: "Outdated",
    ErrorType.REFUSED_WRONGLY: "Refused wrongly",
    ErrorType.STYLE: "Style",
}
FLAG_WORDS = {
    FlagKind.UNSAFE: "unsafe",
    FlagKind.ESCALATED: "withheld, a person must look",
    FlagKind.INACCURATE: "inaccurate",
    FlagKind.OUTDATED: "outdated",
    FlagKind.CITATION: "citation",
    FlagKind.OTHER: "other",
}
STATE_WORDS = {
    State.OPEN: "waits for a reviewer",
    State.SECOND: "second reviewer",
    State.THIRD: "two disagree",
    State.SETTLED: "settled",
}
_GRAVE = frozenset({FlagKind.UNSAFE, FlagKind.ESCALATED})


def flag_pill(kind: FlagKind) -> str:
    """A flag; what may harm stands out."""
    return pill(FLAG_WORDS[kind], "is-serious" if kind in _GRAVE else "is-open")


def state_pill(state: State) -> str:
    """The state of an item; nothing where it only waits."""
    kinds = {State.THIRD: "is-serious", State.SETTLED: "is-done", State.SECOND: "is-umc"}
    return pill(STATE_WORDS[state], kinds[state]) if state in kinds else ""


def findings(found: Sequence[Finding]) -> str:
    """Findings as a list, the blocking ones first."""
    worst = sorted(found, key=lambda each: list(Severity).index(each.severity))
    items = "".join(
        f'<li class="found found-{each.severity.value}"><b>{text(each.severity.value)}</b> {text(each.explanation)} '
        f'<span class="faint">{text(each.rule)}</span></li>'
        for each in worst
    )
    return f'<ul class="findings">{items}</ul>' if items else ""


def checked(found: CheckedCorrection) -> str:
    """What the guardrails say of a right answer as written: one line for each sentence."""
    if not found.claims:
        return '<p class="nothing">There is no sentence to check yet.</p>'
    items = "".join(
        f'<li class="{"is-released" if verdict.decision is Decision.RELEASE else "is-withheld"}">'
        f"<b>{'released' if verdict.decision is Decision.RELEASE else 'not released'}</b> {text(claim.text)}"
        f"{findings(verdict.findings)}</li>"
        for claim, verdict in found.claims
    )
    head = (
        "The checks release every sentence."
        if found.released
        else "The checks do not release this answer as it stands."
    )
    look = "is-good" if found.released else "is-bad"
    return f'<p class="verdict {look}">{head}</p><ol class="checked">{items}</ol>'


def claims_data(claims: Sequence[Claim], titles: dict[str, str]) -> str:
    """Claims as JSON for the editor of the page."""
    said = [
        {
            "text": claim.text,
            "citations": [
                {"key": each.key, "quote": each.quote, "title": titles.get(each.key, each.key)}
                for each in claim.citations
            ],
        }
        for claim in claims
    ]
    return json.dumps(said, ensure_ascii=False)


def quoted(claim: Claim, numbers: dict[str, int]) -> str:
    """One sentence with its citations, each a button that shows the passage."""
    chips = "".join(
        f'<button type="button" class="chip" data-action="passage" data-to="passage-{numbers.get(each.key, 0)}" '
        f'title="{text(each.quote)}">{numbers.get(each.key, "?")}</button>'
        for each in claim.citations
    )
    return f"<li>{text(claim.text)} {chips}</li>"


def numbered(passages: Sequence[Passage]) -> dict[str, int]:
    """The number of each passage, from 1."""
    return {passage.key: at for at, passage in enumerate(passages, start=1)}
