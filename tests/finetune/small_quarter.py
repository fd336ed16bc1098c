"""A quarter whose steps are the real ones, over a small made world: no model is trained and no server is started.

What a trainer, a server and an evaluation of hours would do is done by plain functions that leave the same files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher

from assistant.accounts import Accounts
from assistant.conversation import Outcome, Question
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Role
from finetune.candidate import ADAPTER, read_candidate
from finetune.evaluate import SystemUnderTest
from finetune.example import Candidate, Snapshot, Split
from finetune.gate import By, Gate, Kind, Limit
from finetune.parity import Compared, Form, Parity, write_parity
from finetune.plan import read_plan
from finetune.quarter_tools import QuarterTools, Served
from finetune.quarters import Quarter
from finetune.retrain import retrain
from finetune.select import LeftOut, Reason, Selection
from finetune.steps import Made, Result, Stand
from finetune.suites.probe import Probe, Right, Suite
from retrieval.medicines import Medicines
from tests.fakes import canned_refusal
from tests.finetune.candidates import candidate_in
from tests.finetune.training_world import PLAIN, examples, snapshot

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
Q4 = Quarter(2026, 4)
PASSWORDS = {"olga": "correct horse battery", "max": "another staple entirely", "rita": "a third one altogether"}
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
MEDICINES = Medicines.load()
PROBES = tuple(Probe(f"gold/{n}", Suite.GOLD, f"Question {n}?", Right.REFUSAL) for n in range(4))


def gate(accuracy: float = 0.5, version: str = "1") -> Gate:
    """Limits on accuracy and parity, and a comparison."""
    limits = (
        Limit(measure="clinical accuracy", at_least=accuracy, by=By.VALUE, why="right"),
        Limit(measure="parity", at_least=1, by=By.VALUE, why="proven"),
    )
    return Gate(id="small", version=version, kinds={"answer": Kind(compare=True, loss_alpha=0.05, limits=limits)})


@dataclass
class SmallQuarter:
    """The quarter and what a test may change about its world; `worked` lists what was really done."""

    folder: Path
    count: int = 60
    gate: Gate = field(default_factory=gate)
    proven: bool = True
    served: Served = field(default_factory=lambda: Served("", ""))
    review: str = "reviews-1"
    index: str = "index-1"
    asked: str = "questions-1"
    added: tuple[Path, ...] = ()
    """Datasets that the plan adds."""
    drops: int = 0
    """How many questions get no answer of their own, the first time or each time that they are asked."""
    worked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = Ledger(open_database(f"sqlite:///{self.folder / 'kept.db'}"))
        self.accounts = Accounts(self.ledger, QUICK)
        for name, role in (("olga", Role.SAFETY_OFFICER), ("max", Role.MODEL_ENGINEER), ("rita", Role.REVIEWER)):
            self.accounts.add(name, name.title(), [role], "local", PASSWORDS[name])

    @property
    def loop(self) -> Path:
        return self.folder / "loop"

    @property
    def quarter(self) -> Path:
        return self.loop / "quarters" / Q4.name

    def run(self, again: str = "") -> Stand:
        return retrain(Q4, self.tools(), again, NOW)

    def tools(self) -> QuarterTools:
        plan = read_plan().model_copy(update={"snapshots": self.added})
        return QuarterTools(
            self.loop, plan, replace(PLAIN, base="tiny"), self.gate, "b" * 64, self.ledger, "local", MEDICINES,
            self._select, self._prepare, lambda place, kept: PROBES, self.index, lambda: "serving-1", self._now_served,
            self._train, self._tuned, self._parity, self._register, self._canary, lambda: self.served,
            lambda: self.asked,
        )  # fmt: skip

    def _select(self, until: datetime) -> Selection:
        left_out = (LeftOut("turn-9", Reason.OPEN_CASE),)
        return Selection(examples(self.count), left_out, f"{self.review} {self.count}")

    def _prepare(self, given: object, out: Path, before: Sequence[Path]) -> Snapshot:
        self.worked.append("prepare")
        made = snapshot(out, {Split.TRAIN: examples(4, self.count), Split.VALIDATION: examples(2, 900)})
        (out / "sheet.md").write_text("# Data sheet\n\n| a | b |\n|---|---|\n| <script>bad()</script> | 1 |\n")
        return made

    @contextmanager
    def _now_served(self) -> Iterator[Sequence[SystemUnderTest]]:
        self.worked.append("baseline")
        yield (_refusing("what serves"), _refusing("the base"))

    def _train(self, recipe: object, place: Path, out: Path) -> Candidate:
        self.worked.append("train")
        return read_candidate(out) if (out / ADAPTER).exists() else candidate_in(out)

    @contextmanager
    def _tuned(self, place: Path) -> Iterator[SystemUnderTest]:
        self.worked.append("evaluate")
        yield _refusing("the candidate", read_candidate(place).id, self.drops)

    def _parity(self, place: Path, shown: Sequence[object]) -> Parity:
        self.worked.append("parity")
        same = 40 if self.proven else 39
        compared = tuple(
            Compared(form, "float32", exact, 2, 2, 40, same, 0.0, 0.0, 1.0)
            for form, exact in ((Form.ADAPTER, True), (Form.MERGED, False))
        )
        made = read_candidate(place)
        parity = Parity(
            made.id, made.base_hash, made.adapter_hash, "m" * 64, "answer@2", "vllm", "peft", NOW, compared, ()
        )
        write_parity(parity, place)
        return parity

    def _register(self, place: Path) -> str:
        self.worked.append("register")
        return "1"

    def _canary(self, place: Path, share: float) -> Result:
        self.worked.append("canary")
        self.served = Served("", place.name)
        return Made({"release": place.name})


def _refusing(name: str, candidate: str = "", drops: int = 0) -> SystemUnderTest:
    """A system that refuses everything, which is right for every probe here, but breaks at the first few questions."""
    asked: list[str] = []

    def answer(question: Question) -> Outcome:
        asked.append(question.text)
        if len(asked) <= drops:
            raise TimeoutError("the machine is busy")
        return canned_refusal(question)

    return SystemUnderTest(name, answer, candidate)
