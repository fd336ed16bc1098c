"""Shared fixtures. Nothing is loaded from a model hub, and the public development data is optional."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

SHARED = Path(os.environ.get("PHARMASSIST_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public development data; the test is skipped, with the reason, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"public development data not found at {SHARED}")
    return SHARED


@pytest.fixture
def postgres_url() -> str:
    """An empty schema of the PostgreSQL database that the environment names, and its URL."""
    url = os.environ.get("PHARMASSIST_TEST_POSTGRES_URL", "")
    if not url:
        pytest.skip("no PostgreSQL named in PHARMASSIST_TEST_POSTGRES_URL (postgresql+psycopg://…)")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return url
