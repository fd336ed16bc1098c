"""The small language in which rules.yaml says when a rule applies and what it asks for.

A condition is one line: `G.k.1 is 1 3 4`, `C.5.4 missing`, `any E.i.3.2a is true`, `D.1 null NA`, `no group D.7.1.r`,
`anything under D.10. but D.10.6`, `N.2.r.2 same N.1.3`, `G.k.3.1 unlike IND|PANDA`, `never`.

The rule is asked in one group, and an element is looked for there, then in the groups around it up to the header of
the batch. An element of groups further inside is asked with a word before it: `any` (at least one of them), `every`,
`first`. Words: `given` (a value or a null flavour), `value` (a value), `missing`, `novalue`, `is`, `not`, `null`,
`like` and `unlike` (a regular expression, found anywhere), `same`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.triage.e2b.errors import TableInvalid
from assistant.triage.e2b.report import Group, Value, flatten
from assistant.triage.e2b.table import by_number

_INSIDE = ("any", "every", "first")


@dataclass(frozen=True, slots=True)
class Scope:
    """The group that a rule is asked in, and those around it, the nearest first."""

    group: Group
    around: tuple[Group, ...] = ()

    def find(self, number: str) -> Value | None:
        """The value of an element here or around."""
        found = (group.value(number) for group in (self.group, *self.around))
        return next((value for value in found if value is not None), None)

    def inside(self, number: str) -> list[Value | None]:
        """The values of an element in every group of its kind inside this one, None where one lacks it."""
        element = by_number().get(number)
        name = element.group if element else number.rpartition(".")[0]
        return [group.value(number) for group in self.group.walk() if group.name == name]


def holds(condition: str, scope: Scope) -> bool:
    """Whether one condition is true.

    Raises:
        TableInvalid: the condition is not written in this language.
    """
    words = condition.split()
    if condition == "never":
        return False
    if condition.startswith("no group "):
        return not scope.group.all(words[2])
    if condition.startswith("anything under "):
        return any(
            number.startswith(words[2]) and number not in words[4:]
            for _, number, value in flatten(scope.group)
            if value.text or value.null
        )
    quantifier = words.pop(0) if words and words[0] in _INSIDE else ""
    if len(words) < 2:
        raise TableInvalid(f"rules.yaml has a condition that cannot be read: {condition!r}")
    number, verb, arguments = words[0], words[1], words[2:]
    if not quantifier:
        return _judge(verb, scope.find(number), arguments, scope, condition)
    values = scope.inside(number)
    judged = [_judge(verb, value, arguments, scope, condition) for value in values]
    if quantifier == "any":
        return any(judged)
    return bool(judged) and (judged[0] if quantifier == "first" else all(judged))


def _judge(verb: str, value: Value | None, arguments: Sequence[str], scope: Scope, condition: str) -> bool:
    if verb == "same":
        other = scope.find(arguments[0])
        return (value.text if value else "") == (other.text if other else "")
    test = _VERBS.get(verb)
    if test is None:
        raise TableInvalid(f"rules.yaml has a condition that cannot be read: {condition!r}")
    return test(value.text if value else "", value.null if value else "", arguments)


_VERBS: dict[str, Callable[[str, str, Sequence[str]], bool]] = {
    "given": lambda text, null, _: bool(text or null),
    "value": lambda text, null, _: bool(text) and not null,
    "missing": lambda text, null, _: not (text or null),
    "novalue": lambda text, null, _: not text or bool(null),
    "is": lambda text, null, allowed: text in allowed and not null,
    "not": lambda text, _, refused: text not in refused,
    "null": lambda _, null, allowed: null in allowed,
    "like": lambda text, _, shape: bool(re.search(" ".join(shape), text)),
    "unlike": lambda text, _, shape: not re.search(" ".join(shape), text),
}
