"""The exams of the guardrails' nets: what a check gets right with a net, on held-out cases that no net learned from.

An exam asks the whole check and not the net alone, because only that is what a user meets. Without a net the check is
what it falls back to: rules alone for identifiers and adverse events, cosine and overlap for support. Two exams of one
net are of the same cases, so that they can be compared case by case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict

from finetune.errors import EvaluationInvalid
from finetune.nets.contrasts.contrast import Contrast
from finetune.nets.contrasts.pairs import make
from finetune.nets.contrasts.rewritten import rewritten
from finetune.nets.contrasts.texts import all_parts
from finetune.nets.deid_sets import deid_texts
from finetune.nets.groundedness import BLENDED, WITHOUT_NET, calibrate
from guardrails.adverse.net import NET as ADVERSE
from guardrails.adverse_event import AdverseEvents
from guardrails.groundedness import NET as SUPPORT
from guardrails.groundedness import Grounding
from guardrails.identifiers import Masker
from guardrails.masking.tagger import FOLDER as IDENTIFIERS
from retrieval.encoder import Encoder
from retrieval.medicines import Medicines
from retrieval.nets import Nets

CONTRASTS = 1500
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Sat:
    """One case of an exam: whether it is one that the check must catch, and whether it did right.

    Right is: caught where it must be, and left alone where it must not.
    """

    key: str
    part: str
    to_catch: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam: which net sits it, and on what."""

    name: str
    ships: Path
    """The folder of the net that ships."""
    sit: Callable[[Path, Encoder, Path | None], Iterator[Sat]]
    """Given the data, the encoder and the folder of a net (None: without one)."""
    about: str


def _nets(encoder: Encoder, ships: Path, folder: Path | None) -> Nets | None:
    return Nets(encoder, {ships: folder}) if folder is not None else None


def _key(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:16]


def _identifiers(data: Path, encoder: Encoder, folder: Path | None) -> Iterator[Sat]:
    """A text is right where every letter and digit of its identifiers is masked, and nothing of one without any."""
    masker = Masker(_nets(encoder, IDENTIFIERS, folder))
    for text in deid_texts(data):
        if text.part == "held out":
            wanted = [one for one in text.marked if one.label != "O"]
            found = [(one.start, one.end) for one in masker.identifiers(text.text)]
            hidden = {place for start, end in found for place in range(start, end)}
            missed = any(
                place not in hidden
                for one in wanted
                for place in range(one.start, one.end)
                if text.text[place].isalnum()
            )
            yield Sat(_key(text.text), text.origin, bool(wanted), not missed if wanted else not found)


def _support(data: Path, encoder: Encoder, folder: Path | None) -> Iterator[Sat]:
    """A contrast is right where the check shows a supported claim and withholds one that is not."""
    parts, facts = all_parts(data), list(rewritten(data))
    with TemporaryDirectory() as bare:
        if folder is None:
            calibrate(make("validation", parts, facts)[-BLENDED:], Path(bare), WITHOUT_NET, encoder)
        yield from _withheld(make("test", parts, facts)[:CONTRASTS], encoder, folder or Path(bare))


def _withheld(contrasts: Sequence[Contrast], encoder: Encoder, folder: Path) -> Iterator[Sat]:
    grounding = Grounding(Nets(encoder, {SUPPORT: folder}), encoder)
    for at in range(0, len(contrasts), _BATCH):
        some = contrasts[at : at + _BATCH]
        scores = grounding.scores([one.claim for one in some], [[one.passage] for one in some])
        for one, score in zip(some, scores, strict=True):
            withheld = not score >= grounding.least
            yield Sat(_key(one.claim, one.passage), one.kind, not one.supported, withheld is not one.supported)


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str
    adverse: bool


def _adverse(data: Path, encoder: Encoder, folder: Path | None) -> Iterator[Sat]:
    """A sentence of the ADE corpus is right where it is flagged if, and only if, it reports an adverse event."""
    detector = AdverseEvents(Medicines.load(), _nets(encoder, ADVERSE, folder))
    sentences: dict[str, bool] = {}
    for file in sorted((data / "adverse_events").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            read = _Line.model_validate(json.loads(line))
            sentences[read.text] = sentences.get(read.text, False) or read.adverse
    for text, adverse in sentences.items():
        found = detector.screen(text)
        if folder is not None and found.fault:
            raise EvaluationInvalid(f"The net could not be used in its exam: {found.fault}")
        yield Sat(_key(text), "ADE corpus", adverse, bool(found.mentions) is adverse)


EXAMS: Mapping[str, Exam] = {
    exam.name: exam
    for exam in (
        Exam("identifiers", IDENTIFIERS, _identifiers, "held-out texts of ASQ-PHI and of Presidio's synthetic set"),
        Exam("groundedness", SUPPORT, _support, "made contrasts of medicines that no training saw"),
        Exam("adverse_events", ADVERSE, _adverse, "sentences of the ADE corpus, none of which was learned from"),
    )
}
