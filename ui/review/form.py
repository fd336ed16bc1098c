"""The decision form: the verdict, what was wrong, the right answer with its citations, and the chooser of passages."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.conversation import Answer
from assistant.grammar import quotable
from assistant.review import ErrorType
from assistant.review_desk import shown_claims
from assistant.review_queue import Item
from retrieval.passage import Passage
from ui.markup import text
from ui.review.marks import ERROR_WORDS, claims_data


def form(item: Item) -> str:
    """The form; the right answer starts from the one that was shown, and the chooser from the question."""
    outcome = item.turn.outcome
    answered = isinstance(outcome, Answer)
    titles = {passage.key: passage.title for passage in outcome.passages} if isinstance(outcome, Answer) else {}
    start = claims_data(shown_claims(item.turn), titles)
    return (
        f'<form class="decision" data-form="decide" data-claims="{text(start)}"><h3>Your decision</h3>'
        f"{_verdict(answered=answered)}"
        f'<div data-if="incorrect" hidden>{_errors(answered=answered)}{_kinds(answered=answered)}'
        f'<div data-if="answer" hidden>{_editor(outcome.question.text)}</div></div>'
        '<label class="wide-field">Comment<textarea name="comment" rows="2" maxlength="2000" '
        'placeholder="Why, in a sentence. Patient identifiers are masked."></textarea></label>'
        '<div class="row"><button type="submit" class="act primary-act">Save the decision</button>'
        "<span class='faint'>It cannot be changed afterwards.</span></div></form>"
    )


def _verdict(*, answered: bool) -> str:
    what = "the answer" if answered else "the refusal"
    return (
        '<fieldset class="choices"><legend class="sr-only">Verdict</legend>'
        f'<label><input type="radio" name="judged" value="correct" required> Correct <kbd>c</kbd>'
        f'<span class="faint">{what} is right as shown</span></label>'
        f'<label><input type="radio" name="judged" value="incorrect"> Incorrect <kbd>i</kbd>'
        '<span class="faint">something is wrong</span></label></fieldset>'
    )


def _errors(*, answered: bool) -> str:
    possible = [each for each in ErrorType if not (answered and each is ErrorType.REFUSED_WRONGLY)]
    radios = "".join(
        f'<label><input type="radio" name="error" value="{each.value}"> {ERROR_WORDS[each]}</label>'
        for each in possible
    )
    return f'<fieldset class="errors"><legend>What was wrong? Of several, the gravest.</legend>{radios}</fieldset>'


def _kinds(*, answered: bool) -> str:
    nothing = '<label><input type="radio" name="right" value="nothing"> Nothing should be answered</label>'
    return (
        '<fieldset class="errors"><legend>What is right?</legend>'
        '<label><input type="radio" name="right" value="answer"> Another answer, which I write</label>'
        f"{nothing if answered else ''}"
        '<label><input type="radio" name="right" value="" checked> I do not write one</label></fieldset>'
    )


def _editor(question: str) -> str:
    return (
        '<div class="editor"><div class="written"><h4>The right answer</h4><ol class="sentences"></ol>'
        '<p class="nothing" data-none>No sentence yet. Choose the words of a passage, or add a sentence and cite.</p>'
        '<div class="row"><button type="button" class="act" data-action="add">Add a sentence</button>'
        '<button type="button" class="act" data-action="check">Check it</button></div>'
        '<div class="check-result" role="status" aria-live="polite"></div></div>'
        '<div class="chooser"><h4>Passages of the index</h4>'
        f'<div class="row"><input type="search" name="words" maxlength="500" value="{text(question)}" '
        'aria-label="Find passages"><button type="button" class="act" data-action="find">Find</button></div>'
        '<div class="found-passages"><p class="nothing">Nothing was looked for yet.</p></div></div></div>'
    )


def passages(found: Sequence[Passage]) -> str:
    """What the chooser found: each sentence can be cited, or taken over as a sentence of the answer."""
    if not found:
        return '<p class="nothing">No passage fits these words. Try the medicine’s name and one other word.</p>'
    return "".join(map(_passage, found))


def _passage(passage: Passage) -> str:
    where = " › ".join(passage.heading) or passage.section.value
    sentences = "".join(
        f'<li data-quote="{text(each)}"><span>{text(each)}</span><span class="picks">'
        '<button type="button" class="act slight" data-action="cite">Cite</button>'
        '<button type="button" class="act slight" data-action="say">Say this</button></span></li>'
        for each in quotable(passage)
    )
    dated = f" · effective {passage.effective.isoformat()}" if passage.effective else ""
    return (
        f'<section class="passage-found" data-key="{text(passage.key)}" data-title="{text(passage.title)}">'
        f'<p class="from"><b>{text(passage.title)}</b> › {text(where)}<span class="faint">{dated}</span></p>'
        f"<ul>{sentences}</ul></section>"
    )
