"""A quarter as HTML: its steps, what waits for whom, the data sheet, the curves, old against new, the gate."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache

from markdown_it import MarkdownIt

from assistant.people import MEANINGS, May, Meaning, Person
from finetune.compare import Comparison, Paired
from finetune.gate import GateReport
from finetune.standing import Stage, StepStands
from ui.loop.charts import curves
from ui.loop.reading import QuarterView, ToSign
from ui.markup import moment, text

PILLS = {
    Stage.DONE: "is-done", Stage.WAITING: "is-open", Stage.FAILED: "is-serious", Stage.ENDED: "is-serious",
    Stage.RUNNING: "is-umc", Stage.INTERRUPTED: "is-open", Stage.TODO: "",
}  # fmt: skip
SIGNS: dict[str, tuple[Meaning, str]] = {
    "approve-data": (Meaning.DATASET_APPROVED, "Approve the dataset"),
    "sign": (Meaning.RELEASE_APPROVED, "Sign the release"),
}
LONGEST_FACT = 120


def nothing_yet() -> str:
    """Before the first quarter."""
    return (
        '<p class="nothing padded">No quarter was begun yet. Begin one with '
        "<code>pharmassist retrain --quarter current</code>.</p>"
    )


def quarter(view: QuarterView, names: Sequence[str], person: Person) -> str:
    """The whole of a quarter for one person."""
    parts = [
        ("Steps", _steps(view.steps)),
        ("Data sheet", _sheet(view.sheet, opened=_asks_for_data(view)) + ("" if view.runs else _plots(view.plots))),
        ("Training", curves(view.curves)),
        ("Old against new", _comparison(view.comparison)),
        ("Gate", _report(view.report)),
    ]
    sections = "".join(f"<section><h3>{text(title)}</h3>{body}</section>" for title, body in parts)
    return (
        f'<div class="loop" data-quarter="{text(view.name)}" data-runs="{"yes" if view.runs else "no"}" '
        f'data-user="{text(person.user_name)}"><header><h2>{text(view.name)}</h2>{_others(view.name, names)}'
        f'<p class="outcome">{text(view.outcome)}</p>{_signing(view.to_sign, person)}</header>{sections}</div>'
    )


def _others(name: str, names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    chosen = "".join(f"<option{' selected' if each == name else ''}>{text(each)}</option>" for each in names)
    return f'<label>Quarter <select name="quarter">{chosen}</select></label>'


def _signing(wanted: ToSign | None, person: Person) -> str:
    """What is to be signed, who has signed, and the button for whoever may."""
    if wanted is None:
        return ""
    meaning, words = SIGNS[wanted.step]
    signed = "".join(f"<li>{text(each.line())}</li>" for each in wanted.signed)
    listed = f'<ul class="signed">{signed}</ul>' if signed else ""
    needs = MEANINGS[meaning].needs
    if any(each.person_id == person.id for each in wanted.signed):
        return f'{listed}<p class="faint">You have signed; another person has to sign too.</p>'
    if not person.may(needs):
        return (
            f'{listed}<p class="faint">Signing needs the permission “{text(needs.value)}”, which you do not have.</p>'
        )
    reject = (
        '<button type="button" class="act slight" data-action="reject">Reject the candidate</button>'
        if wanted.step == "sign"
        else ""
    )
    return (
        f'{listed}<p class="row"><button type="button" class="act primary-act" data-action="sign" '
        f'data-step="{text(wanted.step)}" data-hash="{text(wanted.hash)}" '
        f'data-meaning="{text(MEANINGS[meaning].words)}">{text(words)}</button>{reject}</p>'
    )


def _steps(steps: Iterable[StepStands]) -> str:
    return f'<ol class="quarter-steps">{"".join(map(_step, steps))}</ol>'


def _step(step: StepStands) -> str:
    when = f'<span class="faint">{moment(step.at)}</span>' if step.at else ""
    words = f"<p>{text(step.words)}</p>" if step.words else ""
    facts = "".join(
        f"<dt>{text(name)}</dt><dd>{text(_short(value))}</dd>" for name, value in step.facts.items() if value
    )
    told = f'<details><summary class="faint">What it made</summary><dl>{facts}</dl></details>' if facts else ""
    return (
        f'<li><div class="step-line"><span class="step-title">{text(step.title)}</span> '
        f'<span class="pill {PILLS[step.stage]}">{text(step.stage.value)}</span> {when}</div>{words}{told}</li>'
    )


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_FACT else f"{value[:LONGEST_FACT]}…"


def _asks_for_data(view: QuarterView) -> bool:
    return view.to_sign is not None and view.to_sign.step == "approve-data"


def _sheet(markdown: str, *, opened: bool) -> str:
    """The sheet, its own first heading left out; HTML in it is text, because values of data stand in it."""
    if not markdown:
        return '<p class="nothing">No dataset was prepared yet.</p>'
    body = markdown.removeprefix("# Data sheet")
    summary = '<summary class="faint">The whole sheet</summary>'
    return f'<details class="sheet"{" open" if opened else ""}>{summary}{_markdown().render(body)}</details>'


def _plots(plots: Iterable[tuple[str, bytes]]) -> str:
    """The plots of the sheet, within the page itself, so that no file has to be served."""
    drawn = "".join(
        f'<img alt="{text(name)}" src="data:image/png;base64,{b64encode(data).decode()}">' for name, data in plots
    )
    return f'<details class="sheet-plots"><summary class="faint">Plots</summary>{drawn}</details>' if drawn else ""


@cache
def _markdown() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "linkify": False})
        .enable("table")
        .disable(["link", "image", "autolink"])
    )


def _comparison(found: Comparison | None) -> str:
    if found is None:
        return '<p class="nothing">Nothing was compared yet.</p>'
    rows = "".join(_paired(each, each.p_loss) for each in found.whole)
    groups = "".join(_paired(each, each.adjusted) for each in found.groups)
    lost = "".join(f"<li>{text(each)}</li>" for each in found.lost[:50])
    more = f"<li>and {len(found.lost) - 50} more</li>" if len(found.lost) > 50 else ""
    heads = "".join(
        f"<th>{head}</th>" for head in ("", "questions", "old right", "new right", "won", "lost", "p of a loss")
    )
    return (
        f"<p>{text(found.old)} against {text(found.new)}; exact McNemar, groups after Holm.</p>"
        f'<table class="grid"><thead><tr>{heads}</tr></thead><tbody>{rows}{groups}</tbody></table>'
        + (f"<h4>Lost</h4><ul>{lost}{more}</ul>" if lost else '<p class="faint">No question was lost.</p>')
    )


def _paired(each: Paired, p: float) -> str:
    cells = (each.n, each.old, each.new, each.won, each.lost)
    return f"<tr><td>{text(each.name)}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + f"<td>{p:.3g}</td></tr>"


def _report(report: GateReport | None) -> str:
    if report is None:
        return '<p class="nothing">Nothing was judged yet.</p>'
    rows = "".join(
        f'<tr><td><span class="pill {"is-done" if line.holds else "is-serious"}">{"holds" if line.holds else "fails"}'
        f"</span></td><td>{text(line.limit)}</td><td>{text(line.found)}</td><td>{text(line.why)}</td></tr>"
        for line in report.lines
    )
    said = "Every limit is kept." if report.passed else "It fails, and there is no override."
    heads = "<tr><th></th><th>limit</th><th>found</th><th>why not</th></tr>"
    return f'<p>{text(report.gate)}: {said}</p><table class="grid"><thead>{heads}</thead><tbody>{rows}</tbody></table>'


SEES = frozenset({May.TRAIN, May.SIGN_RELEASE, May.APPROVE_DATA, May.REVIEW, May.READ_AUDIT})
"""Any of these is enough to read the page."""
