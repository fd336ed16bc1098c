"""`pharmassist bench retrieval`: our fused query beside BM25 alone and dense alone, on questions with known answers.

BioASQ: every snippet of the file is a passage, and a question's own snippets are its answers. LiveQA: every judged
answer is a passage (once, though several questions may share it), graded 0 to 3 by NIST's assessors; the questions come
as people sent them and as an expert summed them up. All three ways of searching go through the same index.

    pharmassist bench retrieval --data ../shared/data
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from finetune.measure import BenchReport, Metric, mean_metric, peak_mb
from retrieval.encoder import Encoder
from retrieval.index import Index, IndexQuery, indexed_text
from retrieval.index.edge import open_edge
from retrieval.passage import Passage, Section, Source, SourceKind
from retrieval.settings import RetrievalSettings
from ui.settings import CHECKOUT

CUTOFF = 10
CACHE = CHECKOUT / "var" / "bench"
"""Embeddings of the benchmark's passages, by the hash of model and texts: twelve thousand take minutes."""
WAYS = ("hybrid", "bm25 alone", "dense alone")
csv.field_size_limit(10_000_000)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the grades (above 0) of the passages that answer it, by key."""

    text: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Task:
    """Passages to search and questions to ask. `measures` are the figures reported."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Judged, ...]
    measures: tuple[str, ...]


def run(data: Path) -> BenchReport:
    """Measure all tasks; `failures` names every figure in which one of the two halves alone is as good or better.

    Raises:
        FileNotFoundError: `data` holds no `retrieval/bioasq.jsonl` or no LiveQA files.
    """
    started = perf_counter()
    encoder = Encoder(RetrievalSettings())
    found: dict[str, dict[str, list[float]]] = {way: {} for way in WAYS}
    for task in (bioasq(data / "retrieval"), *liveqa(data / "retrieval")):
        for way, figures in measure(task, encoder).items():
            found[way].update(figures)
    metrics = {name: mean_metric(values) for name, values in found["hybrid"].items()}
    peers = {way: {name: math.fsum(v) / len(v) for name, v in found[way].items()} for way in WAYS[1:]}
    return BenchReport("retrieval", metrics, peers, _lost(metrics, peers), perf_counter() - started, peak_mb())


def bioasq(folder: Path) -> Task:
    """Biomedical questions over all snippets of the file."""
    lines = (folder / "bioasq.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    texts = dict.fromkeys(snippet["text"].strip() for record in records for snippet in record["snippets"])
    keys = {text: f"b{place}" for place, text in enumerate(texts)}
    questions = tuple(
        Judged(record["question"], {keys[snippet["text"].strip()]: 1 for snippet in record["snippets"]})
        for record in records
    )
    passages = tuple(_passage(key, "", text) for text, key in keys.items())
    return Task("bioasq", passages, questions, ("hit", "recall", "mrr", "ndcg"))


def liveqa(folder: Path) -> Iterator[Task]:
    """Consumers' questions over all judged answers: as they were sent, then as an expert summed them up."""
    with zipfile.ZipFile(folder / "liveqa_qrels_answers.zip") as archive:
        passages = tuple(_answers(_member(archive, "MedQuAD.csv")))
        grades = _grades(_member(archive, "Judged-Answers.txt"))
    root = etree.parse(
        folder / "liveqa_questions.xml", etree.XMLParser(resolve_entities=False, no_network=True)
    ).getroot()
    asked: dict[str, list[Judged]] = {"liveqa question": [], "liveqa summary": []}
    for question in root:
        number = re.sub(r"\D", "", question.get("qid") or "")
        if any(grades.get(number, {}).values()):
            subject, message = (question.findtext(f"Original-Question/{part}") or "" for part in ("SUBJECT", "MESSAGE"))
            whole = " ".join(f"{subject} {message}".split())
            asked["liveqa question"].append(Judged(whole, grades[number]))
            asked["liveqa summary"].append(Judged(question.findtext("NLM-Summary") or "", grades[number]))
    for name, questions in asked.items():
        yield Task(name, passages, tuple(questions), ("ndcg",))


def measure(task: Task, encoder: Encoder) -> Mapping[str, Mapping[str, list[float]]]:
    """One value per question for every way of searching and every figure."""
    asked = _embedded([question.text for question in task.questions], encoder)
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        index = open_edge(Path(folder), dimension=encoder.dimension, model=encoder.name)
        index.add_passages(task.passages, _embedded([indexed_text(passage) for passage in task.passages], encoder))
        index.put_source(_source())
        for way in WAYS:
            ranked = [_search(index, way, one, vector) for one, vector in zip(task.questions, asked, strict=True)]
            found[way] = {
                f"{task.name} {figure}@{CUTOFF}": [
                    _FIGURES[figure](keys, one.grades) for keys, one in zip(ranked, task.questions, strict=True)
                ]
                for figure in task.measures
            }
        index.close()
    return found


def _search(index: Index, way: str, question: Judged, vector: NDArray[np.float32]) -> list[str]:
    query = IndexQuery(vector, question.text, CUTOFF)
    if way == "bm25 alone":
        query = replace(query, dense_weight=0.0, weigh_words=False)
    elif way == "dense alone":
        query = replace(query, words_weight=0.0)
    return [hit.passage.key for hit in index.search(query)]


def _hit(keys: Sequence[str], grades: Mapping[str, int]) -> float:
    return float(any(grades.get(key, 0) > 0 for key in keys))


def _recall(keys: Sequence[str], grades: Mapping[str, int]) -> float:
    return sum(grades.get(key, 0) > 0 for key in keys) / sum(grade > 0 for grade in grades.values())


def _reciprocal_rank(keys: Sequence[str], grades: Mapping[str, int]) -> float:
    return next((1 / place for place, key in enumerate(keys, 1) if grades.get(key, 0) > 0), 0.0)


def _ndcg(keys: Sequence[str], grades: Mapping[str, int]) -> float:
    """Gain is the grade itself, discounted by log2 of the place (Järvelin and Kekäläinen, TOIS 2002)."""
    best = sorted(grades.values(), reverse=True)[:CUTOFF]
    return _discounted([grades.get(key, 0) for key in keys]) / _discounted(best)


def _discounted(gains: Sequence[int]) -> float:
    return math.fsum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


_FIGURES = {"hit": _hit, "recall": _recall, "mrr": _reciprocal_rank, "ndcg": _ndcg}


def _lost(metrics: Mapping[str, Metric], peers: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    return tuple(
        f"{way} is as good in {name}: {values[name]:.3f} against {metric.value:.3f}"
        for way, values in peers.items()
        for name, metric in metrics.items()
        if values[name] >= metric.value
    )


def _embedded(texts: Sequence[str], encoder: Encoder) -> NDArray[np.float32]:
    digest = hashlib.sha256("\0".join([encoder.name, *texts]).encode()).hexdigest()[:24]
    path = CACHE / f"{digest}.npy"
    if not path.is_file():
        vectors = encoder.encode(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, vectors)
        part.replace(path)
    return np.asarray(np.load(path), dtype=np.float32)


def _answers(text: str) -> Iterator[Passage]:
    rows = {row["AnswerID"]: row["Answer"] for row in csv.DictReader(io.StringIO(text, newline=""))}
    for key, whole in rows.items():
        asked, _, answer = whole.partition("\nURL: ")
        yield _passage(key, asked.removeprefix("Question: ").strip(), answer.partition("Answer: ")[2].strip())


def _grades(text: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        number, grade, key = line.split()
        found.setdefault(number, {})[key] = int(grade[0]) - 1
    return found


def _member(archive: zipfile.ZipFile, ending: str) -> str:
    name = next(name for name in archive.namelist() if name.endswith(ending) and "__MACOSX" not in name)
    return archive.read(name).decode("utf-8", errors="replace")


def _passage(key: str, title: str, text: str) -> Passage:
    return Passage(key, "bench@1", text, Section.OTHER, (), 0, len(text), (), title, None)


def _source() -> Source:
    return Source("bench@1", "bench", SourceKind.LITERATURE, "bench", (), (), "", "1", None, "", "", "", "")
