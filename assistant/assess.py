"""What the dose rules make of a question and its patient, before anything is searched: step 8 of a question, its half
that looks at the question. The half that looks at each sentence of the answer is `guardrails.guard.Guard.judge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.conversation import Assessment, Conflict, Question
from guardrails.contradictions import Contradiction, contradictions
from guardrails.dosing import (
    Calculation,
    DoseContext,
    as_told,
    calculations,
    check_question,
    unknown_that_matters,
)
from guardrails.patient import Patient
from guardrails.rulebook import Rulebook
from retrieval.medicines import Medicines
from retrieval.passage import Passage

MOST_UNKNOWN = 4
"""Facts that are asked for at once; more would be read by nobody."""


def assess(question: Question, rulebook: Rulebook, medicines: Medicines) -> Assessment:
    """The alerts, the arithmetic, and what would matter and is not known.

    What is not known is only asked for where the question is about a dose: it states one, or it is about a patient.
    What the question itself tells of the patient is known.
    """
    context = DoseContext(rulebook, medicines, question.patient)
    worked = calculations(question.text, context)
    alerts = check_question(question.text, context)
    named = [name for mention in medicines.find(question.text) if mention.exact for name in mention.ingredients]
    known = replace(context, patient=as_told(question.text, question.patient))
    asked = unknown_that_matters(named, known) if alerts or worked or not question.patient.is_empty else ()
    return Assessment(alerts, _lines(worked), asked[:MOST_UNKNOWN])


def worked_out(claims: Sequence[str], patient: Patient, rulebook: Rulebook, medicines: Medicines) -> tuple[str, ...]:
    """The doses of an answer's sentences for this patient's body: "15 mg/kg × 12 kg = 180 mg"."""
    if patient.weight is None:
        return ()
    context = DoseContext(rulebook, medicines, patient)
    return _lines([one for text in claims for one in calculations(text, context)])


def _lines(worked: Sequence[Calculation]) -> tuple[str, ...]:
    lines = (f"{one.what}: {one.arithmetic}{f' ({one.source})' if one.source else ''}" for one in worked)
    return tuple(dict.fromkeys(lines))


def conflicts(passages: Sequence[Passage], medicines: Medicines) -> tuple[Conflict, ...]:
    """Where the retrieved passages contradict each other, each with the words of both."""
    titles = {passage.key: passage.title for passage in passages}
    found = contradictions(passages, medicines)
    return tuple(Conflict(each.about, (each.one, each.other), _titles(each, titles)) for each in found)


def _titles(found: Contradiction, titles: Mapping[str, str]) -> tuple[str, str]:
    return titles[found.one.key], titles[found.other.key]
