"""A conversation as Markdown, and one answer as text with its citations for the clipboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from assistant.conversation import Answer, CheckedClaim, Flag, Refusal, Turn, WithheldClaim
from retrieval.passage import Passage, Source
from ui.markup import day, moment
from ui.numbering import numbers
from ui.words import FLAG_WORDS, REFUSAL_TITLES

ReadSource = Callable[[str], Source | None]
"""A Source by its id, None when it is not in the index."""


def plain(value: str) -> str:
    """Text that Markdown shows as it is: no tag, link, emphasis, heading or list can come out of it."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", " ".join(value.split()))
    return re.sub(r"^(\d*)([.)+=-])(?=\s|$|[-=])", r"\1\\\2", escaped)


def conversation_markdown(turns: Sequence[Turn], flags: Mapping[str, Sequence[Flag]], read_source: ReadSource) -> str:
    """Every turn with its sources, what was withheld, how it was made and how it was flagged."""
    began = f"Conversation of {day(turns[0].saved_at.astimezone().date())}" if turns else "Empty conversation"
    parts = [f"# {began}", *(_turn(turn, flags.get(turn.id, ()), read_source) for turn in turns)]
    return "\n\n".join(parts) + "\n"


def file_name(turns: Sequence[Turn]) -> str:
    """A name for the exported file: the day of the first turn and the first words of its question."""
    if not turns:
        return "pharmassist.md"
    words = re.findall(r"[a-z0-9]+", turns[0].outcome.question.text.lower())[:6]
    return "-".join(["pharmassist", f"{turns[0].saved_at.astimezone():%Y-%m-%d}", *words])[:80] + ".md"


def answer_text(turn: Turn, read_source: ReadSource) -> str:
    """One answer or refusal as plain text, its citations as [1] and its sources listed below."""
    outcome = turn.outcome
    lines = [outcome.question.text, "", *(f"NOTE: {notice}" for notice in _notices(outcome))]
    if isinstance(outcome, Refusal):
        return "\n".join([*lines, f"Not answered: {outcome.explanation}", outcome.next_step])
    order = numbers(outcome.claims)
    lines += [f"{checked.claim.text} {_marks(checked, order)}" for checked in outcome.claims]
    lines += ["", "Sources"] + [f"[{number}] {_reference(passage, read_source)}" for number, passage in _cited(outcome)]
    lines += ["", f"pharmassist, {moment(turn.saved_at)}. {_withheld_count(outcome)}"]
    return "\n".join(lines).rstrip()


def _turn(turn: Turn, flags: Sequence[Flag], read_source: ReadSource) -> str:
    outcome = turn.outcome
    blocks = [f"## {plain(outcome.question.text)}", f"*{moment(turn.saved_at)}*"]
    blocks += [f"> **Note:** {plain(notice)}" for notice in _notices(outcome)]
    blocks += _answer_blocks(outcome, read_source) if isinstance(outcome, Answer) else _refusal_blocks(outcome)
    blocks += _withheld_blocks(outcome.withheld)
    if outcome.basis.not_known:
        blocks.append(f"**Not known about the patient:** {plain(', '.join(outcome.basis.not_known))}")
    blocks.append(_made_by(outcome))
    blocks += [_flag(flag) for flag in flags]
    return "\n\n".join(blocks)


def _answer_blocks(answer: Answer, read_source: ReadSource) -> list[str]:
    order = numbers(answer.claims)
    blocks = [f"{plain(checked.claim.text)} {_marks(checked, order, escaped=True)}" for checked in answer.claims]
    sources = "\n".join(f"{number}. {plain(_reference(passage, read_source))}" for number, passage in _cited(answer))
    return [*blocks, "**Sources**", sources]


def _refusal_blocks(refusal: Refusal) -> list[str]:
    head = f"**Not answered: {REFUSAL_TITLES[refusal.reason]}.** {plain(refusal.explanation)}"
    return [head, f"**What to do next:** {plain(refusal.next_step)}"]


def _notices(outcome: Answer | Refusal) -> list[str]:
    return [*outcome.notices, *filter(None, [outcome.basis.fallback])]


def _withheld_blocks(withheld: Iterable[WithheldClaim]) -> list[str]:
    rows = [
        f"- WITHHELD, do not use: ~~{plain(item.claim.text)}~~ "
        f"({plain('; '.join(finding.explanation for finding in item.findings))})"
        for item in withheld
    ]
    return ["**Withheld (failed a check; not advice)**", "\n".join(rows)] if rows else []


def _made_by(outcome: Answer | Refusal) -> str:
    basis = outcome.basis
    pairs = (
        ("drafted by", basis.generator), ("model", basis.model), ("adapter", basis.adapter),
        ("prompt", basis.prompt_version), ("rules", basis.rules_version), ("index", basis.index_version),
        ("program", basis.code_version), ("seconds", f"{outcome.seconds:.1f}"),
    )  # fmt: skip
    return "*Basis: " + ", ".join(f"{name} {plain(value)}" for name, value in pairs if value) + "*"


def _flag(flag: Flag) -> str:
    words = f"**Flagged {moment(flag.made_at)}: {FLAG_WORDS[flag.kind].lower()}.** {plain(flag.comment)}".rstrip()
    return f"{words} Proposed instead: {plain(flag.corrected)}" if flag.corrected else words


def _cited(answer: Answer) -> list[tuple[int, Passage]]:
    order = numbers(answer.claims)
    return sorted(((order[each.key], each) for each in answer.passages if each.key in order), key=lambda pair: pair[0])


def _marks(checked: CheckedClaim, order: Mapping[str, int], escaped: bool = False) -> str:
    found = dict.fromkeys(order[citation.key] for citation in checked.claim.citations)
    return "".join(rf"\[{number}\]" if escaped else f"[{number}]" for number in found)


def _reference(passage: Passage, read_source: ReadSource) -> str:
    source = read_source(passage.source_id)
    parts = [passage.title, " > ".join(passage.heading), f"taken from {passage.origin}" if passage.origin else ""]
    parts += [source.publisher, source.url] if source else []
    version = f"version {passage.source_id.rpartition('@')[2]}, effective {day(passage.effective)}"
    mark = "UNVERIFIED" if not passage.verified else ""
    return "; ".join(part for part in [*parts[:3], version, *parts[3:], mark] if part)


def _withheld_count(answer: Answer) -> str:
    number = len(answer.withheld)
    return f"Withheld by the checks: {number}." if number else ""
