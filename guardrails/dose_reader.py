"""Reads the doses in a text: label language, prescriptions and ward shorthand.

Deterministic, exact, and linear in the length of the text: it reads any text at all without raising or hanging. What
it does not understand to the last word it marks as unread; it never guesses, and it never leaves a dose out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from guardrails.dose import DoseStatement, Limit
from guardrails.numerals import Token
from guardrails.reading.amounts import COUNTED, Words, code_at
from guardrails.reading.assembly import assemble
from guardrails.reading.clauses import clauses
from guardrails.reading.doubts import doubt_of
from guardrails.reading.drafting import Draft, finished
from guardrails.reading.lexemes import lexemes
from guardrails.reading.marks import Kind, Mark, marks_of
from guardrails.reading.naming import Names
from guardrails.reading.strengths import in_written_order
from guardrails.reading.work import Assembly
from retrieval.medicines import Medicines

LONGEST_CLAUSE = 240
"""Words and signs; a longer sentence with a number in it is one unread statement, so that reading stays linear."""
_FACTOR = re.compile(
    r"\b(?:half|halv\w*|doubl\w*|tripl\w*|twice|third|quarter)\b[^.;\n]{0,40}\bdos(?:es?|age)\b"
    r"|\bdos(?:es?|age)\b[^.;\n]{0,40}\b(?:halv\w*|doubl\w*|tripl\w*|half(?!-li)|third|quarter)\b"
    r"|\b(?:hours?|days?|minutes?)\b[^.;\n]{0,20}\b(?:between|apart)\b"
    r"|\b(?:wait|miss(?:ed|es)?)\b[^.;\n]{0,40}\b(?:hours?|minutes?|days?)\b",
    re.IGNORECASE,
)
"""A dose that is said as a share of another one, and an interval that is said as a distance."""
_CELL = re.compile(
    r"\s*(?:age|body weight|weight|crcl|clcr|egfr|gfr|creatinine clearance|renal function|renal impairment)"
    r"\b[^:;]{0,40}:\s*\S",
    re.IGNORECASE,
)
"""A cell of a table, as "Age: 3-6 months", that says for whom the cells after it are."""
_LONGEST_LABEL = 4
"""Tokens of a cell that is a label without a colon: "Weeks 1 and 2"."""
Stated = tuple[DoseStatement, bool]
"""A statement, and whether it follows the one before it."""
_DOSING = frozenset({Kind.TIMING, Kind.ROUTE, Kind.NEEDED, Kind.ONCE, Kind.DRUG})


def read_doses(text: str, medicines: Medicines) -> tuple[DoseStatement, ...]:
    """Every dose in the text, in order, steps numbered and limits apart; see `DoseStatement` for the fields.

    A statement whose `unread` is not empty was not understood: something in its clause is unknown, ambiguous or
    contradicts itself. Texts of any length are read; clauses do not share anything but the medicine, when the text
    names only one, and the patients of a heading ("Adults: …").
    """
    tokens = lexemes(text)
    mentions = medicines.find(text)
    names = Names(text, mentions)
    read: list[Stated] = []
    heading = ""
    label: tuple[str, ...] = ()
    bracket = _Bracket()
    for clause in clauses(text, tokens):
        start, end = clause[0].start, clause[-1].end
        if len(clause) > LONGEST_CLAUSE:
            read += [(DoseStatement(start, end, unread="too long a sentence"), False)] if _has_number(clause) else []
            continue
        named = names.within(start, end)
        words = _moved_to(clause, start)
        work = assemble(text[start:end], words, marks_of(text[start:end], words, named), heading)
        heading = _heading(work, heading)
        stated = _statements(work, names, start)
        label = () if stated and any(one.when for one, _ in stated) else label
        stated = bracket.shared(clause, stated)
        read += [(_moved(one, start, label), follows) for one, follows in stated]
        label = label if stated else _label_of_row(work) or label
    return _in_steps(read)


class _Bracket:
    """What is unread before "(5 mg; 10 mg)" leaves all in the brackets unread, though clauses end inside them."""

    def __init__(self) -> None:
        self._depth = 0
        self._is_doubted = False

    def shared(self, clause: Sequence[Token], stated: list[Stated]) -> list[Stated]:
        """The statements of the next clause, with the doubt of the bracket that is open where it begins."""
        inside = self._depth > 0 and self._is_doubted
        signs = [token.text for token in clause]
        self._depth = max(0, self._depth + signs.count("(") - signs.count(")"))
        self._is_doubted = self._depth > 0 and (inside or any(one.unread for one, _ in stated))
        if not inside:
            return stated
        return [(replace(one, unread=one.unread or "a part of what is unread"), follows) for one, follows in stated]


def _moved_to(clause: Sequence[Token], start: int) -> Words:
    """The tokens at their places in the clause that begins at this character."""
    if start == 0:
        return Words(clause)
    return Words(Token(token.kind, token.text, token.start - start, token.end - start) for token in clause)


def _has_number(clause: Sequence[Token]) -> bool:
    return any(character.isdigit() for token in clause for character in token.text)


def _moved(statement: DoseStatement, by: int, label: tuple[str, ...]) -> DoseStatement:
    """The statement of a clause at its place in the whole text, with the label of its row."""
    if by == 0 and not label:
        return statement
    when = label + statement.when
    return replace(statement, start=statement.start + by, end=statement.end + by, when=when)


def _heading(work: Assembly, before: str) -> str:
    """Whom the following clauses are for: those named before a colon, until somebody else is named."""
    if not work.drafts and _CELL.match(work.text):
        return " ".join(_words(work).lower().split())
    people = [mark for mark in work.marks if mark.kind is Kind.PEOPLE]
    if not people:
        return before
    after = people[-1].after
    colon = after < len(work.tokens) and work.tokens[after].text == ":"
    return people[-1].text if colon else before if work.people == before else ""


def _label_of_row(work: Assembly) -> tuple[str, ...]:
    """The day or week that a cell of a table names for the cells after it: "Day: Day 8; Dose: 0.92 mg daily"."""
    if len(work.tokens) > _LONGEST_LABEL and not any(token.text == ":" for token in work.tokens):
        return ()
    said = [one for mark in work.marks if mark.timing is not None for one in mark.timing.when]
    return tuple(one for one in said if one.startswith(("day ", "week ")))


def _statements(work: Assembly, names: Names, start: int) -> list[Stated]:
    clause = doubt_of(work.text, work.tokens, work.marks, work.understood)
    read: list[Stated] = []
    statements = [(draft, finished(draft)) for draft in work.drafts]
    doubts = [*work.doubts, *(doubt for draft in work.drafts for doubt in draft.doubts)]
    for draft, statement in statements:
        drug, ingredients, unclear = names.of(work, draft, start)
        ingredients, unordered = _as_written(drug, ingredients, statement)
        reason = "; ".join(dict.fromkeys(filter(None, [clause, *doubts, unclear, unordered])))
        first, last = work.tokens[draft.first].start, max(statement.end, work.tokens[draft.last - 1].end)
        said = replace(statement, drug=drug, ingredients=ingredients, unread=reason, start=first, end=last)
        read.append((_inheriting(said, draft, read), draft.follows))
    if not read and clause and _speaks_of_dose(work.marks):
        read.append((_unread(work.tokens, work.marks, clause), False))
    if not read and _FACTOR.search(_words(work)):
        read.append((_unread(work.tokens, work.marks, "a share of another dose"), False))
    if not read and _is_uncounted(work):
        read.append((_unread(work.tokens, work.marks, "how many is not said"), False))
    return read


def _as_written(drug: str, ingredients: tuple[str, ...], said: DoseStatement) -> tuple[tuple[str, ...], str]:
    """The ingredients in the order of the strengths ("5/325"), and the reason where that order is not known."""
    if len(said.strength) < 2 or len(said.strength) != len(ingredients):
        return ingredients, ""
    known = in_written_order(ingredients, said.strength)
    names_each = drug.count("/") == len(ingredients) - 1
    if known:
        return known, "which strength is of which ingredient" if names_each and known != ingredients else ""
    return ingredients, "" if names_each else "which strength is of which ingredient"


def _words(work: Assembly) -> str:
    return work.text[work.start(0) : work.tokens[-1].end]


def _is_uncounted(work: Assembly) -> bool:
    """ "ii tabs bd": a frequency and a form, and no number that was understood."""
    timed = any(mark.timing is not None and mark.timing.frequency is not None for mark in work.marks)
    return timed and any(code_at(work.tokens, at) in COUNTED for at in range(len(work.tokens)))


def _inheriting(said: DoseStatement, draft: Draft, read: Sequence[Stated]) -> DoseStatement:
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
    first, last = (marks[0].first, marks[-1].after - 1) if marks else (0, len(tokens) - 1)
    return DoseStatement(tokens[first].start, tokens[last].end, unread=reason)


def _in_steps(read: Sequence[Stated]) -> tuple[DoseStatement, ...]:
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
