"""What a claim may change of its quote and what it may not: one commented table per concern, for a pharmacist to read.

Every row: the claim, the quote (a whole passage of its own), and the rule that must find fault, or "" when the claim
must be released.
"""

from __future__ import annotations

import pytest

from tests.guardrails.claims import is_released, judged, passage, rules

NUMBERS = [
    # the same amount in another notation
    ("The maximum dose is 2550 mg per day.", "The maximum dose is 2,550 mg per day.", ""),
    ("The maximum dose is 2,550 mg/day.", "The maximum dose is 2,550 mg per day.", ""),
    ("Take metformin 2 tablets.", "Take metformin two tablets.", ""),
    ("Take metformin two tablets.", "Take metformin 2 tablets.", ""),
    ("Take metformin ½ tablet.", "Take metformin half a tablet.", ""),
    ("Give metformin 250 µg.", "Give metformin 250 mcg.", ""),
    ("Give metformin 250 micrograms.", "Give metformin 250 µg.", ""),
    ("Give metformin 10-20 mg.", "Give metformin 10 to 20 mg.", ""),
    ("Give metformin 10 mg to 20 mg.", "Give metformin 10–20 mg.", ""),
    ("Give metformin 500 mg/5 mL.", "Give metformin 500 mg per 5 mL.", ""),
    ("Give metformin 500 mg BID.", "Give metformin 500 mg twice daily.", ""),
    ("Give metformin 500 mg two times a day.", "Give metformin 500 mg twice daily.", ""),
    ("Give metformin 500 mg q6h.", "Give metformin 500 mg every 6 hours.", ""),
    ("Give metformin 15 mg/kg/day.", "Give metformin 15 mg per kg per day.", ""),
    ("Their low eGFR is 30 mL/min/1.73 m².", "Their low eGFR is 30 mL/min/1.73 m2.", ""),
    ("Rash occurred in 10 percent.", "Rash occurred in 10%.", ""),
    # another number
    ("Give metformin 5000 mg.", "Give metformin 500 mg.", "numbers"),  # ten times too much
    ("Give metformin 50 mg.", "Give metformin 500 mg.", "numbers"),  # ten times too little
    ("Give metformin 5.0 mg.", "Give metformin 50 mg.", "numbers"),
    ("Give metformin 0.5 mg.", "Give metformin .05 mg.", "numbers"),
    ("Give metformin 501 mg.", "Give metformin 500 mg.", "numbers"),
    ("Take metformin three tablets.", "Take metformin two tablets.", "numbers"),
    ("Take metformin 3 tablets.", "Take metformin two tablets.", "numbers"),
    ("Give metformin 500 mg three times daily.", "Give metformin 500 mg twice daily.", "numbers"),
    ("Give metformin 500 mg TID.", "Give metformin 500 mg BID.", "numbers"),
    ("Give metformin 500 mg every 8 hours.", "Give metformin 500 mg every 6 hours.", "numbers"),
    ("Give metformin 500 mg q8h.", "Give metformin 500 mg every 6 hours.", "numbers"),
    ("Give metformin for 14 days.", "Give metformin for 7 days.", "numbers"),
    ("It was seen in the second trimester.", "It was seen in the third trimester.", "numbers"),
    ("It is metabolised by CYP2D6.", "It is metabolised by CYP3A4.", "numbers"),
    ("Use in Child-Pugh class C.", "Use in Child-Pugh class B.", "numbers"),
    # another unit for the same amount
    ("Give metformin 0.5 g.", "Give metformin 500 mg.", ""),
    ("Give metformin 500 mg.", "Give metformin 0.5 g.", ""),
    ("Give metformin 250 mcg.", "Give metformin 0.25 mg.", ""),
    ("Give metformin for one week.", "Give metformin for 7 days.", ""),
    ("Wait 1 day.", "Wait 24 hours.", ""),
    ("Infuse over 1.5 hours.", "Infuse over 90 minutes.", ""),
    ("Give metformin 40 mg/mL.", "Give metformin 200 mg per 5 mL.", ""),
    ("Give metformin 500 mg every 12 hours.", "Give metformin 500 mg twice daily.", ""),
    ("Give metformin 500 mg three times a day.", "Give metformin 500 mg every 8 hours.", ""),
    ("Give metformin 20 mg daily.", "Give metformin 20 mg once a day.", ""),
    ("Give metformin 20 mg once daily.", "Give metformin 20 mg daily.", ""),
    ("Give metformin 10 mg once a week.", "Give metformin 10 mg once every 7 days.", ""),
    ("Give metformin every other day.", "Give metformin every 2 days.", ""),
    ("The maximum daily dose is 4 g.", "The maximum dose is 4,000 mg per day.", ""),
    ("Take no more than 4 g in 24 hours.", "The maximum dose is 4,000 mg per day.", ""),
    ("Do not take more than 4 g a day.", "The maximum dose is 4,000 mg per day.", ""),
    ("Take one and a half tablets of metformin.", "Take 1.5 tablets of metformin.", ""),
    # another unit for another amount, or for what is not the same
    ("Give metformin 20 mg once daily.", "Give metformin 20 mg per day.", "numbers"),  # a total is not taken at once
    ("Give metformin 5 g.", "Give metformin 500 mg.", "numbers"),
    ("Give metformin 0.5 mg.", "Give metformin 500 mg.", "numbers"),
    ("Give metformin 2500 mcg.", "Give metformin 0.25 mg.", "numbers"),
    ("Give metformin for one month.", "Give metformin for 30 days.", "numbers"),
    ("Give metformin every 3 days.", "Give metformin every other day.", "numbers"),
    ("Give metformin 10 mg once a day.", "Give metformin 10 mg once a week.", "numbers"),
    ("The maximum single dose is 4 g.", "The maximum dose is 4 g per day.", "numbers"),
    ("Give metformin 500 mcg.", "Give metformin 500 mg.", "numbers"),
    ("Give metformin 500 g.", "Give metformin 500 mg.", "numbers"),
    ("Give metformin 500 mL.", "Give metformin 500 mg.", "numbers"),
    ("Give metformin 10 mg.", "Give metformin 10 mg/kg.", "numbers"),
    ("Give metformin 10 mg/kg/day.", "Give metformin 10 mg/kg/dose.", "numbers"),
    ("Give metformin 4 g per dose.", "Give metformin 4 g per day.", "numbers"),
    ("Give metformin for 7 weeks.", "Give metformin for 7 days.", "numbers"),
    ("Give metformin 10 units.", "Give metformin 10 mg.", "numbers"),
    ("Give metformin 500 mg.", "Give metformin 500 mg daily.", "numbers"),  # without "daily" it reads as one dose
    # a range is not one of its ends
    ("Give metformin 20 mg.", "Give metformin 10 to 20 mg.", "numbers"),
    ("Give metformin 10 mg.", "Give metformin 10 to 20 mg.", "numbers"),
    ("Give metformin 10 to 40 mg.", "Give metformin 10 to 20 mg.", "numbers"),
]

TOGETHER = [
    # amounts that the quote has, put together in another way
    ("Start 500 mg once daily.", "Start 500 mg twice daily, then 850 mg once daily.", "numbers"),
    ("Below 40 kg give 400 mg.", "Below 40 kg give 200 mg, otherwise give 400 mg.", "amounts-together"),
    ("Give metformin 10 mg for 7 days.", "Give metformin 5 mg for 7 days, then 10 mg for 14 days.", "amounts-together"),
    ("Give metformin 5 mg for 7 days.", "Give metformin 5 mg for 7 days, then 10 mg for 14 days.", ""),
    ("Give metformin 10 mg for 14 days.", "Give metformin 5 mg for 7 days; then give metformin 10 mg for 14 days.", ""),
]

LIMITS = [
    ("The maximum dose is 4 g per day.", "Do not exceed the dose of 4 g per day.", ""),
    ("Give metformin up to 4 g per day.", "Give metformin no more than 4 g per day.", ""),
    ("Give metformin at least 4 g per day.", "Give metformin no more than 4 g per day.", "limits"),
    ("Exceed the dose of 4 g per day.", "Do not exceed the dose of 4 g per day.", "limits"),
    ("The dose is 4 g per day.", "The maximum dose is 4 g per day.", "limits"),  # a maximum is no dose
    ("The maximum dose is 4 g per day.", "The dose is 4 g per day.", "limits"),
    ("Their eGFR is low: above 30 mL/min.", "Their eGFR is low: below 30 mL/min.", "limits"),
    ("Their eGFR is low: > 30 mL/min.", "Their eGFR is low: < 30 mL/min.", "limits"),
    ("Their eGFR is low: ≥ 30 mL/min.", "Their eGFR is low: > 30 mL/min.", "limits"),
    ("Their eGFR is low: less than 30 mL/min.", "Their eGFR is low: below 30 mL/min.", ""),
    ("Use in children 12 years and younger.", "Use in children 12 years and older.", "limits"),
    ("Use in children from 12 years.", "Use in children 12 years and older.", "limits"),
    ("Give metformin 500 mg daily.", "Start with 500 mg daily.", "limits"),  # a starting dose is not the dose
    ("Increase to 500 mg.", "Increase by 500 mg.", "limits"),
    ("Decrease by 500 mg.", "Increase by 500 mg.", "limits"),
    ("The maintenance dose is 500 mg.", "The initial dose is 500 mg.", "limits"),
    ("Infuse within 30 minutes.", "Infuse over 30 minutes.", "limits"),
]

SUBJECTS = [
    # the doses of a titration change places
    (
        "If well, start at 3 mg and then give 30 mg as tolerated.",
        "If well, start at 3 mg and then give 30 mg as tolerated.",
        "",
    ),
    (
        "If well, start at 30 mg and then give 3 mg as tolerated.",
        "If well, start at 3 mg and then give 30 mg as tolerated.",
        "subjects",
    ),
    ("Rash in 30% and fever in 3%.", "Rash in 3% and fever in 30%.", "subjects"),
    ("Rash and fever in 30% and 3%, respectively.", "Rash and fever in 3% and 30%, respectively.", "subjects"),
    ("Fever in 30% and rash in 3%.", "Rash in 3% and fever in 30%.", ""),  # with their labels
    ("Children take 500 mg.", "Adults take 500 mg and children take 250 mg.", "subjects"),
    ("Children take 250 mg.", "Adults take 500 mg and children take 250 mg.", ""),
    ("Adults take 250 mg.", "Take 500 mg in adults, 250 mg in children.", "subjects"),
    ("Take 500 mg.", "Children take 500 mg.", "conditions"),  # the people are dropped
    ("Give 500 mg in severe renal impairment.", "Give 500 mg in mild renal impairment.", "conditions"),
    ("Give 250 mg.", "Below 60 kg give 250 mg.", "whole-dose"),  # the threshold is dropped
    ("Ibuprofen 500 mg and paracetamol 400 mg.", "Ibuprofen 400 mg and paracetamol 500 mg.", "subjects"),
    ("Take ibuprofen 500 mg.", "Take ibuprofen 400 mg or naproxen 500 mg.", "subjects"),
    ("Take naproxen 500 mg.", "Take ibuprofen 400 mg or naproxen 500 mg.", ""),
]

MEDICINES = [
    # brand and generic name are one medicine
    ("Glucophage lowers glucose.", "Metformin lowers glucose.", ""),
    ("Metformin hydrochloride lowers glucose.", "Glucophage lowers glucose.", ""),
    # what the passage is about need not be repeated by the quote
    ("Metformin lowers glucose.", "It lowers glucose.", ""),
    # another medicine, look-alikes included
    ("Glipizide lowers glucose.", "It lowers glucose.", "medicines"),
    ("Hydroxyzine lowers glucose.", "Hydralazine lowers glucose.", "medicines"),
    ("Metronidazole lowers glucose.", "Metformin lowers glucose.", "medicines"),
    ("Janumet lowers glucose.", "Metformin lowers glucose.", "medicines"),  # a combination is another medicine
    # who acts on whom
    ("Aspirin raises warfarin levels.", "Warfarin raises aspirin levels.", "medicines"),
    ("Warfarin raises aspirin levels.", "Warfarin raises aspirin levels; monitor.", ""),
    ("Warfarin levels are raised by aspirin.", "Warfarin levels are raised before aspirin.", "medicines"),
]

ROUTES = [
    ("Give it intravenously.", "Give it IV.", ""),
    ("Take it orally.", "Take it by mouth.", ""),
    ("Give it intravenously.", "Give it orally.", "routes"),
    ("Give it intrathecally.", "Give it intravenously.", "words"),
    ("Take it in the morning.", "Take it in the evening.", "routes"),
    ("Take it weekly.", "Take it daily.", "routes"),
]

NEGATIONS = [
    # dropped
    ("Use it in pregnancy.", "Do not use it in pregnancy.", "negations"),
    ("Use it with alcohol.", "Avoid use with alcohol.", "negations"),
    ("Indicated in renal failure.", "Contraindicated in renal failure.", "negations"),
    ("Take it with food.", "Take it without food.", "words"),
    ("Use it in children.", "Never use it in children.", "negations"),
    ("Driving is safe.", "Driving isn't safe.", "negations"),
    ("It can be crushed.", "It cannot be crushed.", "negations"),
    # added
    ("Do not use it in pregnancy.", "Use it in pregnancy.", "negations"),
    ("It is not contraindicated in renal failure.", "It is contraindicated in renal failure.", "negations"),
    # moved to another word
    ("Take it if you have not eaten.", "Do not take it if you have eaten.", "negations"),
    # exceptions and conditions
    ("Use it in adults.", "Use it only in adults.", "negations"),
    ("Use it.", "Use it unless pregnant.", "negations"),
    ("Use it in adults.", "Use it in adults except in pregnancy.", "negations"),
    ("Stop it.", "Stop it if a rash appears.", "conditions"),
    ("Take it before meals.", "Take it after meals.", "negations"),
    ("Use it in adults.", "Use it in adults, but only in hospital.", "negations"),
    ("Stop it when a rash appears.", "Stop it if a rash appears.", ""),
    ("Avoid it in pregnancy.", "Do not use it in pregnancy.", ""),
    ("It should not be taken during pregnancy.", "Do not use it in pregnancy.", ""),
    ("Take it on an empty stomach.", "Take it without food.", ""),
    ("Swallow it whole; do not crush it.", "Crush it; do not swallow it whole.", "negations"),
    ("Take it.", "Take it, but not at night.", "negations"),
    # kept, reworded around, or in a clause that the claim does not rest on
    ("Do not use in pregnancy.", "Do not use it in pregnancy.", ""),
    ("Never use it in pregnancy.", "Do not use it in pregnancy.", ""),
    ("Avoid alcohol.", "Avoid alcohol; do not drive.", ""),
    ("Swallow it with water.", "Swallow it with water; do not chew it.", ""),
    ("It is contraindicated in renal failure.", "Contraindicated in renal failure.", ""),
]

CERTAINTY = [
    ("It causes rash.", "It may cause rash.", "certainty"),
    ("It may cause rash.", "It may cause rash and fever.", ""),
    ("Treatment must be stopped.", "Treatment was stopped.", "certainty"),
    ("Doctors should monitor glucose.", "Doctors monitor glucose.", "certainty"),
    ("Doctors should monitor glucose.", "Doctors should monitor glucose and potassium.", ""),
]

WORDS = [
    # unrelated, though the quote is genuine
    ("It cures cancer.", "It lowers glucose.", "words"),
    ("It is recommended in asthma.", "It was studied in asthma.", "words"),
    # one word that changes the meaning
    ("It may cause hypokalemia.", "It may cause hyperkalemia.", "words"),
    ("It is ineffective in asthma.", "It is effective in asthma.", "words"),
    ("It is used for angina.", "It is used for asthma.", "words"),
    ("All patients had rash.", "Some patients had rash.", "words"),
    ("Rash is common.", "Rash is rare.", "words"),
    # endings, spellings and names for the same
    ("It causes oedema.", "It causes edema.", ""),
    ("Use in paediatric patients.", "Use in children.", ""),
    ("Use in kidney impairment.", "Use in renal impairment.", ""),
    ("Patients using it had rashes.", "Patients who used it had rash.", ""),
    # glue: "dose", "patient" and the like add no fact
    ("The dose for the patient is 500 mg.", "Give 500 mg.", ""),
    ("It lowers glucose.", "It lowers glucose and weight.", ""),
]

STATEMENTS = [
    # a fragment says nothing, although every word of it is in the quote
    ("...", "It lowers glucose.", "statement"),
    ("850 mg.", "Take 850 mg.", "statement"),
    ("mg.", "Take 850 mg.", "statement"),
    ("Take 850 mg.", "Take 850 mg; swallow it whole.", ""),
]

TABLES = {
    "numbers": NUMBERS,
    "together": TOGETHER,
    "limits": LIMITS,
    "subjects": SUBJECTS,
    "medicines": MEDICINES,
    "routes": ROUTES,
    "negations": NEGATIONS,
    "certainty": CERTAINTY,
    "words": WORDS,
    "statements": STATEMENTS,
}
ROWS = [pytest.param(*row, id=f"{name}: {row[0]} | {row[1]}") for name, table in TABLES.items() for row in table]


@pytest.mark.parametrize(("text", "quote", "rule"), ROWS)
def test_a_claim_says_what_its_quote_says(text: str, quote: str, rule: str) -> None:
    verdict = judged(text, quote)
    if rule:
        assert rule in rules(verdict)
        assert not is_released(verdict)
    else:
        assert rules(verdict) == set()
        assert is_released(verdict)


@pytest.mark.parametrize("quote", sorted({row[1] for table in TABLES.values() for row in table}))
def test_a_claim_that_is_its_quote_is_released(quote: str) -> None:
    assert is_released(judged(quote, quote))


def test_the_heading_may_say_whom_the_quote_is_for() -> None:
    cited = passage("Give 500 mg.", heading=("Dosage", "Paediatric dosing"))
    assert is_released(judged("Give children 500 mg.", "Give 500 mg.", cited))
    assert not is_released(judged("Give adults 500 mg.", "Give 500 mg.", cited))


@pytest.mark.parametrize(
    "rule", ["numbers", "amounts-together", "limits", "subjects", "medicines", "negations", "words", "statement"]
)
def test_each_rule_finds_what_no_other_rule_does(rule: str) -> None:
    assert any(rules(judged(text, quote)) == {rule} for table in TABLES.values() for text, quote, _ in table)


def test_a_finding_says_which_words_it_is_about() -> None:
    verdict = judged("Take 5000 mg of it.", "Take 500 mg of it.")
    finding = next(finding for finding in verdict.findings if finding.rule == "numbers")
    assert "Take 5000 mg of it."[slice(*finding.span)] == "5000 mg"
    assert finding.explanation == "“5000 mg” is not in the quote."


def test_a_finding_about_a_unit_names_the_unit_of_the_quote() -> None:
    verdict = judged("Take 500 g of it.", "Take 500 mg of it.")
    assert "there it reads “500 mg”" in verdict.findings[0].explanation
