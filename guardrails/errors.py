"""Everything that judging text can raise on purpose.

GuardrailError
├── CheckRaised: a check broke instead of coming to a result, so the claim is not judged at all
└── UnitMismatch: two units measure different things, or one is unknown
"""

from __future__ import annotations


class GuardrailError(Exception):
    """The root. Its text is one sentence for people and never holds the text that was judged."""


class CheckRaised(GuardrailError):
    """A check broke instead of coming to a result. The cause is chained; nothing may be shown."""


class UnitMismatch(GuardrailError):
    """Two units measure different things, or one of them is unknown; nothing was converted."""
