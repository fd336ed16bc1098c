"""The little language of the tables of signs: each part of it, with what it must and must not find."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.errors import RuleInvalid
from guardrails.screening.tables import FOLDER, table

LANGUAGE = [
    # sign, text, whether it is found
    ("took too much", "She took TOO much of it", True),
    ("took too much", "mistook too much", False),  # words begin where a word begins
    ("took too much", "took too muchness", False),  # and end where one ends
    ("took ... overdose", "took what may be an overdose", True),
    ("took ... overdose", "took it. An overdose is rare", False),  # one sentence only
    ("took ... overdose", f"took {'x' * 80} overdose", False),  # sixty characters at most
    ("took [about] <n> tablets", "took about 20 tablets", True),
    ("took [about] <n> tablets", "took twenty tablets", True),
    ("took [about] <n> tablets", "took a few tablets", False),
    ("[just] took it", "took it", True),
    ("[just] took it", "just took it", True),
    ("he ... [has] taken", "he has taken", True),
    ("he ... [has] taken", "he may have taken", True),
    ("took/ate it", "ate it", True),
    ("took/ate it", "made it", False),
    ("took <nn>", "took 10", True),
    ("took <nn>", "took 9", False),
    ("took <nn>", "took twelve", True),
    ("took <nn>", "took 500 mg", False),
    ("took <nn>", "took 500mg", False),
    ("took <nn>", "took 1,000 of them", True),
    ("overdos* on", "overdosed on", True),
    ("overdos* on", "overdo on", False),
    ("{who} fell", "her son fell", True),
    ("{who} fell", "the sun fell", False),
    ("don't stop", "dont stop", True),
    ("don't stop", "don’t stop", True),
    ("<n>yo", "a 4yo ate", True),
    ("<n>yo", "a 4 you", False),
]


def _write(folder: Path, signs: list[str], unless: list[str] | None = None) -> None:
    lines = ["id: own", 'version: "1"', "words: {who: [her son, he]}", "kinds:", "  - id: kind", "    say: Said."]
    lines += ["    signs:", *(f"      - '{sign.replace(chr(39), chr(39) * 2)}'" for sign in signs)]
    if unless:
        lines += ["    unless:", *(f"      - {sign}" for sign in unless)]
    (folder / "own.yaml").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(("sign", "text", "found"), LANGUAGE)
def test_a_sign_finds_what_it_says(tmp_path: Path, sign: str, text: str, found: bool) -> None:
    _write(tmp_path, [sign])
    assert bool(table("own", tmp_path).find(text)) is found


def test_a_sign_that_counts_for_nothing(tmp_path: Path) -> None:
    _write(tmp_path, ["he took it"], unless=["as prescribed"])
    assert table("own", tmp_path).find("he took it now")
    assert not table("own", tmp_path).find("he took it as prescribed")


def test_the_place_is_that_of_the_text(tmp_path: Path) -> None:
    _write(tmp_path, ["took it"])
    text = "İ: He TOOK it"
    (sign,) = table("own", tmp_path).find(text)
    assert (text[slice(*sign.span)], sign.kind, sign.say) == ("TOOK it", "kind", "Said.")


@pytest.mark.parametrize("sign", ["{nobody} fell", "took {", "took <x>", "(took"])
def test_what_is_not_in_the_language_is_refused(tmp_path: Path, sign: str) -> None:
    _write(tmp_path, [sign])
    if sign == "(took":  # an ordinary character: it stands for itself
        assert table("own", tmp_path).find("he (took")
        return
    with pytest.raises(RuleInvalid, match=r"own\.yaml"):
        table("own", tmp_path)


def test_a_missing_or_misspelt_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleInvalid):
        table("nowhere", tmp_path)
    (tmp_path / "bad.yaml").write_text("id: bad\nkind: []\n", encoding="utf-8")
    with pytest.raises(RuleInvalid):
        table("bad", tmp_path)


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.yaml"))])
def test_every_shipped_table_is_in_the_language_and_speaks_in_one_sentence(name: str) -> None:
    read = table(name)
    assert (read.id, bool(read.version)) == (name, True)
    assert not read.find("")


@given(st.text(max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    for path in FOLDER.glob("*.yaml"):
        for sign in table(path.stem).find(text):
            assert 0 <= sign.span[0] < sign.span[1] <= len(text)
