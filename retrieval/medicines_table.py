"""Make the two tables that `retrieval/medicines.py` reads: names of medicines, and English words that resemble them.

    python -m retrieval.medicines_table products.txt --words /usr/share/dict/american-english-large

`products.txt` is the Products file of Drugs@FDA (public data, tab-separated). Only facts are kept: which brand holds
which ingredient, and how many products do. The word lists decide which words are ordinary English, so that no
question's "today" or "relief" becomes a medicine; of them only the words that resemble a name are kept.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

from rapidfuzz.distance import OSA

from retrieval.ingredient import base_name
from retrieval.medicines import LOOKALIKES, TABLE, NameRow, allowed_edits, begins_alike

_PLAIN = re.compile(r"[a-z][a-z'-]*(?: [a-z][a-z'-]*){0,3}")
_INGREDIENT = re.compile(r"[a-z][a-z0-9'-]*(?: [a-z0-9][a-z0-9'-]*){0,3}")
# Words that say how a product is made, not what is in it. "HCT", "PLUS" and "D" stay: they mean another ingredient.
_FORM_WORDS = "xl xr er sr cr la ir odt dr cd ds es hfa preservative free kit pediatric pen in im"
_FORMS = frozenset(_FORM_WORDS.split())
_FREQUENT = 5
"""How often a word must occur in a text to be no slip of the pen."""
_NO_NAME = frozenset({"container", "kit", "water", "plastic", "generator", "w", "w/", "in", "and", "with", "for"})
# What the same substance is called where the FDA's name is not used (WHO international nonproprietary names).
OTHER_NAMES: Mapping[str, str] = {
    "4-aminopyridine": "dalfampridine",
    "acetylsalicylic acid": "aspirin",
    "aciclovir": "acyclovir",
    "adrenaline": "epinephrine",
    "amoxycillin": "amoxicillin",
    "beclometasone": "beclomethasone",
    "ciclosporin": "cyclosporine",
    "clavulanic acid": "clavulanate",
    "co-amoxiclav": "amoxicillin;clavulanate",
    "co-trimoxazole": "sulfamethoxazole;trimethoprim",
    "colecalciferol": "cholecalciferol",
    "cyclosporin": "cyclosporine",
    "fampridine": "dalfampridine",
    "frusemide": "furosemide",
    "glibenclamide": "glyburide",
    "glyceryl trinitrate": "nitroglycerin",
    "lignocaine": "lidocaine",
    "noradrenaline": "norepinephrine",
    "oestradiol": "estradiol",
    "paracetamol": "acetaminophen",
    "pethidine": "meperidine",
    "rifampicin": "rifampin",
    "salbutamol": "albuterol",
    "suxamethonium": "succinylcholine",
    "thyroxine": "levothyroxine",
    "valaciclovir": "valacyclovir",
    "valproate": "valproic acid",
    "sodium valproate": "valproic acid",
}
# Short forms with one meaning only; those with two ("metro", "pred", MTX, HCTZ) are on ISMP's list of dangers.
SHORT: Mapping[str, str] = {
    "amox": "amoxicillin",
    "atorva": "atorvastatin",
    "azithro": "azithromycin",
    "clarithro": "clarithromycin",
    "fluclox": "flucloxacillin",
    "paracet": "acetaminophen",
    "prava": "pravastatin",
    "rosuva": "rosuvastatin",
    "simva": "simvastatin",
    "vanc": "vancomycin",
    "vanco": "vancomycin",
}
# Medicines in use elsewhere that have no product in Drugs@FDA: known by name, so that none is read as another.
ELSEWHERE = """
    acenocoumarol agomelatine amisulpride betahistine bezafibrate carbimazole ciprofibrate cyclizine dihydrocodeine
    domperidone ebastine etoricoxib flucloxacillin flupentixol gliclazide lacidipine lercanidipine levosimendan
    mebeverine metamizole moclobemide nicorandil nimesulide phenprocoumon pholcodine racecadotril rupatadine sulpiride
    teicoplanin tianeptine tibolone tirzepatide trimetazidine vildagliptin zopiclone
"""
# English words that people say for a family of ingredients, none of which is called just that.
FAMILIES = "albumin calcitonin epoetin estrogens griseofulvin insulin interferon peginterferon penicillin tenofovir"


def main() -> None:
    """Read the arguments, write both tables beside the starter corpus, and print how large they became."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("products", type=Path)
    parser.add_argument("--words", type=Path, action="append", default=[], help="a list of English words")
    parser.add_argument("--texts", type=Path, action="append", default=[], help="a text whose frequent words are words")
    chosen = parser.parse_args()
    words = {word.lower() for path in chosen.words for word in path.read_text(encoding="utf-8").split()}
    rows = sorted(name_rows(chosen.products, words), key=lambda row: row.name)
    write_table(rows, TABLE)
    seen = Counter(word for path in chosen.texts for word in _words_of(path))
    words |= {word for word, times in seen.items() if times >= _FREQUENT}
    alike = lookalikes((word for word in words if word.isalpha()), [row.name for row in rows])
    LOOKALIKES.write_text("\n".join(alike) + "\n", encoding="utf-8")
    print(f"{len(rows)} names in {TABLE.name}, {len(alike)} words in {LOOKALIKES.name}")


def name_rows(products: Path, english: Set[str]) -> Iterator[NameRow]:
    """Every ingredient once, and every brand with the ingredients that most of its products hold."""
    counts: Counter[str] = Counter()
    brands: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for brand, ingredients in _products(products):
        counts.update(ingredients)
        if ingredients and not _is_generic(brand, ingredients):
            brands[_without_forms(brand)][ingredients] += 1
    known = frozenset(name for name in counts if _INGREDIENT.fullmatch(name) and not _NO_NAME & set(name.split()))
    taken = {name: NameRow(name, (name,), False, counts[name]) for name in known}
    for row in _others(known, counts, english):
        taken.setdefault(row.name, row)
    for name, held in brands.items():
        if _PLAIN.fullmatch(name) and len(name) > 2:
            ingredients, _ = max(held.items(), key=lambda item: (item[1], -len(item[0]), item[0]))
            taken.setdefault(name, NameRow(name, ingredients, True, held.total()))
    yield from taken.values()


def _others(known: frozenset[str], counts: Mapping[str, int], english: Set[str]) -> Iterator[NameRow]:
    """Names that Drugs@FDA lacks, and family names with every ingredient that begins with them."""
    for name, meant in {**OTHER_NAMES, **SHORT}.items():
        yield NameRow(name, tuple(meant.split(";")), False, max(counts.get(one, 0) for one in meant.split(";")))
    yield from (NameRow(name, (name,), False, 0) for name in ELSEWHERE.split())
    heads = {name.split()[0] for name in known if " " in name}
    for family in [*FAMILIES.split(), *sorted(head for head in heads - english if len(head) > 6 and head.isalpha())]:
        members = tuple(sorted(name for name in known if name.startswith(f"{family} ")))
        yield NameRow(family, members, False, sum(counts[name] for name in members))


def write_table(rows: Iterable[NameRow], path: Path) -> None:
    """Write the names as CSV: name, ingredients joined by semicolons, whether it is a brand, number of products."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "ingredients", "kind", "products"))
        for row in rows:
            writer.writerow((row.name, ";".join(row.ingredients), "brand" if row.brand else "ingredient", row.products))


def lookalikes(words: Iterable[str], names: Iterable[str]) -> list[str]:
    """The words that a spelling corrector could take for one of the names, in alphabetical order."""
    by_length: defaultdict[int, list[str]] = defaultdict(list)
    known = set(names)
    for name in known:
        if name.isalpha():
            by_length[len(name)].append(name)
    return sorted({word for word in words if word not in known and _resembles(word, by_length)})


def _words_of(path: Path) -> Iterator[str]:
    return (word.lower() for word in re.findall(r"[A-Za-z]{5,}", path.read_text(encoding="utf-8", errors="replace")))


def _resembles(word: str, by_length: Mapping[int, list[str]]) -> bool:
    edits = allowed_edits(word)
    return edits > 0 and any(
        begins_alike(word, name) and OSA.distance(word, name, score_cutoff=edits) <= edits
        for length in range(len(word) - edits, len(word) + edits + 1)
        for name in by_length.get(length, ())
    )


def _products(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    with path.open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            parts = (base_name(part) for part in (row["ActiveIngredient"] or "").split(";"))
            yield " ".join(row["DrugName"].lower().split()), tuple(sorted({part for part in parts if part}))


def _is_generic(brand: str, ingredients: tuple[str, ...]) -> bool:
    """Whether the product is sold under the names of its ingredients ("IBUPROFEN AND FAMOTIDINE")."""
    held = {word for name in ingredients for word in name.split()}
    return bool(held & set(re.split(r"[\s,;/()]+", brand))) or bool(_NO_NAME & set(brand.split()))


def _without_forms(brand: str) -> str:
    words = brand.replace("-xr", " xr").replace("-xl", " xl").split()
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return " ".join(words)


if __name__ == "__main__":
    main()
