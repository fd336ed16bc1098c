"""Makes elements.csv of the FDA's published table of E2B(R3) data elements (a work of the FDA, in the public domain).

    python -m assistant.triage.e2b.build_table --from icsr_data_elements.csv --to assistant/triage/e2b/elements.csv

The published sheet is made for people: names in curly quotes, codes inside sentences, headers between the rows. This
script takes the facts out of it (number, name, length, type, codes, conformance, null flavours, code systems, the
precision of dates) and leaves its prose behind. What the sheet says only in prose, or wrongly, is in `CORRECTIONS`.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

COLUMNS = (
    "number", "name", "source", "group", "length", "type", "codes", "vocabulary", "precision", "ich", "post", "pre",
    "nulls", "oid", "hl7",
)  # fmt: skip
_NULLS = ("NI", "MSK", "UNK", "NA", "ASKU", "NASK", "NINF", "PINF", "OTH")
_CONFORMANCE = {"Required": "required", "Conditional-Required": "conditional", "Optional": "optional"}
_CODE = re.compile(
    r"(?<![\w.])(C\d{5,6}|\d{1,2}(?!\.a))\s*[=-]\s*(.*?)(?=(?:(?<![\w.])(?:C\d{5,6}|\d{1,2})\s*[=-])|null|$)", re.S
)
_PLAIN_CODE = re.compile(r"<Observation><code>\s*=\s*C\d+\.?")
_UNIT = re.compile(r"(\{\w+\}|10\.a|\b[a-z]{1,3})\b ?(?=\()|(\{\w+\})")
_REPEATING = frozenset(
    {"C.1.10.r", "FDA.C.5.6.r", "FDA.D.11.r", "G.k.10.r", "FDA.G.k.10a", "FDA.G.k.12.r.2.r", "FDA.G.k.12.r.3.r",
     "FDA.G.k.12.r.11.r"}
)  # fmt: skip
"""Single elements that repeat: each is a group of its own name."""
RENAMED = {"FDA.D.11.r.1": "FDA.D.11.r"}
"""The rules call it FDA.D.11.r; one number for one element."""
CORRECTIONS: dict[str, dict[str, str]] = {
    "FDA.C.1.7.1": {"codes": "1=15-day; 2=non-expedited; 4=5-day; 5=30-day; 6=7-day"},  # numbers inside the words
    "G.k.9.i.1": {"length": "36"},  # the sheet counts a UUID without its four hyphens
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the sheet, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="sheet", type=Path, required=True, help="the FDA's sheet, as CSV")
    parser.add_argument("--to", dest="table", type=Path, required=True, help="the table to write")
    options = parser.parse_args(arguments)
    with options.sheet.open(encoding="utf-8-sig", newline="") as sheet:
        rows = list(table_rows(list(csv.reader(sheet))[3:]))
    with options.table.open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} elements written to {options.table}")


def table_rows(sheet: Iterable[Sequence[str]]) -> Iterable[dict[str, str]]:
    """The rows of our table, in the order of the sheet; headings and empty lines are left out."""
    for row in sheet:
        number = row[2].strip()
        if not re.match(r"(FDA\.)?[A-Z]\.", number) or row[5].strip() in {"", "-"}:
            continue
        yield _row(RENAMED.get(number, number), row)


def _row(number: str, row: Sequence[str]) -> dict[str, str]:
    allowed, rules = row[6].strip(), " ".join(row[8].split())
    kind = row[5].strip()
    made = {
        "number": number,
        "name": " ".join(row[3].replace("’", "'").replace("‘", "'").split()).removesuffix(" (repeat as necessary)"),
        "source": row[0].strip(),
        "group": group_of(number),
        "length": "" if row[4].strip() == "-" else row[4].strip(),
        "type": {"Date/Time": "date", "Boolean": "boolean"}.get(kind, kind),
        "codes": _codes(allowed, kind),
        "vocabulary": _vocabulary(number, row[3], allowed),
        "precision": _precision(rules + allowed) if kind == "Date/Time" else "",
        "ich": _CONFORMANCE.get(row[7].strip(), ""),
        "post": _CONFORMANCE.get(row[9].strip(), ""),
        "pre": _CONFORMANCE.get(row[11].strip(), ""),
        "nulls": " ".join(name for name, cell in zip(_NULLS, row[20:29], strict=True) if cell.strip() == "Yes"),
        "oid": " ".join(re.findall(r"\d+(?:\.\d+){4,}", row[29])),
        "hl7": " ".join(re.findall(r"\(([A-Z]+(?:<[A-Z]+>)?)\)", row[30])),
    }
    return made | CORRECTIONS.get(number, {})


def group_of(number: str) -> str:
    """The innermost repeating group that an element belongs to: D.7.1.r of D.7.1.r.1a, N.2.r of D.1, N.1 of N.1.4."""
    if number in _REPEATING:
        return number
    if number.startswith("N.1"):
        return "N.1"
    parts = number.split(".")
    places = [place for place, part in enumerate(parts) if part in {"r", "i", "k"} and place < len(parts) - 1]
    group = ".".join(parts[: places[-1] + 1]) if places else "N.2.r"
    # FDA's additions to a group of ICH stand in that group; only the devices (FDA.G.k.12.r) have one of their own.
    return group if group.startswith("FDA.G.k.12") else group.removeprefix("FDA.")


def _codes(allowed: str, kind: str) -> str:
    """The codes with their words, "1=Regulator; 2=Other"; true and false of a Boolean; units of a duration."""
    if kind == "Boolean":
        return "; ".join(word for word in ("false", "true") if re.search(rf"\b{word}\b", allowed))
    if "UCUM code" in allowed and "(" in allowed:
        units = [first or second for first, second in _UNIT.findall(allowed)]
        return "; ".join(units)
    found = _CODE.findall(_PLAIN_CODE.sub("", allowed))
    return "; ".join(f"{code}={' '.join(words.replace(';', ',').split())}" for code, words in found)


def _vocabulary(number: str, name: str, allowed: str) -> str:
    """Which list or pattern the value comes from, where it is not a code of the element's own."""
    for words, vocabulary in (
        ("MedDRA code", "meddra"), ("MedDRA Version", "meddra version"), ("MedDRA version", "meddra version"),
    ):  # fmt: skip
        if words in name:
            return vocabulary
    for words, vocabulary in (("alpha-2", "country"), ("alpha-3", "language"), ("UCUM", "unit"), ("NDC", "ndc")):
        if words in allowed:
            return vocabulary
    return "case id" if number in {"C.1.1", "C.1.8.1"} else ""


def _precision(rules: str) -> str:
    """The least precision of a date: second, day, or year."""
    if "second" in rules or "hhmmss" in rules:
        return "second"
    return "day" if "day (i.e." in rules else "year"


if __name__ == "__main__":
    main()
