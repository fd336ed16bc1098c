"""Probes from a frozen dataset: the reviewed answers about medicines that no training example is about."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.errors import DraftMalformed
from assistant.reply import ReplyReader
from finetune.example import Example
from finetune.suites.probe import Probe, Right, Suite, Traits, Wanted, with_patient
from guardrails.claim import Claim


def held_out_probes(examples: Iterable[Example], suite: Suite = Suite.HELD_OUT) -> tuple[Probe, ...]:
    """One probe for each example whose right answer is known as claims; others cannot be graded and are left out.

    Right is to cite every passage that the reviewed answer cites and to say every amount that it says; where it says
    nothing, to refuse.
    """
    return tuple(probe for each in examples if (probe := _probe(each, suite)) is not None)


def _probe(example: Example, suite: Suite) -> Probe | None:
    claims = claims_of(example)
    if claims is None:
        return None
    texts = {passage.key: passage.text for passage in example.evidence}
    keys = dict.fromkeys(citation.key for claim in claims for citation in claim.citations)
    probe = Probe(
        id=f"{suite.value}/{example.id}",
        suite=suite,
        ask=example.question,
        right=Right.ANSWER if claims else Right.REFUSAL,
        history=example.history,
        # By its words too, so that the passage of an index that was made anew still counts.
        cite=tuple(Wanted(contains=texts[key]) if key in texts else Wanted(key=key) for key in keys),
        doses=tuple(claim.text for claim in claims),
        traits=_traits(example),
    )
    return with_patient(probe)


def claims_of(example: Example) -> tuple[Claim, ...] | None:
    """The claims of an example's right answer; None where it is plain text."""
    reader = ReplyReader()
    try:
        claims = tuple(reader.feed(example.answer))
    except DraftMalformed:
        return None
    return claims if reader.complete else None


def _traits(example: Example) -> Traits:
    labels = example.labels
    return Traits(labels.topic, labels.section, labels.area, labels.population)
