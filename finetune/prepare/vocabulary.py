"""Clinical terms from the user's own copy of MeSH or SNOMED CT: synonyms to preferred terms, and areas of medicine.

Neither is shipped: SNOMED CT is licensed by country, MeSH by its terms of use. A term with two meanings, of fewer than
five letters, or in inverted word order ("Infarction, Myocardial") is left out: what cannot be told is not replaced.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from finetune.errors import PrepareRefused

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SHORTEST, _MOST_WORDS = 5, 7
_FSN, _SYNONYM, _PREFERRED = "900000000000003001", "900000000000013009", "900000000000548007"
_TAG = re.compile(r" \((disorder|finding)\)$")
_AREAS = {
    "C01": "infection", "C04": "oncology", "C06": "gastroenterology", "C08": "respiratory", "C10": "neurology",
    "C12": "urology and women's health", "C14": "cardiovascular", "C15": "haematology", "C17": "dermatology",
    "C18": "endocrine and metabolic", "C19": "endocrine and metabolic", "C20": "immunology", "C05": "musculoskeletal",
    "F03": "psychiatry", "C11": "ophthalmology", "C23": "pain and symptoms",
}  # fmt: skip
"""The branches of MeSH's trees of diseases, as areas of medicine."""


@dataclass(frozen=True, slots=True)
class Term:
    """What a term means: the preferred term, its code, and its area, "" where it has none."""

    preferred: str
    code: str
    area: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """Terms in lower case, words joined by one space, to what they mean."""

    terms: Mapping[str, Term]
    _longest: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for term in self.terms:
            first = term.partition(" ")[0]
            self._longest[first] = max(self._longest.get(first, 0), term.count(" ") + 1)

    def find(self, text: str) -> Iterator[tuple[int, int, Term]]:
        """Every term of a text with its place, in order, the longest first, never overlapping."""
        words = list(_WORD.finditer(text))
        at = 0
        while at < len(words):
            most = min(self._longest.get(words[at].group().lower(), 0), len(words) - at)
            for length in range(most, 0, -1):
                start, end = words[at].start(), words[at + length - 1].end()
                term = self.terms.get(" ".join(word.group().lower() for word in words[at : at + length]))
                # Words that a full stop or a comma parts are no term.
                if term is not None and not re.search(r"[^\w\s'’-]", text[start:end]):
                    yield start, end, term
                    at += length - 1
                    break
            at += 1

    def preferred(self, text: str) -> str:
        """The text with preferred terms in the place of synonyms."""
        parts, at = [], 0
        for start, end, term in self.find(text):
            parts += [text[at:start], _cased(term.preferred, text[start:end])]
            at = end
        return "".join((*parts, text[at:]))

    def area(self, text: str) -> str:
        """The area of the first term that has one, or ""."""
        return next((term.area for _, _, term in self.find(text) if term.area), "")


def read_mesh(path: Path) -> Vocabulary:
    """MeSH's descriptors of diseases and disorders, from NLM's file `desc20XX.xml`. Raises `PrepareRefused`."""
    held: defaultdict[str, set[Term]] = defaultdict(set)
    try:
        reading = etree.iterparse(path, tag="DescriptorRecord", resolve_entities=False, no_network=True, load_dtd=False)
        for _, record in reading:
            trees = [found.text or "" for found in record.iterfind("TreeNumberList/TreeNumber")]
            area = next((_AREAS[tree[:3]] for tree in trees if tree[:3] in _AREAS), "")
            name = record.findtext("DescriptorName/String") or ""
            if area and name:
                term = Term(_natural(name), record.findtext("DescriptorUI") or "", area)
                names = (found.text or "" for found in record.iterfind("ConceptList/Concept/TermList/Term/String"))
                _add(held, (name, *names), term)
            record.clear()
    except (etree.XMLSyntaxError, OSError) as error:
        raise PrepareRefused(f"{path.name} is no descriptor file of MeSH (desc20XX.xml)") from error
    return _vocabulary(held, path, "descriptors of MeSH")


def read_snomed(folder: Path) -> Vocabulary:
    """Disorders and findings of SNOMED CT, from an RF2 release folder (Snapshot, English). Raises `PrepareRefused`."""
    active = {row["id"] for row in _rf2(folder, "sct2_Concept_Snapshot*.txt") if row["active"] == "1"}
    described = [
        row for row in _rf2(folder, "sct2_Description_Snapshot-en*.txt")
        if row["active"] == "1" and row["conceptId"] in active
    ]  # fmt: skip
    preferred = {
        row["referencedComponentId"] for row in _rf2(folder, "der2_cRefset_LanguageSnapshot-en*.txt")
        if row["active"] == "1" and row["acceptabilityId"] == _PREFERRED
    }  # fmt: skip
    clinical = {row["conceptId"] for row in described if row["typeId"] == _FSN and _TAG.search(row["term"])}
    names = {
        row["conceptId"]: row["term"] for row in described
        if row["typeId"] == _SYNONYM and row["id"] in preferred and row["conceptId"] in clinical
    }  # fmt: skip
    held: defaultdict[str, set[Term]] = defaultdict(set)
    for row in described:
        name = names.get(row["conceptId"])
        if name and row["typeId"] == _SYNONYM:
            _add(held, (row["term"],), Term(_natural(name), row["conceptId"]))
    return _vocabulary(held, folder, "disorders of SNOMED CT")


def joined(found: Iterable[Vocabulary]) -> Vocabulary | None:
    """One vocabulary of several; the first that knows a term counts. None of none."""
    terms: dict[str, Term] = {}
    for one in found:
        terms = {**one.terms, **terms}
    return Vocabulary(terms) if terms else None


def _rf2(folder: Path, pattern: str) -> Iterator[Mapping[str, str]]:
    """The rows of the one file of a release that has this name: tab-separated, quotes mean nothing."""
    files = sorted(folder.rglob(pattern))
    if len(files) != 1:
        raise PrepareRefused(f"{folder} holds {len(files)} files {pattern}; name one RF2 release of SNOMED CT")
    with files[0].open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if None in row.values() or None in row:
                raise PrepareRefused(f"{files[0].name} is no RF2 file: a row has other columns than its header")
            yield row


def _add(held: Mapping[str, set[Term]], names: Iterable[str], term: Term) -> None:
    for name in names:
        words = [word.lower() for word in _WORD.findall(name)]
        if "," not in name and "," not in term.preferred and len(name) >= _SHORTEST and len(words) <= _MOST_WORDS:
            held[" ".join(words)].add(term)


def _vocabulary(held: Mapping[str, set[Term]], path: Path, what: str) -> Vocabulary:
    terms = {name: next(iter(meant)) for name, meant in held.items() if len(meant) == 1 and name}
    if not terms:
        raise PrepareRefused(f"{path.name} holds no {what}")
    return Vocabulary(terms)


def _natural(name: str) -> str:
    """A name as it stands in the middle of a sentence: "Myocardial Infarction" without its capitals."""
    return " ".join(word.lower() if word.istitle() else word for word in name.split(" "))


def _cased(preferred: str, written: str) -> str:
    return preferred[:1].upper() + preferred[1:] if written[:1].isupper() else preferred
