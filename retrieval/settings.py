"""The settings of retrieval: values only."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class RetrievalSettings(BaseModel):
    """What to embed with, where the index is, and how much search returns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "bundled"
    """`bundled` (all-MiniLM-L6-v2, installed with us), a folder, or the hub name of a sentence-transformers model."""
    batch_size: int = Field(default=16, ge=1, le=1024)
    threads: int = Field(default=0, ge=0)
    """Processor threads of the encoder; 0 leaves the library's default."""
    qdrant_url: str = ""
    """Empty: the embedded Qdrant Edge index in the data folder."""
    qdrant_api_key: SecretStr = SecretStr("")
    collection: str = Field(default="pharmassist", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    limit: int = Field(default=24, ge=1, le=50)
    """Passages that a search returns."""
    graph_from: int = Field(default=20_000, ge=0)
    """Passages from which on an ingestion ends by building the vector graph; below, a full scan takes a millisecond."""
