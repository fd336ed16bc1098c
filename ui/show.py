"""Plain text for the terminal: one function per thing that a command prints."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from assistant.conversation import Answer, Assessment, OverrideRate, Refusal, WithheldClaim
from finetune.measure import BenchReport, Metric
from guardrails.check import Result
from guardrails.verdict import Finding, Severity
from retrieval.ingest import IngestProgress, IngestReport, Outcome
from retrieval.passage import Passage, Source
from ui.assessment import notes
from ui.numbering import numbers


def outcome(result: Answer | Refusal) -> str:
    """An answer with numbered sources, or a refusal with its reason."""
    return _answer(result) if isinstance(result, Answer) else _refusal(result)


def _answer(answer: Answer) -> str:
    numbered = numbers(answer.claims)
    lines = [*(f"! {notice}" for notice in answer.notices), *_assessment_lines(answer.assessment)]
    for item in answer.claims:
        marks = "".join(f"[{numbered[citation.key]}]" for citation in item.claim.citations)
        lines += _warning_lines(item.verdict.findings)
        lines.append(f"- {item.claim.text} {marks}")
        lines += [f"  note: {note}" for note in notes(item.verdict.findings)]
    lines += ["", "Sources:"]
    passages = sorted(answer.passages, key=lambda passage: numbered[passage.key])
    lines += [f"  [{numbered[passage.key]}] {_reference(passage)}" for passage in passages]
    lines += _withheld_lines(answer.withheld)
    lines.append(_basis_line(answer))
    return "\n".join(lines)


def _warning_lines(findings: Sequence[Finding]) -> list[str]:
    return [f"! Warning: {found.explanation}" for found in findings if found.severity is Severity.WARN]


def _assessment_lines(assessment: Assessment) -> list[str]:
    """What the dose rules say of the question and the patient, warnings first."""
    lines = _warning_lines(assessment.alerts) + [f"  note: {note}" for note in notes(assessment.alerts)]
    lines += [f"  worked out: {calculation}" for calculation in assessment.calculations]
    if assessment.asked_for:
        lines.append(f"  would matter and is not known: {'; '.join(assessment.asked_for)}")
    for conflict in assessment.conflicts:
        lines.append(f"! The sources do not agree on {conflict.about}:")
        said = zip(conflict.titles, conflict.statements, strict=False)
        lines += [f"    {title}: “{statement.quote}”" for title, statement in said]
    return lines


def _reference(passage: Passage) -> str:
    parts = [passage.title, " > ".join(passage.heading), passage.origin]
    date = f"effective {passage.effective.isoformat()}" if passage.effective else "no date given"
    mark = "" if passage.verified else "; NOT VERIFIED against the label"
    return f"{'; '.join(part for part in parts if part)} ({date}; key {passage.key}{mark})"


def _withheld_lines(withheld: Sequence[WithheldClaim]) -> list[str]:
    if not withheld:
        return []
    lines = ["", "Withheld (not advice; each failed a check):"]
    for item in withheld:
        reasons = "; ".join(found.explanation for found in item.findings)
        lines.append(f"  x {item.claim.text} -- {reasons}")
    return lines


def _basis_line(result: Answer) -> str:
    basis = result.basis
    made_by = basis.generator + (f" ({basis.model})" if basis.model else "")
    unknown = f" Not known about the patient: {', '.join(basis.not_known)}." if basis.not_known else ""
    fallback = f" {basis.fallback}" if basis.fallback else ""
    return f"\nDrafted by: {made_by}; {result.seconds:.2f} s.{fallback}{unknown}"


def _refusal(refusal: Refusal) -> str:
    lines = [*(f"! {notice}" for notice in refusal.notices), *_assessment_lines(refusal.assessment)]
    lines += [f"Refused ({refusal.reason.value}): {refusal.explanation}", f"What to do: {refusal.next_step}"]
    return "\n".join(lines + _withheld_lines(refusal.withheld))


def ingest_progress(progress: IngestProgress) -> None:
    """One line per file on standard error, so that `--json` output stays clean."""
    print(progress.line(), file=sys.stderr, flush=True)


def start_progress(progress: IngestProgress) -> None:
    """The same at the start of a command, where only what changes is worth a line."""
    if progress.outcome is not Outcome.SKIPPED:
        ingest_progress(progress)


def asked_progress(done: int, of: int) -> None:
    """A line for every 50 questions of an evaluation, on standard error."""
    if done % 50 == 0 or done == of:
        print(f"asked {done} of {of}", file=sys.stderr, flush=True)


def metrics(measured: Mapping[str, Metric]) -> str:
    """A line for each measure, with its interval."""
    return "\n".join(f"  {name:44} {_metric(metric)}" for name, metric in measured.items())


def ingest_report(report: IngestReport) -> str:
    """What was read, skipped and refused, each refused file with its reason."""
    return report.text()


def checked(result: Result) -> str:
    """The verdict on a draft, and under each sentence what was found."""
    lines = [f"Verdict: {result.verdict.value}"]
    for claim in result.claims:
        lines.append(f"{'+' if claim.released else 'x'} {claim.text}")
        lines += [f"    {found.severity.value} {found.rule}: {found.explanation}" for found in claim.findings]
    if not result.claims:
        lines.append("The draft holds no sentence.")
    lines.append(f"{len(result.checks)} checks, {sum(run.ms for run in result.checks):.0f} ms.")
    return "\n".join(lines)


def overrides(rates: Sequence[OverrideRate]) -> str:
    """A line per rule: warnings shown, overridden, and the share."""
    if not rates:
        return "No warning has been shown yet."
    lines = [f"{'rule':32} {'shown':>6} {'overridden':>10} {'rate':>6}"]
    lines += [
        f"{rate.rule:32} {rate.shown:6} {rate.overridden:10} {rate.overridden / rate.shown:6.0%}" for rate in rates
    ]
    return "\n".join(lines)


def sources(listed: Sequence[Source]) -> str:
    """A line per document; superseded ones say by what."""
    if not listed:
        return "Nothing is indexed yet. Add labels with: pharmassist ingest PATH"
    lines = [f"{'document':40} {'version':>8} {'effective':10} title"]
    for source in sorted(listed, key=lambda each: (each.title.lower(), each.version)):
        effective = source.effective.isoformat() if source.effective else "-"
        marks = f"  [superseded by {source.superseded_by}]" if source.superseded_by else ""
        marks += "" if source.verified else "  [not verified]"
        lines.append(f"{source.document[:40]:40} {source.version[:8]:>8} {effective:10} {source.title}{marks}")
    return "\n".join(lines)


def bench(report: BenchReport) -> str:
    """The metrics with their intervals, the peers beside them, and every failure."""
    lines = [f"bench {report.bench}: {report.seconds:.1f} s, peak {report.peak_mb:.0f} MB", ""]
    lines += [metrics(report.metrics)]
    for peer, values in report.peers.items():
        lines.append(f"\n  {peer}")
        lines += [f"    {name:42} {value:.4g}" for name, value in values.items()]
    lines += [f"\n{len(report.failures)} failures"] if report.failures else []
    lines += [f"  - {failure}" for failure in report.failures]
    return "\n".join(lines)


def _metric(metric: Metric) -> str:
    interval = "" if metric.low is None or metric.high is None else f"  [{metric.low:.4f}, {metric.high:.4f}]"
    return f"{metric.value:.4f}{interval}  n={metric.n}"
