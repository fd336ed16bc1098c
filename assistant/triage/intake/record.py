"""One report as named values, each with its place in a text: what a row of a table and a filled form have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as told: `field` is one of the fields of `vocabulary.yaml` ("" for a column that means none of them).

    `where` says it to people ("line 4, column Age"); `text[start:end]` of the file's own text is the value.
    """

    field: str
    told: str
    start: int
    end: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one report, its stretch of the text, and where it stands for people ("line 4")."""

    cells: tuple[Cell, ...]
    start: int
    end: int
    where: str

    def first(self, field: str) -> Cell | None:
        """The first told value of a field."""
        return next((cell for cell in self.cells if cell.field == field), None)

    def beside(self, cell: Cell, field: str) -> Cell | None:
        """The value of a field in the row (or form) in which another value stands."""
        row = cell.where.partition(",")[0]
        return next((each for each in self.all(field) if each.where.partition(",")[0] == row), None)

    def all(self, field: str) -> tuple[Cell, ...]:
        """Every told value of a field."""
        return tuple(cell for cell in self.cells if cell.field == field)


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, where, and what to do. `rejected`: no case was made of this record."""

    where: str
    wrong: str
    mend: str
    rejected: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}. {self.mend}" if self.mend else f"{self.where}: {self.wrong}."


def parts(cell: Cell, separators: str) -> Sequence[Cell]:
    """The members of a list in one cell, each with its own place."""
    made: list[Cell] = []
    start = cell.start
    piece = ""
    for at, letter in enumerate(cell.told + separators[0], start=cell.start):
        if letter in separators:
            told = piece.strip()
            if told:
                begin = start + len(piece) - len(piece.lstrip())
                made.append(Cell(cell.field, told, begin, begin + len(told), cell.where))
            piece, start = "", at + 1
        else:
            piece += letter
    return made
