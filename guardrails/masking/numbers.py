"""Rules for numbers, codes and addresses on the net: HIPAA's classes (D) to (R)."""

from __future__ import annotations

import re

from guardrails.masking.kinds import Kind
from guardrails.masking.rule import Rule

_NUMBERED = r"(?:\s*(?i:number|numbers|no\.?|num|id|ids|is|code|\#|:|-)){0,3}\s*[:#]?\s*"
# At least three digits among capitals and hyphens, and no dose.
_CODE = (
    r"(?P<value>#?(?=[\w-]*\d[\w-]*\d[\w-]*\d)[A-Z0-9][A-Z0-9-]{3,24})\b"
    r"(?!\s?(?:mg|mcg|g|mL|ml|units|IU|kg|cm|%|mmol|days|weeks|tablets)\b)(?![.,/]\d)"
)
_ANY_CODE = _CODE.replace("[A-Z0-9]", "[A-Za-z0-9]").replace("[A-Z0-9-]", "[A-Za-z0-9-]")


def _cued(kind: Kind, cue: str, code: str = _CODE) -> Rule:
    """A code after one of the words that announce it."""
    return Rule(kind, re.compile(rf"\b(?i:{cue}){_NUMBERED}{code}"), _is_no_public_number)


def _is_no_public_number(found: re.Match[str]) -> bool:
    """Trial registers, articles, drug and diagnosis codes are public; a year is none of a person's numbers."""
    value: str = found["value"]
    public = r"#?(?:NCT|ISRCTN|PMID|PMC|NDC|EU|ICD|COVID|SARS|CYP|HLA|CD)"
    return re.match(public, value, re.IGNORECASE) is None and re.fullmatch(r"(?:19|20)\d\d", value) is None


def _is_no_reference(found: re.Match[str]) -> bool:
    """Whether no word for an article or a product announces the number."""
    before = found.string[max(0, found.start() - 12) : found.start()]
    return re.search(r"(?i:PMID|PMC|DOI|NDC|ISBN|ISSN|NCT|EudraCT)[\s:#]*$", before) is None


def _is_valid_ip(found: re.Match[str]) -> bool:
    return all(int(part) <= 255 for part in found["value"].split("."))


def _has_letters_and_digits(found: re.Match[str]) -> bool:
    value: str = found["value"]
    return sum(sign.isdigit() for sign in value) >= 4 and sum(sign.isalpha() for sign in value) >= 3


RULES: tuple[Rule, ...] = (
    # (F) ward7@example.org
    Rule(Kind.EMAIL, re.compile(r"(?<![\w.+-])(?P<value>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})")),
    # (N) links; (O) addresses of machines
    Rule(Kind.URL, re.compile(r"(?P<value>\b(?:https?://|www\.)[^\s<>\"')\]]+)", re.IGNORECASE)),
    Rule(
        Kind.URL,
        re.compile(
            r"(?<![\w@.-])(?P<value>(?:[a-z0-9-]{2,63}\.){1,4}(?:com|org|net|edu|gov|io|info|health|hospital|co\.uk|nhs\.uk)"
            r"\b(?:/[^\s<>\"')\]]*)?)",
            re.IGNORECASE,
        ),
    ),
    Rule(Kind.IP, re.compile(r"(?<![\d.])(?P<value>(?:\d{1,3}\.){3}\d{1,3})(?![\d.]*\d)"), _is_valid_ip),
    Rule(Kind.IP, re.compile(r"\b(?P<value>(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2})\b")),
    Rule(Kind.IP, re.compile(r"(?<![\w:])(?P<value>(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4})(?![\w:])")),
    # (Q) face_smith.jpg, IMG_2231.HEIC
    Rule(
        Kind.PHOTO,
        re.compile(r"(?P<value>[\w-]{1,80}\.(?:jpe?g|png|heic|gif|bmp|tiff?|webp|dcm))\b", re.IGNORECASE),
    ),
    # (G) 123-45-6789
    Rule(Kind.SSN, re.compile(r"(?<![\w-])(?P<value>\d{3}[- ]\d{2}[- ]\d{4})(?![\w-])")),
    Rule(Kind.SSN, re.compile(r"\b(?i:SSN|social security)\D{0,12}(?P<value>\d{9})\b")),
    # (D), (E) (555) 123-4567, +44 20 7946 0958; ten digits in threes and fours are also a UK NHS number
    Rule(
        Kind.PHONE,
        re.compile(
            r"(?<![\w.-])(?P<value>(?:\+?\d{1,3}[ .-])?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}"
            r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?)(?![\w-])",
            re.IGNORECASE,
        ),
    ),
    Rule(Kind.PHONE, re.compile(r"(?<![\w.])(?P<value>\+\d{1,3}\s?(?:\(0\))?(?:[ .-]?\(?\d{2,4}\)?){2,5})(?!\w)")),
    Rule(Kind.PHONE, re.compile(r"(?<![\w.,])(?P<value>0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4})(?!\w)")),
    Rule(Kind.PHONE, re.compile(r"(?<![\w.,])(?P<value>0\d(?:[ .-]\d\d){4})(?!\w)")),
    Rule(
        Kind.PHONE,
        re.compile(
            r"\b(?i:phone|tel|telephone|mobile|cell|fax|faxed to|pager|call(?:ed)?(?: from| back)?(?: on| at)?)"
            r"\b[\s.:#]{0,3}(?P<value>\(?\+?\d[\d ().-]{5,18}\d)"
        ),
    ),
    # (I) insurance HPN-987654, member no. 12345; (J) account 00123456; (K) DEA AB1234567
    _cued(
        Kind.PLAN,
        r"member(?:ship)?|subscriber|policy|insurance|beneficiary|health\s+plan|plan|medicare|medicaid|group|claim|HMO",
    ),
    _cued(Kind.ACCOUNT, r"account|acct|a/c|IBAN|card|invoice|routing|billing"),
    _cued(
        Kind.LICENCE,
        r"DEA|NPI|licen[cs]e|certificate|cert|passport|visa|registration|GMC|NMC|permit",
    ),
    # (L) plate ABC 1234, VIN of seventeen signs; (M) serial SN-4A2231
    Rule(
        Kind.VEHICLE,
        re.compile(
            r"\b(?i:(?:licen[cs]e|number|car)?\s*plate|tag|reg(?:istration)?(?:\s+plate)?)(?:\s*(?i:number|no\.?|is|:|\#))*\s*"
            r"(?P<value>(?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5})\b"
        ),
        _is_no_public_number,
    ),
    Rule(Kind.VEHICLE, re.compile(r"\b(?P<value>[A-HJ-NPR-Z0-9]{17})\b"), _has_letters_and_digits),
    _cued(Kind.VEHICLE, r"VIN|vehicle"),
    _cued(
        Kind.DEVICE,
        r"(?:serial|device|pump|pacemaker|implant|stent|IMEI|UDI|model|S/N|SN|sensor|meter)(?:\s+(?:serial|device))?",
        _ANY_CODE,
    ),
    # (P) the number under which a fingerprint, a voice or an iris is kept
    _cued(
        Kind.BIOMETRIC,
        r"(?:finger|voice|palm|foot)\s?prints?(?:\s+\w+)?|(?:iris|retina(?:l)?|face)\s+(?:scan|template|id|print|file)"
        r"|biometric(?:\s+\w+)?",
        _ANY_CODE,
    ),
    # (H), (R) MRN: 98765432, patient ID ABCD1234
    _cued(
        Kind.RECORD,
        r"MRN|MR|medical\s+record|record|hospital|chart|case|file|patient|pt|NHS|CHI|ID|visit|encounter|specimen|accession"
        r"|prescription|rx|order|badge|study\s+id|subject|reference|ref|ticket|employee|student",
    ),
    Rule(
        Kind.RECORD,
        re.compile(
            r"\b(?i:MRN|medical record(?: number)?|chart|patient id)(?:\s*(?i:number|no\.?|is|under|\#|:|-)){0,3}\s*"
            r"(?P<value>[A-Za-z0-9][\w-]{2,20}(?:[ -]\d{2,6}){0,3})(?<=\d)\b"
        ),
    ),
    # The same without a cue: letters, then a long number
    Rule(Kind.RECORD, re.compile(r"(?P<value>(?:#|\b)[A-Z]{1,6}-?\d{5,12}\b)"), _is_no_public_number),
    Rule(Kind.RECORD, re.compile(r"(?P<value>#[A-Z]{0,5}-?\d{4,12}\b)")),
    Rule(
        Kind.RECORD,
        re.compile(r"(?<![\w.,/-])(?P<value>\d{8,19})(?![\d.,/-]*\d)(?!\s?(?:units|IU|CFU|copies|cells|mg|mL)\b)"),
        _is_no_reference,
    ),
    Rule(Kind.ACCOUNT, re.compile(r"(?<![\w-])(?P<value>\d{4}(?:[ -]\d{4}){3})(?![\w-])")),
)
