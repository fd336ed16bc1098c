"""The markets and their deadlines as data: what `rules/markets.yaml` may say, and a reader that refuses the rest."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assistant.triage.case import ReportType
from assistant.triage.errors import RuleMissing
from guardrails.rule_file import read_rule_file

FILE = Path(__file__).resolve().parent / "rules" / "markets.yaml"


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Weekends(StrEnum):
    """What happens to a deadline on a day on which nobody works."""

    COUNTED = "counted"
    NEXT_WORKING_DAY = "next_working_day"


class When(_Shape):
    """Conditions on one event of a case; None is not asked."""

    valid: bool = True
    serious: bool | None = None
    fatal_or_life_threatening: bool | None = None
    unexpected: bool | None = None
    suspected: bool | None = None


class ClockRule(_Shape):
    """One deadline: `days` after day zero, with the regulation that sets it."""

    id: str
    days: int = Field(ge=0, le=366)
    when: When
    basis: str = Field(min_length=10)
    only_in: frozenset[str] = frozenset()


class Market(_Shape):
    """Who wants reports. `default`: asked where a case names no markets; `always`: whatever markets it names."""

    id: str
    name: str
    default: bool
    always: bool = False
    zone: str
    weekends: Weekends
    holidays: frozenset[date] = frozenset()
    report_types: frozenset[ReportType]
    rules: tuple[ClockRule, ...] = Field(min_length=1)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {zone}") from error
        return zone


class Markets(_Shape):
    """The whole file. Hours: when the board calls a case urgent, and when soon."""

    id: str
    version: str
    urgent_hours: int = Field(gt=0)
    soon_hours: int = Field(gt=0)
    markets: tuple[Market, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Markets:
        ids = [market.id for market in self.markets] + [rule.id for market in self.markets for rule in market.rules]
        if len(ids) != len(set(ids)):
            raise ValueError("two markets or rules have one id")
        return self

    def named(self, market_id: str) -> Market:
        """The market with this id. Raises `RuleMissing`."""
        for market in self.markets:
            if market.id == market_id:
                return market
        known = ", ".join(market.id for market in self.markets)
        raise RuleMissing(f"There is no market {market_id}; the rules name {known}.")


def read_markets(path: Path = FILE) -> Markets:
    """The markets of a file. Raises `guardrails.errors.RuleInvalid`."""
    return read_rule_file(path, Markets, "list of markets")


@cache
def shipped_markets() -> Markets:
    """The markets that ship."""
    return read_markets()
