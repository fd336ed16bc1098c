"""The findings of the dose checks: each says in one sentence what is wrong, with both numbers and the arithmetic."""

from __future__ import annotations

from decimal import Decimal

from guardrails.dosage.facts import Fact
from guardrails.dosage.limits import Breach
from guardrails.dosage.spoken import Spoken
from guardrails.rulebook import Caution, CautionKind, Limit, LimitKind, MedicineRules
from guardrails.verdict import Finding, Severity

VERSION = "1"
"""Of the rules that no file holds; those of a file carry its id, the id of the rule and its version."""
TENFOLD, HUNDREDFOLD = 5, 100
"""From how many times too much a slip is likelier than a choice: of the decimal point, and of the unit."""
_ALTERNATE_DAYS = Decimal(24) / 40
"""Doses a day: a medicine that is given less often than every 40 hours is not given daily."""
_RULES = {
    LimitKind.SINGLE_MAX: "dose.single-max",
    LimitKind.SINGLE_MIN: "dose.below-effective",
    LimitKind.DAILY_MAX: "dose.daily-max",
    LimitKind.DAILY_MIN: "dose.below-effective",
    LimitKind.WEEKLY_MAX: "dose.weekly-max",
    LimitKind.COURSE_MAX: "dose.course",
    LimitKind.LIFETIME_MAX: "dose.course",
    LimitKind.INTERVAL_MIN: "dose.interval",
    LimitKind.DOSES_PER_DAY_MAX: "dose.interval",
    LimitKind.DURATION_MAX: "dose.duration",
    LimitKind.RATE_MAX: "dose.rate",
}
_CAUTION_RULES = {
    CautionKind.AGE: "dose.population",
    CautionKind.ADMINISTRATION: "dose.administration",
}
_INTERVALS = frozenset({LimitKind.INTERVAL_MIN, LimitKind.DOSES_PER_DAY_MAX})
_REASONS = (
    (Fact.DIALYSIS, "dose.renal", ("crcl", "egfr", "dialysis")),
    (Fact.LIVER, "dose.hepatic", ("hepatic",)),
)


def of_breach(breach: Breach, spoken: Spoken, is_question: bool) -> Finding:
    """The finding of a limit that a dose passes."""
    rule, slip = _rule_of(breach)
    rules, limit, compared = breach.applied.rules, breach.applied.limit, breach.applied.compared
    whose = "The question's dose" if is_question else "The dose"
    relation = _relation(limit, breach)
    said = f"at its fastest {compared.fastest}" if breach.is_partly else compared.said
    text = f"{whose} of {breach.ingredient}, {said}, is {relation} {compared.allowed} {cited(rules, limit)}"
    text += f"; {slip}" if slip else ""
    if breach.milder is not None:
        other = breach.milder
        text += f"; up to {other.compared.allowed} may hold for another use ({named(other.limit)})"
    severity = Severity.WARN if is_question and breach.severity is Severity.BLOCK else breach.severity
    version = f"{rules.id}/{limit.id}@{rules.version}"
    span = (spoken.statement.start, spoken.statement.end)
    return Finding(rule, version, severity, f"{text}.", span, evidence(rules, limit))


def _relation(limit: Limit, breach: Breach) -> str:
    if limit.kind in _INTERVALS:
        return "more often than"
    return "below the" if breach.applied.compared.is_least else "over the"


def _rule_of(breach: Breach) -> tuple[str, str]:
    """The rule id, and what a slip of this size most often is."""
    limit, compared = breach.applied.limit, breach.applied.compared
    if limit.kind is LimitKind.INTERVAL_MIN and compared.limit < _ALTERNATE_DAYS and compared.mild >= 1:
        return "dose.weekly", "a weekly dose given daily has killed"
    if limit.kind in _INTERVALS or limit.kind is LimitKind.DURATION_MAX:
        return _RULES[limit.kind], ""
    if compared.ratio >= HUNDREDFOLD:
        return "dose.unit-confusion", "a number this far off is likely in the wrong unit (g, mg or mcg)"
    if compared.ratio >= TENFOLD:
        return "dose.tenfold", "the decimal point may be in the wrong place"
    if not compared.is_least:
        for _, rule, names in _REASONS:
            if any(getattr(limit.when, name) for name in names):
                return rule, ""
    return _RULES[limit.kind], ""


def of_caution(rules: MedicineRules, caution: Caution, ingredient: str, why: str, is_question: bool) -> Finding:
    """The finding of a caution that holds; `why` says what about the patient or the other medicines makes it hold."""
    rule = _CAUTION_RULES.get(caution.kind, f"dose.{caution.kind.value}")
    text = caution.text.rstrip(". ")
    reason = f" (here: {why})" if why else ""
    severity = Severity.WARN if is_question and caution.severity is Severity.BLOCK else caution.severity
    version = f"{rules.id}/{caution.id}@{rules.version}"
    said = text if ingredient.lower() in text.lower() else f"{ingredient}: {text}"
    return Finding(
        rule, version, severity, f"{said}{reason}, {where(rules, caution)}.", (0, 0), evidence(rules, caution)
    )


def cited(rules: MedicineRules, rule: Limit | Caution) -> str:
    """ "of Metformin tablets, prescribing information, section 2.1"."""
    return f"of {where(rules, rule)}"


def where(rules: MedicineRules, rule: Limit | Caution) -> str:
    """The document and its section."""
    section = rule.section if not rule.section[0].isdigit() else f"section {rule.section}"
    return f"{rules.sources[rule.source].title}, {section}"


def evidence(rules: MedicineRules, rule: Limit | Caution) -> str:
    """The rule in words, with its source, its publisher and its date."""
    source = rules.sources[rule.source]
    dated = f", {source.effective.isoformat()}" if source.effective else ""
    reviewed = "" if rules.reviewed_by else ", not yet reviewed"
    return f"{rule.text} ({source.title}, {source.publisher}{dated}, section {rule.section}{reviewed})"


def named(limit: Limit) -> str:
    """For what a limit is, in a few words."""
    when = limit.when
    return ", ".join((*when.indications, *when.forms, *when.routes)) or limit.id


def own(rule: str, severity: Severity, text: str, spoken: Spoken | None = None) -> Finding:
    """A finding of a rule that no file holds."""
    span = (spoken.statement.start, spoken.statement.end) if spoken else (0, 0)
    return Finding(rule, VERSION, severity, text, span)
