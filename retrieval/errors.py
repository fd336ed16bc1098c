"""Every way in which retrieval can fail.

    RetrievalError
    ├── IndexFault
    │   ├── IndexNotFound      nothing was ingested at this place
    │   ├── IndexCorrupt       something is there that cannot be read
    │   ├── IndexBusy          another process holds the embedded index
    │   ├── IndexMismatch      the index was made with another encoder
    │   └── IndexUnreachable   the Qdrant server does not answer, or refuses
    ├── EncoderError           the embedding model cannot be loaded or does not fit
    └── SourceRefused          a file cannot be read as a source; `reason` says why

Each message says what happened and what to do about it, in one sentence or two.
"""

from __future__ import annotations


class RetrievalError(Exception):
    """The root of this tree; catch it to catch all of retrieval."""


class IndexFault(RetrievalError):
    """The index cannot be used."""


class IndexNotFound(IndexFault):
    """Nothing was ingested at this place."""


class IndexCorrupt(IndexFault):
    """Something is there, and it is no readable index."""


class IndexBusy(IndexFault):
    """Another process has the embedded index open for writing."""


class IndexMismatch(IndexFault):
    """The index holds vectors of another encoder than the configured one."""


class IndexUnreachable(IndexFault):
    """The Qdrant server does not answer, or refuses."""


class EncoderError(RetrievalError):
    """The embedding model cannot be loaded, or gives vectors of another size than expected."""


class SourceRefused(RetrievalError):
    """A file cannot be read as a source. The message is the one reason, for the person who offered the file."""

    @property
    def reason(self) -> str:
        """Why, in one sentence, without the file's name."""
        return str(self)
