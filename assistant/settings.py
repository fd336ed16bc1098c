"""The settings of answering: values only."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class AssistantSettings(BaseModel):
    """Which generator writes drafts, and how patient we are with it. Times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    llm_url: str = Field(default="", pattern=r"^(https?://[^\s/]+(/\S*)?)?$")
    """Root of an OpenAI-compatible vLLM server, `http://127.0.0.1:8000/v1`. Empty: the extractive generator."""
    llm_model: str = ""
    """The model as the server names it: a folder or a hub name. `make serve-llm` serves this one."""
    llm_adapter: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    """Name of the LoRA adapter to ask for. Empty: the model without an adapter."""
    llm_adapters: dict[str, Path] = Field(default_factory=dict)
    """Adapters that `make serve-llm` loads: name to folder."""
    llm_api_key: SecretStr = SecretStr("")
    llm_passages: int = Field(default=8, ge=1, le=50)
    """How many of the retrieved passages the model is given, best first."""
    connect_seconds: float = Field(default=3.0, gt=0)
    silence_seconds: float = Field(default=20.0, gt=0)
    """Longest wait for the first token (the prompt is read and the grammar compiled first), and for each later one."""
    total_seconds: float = Field(default=60.0, gt=0)
    """Longest time for a whole draft, retries included."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often to try again when the server fails before its first claim."""
    backoff_seconds: float = Field(default=0.5, ge=0)
    """Wait before the first retry; it doubles with each."""
    max_tokens: int = Field(default=2048, ge=64)
    temperature: float = Field(default=0.0, ge=0, le=2)
    serve_context: int = Field(default=8192, ge=512)
    """Tokens of prompt and reply together that `make serve-llm` makes room for."""
    serve_lora_rank: int = Field(default=16, ge=1, le=512)
    """Largest rank among the adapters that `make serve-llm` loads."""
    serve_runtime_adapters: bool = False
    """Let `make serve-llm` load adapters while it runs (`pharmassist models deploy` then needs no restart).

    Whoever reaches the server can then make it load any folder that it can read: keep it on the loopback address, with
    a key."""
