"""A report as E2B(R3) sees it: values by element number, in groups that repeat. It knows no case and no XML.

A batch has header values (N.1) and reports; a report is a group named N.2.r, which holds groups such as E.i (a
reaction), G.k (a medicine) and G.k.4.r (a course of it). Inside the group of a reaction or medicine the pseudo-elements
E.i.id and G.k.id keep the identifier by which the message refers to it; G.k.9.i.1 names the reaction by that id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an element: its text, or the null flavour that says why there is none; neither is no value.

    `attributes` are what the message adds to the value and the element table gives no number of its own: another code
    system than usual ("codeSystem"), "codeSystemVersion", "mediaType", "representation".
    """

    text: str = ""
    null: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str:
        """One of the attributes, "" where it is not there."""
        return dict(self.attributes).get(name, "")


@dataclass(frozen=True, slots=True)
class Group:
    """Values and the groups inside, in the order of the message. An element stands at most once in one group."""

    name: str
    values: tuple[tuple[str, Value], ...] = ()
    groups: tuple[Group, ...] = ()

    def value(self, number: str) -> Value | None:
        """The value of an element of this very group."""
        return next((value for name, value in self.values if name == number), None)

    def text(self, number: str) -> str:
        """The text of an element of this very group, "" where there is none."""
        found = self.value(number)
        return found.text if found else ""

    def all(self, name: str) -> tuple[Group, ...]:
        """The groups of one name directly inside this one."""
        return tuple(group for group in self.groups if group.name == name)

    def walk(self) -> Iterator[Group]:
        """This group and every group below, depth first."""
        yield self
        for group in self.groups:
            yield from group.walk()

    def set(self, number: str, value: Value) -> Group:
        """The same group with one value put in, in place of the old one where there is one."""
        if self.value(number) is None:
            return replace(self, values=(*self.values, (number, value)))
        return replace(self, values=tuple((name, value if name == number else old) for name, old in self.values))

    def without(self, number: str) -> Group:
        """The same group without one element."""
        return replace(self, values=tuple((name, value) for name, value in self.values if name != number))

    def with_groups(self, name: str, groups: tuple[Group, ...]) -> Group:
        """The same group with all inner groups of one name replaced, where the first of them stood."""
        kept = [group for group in self.groups if group.name != name]
        where = next((place for place, group in enumerate(self.groups) if group.name == name), len(kept))
        return replace(self, groups=(*kept[:where], *groups, *kept[where:]))


REPORT = "N.2.r"
BATCH = "N.1"


@dataclass(frozen=True, slots=True)
class Unread:
    """Content of a message that no element of the table holds: where it stood, and what it said."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One file: the header (a group named N.1), its reports (groups named N.2.r), and what was not understood."""

    header: Group
    reports: tuple[Group, ...]
    unread: tuple[Unread, ...] = ()


def of(name: str, *groups: Group, **values: str | Value) -> Group:
    """A group written by hand: of("E.i", E_i_7="3") with _ for the dots of a number, texts made values."""
    pairs = ((number.replace("_", "."), value) for number, value in values.items())
    return Group(name, tuple((number, Value(v) if isinstance(v, str) else v) for number, v in pairs), groups)


def flatten(group: Group, where: str = "") -> Iterator[tuple[str, str, Value]]:
    """Every value of a group and below as (place, number, value), for example ("E.i[1]", "E.i.7", Value("3"))."""
    for number, value in group.values:
        yield where, number, value
    counts: dict[str, int] = {}
    for inner in group.groups:
        counts[inner.name] = counts.get(inner.name, 0) + 1
        place = f"{inner.name}[{counts[inner.name]}]"
        yield from flatten(inner, f"{where}/{place}" if where else place)
