"""Which net is in use is what the ledger says last, and a release that is not what was signed is not used."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.accounts import Accounts
from assistant.database import open_database
from assistant.errors import NotAllowed
from assistant.ledger import Ledger
from assistant.people import Role
from finetune.candidate import ADAPTER, identified, write_candidate
from finetune.errors import ReleaseRefused
from finetune.example import Candidate
from finetune.gate import load_gate
from finetune.hashes import folder_hash
from finetune.nets.deployed import SHIPPED, nets_in_use, release_in_use, use_net
from finetune.nets.exam import Sat
from finetune.nets.examined import NetExam, compared, judge_net, measures, write_exam
from finetune.release import release, sign
from guardrails.masking.tagger import FOLDER
from retrieval.encoder import Encoder
from retrieval.net_card import read_card, write_card
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.assistant.turns import NOW

PASSWORD = "a long enough password"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_database(f"sqlite:///{tmp_path / 'db.sqlite'}"), tmp_path / "anchors")


@pytest.fixture
def accounts(ledger: Ledger) -> Accounts:
    made = Accounts(ledger)
    made.add("ada", "Ada Officer", [Role.SAFETY_OFFICER], "test", PASSWORD)
    made.add("bob", "Bob Engineer", [Role.MODEL_ENGINEER], "test", PASSWORD)
    made.add("cleo", "Cleo Clinician", [Role.CLINICIAN], "test", PASSWORD)
    return made


def perfect(candidate: Candidate) -> NetExam:
    cases = [Sat(str(number), "made", number % 2 == 0, True) for number in range(400)]
    worse = [Sat(one.key, one.part, one.to_catch, one.key != "0") for one in cases]
    return NetExam(
        candidate.kind,
        candidate.id,
        "made cases",
        measures(cases),
        compared("no net", worse, candidate.id, cases),
        compared("the net in use", worse, candidate.id, cases),
    )


@pytest.fixture
def released(tmp_path: Path, ledger: Ledger, accounts: Accounts) -> tuple[Path, str]:
    """The shipped tagger with another threshold, as a release that two people signed."""
    folder = tmp_path / "candidates" / "new"
    shutil.copytree(FOLDER, folder / ADAPTER)
    card = replace(read_card(folder / ADAPTER), threshold=0.25)
    write_card(card, folder / ADAPTER)
    candidate = identified(
        Candidate(
            id="", base="all-MiniLM-L6-v2", snapshot=card.rows, recipe="identifiers@1", code_version="0",
            trained_at=NOW, kind="identifiers", base_hash=card.base, adapter_hash=folder_hash(folder / ADAPTER),
            recipe_hash="0" * 64,
        )
    )  # fmt: skip
    write_candidate(candidate, folder)
    write_exam(perfect(candidate), folder)
    assert judge_net(folder, load_gate(), ledger, "ada").passed
    for user in ("ada", "bob"):
        sign(folder, ledger, accounts, user, PASSWORD)
    return tmp_path / "releases", release(folder, tmp_path / "releases", ledger).id


def test_a_release_takes_the_place_of_the_net_that_ships_and_gives_it_back(
    released: tuple[Path, str], ledger: Ledger, accounts: Accounts
) -> None:
    releases, made = released
    ada = accounts.find("ada")
    assert ada is not None
    assert nets_in_use(releases, ledger) == {}
    use_net("identifiers", made, releases, ledger, ada)
    assert nets_in_use(releases, ledger) == {FOLDER: releases / made / ADAPTER}
    assert release_in_use("groundedness", ledger) == ""

    nets = Nets(Encoder(RetrievalSettings()), nets_in_use(releases, ledger))
    assert nets.card(FOLDER).threshold == 0.25
    assert len(nets.tag(["Ask Kofi Mensah"], FOLDER)) == 1

    use_net("identifiers", "", releases, ledger, ada)
    assert nets_in_use(releases, ledger) == {}
    assert [entry.deed.by for entry in ledger.entries(subject="net identifiers")] == ["ada", "ada"]


def test_a_release_that_was_changed_is_not_used_and_nothing_takes_its_place_silently(
    released: tuple[Path, str], ledger: Ledger, accounts: Accounts
) -> None:
    releases, made = released
    ada = accounts.find("ada")
    assert ada is not None
    use_net("identifiers", made, releases, ledger, ada)
    card = releases / made / ADAPTER / "net.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "threshold": 0.999}))
    with pytest.raises(ReleaseRefused, match="nets back identifiers"):
        nets_in_use(releases, ledger)
    use_net("identifiers", "", releases, ledger, ada)
    assert nets_in_use(releases, ledger) == {}
    with pytest.raises(ReleaseRefused, match="not what was signed"):
        use_net("identifiers", made, releases, ledger, ada)


def test_what_is_no_release_of_the_net_is_refused(
    released: tuple[Path, str], ledger: Ledger, accounts: Accounts
) -> None:
    releases, made = released
    ada, cleo = accounts.find("ada"), accounts.find("cleo")
    assert ada is not None
    assert cleo is not None
    for net, named, why in (
        ("groundedness", made, "no release of groundedness"),
        ("identifiers", "nothing", "not what was signed"),
        ("tarot", made, "no net 'tarot'"),
    ):
        with pytest.raises(ReleaseRefused, match=why):
            use_net(net, named, releases, ledger, ada)
    with pytest.raises(NotAllowed):
        use_net("identifiers", made, releases, ledger, cleo)
    assert all(release_in_use(net, ledger) == "" for net in SHIPPED)
