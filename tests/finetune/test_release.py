"""Two people sign exactly what was judged; a release is what they signed, and a swapped file is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from assistant.accounts import Accounts
from assistant.chain import Deed, EntryKind
from assistant.database import open_database
from assistant.errors import NotAllowed, SignInFailed
from assistant.ledger import Ledger
from assistant.people import Meaning, Role
from assistant.signing import signatures_of, verify_signatures
from assistant.tables.people import SIGNATURES
from finetune.candidate import ADAPTER
from finetune.errors import CandidateInvalid, ReleaseRefused
from finetune.release import (
    EVALUATION,
    MANIFEST,
    REJECTED,
    REPORT,
    approvals_of,
    is_rejected,
    read_release,
    reject,
    release,
    sign,
    signable,
    verify_release,
)
from finetune.release_audit import release_breaks
from tests.finetune.candidates import candidate_in, judged_in, rejudged, with_limit

PASSWORDS = {"mara": "correct horse battery", "omar": "another staple entirely", "pia": "a third one altogether"}
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True)
class Place:
    """A candidate that passed, and where everything else is."""

    folder: Path
    releases: Path
    ledger: Ledger
    accounts: Accounts

    def sign(self, who: str, shown: str = "") -> None:
        sign(self.folder, self.ledger, self.accounts, who, PASSWORDS[who], shown)

    def release(self) -> Path:
        return self.releases / release(self.folder, self.releases, self.ledger).id

    def entries(self, decision: str = "") -> list[str]:
        """The ledger's sentences on releases: those of one decision, or all but the judgements of the gate."""
        deeds = [entry.deed for entry in self.ledger.entries(kind=EntryKind.RELEASE)]
        of = [deed for deed in deeds if deed.facts["decision"] == (decision or deed.facts["decision"])]
        return [deed.summary for deed in of if decision or deed.facts["decision"] != "judged"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    ledger = Ledger(engine)
    accounts = Accounts(ledger, QUICK)
    accounts.add("mara", "Mara Lind", [Role.SAFETY_OFFICER], "local", PASSWORDS["mara"])
    accounts.add("omar", "Omar Haddad", [Role.MODEL_ENGINEER], "local", PASSWORDS["omar"])
    accounts.add("pia", "Pia Roth", [Role.CLINICIAN], "local", PASSWORDS["pia"])
    judged_in(tmp_path / "candidates" / "one", ledger)
    yield Place(tmp_path / "candidates" / "one", tmp_path / "releases", ledger, accounts)
    engine.dispose()


def test_two_people_make_a_release_that_binds_everything(place: Place) -> None:
    what = signable(place.folder)
    place.sign("mara", what.hash)
    with pytest.raises(ReleaseRefused, match="there are 1 under this report"):
        place.release()
    place.sign("omar", what.hash)
    folder = place.release()
    made = read_release(folder)
    assert made.candidate == what.candidate
    assert made.evaluation == what.evaluation
    assert made.gate == "gate@test"
    assert [each.user_name for each in made.approvals] == ["mara", "omar"]
    assert "I approve this release for use." in made.approvals[0].line
    assert verify_release(folder, place.ledger) == ()
    assert place.entries() == [
        f"The release {made.id} was made of candidate {made.candidate.id[:12]}; mara and omar signed."
    ]
    assert place.ledger.verify().breaks == ()
    assert verify_signatures(place.ledger) == ()


def test_making_a_release_again_changes_nothing(place: Place) -> None:
    place.sign("mara")
    place.sign("omar")
    assert place.release() == place.release()
    assert len(place.entries()) == 1


def test_a_crash_after_the_entry_is_mended_by_running_again(place: Place) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    folder.rename(folder.with_name(f"{folder.name}.half"))
    assert place.release() == folder
    assert verify_release(folder, place.ledger) == ()
    assert len(place.entries()) == 1


def test_the_same_person_does_not_sign_twice(place: Place) -> None:
    place.sign("mara")
    with pytest.raises(NotAllowed, match="Mara Lind has signed already; a second person has to sign too"):
        place.sign("mara")
    assert len(approvals_of(signable(place.folder), place.ledger)) == 1


def test_only_those_whose_role_allows_it_sign_and_with_their_password(place: Place) -> None:
    with pytest.raises(NotAllowed, match="No role of Pia Roth allows signing"):
        place.sign("pia")
    with pytest.raises(SignInFailed):
        sign(place.folder, place.ledger, place.accounts, "mara", "not the password")
    assert signatures_of(place.ledger, signable(place.folder).record) == ()


def test_a_report_that_changed_since_the_first_signature_is_not_signed_by_a_second(place: Place) -> None:
    place.sign("mara")
    rejudged(place.folder, signable(place.folder).candidate, place.ledger, right=97, wrong=3)
    with pytest.raises(NotAllowed, match="not under the same content"):
        place.sign("omar")
    with pytest.raises(ReleaseRefused, match="there are 0 under this report"):
        place.release()
    place.sign("mara")
    place.sign("omar")
    assert verify_release(place.release(), place.ledger) == ()


def test_what_was_shown_must_be_what_is_there(place: Place) -> None:
    shown = signable(place.folder).hash
    rejudged(place.folder, signable(place.folder).candidate, place.ledger, right=96, wrong=4)
    with pytest.raises(ReleaseRefused, match="changed since it was shown"):
        place.sign("mara", shown)


def test_a_failed_gate_cannot_be_signed(place: Place) -> None:
    rejudged(place.folder, signable(place.folder).candidate, place.ledger, right=94, wrong=6)
    with pytest.raises(ReleaseRefused, match=r"The gate failed, and there is no override\. clinical accuracy at least"):
        place.sign("mara")
    with pytest.raises(ReleaseRefused, match="The gate failed"):
        place.release()


def test_every_judgement_of_the_gate_is_in_the_ledger(place: Place) -> None:
    candidate = signable(place.folder).candidate
    rejudged(place.folder, candidate, place.ledger, right=94, wrong=6)
    rejudged(place.folder, candidate, place.ledger, right=94, wrong=6)
    assert place.entries("judged") == [
        f"The candidate {candidate.id[:12]} passed gate@test.",
        f"The candidate {candidate.id[:12]} failed 1 of 1 limits of gate@test.",
    ]


def test_a_report_that_was_edited_to_pass_is_no_report_of_the_gate(place: Place) -> None:
    rejudged(place.folder, signable(place.folder).candidate, place.ledger, right=94, wrong=6)
    before = signable(place.folder).hash
    report = json.loads((place.folder / REPORT).read_text())
    report["lines"][0]["why"] = ""
    (place.folder / REPORT).write_text(json.dumps(report))
    assert signable(place.folder).report.passed
    assert signable(place.folder).hash != before
    with pytest.raises(ReleaseRefused, match="The ledger holds no such report of the gate"):
        place.sign("mara")


def test_an_evaluation_that_was_edited_no_longer_fits_its_report(place: Place) -> None:
    words = (place.folder / EVALUATION).read_text()
    (place.folder / EVALUATION).write_text(words.replace("wrongly answered", "right"))
    with pytest.raises(ReleaseRefused, match="not of this candidate and this evaluation"):
        place.sign("mara")


def test_an_adapter_that_was_swapped_before_signing_is_refused(place: Place) -> None:
    (place.folder / ADAPTER / "adapter_model.safetensors").write_bytes(b"other")
    with pytest.raises(CandidateInvalid, match="not the one that was trained"):
        place.sign("mara")


# What is changed in a release's folder, and what the verification says of it.
TAMPERED = [
    ("adapter/adapter_model.safetensors", b"other weights", "not the one that was trained"),
    ("adapter/added.bin", b"more", "not the one that was trained"),
    ("evaluation.json", b"{}", "not of this candidate and this evaluation"),
    ("gate.json", b"{}", "no report of the gate"),
    ("gate.json", b"", "no report of the gate"),
    ("recipe.yaml", b"learning_rate: 1", "recipe is not the one"),
    ("release.json", b"\xff\x00", "cannot be read"),
    ("release.json", b"[" * 100_000, "cannot be read"),
]


@pytest.mark.parametrize(("name", "content", "said"), TAMPERED)
def test_a_changed_file_of_a_release_is_found(place: Place, name: str, content: bytes, said: str) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    (folder / name).write_bytes(content)
    assert said in " ".join(verify_release(folder, place.ledger))


def test_an_adapter_swapped_together_with_its_manifest_is_found(place: Place, tmp_path: Path) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    candidate_in(tmp_path / "other", b"evil")
    for name in ("adapter/adapter_model.safetensors", "candidate.json"):
        (folder / name).write_bytes((tmp_path / "other" / name).read_bytes())
    assert verify_release(folder, place.ledger) != ()


def test_a_manifest_with_another_signer_is_found(place: Place) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    words = (folder / MANIFEST).read_text().replace("mara", "pia")
    (folder / MANIFEST).write_text(words)
    found = verify_release(folder, place.ledger)
    assert any("its id is not" in each for each in found)
    assert any("The ledger does not hold this release" in each for each in found)


def test_a_release_of_another_database_is_not_proven(place: Place, tmp_path: Path) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    found = verify_release(folder, Ledger(engine))
    engine.dispose()
    assert len(found) == 2


def test_a_signature_that_was_written_past_the_ledger_is_none(place: Place) -> None:
    place.sign("mara")
    omar, what = place.accounts.find("omar"), signable(place.folder)
    assert omar is not None
    (real,) = signatures_of(place.ledger, what.record)
    made_up = asdict(replace(real, id="made-up", person_id=omar.id, user_name="omar", name="Omar Haddad"))
    with place.ledger.writing("a row") as connection:
        connection.execute(sa.insert(SIGNATURES), [{**made_up, "meaning": real.meaning.value}])
    assert len(signatures_of(place.ledger, what.record)) == 2
    with pytest.raises(ReleaseRefused, match="there are 1 under this report"):
        place.release()


def test_a_rejection_at_the_same_moment_as_the_release_counts(place: Place) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    facts = {"decision": "rejected"}
    place.ledger.record(Deed(EntryKind.RELEASE, "omar", signable(folder).record, "Rejected.", facts))
    assert verify_release(folder, place.ledger) == ("The candidate was rejected.",)


def test_limits_that_were_loosened_need_a_new_version(place: Place) -> None:
    made = signable(place.folder).candidate
    looser = with_limit("clinical accuracy", at_least=0.5)
    with pytest.raises(ReleaseRefused, match=r"other limits that are called gate@test too \(entry \d+ of the ledger"):
        rejudged(place.folder, made, place.ledger, right=90, wrong=10, gate=looser)
    newer = looser.model_copy(update={"version": "test-2"})
    assert rejudged(place.folder, made, place.ledger, right=90, wrong=10, gate=newer).passed


def test_another_base_is_found(place: Place, tmp_path: Path) -> None:
    place.sign("mara")
    place.sign("omar")
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    assert any("base model" in each for each in verify_release(place.release(), place.ledger, base))


def test_a_rejected_candidate_keeps_its_report_and_is_never_signed(place: Place) -> None:
    rejudged(place.folder, signable(place.folder).candidate, place.ledger, right=90, wrong=10)
    omar = place.accounts.find("omar")
    assert omar is not None
    reasons = reject(place.folder, place.ledger, omar)
    assert reasons == ("clinical accuracy at least 0.95: It is 0.9.",)
    assert json.loads((place.folder / REJECTED).read_text()) == list(reasons)
    assert signable(place.folder).report.reasons == reasons
    assert is_rejected(signable(place.folder).candidate.id, place.ledger)
    reject(place.folder, place.ledger, omar)
    assert len(place.entries()) == 1
    rejudged(place.folder, signable(place.folder).candidate, place.ledger, right=100, wrong=0)
    with pytest.raises(ReleaseRefused, match="was rejected"):
        place.sign("mara")


def test_a_rejection_needs_a_reason_and_somebody_who_may(place: Place) -> None:
    mara, pia = place.accounts.find("mara"), place.accounts.find("pia")
    assert mara is not None
    assert pia is not None
    with pytest.raises(ReleaseRefused, match="needs a reason"):
        reject(place.folder, place.ledger, mara)
    with pytest.raises(NotAllowed):
        reject(place.folder, place.ledger, pia, ["no"])
    reject(place.folder, place.ledger, mara, ["The corpus was wrong."])
    with pytest.raises(ReleaseRefused, match="was rejected"):
        place.sign("omar")


def test_a_release_is_not_rejected_afterwards(place: Place) -> None:
    place.sign("mara")
    place.sign("omar")
    place.release()
    mara = place.accounts.find("mara")
    assert mara is not None
    with pytest.raises(ReleaseRefused, match="roll it back"):
        reject(place.folder, place.ledger, mara, ["late"])


def test_an_audit_finds_releases_that_are_changed_gone_or_made_up(place: Place) -> None:
    place.sign("mara")
    place.sign("omar")
    folder = place.release()
    assert tuple(release_breaks(place.releases, place.ledger)) == ()
    (folder / ADAPTER / "adapter_model.safetensors").write_bytes(b"other")
    (changed,) = release_breaks(place.releases, place.ledger)
    assert "not the one that was trained" in changed.explanation
    shutil.copytree(folder, folder.with_name("made-up"))
    assert "never recorded" in list(release_breaks(place.releases, place.ledger))[-1].explanation
    shutil.rmtree(folder)
    gone, _ = release_breaks(place.releases, place.ledger)
    assert "is not there any more" in gone.explanation


def test_the_signatures_say_what_they_mean(place: Place) -> None:
    place.sign("mara")
    (signature,) = signatures_of(place.ledger, signable(place.folder).record)
    assert signature.meaning is Meaning.RELEASE_APPROVED
    assert signature.record_hash == signable(place.folder).hash
