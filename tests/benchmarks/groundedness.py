"""`pharmassist bench groundedness`: does the learned check tell supported claims from unsupported ones?

Three sets that it was not trained on: ExpertQA (claims of real cited systems, judged by experts), MedHallu (true and
hallucinated answers; it rewards style, so the same model without the abstract stands beside it) and made contrasts of
medicines that are in no training text. The floors (token overlap, sentence cosine, length) run on the same claims.

    pharmassist bench groundedness --data ../shared/data
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from finetune.measure import BenchReport, Metric, peak_mb, proportion
from guardrails.groundedness import Grounding
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.sentences import sentences
from retrieval.settings import RetrievalSettings
from tests.benchmarks import groundedness_sets as sets
from tests.benchmarks.groundedness_sets import Case

RESAMPLES = 1000
Scores = NDArray[np.float64]


def run(data: Path) -> BenchReport:
    """Score all sets; `failures` names the goals of the design that were missed."""
    started = perf_counter()
    bench = _Bench()
    expert, hallu, made = sets.expertqa(data), sets.medhallu(data), sets.made(data)
    bench.add("expertqa", expert, full=True)
    bench.partial(expert)
    bench.add("medhallu", hallu, full=True)
    bench.add("medhallu, question only", sets.question_only(hallu))
    bench.add("medhallu, no evidence", sets.without_evidence(hallu))
    bench.context_gain(hallu)
    bench.add("made", made, full=True)
    bench.add("made, no evidence", sets.without_evidence(made))
    bench.by_kind(made)
    for name, cases in sets.faithful().items():
        bench.withheld(f"faithful claims withheld, {name}", cases)
    bench.latency(sets.faithful()["medicines held out"])
    return BenchReport("groundedness", bench.metrics, bench.peers, bench.missed(), perf_counter() - started, peak_mb())


class _Bench:
    """The model, and what was measured so far."""

    def __init__(self) -> None:
        self.encoder = Encoder(RetrievalSettings())
        self.grounding = Grounding(Nets(self.encoder), self.encoder)
        self.metrics: dict[str, Metric] = {}
        self.peers: dict[str, dict[str, float]] = {}
        self.scores: dict[str, Scores] = {}

    def add(self, name: str, cases: Sequence[Case], *, full: bool = False) -> None:
        """Score a set with the check and with its three signals alone; `full` adds the floors and balanced accuracy."""
        signals = self.grounding.signals([case.claim for case in cases], [case.evidence for case in cases])
        ways = {
            "the check": self.grounding.blend.of(signals),
            "net alone": signals[:, 0],
            "window cosine": signals[:, 1],
            "token overlap": signals[:, 2],
        }
        if full:
            ways |= {"sentence cosine": self._sentence_cosines(cases), "length": _lengths(cases)}
        self.scores |= {f"{name}, {way}": found for way, found in ways.items()}
        truth = _truth(cases)
        self.metrics[f"{name}, AUROC"] = auroc_metric(truth, ways["the check"], [case.group for case in cases])
        for way in list(ways)[1:]:
            self.peers.setdefault(way, {})[f"{name}, AUROC"] = auroc(truth, ways[way])
        if full:
            self._balanced(name, cases, ways)

    def _balanced(self, name: str, cases: Sequence[Case], ways: Mapping[str, Scores]) -> None:
        truth, least = _truth(cases), self.grounding.least
        kept = ways["the check"] >= least
        self.metrics[f"{name}, supported claims kept"] = proportion(int((kept & truth).sum()), int(truth.sum()))
        self.metrics[f"{name}, unsupported withheld"] = proportion(int((~kept & ~truth).sum()), int((~truth).sum()))
        for way, found in ways.items():
            value = balanced_accuracy(truth, found, [case.group for case in cases])
            if way == "the check":
                self.metrics[f"{name}, balanced accuracy"] = Metric(value, len(cases))
            else:
                self.peers.setdefault(way, {})[f"{name}, balanced accuracy"] = value

    def partial(self, cases: Sequence[Case]) -> None:
        """ExpertQA's Partial in its two other readings: left out, and counted as supported."""
        scores = self.scores["expertqa, the check"]
        clear = np.array([case.kind != "Partial" for case in cases])
        left = [case for case in cases if case.kind != "Partial"]
        groups = [case.group for case in left]
        self.metrics["expertqa, AUROC, Partial left out"] = auroc_metric(_truth(left), scores[clear], groups)
        some = np.array([case.kind != "Incomplete" for case in cases])
        groups = [case.group for case in cases]
        self.metrics["expertqa, AUROC, Partial as supported"] = auroc_metric(some, scores, groups)

    def context_gain(self, cases: Sequence[Case]) -> None:
        """How much the abstract adds on MedHallu, over the better of the two ways to leave it out."""
        truth, groups = _truth(cases), [case.group for case in cases]
        bare = max(
            ("medhallu, question only", "medhallu, no evidence"), key=lambda name: self.metrics[f"{name}, AUROC"].value
        )
        first, second = self.scores["medhallu, the check"], self.scores[f"{bare}, the check"]
        low, high = resampled(groups, lambda rows: auroc(truth[rows], first[rows]) - auroc(truth[rows], second[rows]))
        gain = auroc(truth, first) - auroc(truth, second)
        self.metrics["medhallu, AUROC gained by the abstract"] = Metric(gain, len(cases), low, high)
        pairs = first[::2] > first[1::2]
        self.metrics["medhallu, true answer above its twin"] = proportion(int(pairs.sum()), len(pairs))

    def by_kind(self, cases: Sequence[Case]) -> None:
        """The made contrasts of each kind against all faithful ones."""
        truth, scores = _truth(cases), self.scores["made, the check"]
        kinds = np.array([case.kind for case in cases])
        for kind in sorted(set(kinds[~truth])):
            rows = truth | (kinds == kind)
            count = int((kinds == kind).sum())
            self.metrics[f"made, {kind}, AUROC"] = Metric(auroc(truth[rows], scores[rows]), count)

    def withheld(self, name: str, cases: Sequence[Case]) -> None:
        """Faithful claims below the operating point."""
        scores = self.grounding.scores([case.claim for case in cases], [case.evidence for case in cases])
        self.metrics[name] = proportion(int((scores < self.grounding.least).sum()), len(cases))

    def latency(self, cases: Sequence[Case]) -> None:
        """Milliseconds for an answer of five claims, each with its passage, warm: the median of twenty answers."""
        taken = []
        for turn in range(21):
            answer = cases[5 * turn : 5 * turn + 5]
            started = perf_counter()
            self.grounding.scores([case.claim for case in answer], [case.evidence for case in answer])
            taken.append(1000 * (perf_counter() - started))
        self.metrics["ms for five claims"] = Metric(float(np.median(taken[1:])), 20, min(taken[1:]), max(taken[1:]))

    def _sentence_cosines(self, cases: Sequence[Case]) -> Scores:
        """The best cosine between the claim and one sentence of its evidence."""
        cut = [[e[a:b] for e in case.evidence for a, b in sentences(e)] for case in cases]
        texts = list(dict.fromkeys([*(case.claim for case in cases), *(one for own in cut for one in own)]))
        vectors = dict(zip(texts, self.encoder.encode(texts), strict=True))
        best = [max(vectors[one] @ vectors[case.claim] for one in own) for case, own in zip(cases, cut, strict=True)]
        return np.array(best, dtype=np.float64)

    def missed(self) -> tuple[str, ...]:
        """The goals of the design that this run misses."""
        value = {name: metric.value for name, metric in self.metrics.items()}
        goals = {
            "AUROC over 0.68 on ExpertQA": value["expertqa, AUROC"] > 0.68,
            "above the sentence cosine on ExpertQA": value["expertqa, AUROC"]
            > self.peers["sentence cosine"]["expertqa, AUROC"],
            "0.10 above itself without the abstract on MedHallu": value["medhallu, AUROC gained by the abstract"]
            >= 0.1,
            "AUROC over 0.95 on made contrasts": value["made, AUROC"] > 0.95,
            "under 1 % of faithful claims withheld": value["faithful claims withheld, medicines held out"] < 0.01,
            "five claims under 100 ms": value["ms for five claims"] < 100,
        }
        return tuple(f"missed: {goal}" for goal, reached in goals.items() if not reached)


def _truth(cases: Sequence[Case]) -> NDArray[np.bool_]:
    return np.array([case.supported for case in cases])


def _lengths(cases: Sequence[Case]) -> Scores:
    return np.array([len(case.claim) for case in cases], dtype=np.float64)


def auroc(truth: NDArray[np.bool_], scores: Scores) -> float:
    """The chance that a supported claim scores above an unsupported one, ties counting half (Mann-Whitney)."""
    from scipy.stats import rankdata

    wanted = int(truth.sum())
    ranks = rankdata(scores)
    return float((ranks[truth].sum() - wanted * (wanted + 1) / 2) / (wanted * (len(truth) - wanted)))


def auroc_metric(truth: NDArray[np.bool_], scores: Scores, groups: Sequence[str]) -> Metric:
    """AUROC with its percentile bootstrap interval."""
    low, high = resampled(groups, lambda rows: auroc(truth[rows], scores[rows]))
    return Metric(auroc(truth, scores), len(truth), low, high)


def resampled(groups: Sequence[str], measure: Callable[[NDArray[np.int64]], float]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of a measure; whole groups (questions, medicines) are drawn."""
    names = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    number = np.array([names[group] for group in groups])
    members = [np.flatnonzero(number == one) for one in range(len(names))]
    chance = np.random.default_rng(7)
    found = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([members[one] for one in chance.integers(0, len(members), len(members))])
        found.append(measure(rows))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def balanced_accuracy(truth: NDArray[np.bool_], scores: Scores, groups: Sequence[str]) -> float:
    """The mean of both recalls; the threshold for one half of the groups is the best one of the other half."""
    names = {name: number % 2 for number, name in enumerate(sorted(set(groups)))}
    half = np.array([names[group] for group in groups])
    kept = np.zeros(len(truth), dtype=bool)
    for one in (0, 1):
        learn, use = half != one, half == one
        tried = np.unique(scores[learn])
        recalls = [(scores[learn][truth[learn]] >= t).mean() + (scores[learn][~truth[learn]] < t).mean() for t in tried]
        kept[use] = scores[use] >= tried[int(np.argmax(recalls))]
    return float((kept[truth].mean() + (~kept[~truth]).mean()) / 2)
