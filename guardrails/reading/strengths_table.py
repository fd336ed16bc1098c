"""Make the table that `guardrails.reading.strengths` reads: the strengths in which combinations are sold.

    python -m guardrails.reading.strengths_table products.txt

`products.txt` is the Products file of Drugs@FDA (public data, tab-separated). Only facts are kept: for every set of two
to four ingredients, in alphabetical order, the strengths of its products in milligrams, in that same order.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from pathlib import Path

from guardrails.reading.strengths import TABLE
from retrieval.ingredient import base_name

_MASS = re.compile(r"(?:EQ )?([\d,]*\.?\d+)\s?(MG|GM|MCG)\b")
_IN_MG = {"MG": Decimal(1), "GM": Decimal(1000), "MCG": Decimal("0.001")}
_FEWEST, _MOST = 2, 4
Strengths = tuple[Decimal, ...]


def main() -> None:
    """Read the argument, write the table beside the reader, and print how large it became."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("products", type=Path)
    sold = combinations(parser.parse_args().products)
    write_table(sold, TABLE)
    print(f"{len(sold)} combinations in {TABLE.name}")


def combinations(products: Path) -> dict[tuple[str, ...], set[Strengths]]:
    """The ingredients of every combination, in alphabetical order, with the strengths of its products in mg."""
    sold: defaultdict[tuple[str, ...], set[Strengths]] = defaultdict(set)
    for ingredients, strengths in _rows(products):
        order = sorted(range(len(ingredients)), key=lambda i: ingredients[i])
        sold[tuple(ingredients[i] for i in order)].add(tuple(strengths[i] for i in order))
    return dict(sold)


def _rows(products: Path) -> Iterator[tuple[tuple[str, ...], Strengths]]:
    with products.open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            ingredients = tuple(base_name(part) for part in (row["ActiveIngredient"] or "").split(";"))
            written = (row["Strength"] or "").partition("**")[0].split(";")
            masses = [_MASS.match(part.strip()) for part in written]
            strengths = tuple(Decimal(one[1].replace(",", "")) * _IN_MG[one[2]] for one in masses if one)
            whole = len(ingredients) == len(written) == len(strengths) == len(set(ingredients))
            if whole and _FEWEST <= len(ingredients) <= _MOST and all(ingredients):
                yield ingredients, strengths


def write_table(sold: Mapping[tuple[str, ...], Set[Strengths]], path: Path) -> None:
    """Write CSV: ingredients joined by semicolons; strengths in mg joined by semicolons, products by spaces."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("ingredients", "strengths"))
        for ingredients in sorted(sold):
            products = [";".join(f"{value.normalize():f}" for value in each) for each in sorted(sold[ingredients])]
            writer.writerow((";".join(ingredients), " ".join(products)))


if __name__ == "__main__":
    main()
