"""Sources in: files become passages in the index. Safe to repeat, and to interrupt at any moment.

Order of writing for each source: its passages, then its record, then what it supersedes. A source without a record was
interrupted: its passages are removed and written again. What supersedes what is worked out anew at every start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from retrieval.encoder import Encoder
from retrieval.errors import SourceRefused
from retrieval.index import Index
from retrieval.passage import Source
from retrieval.readers.archive import Found, Ignored, Offered, Unreadable, files_in
from retrieval.readers.document import ReadDocument, fingerprint
from retrieval.readers.formats import read_document
from retrieval.settings import RetrievalSettings


class Outcome(StrEnum):
    """What became of a file."""

    READ = "read"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """One finished file. `total` is 0 while archives make the number of files unknown."""

    done: int
    total: int
    name: str
    outcome: Outcome
    passages: int = 0
    detail: str = ""

    def line(self) -> str:
        """ "[ 3/22] read     ponesimod.xml: 327 passages"."""
        width = len(str(self.total))
        place = f"[{self.done:>{width}}/{self.total}]" if self.total else f"[{self.done}]"
        about = f"{self.passages} passages" if self.outcome is Outcome.READ else self.detail
        return f"{place} {self.outcome.value:<8} {_short(self.name)}: {about}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken in, and the one reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingestion did. `read` and `superseded` are source ids, `skipped` are names of unchanged files."""

    read: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    superseded: tuple[str, ...] = ()
    passages: int = 0
    ignored: int = 0
    """Files of no readable kind (pictures, say) in folders and archives."""

    def text(self) -> str:
        """The report as a person reads it, each refused file with its reason."""
        lines = [
            f"Read {len(self.read)} sources ({self.passages} passages), skipped {len(self.skipped)} unchanged,"
            f" refused {len(self.refused)}, superseded {len(self.superseded)}."
        ]
        if self.ignored:
            lines.append(f"{self.ignored} other files (pictures and the like) were passed over.")
        lines += [f"  superseded: {source_id}" for source_id in self.superseded]
        lines += [f"  refused: {each.path}: {each.reason}." for each in self.refused]
        return "\n".join(lines)


@dataclass
class _Tally:
    read: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    passages: int = 0
    ignored: int = 0

    def report(self) -> IngestReport:
        return IngestReport(
            tuple(self.read),
            tuple(self.skipped),
            tuple(self.refused),
            tuple(self.superseded),
            self.passages,
            self.ignored,
        )


def quiet(progress: IngestProgress) -> None:
    """Report no progress."""


def ingest(
    paths: Sequence[Path],
    index: Index,
    encoder: Encoder,
    settings: RetrievalSettings,
    on_progress: Callable[[IngestProgress], None] = quiet,
) -> IngestReport:
    """Read files, folders and archives into the index; unchanged sources are skipped by the checksum of their bytes.

    Raises:
        IndexFault: the index cannot be written. EncoderError: the embedding model cannot be loaded.
        A file that cannot be read raises nothing: it is in the report's `refused`.
    """
    tally = _Tally(superseded=settle_versions(index))
    run = _Run(index, encoder, tally, {source.checksum for source in index.sources()})
    total = _count(paths)
    done = 0
    for offered in files_in(paths):
        progress = run.take(offered)
        if progress is not None:
            done += 1
            on_progress(replace(progress, done=done, total=total))
    if tally.passages and index.passage_count() >= settings.graph_from:
        index.optimize()
    return tally.report()


@dataclass
class _Run:
    index: Index
    encoder: Encoder
    tally: _Tally
    known: set[str]

    def take(self, offered: Offered) -> IngestProgress | None:
        """Take in one file; None for one that is passed over."""
        if isinstance(offered, Ignored):
            self.tally.ignored += 1
            return None
        if isinstance(offered, Unreadable):
            return self._refuse(offered.name, offered.reason)
        if fingerprint(offered.data) in self.known:
            self.tally.skipped.append(offered.name)
            return IngestProgress(0, 0, offered.name, Outcome.SKIPPED, detail="already in the index, unchanged")
        return self._read(offered)

    def _refuse(self, name: str, reason: str) -> IngestProgress:
        self.tally.refused.append(Refused(name, reason))
        return IngestProgress(0, 0, name, Outcome.REFUSED, detail=reason)

    def _read(self, found: Found) -> IngestProgress:
        try:
            document = read_document(found.data, found.name)
        except SourceRefused as fault:
            return self._refuse(found.name, fault.reason)
        count = store(document, self.index, self.encoder)
        self.known.add(document.source.checksum)
        self.tally.read.append(document.source.id)
        self.tally.superseded += settle_versions(self.index)
        self.tally.passages += count
        return IngestProgress(0, 0, found.name, Outcome.READ, count)


def store(document: ReadDocument, index: Index, encoder: Encoder) -> int:
    """Write one source and its passages; returns how many passages. What an earlier attempt left behind goes first."""
    # LlamaIndex takes two seconds to import, and a second run that only skips needs none of it.
    from retrieval.llama import embedded_passages

    passages, vectors = embedded_passages(document, encoder)
    before = index.source(document.source.id)
    if before is not None:
        # An edited file under the same version: until its record is written again, no checksum may vouch for it.
        index.put_source(replace(before, checksum=""))
    index.remove_passages(document.source.id)
    index.add_passages(passages, vectors)
    newer = _newest(document.source, index.sources())
    index.put_source(replace(document.source, superseded_by=newer.id if newer else ""))
    return len(passages)


def settle_versions(index: Index) -> list[str]:
    """Supersede every current source of which a newer version is indexed; returns the ids of those superseded now."""
    sources = index.sources()
    settled = []
    for source in sources:
        newer = _newest(source, sources)
        if newer is not None and not source.superseded_by:
            index.supersede(source.id, newer.id)
            settled.append(source.id)
    return settled


def _newest(source: Source, sources: Sequence[Source]) -> Source | None:
    """The newest indexed version of the same document that is newer than `source`, or None."""
    later = [one for one in sources if one.document == source.document and age(one) > age(source)]
    return max(later, key=age, default=None)


def age(source: Source) -> tuple[tuple[int, ...], str, str]:
    """Sorts versions of a document, newest last: by the numbers in the version, then by effective date, then by id."""
    numbers = tuple(int(figures[:9]) for figures in re.findall(r"\d+", source.version))
    return numbers, source.effective.isoformat() if source.effective else "", source.id


def _count(paths: Sequence[Path]) -> int:
    """How many files there are to read, or 0 where only opening an archive would tell."""
    offered = list(_names(paths))
    return 0 if any(name.lower().endswith(".zip") for name in offered) else len(offered)


def _names(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        if not path.is_dir():
            yield path.name
            continue
        for inner in path.rglob("*"):
            hidden = any(part.startswith(".") for part in inner.relative_to(path).parts)
            if inner.suffix.lower() in {".xml", ".pdf", ".md", ".markdown", ".zip"} and inner.is_file() and not hidden:
                yield inner.name


def _short(name: str) -> str:
    """The file's own name, and inside an archive the archive's name before it."""
    return "!/".join(part.rsplit("/", 1)[-1] for part in name.split("!/"))
