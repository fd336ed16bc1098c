"""What a heading is about: LOINC codes of FDA labels, and the words of headings where there is no telling code."""

from __future__ import annotations

import re

from retrieval.passage import Section

# LOINC document section codes of Structured Product Labeling (FDA, "Section Headings (LOINC)").
BY_LOINC: dict[str, Section] = {
    "34066-1": Section.BOXED_WARNING,
    "34067-9": Section.INDICATIONS,
    "34068-7": Section.DOSAGE,
    "43678-2": Section.FORMS,
    "34070-3": Section.CONTRAINDICATIONS,
    "34071-1": Section.WARNINGS,
    "43685-7": Section.WARNINGS,
    "42232-9": Section.WARNINGS,
    "34072-9": Section.WARNINGS,
    "34075-2": Section.WARNINGS,
    "34084-4": Section.ADVERSE_REACTIONS,
    "90374-0": Section.ADVERSE_REACTIONS,
    "90375-7": Section.ADVERSE_REACTIONS,
    "88830-5": Section.ADVERSE_REACTIONS,
    "34073-7": Section.INTERACTIONS,
    "34074-5": Section.INTERACTIONS,
    "43684-0": Section.OTHER,
    "42228-7": Section.PREGNANCY,
    "34077-8": Section.PREGNANCY,
    "34078-6": Section.PREGNANCY,
    "34079-4": Section.PREGNANCY,
    "77291-3": Section.PREGNANCY,
    "77290-5": Section.LACTATION,
    "34080-2": Section.LACTATION,
    "34081-0": Section.PAEDIATRIC,
    "34082-8": Section.GERIATRIC,
    "88828-9": Section.RENAL,
    "88829-7": Section.HEPATIC,
    "34088-5": Section.OVERDOSE,
    "42227-9": Section.ABUSE,
    "34085-1": Section.ABUSE,
    "34086-9": Section.ABUSE,
    "34087-7": Section.ABUSE,
    "34089-3": Section.DESCRIPTION,
    "51727-6": Section.DESCRIPTION,
    "34090-1": Section.PHARMACOLOGY,
    "43679-0": Section.PHARMACOLOGY,
    "43680-8": Section.PHARMACOLOGY,
    "43681-6": Section.PHARMACOLOGY,
    "43682-4": Section.PHARMACOLOGY,
    "34083-6": Section.PHARMACOLOGY,
    "34091-9": Section.PHARMACOLOGY,
    "49489-8": Section.PHARMACOLOGY,
    "66106-6": Section.PHARMACOLOGY,
    "34092-7": Section.STUDIES,
    "34069-5": Section.STORAGE,
    "44425-7": Section.STORAGE,
    "34076-0": Section.COUNSELLING,
    "42230-3": Section.COUNSELLING,
    "42231-1": Section.COUNSELLING,
    "59845-8": Section.COUNSELLING,
    "38056-8": Section.COUNSELLING,
    "69718-5": Section.STUDIES,
    "34093-5": Section.OTHER,
    # Over-the-counter "Drug Facts".
    "55106-9": Section.DESCRIPTION,
    "55105-1": Section.INDICATIONS,
    "50570-1": Section.CONTRAINDICATIONS,
    "50569-3": Section.WARNINGS,
    "50568-5": Section.INTERACTIONS,
    "50567-7": Section.WARNINGS,
    "50566-9": Section.WARNINGS,
    "50565-1": Section.WARNINGS,
    "53414-9": Section.PREGNANCY,
    "60561-8": Section.STORAGE,
    "53413-1": Section.COUNSELLING,
}
SKIPPED_LOINC = frozenset({"48780-1", "43683-2", "51945-4", "69719-3"})
"""Product data, recent major changes, package pictures and letters: no text that could be quoted in an answer."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ADULTS_TOO = _words(r"\badults?\b")
# Tried in this order; the first that matches names a part of a section that is about one group of patients.
_POPULATIONS: tuple[tuple[re.Pattern[str], Section], ...] = (
    (
        _words(r"\brenal(ly)? (impair|insuff|dysf|fail|disease|function)|\bkidney|dialysis\b|severely impaired"),
        Section.RENAL,
    ),
    (
        _words(
            r"\bhepatic (impair|insuff|dysf|fail|disease|function)|\bliver (impair|disease|failure|problem)|\bcirrho"
        ),
        Section.HEPATIC,
    ),
    (_words(r"\bgeriatric|\belderly|\bolder adults?|65 years"), Section.GERIATRIC),
    (_words(r"\bpa?ediatric|\bchild|\binfants?\b|\bneonat|\badolescen|\bnewborn"), Section.PAEDIATRIC),
    (_words(r"\blactation|\bnursing|\bbreast-?\s?feeding"), Section.LACTATION),
    (
        _words(r"\bpregnan|\breproductive potential|\bteratogen|\bcontracepti|\blabor and delivery|\bfertility"),
        Section.PREGNANCY,
    ),
)
# A heading of the first level, whatever its publisher calls it.
_TOPICS: tuple[tuple[re.Pattern[str], Section], ...] = (
    (_words(r"^boxed warning|^warning:"), Section.BOXED_WARNING),
    (_words(r"\bcontraindicat|^do not use"), Section.CONTRAINDICATIONS),
    (
        _words(
            r"\bpatient counsel|\binformation for patients"
            r"|^(patient|medication|instructions)\b.*(information|guide|insert|use)"
            r"|^what (is|are|should)\b|^(how|who) should|^before (you )?tak|^questions"
        ),
        Section.COUNSELLING,
    ),
    (_words(r"\bover-?dos"), Section.OVERDOSE),
    (_words(r"\bdrug abuse|\bdependence|^abuse"), Section.ABUSE),
    (_words(r"\binteractions?$|\bdrug interactions|^interactions"), Section.INTERACTIONS),
    (
        _words(
            r"\b(adverse|side) (drug )?(reactions?|events?|effects)|\bpost-?marketing|\b(trials?|studies) experience"
        ),
        Section.ADVERSE_REACTIONS,
    ),
    (_words(r"^(dosage )?forms? and strengths|^dosage forms"), Section.FORMS),
    (_words(r"\bhow supplied|\bstorage|^store\b|^other information"), Section.STORAGE),
    (_words(r"\bindications?\b|^uses?$|^purposes?$"), Section.INDICATIONS),
    (_words(r"\bdosage\b|\bdosing\b|\bdoses?\b|\bdirections\b|\badministration\b|^posology"), Section.DOSAGE),
    (_words(r"\bclinical studies|^references to studies"), Section.STUDIES),
    (
        _words(
            r"\bwarnings?\b|\bprecautions?\b|^stop use|^ask a doctor|^when using|^keep out|\bmonitoring\b|\balert\b"
        ),
        Section.WARNINGS,
    ),
    (_words(r"\bpharmaco|\bmechanism|\btoxicology|\bcarcinogen|\bmicrobiology"), Section.PHARMACOLOGY),
    (_words(r"^description|\bingredients?\b|\bcomposition"), Section.DESCRIPTION),
)
# Sections whose parts may be about one group of patients. A study or a pharmacokinetic paragraph in renal impairment
# stays what it is: it is no advice.
_DIVISIBLE = frozenset({Section.DOSAGE, Section.WARNINGS, Section.OTHER, Section.INDICATIONS})
# Among warnings, "Liver Failure" and "Neonatal Withdrawal" are risks; these words say that it is a group of patients.
_IS_GROUP = _words(r"impair|insufficien|^(?:\w[.)] )?(?:use in )?(?:pregnan|lactation|nursing|pediatric use|geriatric)")
_NUMBER = re.compile(r"^\s*\d+(\.\d+)*\.?\s+")


def section_of(heading: str, parent: Section = Section.OTHER) -> Section:
    """What a heading's text is about, given its parent's section: a patient group, a topic, else what the parent is.

    Dosing in renal impairment is RENAL even inside Dosage; its heading path still says that it is dosing. A heading
    that names adults beside children or older people keeps its parent's section.
    """
    words = _NUMBER.sub("", heading)
    if parent in _DIVISIBLE and (parent is not Section.WARNINGS or _IS_GROUP.search(words)):
        group = next((section for pattern, section in _POPULATIONS if pattern.search(words)), None)
        if group is not None and not (group in {Section.PAEDIATRIC, Section.GERIATRIC} and _ADULTS_TOO.search(words)):
            return group
    if parent is Section.OTHER:
        return next((section for pattern, section in _TOPICS if pattern.search(words)), Section.OTHER)
    return parent


def section_of_code(code: str, heading: str, parent: Section) -> Section:
    """The section of an SPL section: by its LOINC code, else by its heading."""
    known = BY_LOINC.get(code)
    if known is None or known is Section.OTHER:
        return section_of(heading, parent)
    return known
