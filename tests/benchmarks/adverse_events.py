"""`pharmassist bench adverse-events`: reported reactions, in case-report sentences and in chat messages.

The shipped net never saw the ADE corpus (its licence is not stated: it only measures). Beside it in the same run: a bag
of words trained on one half of the articles and measured on the other, and the same encoder trained on the corpus
itself (`python -m tests.benchmarks.adverse_recipe`), whose out-of-fold numbers are kept.

The messages are our own (`tests/guardrails/adverse_texts`). Rules and thresholds were chosen on `tuned`; `blind` was
written before that and run once (those numbers are in docs/measurements.md), then looked at and mended by; `final` was
written before that mending, and `unseen` after it. The first run of each is in docs/measurements.md; all four have been
looked at since. A pair is right where its medicine and its event overlap the
expected words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from finetune.measure import BenchReport, Metric, peak_mb, proportion
from guardrails.adverse.net import marks_of
from guardrails.adverse_event import AdverseEvents, AdverseFindings
from retrieval.encoder import Encoder
from retrieval.medicines import Medicines
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.benchmarks.adverse_recipe import OUT_OF_FOLD, Sentence, corpus
from tests.guardrails.adverse_texts import NOTHING, PARTS, SITUATIONS, Told, special, told, traps

SENTENCE = 0.85
"""From how sure a sentence counts as adverse, chosen on these sentences."""
_FULL_RECALL = 0.98
_BATCH = 512
Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class _Sentences:
    """The corpus with the net's score of each sentence and whether the detector reports something in it."""

    rows: Sequence[Sentence]
    adverse: Truth
    scores: Scores
    flagged: Truth


def run(data: Path) -> BenchReport:
    """Measure on `adverse_events/` under the data and on our own messages."""
    started = perf_counter()
    nets = Nets(Encoder(RetrievalSettings()))
    detector, rules = AdverseEvents(Medicines.load(), nets), AdverseEvents(Medicines.load())
    read = _read(corpus(data), detector, nets)
    metrics = _sentences(read)
    failures: list[str] = []
    for part in PARTS:
        found, wrong = _messages(part, detector)
        metrics |= found
        failures += wrong
    for part in SITUATIONS:
        found, wrong = _situations(part, detector)
        metrics |= found
        failures += wrong
    metrics |= _milliseconds(detector)
    alone = {name: metric.value for part in PARTS for name, metric in _messages(part, rules)[0].items()}
    peers = {**_peers(read), "rules alone (the net cannot be used)": alone}
    return BenchReport("adverse-events", metrics, peers, tuple(failures), perf_counter() - started, peak_mb())


def _read(rows: Sequence[Sentence], detector: AdverseEvents, nets: Nets) -> _Sentences:
    scores, flagged = [], []
    for start in range(0, len(rows), _BATCH):
        texts = [one.text for one in rows[start : start + _BATCH]]
        for text, marks in zip(texts, marks_of(texts, nets), strict=True):
            scores.append(marks.adverse)
            flagged.append(bool(detector.judged(text, marks).mentions))
    return _Sentences(rows, np.array([one.adverse for one in rows]), np.array(scores), np.array(flagged))


def _sentences(read: _Sentences) -> dict[str, Metric]:
    said = read.scores >= SENTENCE
    best, at = _best(read.scores, read.adverse)
    n = len(read.rows)
    return {
        "ADE sentences, F1 of the shipped net": Metric(_f1(said, read.adverse), n),
        "ADE sentences, recall": proportion(int((said & read.adverse).sum()), int(read.adverse.sum())),
        "ADE sentences, precision": proportion(int((said & read.adverse).sum()), int(said.sum())),
        f"ADE sentences, best F1 of any threshold (at {at:.2f})": Metric(best, n),
        "ADE sentences, precision at recall 0.98": Metric(_precision_at(read.scores, read.adverse, _FULL_RECALL), n),
        "ADE sentences flagged by the detector, recall": proportion(
            int((read.flagged & read.adverse).sum()), int(read.adverse.sum())
        ),
        "ADE sentences flagged by the detector, precision": proportion(
            int((read.flagged & read.adverse).sum()), int(read.flagged.sum())
        ),
    }


def _peers(read: _Sentences) -> dict[str, Mapping[str, float]]:
    """The bag of words on one half of the articles, the shipped net on the same half, and the recipe out of fold."""
    half = np.array([one.part % 2 == 1 for one in read.rows])
    words, truth = _bag_of_words(read.rows, half), read.adverse[half]
    own = read.scores[half]
    peers: dict[str, Mapping[str, float]] = {
        "bag of words, trained on the other articles": _summary(words, truth),
        "the shipped net on those same sentences": _summary(own, truth),
    }
    said = json.loads(OUT_OF_FOLD.read_text(encoding="utf-8"))
    known = np.array([one.key in said for one in read.rows])
    if known.any():
        values = np.array([said.get(one.key, 0.0) for one in read.rows])
        peers["same encoder with LoRA trained on the corpus, out of fold"] = _summary(
            values[known], read.adverse[known]
        )
    return peers


def _bag_of_words(rows: Sequence[Sentence], half: Truth) -> Scores:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, truth = np.array([one.text for one in rows], dtype=object), np.array([one.adverse for one in rows])
    reader = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    judge = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000)
    judge.fit(reader.fit_transform(texts[~half]), truth[~half])
    return np.asarray(judge.predict_proba(reader.transform(texts[half]))[:, 1], dtype=np.float64)


def _summary(scores: Scores, truth: Truth) -> dict[str, float]:
    best, at = _best(scores, truth)
    return {
        "best F1": best,
        "at threshold": at,
        "F1 at 0.5": _f1(scores >= 0.5, truth),
        "precision at recall 0.98": _precision_at(scores, truth, _FULL_RECALL),
    }


def _f1(said: Truth, truth: Truth) -> float:
    return float(2 * (said & truth).sum() / max(1, said.sum() + truth.sum()))


def _best(scores: Scores, truth: Truth) -> tuple[float, float]:
    order = np.argsort(-scores)
    f1 = 2 * np.cumsum(truth[order]) / (np.arange(1, len(order) + 1) + truth.sum())
    return float(f1.max()), float(scores[order][f1.argmax()])


def _precision_at(scores: Scores, truth: Truth, recall: float) -> float:
    hits = np.cumsum(truth[np.argsort(-scores)])
    at = int(np.searchsorted(hits, recall * truth.sum()))
    return float(hits[at] / (at + 1))


def _messages(part: str, detector: AdverseEvents) -> tuple[dict[str, Metric], list[str]]:
    reports, others = told(part), traps(part)
    found = [detector.screen(one.text) for one in reports]
    noticed = [bool(one.mentions) for one in found]
    false = [one for one in others if detector.screen(one.text).mentions]
    expected = [_pairs_found(one, each) for one, each in zip(reports, found, strict=True)]
    hits, wanted = sum(map(sum, expected)), sum(map(len, expected))
    said = [right for one, each in zip(reports, found, strict=True) for right in _medicines_right(one, each)]
    apart = [len(each.reports) == one.patients for one, each in zip(reports, found, strict=True) if one.patients > 1]
    metrics = {
        f"messages with a report noticed, {part}": proportion(sum(noticed), len(noticed)),
        f"precision of noticing, {part}": proportion(sum(noticed), sum(noticed) + len(false)),
        f"traps left alone, {part}": proportion(len(others) - len(false), len(others)),
        f"expected pairs found, {part}": proportion(hits, wanted),
        f"found pairs whose medicine is right, {part}": proportion(sum(said), len(said)),
        f"several patients kept apart, {part}": proportion(sum(apart), len(apart)),
    }
    failures = [f"not noticed ({part}): {one.text}" for one, seen in zip(reports, noticed, strict=True) if not seen]
    failures += [
        f"pairs missed ({part}): {one.text}"
        for one, each, seen in zip(reports, expected, noticed, strict=True)
        if seen and not all(each)
    ]
    return metrics, [*failures, *(f"noticed ({one.kind}, {part}): {one.text}" for one in false)]


def _pairs_found(one: Told, found: AdverseFindings) -> list[bool]:
    return [
        any(
            _is_at(one.text, medicine, mention.medicine_span) and _is_at(one.text, event, mention.event_span)
            for mention in found.mentions
        )
        for medicine, event in one.pairs
    ]


def _medicines_right(one: Told, found: AdverseFindings) -> list[bool]:
    return [
        any(_is_at(one.text, medicine, mention.medicine_span) for medicine, _ in one.pairs)
        for mention in found.mentions
    ]


def _is_at(text: str, words: str, span: tuple[int, int]) -> bool:
    """Whether these words stand where the span does."""
    small, sought = text.lower(), words.lower()
    at = small.find(sought)
    while at >= 0:
        if at < span[1] and span[0] < at + len(sought):
            return True
        at = small.find(sought, at + 1)
    return False


def _situations(part: str, detector: AdverseEvents) -> tuple[dict[str, Metric], list[str]]:
    metrics: dict[str, Metric] = {}
    failures, every = [], []
    for kind, texts in special(part).items():
        seen = [{one.kind.value for one in detector.screen(text).situations} for text in texts]
        right = [not each if kind == NOTHING else kind in each for each in seen]
        name = f"no situation where there is none, {part}" if kind == NOTHING else f"{kind}, {part}"
        metrics[name] = proportion(sum(right), len(right))
        every += [] if kind == NOTHING else right
        failures += [f"situation {kind} ({part}): {text}" for text, good in zip(texts, right, strict=True) if not good]
    return {f"special situations found, {part}": proportion(sum(every), len(every)), **metrics}, failures


def _milliseconds(detector: AdverseEvents) -> dict[str, Metric]:
    texts = [one.text for part in PARTS for one in told(part)]
    times = []
    for text in texts:
        started = perf_counter()
        detector.screen(f"{text} please")
        times.append(1000 * (perf_counter() - started))
    return {f"ms per message, p{at}": Metric(float(np.percentile(times, at)), len(times)) for at in (50, 95)}
