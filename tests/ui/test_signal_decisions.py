"""Decisions about signals on the board and on the command line: by people, with reasons, in the ledger, for good."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.errors import AssistantError
from assistant.triage.signals.errors import MoveRefused, ReportsInvalid
from assistant.triage.signals.review import SignalState, decisions
from tests.assistant.triage.made_desk import SECRET
from tests.assistant.triage.signals.tables import two_by_two, written
from tests.ui.test_triage import Room, room  # noqa: F401 -- the fixture
from ui.cli_signals import app
from ui.signal_shapes import DecisionShape, DecisionsShape
from ui.triage.reply import BoardReply

ROOT = Path(__file__).resolve().parents[2]
PRIOR = "3.2538,0.3999,2.0261,1.9081,0.0653"


@dataclass(frozen=True)
class Tab:
    """The signals tab over a set of reports in which A and X are reported together ten times."""

    room: Room

    def sent(self, to: str, why: str = "read the cases", n: int = 10, **more: str) -> dict[str, object]:
        return {"source": "reports.csv", "product": "A", "event": "X", "to": to, "why": why, "n": n, **more}

    def decide(self, to: str, why: str = "read the cases", n: int = 10, **more: str) -> BoardReply:
        return self.room.board.answers.decide(self.room.office.ann, self.sent(to, why, n, **more))

    def html(self, **asked: str) -> str:
        return self.room.board.answers.signals(
            self.room.office.ann, {"source": "reports.csv", "product": "A", "event": "X", **asked}
        ).html


@pytest.fixture
def tab(room: Room) -> Tab:  # noqa: F811
    room.tools.sets.mkdir()
    written(room.tools.sets, two_by_two(10, 90, 100, 9800), ("id", "product", "event"))
    return Tab(room)


def test_a_pair_is_new_and_can_only_be_taken_under_review(tab: Tab) -> None:
    html = tab.html()
    assert ">new</span>" in html
    assert re.findall(r'data-to="([^"]+)"', html) == ["under review"]
    assert "Nobody has decided about this pair." in html
    assert "can become under review" in tab.decide("confirmed").error


def test_a_decision_stands_on_the_tab_with_who_when_and_why(tab: Tab) -> None:
    assert tab.decide("under review", "").said == "A / X is under review."
    assert tab.decide("refuted", "All ten took B as well.").error == ""
    html = tab.html()
    assert "Ann" in html
    assert "All ten took B as well." in html
    assert re.findall(r'data-to="([^"]+)"', html) == ["under review"]
    assert "Review again" in html
    first, last = decisions(tab.room.tools.ledger)
    assert (first.old, first.new, first.by) == (SignalState.NEW, SignalState.UNDER_REVIEW, tab.room.office.ann.id)
    assert (last.new, last.source, last.reports) == (SignalState.REFUTED, "reports.csv", 10)
    assert "prr" in last.crossed
    assert tab.room.tools.ledger.verify().breaks == ()


def test_a_judgement_without_a_reason_is_refused(tab: Tab) -> None:
    tab.decide("under review", "")
    assert "Give a reason" in tab.decide("confirmed", " ").error
    assert len(decisions(tab.room.tools.ledger)) == 1


def test_reasons_are_masked(tab: Tab) -> None:
    tab.decide("under review", "")
    tab.decide("confirmed", f"{SECRET} and nine others")
    assert decisions(tab.room.tools.ledger)[-1].reason == "[PERSON] and nine others"


def test_who_only_reads_sees_decisions_and_makes_none(tab: Tab) -> None:
    tab.decide("under review", "")
    auditor, answers = tab.room.auditor, tab.room.board.answers
    html = answers.signals(auditor, {"source": "reports.csv", "product": "A", "event": "X"}).html
    assert "under review" in html
    assert 'data-action="decide"' not in html
    assert "permission" in answers.decide(auditor, tab.sent("confirmed")).error
    assert len(decisions(tab.room.tools.ledger)) == 1


def test_numbers_that_changed_since_they_were_looked_at_are_not_decided_on(tab: Tab) -> None:
    assert "count again" in tab.decide("under review", n=9).error
    tab.html()
    written(tab.room.tools.sets, two_by_two(12, 88, 100, 9800), ("id", "product", "event"))
    assert "count again" in tab.decide("under review", n=10).error
    assert tab.decide("under review", n=12).error == ""


def test_what_is_no_pair_or_no_state_is_one_sentence(tab: Tab) -> None:
    assert "A signal can be" in tab.decide("lost").error
    assert "names must match" in tab.decide("under review", product="C").error
    assert "There is no set" in tab.decide("under review", source="../desk.db").error
    assert tab.decide("under review", product="<img>").html == ""


def test_hostile_words_of_a_decision_stay_text(tab: Tab) -> None:
    tab.decide("under review", "")
    tab.decide("confirmed", '<img src=x onerror="alert(1)">')
    assert "<img src=x" not in tab.html()
    assert "&lt;img src=x" in tab.html()


def test_a_decided_pair_is_listed_also_where_no_report_names_it_any_more(tab: Tab) -> None:
    tab.decide("under review", "")
    written(tab.room.tools.sets, [("1", "B", "Y")], ("id", "product", "event"))
    html = tab.html(every="yes")
    assert "<h3>Decided</h3>" in html
    assert 'data-product="A"' in html


# ---- on the command line


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHARMASSIST_DATA_DIR", str(tmp_path / "data"))
    return written(tmp_path, two_by_two(10, 90, 100, 9800))


def run(*words: str) -> str:
    done = CliRunner().invoke(app, [*words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_pair_is_decided_and_listed(data: Path) -> None:
    source = ("--source", str(data), "--prior", PRIOR)
    run("decide", "a", "x", "under-review", *source)
    found = json.loads(run("decide", "A", "X", "confirmed", "--why", "Ten alike.", *source, "--json"))
    (made,) = DecisionsShape.model_validate(found).decisions
    assert (made.old, made.new, made.reason, made.source, made.reports) == (
        *("under review", "confirmed", "Ten alike.", "reports.csv", 10),
    )
    assert float(made.eb05) > 2
    listed = json.loads(run("decisions", "--product", "a", "--json"))["decisions"]
    assert [each["new"] for each in listed] == ["under review", "confirmed"]
    assert json.loads(run("decisions", "--event", "Y", "--json")) == {"decisions": []}
    assert "A / X: under review → confirmed, " in run("decisions")
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for name in (*DecisionShape.model_fields, *DecisionsShape.model_fields):
        assert re.search(rf"[`\"]{name}\b", page), f"docs/json.md does not name {name}"


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (("A", "X", "confirmed"), MoveRefused, "can become under review"),
        (("A", "Z", "under review"), ReportsInvalid, "names must match"),
        (("A", "X", "under review", "--source", "/no/such.csv"), AssistantError, "such.csv"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    data: Path, words: tuple[str, ...], kind: type[AssistantError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        run("decide", *words, *(() if "--source" in words else ("--source", str(data))))
    assert run("decisions").strip() == "Nobody has decided about a signal."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("decide", "A", "X", "lost"), "a signal can be new, under review"),
        (("--product", "A", "decide", "A", "X", "new"), "write --product after decide"),
    ],
)
def test_wrong_usage_is_told_with_what_is_right(data: Path, words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, [*words], env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
