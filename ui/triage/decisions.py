"""What people decided about signals, on the signals tab: where a pair stands, what it can become, and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.triage.signals.candidates import SignalRow
from assistant.triage.signals.review import MOVES, Decision, SignalState, Standing, key
from ui.markup import text
from ui.triage.marks import attributes, button, pill, table

LOOKS: Mapping[SignalState, str] = {
    SignalState.NEW: "",
    SignalState.UNDER_REVIEW: "is-open",
    SignalState.CONFIRMED: "is-serious",
    SignalState.REFUTED: "is-done",
}
WORDS: Mapping[SignalState, str] = {
    SignalState.NEW: "Put it back…",
    SignalState.UNDER_REVIEW: "Take under review",
    SignalState.CONFIRMED: "Confirm…",
    SignalState.REFUTED: "Refute…",
}
HEADS = ("When", "Medicine", "Reaction", "From", "To", "Who", "Why", "Numbers")


@dataclass(frozen=True, slots=True)
class Seen:
    """Every decision in order, the printed names of people by their ids, and whether this person may decide."""

    decisions: tuple[Decision, ...] = ()
    names: Mapping[str, str] | None = None
    may_decide: bool = False

    def of(self, product: str, event: str) -> tuple[Decision, ...]:
        """The decisions about one pair."""
        wanted = key(product, event)
        return tuple(each for each in self.decisions if key(each.product, each.event) == wanted)

    def standing(self, product: str, event: str) -> Standing:
        """Where a pair stands."""
        last = next(reversed(self.of(product, event)), None)
        return Standing(last.new, self.name(last.by), last.at, last.reason) if last else Standing()

    def name(self, id: str) -> str:
        """The printed name of a person."""
        return (self.names or {}).get(id, id)


def standing_pill(standing: Standing) -> str:
    """The state of a pair; who decided and why are its title."""
    made = pill(standing.state.value, LOOKS[standing.state])
    if standing.at is None:
        return made
    said = f"{standing.by}, {standing.at:%Y-%m-%d %H:%M} UTC: {standing.reason or 'no reason needed'}"
    return f'<span title="{text(said)}">{made}</span>'


def panel(row: SignalRow, seen: Seen) -> str:
    """The chosen pair: where it stands, the decisions that are allowed now, and those that were made."""
    standing = seen.standing(row.product, row.event)
    moves = "".join(_move(row, standing.state, to) for to in SignalState if to in MOVES[standing.state])
    acts = moves if seen.may_decide else '<span class="faint">Your role does not decide about signals.</span>'
    return (
        f'<section class="card decision"><header><h3>{text(row.product)} · {text(row.event)}</h3>'
        f'{standing_pill(standing)}<span class="spacer"></span>{acts}</header>'
        f"{_history(seen.of(row.product, row.event), seen)}</section>"
    )


def _move(row: SignalRow, start: SignalState, to: SignalState) -> str:
    words = "Review again…" if to is SignalState.UNDER_REVIEW and start is not SignalState.NEW else WORDS[to]
    ask = "none" if start is SignalState.NEW else "reason"
    title = f"{row.product} / {row.event}: {to.value}"
    pair = {"product": row.product, "event": row.event, "n": str(row.n)}
    return button(words, "decide", "primary-act" if ask == "none" else "", to=to.value, ask=ask, title=title, **pair)


def decided(seen: Seen) -> str:
    """Every pair on which somebody decided, also those that cross no threshold any more; the last decision first."""
    last = {key(each.product, each.event): each for each in seen.decisions}
    newest = sorted(last.values(), key=lambda each: each.at, reverse=True)
    return f"<h3>Decided</h3>{_table(newest, seen)}" if newest else ""


def _history(made: Sequence[Decision], seen: Seen) -> str:
    if not made:
        return '<p class="nothing">Nobody has decided about this pair.</p>'
    return _table(list(reversed(made)), seen)


def _table(made: Sequence[Decision], seen: Seen) -> str:
    return table(HEADS, (_line(each, seen) for each in made))


def _line(each: Decision, seen: Seen) -> tuple[str, ...]:
    show = attributes(action="pair", product=each.product, event=each.event)
    rules = f", crossed {each.crossed}" if each.crossed else ", crossed nothing"
    numbers = f"{each.reports:,} in {each.source or 'reports that were not named'}{rules}"
    return (
        f"{each.at:%Y-%m-%d %H:%M}",
        f'<button type="button" class="link"{show}>{text(each.product)}</button>',
        text(each.event),
        text(each.old.value),
        pill(each.new.value, LOOKS[each.new]),
        text(seen.name(each.by)),
        text(each.reason) or '<span class="faint">–</span>',
        f'<span class="faint">{text(numbers)}</span>',
    )
