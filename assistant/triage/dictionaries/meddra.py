"""The user's copy of MedDRA: the ASCII files as the MSSO distributes them (folder MedAscii). Nothing of it is shipped.

Fields end with `$` and rows with a line break (MedDRA Distribution File Format Document): in `llt.asc` the code, name
and preferred term come first and the currency (Y, N) is the tenth; in `mdhier.asc` the preferred term comes first, the
name of the system organ class eighth, and the twelfth field marks the primary one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assistant.triage.dictionaries.entry import Dictionary, Entry
from assistant.triage.dictionaries.errors import DictionaryUnreadable

_LLT, _PT, _HIERARCHY, _RELEASE = "llt.asc", "pt.asc", "mdhier.asc", "meddra_release.asc"
_LARGEST = 256 * 1024 * 1024
"""Bytes; MedDRA's largest file has about 20 MB."""


def read_meddra(folder: Path) -> Dictionary:
    """MedDRA from a folder that holds the `.asc` files, or whose MedAscii folder does.

    Raises:
        DictionaryUnreadable: a file is missing, too large, in another format, or names a term that is nowhere defined.
    """
    names = {path.name.lower(): path for path in _places(folder)}
    missing = [name for name in (_LLT, _PT, _HIERARCHY) if name not in names]
    if missing:
        raise DictionaryUnreadable(f"{folder} holds no {', '.join(missing)}; name the MedAscii folder of your MedDRA.")
    preferred = {fields[0]: fields[1] for fields in _rows(names[_PT], 2)}
    groups = {fields[0]: fields[7] for fields in _rows(names[_HIERARCHY], 12) if fields[11] == "Y"}
    entries = tuple(_entries(names[_LLT], preferred, groups))
    if not entries:
        raise DictionaryUnreadable(f"{_LLT} holds no terms.")
    return Dictionary("MedDRA", _version(names), "Your organisation's copy of MedDRA (ICH).", entries)


def _places(folder: Path) -> list[Path]:
    try:
        for path in (folder, folder / "MedAscii", folder / "ascii"):
            if path.is_dir() and (found := [one for one in path.iterdir() if one.suffix.lower() == ".asc"]):
                return found
    except OSError as fault:
        raise DictionaryUnreadable(f"{folder} cannot be read.") from fault
    return []


def _entries(file: Path, preferred: dict[str, str], groups: dict[str, str]) -> Iterator[Entry]:
    for fields in _rows(file, 10):
        code, text, concept, current = fields[0], fields[1], fields[2], fields[9]
        if concept not in preferred:
            raise DictionaryUnreadable(f"{_LLT} gives term {code} the preferred term {concept}, which {_PT} lacks.")
        yield Entry(code, text, concept, preferred[concept], groups.get(concept, ""), current != "N")


def _rows(file: Path, least: int) -> Iterator[list[str]]:
    try:
        if file.stat().st_size > _LARGEST:
            raise DictionaryUnreadable(f"{file.name} is larger than any file of MedDRA.")
        raw = file.read_bytes()
    except OSError as fault:
        raise DictionaryUnreadable(f"{file.name} cannot be read.") from fault
    for number, line in enumerate(_text(raw).split("\n"), start=1):
        fields = line.rstrip("\r").split("$")
        if not line.strip():
            continue
        if len(fields) < least or not fields[0].isdigit() or not fields[1]:
            raise DictionaryUnreadable(f"Line {number} of {file.name} is no row of MedDRA's ASCII format.")
        yield fields


def _text(raw: bytes) -> str:
    """Newer releases are in UTF-8, older ones in Latin-1, in which every byte is a letter."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _version(names: dict[str, Path]) -> str:
    """What `meddra_release.asc` says first ("29.1"); empty where there is no such file."""
    if _RELEASE not in names:
        return ""
    try:
        first = _text(names[_RELEASE].read_bytes()).split("$")[0].strip()
    except OSError as fault:
        raise DictionaryUnreadable(f"{_RELEASE} cannot be read.") from fault
    if not first.replace(".", "").isdigit():
        raise DictionaryUnreadable(f"{_RELEASE} does not begin with a version such as 29.1.")
    return first
