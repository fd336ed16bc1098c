"""What identifies a patient: the kinds, by the eighteen of HIPAA (45 CFR 164.514(b)(2)(i)), and where one stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What was recognised; the value is the placeholder's word. The letters are those of 164.514(b)(2)(i)."""

    NAME = "NAME"  # (A)
    PLACE = "PLACE"  # (B) smaller than a state
    HOSPITAL = "HOSPITAL"  # (B) where somebody is treated
    ADDRESS = "ADDRESS"  # (B)
    DATE = "DATE"  # (C) more than a year
    AGE = "AGE 90+"  # (C)
    PHONE = "PHONE"  # (D), and fax (E)
    EMAIL = "EMAIL"  # (F)
    SSN = "SSN"  # (G)
    RECORD = "RECORD NUMBER"  # (H), and any other unique number (R)
    PLAN = "HEALTH PLAN NUMBER"  # (I)
    ACCOUNT = "ACCOUNT NUMBER"  # (J)
    LICENCE = "LICENCE NUMBER"  # (K)
    VEHICLE = "VEHICLE"  # (L)
    DEVICE = "DEVICE"  # (M)
    URL = "URL"  # (N)
    IP = "IP ADDRESS"  # (O)
    BIOMETRIC = "BIOMETRIC"  # (P)
    PHOTO = "PHOTO"  # (Q)
    ORGANISATION = "ORGANISATION"  # employers of the individual


@dataclass(frozen=True, slots=True)
class Identifier:
    """A stretch of text that identifies somebody: `text[start:end]`, with a certainty between 0 and 1."""

    kind: Kind
    start: int
    end: int
    certainty: float = 1.0
