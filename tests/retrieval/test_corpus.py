"""Every number and unit of a starter monograph occurs in the label that the monograph names as its source.

The label's text is taken straight from the file, not through the product's own readers, so that a mistake of a reader
cannot hide a mistake of a monograph. A monograph whose label is not in the development data must say `verified: false`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
import yaml
from lxml import etree

CORPUS = Path(__file__).resolve().parents[2] / "retrieval" / "corpus"
MONOGRAPHS = sorted(CORPUS.glob("*.md"))
HEADINGS = {
    "Indications", "Adult dosing", "Maximum dose", "Paediatric dosing", "Renal impairment", "Hepatic impairment",
    "Contraindications", "Warnings", "Interactions", "Pregnancy", "Lactation", "Common adverse reactions",
    "Serious adverse reactions", "Overdose",
}  # fmt: skip
UNITS = (
    r"mg/kg|mg/m2|mg/ml|mg/day|mg/dl|mcg/kg|mcg/ml|mcg|mg|ml/min|ml|kg/m2|kg|g|million units|million iu|units|iu|%|"
    r"hours?|days?|weeks?|months?|years?|minutes?|seconds?|times|tablets?|capsules?|msec|mmhg|bpm|beats|copies|cells|°c|°f"
)
NUMBER = re.compile(rf"(?<![\w.,/^])(\d+(?:\.\d+)?)(?:[ -]?({UNITS})(?![a-z]))?", re.IGNORECASE)
SPAN = r"[ -]?(?:[a-z/%°]+ ?)?(?:to|-|or|and|,|through|versus|vs\.?)+ ?(?:[a-z]+ )?"


def plain(text: str) -> str:
    """Lower case, one space, and one way of writing micro, times, dashes, superscripts and subscripts."""
    text = unicodedata.normalize("NFKC", text).replace("×", "x").replace("−", "-").replace("–", "-").replace("—", "-")
    text = text.replace("μg", "mcg").replace("µg", "mcg").replace("microgram", "mcg").replace("percent", "%")
    text = re.sub(r"\s+", " ", text).lower()
    text = re.sub(r"/m 2\b", "/m2", text)
    text = re.sub(r"\bx ?10 ?(?=\d\b)", "x 10", text)
    text = re.sub(r"(?<=\d) (?=%)", "", text)
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)


@cache
def label_text(path: Path) -> str:
    """The label's words in file order."""
    if path.suffix == ".pdf":
        with pdfplumber.open(path) as pdf:
            # A page is read both as printed and word by word in reading order: columns split "12 years" in one of them.
            return plain(
                " ".join(
                    (page.extract_text() or "") + " " + page.extract_text(use_text_flow=True) for page in pdf.pages
                )
            )
    root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    words = list(root.itertext())
    # Joined with spaces, table cells stay apart; joined without, a power such as 10⁹ stays together.
    return plain(" ".join(words) + " " + "".join(words))


def occurs(number: str, unit: str, label: str) -> bool:
    """Whether the label has this number with this unit, the unit possibly given once for a range or list."""
    value = rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)"
    if not unit:
        return re.search(value, label) is not None
    measure = rf"[ -]?{re.escape(unit.rstrip('s'))}s?"
    shared = rf"{value}(?:{SPAN}\d[\d.]*)*{measure}"
    return re.search(f"{value}{measure}", label) is not None or re.search(shared, label) is not None


def monograph(path: Path) -> tuple[Any, str]:
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def unproven(body: str, label: str) -> list[str]:
    """Bullets and table rows with a number that the label does not have in that form."""
    found = []
    for line in body.splitlines():
        if not line.startswith(("- ", "| ")):
            continue
        said = plain(re.sub(r"\{[^}]*\}\s*$", "", line))
        wrong = [f"{number} {unit}".strip() for number, unit in NUMBER.findall(said) if not occurs(number, unit, label)]
        if wrong:
            found.append(f"{', '.join(wrong)} <- {line}")
    return found


@pytest.mark.shared
@pytest.mark.parametrize("path", MONOGRAPHS, ids=lambda path: path.stem)
def test_every_number_of_a_monograph_is_in_its_label(path: Path, shared_data: Path) -> None:
    front, body = monograph(path)
    if not front["label"]["verified"]:
        pytest.skip("marked as not verified: its label is not in the development data")
    assert unproven(body, label_text(shared_data / str(front["label"]["file"]))) == []


@pytest.mark.shared
def test_the_check_can_fail(shared_data: Path) -> None:
    label = label_text(shared_data / "pdf" / "fda_warfarin_highlights_2022.pdf")
    assert unproven("- Take 777 mg of warfarin. {2}", label)
    assert unproven("- The INR range is 2.0 to 3.1 hours. {2}", label)
    assert not unproven("- Typical maintenance doses are 2 mg to 10 mg. {2}", label)


@pytest.mark.parametrize("path", MONOGRAPHS, ids=lambda path: path.stem)
def test_a_monograph_is_complete_or_says_that_it_is_not_verified(path: Path) -> None:
    front, body = monograph(path)
    label = front["label"]
    assert front["id"] == path.stem
    assert label["effective"]
    if label["verified"]:
        assert label["file"], "a verified monograph names the file that verifies it"
        assert set(re.findall(r"^## (.+)$", body, re.M)) >= HEADINGS
    else:
        assert label["url"]
        assert not label["file"]
    unsourced = [line for line in body.splitlines() if line.startswith("- ") and not re.search(r"\{[^}]+\}\s*$", line)]
    assert unsourced == []


def test_there_are_at_least_25_verified_monographs() -> None:
    assert sum(bool(monograph(path)[0]["label"]["verified"]) for path in MONOGRAPHS) >= 25
