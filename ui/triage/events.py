"""The reactions of a case: seriousness with its criteria and quoted words, coding, and whether a label lists them."""

from __future__ import annotations

from assistant.people import May
from assistant.triage.case import Event
from assistant.triage.coding import Coding
from assistant.triage.judgement import Criterion, Expectedness, Listed, Seriousness
from assistant.triage.product import ProductRole
from ui.markup import text
from ui.triage.fields import EVENT
from ui.triage.marks import MACHINE, attributes, do_button, do_form, labelled, options, pill, table
from ui.triage.view import CaseView, adder, fields, remover

SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


def events(view: CaseView) -> str:
    """Every reaction: an overview as a table, then a card for each."""
    case = view.case
    if not case.events:
        nothing = "No reaction is recorded: a report needs at least one, or a special situation."
        return f'<p class="nothing">{nothing}</p>{adder(view, "events[]", "the reporter’s words", "Add a reaction")}'
    rows = (
        (_name(event), _serious_short(event), _coded_short(event), _listed_short(view, event)) for event in case.events
    )
    cards = "".join(_card(view, event) for event in case.events)
    again = do_button("Let the machine propose anew", "propose", "none") if view.editable else ""
    return (
        f"{table(('Reaction', 'Serious', 'Coded as', 'Label'), rows)}{again}{cards}"
        f"{adder(view, 'events[]', 'the reporter’s words', 'Add a reaction')}"
    )


def _name(event: Event) -> str:
    to = attributes(action="jump", to=f"event-{event.id}")
    return f'<button type="button" class="link"{to}>{text(event.verbatim)}</button>'


def _serious_short(event: Event) -> str:
    if event.seriousness:
        return pill("serious", "is-serious") + ("" if all(each.confirmed for each in event.seriousness) else MACHINE)
    return pill("not serious", "is-mild") if event.judged_not_serious_by else pill("not judged", "is-open")


def _coded_short(event: Event) -> str:
    if event.term is None:
        return pill("not coded", "is-open")
    return text(event.term.text) + ("" if event.term.confirmed else MACHINE)


def _listed_short(view: CaseView, event: Event) -> str:
    found = [each for each in view.case.expectedness if each.event_id == event.id]
    if not found:
        return '<span class="faint">not looked up: counts as unexpected</span>'
    names = {product.id: product.name for product in view.case.products}
    return " ".join(
        pill(f"{names.get(each.product_id, each.product_id)}: {each.listed.value}", f"is-{each.listed.value}")
        + ("" if each.confirmed else MACHINE)
        for each in found
    )


def _card(view: CaseView, event: Event) -> str:
    path = f"events[{event.id}]"
    return (
        f'<section class="card" id="event-{text(event.id)}"><header><h3>{text(event.verbatim)}</h3>'
        f'{_serious_short(event)}<span class="spacer"></span>{remover(view, path, event.verbatim)}</header>'
        f"{fields(view, path, event, EVENT)}{_seriousness(view, event)}{_coding(view, event)}"
        f"{_expectedness(view, event)}</section>"
    )


def _seriousness(view: CaseView, event: Event) -> str:
    rows = "".join(_criterion(view, event, each) for each in event.seriousness)
    if not rows:
        judged = (
            f"Not serious, says {text(view.name(event.judged_not_serious_by))}."
            if event.judged_not_serious_by
            else "Nobody has judged it yet: for the clock it counts as serious."
        )
        rows = f'<p class="nothing">{judged}</p>'
    return f"<h4>Seriousness</h4>{rows}{_judge_form(view, event)}"


def _criterion(view: CaseView, event: Event, each: Seriousness) -> str:
    quoted = '<span class="faint">no words quoted</span>'
    if each.quoted:
        spot = attributes(action="spot", spot=f"events[{event.id}].seriousness")
        quoted = f'<button type="button" class="quote has-span"{spot}>“{text(each.quoted.text)}”</button>'
    who = MACHINE
    if each.confirmed:
        who = f"confirmed by {text(view.name(each.set_by))}"
    elif each.rule:
        who = f'<span title="by the rules {text(each.rule)}">{MACHINE}</span>'
    acts = ""
    if view.editable:
        name, where = each.criterion.value, {"event": event.id, "criterion": each.criterion.value}
        acts = do_button("Not met", "not-criterion", "reason", f"Not met: {name}", "slight", **where)
        if not each.confirmed:
            acts = do_button("Confirm", "serious", "reason", f"Confirm: {name}", **where) + acts
    return (
        f'<div class="criterion"><strong>{text(each.criterion.value)}</strong>{quoted}<span class="faint">{who}</span>'
        f'<span class="spacer"></span>{acts}</div>'
    )


def _judge_form(view: CaseView, event: Event) -> str:
    if not view.editable:
        return ""
    met = {each.criterion for each in event.seriousness}
    others = options(((each.value, each.value) for each in Criterion if each not in met), "")
    inner = labelled("Criterion", f'<select name="criterion">{others}</select>')
    inner += '<button class="act" type="submit">Add criterion</button>'
    if not event.judged_not_serious_by:
        title = f"Not serious: {event.verbatim}"
        inner += do_button("Judge as not serious", "not-serious", "reason", title, event=event.id)
    return do_form(inner, "serious", f"Serious: {event.verbatim}", event=event.id)


def _coding(view: CaseView, event: Event) -> str:
    term = event.term
    if term is None:
        now = '<p class="nothing">Not coded.</p>'
    else:
        who = f"coded by {text(view.name(term.coded_by))}" if term.confirmed else MACHINE
        now = (
            f'<div class="criterion"><strong>{text(term.text)}</strong><span class="faint">{text(term.dictionary)} '
            f"{text(term.version)} · {text(term.code)}</span>{who}</div>"
        )
    find = ""
    if view.editable and view.may(May.CODE):
        words = f'<input name="words" maxlength="200" value="{text(event.verbatim)}">'
        find = (
            f'<form class="adder"{attributes(form="codes", event=event.id)}>{labelled("Words to look up", words)}'
            f'<button class="act" type="submit">Find terms</button></form>'
            f'<div class="codes"{attributes(codes=event.id)}></div>'
        )
    return f"<h4>Coding</h4>{now}{find}"


def codes(event_id: str, coding: Coding, dictionary: str) -> str:
    """The candidates for an event's words, best first, each to be chosen by a person."""
    if not coding.suggestions:
        return f'<p class="nothing">{text(coding.reason)}</p>'
    rows = (
        (
            f"<strong>{text(each.term.text)}</strong>",
            text(each.preferred if each.preferred != each.term.text else ""),
            text(each.group),
            text(each.term.code),
            f"{each.score:.2f}",
            text(each.reason),
            do_button(
                "Choose", "code", "none", f"Code as {each.term.text}", event=event_id, code=each.term.code,
                verbatim=coding.verbatim,
            ),
        )
        for each in coding.suggestions
    )  # fmt: skip
    head = f'<p class="faint">{text(dictionary)} · {text(coding.reason)}</p>'
    return head + table(("Term", "Means", "Group", "Code", "Score", "Why", ""), rows)


def _expectedness(view: CaseView, event: Event) -> str:
    suspects = [product for product in view.case.products if product.role in SUSPECTED]
    known = {each.product_id: each for each in view.case.expectedness if each.event_id == event.id}
    rows = "".join(_listed(view, event, product.id, product.name, known.get(product.id)) for product in suspects)
    return f"<h4>Expectedness</h4>{rows}" if rows else ""


def _listed(view: CaseView, event: Event, product: str, name: str, each: Expectedness | None) -> str:
    if each is None:
        says = '<span class="faint">not compared with a label yet; counts as unexpected</span>'
    else:
        label = f"{each.label_id} ({each.label_version})" if each.label_id else "no label named"
        quote = f"<blockquote>“{text(each.quoted)}”</blockquote>" if each.quoted else ""
        who = f"confirmed by {text(view.name(each.set_by))}" if each.confirmed else MACHINE
        says = (
            f'{pill(each.listed.value, f"is-{each.listed.value}")}{who}<span class="faint">{text(label)}</span>'
            f'{quote}<span class="because">{text(each.reason)}</span>'
        )
    form = _listed_form(event, product, name, each) if view.editable else ""
    return f'<div class="criterion listed"><strong>{text(name)}</strong>{says}<span class="spacer"></span>{form}</div>'


def _listed_form(event: Event, product: str, name: str, each: Expectedness | None) -> str:
    chosen = each.listed.value if each else Listed.UNEXPECTED.value
    listed = options(((one.value, one.value) for one in Listed), chosen)
    inner = labelled("Expectedness", f'<select name="listed">{listed}</select>')
    if each is None or not (each.label_id and each.quoted):
        inner += "".join(
            labelled(words, f'<input name="{field}" maxlength="2000" placeholder="{words}">')
            for field, words in (("label_id", "label"), ("label_version", "its version"), ("quoted", "its words"))
        )
    inner += '<button class="act" type="submit">Confirm</button>'
    title = f"Expectedness of {event.verbatim} for {name}"
    return do_form(inner, "expect", title, event=event.id, product=product)
