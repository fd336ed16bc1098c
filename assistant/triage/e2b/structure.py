"""Whether a message is built as the outline says: elements in their order, none once too often, none unknown.

This needs no XSD. It is stricter than the schema in one way (an element that no element of the table needs is named)
and weaker in another (attributes count only where they carry a value); `schema` asks the XSD of a user's own copy.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.outline import Node, match, outline
from assistant.triage.e2b.violation import Severity, Violation


def misbuilt(data: bytes) -> tuple[Violation, ...]:
    """What is out of order in the XML of a batch.

    Raises:
        NotE2b: the file is hostile or not well-formed.
    """
    root = xml.parse(data)
    top = outline()
    if root.tag != f"{{{xml.HL7}}}{top.tag}":
        return (
            _violation(root, f"the root is {xml.local(root)[:60]!r}.", f"A batch of reports begins with {top.tag}."),
        )
    return tuple(_walk(root, top))


def _walk(element: etree._Element, node: Node) -> Iterator[Violation]:
    if node.form:
        return
    tags = list(dict.fromkeys(child.tag for child in node.children))
    furthest, used = 0, set[int]()
    for child in element:
        tag = xml.local(child)
        if tag not in tags:
            yield _violation(child, f"{tag} has no place in {node.tag}.", "Take it out, or put it where it belongs.")
            continue
        if tags.index(tag) < furthest:
            yield _violation(child, f"{tag} stands after {tags[furthest]}.", f"The order is {', '.join(tags)}.")
        furthest = max(furthest, tags.index(tag))
        place = match(child, node, used)
        if place is None:
            yield _violation(
                child, f"{tag} stands once too often, or its code is unknown.", "Keep one, with a code we know."
            )
            continue
        known = node.children[place]
        if not known.each and not known.lines:
            used.add(place)
        yield from _walk(child, known)


def _violation(element: etree._Element, wrong: str, mend: str) -> Violation:
    path = "/".join(xml.local(above) for above in reversed([element, *element.iterancestors()]))
    return Violation("", f"{path} (line {element.sourceline})", Severity.REJECT, "structure", wrong, mend)
