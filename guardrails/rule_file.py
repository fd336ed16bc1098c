"""Reads a file of rules into the shape that it must have; every table of rules is read here, and refused alike."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from guardrails.errors import RuleInvalid

Shape = TypeVar("Shape", bound=BaseModel)


def read_rule_file(path: Path, shape: type[Shape], what: str) -> Shape:
    """The content of a YAML file; `what` says what it should have been ("list of abbreviations").

    Raises:
        RuleInvalid: the file cannot be read or is no such thing; the message names the file and every wrong field.
    """
    try:
        return shape.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ArithmeticError) as error:
        raise RuleInvalid(f"{path.name} cannot be read: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise RuleInvalid(f"{path.name} is no {what}: {wrong}") from error
