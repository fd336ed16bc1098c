"""Masks what a person writes on the command line before it is kept: a reason may name a patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.settings import RetrievalSettings

NOT_KEPT = "[not kept: the reason could not be screened for patient identifiers]"


def screened(text: str, settings: RetrievalSettings) -> str:
    """The text with patient identifiers masked; `NOT_KEPT` where they cannot be looked for, so that nothing waits."""
    from guardrails.errors import GuardrailError
    from guardrails.identifiers import Masker
    from retrieval.encoder import Encoder
    from retrieval.errors import RetrievalError
    from retrieval.nets import Nets

    try:
        return Masker(Nets(Encoder(settings))).masked(text.strip())[0]
    except (GuardrailError, RetrievalError, OSError):
        return NOT_KEPT
