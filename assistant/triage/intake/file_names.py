"""Names of files as they are kept: people name files after patients, and no list has every surname.

So a name keeps the words below and short numbers only; words that are surnames too (Page, May, North) are not among
them. What a case is about its fields say, and which file it came from the hash of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_WORDS = """
    a about after again all an and answer archive as at attached attachment back before box by call case cases chat
    clinical copy corrected correction data days department document draft drug drugs edited email en entry error event
    events export exported fax file files final first follow followup for form forms from full gateway gp hospital
    import imported in inbox initial input intake journal label last letter letters line list listing listings
    literature local log mail medical medicine medicines message messages minutes month monthly more negative new no
    not note notes number of office old on one open or original other output pages part patient patients pharmacy phone
    photo positive quarter quarterly reaction reactions read receipt received record records reference reply report
    reporter reports request response result results review safety sample scan scanned second send sent serious set
    sheet side signal site source spontaneous status study summary table telephone test text the third to trial two
    unknown up update updated upload valid version ward week weekly with without work year yearly
    january february july september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri
    ack adr ae aes br ca ch cioms csv cz de dk ema emea es eu eudravigilance fda fr gb html icsr icsrs id ii ind it
    jp json log mah md medwatch meddra mhra mrn nl pdf pl pmda psur pv qppv se sae saes susar susars tsv tif tiff txt
    uk us vigibase xls xlsx xml yellow
    bericht fall liste meldung brief arzt lettre rapport dossier informe caso
"""
_KEPT = frozenset(_WORDS.split())
_LONG_NUMBER = 5
"""Digits from which on a number may be a record's or a person's."""
_PART = re.compile(r"\[[A-Z][A-Z ]*\]|[^\W\d_]+|\d+")


def masked_name(name: str, mask: Callable[[str], str]) -> str:
    """The name with placeholders for identifiers, for words that may be names, and for long numbers.

    `mask` finds what looks like an identifier among words with spaces between them, whatever signs joined them.
    """
    spaced = re.sub(r"[\s_+-]+", " ", name)
    found = _PART.sub(_kept, mask(spaced))
    return name if found == spaced else found


def _kept(part: re.Match[str]) -> str:
    said = part[0]
    if said[0] == "[" or said.lower() in _KEPT:
        return said
    if said[0].isdigit():
        return said if len(said) < _LONG_NUMBER else "[NUMBER]"
    # A letter alone ("R3", "v2") is no name; two may be somebody's initials.
    return said if len(said) == 1 else "[NAME]"
