"""The element table (elements.csv, made by `build_table`): what each data element of E2B(R3) may hold, and where."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from assistant.triage.e2b.errors import TableInvalid
from assistant.triage.e2b.report import BATCH, REPORT


@dataclass(frozen=True, slots=True)
class Element:
    """One row. `codes` are (code, words); `ich`, `post` and `pre` say required, conditional, optional or "".

    `type` is AN, A, N, date, boolean or B64; `vocabulary` names a list or pattern (meddra, meddra version, country,
    language, unit, ndc, case id); `precision` is the least one of a date (second, day, year).
    """

    number: str
    name: str
    source: str
    group: str
    length: int | None
    type: str
    codes: tuple[tuple[str, str], ...]
    vocabulary: str
    precision: str
    ich: str
    post: str
    pre: str
    nulls: tuple[str, ...]
    oid: tuple[str, ...]
    hl7: str

    def words(self, code: str) -> str:
        """The words of a code of this element, "" where the list has none."""
        return dict(self.codes).get(code, "")


@lru_cache(maxsize=1)
def elements() -> tuple[Element, ...]:
    """Every element, in the order of the published table.

    Raises:
        TableInvalid: the table that was installed is damaged.
    """
    text = (files("assistant.triage.e2b") / "elements.csv").read_text(encoding="utf-8")
    try:
        return tuple(_element(row) for row in csv.DictReader(text.splitlines()))
    except (KeyError, ValueError, AttributeError) as fault:
        raise TableInvalid(f"elements.csv is damaged ({fault}); install pharmassist again") from fault


def _element(row: dict[str, str]) -> Element:
    pairs = (part.partition("=") for part in row["codes"].split("; ") if part)
    return Element(
        number=row["number"],
        name=row["name"],
        source=row["source"],
        group=row["group"],
        length=int(row["length"]) if row["length"] else None,
        type=row["type"],
        codes=tuple((code, words) for code, _, words in pairs),
        vocabulary=row["vocabulary"],
        precision=row["precision"],
        ich=row["ich"],
        post=row["post"],
        pre=row["pre"],
        nulls=tuple(row["nulls"].split()),
        oid=tuple(row["oid"].split()),
        hl7=row["hl7"],
    )


@lru_cache(maxsize=1)
def by_number() -> dict[str, Element]:
    """The elements by their number."""
    return {element.number: element for element in elements()}


def name_of(number: str) -> str:
    """The name of an element for people; the number itself where the table does not have it."""
    found = by_number().get(number)
    return found.name if found else number


@lru_cache(maxsize=1)
def groups() -> dict[str, str]:
    """Each repeating group and the group that it stands in, for example G.k.4.r in G.k, E.i in N.2.r."""
    names = dict.fromkeys(element.group for element in elements())
    return {name: _parent(name, names) for name in names if name not in {BATCH, REPORT}}


def _parent(name: str, names: dict[str, None]) -> str:
    bare = name.removeprefix("FDA.")
    above = [
        other for other in names if other != name and (bare + ".").startswith(other.removeprefix("FDA.") + ".")
    ]  # fmt: skip
    if name == "FDA.G.k.10a":
        above = ["G.k"]
    return max(above, key=len, default=REPORT)
