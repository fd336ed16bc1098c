"""What stands before the claims and beside them: warnings with their overrides, arithmetic, what is not known, and
sources that contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.conversation import Assessment, Conflict, Override
from guardrails.verdict import Finding, Severity
from ui.markup import icon, moment, text

LONGEST_REASON = 1000
"""Characters of the reason for an override."""

NOT_COMPARED = "Word for word from the source; not compared with the dose rules, because the dose was not understood."


def assessed(turn_id: str, made: Assessment, overrides: Sequence[Override]) -> str:
    """The whole block before the claims; empty where there is nothing to say. Without a turn id nothing can be
    overridden yet."""
    alerts = warnings(turn_id, None, made.alerts, overrides)
    informs = "".join(f'<p class="remark">{text(note)}</p>' for note in notes(made.alerts))
    worked = "".join(f"<li>{text(calculation)}</li>" for calculation in made.calculations)
    lines = f'<div class="worked"><span class="label">Worked out</span><ul>{worked}</ul></div>' if worked else ""
    asked = "".join(f"<li>{text(thing)}</li>" for thing in made.asked_for)
    unknown = f'<div class="worked"><span class="label">Would matter, not known</span><ul>{asked}</ul></div>'
    return f"{alerts}{''.join(map(_conflict, made.conflicts))}{informs}{lines}{unknown if asked else ''}"


def warnings(turn_id: str, claim: int | None, found: Sequence[Finding], overrides: Sequence[Override]) -> str:
    """The warnings of one sentence, or (claim None) of the question, each with its override or the way to make one."""
    taken = {(one.rule, one.version): one for one in overrides if one.claim == claim}
    shown = dict.fromkeys(_of(found, Severity.WARN))
    return "".join(_warning(turn_id, claim, one, taken.get((one.rule, one.version))) for one in shown)


def remarks(found: Sequence[Finding]) -> str:
    """The notes of one sentence, to stand after it; doses that were not understood share one."""
    return "".join(f'<span class="remark">{text(note)}</span>' for note in notes(found))


def notes(found: Sequence[Finding]) -> tuple[str, ...]:
    """The notes among the findings, each once. Which words of a dose were not understood is in the basis card."""
    said = _of(found, Severity.INFORM)
    unread = (NOT_COMPARED,) if any(one.rule.endswith("dose.unread") for one in said) else ()
    others = dict.fromkeys(one.explanation for one in said if not one.rule.endswith("dose.unread"))
    return (*others, *unread)


def override_line(override: Override) -> str:
    """That a warning was overridden, why and when."""
    return (
        f'<span class="overridden"><strong>Overridden</strong> <span class="when">{moment(override.made_at)}</span> '
        f"{text(override.reason)}</span>"
    )


def _of(found: Sequence[Finding], severity: Severity) -> list[Finding]:
    return [one for one in found if one.severity is severity]


def _warning(turn_id: str, claim: int | None, found: Finding, override: Override | None) -> str:
    more = _beside(found)
    evidence = f'<span class="evidence">{text(more)}</span>' if more else ""
    done = override_line(override) if override else _override_form(turn_id, claim, found) if turn_id else ""
    return (
        f'<div class="notice is-small warning" role="note" data-rule="{text(found.rule)}">{icon("warning")}<div>'
        f"<span>{text(found.explanation)}</span>{evidence}{done}</div></div>"
    )


def _beside(found: Finding) -> str:
    """The evidence without the sentence of the rule where the explanation says it already."""
    rule, bracket, source = found.evidence.partition(" (")
    told = bracket and rule.rstrip(".").casefold() in found.explanation.casefold()
    return source.removesuffix(")") if told else found.evidence


def _override_form(turn_id: str, claim: int | None, found: Finding) -> str:
    place = "" if claim is None else str(claim)
    return (
        '<button type="button" class="link" data-action="override">Override</button>'
        f'<form class="override-form" hidden data-turn="{text(turn_id)}" data-claim="{place}" '
        f'data-rule="{text(found.rule)}" data-version="{text(found.version)}">'
        f'<label class="field"><span>Why is this right for this patient?</span><textarea data-field="reason" rows="1" '
        f'maxlength="{LONGEST_REASON}"></textarea></label><p class="form-error" role="alert"></p>'
        '<div class="form-row"><button type="submit" class="primary">Override this warning</button>'
        '<button type="button" class="quiet" data-action="override">Cancel</button></div></form>'
    )


def _conflict(conflict: Conflict) -> str:
    said = "".join(
        f"<li><strong>{text(title)}</strong> <q>{text(statement.quote)}</q></li>"
        for title, statement in zip(conflict.titles, conflict.statements, strict=False)
    )
    return (
        f'<div class="notice is-small conflict" role="note">{icon("warning")}<div>'
        f"<span>The sources do not agree on {text(conflict.about)}. Both are shown; neither was chosen.</span>"
        f"<ul>{said}</ul></div></div>"
    )
