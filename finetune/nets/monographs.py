"""Sentences of the starter monographs: texts of medicine in our own words that name nobody."""

from __future__ import annotations

import re
from hashlib import md5
from pathlib import Path
from typing import Literal

from retrieval.medicines import CORPUS
from retrieval.sentences import sentences

_SECTIONS = re.compile(r"\s*\{[^}]*\}")


def monographs(part: Literal["training", "held out"]) -> list[Path]:
    """The files of one part: every other medicine by the md5 of its file's name."""
    wanted = 0 if part == "training" else 1
    files = sorted(CORPUS.glob("*.md"))
    return [file for file in files if md5(file.name.encode(), usedforsecurity=False).digest()[0] % 2 == wanted]


def facts(file: Path) -> list[str]:
    """Every sentence under the headings of one monograph, without the sections of the label that it names."""
    body = file.read_text(encoding="utf-8").split("---", 2)[-1]
    made = []
    for line in body.splitlines():
        plain = _SECTIONS.sub("", line).lstrip("-* ")
        if plain and not plain.startswith(("#", "|")):
            made += [plain[start:end] for start, end in sentences(plain)]
    return made
