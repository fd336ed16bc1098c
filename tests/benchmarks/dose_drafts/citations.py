"""True sentences with a citation that does not prove them: an unknown key, another passage, a quote nobody wrote."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.passage import Citation, Passage
from tests.benchmarks.dose_drafts.amounts import wrong_numbers
from tests.benchmarks.dose_drafts.draft import Draft, Kind, Said, digest
from tests.benchmarks.dose_drafts.quantities import amounts, worths


def wrongly_cited(said: Said) -> Iterator[Draft]:
    """The sentence cited in each wrong way that it allows."""
    unknown = Citation(f"{said.passage.key.rsplit('-', 1)[0]}-{digest(said.text)[:8]}", said.text)
    yield _draft(said, said.text, unknown)
    other = _proves_nothing(said)
    if other is not None:
        yield _draft(said, said.text, Citation(other.key, said.text))
        yield _draft(said, said.text, Citation(other.key, other.text))
    for text in wrong_numbers(said):
        yield _draft(said, text, Citation(said.passage.key, text))
        break


def _proves_nothing(said: Said) -> Passage | None:
    """A retrieved passage that holds none of the sentence's amounts."""
    needed = worths(said.text)
    if not amounts(said.text):
        return None
    others = [one for key, one in said.evidence.items() if key != said.passage.key]
    return next((one for one in others if not needed & worths(one.text)), None)


def _draft(said: Said, text: str, citation: Citation) -> Draft:
    return Draft(said.origin, Kind.CITATION, text, (citation,), said.evidence, said.text)
