"""Acknowledgements (MCCI_IN200101UV01): what a gateway says to a batch, and to each of its reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from assistant.triage.e2b import xml
from assistant.triage.e2b.errors import NotE2b

_ROOT = "MCCI_IN200101UV01"
_OID = "2.16.840.1.113883.3.989.2.1.3."


class Verdict(StrEnum):
    """What became of a batch or a report."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNREADABLE = "not processed"
    """The gateway could not read the batch (AR): nothing of it was taken."""


_BATCH = {"AA": Verdict.ACCEPTED, "AE": Verdict.REJECTED, "AR": Verdict.UNREADABLE}
_REPORT = {"CA": Verdict.ACCEPTED, "CR": Verdict.REJECTED, "CE": Verdict.REJECTED}


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """The answer to one report. `number` (ACK.B.r.1) is the C.1.1 or the message number that was sent, as the gateway
    writes it: the FDA's example puts both with a space between. `local_number` is the gateway's own (ACK.B.r.2).
    """

    number: str
    local_number: str
    verdict: Verdict
    code: str
    created: str
    errors: tuple[str, ...]
    sender: str
    receiver: str

    def names(self, identifier: str) -> bool:
        """Whether this answer is about a report with that C.1.1 or N.2.r.1."""
        return bool(identifier) and identifier in self.number.split()


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer to one batch. `verdict` AE means that at least one report needs something to be done.

    `number` ACK.M.1, `local_number` ACK.A.2, `batch` the N.1.2 of the batch (ACK.A.1), `sent_at` when it was sent
    (ACK.A.3), `errors` what is said of the batch as a whole (ACK.A.5).
    """

    number: str
    local_number: str
    batch: str
    verdict: Verdict
    code: str
    answered_at: str
    sent_at: str
    sender: str
    receiver: str
    errors: tuple[str, ...]
    reports: tuple[ReportAnswer, ...]

    @property
    def rejected(self) -> tuple[ReportAnswer, ...]:
        """The reports that were refused."""
        return tuple(report for report in self.reports if report.verdict is not Verdict.ACCEPTED)


def read_acknowledgement(data: bytes) -> Acknowledgement:
    """Read one acknowledgement.

    Raises:
        NotE2b: it is none, it does not say what became of the batch, or it is hostile or damaged.
    """
    root = xml.parse(data)
    if root.tag != f"{{{xml.HL7}}}{_ROOT}":
        raise NotE2b(f"the file is no acknowledgement: its root is {xml.local(root)[:60]!r}, not {_ROOT}")
    answer = root.find("h:acknowledgement", _NS)
    code = (answer.get("typeCode") or "") if answer is not None else ""
    if answer is None or code not in _BATCH:
        raise NotE2b(f"the acknowledgement does not say what became of the batch (its code is {code[:10]!r})")
    lines = {_key(line): line for line in root.findall("h:attentionLine", _NS)}
    return Acknowledgement(
        number=_id(root, "20"),
        local_number=_attribute(lines.get("2"), "h:value", "extension"),
        batch=_attribute(answer, "h:targetBatch/h:id", "extension"),
        verdict=_BATCH[code],
        code=code,
        answered_at=_attribute(root, "h:creationTime", "value"),
        sent_at=_attribute(lines.get("3"), "h:value", "value"),
        sender=_attribute(root, "h:sender/h:device/h:id", "extension"),
        receiver=_attribute(root, "h:receiver/h:device/h:id", "extension"),
        errors=_errors(answer),
        reports=tuple(_report(message) for message in root.findall("h:MCCI_IN000002UV01", _NS)),
    )


def as_text(data: bytes) -> str:
    """An XML file as text, whatever its encoding, without comments. Raises `NotE2b`."""
    return etree.tostring(xml.parse(data), encoding="unicode")


_NS = {"h": xml.HL7}


def _report(message: etree._Element) -> ReportAnswer:
    answer = message.find("h:acknowledgement", _NS)
    code = (answer.get("typeCode") or "") if answer is not None else ""
    if code not in _REPORT:
        raise NotE2b(f"the acknowledgement does not say what became of one report (its code is {code[:10]!r})")
    lines = {_key(line): line for line in message.findall("h:attentionLine", _NS)}
    return ReportAnswer(
        number=_attribute(answer, "h:targetMessage/h:id", "extension"),
        local_number=_id(message, "19"),
        verdict=_REPORT[code],
        code=code,
        created=_attribute(lines.get("1"), "h:value", "value"),
        errors=_errors(answer),
        sender=_attribute(message, "h:sender/h:device/h:id", "extension"),
        receiver=_attribute(message, "h:receiver/h:device/h:id", "extension"),
    )


def _errors(answer: etree._Element | None) -> tuple[str, ...]:
    """The texts, split where the FDA puts several into one with semicolons."""
    details = answer.findall("h:acknowledgementDetail/h:text", _NS) if answer is not None else []
    parts = (part.strip() for detail in details for part in (detail.text or "").split(";"))
    return tuple(part for part in parts if part)


def _key(line: etree._Element) -> str:
    return _attribute(line, "h:keyWordText", "code")


def _attribute(element: etree._Element | None, path: str, name: str) -> str:
    found = element.find(path, _NS) if element is not None else None
    return (found.get(name) or "") if found is not None else ""


def _id(element: etree._Element, root: str) -> str:
    return next((i.get("extension") or "" for i in element.findall("h:id", _NS) if i.get("root") == _OID + root), "")
