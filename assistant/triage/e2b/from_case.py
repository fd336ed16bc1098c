"""A case as a report in E2B(R3). Only what people confirmed goes out: seriousness, causality; nothing is made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from uuid import NAMESPACE_URL, uuid5

from assistant.triage.case import Case
from assistant.triage.e2b.clinical_groups import event_group, product_group, test_group
from assistant.triage.e2b.codes import QUALIFICATION, REPORT_TYPE, STUDY_TYPE
from assistant.triage.e2b.kept import with_kept
from assistant.triage.e2b.parts import ITEM, Pairs, Reasons, coded, is_meddra, made, said
from assistant.triage.e2b.patient_groups import patient_groups, patient_values
from assistant.triage.e2b.report import BATCH, REPORT, Batch, Group, Value
from assistant.triage.e2b.sender import Choices, Sender, batch_of, is_premarket
from assistant.triage.judgement import Listed
from assistant.triage.narrative import as_text, narrative
from assistant.triage.people_in_case import Reporter


def batch_from(cases: tuple[tuple[Case, Choices], ...]) -> Batch:
    """One batch of one or more cases for one receiver; the first choices give the header.

    The same case at the same version, receiver and moment gives the same batch, identifiers included.
    """
    choices = cases[0][1]
    created = _stamp(choices)
    reports = tuple(report_from(case, choice) for case, choice in cases)
    number = _uuid("batch", *(report.text("N.2.r.1") for report in reports))
    header = Group(
        BATCH,
        (
            ("N.1.2", Value(number)), ("N.1.5", Value(created)), ("N.1.1", Value("1")),
            ("N.1.4", Value(batch_of(choices.receiver))), ("N.1.3", Value(choices.sender.identifier)),
        ),
    )  # fmt: skip
    return Batch(header, reports)


def identifier_of(case: Case, sender: Sender) -> str:
    """C.1.1: the same in every version of the report, so it depends on nothing that may change."""
    return f"{sender.country}-{sender.code}-{case.label or case.id}"


def report_from(case: Case, choices: Choices) -> Group:
    """The report of one case for one receiver, with what was kept of an imported report."""
    whole = with_kept(marked_report(case, choices), case.kept)
    if whole.all("C.1.6.1.r"):
        whole = whole.set("C.1.6.1", Value("true"))
    if whole.value("C.1.8.2") is None:
        whole = whole.set("C.1.8.2", Value("2"))
    if whole.value("FDA.C.5.5a") and not whole.all("FDA.C.5.6.r"):
        none = Group("FDA.C.5.6.r", (("FDA.C.5.6.r", Value(null="NA")),))
        whole = replace(whole, groups=(*whole.groups, none))
    asked = tuple(
        each if each.value("FDA.C.2.r.2.8") else each.set("FDA.C.2.r.2.8", Value(null="NASK"))
        for each in whole.all("C.2.r")
    )
    whole = _unmarked(whole.with_groups("C.2.r", asked))
    return whole if batch_of(choices.receiver).startswith("ZZFDA") else _without_regional(whole)


def _without_regional(group: Group) -> Group:
    """The report without the FDA's own elements, which no other regulator knows."""
    return replace(
        group,
        values=tuple(pair for pair in group.values if not pair[0].startswith("FDA.")),
        groups=tuple(_without_regional(inner) for inner in group.groups if not inner.name.startswith("FDA.")),
    )


def marked_report(case: Case, choices: Choices) -> Group:
    """The report as it is made of the case's own fields, each group marked with the item that it came from."""
    reasons, premarket = Reasons(case), is_premarket(choices.receiver)
    values = chain(
        _message(case, choices), _identification(case, choices), _regional(case, choices), _sender(choices.sender),
        _study(case, premarket=premarket), patient_values(case, reasons, show_birth=choices.show_birth),
        _narrative(case),
    )  # fmt: skip
    serious = [event.is_serious and any(s.confirmed for s in event.seriousness) for event in case.events]
    groups = chain(
        (made("C.4.r", said("C.4.r.1", text), item=f"l{place}") for place, text in enumerate(case.literature, 1)),
        _reporters(case, reasons),
        _other_ids(case),
        (made("C.5.1.r", said("C.5.1.r.1", text)) for text in (case.study.registrations if case.study else ())),
        patient_groups(case, reasons),
        (event_group(case, event, reasons, serious=s) for event, s in zip(case.events, serious, strict=True)),
        (test_group(test, reasons) for test in case.tests),
        (product_group(case, product, reasons, premarket=premarket) for product in case.products),
        (made("H.3.r", coded("H.3.r.1a", "H.3.r.1b", t)) for t in case.narrative.diagnoses if is_meddra(t)),
    )
    return made(REPORT, values, groups)


def _message(case: Case, choices: Choices) -> Pairs:
    yield "N.2.r.1", Value(_uuid("message", case.id, str(case.version), choices.receiver, _stamp(choices)))
    yield "N.2.r.4", Value(_stamp(choices))
    yield "N.2.r.3", Value(choices.receiver)
    yield "N.2.r.2", Value(choices.sender.identifier)


def _identification(case: Case, choices: Choices) -> Pairs:
    days = sorted(receipt.day for receipt in case.receipts) or [case.opened_at.date()]
    own = identifier_of(case, choices.sender)
    yield "C.1.1", Value(own)
    yield "C.1.2", Value(_stamp(choices))
    yield "C.1.3", Value(REPORT_TYPE[case.report_type])
    yield "C.1.4", Value(f"{days[0]:%Y%m%d}")
    yield "C.1.5", Value(f"{days[-1]:%Y%m%d}")
    yield "C.1.6.1", Value("false")
    yield "C.1.7", Value("true" if is_expedited(case, choices) else "false")
    yield "C.1.8.1", Value(case.worldwide_id or own)
    yield "C.1.9.1", Value("true") if case.other_ids else Value(null="NI")
    if choices.amendment:
        yield "C.1.11.1", Value(choices.amendment.value)
        yield from said("C.1.11.2", choices.reason)


def is_expedited(case: Case, choices: Choices) -> bool:
    """C.1.7: as a person decided, or serious with a suspected event that is not known to be expected."""
    if choices.expedited is not None:
        return choices.expedited
    expected = {each.event_id for each in case.expectedness if each.listed is Listed.EXPECTED and each.confirmed}
    return any(event.is_serious and event.id not in expected for event in case.events)


def _regional(case: Case, choices: Choices) -> Pairs:
    usual = "1" if is_expedited(case, choices) else "2"
    yield "FDA.C.1.7.1", Value(choices.local_type or usual)
    yield "FDA.C.1.12", Value("true" if choices.combination else "false")
    yield "FDA.D.12", Value(case.patient.ethnicity) if case.patient.ethnicity else Value(null="UNK")


def _sender(sender: Sender) -> Pairs:
    for number, text in (
        ("C.3.1", sender.type), ("C.3.2", sender.organisation), ("C.3.3.1", sender.department),
        ("C.3.3.2", sender.title), ("C.3.3.3", sender.given_name), ("C.3.3.4", sender.middle_name),
        ("C.3.3.5", sender.family_name), ("C.3.4.1", sender.street), ("C.3.4.2", sender.city),
        ("C.3.4.3", sender.state), ("C.3.4.4", sender.postcode), ("C.3.4.5", sender.country),
        ("C.3.4.6", sender.telephone), ("C.3.4.7", sender.fax), ("C.3.4.8", sender.email),
    ):  # fmt: skip
        yield from said(number, text)


def _study(case: Case, *, premarket: bool) -> Pairs:
    if case.study:
        yield from said("C.5.2", case.study.name)
        yield from said("C.5.3", case.study.number)
        yield from said("C.5.4", STUDY_TYPE.get(case.study.type, ""))
    if case.study and premarket:  # the FDA refuses these numbers in a postmarket report
        yield from said("FDA.C.5.5a", case.study.ind)
        yield from said("FDA.C.5.5b", case.study.pre_anda)


def _narrative(case: Case) -> Pairs:
    yield from said("H.1", case.narrative.text or as_text(narrative(case)))
    yield from said("H.2", case.narrative.reporter_comment)
    yield from said("H.4", case.narrative.sender_comment)


def _reporters(case: Case, reasons: Reasons) -> Iterator[Group]:
    first = next((each.id for each in case.reporters if each.primary), case.reporters[0].id if case.reporters else "")
    for each in case.reporters:
        yield made("C.2.r", _reporter(each, reasons, primary=each.id == first), item=each.id)


def _reporter(reporter: Reporter, reasons: Reasons, *, primary: bool) -> Pairs:
    path = f"reporters[{reporter.id}]"
    if reporter.name:
        yield "C.2.r.1.4", Value(null="MSK")
    yield from reasons.value("C.2.r.2.1", reporter.organisation, f"{path}.organisation")
    yield from reasons.value("C.2.r.2.4", reporter.city, f"{path}.city")
    yield from reasons.value("C.2.r.2.5", reporter.state, f"{path}.state")
    yield from reasons.value("C.2.r.3", reporter.country, f"{path}.country", "UNK" if primary else "")
    qualification = QUALIFICATION[reporter.qualification] if reporter.qualification else ""
    yield from reasons.value("C.2.r.4", qualification, f"{path}.qualification", "UNK" if primary else "")
    if primary:
        yield "C.2.r.5", Value("1")


def _other_ids(case: Case) -> Iterator[Group]:
    for text in case.other_ids:
        source, _, identifier = text.rpartition(": ")
        held = chain(said("C.1.9.1.r.1", source or "not stated"), said("C.1.9.1.r.2", identifier))
        yield made("C.1.9.1.r", held)


def _stamp(choices: Choices) -> str:
    return f"{choices.created:%Y%m%d%H%M%S%z}"


def _uuid(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(("urn:pharmassist:e2b", *parts))))


def _unmarked(group: Group) -> Group:
    values = tuple((number, value) for number, value in group.values if number != ITEM)
    return replace(group, values=values, groups=tuple(_unmarked(inner) for inner in group.groups))
