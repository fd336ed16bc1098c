"""Shared fixtures. Nothing is loaded from a model hub, and the public development data is optional."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

SHARED = Path(os.environ.get("PHARMASSIST_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public development data; the test is skipped, with the reason, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"public development data not found at {SHARED}")
    return SHARED
