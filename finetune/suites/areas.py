"""Which therapeutic area a probe is counted under: the table is that of data preparation, so that both count alike."""

from __future__ import annotations

from finetune.prepare.annotate import area_of as _area_of
from retrieval.ingredient import base_name


def area_of(medicine: str) -> str:
    """The area of a medicine by its ingredient or its monograph's id ("interferon-beta-1a"), "" where it has none."""
    spelt = (medicine, medicine.replace("-", " "), medicine.replace("-", " ", 1))
    return next((area for each in spelt if (area := _area_of(base_name(each)))), "")
