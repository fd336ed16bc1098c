"""Names of reactions in FDA labels (SPL and PDF, public domain): first cells of their tables, and their lists.

Only what stands alone is taken: the cell that names the reaction of a row, and the items after the name of a group of
reactions ("Nervous system disorders: dizziness, tremor"). Who marked what is not used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from retrieval.chunking import passages
from retrieval.passage import Passage, Section
from retrieval.readers.formats import read_document

_CELL = re.compile(
    r"(?:Adverse (?:Reactions?|Events?|Experiences?)|Preferred Terms?|Reactions?): ([A-Za-z][^;:]{2,60});"
)
_GROUP = re.compile(r"\b(?:disorders?|infestations|investigations|conditions): ([^.:;]{3,600})[.;]", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:,|\band\b|\bor\b)\s*")
_NOTE = re.compile(r"\([^)]*\)|[*†‡§¶#]+|\b[a-f]\b$|\d+$")
_FIRST = re.compile(r"^(?:(?:and|including|such as|cases of|rare cases of|some|other)\s+)+", re.IGNORECASE)


def label_names(folders: Iterable[Path]) -> Counter[str]:
    """How often each name occurs in the documents of the folders, in lower case."""
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]
    return Counter(
        name
        for file in files
        if file.suffix in (".xml", ".pdf")
        for passage in passages(read_document(file.read_bytes(), file.name))
        if passage.section is Section.ADVERSE_REACTIONS
        for name in names_in(passage)
    )


def names_in(passage: Passage) -> Iterator[str]:
    """The names that stand alone in one passage."""
    if passage.is_table_row:
        found = [cell.group(1) for cell in _CELL.finditer(passage.text)]
    else:
        found = [item for group in _GROUP.finditer(passage.text) for item in _BETWEEN.split(group.group(1))]
    for name in found:
        plain = _FIRST.sub("", " ".join(_NOTE.sub(" ", name).lower().split()))
        if plain:
            yield plain
