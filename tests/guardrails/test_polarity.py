"""What a negation denies through "or", and which cues say the same; one commented row per rule."""

from __future__ import annotations

import pytest

from guardrails.polarity import cues, denied
from guardrails.wording import stem
from tests.guardrails.claims import is_released, judged, passage

DENIED = [
    # a list under one negation
    ("Do not crush or chew the tablets.", {"crush", "chew"}),
    ("They must not be crushed, chewed or dissolved.", {"crush", "chew", "dissolve"}),
    ("Never as an intravenous bolus or as an epidural injection.", {"intravenous", "epidural"}),
    # one thing only, or nothing
    ("Do not crush the tablets; chew or swallow them.", set()),
    ("Do not crush the tablets, and chew or swallow them.", set()),
    ("Crush or chew the tablets.", set()),
    # an "or" inside what a verb acts on says nothing of its own
    ("Do not use it in patients with asthma or gout.", set()),
    ("Not recommended in patients with severe asthma or gout.", set()),
]
CUES = [
    # "unable to" and "cannot" deny, "can" does not
    ("Patients who are unable to swallow.", [("not", "swallow")]),
    ("Patients who cannot swallow.", [("not", "swallow")]),
    ("Patients who can swallow.", []),
    # "need" is what is denied, not what follows it
    ("Patients may not need potassium.", [("not", "require")]),
    ("They do not need a dose adjustment.", [("not", "adjust")]),
    # a second word for the same time says nothing more; another time does
    ("Before each infusion give it, 30 minutes prior.", [("before", "")]),
    ("Before each infusion give it; 30 minutes after.", [("before", ""), ("after", "")]),
    ("Before each infusion in prior stroke.", [("before", ""), ("before", "")]),
    ("2 hours following the meal.", [("after", "")]),
    ("Following the schedule.", []),
]


@pytest.mark.parametrize(("text", "words"), DENIED)
def test_a_list_is_denied_as_a_whole(text: str, words: set[str]) -> None:
    assert denied(text) == {stem(word) for word in words}


@pytest.mark.parametrize(("text", "found"), CUES)
def test_cues_say_what_is_turned(text: str, found: list[tuple[str, str]]) -> None:
    assert [(cue.kind, cue.scope) for cue in cues(text)] == found


def test_what_is_not_given_is_named_only_where_it_follows_at_once() -> None:
    never, not_if = cues("Never given as an intravenous bolus."), cues("Do not take it if you have eaten.")
    assert never[0].to == "intravenous"
    assert not_if[0].to == ""


GRADUALLY = "Stopping prednisone after long-term therapy: withdraw gradually rather than abruptly."
SOLE = (
    "Oedema in adults: give 75 mg daily; as the sole diuretic, give for at least five days before increasing the dose."
)
ALONE = "Prednisone alone is given as 20 mg daily."
TURNED_DOWN = [
    # what the quote turns down is not advised, and the other way round
    (GRADUALLY, "After long-term therapy withdraw prednisone gradually rather than abruptly.", True),
    (GRADUALLY, "After long-term therapy, withdraw prednisone gradually.", True),
    (GRADUALLY, "After long-term therapy prednisone can be stopped abruptly rather than gradually.", False),
    (GRADUALLY, "After long-term therapy, withdraw prednisone abruptly.", False),
    # "as the sole …" and "alone" limit what is said
    (SOLE, "Oedema in adults: give 75 mg daily; give for at least five days before increasing the dose.", False),
    (ALONE, "Prednisone is given as 20 mg daily.", False),
    (ALONE, "Prednisone alone: 20 mg daily.", True),
]


@pytest.mark.parametrize(("quote", "claim", "released"), TURNED_DOWN)
def test_a_choice_and_what_stands_alone_are_kept(quote: str, claim: str, released: bool) -> None:
    cited = passage(quote, title="Prednisone tablets", ingredients=("prednisone",))
    assert is_released(judged(claim, quote, cited)) is released
