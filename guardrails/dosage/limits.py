"""Applies the limits of the rules to one spoken dose, and says which it passes.

A limit is applied where all that it needs is known. Where the route, form, indication, age or sex is not said, the dose
is judged only by the mildest limit that could be meant: passing that one is wrong whichever holds. Where anything else
that a limit needs is unknown (kidneys, liver, other medicines), it is not applied; `unknowns` asks for it.
docs/decisions/0006 gives the reasons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guardrails.dosage.comparing import LEAST, Compared, compare
from guardrails.dosage.facts import PARTS, PHASES, Fact, Standing
from guardrails.dosage.spoken import Spoken
from guardrails.dosage.totals import Totals, totals
from guardrails.dose import Limit as Kind
from guardrails.rulebook import Limit, LimitKind, MedicineRules, Rulebook
from guardrails.verdict import Severity

_ORDER = list(Severity)
_TYPICAL_ADULT = Decimal(30)
_FIELDS = {
    Fact.ROUTE: "routes",
    Fact.FORM: "forms",
    Fact.INDICATION: "indications",
    Fact.AGE: "age",
    Fact.SEX: "sex",
}
"""The facts that divide all uses of a medicine, and the conditions of `When` that ask for them."""
_INDIVIDUAL = ("weight", "crcl", "egfr", "hepatic", "dialysis", "pregnant", "breastfeeding", "states", "medicines")
"""Conditions of `When` that make a limit one for some patients, whatever they are treated for."""


@dataclass(frozen=True)
class Applied:
    """A limit that was compared with a dose. `is_certain`: all that the limit needs is known."""

    rules: MedicineRules
    limit: Limit
    compared: Compared
    standing: Standing

    @property
    def is_certain(self) -> bool:
        """Whether everything that the limit needs is known."""
        return self.standing.holds


@dataclass(frozen=True)
class Breach:
    """A limit that a dose passes; `milder` is a limit that it keeps and that may be the one that is meant."""

    applied: Applied
    severity: Severity
    ingredient: str
    milder: Applied | None = None
    is_partly: bool = False


def breaches(spoken: Spoken, ingredient: str, rulebook: Rulebook, is_verbatim: bool = False) -> tuple[Breach, ...]:
    """Every limit of the ingredient that the dose passes, the worst of each kind."""
    found: list[Breach] = []
    for applied in _by_kind(spoken, ingredient, rulebook, is_verbatim):
        found += _of_kind(applied, ingredient)
    return tuple(found)


def judged_totals(spoken: Spoken, ingredient: str, is_verbatim: bool = False) -> Totals:
    """The totals of a dose, without those that its words leave open.

    An increment ("increase by 500 mg weekly") is one amount and no schedule; "80 mg daily" may be taken in parts; and
    an amount without a schedule in a sentence of a label ("tablets, 75 mg and 300 mg") is no dose of a day.
    """
    statement = spoken.statement
    if statement.change.endswith(" by"):
        statement = replace(statement, frequency=None, duration=None)
    found = totals(statement, ingredient)
    schedule = found.schedule
    if schedule is not None and schedule.most == 1 and schedule.is_daily and not spoken.is_at_once:
        found = replace(found, single=None)
    is_step = statement.change.endswith(" by")
    if is_verbatim and schedule is None and not statement.per and not statement.once and not is_step:
        found = replace(found, day=None)
    return found


def _by_kind(spoken: Spoken, ingredient: str, rulebook: Rulebook, is_verbatim: bool) -> Iterable[list[Applied]]:
    if spoken.statement.change == "decrease by":
        return ()
    sums = judged_totals(spoken, ingredient, is_verbatim)
    kinds: defaultdict[LimitKind, list[Applied]] = defaultdict(list)
    for rules in rulebook.of(ingredient):
        for limit in rules.limits:
            applied = _applied(rules, limit, spoken, sums)
            if applied is not None:
                kinds[limit.kind].append(applied)
    return kinds.values()


def _applied(rules: MedicineRules, limit: Limit, spoken: Spoken, sums: Totals) -> Applied | None:
    """The limit beside the dose; None where it is for somebody or something else."""
    if limit.kind in LEAST and not _may_be_too_little(spoken):
        return None
    standing = spoken.facts.standing(limit.when)
    if standing.failed or not standing.open <= PARTS:
        return None
    compared = compare(sums, limit, spoken.facts.patient)
    return Applied(rules, limit, compared, standing) if compared is not None else None


def _may_be_too_little(spoken: Spoken) -> bool:
    """Whether a small dose is meant to work: not at the start, nor a step, nor where it is small for a reason."""
    statement, whom = spoken.statement, spoken.facts.whom
    plain = statement.change in {"", "maintain"} and statement.step == 0 and statement.limit is not Kind.MINIMUM
    return plain and whom.kidneys is None and not whom.hepatic and whom.dialysis is None


def _of_kind(applied: Sequence[Applied], ingredient: str) -> list[Breach]:
    certain = _most_specific([one for one in applied if one.is_certain])
    open_ = [one for one in applied if not one.is_certain]
    passed = [one for one in certain if one.compared.is_over]
    found = []
    if passed:
        worst = _worst(passed)
        milder = next((one for one in open_ if not one.compared.is_over and _may_be_meant(one, worst)), None)
        found.append(_breach(worst, ingredient, None if _is_individual(worst.limit) else milder))
    own = [one for one in open_ if _is_individual(one.limit)]
    found += [_breach(one, ingredient, None) for one in _whatever_holds(own)]
    if len(passed) == len(certain):
        found += [_breach(one, ingredient, None) for one in _whatever_holds(open_)]
    if found:
        return [min(found, key=lambda one: _ORDER.index(one.severity))]
    partly = [one for one in certain if one.compared.is_partly_over]
    return [Breach(one, Severity.WARN, ingredient, is_partly=True) for one in partly[:1]]


def _breach(applied: Applied, ingredient: str, milder: Applied | None) -> Breach:
    severity = applied.limit.severity
    doubtful = milder is not None or Fact.INDICATION in applied.standing.open
    if severity is Severity.BLOCK and doubtful:
        severity = Severity.WARN
    return Breach(applied, severity, ingredient, milder)


def _worst(passed: Sequence[Applied]) -> Applied:
    """The one limit to speak of: the gravest, and of those the one that is passed the furthest."""
    return min(passed, key=lambda one: (_ORDER.index(one.limit.severity), -one.compared.ratio))


def _whatever_holds(open_: Sequence[Applied]) -> list[Applied]:
    """The mildest of the limits that may hold, where the dose passes one under each of their conditions."""
    layers: defaultdict[tuple[object, ...], list[Applied]] = defaultdict(list)
    for one in _of_the_use_said(open_):
        layers[_left_open(one)].append(one)
    passed = [[one for one in _of_layer(layer) if one.compared.is_over] for layer in layers.values()]
    if not passed or not all(passed) or not any(map(_is_usual, open_)):
        return []
    return [min((_worst(layer) for layer in passed), key=lambda one: one.compared.ratio)]


def _left_open(one: Applied) -> tuple[object, ...]:
    """What of the conditions is not known. Limits that leave the same open hold together or not at all."""
    when, open_ = one.limit.when, one.standing.open
    return tuple(getattr(when, field) if fact in open_ else None for fact, field in _FIELDS.items())


def _of_the_use_said(open_: Sequence[Applied]) -> list[Applied]:
    """Without the limits of other uses than the one that is said."""
    said = any(one.limit.when.indications and Fact.INDICATION not in one.standing.open for one in open_)
    return [one for one in open_ if not (said and Fact.INDICATION in one.standing.open)]


def _of_layer(layer: list[Applied]) -> list[Applied]:
    """The limits that hold together; one for the indication or form that is said replaces the general one."""
    unsaid = layer[0].standing.open & {Fact.INDICATION, Fact.FORM}
    return layer if unsaid else _most_specific(layer)


def _may_be_meant(other: Applied, passed: Applied) -> bool:
    """Whether another limit may be the one that holds: its use, form or route is not said, and this one's is none."""
    when = passed.limit.when
    if set(when.states) & set(PHASES) - set(other.limit.when.states):
        return False
    settled = {Fact.INDICATION: when.indications, Fact.FORM: when.forms, Fact.ROUTE: when.routes}
    return any(fact in other.standing.open and not said for fact, said in settled.items())


def _is_usual(applied: Applied) -> bool:
    """Whether the limit is one of those for adults, whom a dose is for unless something else is said."""
    span = applied.limit.when.age
    return Fact.AGE not in applied.standing.open or span is None or span.holds(_TYPICAL_ADULT)


def _most_specific(certain: list[Applied]) -> list[Applied]:
    """A limit for the indication, form or phase that is said replaces the general one of its kind."""
    if not any(_is_specific(one.limit) for one in certain):
        return certain
    return [one for one in certain if _is_specific(one.limit) or _is_individual(one.limit)]


def _is_specific(limit: Limit) -> bool:
    return bool(limit.when.indications or limit.when.forms or set(limit.when.states) & {"loading"})


def _is_individual(limit: Limit) -> bool:
    given = [name for name in _INDIVIDUAL if getattr(limit.when, name)]
    return bool(given) and not (given == ["states"] and set(limit.when.states) <= set(PHASES))
