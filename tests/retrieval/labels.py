"""A made-up label and archive to read: every word of it is invented."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

SET_ID = "11111111-2222-3333-4444-555555555555"
DOSING = """
<paragraph>The recommended dosage of LUNARINE is:</paragraph>
<list><item>Adults: 500 mg twice daily with meals. Do not chew the tablets.</item>
<item>Children from 10 years: 250 mg twice daily <content styleCode="italics">[see Use in Specific Populations
(<linkHtml href="#x">8.4</linkHtml>)]</content>.</item></list>
<table><caption>Table 1: Dose by kidney function</caption>
<thead><tr><th rowspan="2">eGFR (mL/min/1.73 m<sup>2</sup>)</th><th colspan="2">Daily dose</th></tr>
<tr><th>Start<sup>a</sup></th><th>Maximum</th></tr></thead>
<tfoot><tr><td colspan="3"><sup>a</sup> With the evening meal.</td></tr></tfoot>
<tbody><tr><td>60 or more</td><td>500 mg</td><td rowspan="2">2,550 mg</td></tr>
<tr><td>45 to 59</td><td>500 mg</td></tr>
<tr><td>30 to 44</td><td colspan="2">Do not start</td></tr></tbody></table>
"""


def section(code: str, title: str, text: str = "", inner: str = "") -> str:
    """One SPL section as a component."""
    return (
        f'<component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/><title>{title}</title>'
        f"<text>{text}</text>{inner}</section></component>"
    )


def body() -> str:
    """The made-up label's sections."""
    highlights = "<excerpt><highlight><text><paragraph>Shortened words.</paragraph></text></highlight></excerpt>"
    hepatic = section("42229-5", "8.7 Hepatic Impairment", "<paragraph>Avoid.</paragraph>")
    renal = section("42229-5", "2.3 Dosage in Renal Impairment", "<paragraph>Reduce the dose by half.</paragraph>")
    return (
        section("34066-1", "WARNING: MOON SICKNESS", "<paragraph>LUNARINE can cause moon sickness.</paragraph>")
        + section("34068-7", "2 DOSAGE AND ADMINISTRATION", DOSING, highlights + renal)
        + section("34070-3", "4 CONTRAINDICATIONS", "<paragraph>Moon allergy, severe. Never use.</paragraph>")
        + section("43684-0", "8 USE IN SPECIFIC POPULATIONS", "", hepatic)
        + section("51945-4", "PACKAGE LABEL", "<paragraph>NDC 00000</paragraph>")
    )  # fmt: skip


def spl(version: int = 3, date: str = "20260131", sections: str | None = None, set_id: str = SET_ID) -> bytes:
    """A made-up label as SPL XML."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<document xmlns="urn:hl7-org:v3"><title>These highlights do not include all the information needed to use LUNARINE
safely and effectively. See full prescribing information for LUNARINE.<br/>LUNARINE <sup>®</sup> (lunarine
hydrochloride)
tablets, for oral use<br/>Initial U.S. Approval: 1999</title><effectiveTime value="{date}"/><setId root="{set_id}"/>
<versionNumber value="{version}"/><author><assignedEntity><representedOrganization><name>Example Laboratories</name>
</representedOrganization></assignedEntity></author><component><structuredBody>
<component><section><code code="48780-1"/><subject><manufacturedProduct><manufacturedProduct><name>LUNARINE</name>
<asEntityWithGeneric><genericMedicine><name>lunarine hydrochloride</name></genericMedicine></asEntityWithGeneric>
<ingredient classCode="ACTIB">
<ingredientSubstance><name>LUNARINE HYDROCHLORIDE</name></ingredientSubstance></ingredient>
<ingredient classCode="IACT"><ingredientSubstance><name>TALC</name></ingredientSubstance></ingredient>
</manufacturedProduct></manufacturedProduct></subject></section></component>
{body() if sections is None else sections}</structuredBody></component></document>""".encode()


MONOGRAPH = """---
id: lunarine
title: Lunarine tablets
ingredients: [lunarine hydrochloride]
brands: [Moonex]
version: "1"
label:
  title: Lunarine tablets, prescribing information
  publisher: Example Laboratories
  set_id: ""
  effective: 2026-01-31
  url: https://example.org/lunarine
  verified: false
---

## Adult dosing
- For adults, start lunarine tablets at 500 mg
  by mouth twice a day. {2.1}

Table: Dose of lunarine by kidney function {2.3, 8.6}

| eGFR | Dose |
|---|---|
| 45 or more | 500 mg |
| under 45 | do not start |

## Renal impairment
- The label of lunarine does not cover dosing in dialysis. {-}
"""


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip archive with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return buffer.getvalue()
