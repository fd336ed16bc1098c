"""A `Batch` as a message in E2B(R3): always the same bytes for the same batch, elements in the order of the schema."""

from __future__ import annotations

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.forms import write_form
from assistant.triage.e2b.links import scattered
from assistant.triage.e2b.outline import Node, outline
from assistant.triage.e2b.report import Batch, Group, Value

_LOCATION = f"{xml.HL7} MCCI_IN200100UV01.xsd"


def write_batch(batch: Batch) -> bytes:
    """The XML of a batch, in UTF-8, indented. Nothing is checked here: `check` says whether it would be accepted."""
    header = Group(batch.header.name, batch.header.values, tuple(scattered(report) for report in batch.reports))
    top = outline()
    spaces: dict[str | None, str] = {None: xml.HL7, "xsi": xml.XSI}
    root = etree.Element(f"{{{xml.HL7}}}{top.tag}", nsmap=spaces)  # type: ignore[arg-type]
    for name, value in top.fixed:
        root.set(name, value)
    root.set(f"{{{xml.XSI}}}schemaLocation", _LOCATION)
    _append(root, top, header)
    etree.indent(root, space=" ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _append(parent: etree._Element, node: Node, group: Group) -> None:
    children = node.children
    for place, child in enumerate(children):
        made = _made(child, group)
        parent.extend(made)
        later = children[place + 1 :]
        if not made and any(_same_kind(child, other) and _made(other, group) for other in later):
            parent.append(etree.Element(f"{{{xml.HL7}}}{child.tag}"))  # the second given name is told by its place


def _same_kind(first: Node, second: Node) -> bool:
    """Whether two neighbours are told apart by their order alone."""
    return first.tag == second.tag and not (first.when or second.when or first.each or second.each)


def _made(node: Node, group: Group) -> list[etree._Element]:
    if node.each:
        found = [_element(node, inner, always=True) for inner in group.all(node.each)]
    elif node.form:
        found = [write_form(node, dict(group.values))]
    elif node.lines:
        return _lines(node, group)
    else:
        found = [_element(node, group, always=not node.holds)]
    return [element for element in found if element is not None]


def _lines(node: Node, group: Group) -> list[etree._Element]:
    """One element for each line of a text that may have several (streets)."""
    main = node.main
    value = group.value(main.number) if main else None
    if main is None or value is None:
        return []
    made = []
    for line in value.text.split("\n"):
        single = Group(group.name, ((main.number, Value(line, value.null, value.attributes)),))
        element = _element(node, single, always=True)
        if element is not None:
            made.append(element)
    return made


def _element(node: Node, group: Group, *, always: bool) -> etree._Element | None:
    """The element of a node with all below it, or None where nothing below has a value."""
    element = etree.Element(f"{{{xml.HL7}}}{node.tag}")
    main = node.main
    held = group.value(main.number) if main else None
    for name, value in node.fixed:
        if not (held and held.null and name in {"codeSystem", "unit"}):
            element.set(name, value)
    filled = _set_places(element, node, group)
    if held:
        for name, value in held.attributes:
            element.set(name, value)
        if held.null:
            element.set("nullFlavor", held.null)
    _append(element, node, group)
    below = any(child.holds and _is_there(element, child) for child in node.children)
    return element if always or filled or below else None


def _is_there(element: etree._Element, child: Node) -> bool:
    return element.find(f"{{{xml.HL7}}}{child.tag}") is not None


def _set_places(element: etree._Element, node: Node, group: Group) -> bool:
    """Put the values in; whether one of them was there."""
    filled = False
    for place in node.places:
        value = group.value(place.number)
        text = xml.UNCARRIED.sub("\ufffd", value.text) if value else place.default
        if value and not place.default:
            filled = True
        if value and value.null and place.prefix:
            element.set(place.attribute, place.prefix.rstrip(":"))
        elif not text:
            continue
        elif place.attribute:
            element.set(place.attribute, place.prefix + text)
        else:
            element.text = text
    return filled
