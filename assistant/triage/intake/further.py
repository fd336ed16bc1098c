"""Reads from prose what the detector of reactions leaves out: dates, outcome, what was done with the medicine, doses,
whether it abated and came back, a birth date, an article. Rules only; every value keeps its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.triage.case import EventOutcome
from assistant.triage.intake.values import DateOrder, Unread, day
from assistant.triage.product import ActionTaken, Challenge
from assistant.triage.when import PartialDate

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{_MONTH}[ -,]*\d{{4}}"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|{_MONTH} \d{{4}})"
)
_WITHIN = r"[^.;\n]{0,60}?"
_WHO = r"(?:she|he|they|the patient|i|we)"
_BEGAN = r"(?:developed|experienced|noticed|presented|began|started to|broke out|became|had|collapsed|vomited)"
_ONSETS = (
    rf"\b{_BEGAN}\b{_WITHIN}\bon (?P<date>{_DATE})",
    rf"\bon (?P<date>{_DATE}),? {_WHO}\b{_WITHIN}\b(?:{_BEGAN}|was admitted)",
    rf"\bonset\b{_WITHIN}(?P<date>{_DATE})",
)
_TAKEN = r"(?:started|commenced|begun|initiated|prescribed|taking|took|received|given|since)"
_STARTS = (
    rf"\b{_TAKEN}\b{_WITHIN}\b(?:on|from|since|in)? ?(?P<date>{_DATE})",
    rf"\bon (?P<date>{_DATE}),? {_WHO}\b{_WITHIN}\b(?:started|commenced|was (?:started|given|prescribed))",
)
_STOPS = (rf"\b(?:stopped|discontinued|withdrawn|ceased)\b{_WITHIN}\bon (?P<date>{_DATE})",)
_BIRTHS = (rf"\b(?:born|date of birth|d\.?o\.?b\.?)\W{{0,4}}(?:on )?(?P<date>{_DATE})",)
_NOT = r"(?:not|never|n't|neither|without)"
_OUTCOMES = (
    (
        EventOutcome.FATAL,
        r"\b(?:died|(?:fatal|death) outcome|was fatal|passed away|outcome was death|resulted in (?:his |her )?death)\b",
    ),
    (
        EventOutcome.NOT_RECOVERED,
        rf"\b(?:(?:has|have|had|did|was|is) (?:still )?{_NOT}(?: yet)? (?:been )?(?:recover|resolv|improv)\w*"
        rf"|{_NOT} yet recovered|symptoms? (?:persist|continue)\w*|(?:is|are|was|were) (?:still )?ongoing"
        r"|still has (?:it|the|them))\b",
    ),
    (
        EventOutcome.RECOVERED_WITH_SEQUELAE,
        r"\b(?:with sequelae|left with|permanent(?:ly)? (?:damage|loss|disab\w+))\b",
    ),
    (
        EventOutcome.RECOVERING,
        r"\b(?:(?:is|are|was|were|started|began) (?:now )?(?:recovering|resolving|improving|getting better)"
        r"|to improve)\b",
    ),
    (
        EventOutcome.RECOVERED,
        r"\b(?:(?:made a )?(?:full|complete) recovery|(?:fully |completely )?recovered|(?:completely )?resolved"
        r"|cleared(?: up)?|went away|subsided|settled|back to normal|symptom[- ]free)\b",
    ),
)
_ACTIONS = (
    (
        ActionTaken.WITHDRAWN,
        r"\b(?:was|were|is|has been|i|she|he|we|they|and) (?:then |therefore |immediately |at once )?"
        r"(?:stopped|discontinued|withdrawn|ceased)\b|\b(?:stopped|discontinued) (?:taking )?(?:the|it|this)\b",
    ),
    (
        ActionTaken.REDUCED,
        r"\b(?:dose|dosage) (?:was |has been )?(?:reduced|halved|lowered|decreased)"
        r"|\b(?:reduced|halved|lowered) the dose\b",
    ),
    (
        ActionTaken.NOT_CHANGED,
        r"\b(?:was continued|continued (?:the )?(?:treatment|medicine|drug|taking)|dose (?:was )?not changed)\b",
    ),
)
_BETTER = r"(?:recovered|resolved|resolution|cleared|subsided|improved|disappeared|settled|went away|abated)"
_STOPPED = r"(?:stopp|discontinu|withdr|ceas)\w+"
_ABATED = re.compile(
    rf"\b{_BETTER}\b[^.;\n]{{0,50}}\b(?:after|when|once|on)\b[^.;\n]{{0,40}}\b{_STOPPED}"
    rf"|\b{_STOPPED}[^.;\n]{{0,60}}\b(?:and|after which|whereupon|with)\b[^.;\n]{{0,60}}\b{_BETTER}\b",
    re.IGNORECASE,
)
_AGAIN = (
    r"\b(?:re-?challeng\w+|re-?introduc\w+|re-?start\w+|re-?exposure|given again|took it again|taking it again)\b"
    r"[^.;\n]{0,80}\b"
)
_RECURRED = re.compile(rf"{_AGAIN}(?:recur\w*|re-?appear\w*|came back|returned|again developed|positive)", re.I)
_STAYED_AWAY = r"(?:without (?:recurrence|problems?)|did not (?:recur|re-?appear|come back|return)|negative)"
_NOT_RECURRED = re.compile(rf"{_AGAIN}{_STAYED_AWAY}", re.IGNORECASE)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>,;]+[^\s\"<>,;.)]")
_PMID = re.compile(r"\bPMID:?\s*\d{5,9}\b")


@dataclass(frozen=True, slots=True)
class Fact:
    """A value read from prose: the field of the case in short, the value, and its place in the text as it came."""

    field: str
    value: PartialDate | EventOutcome | ActionTaken | Challenge | str
    start: int
    end: int


def facts(text: str, order: DateOrder = DateOrder.UNKNOWN) -> tuple[Fact, ...]:
    """Every fact of the text; several of one field are all given, in order of their place."""
    found = [
        *_dates("onset", _ONSETS, text, order), *_dates("start", _STARTS, text, order),
        *_dates("end", _STOPS, text, order), *_dates("birth", _BIRTHS, text, order),
        *_named("outcome", _OUTCOMES, text), *_named("action", _ACTIONS, text),
        *(Fact("dechallenge", Challenge.NOT_RECURRED, *one.span()) for one in _ABATED.finditer(text)),
        *_rechallenges(text),
        *(Fact("literature", one.group(), *one.span()) for rule in (_DOI, _PMID) for one in rule.finditer(text)),
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda fact: (fact.start, fact.field)))


def _rechallenges(text: str) -> Iterator[Fact]:
    """That it did not come back is looked for first: the words of "did not recur" hold "recur"."""
    away = [one.span() for one in _NOT_RECURRED.finditer(text)]
    yield from (Fact("rechallenge", Challenge.NOT_RECURRED, *span) for span in away)
    for one in _RECURRED.finditer(text):
        if not any(start <= one.start() < end for start, end in away):
            yield Fact("rechallenge", Challenge.RECURRED, *one.span())


def _dates(field: str, rules: tuple[str, ...], text: str, order: DateOrder) -> Iterator[Fact]:
    for rule in rules:
        for one in re.finditer(rule, text, re.IGNORECASE):
            try:
                yield Fact(field, day(one.group("date"), order), *one.span("date"))
            except Unread:
                # 31.02.2025 and the like: the words stay in the text, no field is filled.
                continue


def _named(field: str, rules: tuple[tuple[EventOutcome | ActionTaken, str], ...], text: str) -> Iterator[Fact]:
    """The first rule that holds for a stretch wins: "has not recovered" is no recovery."""
    taken: list[tuple[int, int]] = []
    for value, rule in rules:
        for one in re.finditer(rule, text, re.IGNORECASE):
            if not any(start < one.end() and one.start() < end for start, end in taken):
                taken.append(one.span())
                yield Fact(field, value, *one.span())
