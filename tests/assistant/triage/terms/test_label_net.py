from __future__ import annotations

import pytest

from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from assistant.triage.expectedness import judge_in
from assistant.triage.judgement import Listed
from assistant.triage.labels.found import FAINT, FOLDER, SURE, tagged
from assistant.triage.labels.listing import LabelReading
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.assistant.triage.terms.test_expectedness import PRODUCT, event, passages, source

TEXT = (
    "The most common adverse reactions to madeupol were nausea, peripheral sensory neuropathy and rash. Store the"
    " tablets below 25 degrees and keep the bottle closed."
)


@pytest.fixture(scope="module")
def nets() -> Nets:
    return Nets(Encoder(RetrievalSettings()))


def test_the_shipped_net_marks_reactions_and_nothing_else(nets: Nets) -> None:
    (found,) = tagged([TEXT], nets)
    sure = [TEXT[one.start : one.end] for one in found if one.certainty > SURE]
    assert sure == ["nausea", "peripheral sensory neuropathy", "rash"]
    assert all(one.certainty > FAINT for one in found)
    assert nets.card(FOLDER).labels == ("O", "B", "I")


def test_expectedness_with_the_net_agrees_on_plain_sentences(nets: Nets) -> None:
    reading = LabelReading.of(Matcher(open_vocabulary()), nets)
    for words, listed in (("feeling sick", Listed.EXPECTED), ("pancreatitis", Listed.UNEXPECTED)):
        assert judge_in(event(words), PRODUCT, source(), passages(TEXT), reading).listed is listed
