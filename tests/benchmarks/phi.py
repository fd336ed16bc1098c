"""`pharmassist bench phi`: identifiers masked in two public sets, and what is masked that identifies nobody.

A value counts as masked only where every letter and digit of it is. The sets are ASQ-PHI and Presidio's synthetic set
(MIT), and our own texts in `tests/guardrails/identified_texts.txt`; each number is given for the texts that the tagger
never saw ("held out"; all of our own are) and for all. Which of Presidio's types
are identifiers is decided in `finetune/nets/deid_sets.py`. Over-masking is counted on ASQ-PHI's hard negatives, on our
own in `tests/guardrails/plain_texts.txt`, and on the sentences of the starter monographs. Beside it, in the same run:
Presidio with its default recognisers and no language model, and our rules without the tagger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from finetune.measure import BenchReport, Metric, peak_mb, proportion
from finetune.nets.deid_sets import DeidText, Marked, deid_texts
from finetune.nets.monographs import facts, monographs
from guardrails.identifiers import Masker
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings

PLAIN = Path(__file__).parents[1] / "guardrails" / "plain_texts.txt"
IDENTIFIED = PLAIN.with_name("identified_texts.txt")
OWN = "our texts"
Spans = Sequence[tuple[int, int]]
Find = Callable[[str], Spans]


@dataclass(frozen=True)
class Case:
    """A text and the stretches that were found in it."""

    text: DeidText
    found: Spans


def run(data: Path) -> BenchReport:
    """Mask every text; the sets are at `deid/` under the data."""
    started = perf_counter()
    texts = [*deid_texts(data), *own_texts()]
    ours = Masker(Nets(Encoder(RetrievalSettings())))
    ours.masked("warm up: one question before the clock starts")
    cases, rate = _timed(_spans(ours), texts)
    metrics = {"texts per second": Metric(rate, len(texts)), **_recall(cases), **_overmasked(cases, _spans(ours))}
    peers = {}
    for name, find in (("Presidio alone", _presidio()), ("rules without the tagger", _spans(Masker(None)))):
        theirs, speed = _timed(find, texts)
        numbers = {**_recall(theirs), **_overmasked(theirs, find)}
        peers[name] = {"texts per second": speed, **{key: metric.value for key, metric in numbers.items()}}
    return BenchReport("phi", metrics, peers, _failures(cases), perf_counter() - started, peak_mb())


def _spans(masker: Masker) -> Find:
    return lambda text: [(one.start, one.end) for one in masker.identifiers(text)]


def _presidio() -> Find:
    """Presidio with the recognisers that it loads by default, every result counted."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    # The recogniser of names and places works on a language model, and none is installed.
    registry.remove_recognizer("SpacyRecognizer")
    engine = AnalyzerEngine(registry, NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}]))
    return lambda text: [(one.start, one.end) for one in engine.analyze(text, language="en")]


def _timed(find: Find, texts: Sequence[DeidText]) -> tuple[list[Case], float]:
    started = perf_counter()
    cases = [Case(text, find(text.text)) for text in texts]
    return cases, len(texts) / (perf_counter() - started)


def _recall(cases: Sequence[Case]) -> dict[str, Metric]:
    """The share of values masked: for each set, then for each of its types; held out, then all."""
    metrics: dict[str, Metric] = {}
    for origin in dict.fromkeys(case.text.origin for case in cases):
        for part in ("held out", "all") if origin != OWN else ("all",):
            used = [case for case in cases if case.text.origin == origin and part in (case.text.part, "all")]
            values = [(case, one) for case in used for one in case.text.marked if one.label != "O"]
            hits = [is_masked(case.text.text, (one.start, one.end), case.found) for case, one in values]
            metrics[f"masked, {origin}, {part}"] = proportion(sum(hits), len(hits))
            for kind in sorted({one.kind for _, one in values}):
                own = [hit for hit, (_, one) in zip(hits, values, strict=True) if one.kind == kind]
                metrics[f"masked, {origin}, {part}, {kind}"] = proportion(sum(own), len(own))
    return metrics


def own_texts() -> list[DeidText]:
    """Our texts, in which {{two braces}} mark each identifier."""
    made = []
    for line in IDENTIFIED.read_text(encoding="utf-8").splitlines():
        text, marked = "", list[Marked]()
        for place, piece in enumerate(re.split(r"\{\{|\}\}", line)):
            if place % 2:
                marked.append(Marked(len(text), len(text) + len(piece), "identifier", "NAME"))
            text += piece
        made.append(DeidText(OWN, text, tuple(marked)))
    return made


def is_masked(text: str, value: tuple[int, int], found: Spans) -> bool:
    """Whether every letter and digit of the value lies in a stretch that was found."""
    return all(
        not text[place].isalnum() or any(start <= place < end for start, end in found) for place in range(*value)
    )


def _overmasked(cases: Sequence[Case], find: Find) -> dict[str, Metric]:
    """The share of texts touched that hold no identifier."""
    metrics = {}
    for part in ("held out", "all"):
        used = [case for case in cases if case.text.origin == "ASQ-PHI" and part in (case.text.part, "all")]
        clean = [case for case in used if not case.text.marked]
        metrics[f"touched, ASQ-PHI hard negatives, {part}"] = proportion(
            sum(bool(one.found) for one in clean), len(clean)
        )
    own = PLAIN.read_text(encoding="utf-8").splitlines()
    metrics["touched, our hard negatives"] = proportion(sum(bool(find(text)) for text in own), len(own))
    halves: tuple[Literal["training", "held out"], ...] = ("training", "held out")
    for part in halves:
        said = [fact for file in monographs(part) for fact in facts(file)]
        metrics[f"touched, sentences of monographs, {part}"] = proportion(
            sum(bool(find(one)) for one in said), len(said)
        )
    return metrics


def _failures(cases: Sequence[Case]) -> tuple[str, ...]:
    missed = [
        f"missed {one.kind} ({case.text.origin}, {case.text.part}): {case.text.text[one.start : one.end]!r} in"
        f" {case.text.text[max(0, one.start - 50) : one.end + 30]!r}"
        for case in cases
        for one in case.text.marked
        if one.label != "O" and not is_masked(case.text.text, (one.start, one.end), case.found)
    ]
    touched = [
        f"touched (ASQ-PHI, {case.text.part}): {[case.text.text[start:end] for start, end in case.found]} in"
        f" {case.text.text!r}"
        for case in cases
        if case.text.origin == "ASQ-PHI" and not case.text.marked and case.found
    ]
    return tuple(missed + touched)
