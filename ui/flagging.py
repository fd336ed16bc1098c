"""The flags on a turn: the ones made, and a form for one more."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.conversation import Flag, FlagKind
from ui.markup import icon, moment, text
from ui.words import CHOICES, FLAG_WORDS

LONGEST_COMMENT = 4000
"""Characters of a comment or of a corrected answer."""


def flag_box(turn_id: str, flags: Sequence[Flag]) -> str:
    """The flags made so far, always visible, and the form, closed until it is asked for."""
    choices = "".join(_choice(turn_id, kind) for kind in CHOICES)
    return (
        f'<section class="flagging" aria-label="Flags">{flag_list(flags)}'
        f'<form class="card flag-form" data-turn="{text(turn_id)}" data-keep-hidden="flag-{text(turn_id)}" hidden>'
        f'<fieldset><legend>What is wrong here?</legend><div class="choices">{choices}</div></fieldset>'
        f"{_field('comment', 'Comment', 'What should a reviewer know?')}"
        f"{_field('corrected', 'Corrected answer (optional)', 'How it should have read, with its source')}"
        '<p class="form-error" role="alert"></p>'
        '<div class="form-row"><button type="submit" class="primary">Save flag</button>'
        '<button type="button" class="quiet" data-action="flag">Cancel</button>'
        '<span class="form-note">Kept with the question, the answer and everything that made it.</span></div>'
        "</form></section>"
    )


def flag_list(flags: Sequence[Flag]) -> str:
    """The flags made so far, as a list that is empty when there are none."""
    return f'<ul class="flags" aria-live="polite">{"".join(_flag(flag) for flag in flags)}</ul>'


def _flag(flag: Flag) -> str:
    by_machine = flag.kind in {FlagKind.ADVERSE_EVENT, FlagKind.ESCALATED}
    head = f"{FLAG_WORDS[flag.kind]} noted for review" if by_machine else f"Flagged: {FLAG_WORDS[flag.kind].lower()}"
    comment = f'<span class="flag-comment">{text(flag.comment)}</span>' if flag.comment else ""
    corrected = (
        f'<span class="flag-comment"><span class="label">Proposed instead</span>{text(flag.corrected)}</span>'
        if flag.corrected
        else ""
    )
    return (
        f'<li class="flag">{icon("flag")}<span><strong>{text(head)}</strong> '
        f'<span class="when">{moment(flag.made_at)}</span>{comment}{corrected}</span></li>'
    )


def _choice(turn_id: str, kind: FlagKind) -> str:
    name = f"kind-{text(turn_id)}"
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{kind.value}" data-field="kind">'
        f"<span>{FLAG_WORDS[kind]}</span></label>"
    )


def _field(name: str, label: str, hint: str) -> str:
    return (
        f'<label class="field"><span>{label}</span><textarea data-field="{name}" rows="2" '
        f'maxlength="{LONGEST_COMMENT}" placeholder="{hint}"></textarea></label>'
    )
