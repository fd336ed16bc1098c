"""Everything that answering can raise on purpose.

AssistantError
└── GeneratorError: no usable draft; another generator may still make one
    ├── GeneratorUnavailable: the model server cannot be reached, fails, or refuses the request
    ├── GeneratorTimeout: the model server was silent, or writing, for longer than the settings allow
    ├── DraftMalformed: the reply is not the list of claims that was asked for
    └── DraftTruncated: the reply was cut off before its end
"""

from __future__ import annotations


class AssistantError(Exception):
    """The root. Its text is one sentence for people: what is wrong and, where something can be done, what."""


class GeneratorError(AssistantError):
    """No usable draft."""


class GeneratorUnavailable(GeneratorError):
    """The model server cannot be reached, fails, or refuses the request."""


class GeneratorTimeout(GeneratorError):
    """The model server was silent, or writing, for longer than the settings allow."""


class DraftMalformed(GeneratorError):
    """The reply is not the list of claims that was asked for."""


class DraftTruncated(GeneratorError):
    """The reply was cut off before its end."""
