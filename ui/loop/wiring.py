"""Puts the page of the loop together from what is open."""

from __future__ import annotations

from pathlib import Path

from assistant.accounts import Accounts
from assistant.ledger import Ledger
from guardrails.identifiers import Masker
from ui.loop.answers import Answers
from ui.loop.page import PATH, SHEETS, build_loop
from ui.serve import Beside


def loop_page(loop: Path, ledger: Ledger, accounts: Accounts, masker: Masker) -> Beside:
    """The page at /loop, over the folder of the loop."""
    answers = Answers(loop, ledger, accounts, lambda text: masker.masked(text)[0])
    return Beside(PATH, build_loop(answers), SHEETS)
