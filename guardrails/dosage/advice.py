"""Whether a sentence recommends its dose, or tells of an overdose, an experiment, a trial or a reaction.

"Hepatotoxicity followed the ingestion of more than 10 g" is true and no advice: no maximum is held against it. Only the
section of the cited passage, or such words in a sentence that is proven word for word, make that exception.
"""

from __future__ import annotations

import re

from guardrails.dosage.coarse import is_no_dose
from guardrails.dosage.spoken import Spoken, Surroundings
from retrieval.passage import Section

TELLING = frozenset(
    {
        Section.OVERDOSE,
        Section.PHARMACOLOGY,
        Section.STUDIES,
        Section.ADVERSE_REACTIONS,
        Section.DESCRIPTION,
        Section.FORMS,
        Section.STORAGE,
    }
)
"""Sections that tell what happened or what a product is; they recommend nothing."""

_TELLS = re.compile(
    r"\b(?:overdos\w*|ingest\w*|lethal|fatal\w*|death|toxic\w*|poison\w*|accidental\w*"
    r"|rats?|mice|mouse|rabbits?|dogs?|monkeys?|animals?|LD\s?50"
    r"|trials?|stud(?:y|ies|ied)|placebo|volunteers?|subjects|case reports?|reported"
    r"|(?:was|were) (?:associated|observed)"
    r"|(?:seen|observed) (?:at|with|in)|had an? (?:increased|higher)|ha(?:s|ve) (?:occurred|been reported))\b",
    re.IGNORECASE,
)
_ADVISES = re.compile(
    r"\b(?:recommended|maximum|max|should|must|may be (?:given|increased)|take|give|start|usual|do not exceed|up to)\b",
    re.IGNORECASE,
)


def is_advice(text: str, around: Surroundings, is_verbatim: bool) -> bool:
    """Whether the doses of the sentence are recommended."""
    if around.sections and around.sections <= TELLING:
        return not is_verbatim and bool(_ADVISES.search(text))
    return not (is_verbatim and _TELLS.search(text) and not _ADVISES.search(text))


_CAUTIONING = frozenset(
    {
        Section.BOXED_WARNING,
        Section.CONTRAINDICATIONS,
        Section.WARNINGS,
        Section.INTERACTIONS,
        Section.PREGNANCY,
        Section.LACTATION,
        Section.ABUSE,
    }
)
_CAUTIONS = re.compile(
    r"\b(?:contraindicat\w*|(?:do|should|must) not|never|avoid\w*|stop\w*|discontinu\w*|withhold\w*|not recommended)\b",
    re.IGNORECASE,
)


def gives(one: Spoken, around: Surroundings) -> bool:
    """Whether the medicine is to be given in this dose, so that what speaks against the medicine must be said.

    "Stop it, and wait for a level below 0.02 mg/L" must reach the patient for whom the medicine is contraindicated.
    """
    if not one.statement.unread:
        return True
    warns = bool(around.sections) and around.sections <= _CAUTIONING
    return one.has_amount and not is_no_dose(one) and not warns and not _CAUTIONS.search(one.text)
