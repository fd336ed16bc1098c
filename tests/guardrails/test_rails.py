"""The rails through the real NeMo Guardrails: what crashes, hangs or is missing has no result, and a fault says so."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guardrails.errors import RailsInvalid
from guardrails.rails import FOLDER, Direction, Rails
from guardrails.verdict import Severity

RAILS = ("check citations", "check wording", "check doses", "check support")
SECRET = " ".join(("John", "Smith"))


@pytest.fixture(scope="module")
def rails() -> Iterator[Rails]:
    opened = Rails()
    yield opened
    opened.close()


def _fine(_: Mapping[str, int]) -> int:
    return 7


def _breaks(_: Mapping[str, int]) -> int:
    raise ZeroDivisionError(SECRET)


def test_the_shipped_config_names_the_rails_in_their_order(rails: Rails) -> None:
    assert rails.names(Direction.INPUT) == (
        "mask identifiers",
        "find injections",
        "decline harm",
        "notice emergencies",
    )
    assert rails.names(Direction.OUTPUT) == RAILS
    assert set(rails.seconds) == {*rails.names(Direction.INPUT), *RAILS}


def test_every_rail_runs_and_is_timed(rails: Rails) -> None:
    report = rails.run(Direction.OUTPUT, dict.fromkeys(RAILS, _fine))
    assert report.results == dict.fromkeys(RAILS, 7)
    assert {run.rule for run in report.runs} == set(RAILS)
    assert all(run.ms > 0 for run in report.runs)
    assert report.faults == ()
    assert report.overhead_ms > 0


def test_input_rails_run_in_order_and_see_what_came_before(rails: Rails) -> None:
    seen: list[tuple[str, ...]] = []

    def look(before: Mapping[str, int]) -> int:
        seen.append(tuple(before))
        return len(before)

    names = rails.names(Direction.INPUT)
    report = rails.run(Direction.INPUT, dict.fromkeys(names, look))
    assert seen == [names[:at] for at in range(len(names))]
    assert report.results == {name: at for at, name in enumerate(names)}


def test_a_rail_that_breaks_is_a_fault_and_the_others_still_run(rails: Rails, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        report = rails.run(Direction.OUTPUT, dict.fromkeys(RAILS, _fine) | {"check doses": _breaks})
    assert set(report.results) == {*RAILS} - {"check doses"}
    (fault,) = report.faults
    assert (fault.rule, fault.severity) == ("check doses", Severity.BLOCK)
    assert "broke (ZeroDivisionError)" in fault.explanation
    # What a check was reading when it broke may be about a patient.
    assert SECRET not in fault.explanation + caplog.text


def test_a_rail_that_hangs_is_given_up(tmp_path: Path) -> None:
    config = _copy(tmp_path, "check doses: 5", "check doses: 0.2")
    rails, let_go, ended = Rails(config), threading.Event(), threading.Event()

    def hangs(_: Mapping[str, int]) -> int:
        let_go.wait(60)
        ended.set()
        return 7

    report = rails.run(Direction.OUTPUT, dict.fromkeys(RAILS, _fine) | {"check doses": hangs})
    assert not ended.is_set()
    let_go.set()
    assert [fault.explanation for fault in report.faults] == [
        "The rail “check doses” took longer than 0.2 seconds, so nothing that it judges is shown."
    ]
    rails.close()


def test_a_rail_that_the_config_leaves_out_did_not_run(tmp_path: Path) -> None:
    rails = Rails(_copy(tmp_path, "      - check doses\n", ""))
    report = rails.run(Direction.OUTPUT, dict.fromkeys(RAILS, _fine))
    assert [fault.rule for fault in report.faults] == ["check doses"]
    assert "did not run" in report.faults[0].explanation
    rails.close()


def test_a_config_without_any_rail_runs_none(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("models: []\n")
    rails = Rails(tmp_path)
    report = rails.run(Direction.OUTPUT, dict.fromkeys(RAILS, _fine))
    assert report.results == {}
    assert {fault.rule for fault in report.faults} == set(RAILS)
    rails.close()


BROKEN = [
    ("      - check doses\n", "      - check dozes\n", "check dozes"),  # no flow of that name
    ("check doses: 5", "check doses: soon", "check doses"),  # no number
    ("check doses: 5", "check doses: 0", "check doses"),  # no time at all
    ("models: []", "models: [", "cannot be read"),  # no YAML
]


@pytest.mark.parametrize(("old", "new", "named"), BROKEN)
def test_a_config_that_makes_no_sense_is_refused_by_name(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(RailsInvalid, match=named):
        Rails(_copy(tmp_path, old, new))


def test_a_folder_without_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RailsInvalid, match=r"has no config\.yml"):
        Rails(tmp_path)


def test_questions_at_the_same_time_do_not_mix(rails: Rails) -> None:
    def run(number: int) -> list[int]:
        report = rails.run(Direction.OUTPUT, dict.fromkeys(RAILS, lambda _: number))
        return list(report.results.values())

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(run, range(24))) == [[number] * len(RAILS) for number in range(24)]


def _copy(folder: Path, old: str, new: str) -> Path:
    """The shipped config with one change."""
    config = folder / "rails"
    shutil.copytree(FOLDER, config)
    text = (config / "config.yml").read_text()
    assert old in text
    (config / "config.yml").write_text(text.replace(old, new))
    return config
