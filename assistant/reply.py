"""The reply's format, in both directions: what a model writes, read while it is being written.

A reply is a JSON list of `{"citations": [{"key": …, "quote": …}], "text": …}`; citations come first, so that a model
chooses its evidence before it speaks. `[]` means that no passage answers the question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import DraftMalformed
from guardrails.claim import Claim
from retrieval.passage import Citation

LONGEST_CLAIM = 4_000
"""Characters of JSON: the longest quote and as much again. A model that repeats itself without end is stopped here."""

_SPACE = " \t\r\n"


class _Quoted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    key: str = Field(min_length=1)
    quote: str = Field(min_length=1)


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    citations: list[_Quoted]
    text: str = Field(min_length=1)


def write_reply(claims: Sequence[Claim]) -> str:
    """The reply that says these claims: what a model is trained to write."""
    said = [
        {"citations": [{"key": c.key, "quote": c.quote} for c in claim.citations], "text": claim.text}
        for claim in claims
    ]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


class ReplyReader:
    """Reads a reply piece by piece. Each character is looked at once, however the reply was cut into pieces."""

    def __init__(self) -> None:
        self._claim: list[str] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._may_start = True
        self._must_start = False
        self._opened = False
        self._closed = False

    @property
    def complete(self) -> bool:
        """Whether the list has been closed."""
        return self._closed

    def feed(self, piece: str) -> Iterator[Claim]:
        """Yield the claims that this piece completes. Raises `DraftMalformed`."""
        for character in piece:
            if self._depth:
                self._lengthen(character)
                if self._closes_claim(character):
                    yield _claim_of("".join(self._claim))
                    self._claim.clear()
            elif character not in _SPACE:
                self._between(character)

    def _lengthen(self, character: str) -> None:
        self._claim.append(character)
        if len(self._claim) > LONGEST_CLAIM:
            raise DraftMalformed("the model wrote a sentence that does not end")

    def _closes_claim(self, character: str) -> bool:
        """Follow strings and braces inside a claim; braces within a string do not count."""
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = True
            else:
                self._in_string = character != '"'
            return False
        self._in_string = character == '"'
        self._depth += {"{": 1, "}": -1}.get(character, 0)
        return self._depth == 0

    def _between(self, character: str) -> None:
        """What may stand outside of the claims: the list's brackets, and commas between claims."""
        if self._closed:
            raise DraftMalformed("the model wrote on after the end of its list of claims")
        if not self._opened and character == "[":
            self._opened = True
        elif self._opened and character == "{" and self._may_start:
            self._claim.append(character)
            self._depth, self._may_start, self._must_start = 1, False, False
        elif self._opened and character == "," and not self._may_start:
            self._may_start = self._must_start = True
        elif self._opened and character == "]" and not self._must_start:
            self._closed = True
        else:
            raise DraftMalformed("the model did not write the list of claims that it was asked for")


def _claim_of(text: str) -> Claim:
    """An invented key or quote is kept as it is: judging it is not the reader's work."""
    try:
        said = _Said.model_validate_json(text)
    except ValidationError as error:
        raise DraftMalformed("a claim of the model is not of the form that it was asked for") from error
    return Claim(said.text, tuple(Citation(quoted.key, quoted.quote) for quoted in said.citations))
