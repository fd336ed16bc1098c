"""EBGM against numerical integration, published numbers and vigipy; the prior against samples from a known one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from assistant.triage.signals import fitting
from assistant.triage.signals.errors import CellInvalid, PriorNotFitted
from assistant.triage.signals.fitting import fit_prior, log_likelihood
from assistant.triage.signals.shrinker import Prior, shrink

PUBLISHED = Prior(3.2538, 0.3999, 2.0261, 1.9081, 0.0653)
"""The prior that the openEBGM documentation finds for its extract of CAERS."""


def shrunk(n: float, expected: float, prior: Prior = PUBLISHED) -> tuple[float, float, float]:
    result = shrink(np.array([n], dtype=float), np.array([expected], dtype=float), prior)
    return float(result.ebgm[0]), float(result.eb05[0]), float(result.eb95[0])


def test_the_first_row_that_openebgm_publishes() -> None:
    # 1-phenylalanine and heart rate increased: 1 report, 1 x 121 of 3356 expected.
    assert [round(each, 2) for each in shrunk(1, 121 / 3356)] == [2.23, 0.49, 13.85]


@pytest.mark.parametrize(("n", "expected"), [(1, 0.001), (1, 2.0), (4, 0.5), (40, 30.0), (2000, 1500.0)])
def test_the_posterior_is_the_one_of_numerical_integration(n: int, expected: float) -> None:
    prior = PUBLISHED

    def weight(ratio: float) -> float:
        first = prior.weight * stats.gamma.pdf(ratio, prior.alpha1, scale=1 / prior.beta1)
        second = (1 - prior.weight) * stats.gamma.pdf(ratio, prior.alpha2, scale=1 / prior.beta2)
        return float((first + second) * stats.poisson.pmf(n, ratio * expected))

    ebgm, eb05, eb95 = shrunk(n, expected)
    points = [eb05 / 2, eb05, ebgm, eb95, 2 * eb95]

    def integral(of: object, upper: float) -> float:
        assert callable(of)
        inside = [each for each in points if each < upper]
        return float(integrate.quad(of, 0, upper, points=inside, limit=400, epsabs=0, epsrel=1e-9)[0])

    end = 40 * eb95
    total = integral(weight, end)
    assert integral(weight, eb05) / total == pytest.approx(0.05, abs=1e-6)
    assert integral(weight, eb95) / total == pytest.approx(0.95, abs=1e-6)
    assert np.exp(integral(lambda r: np.log(r) * weight(r) if r > 0 else 0.0, end) / total) == pytest.approx(
        ebgm, rel=1e-5
    )


def test_the_posterior_is_the_one_of_vigipy() -> None:
    # vigipy is right where the margins and the prior are given to it (docs/decisions say where it is not).
    pandas = pytest.importorskip("pandas")
    vigipy = pytest.importorskip("vigipy")
    container = pytest.importorskip("vigipy.utils.Container")
    generator = np.random.default_rng(5)
    n = generator.integers(1, 40, 200)
    frame = pandas.DataFrame(
        {
            **{"events": n, "product_aes": n + generator.integers(1, 90, 200)},
            **{"count_across_brands": n + generator.integers(1, 90, 200)},
            **{"product_name": [f"P{each}" for each in range(200)], "ae_name": "X"},
        }
    )
    prior = [PUBLISHED.alpha1, PUBLISHED.beta1, PUBLISHED.alpha2, PUBLISHED.beta2, PUBLISHED.weight]
    theirs = vigipy.gps(container.DataContainer(contingency=None, data=frame, N=5000), min_events=1, prior_param=prior)
    by_name = theirs.all_signals.set_index("Product").loc[frame["product_name"]]
    expected = frame["product_aes"].to_numpy() * frame["count_across_brands"].to_numpy() / 5000
    mine = shrink(n.astype(float), expected, PUBLISHED)
    assert mine.ebgm == pytest.approx(by_name["EBGM"].to_numpy(), rel=1e-9)
    assert mine.eb05 == pytest.approx(by_name["LowerBound"].to_numpy(), rel=2e-4)
    assert mine.eb95 == pytest.approx(by_name["UpperBound"].to_numpy(), rel=2e-3)


@given(st.integers(0, 3000), st.floats(1e-6, 3000))
@settings(deadline=None)
def test_the_mean_lies_between_its_points_and_is_drawn_to_one(n: int, expected: float) -> None:
    ebgm, eb05, eb95 = shrunk(n, expected)
    assert 0 < eb05 < ebgm < eb95
    more = shrunk(n + 1, expected)
    assert all(left < right for left, right in zip((ebgm, eb05, eb95), more, strict=True))


def test_many_reports_outweigh_the_prior() -> None:
    ebgm, eb05, eb95 = shrunk(20_000, 10_000.0)
    assert ebgm == pytest.approx(2, rel=0.001)
    assert (eb05, eb95) == pytest.approx((2, 2), rel=0.02)


def test_the_order_of_the_pairs_does_not_matter() -> None:
    n, expected = np.array([1.0, 7, 3, 120]), np.array([0.1, 2.0, 5.0, 30.0])
    forward, backward = shrink(n, expected, PUBLISHED), shrink(n[::-1], expected[::-1], PUBLISHED)
    assert forward.eb05 == pytest.approx(backward.eb05[::-1], rel=1e-12)


@pytest.mark.parametrize(
    ("n", "expected"), [(-1.0, 1.0), (1.0, 0.0), (1.0, -1.0), (np.nan, 1.0), (1.0, np.nan), (1.0, np.inf)]
)
def test_what_is_no_count_is_refused(n: float, expected: float) -> None:
    with pytest.raises(CellInvalid):
        shrink(np.array([n]), np.array([expected]), PUBLISHED)


@pytest.mark.parametrize("bad", [(0, 1, 1, 1, 0.5), (1, 1, 1, 1, 1.5), (1, np.nan, 1, 1, 0.5), (1, 1, np.inf, 1, 0.5)])
def test_what_is_no_prior_is_refused(bad: tuple[float, ...]) -> None:
    with pytest.raises(CellInvalid, match="is no prior"):
        Prior(*bad)


def sample(prior: Prior, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with at least one report, drawn so that each component keeps its share among those that are seen."""
    generator = np.random.default_rng(seed)
    expected = np.exp(generator.normal(0, 1.5, 4 * pairs))
    first = generator.random(4 * pairs) < prior.weight
    ratio = np.where(
        first,
        generator.gamma(prior.alpha1, 1 / prior.beta1, 4 * pairs),
        generator.gamma(prior.alpha2, 1 / prior.beta2, 4 * pairs),
    )
    n = generator.poisson(ratio * expected)
    return n[n > 0].astype(float), expected[n > 0]


def test_the_prior_of_a_sample_is_found_again() -> None:
    truth = Prior(4.0, 0.5, 3.0, 3.0, 0.1)
    n, expected = sample(truth, 30_000, 1)
    fit = fit_prior(n, expected)
    means = fit.prior.alpha1 / fit.prior.beta1, fit.prior.alpha2 / fit.prior.beta2
    assert means == pytest.approx((8.0, 1.0), rel=0.12)
    assert fit.log_likelihood >= log_likelihood(n, expected, truth)
    assert fit.agreeing >= 2


def test_squashing_hardly_moves_the_prior() -> None:
    n, expected = sample(Prior(4.0, 0.5, 3.0, 3.0, 0.1), 20_000, 2)
    whole, squashed = fit_prior(n, expected), fit_prior(n, expected, most_points=500)
    assert squashed.points < whole.points / 3
    lost = whole.log_likelihood - log_likelihood(n, expected, squashed.prior)
    assert 0 <= lost < 0.5


def test_the_gradient_is_the_one_of_small_steps() -> None:
    n, expected = sample(PUBLISHED, 200, 3)
    points = fitting._squash(n, expected, 50)
    at = fitting._free(Prior(2.0, 0.4, 1.5, 1.7, 0.2))
    _, gradient = fitting._negative(at, points)
    for place in range(5):
        step = np.zeros(5)
        step[place] = 1e-5
        rise = fitting._negative(at + step, points)[0] - fitting._negative(at - step, points)[0]
        assert gradient[place] == pytest.approx(rise / 2e-5, rel=1e-4, abs=1e-4)


def test_the_likelihood_is_the_published_formula() -> None:
    n, expected = np.array([1.0, 2, 7]), np.array([0.2, 1.5, 0.4])
    parts = []
    for alpha, beta in ((PUBLISHED.alpha1, PUBLISHED.beta1), (PUBLISHED.alpha2, PUBLISHED.beta2)):
        each = stats.nbinom(alpha, beta / (beta + expected))
        parts.append(each.pmf(n) / each.sf(0))
    by_hand = np.log(PUBLISHED.weight * parts[0] + (1 - PUBLISHED.weight) * parts[1]).sum()
    assert log_likelihood(n, expected, PUBLISHED) == pytest.approx(by_hand, rel=1e-12)


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(PriorNotFitted, match="99 pairs are too few"):
        fit_prior(np.ones(99), np.ones(99))


def test_pairs_that_do_not_determine_a_prior_are_refused() -> None:
    with pytest.raises(PriorNotFitted, match="reported more than once"):
        fit_prior(np.ones(500), np.full(500, 1e-9))
