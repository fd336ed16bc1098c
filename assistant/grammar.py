"""The grammar that a model's reply must follow, built from the passages that were retrieved.

What it makes impossible, whatever the model wants to say: a passage key that was not retrieved, a quote that is not a
whole sentence of the passage with that key, and, beside that quote, any number that the passage does not hold.

A number is offered with what gives it its meaning: its comparison sign, its range and the word after it. From "≤ 500 mg
per day" a model can write "≤ 500 mg per day", and neither "500 g" nor "500 mg". Numbers spelled as words are letters,
and are left to the checks.

The language is the EBNF of `structured_outputs.grammar` as xgrammar reads it. A JSON schema would do it too, but admits
white space without end between its parts, and cannot bind a quote to its key without repeating both for every pair.
A sentence is one `Regex("…")`, because that becomes one automaton whose token masks are computed once: the same
language as nested rules costs 60 ms for every token instead of 0.4 (vocabulary of 128,000, docs/measurements.md).
It has no upper length, since counting multiplies the automaton; `assistant.reply` stops a claim that does not end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.prompt import MOST_CLAIMS
from retrieval.passage import Passage
from retrieval.sentences import sentences

LONGEST_QUOTE = 1_000
"""Characters. A longer sentence is a list without full stops; offering it would let one quote fill the reply."""
LONGEST_QUANTITY = 80

_JOINING = frozenset({"to", "and", "or", "of", "in", "x", "×", "-", "–", "—", "through"})
_COMPARING = frozenset("<>≤≥=±~≈")
_UNIT_SIGNS = frozenset("%‰°")
_BEFORE = "([{“\"'‘"
_AFTER = ".,;:!?)]}”\"'’"

_LETTER = "[A-Za-zÀ-ÖØ-öø-ſΑ-Ωα-ω]"
_WORD = f"{_LETTER}([-'’]?{_LETTER})*"
_REGEX_SIGN = re.compile(r"[\\^$.|?*+()\[\]{}/-]")


@dataclass(frozen=True, slots=True)
class Quantities:
    """The numbers of a text. `bound` end with their unit or noun; `bare` stand before punctuation, and must again."""

    bound: tuple[str, ...]
    bare: tuple[str, ...]


def reply_grammar(passages: Sequence[Passage]) -> str:
    """EBNF of all replies that these passages allow; only `[]` when no passage has a sentence to quote."""
    offered = {f"p{at}": passage for at, passage in enumerate(passages) if quotable(passage)}
    if not offered:
        return 'root ::= "[]"'
    root = f'root ::= "[]" | "[" claim ("," claim){{0,{MOST_CLAIMS - 1}}} "]"'
    rules = (rule for name, passage in offered.items() for rule in _rules(name, passage))
    return "\n".join([root, f"claim ::= {' | '.join(offered)}", *rules])


def quotable(passage: Passage) -> tuple[str, ...]:
    """The sentences of a passage that may be quoted, exactly as they stand there; a table row is one whole quote."""
    spans = [(0, len(passage.text))] if passage.is_table_row else sentences(passage.text)
    whole = (passage.text[start:end] for start, end in spans)
    fitting = (sentence for sentence in whole if sentence.strip() and len(sentence) <= LONGEST_QUOTE)
    return tuple(dict.fromkeys(fitting))


def text_pattern(passage: Passage) -> str:
    """A regular expression of the sentences that may be said beside a quote of this passage (Python reads it too).

    Words of letters and the quantities of the passage, with a space between them and at most a comma, semicolon or
    colon before it; a full stop at the end. No two digits can meet, so no number can be made out of two.
    """
    found = quantities(passage.text)
    item = "|".join([_WORD, *map(_regex_literal, found.bound)])
    bare = "|".join(map(_regex_literal, found.bare))
    if not bare:
        return rf"(({item})[,;:]? )*({item})\."
    return rf"(({item})[,;:]? |({bare})[,;:] )*({item}|{bare})\."


def quantities(text: str) -> Quantities:
    """Every number of the text with its comparison sign, range and unit; the longest first."""
    bound: set[str] = set()
    bare: set[str] = set()
    words = text.split()
    for start, end in _runs(words):
        unit_end = _unit_end(words, end)
        number = " ".join(words[start:unit_end]).rstrip(_AFTER).lstrip(_BEFORE)
        (bound if unit_end > end or _means_something(words[end - 1]) else bare).add(number)
    return Quantities(_offered(bound), _offered(bare - bound))


def has_digit(text: str) -> bool:
    """Whether any character is a number in any script: 5, ½, ², ٥, Ⅳ."""
    return any(character.isnumeric() for character in text)


def _runs(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each number among the words, a range ("500 to 850") and its sign being one number."""
    at = 0
    while at < len(words):
        start = at
        if words[at].lstrip(_BEFORE) in _COMPARING and at + 1 < len(words):
            at += 1
        if not has_digit(words[at]):
            at = start + 1
            continue
        at += 1
        while (more := _range_end(words, at)) > at:
            at = more
        yield start, at


def _range_end(words: Sequence[str], at: int) -> int:
    """Where the number that ended before `at` really ends: it goes on in the next word or after "to"."""
    if at >= len(words) or _ends_clause(words[at - 1]):
        return at
    step = 2 if words[at] in _JOINING else 1
    goes_on = at + step <= len(words) and has_digit(words[at + step - 1]) and words[at + step - 1][0] not in _BEFORE
    return at + step if goes_on else at


def _unit_end(words: Sequence[str], at: int) -> int:
    """Where the words end that give the number before `at` its meaning: its unit or noun, and "per …" after that."""
    if at >= len(words) or _ends_clause(words[at - 1]):
        return at
    end = at
    if not _means_something(words[at - 1]):
        if words[at][0] in _BEFORE or has_digit(words[at]) or not _means_something(words[at]):
            return at
        end = at + 1
    while end + 1 < len(words) and words[end] == "per" and not _ends_clause(words[end - 1]):
        end += 2
    return end


def _means_something(word: str) -> bool:
    """Whether a word holds letters or a unit's sign: "mg", but also "50%", "m2", "500mg"."""
    return any(character.isalpha() or character in _UNIT_SIGNS for character in word)


def _ends_clause(word: str) -> bool:
    return word[-1] in _AFTER


def _offered(numbers: Iterable[str]) -> tuple[str, ...]:
    """Those that are short, and that stand in JSON as they are."""
    fitting = (number for number in numbers if has_digit(number) and len(number) <= LONGEST_QUANTITY)
    plain = (number for number in fitting if _json(number) == f'"{number}"')
    return tuple(sorted(plain, key=lambda number: (-len(number), number)))


def _rules(name: str, passage: Passage) -> tuple[str, str, str]:
    """The claims that cite one passage: its key, one of its sentences, and what may be said beside them."""
    head = _literal(f'{{"citations":[{{"key":{_json(passage.key)},"quote":"')
    middle = _literal('"}],"text":"')
    quotes = " | ".join(_literal(_json(quote)[1:-1]) for quote in quotable(passage))
    return (
        f"{name} ::= {head} {name}q {middle} {name}t {_literal(chr(34) + '}')}",
        f"{name}q ::= {quotes}",
        f"{name}t ::= Regex({_literal(text_pattern(passage))})",
    )


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _regex_literal(text: str) -> str:
    return _REGEX_SIGN.sub(r"\\\g<0>", text)
