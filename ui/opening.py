"""Opens what stands by itself, the index and the database, and says who works here; `ui/wiring.py` joins the rest."""

from __future__ import annotations

from assistant.accounts import Accounts
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import Person
from assistant.records import Records
from retrieval.encoder import Encoder
from retrieval.index import Index
from ui.settings import Settings


def open_index(settings: Settings, encoder: Encoder, *, create: bool = True, share: bool = False) -> Index:
    """The embedded index of the data folder, or the Qdrant server that the settings name."""
    wanted = settings.retrieval
    if wanted.qdrant_url:
        from retrieval.index.server import open_server

        return open_server(wanted, dimension=encoder.dimension, model=encoder.name)
    from retrieval.index.edge import open_edge

    folder = settings.data_dir / "index"
    return open_edge(folder, dimension=encoder.dimension, model=encoder.name, create=create, share=share)


def open_records(settings: Settings) -> Records:
    """Conversations, turns, flags and the ledger, in SQLite in the data folder or where the settings say."""
    engine = open_database(settings.database)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Records(engine, Ledger(engine, settings.anchors))


def local_person(settings: Settings, accounts: Accounts) -> Person:
    """Whoever works on this machine without signing in: in single-user mode, and on the command line."""
    return accounts.local(settings.local_user, settings.local_name, settings.local_roles)
