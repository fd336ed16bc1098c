"""The quarter's steps and gates, in a small made world: where it stops, for whom, what it never does twice."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.errors import NotAllowed, SignInFailed
from assistant.people import May, Role
from finetune.approval import approval_of, approve
from finetune.errors import QuarterInvalid, ResultChanged, SnapshotInvalid
from finetune.example import Split
from finetune.journal import Happened, read_notes
from finetune.plan import SHIPPED, read_plan
from finetune.quarter import TITLES, steps
from finetune.quarter_tools import Served
from finetune.release import reject, sign
from finetune.retrain import cut_off, exit_code
from finetune.snapshot import read_snapshot, rows_file
from finetune.standing import Stage, where
from finetune.steps import Ended, Finished, Waiting, read_marker
from tests.finetune.small_quarter import NOW, PASSWORDS, Q4, SmallQuarter, gate
from tests.finetune.training_world import examples, snapshot


@pytest.fixture
def small(tmp_path: Path) -> SmallQuarter:
    return SmallQuarter(tmp_path)


def made(small: SmallQuarter, step: str, kind: str) -> Path:
    marker = read_marker(small.quarter, step)
    assert marker is not None
    return small.loop / kind / marker.made.facts["folder"]


def approved(small: SmallQuarter) -> None:
    frozen = read_snapshot(made(small, "prepare", "snapshots"))
    approve(frozen, small.ledger, small.accounts, "olga", PASSWORDS["olga"])


def signed(small: SmallQuarter, *names: str) -> None:
    for name in names:
        sign(made(small, "train", "candidates"), small.ledger, small.accounts, name, PASSWORDS[name])


def up_to_signing(small: SmallQuarter) -> None:
    small.run()
    approved(small)
    stand = small.run()
    assert isinstance(stand, Waiting), stand


def released(small: SmallQuarter) -> str:
    up_to_signing(small)
    signed(small, "olga", "max")
    assert isinstance(small.run(), Waiting)
    return small.served.canary


def test_it_stops_at_each_gate_says_who_and_how_and_ends_in_a_release(small: SmallQuarter) -> None:
    first = small.run()
    assert isinstance(first, Waiting)
    assert first.command == "pharmassist retrain approve-data --quarter 2026Q4 --user NAME, or the page /loop"
    approved(small)
    second = small.run()
    assert isinstance(second, Waiting)
    assert "two people" in second.who
    assert "0 of 2" in second.who
    signed(small, "olga")
    third = small.run()
    assert isinstance(third, Waiting)
    assert "1 of 2" in third.who
    signed(small, "max")
    fourth = small.run()
    assert isinstance(fourth, Waiting)
    assert "models promote" in fourth.command
    release = small.served.canary
    small.served = Served(release, "")
    last = small.run()
    assert isinstance(last, Finished)
    assert last.made["promote"].facts == {"serves": release}
    assert small.worked == ["prepare", "baseline", "train", "evaluate", "parity", "register", "canary"]
    assert f"Finished: the release {release} serves." in (small.quarter / "report.md").read_text()
    assert (small.quarter / "regression.jsonl").read_text().count("\n") == 4
    assert [exit_code(stand) for stand in (first, last, Ended(("why",)))] == [3, 0, 4]


def test_too_few_reviewed_answers_end_it_and_more_of_them_begin_it(small: SmallQuarter) -> None:
    small.count = 49
    stand = small.run()
    assert isinstance(stand, Ended)
    assert stand.reasons == (
        "Only 49 reviewed answers can be learned from; 50 are needed.",
        "1 turns: left out: the conversation has an open case of pharmacovigilance.",
    )
    assert "Only 49 reviewed answers" in (small.quarter / "report.md").read_text()
    assert small.worked == []
    small.count = 50
    assert isinstance(small.run(), Waiting)


def test_a_failed_gate_ends_it_with_reasons_and_other_limits_are_judged_without_working_again(
    small: SmallQuarter,
) -> None:
    small.gate = gate(accuracy=1.01)
    small.run()
    approved(small)
    stand = small.run()
    assert isinstance(stand, Ended)
    assert "clinical accuracy at least 1.01" in stand.reasons[0]
    worked = list(small.worked)
    small.gate = gate(accuracy=0.9, version="2")
    assert isinstance(small.run(), Waiting)
    assert small.worked == worked


def test_what_is_not_proven_fails(small: SmallQuarter) -> None:
    small.proven = False
    small.run()
    approved(small)
    stand = small.run()
    assert isinstance(stand, Ended)
    assert any(reason.startswith("parity at least 1") for reason in stand.reasons)


@pytest.mark.parametrize(("drops", "passes"), [(0, True), (2, True), (4, True), (9, False)])
def test_a_question_that_was_dropped_is_asked_once_more(small: SmallQuarter, drops: int, passes: bool) -> None:
    small.drops = drops
    small.run()
    approved(small)
    stand = small.run()
    assert isinstance(stand, Waiting if passes else Ended)


def test_another_review_voids_the_dataset_and_its_approval(small: SmallQuarter) -> None:
    up_to_signing(small)
    small.review, small.count = "reviews-2", 61
    stand = small.run()
    assert isinstance(stand, Waiting)
    assert "approve-data" in stand.command
    assert small.worked.count("prepare") == 2
    assert small.worked.count("train") == 1
    void = [each.step for each in read_notes(small.quarter / "journal.jsonl") if each.happened is Happened.VOID]
    assert void == ["select", "prepare", "approve-data"]


def test_another_index_evaluates_again_and_trains_not_again(small: SmallQuarter) -> None:
    up_to_signing(small)
    small.index = "index-2"
    assert isinstance(small.run(), Waiting)
    assert {name: small.worked.count(name) for name in ("prepare", "train", "baseline", "evaluate")} == {
        "prepare": 1, "train": 1, "baseline": 2, "evaluate": 2,
    }  # fmt: skip


def test_another_evaluation_question_is_kept_out_of_the_dataset_before_it_is_asked(small: SmallQuarter) -> None:
    up_to_signing(small)
    small.asked = "questions-2"
    stand = small.run()
    assert isinstance(stand, Waiting)
    assert "sign" in stand.command, "the dataset came out the same, so its approval holds"
    assert small.worked.count("prepare") == 2


def test_a_dataset_that_the_plan_adds_is_taken_as_it_was_frozen_or_not_at_all(
    small: SmallQuarter, tmp_path: Path
) -> None:
    added = tmp_path / "added"
    first = snapshot(added, {Split.TRAIN: examples(4, 700), Split.VALIDATION: ()})
    small.added = (added,)
    small.run()
    assert small.worked == ["prepare"]
    shutil.rmtree(added)
    assert snapshot(added, {Split.TRAIN: examples(5, 800), Split.VALIDATION: ()}).id != first.id
    small.run()
    assert small.worked == ["prepare", "prepare"], "another dataset in the same folder is another input"
    (added / rows_file(Split.TRAIN)).write_bytes(b"other rows")
    small.run()
    assert small.worked == ["prepare", "prepare"]
    with pytest.raises(SnapshotInvalid, match=r"which the plan adds, is not as it was frozen: train.* was changed"):
        small.run(again="prepare")


def test_what_was_released_stays_what_it_was(small: SmallQuarter) -> None:
    release = released(small)
    worked = list(small.worked)
    small.index, small.review, small.gate = "index-2", "reviews-2", gate(1.01)
    assert isinstance(small.run(), Waiting)
    small.served = Served(release, "")
    assert isinstance(small.run(), Finished)
    assert small.worked == worked


def test_a_changed_dataset_stops_it_and_can_be_made_again(small: SmallQuarter) -> None:
    up_to_signing(small)
    sheet = made(small, "prepare", "snapshots") / "sheet.md"
    kept = sheet.read_text()
    sheet.write_text("all is well")
    with pytest.raises(ResultChanged, match=r"sheet\.md.*--again prepare"):
        small.run()
    sheet.write_text(kept)
    assert isinstance(small.run(), Waiting)
    with pytest.raises(QuarterInvalid, match="select, prepare"):
        small.run(again="cook")


def test_a_rejected_candidate_ends_it(small: SmallQuarter) -> None:
    up_to_signing(small)
    olga = small.accounts.find("olga")
    assert olga is not None
    reject(made(small, "train", "candidates"), small.ledger, olga, ["it reads badly"])
    stand = small.run()
    assert isinstance(stand, Ended)
    assert "rejected by a person" in stand.reasons[0]


def test_a_canary_that_was_taken_away_ends_it(small: SmallQuarter) -> None:
    released(small)
    small.served = Served("", "")
    stand = small.run()
    assert isinstance(stand, Ended)
    assert "taken out of service" in stand.reasons[0]


def test_only_who_may_approves_a_dataset_and_only_as_it_is(small: SmallQuarter) -> None:
    small.run()
    snapshot = read_snapshot(made(small, "prepare", "snapshots"))
    for name in ("max", "rita"):
        with pytest.raises(NotAllowed):
            approve(snapshot, small.ledger, small.accounts, name, PASSWORDS[name])
    with pytest.raises(SignInFailed):
        approve(snapshot, small.ledger, small.accounts, "olga", PASSWORDS["max"])
    with pytest.raises(SnapshotInvalid, match="since it was shown"):
        approve(snapshot, small.ledger, small.accounts, "olga", PASSWORDS["olga"], shown="0" * 64)
    assert approval_of(snapshot, small.ledger) is None
    approved(small)
    found = approval_of(snapshot, small.ledger)
    assert found is not None
    assert found.line().endswith("I have reviewed this dataset and approve it for training.")


def test_the_cut_off_is_kept_and_never_after_the_quarter(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    assert cut_off(first, Q4, NOW) == NOW
    assert cut_off(first, Q4, NOW + timedelta(days=9)) == NOW
    assert cut_off(second, Q4, datetime(2027, 2, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    (second / "quarter.json").write_text("{}")
    with pytest.raises(QuarterInvalid, match="cannot be read"):
        cut_off(second, Q4, NOW)


def test_the_titles_are_the_steps(small: SmallQuarter) -> None:
    assert [(step.name, step.title) for step in steps(small.quarter, NOW, small.tools())] == list(TITLES)
    small.run()
    stages = [each.stage for each in where(small.quarter, TITLES)]
    assert stages[:3] == [Stage.DONE, Stage.DONE, Stage.WAITING]


def test_whoever_freezes_and_trains_does_not_approve() -> None:
    from assistant.people import PERMISSIONS

    assert not any({May.TRAIN, May.APPROVE_DATA} <= may for may in PERMISSIONS.values())
    assert May.APPROVE_DATA in PERMISSIONS[Role.SAFETY_OFFICER]


@pytest.mark.parametrize("text", ["", "[]", "{", "id: x", "\x00", SHIPPED.read_text() + "more: 1\n"])
def test_a_file_that_is_no_plan_is_one_clear_error(tmp_path: Path, text: str) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(text)
    with pytest.raises(QuarterInvalid, match=r"plan\.yaml is no plan"):
        read_plan(plan)


def test_what_a_plan_names_is_seen_from_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    changed = SHIPPED.read_text().replace("recipe: answer-lora", "recipe: own.yaml\ngate: limits.yaml")
    plan.write_text(changed.replace("snapshots: []", "snapshots: [open]"))
    (tmp_path / "own.yaml").touch()
    read = read_plan(plan)
    assert (read.recipe, read.gate) == (str(tmp_path / "own.yaml"), tmp_path / "limits.yaml")
    assert read.snapshots == (tmp_path / "open",)
    assert read_plan().recipe == "answer-lora"
