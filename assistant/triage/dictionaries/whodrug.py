"""The user's copy of WHODrug: names of medicines with their records, from the B3 text files. Nothing is shipped.

`DD.txt` has fixed columns (WHODrug B3 format): record number 1-6, sequence 1 7-8, sequence 2 9-11, check digit 12,
and the name of the medicine from 31 on. The record that ends in sequence 01 001 is the substance itself; all others of
the same number are its salts and brands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from assistant.triage.dictionaries.errors import DictionaryUnreadable
from assistant.triage.dictionaries.wording import spelled
from assistant.triage.product import Product

_NAME = slice(30, None)
_SUBSTANCE = "01001"


@dataclass(frozen=True, slots=True)
class MedicineRecord:
    """A name with its record: eleven digits, and the name of the substance that the record's number stands for."""

    code: str
    name: str
    substance: str


@dataclass(frozen=True, slots=True)
class WhoDrug:
    """The names of one copy at the version that the user names; the files do not say it."""

    version: str
    _records: dict[str, tuple[MedicineRecord, ...]] = field(repr=False)

    def find(self, name: str) -> tuple[MedicineRecord, ...]:
        """The records of exactly this name, in any case and spelling of Britain or America; none where it is unknown.

        More than one means that the name is ambiguous: a person chooses.
        """
        return self._records.get(spelled(name), ())


def records_of(product: Product, whodrug: WhoDrug) -> tuple[MedicineRecord, ...]:
    """The records of the medicine's name as reported; where the copy does not know it, those of its ingredient."""
    return whodrug.find(product.name) or whodrug.find(product.ingredient)


def concept_of(record: MedicineRecord, whodrug: WhoDrug) -> str:
    """How a record stands in a case: the dictionary, its version and the record's eleven digits."""
    return f"WHODrug {whodrug.version} {record.code}"


def read_whodrug(folder: Path, version: str) -> WhoDrug:
    """WHODrug from a folder that holds `DD.txt`.

    Raises:
        DictionaryUnreadable: there is no such file, or a line has no record number or no name.
    """
    file = next((path for path in (folder / "DD.txt", folder / "dd.txt") if path.is_file()), None)
    if file is None:
        raise DictionaryUnreadable(f"{folder} holds no DD.txt; name the folder of your WHODrug in the B3 format.")
    rows: list[tuple[str, str]] = []
    for number, line in enumerate(file.read_bytes().decode("latin-1").split("\n"), start=1):
        if line.strip():
            code, name = line[:11], line[_NAME].strip()
            if len(code) < 11 or not code.isdigit() or not name:
                raise DictionaryUnreadable(f"Line {number} of {file.name} is no row of WHODrug's B3 format.")
            rows.append((code, name))
    substances = {code[:6]: name for code, name in rows if code.endswith(_SUBSTANCE)}
    records: dict[str, tuple[MedicineRecord, ...]] = {}
    for code, name in rows:
        key = spelled(name)
        records[key] = (*records.get(key, ()), MedicineRecord(code, name, substances.get(code[:6], "")))
    return WhoDrug(version, records)
