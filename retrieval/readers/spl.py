"""FDA labels as Structured Product Labeling: one XML file, one Source.

Skipped, because nothing in it should be quoted: the Highlights (excerpts that repeat the label shortened), the list of
recent changes, product data, package pictures, and cross-references in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from retrieval.errors import SourceRefused
from retrieval.passage import Section, Source, SourceKind
from retrieval.readers.document import Canon, ReadDocument, fingerprint
from retrieval.readers.flow import FlowWriter
from retrieval.readers.headings import SKIPPED_LOINC, section_of_code
from retrieval.readers.spl_text import flow_of
from retrieval.readers.wording import heading_text, normal, sentence_text, title_case

LARGEST = 64 * 1024 * 1024
"""Bytes of XML; the largest published labels have about 10 MB."""
DAILYMED = "https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid="
LICENCE = "public domain / FDA label"
_HL7 = "urn:hl7-org:v3"
_NS = {"h": _HL7}
_DEEPEST, _DEEPEST_XML = 12, 90
"""Levels of sections that are read, and of elements that are accepted; labels have 5 and about 30."""
_ENTITIES = "it declares a document type or entities, which no SPL label does and which could hide an entity bomb"
_AUXILIARY = re.compile(r"\b(?:alcohol|diluent|sodium chloride|sterile water|water for injection)\b", re.IGNORECASE)
_STRENGTH = re.compile(r"\s*,?\s*\b\d+(?:\.\d+)?\s*(?:mg|mcg|g|mL|%).*", re.DOTALL)
_BOILERPLATE = re.compile(
    r"^these highlights do not include.*?see full prescribing information for.*?\.(?=\s|[A-Z])\s*",
    re.IGNORECASE | re.DOTALL,
)
_TITLE_END = re.compile(
    r"(?:\s*,?\s*for\s+[\w\s,/-]*\b(?:use|injection|infusion)\b.*|\s*initial\s+u\.?s\.?\s+approval.*|\s*\bRx only\b.*"
    r"|\s*safely and effectively.*|\s*prescribing information$)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Product:
    brands: tuple[str, ...]
    ingredients: tuple[str, ...]
    generic: str
    form: str


def read_spl(data: bytes) -> ReadDocument:
    """Read one label. Raises SourceRefused: not XML, declares entities, not an SPL document, or no text to quote."""
    root = parse(data)
    if root.tag != f"{{{_HL7}}}document":
        name = etree.QName(root).localname
        raise SourceRefused(f"its root element is <{name}>, not the <document> of an SPL drug label")
    canon = Canon()
    for section in root.findall("h:component/h:structuredBody/h:component/h:section", _NS):
        _write_section(section, canon, (), Section.OTHER, 0)
    if not canon.blocks:
        raise SourceRefused("it is an SPL document without any text to quote")
    return ReadDocument(_source(root, canon.text, fingerprint(data)), tuple(canon.blocks))


def parse(data: bytes) -> etree._Element:
    """The root element, parsed without network, DTD or entities; raises SourceRefused for anything else."""
    if len(data) > LARGEST:
        raise SourceRefused(f"it is larger than {LARGEST // 1024 // 1024} MB, which no drug label is")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        if "entity" in str(fault).lower():
            raise SourceRefused(_ENTITIES) from fault
        raise SourceRefused(f"it is not well-formed XML ({str(fault).splitlines()[0][:120]})") from fault
    if _depth(root) > _DEEPEST_XML:
        raise SourceRefused(f"its elements are nested more than {_DEEPEST_XML} deep, which no label's are")
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceRefused(_ENTITIES)
    return root


def _depth(root: etree._Element) -> int:
    """How deep the elements are nested, found without recursion."""
    level, deepest = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def _write_section(section: etree._Element, canon: Canon, path: tuple[str, ...], parent: Section, depth: int) -> None:
    code = _attribute(section, "h:code", "code")
    if code in SKIPPED_LOINC or depth > _DEEPEST:
        return
    title = heading_text(" ".join(" ".join(map(str, found.itertext())) for found in section.findall("h:title", _NS)))
    about = section_of_code(code, title, parent)
    heading = (*path, title) if title else path
    if not heading and code:
        heading = (about.value.replace("_", " ").capitalize(),)
    for text in section.findall("h:text", _NS):
        FlowWriter(canon, about, heading).write(flow_of(text))
    for child in section.findall("h:component/h:section", _NS):
        _write_section(child, canon, heading, about, depth + 1)


def _source(root: etree._Element, text: str, checksum: str) -> Source:
    set_id = _attribute(root, "h:setId", "root").lower() or _attribute(root, "h:id", "root").lower()
    version = _attribute(root, "h:versionNumber", "value") or "1"
    if not set_id:
        raise SourceRefused("it has no set id, so its versions could not be told apart")
    product = _product(root)
    return Source(
        id=f"{set_id}@{version}",
        document=set_id,
        kind=SourceKind.LABEL,
        title=_title(root, product),
        ingredients=product.ingredients,
        brands=product.brands,
        publisher=normal(root.findtext("h:author/h:assignedEntity/h:representedOrganization/h:name", "", _NS)),
        version=version,
        effective=spl_date(_attribute(root, "h:effectiveTime", "value")),
        url=DAILYMED + set_id,
        licence=LICENCE,
        text=text,
        checksum=checksum,
        set_id=set_id,
    )


def spl_date(value: str) -> date | None:
    """An HL7 time stamp's day (20260116...), or None."""
    try:
        return datetime.strptime(value[:8], "%Y%m%d").date()
    except ValueError:
        return None


def _product(root: etree._Element) -> _Product:
    """Brands, ingredients and form; a kit's parts are products too, its diluent and alcohol swab are not what it is."""
    found = root.findall(".//h:manufacturedProduct[h:name]", _NS) + root.findall(".//h:partProduct", _NS)
    products = [one for one in found if not _AUXILIARY.search(_generic(one))] or found
    names = [normal(name.lower()) for one in products for name in _substances(one)]
    generic = next((name for one in products if (name := _generic(one))), "")
    brands = [_brand(one.findtext("h:name", "", _NS)) for one in products]
    unlike = [brand for brand in brands if brand and brand.lower() not in {generic.lower(), *names}]
    form = _attribute(products[0], "h:formCode", "displayName") if products else ""
    return _Product(_once(unlike), _once(names), generic, form.split(",")[0].lower())


def _generic(product: etree._Element) -> str:
    return normal(product.findtext("h:asEntityWithGeneric/h:genericMedicine/h:name", "", _NS))


def _substances(product: etree._Element) -> Iterator[str]:
    for ingredient in product.iterfind("h:ingredient", _NS):
        if ingredient.get("classCode", "").startswith("ACT"):
            yield ingredient.findtext("h:ingredientSubstance/h:name", "", _NS)
    for ingredient in product.iterfind("h:activeIngredient", _NS):
        yield ingredient.findtext("h:activeIngredientSubstance/h:name", "", _NS)


def _brand(name: str) -> str:
    name = sentence_text(name).rstrip("®™ ")
    return title_case(name) if name.isupper() else name


def _once(names: list[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for name in names:
        if name:
            seen.setdefault(name.lower(), name)
    return tuple(seen.values())


def _title(root: etree._Element, product: _Product) -> str:
    """ "Ampyra (dalfampridine) extended-release tablets", whatever boilerplate stands around it."""
    element = root.find("h:title", _NS)
    printed = sentence_text(" ".join(" ".join(map(str, element.itertext())).split())) if element is not None else ""
    printed = _TITLE_END.sub("", _BOILERPLATE.sub("", printed)).replace("®", "").replace("™", "").strip(" ,.;:-")
    printed = _STRENGTH.sub("", printed)
    if 3 < len(printed) <= 110:
        return _title_words(printed)
    generic = product.generic or ", ".join(product.ingredients)
    name = f"{product.brands[0]} ({generic.lower()})" if product.brands else generic.capitalize()
    return " ".join(filter(None, (name, product.form))) or "Drug label"


def _title_words(printed: str) -> str:
    words = [
        title_case(word) if word.isupper() and len(re.sub(r"\W", "", word)) > 3 else word for word in printed.split()
    ]
    return re.sub(r"(\w)\(", r"\1 (", " ".join(words))


def _attribute(element: etree._Element, path: str, name: str) -> str:
    found = element.find(path, _NS)
    return normal(found.get(name, "")) if found is not None else ""
