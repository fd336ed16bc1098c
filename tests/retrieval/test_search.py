"""Search over three small documents, with the real encoder and the real embedded index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from retrieval.encoder import Encoder
from retrieval.index import Index, indexed_text
from retrieval.index.edge import open_edge
from retrieval.intent import sections_of, unknown_medicine
from retrieval.medicines import Medicines, NameRow
from retrieval.passage import Passage, Section, Source, SourceKind
from retrieval.search import SearchResult, SearchTools, search
from retrieval.settings import RetrievalSettings

S = Section
METFORMIN = (
    ("met1", S.DOSAGE, "Maximum dose of metformin tablets in adults: 2,550 mg per day, in divided doses."),
    ("met2", S.DOSAGE, "Starting dose of metformin tablets in adults: 500 mg twice a day with meals."),
    ("met3", S.RENAL, "Do not start metformin when the eGFR is between 30 and 45 mL/min."),
    ("met4", S.PREGNANCY, "Studies of metformin in pregnancy have shown no clear link with birth defects."),
    ("met5", S.ADVERSE_REACTIONS, "The most common reactions to metformin are diarrhea, nausea and vomiting."),
    ("met6", S.PAEDIATRIC, "Maximum dose of metformin in children of 10 years and older: 2,000 mg per day."),
)
WARFARIN = (
    ("war1", S.DOSAGE, "The starting dose of warfarin is usually 2 mg to 5 mg once daily."),
    ("war2", S.INTERACTIONS, "NSAIDs such as ibuprofen raise the risk of bleeding when taken with warfarin."),
    ("war3", S.BOXED_WARNING, "Warfarin can cause major or fatal bleeding. Check the INR regularly."),
    ("war4", S.DOSAGE, "If a dose of warfarin is missed, take it the same day and do not double the next dose."),
)
BACLOFEN = (
    ("bac1", S.DOSAGE, "The total daily dose of baclofen must not exceed 80 mg."),
    ("bac2", S.WARNINGS, "Stopping baclofen abruptly has caused hallucinations and seizures."),
)


def put(index: Index, encoder: Encoder, name: str, brand: str, rows: tuple[tuple[str, Section, str], ...]) -> None:
    version = f"{name}@1"
    passages = [
        Passage(key, version, text, section, (), place, place + len(text), (name,), name, date(2025, 1, 1))
        for place, (key, section, text) in enumerate(rows)
    ]
    index.add_passages(passages, encoder.encode([indexed_text(passage) for passage in passages]))
    index.put_source(
        Source(version, name, SourceKind.LABEL, name, (name,), (brand,), "", "1", None, "", "", "text", name)
    )


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchTools]:
    settings = RetrievalSettings()
    encoder = Encoder(settings)
    index = open_edge(tmp_path_factory.mktemp("index"), dimension=384, model=encoder.name)
    for name, brand, rows in (
        ("metformin", "", METFORMIN),
        ("warfarin", "Jantoven", WARFARIN),
        ("baclofen", "", BACLOFEN),
    ):
        put(index, encoder, name, brand, rows)
    yield SearchTools(index, encoder, Medicines.load(index.sources()), settings)
    index.close()


def first(found: SearchResult) -> str:
    assert found.missing is None
    return found.hits[0].passage.key


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("metformin max dose adults", "met1"),
        ("metformin with an egfr of 40?", "met3"),  # an abbreviation of the kidney's function
        ("max dose metfromin in a 12 year old", "met6"),  # misspelt, and a child
        ("glucophage in pregnacy", "met4"),  # a brand, and a misspelt topic
        ("is metformin likely to cause diarrhea", "met5"),
        ("coumadin black box", "war3"),
        ("missed my jantoven yesterday", "war4"),  # a brand that only the source knows
        ("how much baclofen can I give per day", "bac1"),
        ("stopping baclofen suddenly", "bac2"),
        ("warfarin with ibuprofen?", "war2"),  # the other medicine has no source, but is spoken of
        ("warfarin and naproxen together", "war2"),  # spoken of by its class
    ],
)
def test_the_best_passage_comes_first(tools: SearchTools, asked: str, expected: str) -> None:
    assert first(search(asked, (), tools)) == expected


@pytest.mark.parametrize(
    ("asked", "history", "expected"),
    [
        ("and in children?", ("metformin max dose adults",), "met6"),
        (
            "what if he misses one",
            ("baclofen max", "warfarin dose to start with"),
            "war4",
        ),  # the latest medicine counts
        ("and baclofen?", ("max dose of metformin",), "bac1"),  # the topic of the question before
    ],
)
def test_a_follow_up_takes_what_it_lacks_from_the_questions_before(
    tools: SearchTools, asked: str, history: tuple[str, ...], expected: str
) -> None:
    assert first(search(asked, history, tools)) == expected


@pytest.mark.parametrize(
    ("asked", "kind", "what"),
    [
        ("max dose of lisinopril", "medicine_not_indexed", "lisinopril"),
        ("lisinoprill max dose", "medicine_not_indexed", "lisinopril"),  # misspelt and not indexed
        ("zorbulatin max daily dose", "medicine_not_indexed", "zorbulatin"),  # a name that does not exist
        ("dose of trevapibnib", "medicine_not_indexed", "trevapibnib"),  # known by its ending
        ("dose of iron", "medicine_not_indexed", "iron"),
        ("metformin with lisinopril", "medicine_not_indexed", "lisinopril"),  # no passage speaks of it
        ("what is the maximum dose?", "which_medicine", ""),
        ("is it safe in pregnancy", "which_medicine", ""),
        ("what is the weather in Paris", "not_about_medicines", ""),
        ("good lasagne recipe", "not_about_medicines", ""),
        ("???", "not_about_medicines", ""),
    ],
)
def test_what_is_missing_is_named(tools: SearchTools, asked: str, kind: str, what: str) -> None:
    found = search(asked, (), tools)
    assert found.missing is not None
    assert (found.missing.kind, found.missing.what, found.hits) == (kind, what, ())


def test_another_medicine_in_a_follow_up_is_not_answered_from_the_one_before(tools: SearchTools) -> None:
    found = search("and for daptomycin?", ("metformin max dose",), tools)
    assert found.missing is not None
    assert (found.missing.kind, found.missing.what) == ("medicine_not_indexed", "daptomycin")


def test_an_ambiguous_misspelling_asks_which(tools: SearchTools) -> None:
    near = (NameRow("celexin", ("one",), True), NameRow("celexan", ("two",), True))
    both = Medicines([*near, NameRow("metformin", ("metformin",), False)])
    found = search("celexon dose", (), replace(tools, medicines=both))
    assert found.missing is not None
    assert (found.missing.kind, found.missing.what) == ("which_medicine", "celexan or celexin")


def test_what_was_recognised_is_told(tools: SearchTools) -> None:
    found = search("metfromin max dose crcl 40", (), tools)
    assert found.medicines == ("metformin",)
    assert found.corrections == (("metfromin", "metformin"),)
    assert found.sections[:2] == (S.RENAL, S.DOSAGE)
    assert {hit.passage.ingredients for hit in found.hits} == {("metformin",)}


def test_an_empty_index_says_so(tools: SearchTools, tmp_path_factory: pytest.TempPathFactory) -> None:
    index = open_edge(tmp_path_factory.mktemp("empty"), dimension=384, model="all-MiniLM-L6-v2")
    found = search("metformin dose", (), replace(tools, index=index))
    assert found.missing is not None
    assert found.missing.kind == "index_empty"
    index.close()


def test_passages_with_other_figures_are_never_taken_for_copies(tools: SearchTools) -> None:
    keys = [hit.passage.key for hit in search("metformin maximum dose", (), tools).hits]
    assert {"met1", "met6"} <= set(keys)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("max dose", S.DOSAGE),
        ("crcl 25", S.RENAL),
        ("Child-Pugh B", S.HEPATIC),
        ("8 year old", S.PAEDIATRIC),
        ("84F frail", S.GERIATRIC),
        ("can she breastfeed", S.LACTATION),
        ("first trimester", S.PREGNANCY),
        ("took a whole box", S.OVERDOSE),
        ("safe with grapefruit", S.INTERACTIONS),
        ("side effects", S.ADVERSE_REACTIONS),
        ("penicillin allergy", S.CONTRAINDICATIONS),
        ("what is it used for", S.INDICATIONS),
        ("black box", S.BOXED_WARNING),
        ("keep in the fridge?", S.STORAGE),
        ("missed a dose", S.DOSAGE),
        ("half-life", S.PHARMACOLOGY),
        ("present in human milk", S.LACTATION),
        ("in whom should it not be used", S.CONTRAINDICATIONS),
        ("what should I watch for with it", S.WARNINGS),
    ],
)
def test_topics_lead_to_sections(asked: str, expected: Section) -> None:
    assert sections_of(asked)[0] is expected


@pytest.mark.parametrize(
    "asked",
    ["the weather today", "dose in hyperkalaemia", "commonest side effects", "max dose", "paediatric dose of it"],
)
def test_no_medicine_is_made_up(asked: str) -> None:
    assert unknown_medicine(asked, Medicines.load()) == ""
