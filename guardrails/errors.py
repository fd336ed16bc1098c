"""Everything that judging text can raise on purpose.

GuardrailError
├── CheckRaised: a check broke instead of coming to a result, so the claim is not judged at all
├── InputInvalid: evidence, draft or patient given to `check` is not what docs/json.md describes
├── PatientInvalid: a value of the patient that no person can have (also a ValueError)
├── RailsInvalid: the config folder of the rails cannot be read or names a rail that does not exist
├── RuleInvalid: a file of dose rules cannot be read or says what no rule may say
├── NetUnavailable: a learned net cannot be loaded, or gave a value that is not a number
└── UnitMismatch: two units measure different things, or one is unknown
"""

from __future__ import annotations


class GuardrailError(Exception):
    """The root. Its text is one sentence for people and never holds the text that was judged."""


class InputInvalid(GuardrailError):
    """Evidence, draft or patient given to `check` is not what docs/json.md describes; the message says where."""


class CheckRaised(GuardrailError):
    """A check broke instead of coming to a result. The cause is chained; nothing may be shown."""


class PatientInvalid(GuardrailError, ValueError):
    """A value that no person can have, such as a negative weight; the message says what is possible."""


class UnitMismatch(GuardrailError):
    """Two units measure different things, or one of them is unknown; nothing was converted."""


class RailsInvalid(GuardrailError):
    """The config folder of the rails cannot be read, or names a rail that does not exist; nothing is judged."""


class RuleInvalid(GuardrailError):
    """A file of dose rules cannot be read or says what no rule may say; the message names the file and the field."""


class NetUnavailable(GuardrailError):
    """A learned net cannot be loaded or gave a value that is not a number; what it was to judge is withheld."""
