"""The frame: Presidio's analyzer with its own recognisers, our rules and the tagger. The only door to Presidio.

Without a language model (`NoOpNlpEngine`) its recognisers of patterns run; names come from our rules and the tagger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from guardrails.masking import dates, numbers, persons
from guardrails.masking.kinds import Identifier, Kind

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer

Find = Callable[[str], Iterable[Identifier]]
# Presidio's entities and ours. Left out are its recognisers of links (a minute for twenty thousand dots) and of e-mail
# (it asks the network for a list of domains): our rules find both. So are those whose pattern is any eight digits, a
# dose among them.
_THEIRS = {
    "IP_ADDRESS": Kind.IP,
    "MAC_ADDRESS": Kind.IP,
    "CREDIT_CARD": Kind.ACCOUNT,
    "IBAN_CODE": Kind.ACCOUNT,
    "US_SSN": Kind.SSN,
    "PHONE_NUMBER": Kind.PHONE,
    "MEDICAL_LICENSE": Kind.LICENCE,
    "US_MBI": Kind.PLAN,
    "UK_NHS": Kind.RECORD,
    "UK_NINO": Kind.SSN,
}
_LEAST = 0.4
"""The score from which a result of Presidio's own counts; a number without the words of its context stays below."""


def rules(text: str) -> Iterable[Identifier]:
    """What our rules find, with overlaps."""
    for rule in (*numbers.RULES, *dates.RULES, *persons.RULES):
        for found in rule.pattern.finditer(text):
            if rule.accept(found):
                yield Identifier(rule.kind, *found.span("value"))


class Engine:
    """Presidio's analyzer, built once. Importing Presidio takes about five seconds."""

    def __init__(self, *finders: Find) -> None:
        self._analyzer = _analyzer(finders)

    def find(self, text: str) -> list[Identifier]:
        """Everything that any recogniser finds, in order of place, with overlaps."""
        made = []
        for result in self._analyzer.analyze(text, language="en"):
            theirs = _THEIRS.get(result.entity_type)
            if theirs is None or result.score >= _LEAST:
                kind = theirs or Kind(result.entity_type)
                made.append(Identifier(kind, result.start, result.end, result.score))
        return sorted(made, key=lambda one: (one.start, one.end))


def _analyzer(finders: tuple[Find, ...]) -> AnalyzerEngine:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    registry = RecognizerRegistry(recognizers=[*_own(), *(_wrapped(find) for find in finders)])
    return AnalyzerEngine(
        registry,
        NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}]),
        default_score_threshold=0,
        supported_languages=["en"],
    )


def _own() -> list[EntityRecognizer]:
    from presidio_analyzer import predefined_recognizers as theirs

    return [
        theirs.IpRecognizer(),
        theirs.MacAddressRecognizer(),
        theirs.CreditCardRecognizer(),
        theirs.IbanRecognizer(),
        theirs.UsSsnRecognizer(),
        theirs.PhoneRecognizer(leniency=2),
        theirs.MedicalLicenseRecognizer(),
        theirs.UsMbiRecognizer(),
        theirs.NhsRecognizer(),
        theirs.UkNinoRecognizer(),
    ]


def _wrapped(find: Find) -> EntityRecognizer:
    """One of our finders as Presidio's recogniser."""
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.nlp_engine import NlpArtifacts

    class Recogniser(EntityRecognizer):
        def load(self) -> None:
            """Nothing: the finder is ready."""

        def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
            """What the finder finds."""
            del entities, nlp_artifacts  # a finder looks for all it knows, in the text itself
            return [RecognizerResult(one.kind.value, one.start, one.end, one.certainty) for one in find(text)]

    return Recogniser(supported_entities=[kind.value for kind in Kind], name=getattr(find, "__qualname__", "finder"))
