"""The basis card: what an answer rests on, what was withheld from it, and what was not known."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.conversation import Answer, Basis, Refusal, WithheldClaim
from retrieval.passage import Passage
from ui.markup import day, icon, text
from ui.numbering import numbers


def basis_card(turn_id: str, outcome: Answer | Refusal) -> str:
    """A card that opens under an answer or refusal."""
    rows = "".join((_sources(outcome), _withheld(outcome.withheld), _not_known(outcome.basis), _made_by(outcome)))
    return (
        f'<details class="card basis" data-keep="basis-{text(turn_id)}"><summary>{icon("info")}'
        f"<span>{_summary(outcome)}</span></summary>{rows}</details>"
    )


def _summary(outcome: Answer | Refusal) -> str:
    words = ["What this rests on"] if isinstance(outcome, Answer) else ["What was tried"]
    if isinstance(outcome, Answer):
        dates = [passage.effective for passage in outcome.passages if passage.effective]
        words += [f"oldest source {day(min(dates))}"] if dates else []
    if outcome.withheld:
        words.append(f"{len(outcome.withheld)} withheld")
    return " · ".join(words)


def _sources(outcome: Answer | Refusal) -> str:
    if not isinstance(outcome, Answer):
        return ""
    order = numbers(outcome.claims)
    cited = sorted((passage for passage in outcome.passages if passage.key in order), key=lambda each: order[each.key])
    rows = "".join(_source(order[passage.key], passage) for passage in cited)
    return f'<h3>Sources</h3><ol class="source-list">{rows}</ol>'


def _source(number: int, passage: Passage) -> str:
    where = " › ".join(passage.heading)
    origin = f", taken from {passage.origin}" if passage.origin else ""
    mark = "" if passage.verified else '<span class="badge is-warning">unverified</span>'
    version = passage.source_id.rpartition("@")[2]
    return (
        f'<li value="{number}"><span class="source-title">{text(passage.title)}</span> {mark}'
        f'<span class="source-more">{text(where)}{text(origin)} · version {text(version)}, '
        f"effective {day(passage.effective)}</span></li>"
    )


def _withheld(withheld: Iterable[WithheldClaim]) -> str:
    items = "".join(_withheld_item(item) for item in withheld)
    if not items:
        return ""
    return f'<h3>Withheld <span class="h3-more">failed a check; not advice</span></h3><ul class="withheld">{items}</ul>'


def _withheld_item(item: WithheldClaim) -> str:
    reasons = "".join(
        f'<li>{text(finding.explanation)} <span class="rule">{text(finding.rule)} {text(finding.version)}</span></li>'
        for finding in item.findings
    )
    return (
        f'<li><span class="badge is-withheld">{icon("cut")}Withheld, do not use</span>'
        f'<s class="withheld-text">{text(item.claim.text)}</s>'
        f'<ul class="reasons" aria-label="Why it was withheld">{reasons or "<li>No check released it.</li>"}</ul></li>'
    )


def _not_known(basis: Basis) -> str:
    if not basis.not_known:
        return ""
    items = "".join(f"<li>{text(thing)}</li>" for thing in basis.not_known)
    return f'<h3>Not known about the patient</h3><ul class="tags">{items}</ul>'


def _made_by(outcome: Answer | Refusal) -> str:
    basis = outcome.basis
    pairs = (
        ("Drafted by", basis.generator),
        ("Fallback", basis.fallback),
        ("Model", basis.model),
        ("Adapter", basis.adapter),
        ("Prompt", basis.prompt_version),
        ("Rules", basis.rules_version),
        ("Index", basis.index_version),
        ("Program", basis.code_version),
        ("Time taken", f"{outcome.seconds:.2f} s"),
    )
    rows = "".join(f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>" for name, value in pairs if value)
    return f'<h3>Made by</h3><dl class="facts">{rows}</dl>'
