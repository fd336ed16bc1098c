"""The page at /loop: what it shows of a quarter, who may sign on it, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import ui
from assistant.people import Person, Role
from finetune.approval import approval_of, dataset_hash
from finetune.curves import EpochPoint, write_curves
from finetune.release import approvals_of, is_rejected, signable
from finetune.snapshot import read_snapshot
from finetune.steps import Waiting
from tests.fakes import LOCAL, FakeAssistant, in_a_loop
from tests.finetune.small_quarter import PASSWORDS, SmallQuarter
from tests.finetune.test_quarter import approved, made, up_to_signing
from tests.ui.test_chat import BrokenRecords
from ui.access import SingleUser
from ui.chat import build_chat
from ui.loop.answers import Answers
from ui.loop.charts import curves
from ui.loop.page import PATH, SHEETS, build_loop, head
from ui.loop.reading import quarters, view_of
from ui.serve import Beside, application
from ui.status import Status

SIGN = 'data-action="sign"'


@dataclass
class Page:
    """The page's server side over a small quarter."""

    small: SmallQuarter
    answers: Answers

    def person(self, name: str) -> Person:
        found = self.small.accounts.find(name)
        assert found is not None
        return found

    def html(self, name: str = "olga", quarter: str = "") -> str:
        reply = self.answers.show(self.person(name), {"quarter": quarter})
        assert not reply.error, reply
        return reply.html

    def sign(self, name: str, step: str, hashed: str, password: str = "") -> str:
        """What went wrong, "" where it was signed."""
        sent = {
            "quarter": "2026Q4", "step": step, "hash": hashed, "user_name": name,
            "password": password or PASSWORDS[name],
        }  # fmt: skip
        reply = self.answers.sign(self.person(name), sent)
        assert bool(reply.error) != bool(reply.said)
        return reply.error


@pytest.fixture
def page(tmp_path: Path) -> Page:
    small = SmallQuarter(tmp_path)
    return Page(small, Answers(small.loop, small.ledger, small.accounts, lambda text: text.replace("Meier", "[name]")))


def test_before_the_first_quarter_it_says_how_to_begin(page: Page) -> None:
    assert "retrain --quarter current" in page.html()
    assert quarters(page.small.loop) == ()


def test_it_shows_the_sheet_as_text_and_who_may_approve_it(page: Page) -> None:
    page.small.run()
    shown = page.html()
    assert "Waits at “A person approves the dataset”" in shown
    assert "<table>" in shown
    assert "&lt;script&gt;bad()&lt;/script&gt;" in shown
    assert "<script>" not in shown
    assert SIGN in shown
    assert SIGN not in page.html("max")
    assert "“approve_data”, which you do not have" in page.html("max")


def test_a_clinician_sees_nothing_of_it(page: Page) -> None:
    page.small.run()
    clara = page.small.accounts.add("clara", "Clara", [Role.CLINICIAN], "local", "")
    reply = page.answers.show(clara, {})
    assert reply.html == ""
    assert "may not see the loop" in reply.error


def test_the_dataset_is_approved_with_the_password_of_who_may_and_as_it_was_shown(page: Page) -> None:
    page.small.run()
    snapshot = read_snapshot(made(page.small, "prepare", "snapshots"))
    right = dataset_hash(snapshot)
    assert f'data-hash="{right}"' in page.html()
    assert "is not right" in page.sign("olga", "approve-data", right, "wrong")
    assert "since it was shown" in page.sign("olga", "approve-data", "0" * 64)
    assert "No role of Max allows" in page.sign("max", "approve-data", right)
    assert approval_of(snapshot, page.small.ledger) is None
    assert page.sign("olga", "approve-data", right) == ""
    assert approval_of(snapshot, page.small.ledger) is not None


def test_a_dataset_that_was_changed_is_not_approved(page: Page) -> None:
    page.small.run()
    place = made(page.small, "prepare", "snapshots")
    hashed = dataset_hash(read_snapshot(place))
    (place / "train.parquet").write_bytes(b"other")
    assert "not as it was frozen" in page.sign("olga", "approve-data", hashed)


def test_two_people_sign_the_release_and_see_what_they_sign(page: Page) -> None:
    up_to_signing(page.small)
    place = made(page.small, "train", "candidates")
    hashed = signable(place).hash
    shown = page.html()
    for words in ("clinical accuracy at least 0.5", "Every limit is kept.", "what serves against the candidate"):
        assert words in shown
    assert page.sign("olga", "sign", hashed) == ""
    assert "You have signed" in page.html("olga")
    assert "Olga (olga)" in page.html("max")
    assert "has signed already" in page.sign("olga", "sign", hashed)
    assert page.sign("max", "sign", hashed) == ""
    assert len(approvals_of(signable(place), page.small.ledger)) == 2
    assert isinstance(page.small.run(), Waiting)
    assert "Waits at “A person promotes it”" in page.html()


def test_a_candidate_is_rejected_with_a_reason_without_identifiers(page: Page) -> None:
    up_to_signing(page.small)
    sent = {"quarter": "2026Q4", "why": "Mrs Meier's dose is missing"}
    assert "permission" in page.answers.reject(page.person("rita"), sent).error
    said = page.answers.reject(page.person("olga"), sent).said
    assert said == "Rejected: Mrs [name]'s dose is missing"
    assert is_rejected(signable(made(page.small, "train", "candidates")).candidate.id, page.small.ledger)


@pytest.mark.parametrize(
    "sent",
    [None, 7, [], {"quarter": "x" * 11}, {"quarter": "2026Q4", "more": 1}, {"quarter": "2027Q1"}, {"quarter": "../.."}],
)
def test_what_is_no_request_is_one_sentence(page: Page, sent: object) -> None:
    page.small.run()
    reply = page.answers.show(page.person("olga"), sent)
    assert reply.error
    assert reply.html == ""


def test_a_signature_for_what_was_not_made_is_refused(page: Page) -> None:
    page.small.count = 3
    page.small.run()
    assert "has not come so far" in page.sign("olga", "sign", "0" * 64)
    assert page.answers.sign(page.person("olga"), {"quarter": "2026Q4", "step": "cook"}).error


def test_another_quarter_is_chosen(page: Page) -> None:
    page.small.run()
    (page.small.loop / "quarters" / "2026Q3").mkdir()
    (page.small.loop / "quarters" / "notes").mkdir()
    assert quarters(page.small.loop) == ("2026Q4", "2026Q3")
    assert 'data-quarter="2026Q3"' in page.html(quarter="2026Q3")
    assert "Has not begun" in page.html(quarter="2026Q3")


def test_the_plots_of_the_sheet_are_within_the_page(page: Page) -> None:
    page.small.run()
    plots = made(page.small, "prepare", "snapshots") / "plots"
    plots.mkdir()
    (plots / "by-area.png").write_bytes(b"\x89PNG small")
    (plots / "huge.png").write_bytes(b"x" * 500_001)
    shown = page.html()
    assert '<img alt="by-area" src="data:image/png;base64,iVBORyBzbWFsbA==">' in shown
    assert "huge" not in shown


def test_files_that_are_damaged_are_left_out(page: Page) -> None:
    approved_and_judged(page)
    place = made(page.small, "train", "candidates")
    (place / "gate.json").write_text("{")
    (place / "curves.jsonl").write_text("nonsense\n")
    view = view_of(page.small.loop, "2026Q4", page.small.ledger)
    assert (view.report, view.curves, view.to_sign) == (None, (), None)
    assert "Nothing was judged yet." in page.html()


def approved_and_judged(page: Page) -> None:
    page.small.run()
    approved(page.small)
    page.small.run()


def test_curves_of_one_epoch_and_of_several(tmp_path: Path) -> None:
    points = [EpochPoint(1, 5, 2.0, None, None, None, 900.0, 512.0, 3.0, 0.1)]
    assert "validation loss</span>" not in curves(points)
    points.append(EpochPoint(2, 10, 1.0, 1.5, 0.5, 0.75, 950.0, 512.0, 6.0, 0.2))
    drawn = curves(points)
    for words in ("epoch 2: 1", "validation loss</span>", "50.0%", "950"):
        assert words in drawn
    write_curves(points, tmp_path / "curves.jsonl")
    assert "no epoch yet" in curves(())


def test_it_is_served_at_its_address_and_names_no_other_server(page: Page) -> None:
    page.small.run()
    records = BrokenRecords()
    status = Status("extractive", 1, None)

    def build() -> object:
        blocks = build_chat(FakeAssistant(records.save_turn).ask, records, lambda _: None, status)
        beside = [Beside(PATH, build_loop(page.answers), SHEETS)]
        return application(blocks, SingleUser(LOCAL), beside=beside)

    with TestClient(in_a_loop(build), base_url="http://127.0.0.1:7860") as client:  # type: ignore[arg-type]
        answered = client.get(f"{PATH}/")
        assert answered.status_code == 200
        assert "Loop" in answered.text
    assert 'href="/review/"' in head()
    for name in ("loop.js", "loop.css"):
        body = (Path(ui.__file__).parent / "loop" / name).read_text(encoding="utf-8")
        assert "http" not in body
