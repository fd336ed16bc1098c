from __future__ import annotations

import pytest

from finetune.prepare.clean import clean, clean_text
from finetune.prepare.language import language_of
from finetune.prepare.settings import Settings
from tests.finetune.prepare.made import rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don&rsquo;t give 5&nbsp;mg", "don’t give 5 mg"),
        ("â€œquotedâ€\x9d", "“quoted”"),
        ("platelets 10<sup>9</sup>/L", "platelets 10^9/L"),  # not 109
        ("<tr><td>5</td><td>10</td></tr>", "5 10"),  # not 510
        ("CO<sub>2</sub> and <b>bold</b>", "CO2 and bold"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("eGFR < 30 and > 15 mL/min", "eGFR < 30 and > 15 mL/min"),  # no markup
        ("eGFR &lt; 30", "eGFR < 30"),
        ("½ tablet, 1.73 m²", "½ tablet, 1.73 m²"),
        ("x <script>alert(5)</script> y", "x y"),
    ],
)
def test_markup_and_encoding_go_and_numbers_stay(text: str, expected: str) -> None:
    assert clean_text(text) == expected


def test_what_is_dropped_and_why() -> None:
    given = rows(
        {"question": "What is the dose and when should it be given?", "answer": "As the label says."},
        {"question": "<p> </p>", "answer": "As the label says, and not before."},
        {"question": "Take which of the two?", "answer": "Take <del>5</del> 10 mg when it is due."},
        {
            "question": "Quelle est la dose maximale de paracétamol chez l'adulte ?",
            "answer": "Quatre grammes par jour.",
        },
        {"question": "x" * 2000, "answer": "a"},
    )
    kept, gone = clean(given, Settings(longest=1000))
    assert kept["id"].to_list() == ["r0"]
    assert dict(gone.select("id", "reason").iter_rows()) == {
        "r1": "no text", "r2": "struck-out text", "r3": "language fr", "r4": "too long",
    }  # fmt: skip


def test_boilerplate_goes_from_a_plain_answer() -> None:
    given = rows({"question": "What should be done when a dose is missed?",
                  "answer": "As an AI language model, I cannot examine you. Skip it.\nI hope this helps!"})  # fmt: skip
    assert clean(given, Settings())[0]["answer"].to_list() == ["Skip it."]


def test_an_answer_from_evidence_stays_as_it_is() -> None:
    evidence = '[{"key":"k"}]'
    given = rows({"question": "What  is&nbsp;this and when?", "answer": "a  &lt; <b>b</b>", "evidence": evidence})
    kept, _ = clean(given, Settings())
    assert kept["question"][0] == "What is this and when?"
    assert (kept["answer"][0], kept["evidence"][0]) == ("a  &lt; <b>b</b>", evidence)


def test_names_of_medicines_alone_are_english() -> None:
    assert language_of("clopidogrel omeprazole?") == "en"
    assert language_of("¿Cuál es la dosis máxima de este medicamento?") == "es"
