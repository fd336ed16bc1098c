"""XML in and out, safely: the one place of this package that parses what others wrote."""

from __future__ import annotations

import re

from lxml import etree

from assistant.triage.e2b.errors import NotE2b

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TYPE = f"{{{XSI}}}type"
LARGEST = 64 * 1024 * 1024
"""Bytes of a message that we read; documents travel inside it, and the FDA's own example has two megabytes."""
_DEEPEST = 120
"""Elements inside each other; the deepest place of the message that we know is 31."""
_MOST = 2_000_000
"""Elements of one message."""


UNCARRIED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 file can carry."""


def parse(data: bytes, largest: int = LARGEST) -> etree._Element:
    """The root element, without DTD, entities, network or comments.

    Raises:
        NotE2b: too large or deep, not well-formed, or with a document type, which no E2B message has.
    """
    if len(data) > largest:
        raise NotE2b(f"the file is larger than {largest // 1024 // 1024} MB; split the batch into several files")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise NotE2b(f"the file is not well-formed XML ({str(fault).splitlines()[0][:120]})") from fault
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotE2b("the file declares a document type or entities, which no E2B message does; it was not read")
    _measure(root)
    return root


def _measure(root: etree._Element) -> None:
    level, seen = [root], 0
    for depth in range(_DEEPEST + 1):
        seen += len(level)
        if seen > _MOST:
            raise NotE2b(f"the file has more than {_MOST} elements, which no E2B message has; it was not read")
        level = [child for element in level for child in element]
        if not level:
            return
        if depth == _DEEPEST:
            raise NotE2b(f"its elements are nested more than {_DEEPEST} deep, which no E2B message's are")


def local(element: etree._Element) -> str:
    """The name of an element of HL7 without its namespace; of another namespace, with it."""
    tag = str(element.tag)
    return tag[len(HL7) + 2 :] if tag.startswith(f"{{{HL7}}}") else tag


def own_text(element: etree._Element) -> str:
    """The text of an element itself, not of those inside it, without the space around it."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip(" \t\r\n")


def local_type(element: etree._Element) -> str:
    """The xsi:type of an element without a prefix, "" where it has none."""
    return (element.get(TYPE) or "").rpartition(":")[2]
