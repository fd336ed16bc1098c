"""The history of a case: every change with who, when, old, new and why; and the signatures under it."""

from __future__ import annotations

from assistant.triage.changes import Change, Json
from ui.markup import moment, text
from ui.triage.fields import label_of
from ui.triage.view import CaseView

LONGEST = 160


def history(view: CaseView) -> str:
    """Newest first."""
    signed = "".join(f"<li>{text(each.line())}</li>" for each in view.signatures)
    signatures = f'<h3>Signatures</h3><ul class="signed">{signed}</ul>' if signed else ""
    rows = "".join(_row(view, change) for change in reversed(view.history))
    return (
        f'{signatures}<h3>Changes</h3><table class="grid history"><thead><tr><th>When</th><th>Who</th><th>Field</th>'
        f"<th>Before</th><th>After</th><th>Why</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(view: CaseView, change: Change) -> str:
    old, new = said(change.old), said(change.new)
    opened = not change.path
    return (
        f'<tr><td>{moment(change.at)}<br><span class="faint">version {change.version}</span></td>'
        f"<td>{text(view.name(change.by))}</td><td>{'Case opened' if opened else text(label_of(change.path))}</td>"
        f"<td>{'' if opened else _cell(old)}</td><td>{'' if opened else _cell(new)}</td>"
        f"<td>{text(change.why)}</td></tr>"
    )


def _cell(words: str) -> str:
    if len(words) <= LONGEST:
        return text(words)
    return f'<span title="{text(words[:2000])}">{text(words[:LONGEST])}…</span>'


def said(value: Json) -> str:
    """A value of the history as text: lists and objects without the parts that say nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(said(each) for each in value) or "none"
    if isinstance(value, dict):
        date = _date(value)
        if date:
            return date
        known = {name: said(each) for name, each in value.items() if each not in (None, "", [], {})}
        return ", ".join(f"{name.replace('_', ' ')}: {words}" for name, words in known.items())
    return str(value) or "–"


def _date(value: dict[str, Json]) -> str:
    """A partial date as 2026-03-14, "" for any other object."""
    if not {"year", "month", "day", "hour"} <= set(value):
        return ""
    return "-".join(str(value[name]).zfill(2) for name in ("year", "month", "day") if value[name] is not None)
