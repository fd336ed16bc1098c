"""A message in E2B(R3) as a `Batch`: every value of the element table by its number, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.errors import NotE2b
from assistant.triage.e2b.forms import read_form
from assistant.triage.e2b.links import gathered
from assistant.triage.e2b.outline import Node, Place, match, order, outline
from assistant.triage.e2b.report import BATCH, REPORT, Batch, Group, Unread, Value

_LABELS = frozenset({"displayName", "nullFlavor", xml.TYPE, f"{{{xml.XSI}}}schemaLocation", "ITSVersion"})
"""Attributes that carry no value of their own: words beside a code, the type, and what is read elsewhere."""
_STRUCTURE = frozenset({"typeCode", "classCode", "moodCode", "determinerCode", xml.TYPE})
"""Attributes that say what kind of thing an element is, and nothing about the patient."""


@dataclass
class _Gathering:
    """Values and groups of one group while it is read."""

    name: str
    values: dict[str, Value] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def made(self) -> Group:
        places = order()
        values = sorted(self.values.items(), key=lambda item: places.get(item[0], len(places)))
        return Group(self.name, tuple(values), tuple(self.groups))


def read_batch(data: bytes) -> Batch:
    """The batch of one file, read by the outline of the message.

    Raises:
        NotE2b: the file is no ICSR batch (MCCI_IN200100UV01), or is hostile or damaged.
    """
    root = xml.parse(data)
    top = outline()
    if root.tag != f"{{{xml.HL7}}}{top.tag}":
        raise NotE2b(f"the file is no batch of E2B(R3) reports: its root is {xml.local(root)[:60]!r}, not {top.tag}")
    header, unread = _Gathering(BATCH), _Losses()
    _children(root, top, header, unread)
    reports = tuple(gathered(group) for group in header.groups if group.name == REPORT)
    if not reports:
        raise NotE2b("the batch holds no report (PORR_IN049016UV)")
    return Batch(replace(header.made(), groups=()), reports, tuple(unread.found))


class _Losses:
    """What was not understood, with its place."""

    def __init__(self) -> None:
        self.found: list[Unread] = []

    def add(self, element: etree._Element, content: str) -> None:
        path = "/".join(xml.local(above) for above in reversed([element, *element.iterancestors()]))
        self.found.append(Unread(path, content))

    def add_tree(self, element: etree._Element) -> None:
        """Everything that an element without a place says; an empty one says nothing."""
        for inner in element.iter():
            said = [
                f"{etree.QName(str(name)).localname}={value!s}"
                for name, value in inner.attrib.items()
                if str(name) not in _STRUCTURE
            ]
            if text := xml.own_text(inner):
                said.append(text)
            if said:
                self.add(inner, " ".join(said)[:2000])


def _children(element: etree._Element, node: Node, into: _Gathering, unread: _Losses) -> None:
    used: set[int] = set()
    for child in element:
        place = match(child, node, used)
        if place is None:
            unread.add_tree(child)
            continue
        known = node.children[place]
        if not known.each and not known.lines:
            used.add(place)
        if known.each:
            inner = _Gathering(known.each)
            _node(child, known, inner, unread)
            into.groups.append(inner.made())
        else:
            _node(child, known, into, unread)


def _node(element: etree._Element, node: Node, into: _Gathering, unread: _Losses) -> None:
    if node.form:
        values = read_form(node, element)
        if values is None:
            unread.add_tree(element)
        else:
            into.values.update(values)
        return
    main = node.main
    extra = _extra(element, node)
    if main is not None:
        value = _value(element, main)
        null = element.get("nullFlavor") or ""
        if value or null:
            text = value if not null else ""
            before = into.values.get(main.number)
            if node.lines and before:
                text, extra = f"{before.text}\n{text}", ()
            if text != main.default or null:
                into.values[main.number] = Value(text, null, extra)
        elif words := element.get("displayName"):
            into.values[main.number] = Value(attributes=(*extra, ("displayName", words)))  # words without their code
        elif extra:
            unread.add(element, " ".join(f"{name}={held}" for name, held in extra))
    elif extra:
        unread.add(element, " ".join(f"{name}={held}" for name, held in extra))
    for place in node.places:
        if place is not main and (value := _value(element, place)) and value != place.default:
            into.values[place.number] = Value(value)
    if not any(place.attribute == "" for place in node.places) and (text := xml.own_text(element)):
        unread.add(element, text[:2000])
    _children(element, node, into, unread)


def _value(element: etree._Element, place: Place) -> str:
    held = xml.own_text(element) if place.attribute == "" else element.get(place.attribute) or ""
    return held.removeprefix(place.prefix)


def _extra(element: etree._Element, node: Node) -> tuple[tuple[str, str], ...]:
    """Attributes that the outline does not have, or has with another value: kept with the value of the node."""
    fixed = dict(node.fixed)
    known = {place.attribute for place in node.places}
    named = node.main is not None
    kept = []
    for key, value in element.attrib.items():
        name = str(key)
        if name in known or name in _LABELS or fixed.get(name) == value:
            continue
        if name == "codeSystemVersion" and not named:
            continue  # the version of a list that the message itself uses; ICH never wrote two
        kept.append((name, str(value)))
    return tuple(kept)
