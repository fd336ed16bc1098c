"""What every dose check is given: the rules, the names of medicines, and the patient."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.patient import Patient
from guardrails.rulebook import Rulebook
from retrieval.medicines import Medicines


@dataclass(frozen=True)
class DoseContext:
    """The rules that hold, the medicines that are known, and whom the dose is for."""

    rulebook: Rulebook
    medicines: Medicines
    patient: Patient
