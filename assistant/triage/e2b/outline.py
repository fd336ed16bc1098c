"""The outline of the message (message.xml) as nodes: fixed attributes, places of elements, what repeats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.errors import TableInvalid

_SPACES = {"h": xml.HL7, "xsi": xml.XSI}
_OURS = "{urn:pharmassist:e2b}"
_OIDS = (("ich:", "2.16.840.1.113883.3.989.2.1."), ("fda:", "2.16.840.1.113883.3.989.5.1.2."))
_PLACE = re.compile(r"^(?P<prefix>[^{]*)\{(?P<number>[^}|]+)(?:\|(?P<default>[^}]*))?\}$")
_MAIN = ("", "code", "value", "extension", "root")
"""Which place of a node its null flavour and its further attributes belong to, the text first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the value of an element stands: an attribute, or the text (""), after a prefix such as "tel:".

    `default` is written where the report has no value, and not kept where a message has it.
    """

    attribute: str
    number: str
    prefix: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One element of the outline. `form` names a way of its own to read and write, with `parts` (name, number)."""

    tag: str
    fixed: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    children: tuple[Node, ...]
    each: str = ""
    when: str = ""
    form: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    lines: bool = False

    main: Place | None = None
    """The place that a null flavour of this node belongs to."""
    holds: bool = False
    """Whether an element has its place here or below; a node without one is written with its parent."""

    def part(self, name: str) -> str:
        """The number of a part of the form, "" where it has none."""
        return dict(self.parts).get(name, "")


@lru_cache(maxsize=1)
def outline() -> Node:
    """The whole message.

    Raises:
        TableInvalid: the outline that was installed is damaged.
    """
    text = (files("assistant.triage.e2b") / "message.xml").read_text(encoding="utf-8")
    for short, oid in _OIDS:
        text = re.sub(rf"(?<=['\"]){short}(?=\d)", oid, text)
    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(remove_comments=True, remove_blank_text=True))
    except etree.XMLSyntaxError as fault:
        raise TableInvalid(f"message.xml is damaged ({fault}); install pharmassist again") from fault
    return _node(root)


def _node(element: etree._Element) -> Node:
    fixed, places, ours = [], [], {}
    for key, value in element.attrib.items():
        name, held = str(key), str(value)
        if name.startswith(_OURS):
            ours[name.removeprefix(_OURS)] = held
        elif found := _PLACE.match(held):
            places.append(_place(name, found))
        else:
            fixed.append((name, held))
    if found := _PLACE.match(xml.own_text(element)):
        places.append(_place("", found))
    settings = {"each", "when", "form", "lines"}
    children = tuple(_node(child) for child in element)
    main = [place for name in _MAIN for place in places if place.attribute == name]
    here = "form" in ours or "each" in ours or any(not place.default for place in places)
    return Node(
        tag=xml.local(element),
        fixed=tuple(fixed),
        places=tuple(places),
        children=children,
        each=ours.get("each", ""),
        when=ours.get("when", ""),
        form=ours.get("form", ""),
        parts=tuple((name, number) for name, number in ours.items() if name not in settings),
        lines="lines" in ours,
        main=main[0] if main else None,
        holds=here or any(child.holds for child in children),
    )


def _place(attribute: str, found: re.Match[str]) -> Place:
    return Place(attribute, found["number"], found["prefix"], found["default"] or "")


def match(child: etree._Element, node: Node, used: set[int]) -> int | None:
    """Which child of a node an element of a message is, by name and condition; None where there is none.

    `used` are children that stand once and were met before; the caller adds to it.
    """
    tag = xml.local(child)
    for place, known in enumerate(node.children):
        if known.tag == tag and place not in used and (not known.when or _condition(known.when)(child)):
            return place
    return None


@lru_cache(maxsize=1024)
def _condition(expression: str) -> etree.XPath:
    return etree.XPath(f"boolean({expression})", namespaces=_SPACES)


@lru_cache(maxsize=1)
def order() -> dict[str, int]:
    """The place of every number in the message, so that values can be kept in one order."""
    numbers: dict[str, int] = {}
    _number(outline(), numbers)
    return numbers


def _number(node: Node, numbers: dict[str, int]) -> None:
    for number in [*(place.number for place in node.places), *(number for _, number in node.parts)]:
        numbers.setdefault(number, len(numbers))
    for child in node.children:
        _number(child, numbers)
