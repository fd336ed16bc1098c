"""Settings in the ledger: what differs from the last start is recorded, and no secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.chain import EntryKind
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.settings import AssistantSettings
from ui.effective import GONE, record_settings
from ui.settings import Settings


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def test_the_first_start_records_everything_and_the_second_nothing(ledger: Ledger, settings: Settings) -> None:
    deed = record_settings(settings, ledger)
    assert deed is not None
    assert (deed.kind, deed.summary) == (EntryKind.SETTING_CHANGED, "The settings of the first start.")
    assert (deed.facts["host"], deed.facts["assistant.llm_passages"]) == ("127.0.0.1", "8")
    assert record_settings(settings, ledger) is None
    assert ledger.verify().entries == 1


def test_a_change_is_recorded_with_the_old_and_the_new_value(ledger: Ledger, settings: Settings) -> None:
    record_settings(settings, ledger)
    changed = settings.model_copy(update={"host": "0.0.0.0", "assistant": AssistantSettings(llm_passages=9)})
    deed = record_settings(changed, ledger)
    assert deed is not None
    assert deed.summary == "Settings changed: assistant.llm_passages, host."
    assert deed.facts == {
        "host": "0.0.0.0",
        "was host": "127.0.0.1",
        "assistant.llm_passages": "9",
        "was assistant.llm_passages": "8",
    }
    assert record_settings(changed, ledger) is None
    back = record_settings(settings, ledger)
    assert back is not None
    assert (back.facts["host"], back.facts["was host"]) == ("127.0.0.1", "0.0.0.0")


def test_of_a_secret_only_whether_there_is_one_is_recorded(ledger: Ledger, settings: Settings) -> None:
    record_settings(settings, ledger)
    url = SecretStr("postgresql://ward:hunter2@db/talks")
    keyed = AssistantSettings(llm_api_key=SecretStr("hush-hush"))
    deed = record_settings(settings.model_copy(update={"database_url": url, "assistant": keyed}), ledger)
    assert deed is not None
    assert set(deed.facts["database_url"]) == set(deed.facts["assistant.llm_api_key"]) == {"*"}
    assert not any(secret in str(list(ledger.entries())) for secret in ("hunter2", "hush-hush"))


def test_a_setting_that_there_is_no_more_is_recorded_once(ledger: Ledger, settings: Settings) -> None:
    from assistant.chain import Deed

    record_settings(settings, ledger)
    ledger.record(Deed(EntryKind.SETTING_CHANGED, "unknown", "settings", "An older version.", {"colour": "blue"}))
    deed = record_settings(settings, ledger)
    assert deed is not None
    assert deed.facts == {"colour": GONE, "was colour": "blue"}
    assert record_settings(settings, ledger) is None
