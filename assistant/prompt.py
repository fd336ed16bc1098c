"""Renders what a model is asked. Serving and training both call `render`, so that both see the same text.

Passages and the question are data. A document may hold text that looks like an instruction, the end of its own block
or a control token of some chat template; `inert` takes the meaning out of the last two, and the template says what to
think of the first. Patient identifiers never come here: the question was masked when it was screened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from assistant.generate import Objection
from retrieval.passage import Passage

MOST_CLAIMS = 6
"""Claims in a reply: enough for a clinician's question, few enough to read."""

_FRONT_MATTER = re.compile(r"\A---\n(?P<head>.*?)\n---\n# system\n(?P<system>.*?)\n# user\n(?P<user>.*)\Z", re.DOTALL)
_BLANK = re.compile(r"\{\{(\w+)\}\}")
# A "<" that could open one of our blocks, an XML-like tag or a token such as <|im_end|> or <｜User｜>. "< 30" stays.
_OPENING = re.compile(r"<(?=[A-Za-z/!|｜])")
# [INST], [/INST], [SYSTEM_PROMPT] and the like, which some chat templates use. "[see Warnings]" stays.
_BRACKET = re.compile(r"\[(?=/?[A-Z_]+\])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat, as every chat template takes it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template and its version. `label` (`answer@1`) is what a turn is stored with."""

    id: str
    version: int
    system: str
    user: str

    @property
    def label(self) -> str:
        """Id and version in one word."""
        return f"{self.id}@{self.version}"


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: int = Field(ge=1)


@cache
def answer_prompt() -> Prompt:
    """The template that ships with the package."""
    return parse_prompt((files("assistant") / "prompts" / "answer.md").read_text(encoding="utf-8"))


def parse_prompt(text: str) -> Prompt:
    """Read a template: front matter with id and version, then the parts `# system` and `# user`. Raises ValueError."""
    found = _FRONT_MATTER.match(text)
    if not found:
        raise ValueError("a prompt needs front matter between lines of ---, then the headings “# system” and “# user”")
    head = _Head.model_validate(yaml.safe_load(found["head"]))
    return Prompt(head.id, head.version, found["system"].strip(), found["user"].strip())


def render(
    prompt: Prompt,
    question: str,
    medicines: Sequence[str],
    passages: Sequence[Passage],
    objections: Sequence[Objection] = (),
) -> tuple[Message, Message]:
    """The messages for one question. `question` must be masked; `passages` keep the order that search gave them."""
    blanks = {
        "most": str(MOST_CLAIMS),
        "passages": "\n\n".join(map(_block, passages)),
        "question": inert(question),
        "objections": _objections(objections),
        "medicines": f"The question is about: {inert(', '.join(medicines))}.\n\n" if medicines else "",
    }
    return Message("system", _fill(prompt.system, blanks)), Message("user", _fill(prompt.user, blanks))


def _objections(found: Sequence[Objection]) -> str:
    if not found:
        return ""
    listed = "\n".join(f"- “{inert(one.text)}”: {inert(one.why)}" for one in found)
    return f"These sentences of an earlier draft were withheld. Write none of them again as it stands:\n{listed}\n\n"


def inert(text: str) -> str:
    """The text without anything that a template or a tokeniser could take for structure; still readable as before."""
    return _BRACKET.sub("⟦", _OPENING.sub("‹", _CONTROL.sub(" ", text)))


def _block(passage: Passage) -> str:
    where = " > ".join((passage.title, *passage.heading))
    dated = f" (effective {passage.effective.isoformat()})" if passage.effective else ""
    return f'<passage key="{inert(passage.key)}">\n{inert(where)}{dated}\n{inert(passage.text)}\n</passage>'


def _fill(template: str, blanks: Mapping[str, str]) -> str:
    """Fill every blank in one pass, so that what is filled in is never read as a template. KeyError: no such blank."""
    return _BLANK.sub(lambda blank: blanks[blank[1]], template)
