"""Asks the official XSD of a user's own copy of ICH's schema files, which may not be shipped with this program.

ICH publishes them in the implementation package ("ICH ICSR Schema Files"); the folder that a setting names is searched
for MCCI_IN200100UV01.xsd, and everything that it includes must lie in that folder too. Nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.errors import SchemaUnusable
from assistant.triage.e2b.violation import Severity, Violation

TOP = "MCCI_IN200100UV01.xsd"


def validated(data: bytes, folder: Path) -> tuple[Violation, ...]:
    """What the XSD of the folder finds in a message; nothing means that it is valid.

    Raises:
        SchemaUnusable: the folder holds no such schema, several, or one that cannot be used.
        NotE2b: the file is hostile or not well-formed.
    """
    schema = _schema(folder)
    document = xml.parse(data).getroottree()
    if schema.validate(document):
        return ()
    return tuple(
        Violation(
            "", f"line {error.line}", Severity.REJECT, "XSD", f"{error.message}", "Correct the XML as the XSD says."
        )
        for error in schema.error_log  # type: ignore[attr-defined]
    )


def _schema(folder: Path) -> etree.XMLSchema:
    found = sorted(folder.rglob(TOP)) if folder.is_dir() else []
    if not found:
        raise SchemaUnusable(f"{folder} holds no {TOP}; name the folder with ICH's schema files")
    if len(found) > 1:
        raise SchemaUnusable(f"{folder} holds {len(found)} files named {TOP}; name the folder of one of them")
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        return etree.XMLSchema(etree.parse(str(found[0]), parser))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, OSError) as fault:
        raise SchemaUnusable(f"{found[0].name} cannot be used ({str(fault).splitlines()[0][:160]})") from fault
