"""Reads the doses in a text: label language, prescriptions and ward shorthand.

Deterministic, exact, and linear in the length of the text: it reads any text at all without raising or hanging. What
it does not understand to the last word it marks as unread; it never guesses, and it never leaves a dose out in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guardrails.dose import DoseStatement, Limit
from guardrails.numerals import Token
from guardrails.reading.assembly import Assembly, assemble
from guardrails.reading.clauses import clauses
from guardrails.reading.doubts import doubt_of
from guardrails.reading.drafting import Draft, finished
from guardrails.reading.lexemes import lexemes
from guardrails.reading.marks import Kind, Mark, marks_of
from guardrails.reading.naming import Names
from retrieval.medicines import Medicines

_DOSING = frozenset({Kind.TIMING, Kind.ROUTE, Kind.NEEDED, Kind.ONCE, Kind.DRUG})


def read_doses(text: str, medicines: Medicines) -> tuple[DoseStatement, ...]:
    """Every dose in the text, in order, steps numbered and limits apart; see `DoseStatement` for the fields.

    A statement whose `unread` is not empty was not understood: something in its clause is unknown, ambiguous or
    contradicts itself. Texts of any length are read; clauses do not share anything but the medicine, when the text
    names only one, and the patients of a heading ("Adults: …").
    """
    tokens = lexemes(text)
    mentions = medicines.find(text)
    names = Names(text, medicines, mentions)
    read: list[tuple[DoseStatement, bool]] = []
    heading = ""
    for clause in clauses(text, tokens):
        marks = marks_of(text, clause, mentions)
        work = assemble(text, clause, marks, heading)
        heading = _heading(work, heading)
        read += _statements(work, names)
    return _in_steps(read)


def _heading(work: Assembly, before: str) -> str:
    """Whom the following clauses are for: those named before a colon, until somebody else is named."""
    people = [mark for mark in work.marks if mark.kind is Kind.PEOPLE]
    if not people:
        return before
    after = people[-1].after
    colon = after < len(work.tokens) and work.tokens[after].text == ":"
    return people[-1].text if colon else before if work.people == before else ""


def _statements(work: Assembly, names: Names) -> list[tuple[DoseStatement, bool]]:
    clause = doubt_of(work.text, work.tokens, work.marks, work.understood)
    read: list[tuple[DoseStatement, bool]] = []
    statements = [(draft, finished(draft)) for draft in work.drafts]
    doubts = [*work.doubts, *(doubt for draft in work.drafts for doubt in draft.doubts)]
    for draft, statement in statements:
        drug, ingredients, unclear = names.of(work, draft)
        reason = "; ".join(dict.fromkeys(filter(None, [clause, *doubts, unclear])))
        start, end = work.tokens[draft.first].start, max(statement.end, work.tokens[draft.last - 1].end)
        said = replace(statement, drug=drug, ingredients=ingredients, unread=reason, start=start, end=end)
        read.append((_inheriting(said, draft, read), draft.follows))
    if not read and clause and _speaks_of_dose(work.marks):
        read.append((_unread(work.tokens, work.marks, clause), False))
    return read


def _inheriting(said: DoseStatement, draft: Draft, read: Sequence[tuple[DoseStatement, bool]]) -> DoseStatement:
    """ "5 mg once daily for 1 week, then twice daily": the amount is that of the step before."""
    if not draft.inherits or not read:
        return said
    before = read[-1][0]
    return replace(said, amount=before.amount, per=before.per, strength=before.strength)


def _speaks_of_dose(marks: Sequence[Mark]) -> bool:
    """Whether a clause with a number or unit that was not understood is about a dose."""
    odd = any(mark.kind in {Kind.BARE, Kind.ALONE} and mark.text != "grade" for mark in marks)
    return odd and any(mark.kind in _DOSING for mark in marks)


def _unread(tokens: Sequence[Token], marks: Sequence[Mark], reason: str) -> DoseStatement:
    return DoseStatement(tokens[marks[0].first].start, tokens[marks[-1].after - 1].end, unread=reason)


def _in_steps(read: Sequence[tuple[DoseStatement, bool]]) -> tuple[DoseStatement, ...]:
    """Number the statements that follow each other; a limit between them is no step."""
    statements: list[DoseStatement] = []
    previous = -1
    for statement, follows in read:
        if follows and previous >= 0:
            if statements[previous].step == 0:
                statements[previous] = replace(statements[previous], step=1)
            statement = replace(statement, step=statements[previous].step + 1)
        if statement.limit is Limit.NONE:
            previous = len(statements)
        statements.append(statement)
    return tuple(statements)
