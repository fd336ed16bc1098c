"""What the ledger says of a turn, a flag and an override: who, which, how it ended, and a hash of its content.

No words of a question, an answer, a comment or a reason are repeated here. The hash binds the entry to the stored
record, so that a record that was changed afterwards no longer fits its entry (`verify_records`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from assistant.chain import Break, Deed, Entry, EntryKind, digest, moment
from assistant.conversation import Answer, CheckedClaim, Flag, Override, Turn, WithheldClaim

CONTENT = "content_hash"
"""The name of the fact that holds a record's hash. How it is computed may only change under another name."""

NOBODY = "unknown"
"""Who asked, where the question does not say."""


def turn_deed(turn: Turn) -> Deed:
    """An answer that was released, or that none was."""
    outcome, by = turn.outcome, turn.outcome.question.asked_by or NOBODY
    facts = {"withheld": str(len(outcome.withheld)), CONTENT: turn_hash(turn)}
    facts |= {"rules": outcome.basis.rules_version, "index": outcome.basis.index_version, "model": outcome.basis.model}
    if isinstance(outcome, Answer):
        facts["released"] = str(len(outcome.claims))
        said = f"An answer was released: {len(outcome.claims)} sentences shown, {len(outcome.withheld)} withheld."
        return Deed(EntryKind.ANSWER_RELEASED, by, turn_subject(turn.id), said, facts)
    facts["reason"] = outcome.reason.value
    said = f"No answer was released ({outcome.reason.value}); {len(outcome.withheld)} sentences were withheld."
    return Deed(EntryKind.ANSWER_WITHHELD, by, turn_subject(turn.id), said, facts)


def flag_deed(flag: Flag) -> Deed:
    """A flag that a person or the machine put on a turn."""
    facts = {"flag": flag.id, "flag_kind": flag.kind.value, CONTENT: flag_hash(flag)}
    said = f"The turn was flagged ({flag.kind.value})."
    return Deed(EntryKind.FLAG, flag.made_by, turn_subject(flag.turn_id), said, facts)


def override_deed(override: Override) -> Deed:
    """A warning that a clinician overrode."""
    facts = {"override": override.id, "rule": override.rule, "version": override.version}
    facts[CONTENT] = override_hash(override)
    said = f"The warning {override.rule} was overridden with a reason."
    return Deed(EntryKind.OVERRIDE, override.made_by, turn_subject(override.turn_id), said, facts)


def turn_subject(turn_id: str) -> str:
    """How the ledger names a turn."""
    return f"turn {turn_id}"


def turn_hash(turn: Turn) -> str:
    """SHA-256 of what was asked, what was shown and withheld, the passages, and what all of it rests on."""
    outcome, question = turn.outcome, turn.outcome.question
    answer = outcome if isinstance(outcome, Answer) else None
    refusal = None if isinstance(outcome, Answer) else outcome
    basis = outcome.basis
    return digest(
        {
            "turn": [turn.id, turn.conversation_id, moment(turn.saved_at)],
            "question": [question.text, moment(question.asked_at), question.asked_by, list(question.history)],
            "released": [_claim(item) for item in answer.claims] if answer else [],
            "withheld": [_claim(item) for item in outcome.withheld],
            "passages": [[each.key, each.source_id, each.text] for each in answer.passages] if answer else [],
            "refusal": [refusal.reason.value, refusal.explanation, refusal.next_step] if refusal else [],
            "notices": list(outcome.notices),
            "made by": [basis.generator, basis.model, basis.adapter, basis.fallback],
            "versions": [basis.prompt_version, basis.rules_version, basis.index_version, basis.code_version],
        }
    )


def _claim(item: CheckedClaim | WithheldClaim) -> list[object]:
    findings = item.verdict.findings if isinstance(item, CheckedClaim) else item.findings
    return [
        item.claim.text,
        [[citation.key, citation.quote] for citation in item.claim.citations],
        [[found.rule, found.version, found.severity.value, found.explanation] for found in findings],
    ]


def flag_hash(flag: Flag) -> str:
    """SHA-256 of a whole flag."""
    when = moment(flag.made_at)
    return digest({"flag": [flag.id, flag.turn_id, flag.kind.value, flag.comment, flag.corrected, when, flag.made_by]})


def override_hash(override: Override) -> str:
    """SHA-256 of a whole override."""
    what = [override.id, override.turn_id, override.claim, override.rule, override.version, override.reason]
    return digest({"override": [*what, moment(override.made_at), override.made_by]})


def verify_records(entries: Iterable[Entry], stored: Callable[[Deed], str | None]) -> Iterator[Break]:
    """Every entry whose record is gone or no longer has the hash that the entry holds.

    `stored` gives the hash of the record that a deed is about, as it is stored now; None where there is none.
    """
    for entry in entries:
        noted = entry.deed.facts.get(CONTENT)
        if noted is None:
            continue
        now = stored(entry.deed)
        if now is None:
            yield Break(
                entry.number, f"Entry {entry.number} is about {entry.deed.subject}, which is not stored any more."
            )
        elif now != noted:
            yield Break(
                entry.number,
                f"What is stored of {entry.deed.subject} was changed after entry {entry.number} recorded it.",
            )
