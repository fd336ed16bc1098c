"""The published XPaths find our elements: an independent look at where `write` puts them.

The sheet's paths are made for people: [r], [i] and [k] stand for places, some have other quotes, blanks or slips of the
pen, and some elements have none. Each path that can be read is asked of a full report; what cannot be is listed.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.build_table import RENAMED
from assistant.triage.e2b.report import Batch
from assistant.triage.e2b.table import by_number
from assistant.triage.e2b.write import write_batch
from tests.assistant.triage.e2b.reports import BATCHES, EVENT, SUSPECT, holder

_SPACES = {"h": xml.HL7, "xsi": xml.XSI}


def _readable(path: str) -> str:
    path = re.sub(r"[‘’]", "'", path.replace("\n", " "))
    path = path.replace("UUID of k-th drug", SUSPECT).replace("UUID of k-th drag", SUSPECT)
    path = path.replace("UUID of i-th reaction", EVENT)
    path = re.sub(r"\[[rik]\]", "[1]", path)
    path = re.sub(r"(?<=[a-z])@(code|codeSystemVersion)$", r"/@\1", path)
    path = path.replace("'TBD-Substance'", "'2.16.840.1.113883.4.9'").replace(
        "'TBD-DoseForm'", "'0.4.0.127.0.16.1.1.2.1'"
    )
    path = path.replace("routeCode[@codeSystem='2.16.840.1.113883.3.989.2.1.1.14']", "routeCode")
    path = path.replace("[@xsi:type='CE'][@codeSystem='2.16.840.1.113883.3.989.2.1.1.14']", "[@xsi:type='CE']")
    return re.sub(r"(^|/|\[|\()(?=[A-Za-z])(?!text\(\))(?!starts-with)", r"\1h:", path)


def _found(batch: Batch, path: str) -> list[str]:
    root = etree.fromstring(write_batch(batch)).getroottree()
    try:
        found = root.xpath(_readable(path), namespaces=_SPACES)
    except etree.XPathEvalError:
        return ["?"]
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


@pytest.mark.shared
def test_the_published_paths_find_what_we_write(shared_data: Path) -> None:
    sheet = shared_data / "e2b" / "icsr_data_elements.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.reader(held))[3:]
    right: set[str] = set()
    wrong: set[str] = set()
    for row in rows:
        number = RENAMED.get(row[2].strip(), row[2].strip())
        path = re.sub(r"^substring\((.*?), ?\d+\)$", r"\1", row[32].strip())
        if number not in by_number() or not path.startswith("/"):
            continue
        batch = BATCHES[holder(number)]()
        texts = {g.text(number) for top in (batch.header, *batch.reports) for g in top.walk() if g.value(number)}
        found = {text.removeprefix("tel:").removeprefix("fax:").removeprefix("mailto:") for text in _found(batch, path)}
        (right if found & texts else wrong).add(number)
    assert wrong == _SLIPS
    assert len(right) > 200


_SLIPS = {
    # The FDA's own example messages put these elsewhere, and we follow the examples.
    *("FDA.C.1.7.1", "FDA.C.1.12", "FDA.D.11.r", "FDA.E.i.3.2h", "FDA.G.k.12.r.2.r", "FDA.G.k.12.r.5"),
    *("FDA.G.k.12.r.6", "FDA.G.k.12.r.9"),
    # The path asks for the first authorization of the study, which in a full report is a registration (C.5.1.r).
    *("FDA.C.5.5a", "FDA.C.5.5b", "FDA.C.5.6.r"),
    # The path of the PhPID is that of the MPID; the full report has both, in two medicines.
    *("D.8.r.3b", "D.10.8.r.3b", "G.k.2.1.2b"),
    # With start, end and duration together the time has another form, of which the sheet says only the end.
    *("E.i.4", "E.i.6a", "E.i.6b"),
    "G.k.9.i.1",  # the path ends at the judgement, not at a value
    # Not XPath: quotes or brackets do not match.
    *("FDA.G.k.10.1", "FDA.G.k.12.r.1", "FDA.G.k.12.r.3.r", "FDA.G.k.12.r.7.1a", "FDA.G.k.12.r.7.1b"),
    *("FDA.G.k.12.r.7.1c", "FDA.G.k.12.r.7.1d", "FDA.G.k.12.r.7.1e", "FDA.G.k.12.r.8", "FDA.G.k.12.r.10"),
    "FDA.G.k.12.r.11.r",
}
