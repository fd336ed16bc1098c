"""A candidate's folder: what training leaves behind, read back and checked against its own manifest.

adapter/         what PEFT and vLLM load
candidate.json   the `Candidate`: every hash that it rests on
recipe.yaml      the recipe, with every value written out
curves.jsonl     one line for each epoch (`finetune.curves`)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from finetune.errors import CandidateInvalid
from finetune.example import Candidate
from finetune.hashes import folder_hash
from finetune.whole import write_whole

ADAPTER, MANIFEST, RECIPE, CURVES = "adapter", "candidate.json", "recipe.yaml", "curves.jsonl"

_PARSER = TypeAdapter(Candidate)
_UNDATED = datetime(1, 1, 1, tzinfo=UTC)


def identified(candidate: Candidate) -> Candidate:
    """The candidate with the id that its content gives: SHA-256 over everything else but the time and the measures."""
    bare = replace(candidate, id="", trained_at=_UNDATED, measures={})
    return replace(candidate, id=sha256(_PARSER.dump_json(bare)).hexdigest())


def write_candidate(candidate: Candidate, folder: Path) -> None:
    """Write the manifest into the folder, whole or not at all."""
    write_whole(folder / MANIFEST, _PARSER.dump_json(candidate, indent=2) + b"\n")


def read_candidate(folder: Path) -> Candidate:
    """The candidate in this folder, as its manifest says it.

    Raises:
        CandidateInvalid: there is no manifest, or it is none.
    """
    try:
        candidate = _PARSER.validate_json((folder / MANIFEST).read_bytes())
    except OSError as fault:
        raise CandidateInvalid(f"{folder} holds no trained candidate: {MANIFEST} cannot be read.") from fault
    except ValidationError as fault:
        raise CandidateInvalid(f"The {MANIFEST} in {folder} is not the manifest of a candidate.") from fault
    if identified(candidate).id != candidate.id:
        raise CandidateInvalid(f"The {MANIFEST} in {folder} was changed: its id is not that of its content.")
    return candidate


def verified(folder: Path) -> Candidate:
    """The candidate in this folder, after its adapter was hashed again.

    Raises:
        CandidateInvalid: as `read_candidate`, or the adapter is not the one that was trained.
    """
    candidate = read_candidate(folder)
    if folder_hash(folder / ADAPTER) != candidate.adapter_hash:
        raise CandidateInvalid(f"The adapter in {folder} is not the one that was trained; do not serve it.")
    return candidate
