"""Text as it should be quoted: one space between words, true superscripts, no cross-references in brackets."""

from __future__ import annotations

import re
import unicodedata

MARK_OPEN, MARK_CLOSE = "\ue000", "\ue001"
"""Private characters around a raised footnote mark until the table or paragraph that holds it is written."""

_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_SEE_BRACKET = re.compile(r"\s*\[\s*(?:[Ss]ee|SEE)\b[^\[\]]{0,400}\]")
# A parenthesis is dropped only when it sends the reader to another section: words in capitals, "section 5", or "(5.1)".
_SEE_PARENTHESIS = re.compile(
    r"\s*\(\s*(?:[Ss]ee|SEE)\s+(?:also\s+|the\s+)?(?:[A-Z][A-Z,&/ ]{4,}|(?:[Ss]ections?|[A-Z][\w,&/ ]{3,}?\s*\()\s*\d)"
    r"(?:[^()]|\([^()]*\)){0,300}\)"
)
_SEE_PICTURE = re.compile(
    r"\s*\(\s*[Ss]ee\s+(?:Figures?\s[\w ,]{1,30}|(?:Animal |Human )?Data|Clinical Considerations)\s*\)"
)
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANK = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u3000]+")
_BEFORE_POINT = re.compile(r"\s+([,;:.)\]](?=\s|$|[,;.)\]]))")
_BEFORE_SIGN = re.compile(r"\s+([®™])")
_AFTER_OPEN = re.compile(r"([(\[])\s+")
_EMPTY_BRACKETS = re.compile(r"\s*(?:\(\s*[,;]?\s*\)|\[\s*[,;]?\s*\])")
_DOUBLE_POINT = re.compile(r"(?<!\.)\.\s?\.(?!\.)")
_MARK = re.compile(f"{MARK_OPEN}([^{MARK_CLOSE}]*){MARK_CLOSE}")
BULLETS = "•●○◦▪■□‣∙·⚬–"
_BULLET = re.compile(rf"^\s*(?:[{BULLETS}]|o(?=\s)|-(?=\s))\s*")


def normal(text: str) -> str:
    """The text with ordinary spaces only and no invisible characters (Unicode NFC)."""
    return _BLANK.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def without_references(text: str) -> str:
    """Drop "[see Warnings and Precautions (5.1)]" and its like; keep "(see Table 1)"."""
    if "see" in text.lower():
        return _SEE_PICTURE.sub("", _SEE_PARENTHESIS.sub("", _SEE_BRACKET.sub("", text)))
    return text


def sentence_text(text: str) -> str:
    """A paragraph as it is quoted: normal, without references and footnote marks' frames, tidy before punctuation."""
    text = _EMPTY_BRACKETS.sub("", without_references(normal(unframed(text))))
    text = _AFTER_OPEN.sub(r"\1", _BEFORE_SIGN.sub(r"\1", _BEFORE_POINT.sub(r"\1", text)))
    return _DOUBLE_POINT.sub(".", text).strip()


def heading_text(text: str) -> str:
    """A heading on one line, without references or a closing colon; capitals throughout become title case."""
    text = sentence_text(text).rstrip(":. ")
    return title_case(text) if text.isupper() and len(text) > 3 else text


_SMALL = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "per", "than", "the", "to", "with"}
)


_UNITS = frozenset({"mg", "mcg", "ml", "g", "kg"})


def title_case(text: str) -> str:
    """Capitals throughout, as headings and brand names are printed, with only first letters left large."""
    words = [_capital(word, first=not index) for index, word in enumerate(text.split(" "))]
    return " ".join(words)


def _capital(word: str, *, first: bool) -> str:
    if any(map(str.isdigit, word)) or (word.startswith("(") and len(word) <= 7):
        return word
    low = word.lower()
    if low in _UNITS:
        return low if low != "ml" else "mL"
    return low if low in _SMALL and not first else re.sub(r"(?:^|(?<=[/(\-]))[^\W\d_]", lambda at: at[0].upper(), low)


def raised(text: str) -> str:
    """A superscript: figures as Unicode superscripts ("m²"), ® and ordinals plain, anything else a framed mark."""
    text = normal(text)
    if re.fullmatch(r"[0-9+\-−–]+", text):
        return text.translate(_RAISED)
    if text in {"®", "™", "st", "nd", "rd", "th", "TM", ""}:
        return text
    return f"{MARK_OPEN}{text}{MARK_CLOSE}"


def lowered(text: str) -> str:
    """A subscript: figures as Unicode subscripts, letters plain ("Cmax")."""
    return normal(text).translate(_LOWERED)


def unframed(text: str) -> str:
    """Footnote marks without their frames."""
    return _MARK.sub(r"\1", text)


def marks_in(text: str) -> tuple[str, ...]:
    """The framed footnote marks of a text; "a,b" counts as two."""
    return tuple(mark for found in _MARK.findall(text) for mark in re.split(r"[,\s]+", found) if mark)


def without_marks(text: str) -> str:
    """The text without its framed footnote marks."""
    return _MARK.sub("", text)


def bullet_split(line: str) -> tuple[bool, str]:
    """Whether a line begins with a bullet, and the line without it."""
    found = _BULLET.match(line)
    return (True, line[found.end() :]) if found else (False, line)


def ended(text: str) -> str:
    """The line with a full stop where it has no closing punctuation."""
    text = text.rstrip(" ;,")
    return text if not text or text[-1] in ".!?:" else text + "."
