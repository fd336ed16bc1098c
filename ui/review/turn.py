"""The right half of the page: one turn with its question, answer, sources, findings, flags, and other decisions."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.conversation import Answer, Flag, Outcome, WithheldClaim
from assistant.review import MOST_REVIEWS, Review, State
from assistant.review_queue import Item
from retrieval.passage import Passage
from ui.markup import moment, text
from ui.panel import marked
from ui.review.form import form
from ui.review.marks import (
    ERROR_WORDS,
    JUDGED_WORDS,
    claims_data,
    findings,
    flag_pill,
    numbered,
    quoted,
    state_pill,
)
from ui.triage.marks import pill

CLOSED = (
    "The conversation has an open case of pharmacovigilance. It can be reviewed; nothing is learnt from it until the "
    "case is closed."
)
TWO = "This is about a dose: two people decide, neither sees the other’s decision, and each signs."
THREE = "Two people have decided and do not agree. Your decision counts."


def turn_page(item: Item, names: Mapping[str, str], user_name: str) -> str:
    """The whole turn for the person of this user name; `names` are printed names by user name."""
    outcome = item.turn.outcome
    passages = outcome.passages if isinstance(outcome, Answer) else ()
    third = item.standing.state is State.THIRD
    known = ((CLOSED, item.closed), (THREE, third and item.waits), (TWO, item.dosing and item.waits and not third))
    notes = [words for words, applies in known if applies]
    return (
        f'<article class="reviewed" data-user="{text(user_name)}" data-turn="{text(item.turn.id)}" '
        f'data-place="{item.place}" data-dosing="{"yes" if item.dosing else ""}">{_head(item)}'
        + "".join(f'<p class="notice">{words}</p>' for words in notes)
        + f"{_flags(item)}{_outcome(outcome, passages)}{_sources(outcome, passages)}{_others(item, names)}"
        f"{_ending(item, user_name)}</article>"
    )


def _head(item: Item) -> str:
    question = item.turn.outcome.question
    marks = "".join(map(flag_pill, dict.fromkeys(flag.kind for flag in item.flags))) or pill("sample", "is-expected")
    history = "".join(f"<li>{text(each)}</li>" for each in question.history)
    before = f'<details><summary>Asked before</summary><ul class="before">{history}</ul></details>' if history else ""
    return (
        f'<header><p class="marks">{marks}{state_pill(item.standing.state)}'
        f'<span class="faint">{moment(question.asked_at)}</span></p><h2 tabindex="-1">{text(question.text)}</h2>'
        f"{before}</header>"
    )


def _flags(item: Item) -> str:
    return "".join(map(_flag, item.flags))


def _flag(flag: Flag) -> str:
    corrected = f"<p>They would answer: {text(flag.corrected)}</p>" if flag.corrected else ""
    return (
        f'<blockquote class="flagged">{flag_pill(flag.kind)} <span class="faint">{text(flag.made_by)}</span>'
        f"<p>{text(flag.comment) or '<span class=faint>No comment.</span>'}</p>{corrected}</blockquote>"
    )


def _outcome(outcome: Outcome, passages: tuple[Passage, ...]) -> str:
    numbers = numbered(passages)
    alerts = findings(outcome.assessment.alerts)
    if isinstance(outcome, Answer):
        said = "".join(f"{quoted(each.claim, numbers)}{findings(each.verdict.findings)}" for each in outcome.claims)
        shown = f'<h3>What was answered</h3>{alerts}<ol class="sentences-shown">{said}</ol>'
    else:
        reason = f"<p>{text(outcome.explanation)}</p><p class='faint'>{text(outcome.reason.value)}</p>"
        shown = f'<h3>What was refused</h3>{alerts}<div class="refused">{reason}</div>'
    kept = "".join(map(_withheld, outcome.withheld))
    return shown + (f'<h3>Withheld, and why</h3><ol class="kept-back">{kept}</ol>' if kept else "") + _basis(outcome)


def _withheld(item: WithheldClaim) -> str:
    return f"<li>{text(item.claim.text)}{findings(item.findings)}</li>"


def _basis(outcome: Outcome) -> str:
    basis = outcome.basis
    parts = [basis.generator, basis.model, basis.adapter, basis.prompt_version, f"rules {basis.rules_version}"]
    said = " · ".join(text(each) for each in parts if each.strip() and each != "rules ")
    return f'<p class="faint">Made by {said}</p>' if said else ""


def _sources(outcome: Outcome, passages: tuple[Passage, ...]) -> str:
    if not isinstance(outcome, Answer):
        return ""
    quotes = [citation for each in outcome.claims for citation in each.claim.citations]
    shown = "".join(
        f'<li id="passage-{at}"><p class="from"><b>{at}</b> {text(passage.title)} › '
        f"{text(' › '.join(passage.heading) or passage.section.value)}</p><blockquote class='passage'>"
        f"{marked(passage.text, [each.quote for each in quotes if each.key == passage.key])}</blockquote></li>"
        for at, passage in enumerate(passages, start=1)
    )
    return f'<h3>Sources</h3><ol class="sources">{shown}</ol>'


def _others(item: Item, names: Mapping[str, str]) -> str:
    """The decisions that this person may see, and what they differ on."""
    differ = item.standing.disagreement
    said = f'<p class="notice is-small">{text(differ)}</p>' if differ else ""
    shown = "".join(_review(item, each, names) for each in item.reviews)
    return f"<h3>Decisions</h3>{said}<div class='reviews'>{shown}</div>" if shown else ""


def _review(item: Item, review: Review, names: Mapping[str, str]) -> str:
    judgement = review.judgement
    titles = {passage.key: passage.title for passage in review.basis.evidence}
    error = f" · {ERROR_WORDS[judgement.error]}" if judgement.error else ""
    numbers = numbered(review.basis.evidence)
    answer, take = "", ""
    if judgement.corrected is not None:
        said = "".join(f"<li>{text(claim.text)}{_cited(claim.citations, titles)}</li>" for claim in judgement.corrected)
        answer = f'<ol class="sentences-shown">{said}</ol>' if said else "<p>Nothing should be answered.</p>"
    if judgement.corrected and item.waits and item.standing.state is State.THIRD and numbers:
        take = (
            '<button type="button" class="act" data-action="take" '
            f'data-claims="{text(claims_data(judgement.corrected, titles))}">Start from this answer</button>'
        )
    comment = f"<p>{text(judgement.comment)}</p>" if judgement.comment else ""
    who = names.get(review.by, review.by)
    return (
        f'<section class="review"><p><b>{JUDGED_WORDS[judgement.judged]}{error}</b> '
        f'<span class="faint">{text(who)}, {moment(review.at)}</span></p>{comment}{answer}{take}</section>'
    )


def _cited(citations: tuple[object, ...], titles: Mapping[str, str]) -> str:
    keys = dict.fromkeys(getattr(each, "key", "") for each in citations)
    return f' <span class="faint">{text("; ".join(titles.get(key, key) for key in keys))}</span>'


def _ending(item: Item, user_name: str) -> str:
    if item.waits:
        return form(item)
    if item.standing.state is not State.SETTLED:
        return '<p class="notice is-small">You have decided; another person has to decide too.</p>'
    again = ""
    if item.place <= MOST_REVIEWS and all(review.by != user_name for review in item.reviews):
        again = f'<details class="again"><summary>I judge it otherwise</summary>{form(item)}</details>'
    return f'<p class="notice is-small">This turn is settled.</p>{again}'
