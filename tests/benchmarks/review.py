"""The review desk at size: 50,000 stored turns, 2,500 flagged, 2,000 reviewed with twelve passages each.

Made turns and reviews go in as rows, in one transaction; what is timed afterwards is what people and the loop call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import sqlalchemy as sa

from assistant.conversation import Answer, Basis, CheckedClaim, Flag, FlagKind, Question, Turn
from assistant.database import CONVERSATIONS, FLAGS, open_database
from assistant.deeds import turn_hash
from assistant.ledger import Ledger, append
from assistant.people import Person, Role
from assistant.records import Records
from assistant.review import Judged, JudgedOn, Judgement, Review
from assistant.review_agreement import agreement
from assistant.review_queue import Queue, Sample, item, page
from assistant.review_rows import review_row
from assistant.reviews import Reviews, review_deed
from assistant.rows import Row, conversation_row, flag_row, turn_rows
from assistant.tables.reviews import REVIEWS
from finetune.measure import BenchReport, Metric, peak_mb
from finetune.select import Reviewed, select
from guardrails.claim import Claim
from guardrails.dose_reader import read_doses
from guardrails.identifiers import masked
from guardrails.verdict import CheckRun, Decision, Verdict
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage
from tests.assistant.made_reviews import FOOD, NOW

TURNS, FLAGGED, REVIEWED, PASSAGES = 50_000, 2_500, 2_000, 12
RITA = Person("rita", "rita", "Rita Example", frozenset({Role.REVIEWER}))


def run(_data: Path) -> BenchReport:
    """Make the store, then time the queue, one turn, the agreement, the selection and the verification."""
    began = perf_counter()
    with TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/talks.db")
        records = Records(engine, Ledger(engine))
        reviews = Reviews(records.ledger)
        started = perf_counter()
        _fill(records)
        made_s = perf_counter() - started
        reader = partial(read_doses, medicines=Medicines.load())
        queue = Queue(records, reviews, reader, Sample(0.05, "bench"), frozenset)
        reviewed = Reviewed(records, reviews, frozenset(), frozenset(), lambda text: masked(text)[0])
        seconds = {
            "queue_s": _timed(lambda: page(queue, RITA, limit=50)),
            "turn_s": _timed(lambda: item(queue, RITA, "turn-49999")),
            "agreement_s": _timed(lambda: agreement(reviews.outlines())),
            "verify_s": _timed(reviews.verify),
        }
        started = perf_counter()
        found = select(reviewed)
        seconds["select_s"] = perf_counter() - started
        metrics = {name: Metric(value, REVIEWED) for name, value in seconds.items()}
        metrics |= {"examples": Metric(len(found.examples), REVIEWED), "made_s": Metric(made_s, TURNS)}
        broken = tuple(each.explanation for each in reviews.verify())
        engine.dispose()
    wrong = () if len(found.examples) == REVIEWED else (f"{len(found.examples)} examples of {REVIEWED} reviewed turns",)
    return BenchReport("review", metrics, failures=(*wrong, *broken), seconds=perf_counter() - began, peak_mb=peak_mb())


def _fill(records: Records) -> None:
    evidence = tuple(replace(FOOD, key=f"p{at}", text=FOOD.text * 6) for at in range(PASSAGES - 1))
    with records.ledger.writing("the made turns") as connection:
        for first in range(0, TURNS, 5_000):
            turns = [_turn(number) for number in range(first, first + 5_000)]
            connection.execute(sa.insert(CONVERSATIONS), [conversation_row(turn) for turn in turns])
            tables: dict[sa.Table, list[Row]] = {}
            for turn in turns:
                for table, rows in turn_rows(turn):
                    tables.setdefault(table, []).extend(rows)
            for table, rows in tables.items():
                if rows:
                    connection.execute(sa.insert(table), rows)
        flags = [Flag(f"f{at}", f"turn-{at}", FlagKind.INACCURATE, "wrong", "", NOW, "cleo") for at in range(FLAGGED)]
        connection.execute(sa.insert(FLAGS), [flag_row(flag) for flag in flags])
        for number in range(TURNS - REVIEWED, TURNS):
            review = _review(number, (*evidence, FOOD))
            connection.execute(sa.insert(REVIEWS), [review_row(review)])
            append(connection, review_deed(review))


def _turn(number: int) -> Turn:
    claim = Claim(FOOD.text, (Citation(FOOD.key, FOOD.text),))
    shown = CheckedClaim(claim, Verdict(Decision.RELEASE, (), (CheckRun("quote", 0.1),)))
    question = Question(f"turn-{number}", f"talk-{number}", f"Does metformin upset the stomach, {number} times?", NOW)
    return Turn(question.id, question.conversation_id, Answer(question, (shown,), (FOOD,), (), Basis(), 0.2), NOW)


def _review(number: int, evidence: tuple[Passage, ...]) -> Review:
    turn = _turn(number)
    judged_on = JudgedOn(turn_hash(turn), evidence, ("metformin",), "rules", "index")
    return Review(f"r{number}", turn.id, 1, "rita", "rita", NOW, Judgement(Judged.CORRECT), judged_on)


def _timed(call: Callable[[], object]) -> float:
    """The best of three."""
    spent = []
    for _ in range(3):
        started = perf_counter()
        call()
        spent.append(perf_counter() - started)
    return min(spent)
