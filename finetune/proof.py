"""What must hold before a release may serve: its hashes, its merged model, and parity, measured and recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.chain import Deed, EntryKind
from assistant.people import May, Person, require
from assistant.prompt import Message
from finetune.base_model import find_base
from finetune.candidate import ADAPTER, verified
from finetune.errors import DeployRefused
from finetune.example import Candidate, Release
from finetune.hashes import file_hash
from finetune.merge import MODEL, Merged, merge
from finetune.merge import verified as verified_merge
from finetune.parity import FILE, Parity, Parts, Running, measure, read_parity, write_parity
from finetune.release import read_release, verify_release
from finetune.serving_state import Loop
from finetune.vllm_process import Served

ANSWERS = "answer"
"""The kind of candidates that vLLM serves."""
PROOF_FACT = "parity"


def merged_folder(loop: Loop, candidate: Candidate) -> Path:
    """Where the merged model of a candidate lies: named by its content, so that release and candidate share it."""
    return loop.folder / "merged" / f"{candidate.base_hash[:16]}-{candidate.adapter_hash[:16]}"


def merged_model(loop: Loop, folder: Path, candidate: Candidate) -> Merged:
    """Merge a candidate's or release's adapter into its base, once; hashes are computed again each time.

    Raises:
        BaseInvalid, MergeFailed: as finding and merging do; `DeployRefused` where the base is another one.
    """
    out = merged_folder(loop, candidate)
    if out.exists():
        return verified_merge(out, candidate.base_hash, candidate.adapter_hash)
    merged = merge(base_of(candidate), folder / ADAPTER, out)
    if (merged.base_hash, merged.adapter_hash) != (candidate.base_hash, candidate.adapter_hash):
        raise DeployRefused("The base or the adapter changed while they were merged; find out why and merge again.")
    return merged


def prove(loop: Loop, folder: Path, prompts: Sequence[Sequence[Message]], run: Running, person: Person) -> Parity:
    """Measure parity of the candidate or release in a folder, write it there, and record its hash.

    Raises:
        NotAllowed: the person may not train. FinetuneError: as `finetune.parity.measure` and `merged_model`.
    """
    require(person, May.TRAIN)
    candidate = verified(folder)
    _require_answers(candidate)
    merged_model(loop, folder, candidate)
    parts = Parts(base_of(candidate), folder / ADAPTER, merged_folder(loop, candidate))
    parity = measure(candidate.id, parts, prompts, run, rank=_rank(folder / ADAPTER))
    write_parity(parity, folder)
    outcome = "holds" if parity.passed else "does not hold"
    said = f"Parity of candidate {candidate.id[:12]} with vLLM was measured and {outcome}."
    facts = {PROOF_FACT: file_hash(folder / FILE), "passed": str(parity.passed).lower(), "candidate": candidate.id}
    loop.ledger.record(Deed(EntryKind.RELEASE, person.user_name, proof_subject(candidate), said, facts))
    return parity


def proof_subject(candidate: Candidate) -> str:
    """How the ledger names the proof of a candidate's parity."""
    return f"parity of candidate {candidate.id}"


def proof_of(loop: Loop, folder: Path, candidate: Candidate) -> Parity:
    """The proof in a folder, which must hold, be of this candidate, and be the one that was recorded.

    Raises:
        ParityInvalid: there is none. DeployRefused: it does not hold, or is not what was measured.
    """
    parity = read_parity(folder)
    entries = loop.ledger.entries(kind=EntryKind.RELEASE, subject=proof_subject(candidate))
    if file_hash(folder / FILE) not in {entry.deed.facts.get(PROOF_FACT) for entry in entries}:
        raise DeployRefused(f"The ledger does not hold the {FILE} in {folder}; measure parity again.")
    measured = (parity.candidate, parity.base_hash, parity.adapter_hash)
    if measured != (candidate.id, candidate.base_hash, candidate.adapter_hash):
        raise DeployRefused(f"The {FILE} in {folder} is of another candidate; measure parity again.")
    if not parity.passed:
        raise DeployRefused(f"Parity does not hold. {' '.join(parity.failures)}")
    return parity


def checked(loop: Loop, name: str) -> tuple[Release, Parity]:
    """The release of this id after every hash, signature and the proof of parity were checked again.

    Raises:
        DeployRefused: something is not as it was signed. FinetuneError: as `proof_of`.
    """
    folder = loop.release(name)
    if not name or not folder.is_dir():
        raise DeployRefused(f"There is no release {name or 'of that name'}; “pharmassist models list” lists them.")
    made = read_release(folder)
    _require_answers(made.candidate)
    base_of(made.candidate)
    wrong = verify_release(folder, loop.ledger)
    if made.id != name:
        wrong = (*wrong, f"Its id is {made.id}.")
    if wrong:
        raise DeployRefused(f"{name} is not what was signed. {' '.join(wrong)}")
    return made, proof_of(loop, folder, made.candidate)


def served_release(loop: Loop, name: str, url: str, settings: Served) -> Served:
    """What a server of a merged release serves, under the release's id; `settings` gives context and key.

    Raises:
        FinetuneError: as `checked` and `merged_model`.
    """
    made, parity = checked(loop, name)
    merged = merged_model(loop, loop.release(name), made.candidate)
    if merged.model_hash != parity.model_hash:
        raise DeployRefused("The merged model is not the one whose parity was proven; measure parity again.")
    model = str(merged_folder(loop, made.candidate) / MODEL)
    return replace(settings, model=model, url=url, name=name, adapters={}, runtime_adapters=False)


def base_of(candidate: Candidate) -> Path:
    """The folder of the base that the adapter was trained on. Raises `DeployRefused` where it is another one."""
    base = find_base(candidate.base)
    if base.hash != candidate.base_hash:
        raise DeployRefused(f"The base {candidate.base} is not the one that the adapter was trained on.")
    return base.folder


def _rank(adapter: Path) -> int:
    """The adapter's rank, which a server must make room for. Raises `DeployRefused`."""
    try:
        return int(json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))["r"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeployRefused(f"{adapter} holds no LoRA adapter: its rank cannot be read.") from error


def _require_answers(candidate: Candidate) -> None:
    if candidate.kind != ANSWERS:
        raise DeployRefused(
            f"vLLM serves models that answer, and this is the net “{candidate.kind}” of the guardrails."
        )
