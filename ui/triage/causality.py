"""Causality on the case page: for each medicine and reaction Naranjo's ten items with their reasons, and WHO-UMC."""

from __future__ import annotations

from assistant.people import May
from assistant.triage.case import Event
from assistant.triage.causality import causality_rules, propose, score_words
from assistant.triage.judgement import Causality, NaranjoAnswer, NaranjoItem, WhoUmc
from assistant.triage.product import Product
from ui.markup import moment, text
from ui.triage.events import SUSPECTED
from ui.triage.marks import MACHINE, attributes, options, pill
from ui.triage.view import CaseView

EXPLAIN = (
    "The machine answers only what a field of the case says; the rest is unknown. Nothing counts as an assessment "
    "until a person commits it with a signature."
)


def causality(view: CaseView) -> str:
    """A card for each pair of a reaction and a suspected medicine."""
    suspects = [product for product in view.case.products if product.role in SUSPECTED]
    cards = "".join(_card(view, event, product) for event in view.case.events for product in suspects)
    if not cards:
        return '<p class="nothing">Causality needs a reaction and a suspected medicine.</p>'
    return f'<p class="faint">{EXPLAIN}</p>{cards}'


def _card(view: CaseView, event: Event, product: Product) -> str:
    kept = next((each for each in view.case.causality if each.id == f"{event.id}/{product.id}"), None)
    # What was committed stays as it was; before that, what the case says now.
    each = kept if kept is not None and (kept.committed_by or kept.naranjo) else propose(view.case, event, product)
    if each.committed_by:
        at = f", {moment(each.committed_at)}" if each.committed_at else ""
        who = pill(f"committed by {view.name(each.committed_by)}{at}", "is-done")
    else:
        who = MACHINE
    category = each.category.value if each.category else "no category"
    head = f"<header><h3>{text(product.name)} → {text(event.verbatim)}</h3>{pill(category, 'is-umc')}{who}</header>"
    may = view.editable and view.may(May.COMMIT_CAUSALITY)
    items = "".join(_item(item, may, number) for number, item in enumerate(each.naranjo))
    score = _score(each)
    heads = "".join(f'<th scope="col">{words}</th>' for words in ("Naranjo", "Answer", "Points", "Why"))
    form = f'{score}<table class="grid naranjo"><thead><tr>{heads}</tr></thead><tbody>{items}</tbody></table>'
    if not may:
        return f'<section class="card">{head}{form}</section>'
    scale = "|".join(f"{step.least}:{step.words}" for step in causality_rules().naranjo_words)
    categories = options(((one.value, one.value) for one in WhoUmc), category)
    title = f"Commit causality: {product.name} and {event.verbatim}"
    given = attributes(
        form="do", do="causality", ask="sign", meaning="causality", title=title, scale=scale, event=event.id,
        product=product.id,
    )  # fmt: skip
    return (
        f'<section class="card">{head}<form{given}>{form}'
        f'<p class="adder"><label>WHO-UMC <select name="category">{categories}</select></label>'
        '<button class="act primary-act" type="submit">Commit and sign…</button></p></form></section>'
    )


def _score(each: Causality) -> str:
    if each.score is None:
        return ""
    words = f"<span data-score-words>{text(score_words(each.score))}</span>"
    return f"<p>Naranjo score <strong data-score>{each.score}</strong>: {words}</p>"


def _item(item: NaranjoItem, may: bool, position: int) -> str:
    question = causality_rules().naranjo[position]
    points = {NaranjoAnswer.YES: question.if_yes, NaranjoAnswer.NO: question.if_no, NaranjoAnswer.UNKNOWN: 0}
    answer = text(item.answer.value)
    if may:
        choices = "".join(
            f'<option value="{one.value}" data-points="{points[one]}"{" selected" if one is item.answer else ""}>'
            f"{one.value}</option>"
            for one in NaranjoAnswer
        )
        name = f'name="n{item.number}" data-change="naranjo" aria-label="Answer {item.number}"'
        answer = f"<select {name}>{choices}</select>"
    return (
        f"<tr><td>{item.number}. {text(question.question)}</td><td>{answer}</td><td data-points>{item.points}</td>"
        f'<td class="faint">{text(item.reason)}</td></tr>'
    )
