from __future__ import annotations

import json

from assistant.reply import write_reply
from finetune.columns import evidence_text
from finetune.prepare.deidentify import deidentify, pseudonym
from guardrails.claim import Claim
from retrieval.passage import Citation, Passage, Section
from tests.finetune.prepare.made import failing_mask, rows, rules_mask


def test_identifiers_are_masked_in_question_answer_and_history() -> None:
    given = rows({"question": "Mrs Mary Johnson, MRN 4711234, needs warfarin", "answer": "Call (212) 555-0142.",
                  "history": ["seen on 3/14/2024"]})  # fmt: skip
    made, gone = deidentify(given, rules_mask(), "")
    whole = json.dumps(made.to_dicts())
    assert not any(value in whole for value in ("Johnson", "4711234", "555-0142", "3/14/2024"))
    assert "warfarin" in whole
    assert set(made["masked"][0]) >= {"NAME", "DATE", "PHONE"}
    assert gone.is_empty()


def test_a_row_that_cannot_be_masked_is_dropped_and_says_nothing() -> None:
    given = rows(
        {"question": "about digoxin", "answer": "a"},
        {"question": "b", "answer": "on digoxin"},
        {"question": "c", "answer": "d", "history": ["digoxin"]},
        {"question": "e", "answer": "f"},
    )
    made, gone = deidentify(given, failing_mask(), "")
    assert made["id"].to_list() == ["r3"]
    assert gone["reason"].unique().to_list() == ["could not be masked"]
    assert "digoxin" not in json.dumps(gone.to_dicts())


def test_the_quotes_of_a_reply_stay_and_its_sentences_are_masked() -> None:
    quote = "Mrs Mary Johnson described it."
    reply = write_reply([Claim("Mrs Mary Johnson may take it.", (Citation("k1", quote),))])
    made, _ = deidentify(rows({"question": "q", "answer": reply}), rules_mask(), "", public_evidence=True)
    answer = json.loads(made["answer"][0])
    assert answer[0]["citations"][0]["quote"] == quote
    assert "Johnson" not in answer[0]["text"]


def test_a_patient_becomes_a_pseudonym_that_needs_the_key() -> None:
    made, _ = deidentify(rows({"question": "q", "answer": "a", "group": "MRN 1"}), rules_mask(), "key")
    assert made["group"][0] == pseudonym("MRN 1", "key") != pseudonym("MRN 1", "other")
    assert "MRN" not in made["group"][0]
    assert pseudonym("", "key") == ""


def test_foreign_evidence_with_an_identifier_drops_its_row() -> None:
    passages = [
        Passage(f"k{n}", "s@1", text, Section.DOSAGE, ("2",), 0, len(text), (), "Notes", None)
        for n, text in enumerate(("Take it with food.", "Seen on 3/14/2024: Mrs Mary Johnson took it."))
    ]
    given = rows(*({"question": "q", "answer": "a", "evidence": evidence_text((one,))} for one in passages))
    made, gone = deidentify(given, rules_mask(), "")
    assert made["id"].to_list() == ["r0"]
    assert made["evidence"][0] == given["evidence"][0]
    assert gone["reason"].to_list() == ["identifiers in its evidence"]
    assert deidentify(given, rules_mask(), "", public_evidence=True)[0].height == 2


def test_a_quote_that_no_passage_holds_is_searched_and_so_are_the_names_of_passages() -> None:
    def passage(key: str, source: str = "metformin@1") -> Passage:
        return Passage(key, source, "Take it with food.", Section.DOSAGE, ("2",), 0, 18, (), "Notes", None)

    def reply(key: str, quote: str) -> str:
        return write_reply([Claim("Take it with food.", (Citation(key, quote),))])

    ours, named = passage("metformin-3f9a2c1b"), passage("visit-3-14-2024")
    from_file = passage("metformin-3f9a2c1b", "MRN_4711234.pdf@9f86d081")
    given = rows(
        {"question": "q", "answer": reply(ours.key, ours.text), "evidence": evidence_text((ours,))},
        {"question": "q", "answer": reply(ours.key, "Mrs Mary Johnson took it.")},
        {"question": "q", "answer": reply(ours.key, "Call (212) 555-0142."), "evidence": evidence_text((ours,))},
        {"question": "q", "answer": reply("MRN 4711234", ours.text)},
        {"question": "q", "answer": "a", "evidence": evidence_text((from_file,))},
        {"question": "q", "answer": "a", "evidence": evidence_text((named,))},
    )
    made, gone = deidentify(given, rules_mask(), "")
    assert made["id"].to_list()[:1] == ["r0"]
    assert set(gone["id"]) >= {"r1", "r2", "r3", "r4"}
    whole = json.dumps(made.to_dicts())
    assert not any(value in whole for value in ("Johnson", "4711234", "555-0142"))
