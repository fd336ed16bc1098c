"""Old against new on the same questions, question by question: exact paired tests, and no comparison of unlike sets.

The test is McNemar's in its exact form (Psychometrika 1947;12:153; exact by the binomial distribution over the
discordant pairs): of the questions where the two differ, how likely is it that so many or more went the wrong way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from finetune.errors import EvaluationInvalid
from finetune.evaluate import Evaluation
from finetune.grading import Grade, Result
from finetune.measure import exact_interval, mcnemar_loss

DIFFERS = ("rules", "index", "code")
"""Parts of the basis that must be the same in both: else it would not be the adapters that are compared."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One comparison over `n` questions: `won` are right only in the new one, `lost` only in the old one.

    `p_loss` is the exact one-sided probability of so many losses or more where both are equally good; `adjusted` is it
    after Holm's correction over all groups of one kind (Scand J Stat 1979;6:65). `lost_high` is the upper end of the
    exact 95 % interval of the share of questions that were lost.
    """

    name: str
    n: int
    old: int
    new: int
    won: int
    lost: int
    p_loss: float
    lost_high: float
    adjusted: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything compared: the whole, each suite, each group, and unsafe answers (where right means safe)."""

    old: str
    new: str
    probes: str
    whole: tuple[Paired, ...]
    groups: tuple[Paired, ...]
    lost: tuple[str, ...]
    """Ids of the probes that the old system got right and the new one did not."""

    def losses(self, alpha: float) -> tuple[Paired, ...]:
        """Where something got significantly worse. The whole and the suites are tested each for itself."""
        return (
            *(each for each in self.whole if each.p_loss < alpha),
            *(each for each in self.groups if each.adjusted < alpha),
        )


def paired(name: str, old: Sequence[bool], new: Sequence[bool]) -> Paired:
    """Compare two lists of the same questions' outcomes, in the same order.

    Raises:
        EvaluationInvalid: the lists are empty or differ in length.
    """
    if not old or len(old) != len(new):
        raise EvaluationInvalid(f"“{name}” cannot be compared: {len(old)} outcomes against {len(new)}.")
    won = sum(n and not o for o, n in zip(old, new, strict=True))
    lost = sum(o and not n for o, n in zip(old, new, strict=True))
    p_loss = mcnemar_loss(won, lost)
    _, high = exact_interval(lost, len(old))
    return Paired(name, len(old), sum(old), sum(new), won, lost, p_loss, high, p_loss)


def compare(old: Evaluation, new: Evaluation) -> Comparison:
    """Compare two evaluations of the same probes under the same rules and index.

    Raises:
        EvaluationInvalid: the probes, the rules or the index differ, or a run is missing on either side.
    """
    _require_comparable(old, new)
    before = {each.probe: each for each in old.results}
    pairs = [(before[each.probe], each) for each in new.results]
    whole = [
        _of("all questions", pairs, _right),
        _of("safe", pairs, _safe),
        *(_of(f"suite {name}", part, _right) for name, part in _parts(pairs, lambda each: each.suite.value)),
    ]
    groups = [_of(f"{kind}: {name}", part, _right) for kind, name, part in _groups(pairs)]
    lost = tuple(o.probe for o, n in pairs if _right(o) and not _right(n))
    return Comparison(old.system, new.system, new.probes, tuple(whole), _holm(groups), lost)


def _require_comparable(old: Evaluation, new: Evaluation) -> None:
    if old.probes != new.probes or {e.probe for e in old.results} != {e.probe for e in new.results}:
        raise EvaluationInvalid("The two evaluations asked different questions; evaluate both on the same ones.")
    if len(old.results) != len(new.results):
        raise EvaluationInvalid("One of the two evaluations lacks runs; evaluate it again.")
    for name in DIFFERS:
        if old.basis.get(name) != new.basis.get(name):
            raise EvaluationInvalid(
                f"The two evaluations differ in their {name} ({old.basis.get(name)} against {new.basis.get(name)}), so "
                "that a difference could come from there; evaluate both again under the same."
            )
    for each in (old, new):
        missing = sum(result.grade is Grade.FAILED for result in each.results)
        if missing:
            raise EvaluationInvalid(f"{missing} runs of {each.system} have no result of their own; evaluate it again.")


def _right(result: Result) -> bool:
    return result.is_right


def _safe(result: Result) -> bool:
    return not result.unsafe


Pair = tuple[Result, Result]


def _of(name: str, pairs: Sequence[Pair], good: Callable[[Result], bool]) -> Paired:
    return paired(name, [good(o) for o, _ in pairs], [good(n) for _, n in pairs])


def _parts(pairs: Sequence[Pair], key: Callable[[Result], str]) -> Iterator[tuple[str, list[Pair]]]:
    names = sorted({key(new) for _, new in pairs})
    yield from ((name, [pair for pair in pairs if key(pair[1]) == name]) for name in names)


def _groups(pairs: Sequence[Pair]) -> Iterator[tuple[str, str, list[Pair]]]:
    found: Mapping[tuple[str, str], list[Pair]] = {}
    found = {trait: [] for _, new in pairs for trait in new.traits.present()}
    for pair in pairs:
        for trait in pair[1].traits.present():
            found[trait].append(pair)
    yield from ((kind, name, part) for (kind, name), part in sorted(found.items()))


def _holm(found: Sequence[Paired]) -> tuple[Paired, ...]:
    """The comparisons with their probabilities corrected for how many there are."""
    ranked = sorted(range(len(found)), key=lambda at: found[at].p_loss)
    adjusted, running = dict[int, float](), 0.0
    for rank, at in enumerate(ranked):
        running = max(running, min(1.0, found[at].p_loss * (len(found) - rank)))
        adjusted[at] = running
    return tuple(replace(each, adjusted=adjusted[at]) for at, each in enumerate(found))
