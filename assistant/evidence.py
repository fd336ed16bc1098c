"""What of the retrieved passages may become evidence: instructions in a source are data, and none reaches a model."""

from __future__ import annotations

import logging
from dataclasses import replace

from guardrails.screening.injection import in_source
from retrieval.search import SearchResult

log = logging.getLogger(__name__)

LEFT_OUT = (
    "{count} retrieved from “{title}” gives instructions to the assistant and was left out. Somebody may have changed "
    "this source: have it checked."
)


def without_instructions(found: SearchResult) -> tuple[SearchResult, tuple[str, ...]]:
    """The search result without passages that hold an instruction to the assistant, and a notice for each source."""
    suspect = [hit for hit in found.hits if in_source(hit.passage.text)]
    if not suspect:
        return found, ()
    titles: dict[str, int] = {}
    for hit in suspect:
        titles[hit.passage.title] = titles.get(hit.passage.title, 0) + 1
        log.warning("The passage %s gives instructions to the assistant and was left out", hit.passage.key)
    kept = tuple(hit for hit in found.hits if hit not in suspect)
    return replace(found, hits=kept), tuple(_notice(title, count) for title, count in titles.items())


def _notice(title: str, count: int) -> str:
    return LEFT_OUT.format(count="A passage" if count == 1 else f"Each of {count} passages", title=title)
