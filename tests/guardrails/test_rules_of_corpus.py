"""Every number of every rule of the starter corpus stands in the monograph that the rule names.

The check is mechanical: it knows thousands separators, g and mg, micrograms and mcg, number words and phrases such as
"every other day". What it cannot find stands in `WORKED_OUT`, each with the reason, and the table may hold no line more
than is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml

from guardrails.rulebook import FOLDER, MedicineRules, read_rules
from retrieval.ingredient import base_name
from retrieval.medicines import Medicines

CORPUS = Path(__file__).resolve().parents[2] / "retrieval" / "corpus"
CLASSES = CORPUS / "classes.yaml"
MEDICINES = sorted(path.stem for path in CORPUS.glob("*.md"))

_IMPAIRED = (
    "the label says “impaired” without a figure; below 60 mL/min is moderate or worse (FDA guidance, March 2024)"
)
_OLDER = "the label says “elderly” without a figure; FDA counts from 65 years (21 CFR 201.57(c)(9)(v))"
_RENAL = (
    "baclofen",
    "carbamazepine",
    "ciprofloxacin",
    "cladribine",
    "clopidogrel",
    "corticotropin",
    "diroximel-fumarate",
)
# Medicine, rule and the number that its sections of the monograph do not hold: how it follows from what they say.
WORKED_OUT = {
    ("acetaminophen", "child-tablet-daily-max", "1625 mg"): "5 tablets of 325 mg",
    ("amoxicillin", "adult-daily-max", "3000 mg"): "1 gram three times daily",
    ("apixaban", "daily-max", "20 mg"): "10 mg twice daily",
    ("dalfampridine", "daily-max", "20 mg"): "2 tablets of 10 mg in 24 hours",
    ("digoxin", "loading-absolute-max", "1500 ug"): "15 mcg/kg at 100 kg, the last column of the dose table",
    ("digoxin", "loading-max", "1500 ug"): "15 mcg/kg at 100 kg, as above",
    ("dimethyl-fumarate", "daily-max", "480 mg"): "240 mg twice a day",
    ("glatiramer-acetate", "interval", "24 h"): "once per day",
    ("levothyroxine", "age-over-12-years", "13 a"): "“greater than 12 years”, after the row of 6-12 years",
    ("lithium", "daily-max", "1800 mg"): "600 mg three times daily",
    ("lithium", "starting-max", "900 mg"): "300 mg three times daily",
    ("metformin", "adult-starting", "1000 mg"): "500 mg twice a day",
    ("metformin", "child-starting", "1000 mg"): "500 mg twice a day",
    ("methotrexate", "not-daily", "42 h"): "at most 4 doses in the 7 days of a week are 42 hours apart on average",
    ("methotrexate", "cancer-not-daily", "42 h"): "at most 4 times per week, as above",
    ("ofatumumab", "rate-max", "400 mL/h"): "written as “rates in mL/hour by interval: … 400”",
    ("omeprazole", "daily-max", "360 mg"): "120 mg three times daily",
    ("phenytoin", "adult-daily-max", "600 mg"): "twelve 50 mg chewable tablets daily",
    ("phenytoin", "adult-starting", "300 mg"): "two 50 mg tablets three times daily",
    ("sertraline", "hepatic-daily-max", "100 mg"): "half of 200 mg",
    ("simvastatin", "renal-starting", "30 mL/min"): "“15 – 29 mL/min”, up to but not including 30",
    **{
        (name, "renal", "60 mL/min"): _IMPAIRED
        for name in (*_RENAL, "ibuprofen", "phenytoin", "prednisone", "warfarin")
    },
    **{(name, "older", "65 a"): _OLDER for name in ("levothyroxine", "lithium", "naproxen", "phenytoin")},
    ("haloperidol", "older-starting", "65 a"): _OLDER,
}


@cache
def _passages(medicine: str) -> tuple[tuple[frozenset[str], str], ...]:
    """Every bullet and table of a monograph, with the sections of the label that it was taken from."""
    passages: list[tuple[frozenset[str], str]] = []
    for block in re.split(r"\n(?=- |Table: |\n|## )", (CORPUS / f"{medicine}.md").read_text(encoding="utf-8")):
        cited = re.search(r"\{([^{}]*)\}\s*(?:\n|$)", block)
        if block.startswith("\n|") and passages:
            sections, caption = passages.pop()
            passages.append((sections, caption + block))
        elif cited:
            sections = frozenset({cited[1], *re.split(r",\s*", cited[1])})
            passages.append((sections, block.replace(",000", "000")))
    return tuple(passages)


def _rules(medicine: str) -> MedicineRules:
    return read_rules(FOLDER / f"{medicine}.yaml")


def _raw(medicine: str) -> list[dict[str, object]]:
    """The rules of a file as they are written, so that an age keeps its unit."""
    read = yaml.safe_load((FOLDER / f"{medicine}.yaml").read_text(encoding="utf-8"))
    return [*read.get("limits", ()), *read.get("cautions", ())]


_WORDS = {1: "one|once|single", 2: "two|twice", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 12: "twelve"}
_UNITS = {
    "mg": r"mg\b",
    "ug": r"(?:mcg|micrograms?)",
    "g": r"g(?:rams?)?\b",
    "h": r"-?hours?",
    "d": r"-?(?:consecutive )?(?:days?|daily|day\b)",
    "wk": r"-?weeks?\b",
    "mo": r"-?months?",
    "a": r"-?(?:years?|or older|or over|or greater)",
    "kg": r"(?:kg|kilograms)",
    "mL/min": r"m[lL]/min",
    "mL/h": r"mL(?: per |/)hour",
    "[arb'U]": "units",
    "mg/min": r"mg per minute",
    "1": r"(?:tablets|per day|daily|a day)",
}
_PHRASES = {
    "1 wk": ("once a week", "once weekly", "weekly", "1 week"),
    "7 d": ("once weekly", "once a week", "7 consecutive days", "7 days"),
    "2 d": ("every other day", "once every other day"),
    "1 1": ("once daily", "once a day", "once per day", "single daily dose"),
    "24 h": ("every 24 hours",),
    "18 a": ("adults", "adult ", "paediatric", "children", "pediatric"),
}


_RANGE = r"(?:(?: mg)?,?\s?(?:-|–|to|or|and)\s?(?:less than )?[\d.,]+)*"
"""What may follow a number before the unit that it shares with others: "10, 20 or 40 mg", "10 to 80 mg"."""


def _written(number: str) -> str:
    """A pattern for the number: 2550 as 2,550 too, 0.5 as 0.50, and small ones as words."""
    value = Decimal(number)
    grouped = f"{value.normalize():,f}"
    pattern = f"(?:{re.escape(grouped)}|{re.escape(number)}" + (r"0?" if "." in number else r"(?:\.0)?")
    words = _WORDS.get(int(value)) if value == int(value) else None
    return rf"(?<![\d.])(?:{pattern}){f'|{words}' if words else ''})(?![\d]|\.\d|,\d)"


def _stands_in(text: str, number: str, unit: str) -> bool:
    """Whether the text gives this number with its unit: a few words apart, or in a table whose head says the unit."""
    if any(phrase in text.lower() for phrase in _PHRASES.get(f"{number} {unit}", ())):
        return True
    written = _UNITS.get(unit) or re.escape(unit).replace("ug", "mcg").replace("/", "(?:/| per )")
    unit_word = rf"(?<![A-Za-z]){written}"
    near = rf"{_written(number)}{_RANGE}[^.|{{\d]{{0,32}}?{unit_word}"
    near += rf"|\bage of {number}\b" if unit == "a" else ""
    return re.search(near, text, re.IGNORECASE) is not None or _stands_in_a_table(text, number, unit_word)


def _stands_in_a_table(text: str, number: str, unit_word: str) -> bool:
    """Whether a cell holds the number, and the caption or head of its table the unit."""
    for table in re.findall(r"Table: .*?(?=\n- |\nTable: |\Z)", text, re.DOTALL):
        head = re.split(r"\n\| ?---", table)[0]
        if re.search(unit_word, head) and re.search(rf"\|[^|\n]*{_written(number)}[^|\n]*\|", table):
            return True
    return False


def _numbers(rule: dict[str, object]) -> Iterator[str]:
    """Every number with its unit of a rule: "2550 mg", "10 a", "30 mL/min"."""
    for field in ("value", "cap"):
        if field in rule:
            yield str(rule[field])
    when = rule.get("when") or {}
    assert isinstance(when, dict)
    for field, unit in {"age": "a", "weight": "kg", "crcl": "mL/min", "egfr": "mL/min"}.items():
        for bound in re.split(r"\.\.=?", str(when.get(field, ""))):
            if bound:
                yield bound if " " in bound else f"{bound} {unit}"


def _of_section(medicine: str, section: str) -> str:
    """What the monograph says from any of the sections that a rule names."""
    named = {section, *re.split(r",\s*", section)}
    return "\n".join(text for sections, text in _passages(medicine) if sections & named)


def _missing(medicine: str) -> Iterator[tuple[str, str, str]]:
    for rule in _raw(medicine):
        if rule.get("source", "label") != "label":
            continue
        text = _of_section(medicine, str(rule["section"]))
        assert text, f"{medicine} {rule['id']}: the monograph cites no section {rule['section']}"
        for number in _numbers(rule):
            value, _, unit = number.partition(" ")
            grams = unit == "mg" and _stands_in(text, f"{(Decimal(value) / 1000).normalize():f}", "g")
            if not grams and not _stands_in(text, value, unit):
                yield medicine, str(rule["id"]), number


@pytest.mark.parametrize("medicine", MEDICINES)
def test_numbers_stand_in_the_monograph(medicine: str) -> None:
    assert set(_missing(medicine)) == {line for line in WORKED_OUT if line[0] == medicine}


@pytest.mark.parametrize("medicine", MEDICINES)
def test_each_rule_names_a_section_of_the_monograph(medicine: str) -> None:
    cited = {section for sections, _ in _passages(medicine) for section in sections}
    rules = [rule for rule in _raw(medicine) if rule.get("source", "label") == "label"]
    unknown = [rule["id"] for rule in rules if not {*re.split(r",\s*", str(rule["section"])), rule["section"]} & cited]
    assert not unknown


@pytest.mark.parametrize("medicine", MEDICINES)
def test_the_source_is_the_label_of_the_monograph(medicine: str) -> None:
    rules = _rules(medicine)
    front = yaml.safe_load((CORPUS / f"{medicine}.md").read_text(encoding="utf-8").split("---")[1])
    label, source = front["label"], rules.sources["label"]
    assert (source.title, source.publisher, source.effective) == (
        label["title"],
        label["publisher"],
        label["effective"],
    )
    assert (source.document, source.verified) == (f"corpus/{medicine}.md", label["verified"])
    assert set(rules.ingredients) == {base_name(name) for name in front["ingredients"]}


@pytest.mark.parametrize("medicine", MEDICINES)
def test_numbers_of_the_explanation_stand_in_the_rule_or_the_monograph(medicine: str) -> None:
    text = "\n".join(passage for _, passage in _passages(medicine))
    for rule in _raw(medicine):
        if rule.get("source", "label") != "label":
            continue
        own = " ".join(_numbers(rule))
        for number in re.findall(
            r"(?<![\w*/.,-])\d[\d,]*(?:\.\d+)?(?![\w*/])", str(rule["text"]).replace(",000", "000")
        ):
            plain = number.replace(",", "")
            found = re.search(rf"(?<![\d.]){re.escape(plain)}(?!\d)", own) or re.search(_written(plain), text)
            assert found, f"{medicine} {rule['id']}: {number}"


_NO_MEDICINES = {
    *("alcohol", "grapefruit juice", "live vaccine", "latex", "porcine protein", "tartrazine", "digitalis"),
    *("garlic", "ginkgo", "ginseng", "echinacea", "goldenseal", "coenzyme q10", "st. john's wort"),
    *("4-aminopyridine", "fampridine"),
}
"""What may be taken besides, or react, and is no ingredient or class: it is looked for by its name as typed."""


@pytest.mark.parametrize("medicine", MEDICINES)
def test_other_medicines_are_named_as_the_table_of_medicines_names_them(medicine: str) -> None:
    rules = _rules(medicine)
    named = {name for caution in rules.cautions for name in caution.with_} - _NO_MEDICINES
    named |= {name for limit in rules.limits for name in limit.when.medicines}
    assert not {name for name in named - _classes() if name not in _table().ingredients_of(name)}


@cache
def _table() -> Medicines:
    return Medicines.load()


@cache
def _classes() -> frozenset[str]:
    table = yaml.safe_load(CLASSES.read_text(encoding="utf-8"))
    return frozenset(name for members in table["classes"] for name in members["names"])


def test_every_medicine_of_the_corpus_has_its_rules() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} >= set(MEDICINES)


def test_a_source_outside_the_corpus_is_named_with_its_address() -> None:
    for medicine in MEDICINES:
        for name, source in _rules(medicine).sources.items():
            assert name == "label" or source.url.startswith("https://"), f"{medicine}: {name}"


# The number as a rule writes it, what a monograph may say, and whether that is the same.
SAME = [
    ("2550 mg", "a maximum of 2,550 mg per day", True),
    ("255 mg", "a maximum of 2,550 mg per day", False),  # a part of the number is another number
    ("2550 mg", "a maximum of 12,550 mg per day", False),
    ("0.5 mg", "begin at 0.50 mg", True),
    ("5 mg", "begin at 0.5 mg", False),
    ("5 mg", "begin at 5.5 mg", False),
    ("10 mg/kg", "10 to 20 mg/kg/day", True),
    ("10 mg/kg", "10 mg twice a day", False),
    ("15 ug/kg", "a total of 10-15 mcg/kg", True),
    ("0.61 mg/kg", "up to 0.61 mg per kg", True),
    ("12 wk", "a total of 12 weeks", True),
    ("12 wk", "12 tablets weekly", False),
    ("4 wk", "every four weeks", True),
    ("30 mL/min", "creatinine clearance < 30 mL/min", True),
    ("30 mL/min", "a dose of 30 mg. Clearance is in mL/min", False),  # not across a sentence
]


@pytest.mark.parametrize(("number", "text", "same"), SAME)
def test_number_with_its_unit(number: str, text: str, same: bool) -> None:
    value, _, unit = number.partition(" ")
    assert _stands_in(text, value, unit) is same
