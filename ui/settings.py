"""The settings of the whole product, composed from each package's own. Values only: `ui/wiring.py` builds things.

Order of precedence: arguments, environment (`PHARMASSIST_RETRIEVAL__MODEL=…`), the TOML file named by
`PHARMASSIST_CONFIG` (default: `pharmassist.toml` in the data folder), defaults. Unknown keys are an error.
"""

from __future__ import annotations

import os
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.people import Role
from assistant.settings import AssistantSettings
from retrieval.settings import RetrievalSettings
from ui.errors import SettingsInvalid

CHECKOUT = Path(__file__).resolve().parents[1]
# Read elsewhere (the file below, and the tests' own switches), so no typo.
_OTHER_NAMES = frozenset(
    {"PHARMASSIST_CONFIG", "PHARMASSIST_SHARED", "PHARMASSIST_CHROMIUM", "PHARMASSIST_VLLM_PYTHON"}
    | {"PHARMASSIST_TEST_QDRANT_URL", "PHARMASSIST_TEST_POSTGRES_URL"}
)


def default_data_dir() -> Path:
    """`var/` of a checkout, so that two clones never share state; else the user's data folder (XDG)."""
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "var"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "pharmassist"


class SenderSettings(BaseModel):
    """Who sends reports of the pharmacovigilance desk (section C.3 of E2B)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: str = ""
    code: str = ""
    """Short, without hyphens; it stands in the identifiers of reports: US-ACME-2026-000042."""
    identifier: str = ""
    """The identifier that was agreed with the receiver, a DUNS number for example (N.1.3)."""
    country: str = ""
    type: str = "1"
    """C.3.1: 1 pharmaceutical company, 2 regulator, 3 health professional, 4 regional centre, 5 WHO centre, 6 other,
    7 patient or consumer."""
    department: str = ""
    title: str = ""
    given_name: str = ""
    middle_name: str = ""
    family_name: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    telephone: str = ""
    fax: str = ""
    email: str = ""


class Settings(BaseSettings):
    """Every setting, frozen. `data_dir` holds the embedded index and the database."""

    model_config = SettingsConfigDict(
        env_prefix="PHARMASSIST_", env_nested_delimiter="__", frozen=True, extra="forbid", validate_default=True
    )

    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: SecretStr = SecretStr("")
    """Empty: SQLite in the data folder."""
    starter_corpus: Path = CHECKOUT / "retrieval" / "corpus"
    """Folder of monographs that is indexed at every start; an empty one where only own labels are wanted."""
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    require_login: bool = False
    """Ask for a sign-in on the loopback address too, for example behind a proxy. Elsewhere it is always asked for."""
    local_user: str = "local"
    """The user name of whoever works on this machine without signing in: single-user mode and the command line."""
    local_name: str = "Local user"
    """The name that this person's account gets when it is made."""
    local_roles: tuple[Role, ...] = ()
    """The roles of this person. Empty: those that the account has; when it is made, every role."""
    session_idle_minutes: float = Field(default=30, gt=0)
    """A session without a request for so long has ended."""
    session_hours: float = Field(default=12, gt=0)
    """A session ends after so long in any case."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    """PEM files with which the page is served encrypted; both or none."""
    ledger_anchor: Path | None = None
    """The file that gets the ledger's last hash after each entry; best where only adding is allowed. Default: in the
    data folder."""
    desk_zone: str = "UTC"
    """The time zone (IANA) in which reports are received: its day is day zero of a clock."""
    export_dir: Path | None = None
    """Where reports of the pharmacovigilance desk are written; `exports` in the data folder by default."""
    meddra: Path | None = None
    """The MedAscii folder of your organisation's MedDRA; without it events are coded in the open vocabulary."""
    whodrug: Path | None = None
    """The folder of your organisation's WHODrug in the B3 format, with DD.txt; without it no medicine is coded."""
    whodrug_version: str = ""
    """The version of that copy, for example 2026 Sep 1: its files do not say it."""
    markets: Path | None = None
    """Your own copy of assistant/triage/rules/markets.yaml: who wants reports, and by when."""
    sender: SenderSettings = SenderSettings()
    review_share: float = Field(default=0.05, ge=0, le=1)
    """The share of unflagged answers that the review desk looks at too."""
    review_seed: str = "pharmassist"
    """Draws which; another seed draws others."""
    retrieval: RetrievalSettings = RetrievalSettings()
    assistant: AssistantSettings = AssistantSettings()

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together: set both or none")
        if self.whodrug is not None and not self.whodrug_version.strip():
            raise ValueError("name the version of your WHODrug in whodrug_version: its files do not say it")
        return self

    @property
    def database(self) -> str:
        """The URL of the database in use; it may hold a password."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'pharmassist.db'}"

    @property
    def anchors(self) -> Path:
        """The file of the ledger's anchors in use."""
        return self.ledger_anchor or self.data_dir / "ledger.anchors"

    @property
    def loop(self) -> Path:
        """The folder of the fine-tuning loop: quarters, snapshots, candidates, releases."""
        return self.data_dir / "loop"

    @property
    def serving(self) -> Path:
        """The file that says which release answers."""
        return self.loop / "serving.json"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add the TOML file below the environment; no other source is read."""
        del dotenv_settings, file_secret_settings
        path = os.environ.get("PHARMASSIST_CONFIG") or _data_dir() / "pharmassist.toml"
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)


def _data_dir() -> Path:
    return Path(os.environ.get("PHARMASSIST_DATA_DIR") or default_data_dir())


def load() -> Settings:
    """The effective settings.

    Raises:
        SettingsInvalid: a key is unknown or a value does not fit; the message names each.
    """
    unknown = sorted(name for name in os.environ if name.startswith("PHARMASSIST_") and not _known(name))
    if unknown:
        raise SettingsInvalid(f"unknown setting in the environment: {', '.join(unknown)}")
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsInvalid(f"settings do not fit: {wrong}") from error
    except (OSError, TOMLDecodeError) as error:
        raise SettingsInvalid(f"the settings file cannot be read: {error}") from error


_NESTED = {
    "retrieval": RetrievalSettings.model_fields,
    "assistant": AssistantSettings.model_fields,
    "sender": SenderSettings.model_fields,
}


def _known(name: str) -> bool:
    if name in _OTHER_NAMES:
        return True
    first, _, rest = name.removeprefix("PHARMASSIST_").lower().partition("__")
    nested = _NESTED.get(first)
    if nested is not None:
        return rest.partition("__")[0] in nested or not rest
    return not rest and first in Settings.model_fields
