"""What `bench duplicates` is compared with: equal fields, and splink 5 on DuckDB with its stock comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from assistant.triage.duplicates.fingerprint import Day, Fingerprint

_SEED = 5
_THRESHOLDS = (0.5, 0.9)


def exact_pairs(cases: Sequence[Fingerprint]) -> set[frozenset[str]]:
    """Pairs with the same suspected medicines, reactions, sex, age in years and country; all of them reported."""
    groups: defaultdict[object, list[str]] = defaultdict(list)
    for case in cases:
        if case.sex and case.age is not None and case.country:
            groups[case.suspects, case.events, case.sex, int(case.age), case.country].append(case.id)
    return {frozenset(pair) for group in groups.values() for pair in combinations(group, 2)}


def splink_pairs(cases: Sequence[Fingerprint]) -> dict[str, set[frozenset[str]]]:
    """What splink proposes at two probabilities, with its stock comparisons, term frequencies and its own training."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ArrayIntersectAtSizes("suspects", [2, 1]),
            cl.ArrayIntersectAtSizes("events", [2, 1]),
            cl.LevenshteinAtThresholds("initials", 1),
            cl.DateOfBirthComparison("birth", input_is_string=True),
            cl.AbsoluteDateDifferenceAtThresholds(
                "onset", input_is_string=True, metrics=["day", "month", "year"], thresholds=[3, 1, 1]
            ),
            cl.ExactMatch("sex"),
            cl.ExactMatch("age").configure(term_frequency_adjustments=True),
            cl.ExactMatch("country").configure(term_frequency_adjustments=True),
            cl.ExactMatch("outcome"),
            cl.ExactMatch("qualification"),
            cl.ExactMatch("medicine").configure(term_frequency_adjustments=True),
            cl.ExactMatch("event").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("medicine", "event", "country"), block_on("medicine", "age", "sex"),
            block_on("medicine", "onset"), block_on("birth"), block_on("initials", "medicine"),
        ],
    )  # fmt: skip
    api = DuckDBAPI()
    linker = Linker(api.register(_table(cases), dataset_display_name="cases"), settings)
    linker.training.estimate_probability_two_random_records_match([block_on("birth", "initials", "sex")], recall=0.1)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=_SEED)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("medicine", "onset"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth", "sex"))
    rows = linker.inference.predict(threshold_match_probability=min(_THRESHOLDS)).as_record_list()
    return {
        f"splink 5, stock comparisons, probability {least}": {
            frozenset((row["unique_id_l"], row["unique_id_r"])) for row in rows if row["match_probability"] >= least
        }
        for least in _THRESHOLDS
    }


def _table(cases: Sequence[Fingerprint]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(list(_rows(cases)))


def _rows(cases: Sequence[Fingerprint]) -> Iterator[dict[str, object]]:
    for case in cases:
        yield {
            "unique_id": case.id,
            "suspects": sorted(case.suspects) or None,
            "events": sorted(case.events) or None,
            "medicine": min(case.suspects, default=None),
            "event": min(case.events, default=None),
            "initials": case.initials or None,
            "birth": _full(case.birth),
            "onset": _full(case.onset),
            "sex": case.sex or None,
            "age": None if case.age is None else int(case.age),
            "country": case.country or None,
            "outcome": case.outcome or None,
            "qualification": case.qualification or None,
        }


def _full(day: Day | None) -> str | None:
    return f"{day[0]:04d}-{day[1]:02d}-{day[2]:02d}" if day and day[1] and day[2] else None
