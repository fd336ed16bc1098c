"""A tiny base, an adapter on it, and candidates and releases of it that two people signed, for the tests of serving."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from argon2 import PasswordHasher
from transformers import LlamaForCausalLM

from assistant.accounts import Accounts
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Person, Role
from assistant.prompt import answer_prompt, render
from finetune.candidate import ADAPTER, identified, write_candidate
from finetune.example import Candidate
from finetune.hashes import folder_hash
from finetune.proof import prove
from finetune.release import release, sign
from finetune.serving_state import Loop
from finetune.vllm_process import Served
from tests.assistant.evidence import ADULTS, RENAL
from tests.finetune.candidates import WHEN, rejudged
from tests.finetune.speaks_vllm import speaking
from tests.finetune.tiny_causal import make_base
from tests.stories.tiny_model import make_adapter

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORDS = {"mara": "correct horse battery", "omar": "another staple entirely"}
PROMPTS = tuple(
    render(answer_prompt(), question, ("metformin",), (ADULTS, RENAL))
    for question in ("What is the maximum dose of metformin?", "Metformin with an eGFR of 25?")
)


@dataclass
class World:
    """A data folder with its ledger, its people and the base that everything is trained on."""

    folder: Path
    made_before: Path | None = None
    """Where the base lies, if it is another world's."""
    database: str = "kept.db"

    def __post_init__(self) -> None:
        self.engine = open_database(f"sqlite:///{self.folder / self.database}")
        self.ledger = Ledger(self.engine)
        self.loop = Loop(self.folder / "loop", self.ledger)
        self.accounts = Accounts(self.ledger, QUICK)
        self.mara = self._one("mara", "Mara Lind", Role.SAFETY_OFFICER)
        self.omar = self._one("omar", "Omar Haddad", Role.MODEL_ENGINEER)

    def _one(self, user: str, name: str, role: Role) -> Person:
        known = {each.user_name: each for each in self.accounts.everyone()}
        return known.get(user) or self.accounts.add(user, name, [role], "local", PASSWORDS[user])

    def person(self, *roles: Role) -> Person:
        return self.accounts.add("pia", "Pia Roth", roles, "local", "a third one altogether")

    @cached_property
    def base(self) -> Path:
        if self.made_before is not None:
            return self.made_before
        return make_base(self.folder / "base", [message.content for prompt in PROMPTS for message in prompt])

    def candidate(self, name: str = "one") -> Path:
        folder = self.loop.folder / "candidates" / name
        model = LlamaForCausalLM.from_pretrained(str(self.base))
        make_adapter(folder / ADAPTER, model)
        hashes = (folder_hash(self.base), folder_hash(folder / ADAPTER))
        made = identified(Candidate("", str(self.base), *hashes, "s" * 64, f"answer-{name}@1", "r" * 64, "0.1.0", WHEN))
        write_candidate(made, folder)
        rejudged(folder, made, self.ledger, right=98, wrong=2)
        return folder

    def release(self, candidate: Path) -> str:
        for name, password in PASSWORDS.items():
            sign(candidate, self.ledger, self.accounts, name, password)
        return release(candidate, self.loop.folder / "releases", self.ledger).id

    def proven(self, name: str = "one") -> str:
        """A release whose parity was measured."""
        folder = self.candidate(name)
        prove(self.loop, folder, PROMPTS, playing, self.omar)
        return self.release(folder)


@contextmanager
def playing(served: Served) -> Iterator[None]:
    """Plays the server that proving starts, at the address that it asks for."""
    with speaking(Path(served.model), served.asked_as, adapters=dict(served.adapters), at=served.url):
        yield


def edited(path: Path, **values: object) -> None:
    """Change fields of a JSON file behind everybody's back."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
