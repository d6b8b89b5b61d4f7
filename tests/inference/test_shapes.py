"""Contrasts of one sign, and a best dose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from experiments.inference.inverted_u import inverted_u
from experiments.inference.supermodularity import critical_values, p_bounds, supermodularity

rng = np.random.default_rng(2)


# Supermodularity.


def test_critical_values_are_those_of_the_table() -> None:
    upper = [critical_values(q)[1] for q in (1, 2, 3, 4)]
    assert upper == pytest.approx([2.706, 5.138, 7.045, 8.761], abs=5e-4)
    assert [critical_values(q)[0] for q in (1, 2, 3, 4)] == pytest.approx([2.706] * 4, abs=5e-4)
    few, many = critical_values(3, 0.05, 10)[1], critical_values(3, 0.05, 10_000)[1]
    assert few > 1.5 * upper[2]
    assert many == pytest.approx(upper[2], rel=1e-3)


def test_bounds_hold_the_mixture_where_its_weights_are_known() -> None:
    """Of independent contrasts, V known: weights are binomial, 1/2^q C(q, k)."""
    for q in (2, 3, 4):
        for d in (1.0, 4.0, 9.0):
            mixture = sum(math.comb(q, k) / 2**q * stats.chi2.sf(d, k) for k in range(1, q + 1))
            low, high = p_bounds(d, q)
            assert low < mixture < high


def test_one_contrast_is_the_t_test() -> None:
    h = rng.normal(0.4, 1.0, (20, 1))
    found = supermodularity(h)
    assert found.submodular.p_high == pytest.approx(stats.ttest_1samp(h[:, 0], 0.0, alternative="greater").pvalue)
    assert found.submodular.p_low == pytest.approx(found.submodular.p_high)
    assert found.supermodular == (0.0, 1.0, 1.0)


def test_distance_is_that_of_a_general_quadratic_programme() -> None:
    h = rng.multivariate_normal([0.2, -0.3, -0.1], [[1.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 1.0]], 25)
    mean, inverse = h.mean(axis=0), np.linalg.inv(np.cov(h, rowvar=False) / 25)
    for found, bounds in ((supermodularity(h).supermodular, (0.0, None)), (supermodularity(h).submodular, (None, 0.0))):
        slow = optimize.minimize(
            lambda x: (mean - x) @ inverse @ (mean - x), np.zeros(3), bounds=[bounds] * 3, tol=1e-12
        )
        assert found.statistic == pytest.approx(slow.fun, rel=1e-5)


def test_what_the_two_nulls_tell() -> None:
    noise = rng.normal(size=(40, 3))
    noise -= noise.mean(axis=0)
    assert supermodularity(noise + np.array([1.0, 1.0, 0.5])).tells() == "complements"
    assert supermodularity(noise - np.array([1.0, 1.0, 0.5])).tells() == "substitutes"
    assert supermodularity(noise + np.array([1.0, -1.0, 0.0])).tells() == "mixed"
    assert supermodularity(noise).tells() == "undecided"


def test_all_positive_needs_each_to_be() -> None:
    noise = rng.normal(size=(40, 3))
    noise -= noise.mean(axis=0)
    assert supermodularity(noise + 1.0).p_not_all_positive < 1e-4
    found = supermodularity(noise + np.array([1.0, 1.0, 0.1]))
    assert found.tells() == "complements"
    assert found.p_not_all_positive > 0.1
    assert supermodularity(noise - 1.0).p_not_all_negative < 1e-4


@pytest.mark.parametrize(
    ("contrasts", "message"),
    [
        (np.zeros((10, 5)), r"shape \(seeds, 1 to 4\), not \(10, 5\)"),
        (np.zeros(10), r"not \(10,\)"),
        (np.zeros((3, 2)), "2 contrasts need 4 seeds or more, not 3"),
        (np.full((10, 2), np.nan), "finite"),
        (np.ones((10, 2)), "do not vary"),
        (np.outer(np.arange(10.0), [1.0, 2.0]), "vary together exactly"),
    ],
)
def test_contrasts_that_cannot_be_tested_are_refused(contrasts, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        supermodularity(contrasts)


# Inverted U.

DOSES = np.array([0.0, 1.0, 2.0, 4.0, 7.0])


def noisy(curve: np.ndarray, spread: float = 0.3, seeds: int = 25) -> np.ndarray:
    draw = np.random.default_rng(3)
    return curve + draw.normal(size=(seeds, 1)) + spread * draw.normal(size=(seeds, len(curve)))


def test_a_parabola_is_recovered_whatever_the_seeds_luck() -> None:
    found = inverted_u(DOSES, noisy(1.0 + 3.0 * DOSES - 0.5 * DOSES**2, spread=0.0))
    assert found.slope_low[:3] == pytest.approx([3.0] * 3)
    assert found.slope_high[:3] == pytest.approx([-4.0] * 3)
    assert found.optimum[:3] == pytest.approx([3.0] * 3)
    assert found.p < 1e-6


def test_the_fit_is_that_with_an_intercept_a_seed() -> None:
    y = noisy(3.0 * DOSES - 0.5 * DOSES**2)
    seeds, doses = np.indices(y.shape)
    x = DOSES[doses.ravel()]
    design = np.column_stack([np.eye(len(y))[seeds.ravel()], x, x**2])
    *_, b, c = np.linalg.lstsq(design, y.ravel(), rcond=None)[0]
    found = inverted_u(DOSES, y)
    assert found.slope_low.estimate == pytest.approx(b)
    assert found.slope_high.estimate == pytest.approx(b + 14.0 * c)
    assert found.optimum.estimate == pytest.approx(-b / (2.0 * c))


@pytest.mark.parametrize(
    ("curve", "shown"),
    [
        (3.0 * DOSES - 0.5 * DOSES**2, True),
        (DOSES, False),
        (-DOSES, False),
        (-3.0 * DOSES + 0.5 * DOSES**2, False),
        (np.minimum(DOSES, 2.0), False),
        (np.zeros(5), False),
    ],
)
def test_only_a_hump_is_a_hump(curve: np.ndarray, shown: bool) -> None:
    assert (inverted_u(DOSES, noisy(curve)).p <= 0.05) == shown


def test_a_curve_that_levels_off_fools_the_parabola_alone() -> None:
    found = inverted_u(DOSES, noisy(3.0 * np.minimum(DOSES, 2.0)))
    assert found.p_parabola < 0.05
    assert found.p == found.p_doses > 0.05


def test_p_of_the_parabola_is_that_of_the_weaker_slope() -> None:
    found = inverted_u(DOSES, noisy(1.4 * DOSES - 0.1 * DOSES**2, spread=1.0))
    assert found.slope_low.low > 0.0
    weaker = found.slope_high
    t = -weaker.estimate / ((weaker.high - weaker.low) / 2.0 / stats.t.ppf(0.975, 24))
    assert found.p_parabola == pytest.approx(stats.t.sf(t, 24))


@pytest.mark.parametrize(
    ("doses", "responses", "message"),
    [
        (DOSES, np.zeros((5, 4)), r"not \(5, 4\) for doses of shape \(5,\)"),
        (DOSES[:2], np.zeros((5, 2)), "three seeds and three doses"),
        (DOSES[::-1], np.zeros((5, 5)), "ascend"),
        (DOSES, np.full((5, 5), np.nan), "finite"),
    ],
)
def test_responses_that_cannot_be_fitted_are_refused(doses, responses, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inverted_u(doses, responses)
