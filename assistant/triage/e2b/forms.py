"""Two kinds of content that are written in several ways: times (start, end, duration, how often) and test results.

Times: `IVL_TS` with low, high or width; with how often, or with all three, `SXPR_TS` of several `comp`. Results:
`IVL_PQ` with a centre for a plain number, or with low and high, one of them infinite, for "<", "<=", ">" and ">=".
A form that says more than our elements can hold is not read, and stays visible as unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.outline import Node
from assistant.triage.e2b.report import Value

Values = Mapping[str, Value]
Found = tuple[tuple[str, Value], ...]
_SIGNS = {("high", "true"): "<=", ("high", "false"): "<", ("low", "true"): ">=", ("low", "false"): ">"}


def read_form(node: Node, element: etree._Element) -> Found | None:
    """The values of a form, or None where it holds something that our elements cannot."""
    return _read_time(node, element) if node.form == "time" else _read_result(node, element)


def write_form(node: Node, values: Values) -> etree._Element | None:
    """The element of a form, or None where none of its values is there."""
    return _write_time(node, values) if node.form == "time" else _write_result(node, values)


def _read_time(node: Node, element: etree._Element) -> Found | None:
    found: dict[str, Value] = {}
    whole = element.get("nullFlavor")
    if whole and node.part("whole") and not len(element):
        return ((node.part("whole"), Value(null=whole)),)
    holders = [element] if xml.local_type(element) != "SXPR_TS" else list(element)
    for holder in holders:
        for child in holder:
            part = {"low": "start", "high": "end", "width": "number", "period": "every"}.get(xml.local(child), "")
            number = node.part(part)
            if not number or number in found or not set(child.attrib) <= {"value", "unit", "nullFlavor"}:
                return None
            if child.get("value") or child.get("nullFlavor"):
                found[number] = Value(child.get("value") or "", child.get("nullFlavor") or "")
            if "unit" in child.attrib:
                found[node.part("unit" if part == "number" else "everyunit")] = Value(child.get("unit") or "")
    return tuple(found.items())


def _write_time(node: Node, values: Values) -> etree._Element | None:
    def get(part: str) -> Value | None:
        return values.get(node.part(part)) if node.part(part) else None

    start, end, width, unit = get("start"), get("end"), get("number"), get("unit")
    every, everyunit = get("every"), get("everyunit")
    between, lasting, often = bool(start or end), bool(width or unit), bool(every or everyunit)
    if not (between or lasting or often):
        whole = get("whole")
        return _element("effectiveTime", {"nullFlavor": whole.null}) if whole else None
    if often or (start and end and lasting):
        made = _element("effectiveTime", {xml.TYPE: "SXPR_TS"})
        if often:
            _bound(_comp(made, "PIVL_TS"), "period", every, everyunit)
        if between:
            _interval(_comp(made, "IVL_TS", often), start, end)
        if lasting:
            _bound(_comp(made, "IVL_TS", often or between), "width", width, unit)
        return made
    made = _element("effectiveTime", {xml.TYPE: "IVL_TS"})
    _bound(made, "low", start)
    if end is None:
        _bound(made, "width", width, unit)
    elif lasting:
        _bound(made, "width", width, unit)
        _bound(made, "high", end)
    else:
        _bound(made, "high", end)
    return made


def _comp(parent: etree._Element, kind: str, after: object = False) -> etree._Element:
    made = _element("comp", {xml.TYPE: kind} | ({"operator": "A"} if after else {}))
    parent.append(made)
    return made


def _interval(parent: etree._Element, start: Value | None, end: Value | None) -> None:
    _bound(parent, "low", start)
    _bound(parent, "high", end)


def _bound(parent: etree._Element, tag: str, value: Value | None, unit: Value | None = None) -> None:
    pairs = {
        "value": value.text if value else "",
        "unit": unit.text if unit else "",
        "nullFlavor": value.null if value else "",
    }
    if any(pairs.values()):
        parent.append(_element(tag, {name: held for name, held in pairs.items() if held}))


def _read_result(node: Node, element: etree._Element) -> Found | None:
    number, unit = node.part("number"), node.part("unit")
    parts = {xml.local(child): child for child in element}
    if set(parts) == {"center"}:
        return tuple(_measure(parts["center"], "", number, unit))
    if set(parts) != {"low", "high"}:
        return None
    infinite = [name for name, child in parts.items() if child.get("nullFlavor") in {"NINF", "PINF"}]
    if len(infinite) != 1:
        return None
    name = "high" if infinite == ["low"] else "low"
    sign = _SIGNS[(name, parts[name].get("inclusive") or "true")]
    return tuple(_measure(parts[name], sign, number, unit))


def _measure(element: etree._Element, sign: str, number: str, unit: str) -> Iterator[tuple[str, Value]]:
    if "value" in element.attrib or "nullFlavor" in element.attrib:
        yield number, Value(sign + (element.get("value") or ""), element.get("nullFlavor") or "")
    if "unit" in element.attrib:
        yield unit, Value(element.get("unit") or "")


def _write_result(node: Node, values: Values) -> etree._Element | None:
    value, unit = values.get(node.part("number")), values.get(node.part("unit"))
    if value is None and unit is None:
        return None
    text = value.text if value else ""
    sign = next((sign for sign in ("<=", ">=", "<", ">") if text.startswith(sign)), "")
    pairs = {
        "value": text.removeprefix(sign).strip(),
        "unit": unit.text if unit else "",
        "nullFlavor": value.null if value else "",
    }
    known = {name: held for name, held in pairs.items() if held}
    made = _element("value", {xml.TYPE: "IVL_PQ"})
    if not sign:
        made.append(_element("center", known))
        return made
    known["inclusive"] = "true" if "=" in sign else "false"
    low = known if sign[0] == ">" else {"nullFlavor": "NINF"}
    high = known if sign[0] == "<" else {"nullFlavor": "PINF"}
    made.append(_element("low", low))
    made.append(_element("high", high))
    return made


def _element(tag: str, attributes: Mapping[str, str]) -> etree._Element:
    return etree.Element(f"{{{xml.HL7}}}{tag}", dict(attributes))
