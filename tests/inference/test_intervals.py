"""Intervals of means, medians and ratios, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.inference.intervals import (
    BCA_FROM,
    bca_interval,
    mean_interval,
    median_interval,
    p_at_most,
    t_interval,
)
from experiments.inference.ratios import ratio_interval

rng = np.random.default_rng(0)
TEN, SIXTY = rng.normal(1.0, 2.0, 10), rng.lognormal(size=60)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_t_is_the_textbook_interval(confidence: float) -> None:
    found = t_interval(TEN, confidence)
    assert found[1:3] == pytest.approx(stats.t.interval(confidence, 9, TEN.mean(), stats.sem(TEN)))
    assert (found.estimate, found.n, found.confidence) == (pytest.approx(TEN.mean()), 10, confidence)


def test_mean_is_by_t_below_fifty_and_by_bca_from_there() -> None:
    assert mean_interval(SIXTY[: BCA_FROM - 1]).method == "t"
    assert mean_interval(SIXTY[:BCA_FROM]).method == "BCa"


def test_bca_repeats_and_leans_with_the_skew() -> None:
    found = bca_interval(SIXTY)
    assert found == bca_interval(SIXTY.copy())
    assert found.high - found.estimate > 1.1 * (found.estimate - found.low)
    assert found.low < found.estimate < found.high


def test_bca_has_no_bound_where_it_has_no_resamples() -> None:
    assert bca_interval(SIXTY, 0.999, resamples=999)[1:3] == (-math.inf, math.inf)
    assert math.isfinite(bca_interval(SIXTY, 0.99, resamples=999).low)


@pytest.mark.parametrize("interval_of", [t_interval, bca_interval, mean_interval, median_interval])
@pytest.mark.parametrize("value", [0.0, 0.1, -3e5])
def test_constant_values_have_no_width(interval_of, value: float) -> None:
    for n in (10, 60):
        assert interval_of(np.full(n, value))[:3] == (value, value, value)


@pytest.mark.parametrize("size", [2.0**700, 2.0**-700])
def test_an_interval_grows_with_its_values_whatever_their_size(size: float) -> None:
    values = np.array([1.0, 2.0, 4.0, 4.5])
    plain, scaled = t_interval(values), t_interval(values * size)
    assert scaled[:3] == tuple(end * size for end in plain[:3])
    many = np.random.default_rng(1).exponential(size=60)
    assert mean_interval(many * size)[:3] == pytest.approx([end * size for end in mean_interval(many)[:3]], rel=1e-9)
    assert ratio_interval(values * size, values[::-1] * size) == ratio_interval(values, values[::-1])


def test_median_lies_between_the_order_statistics_of_the_tables() -> None:
    ordered = np.arange(1.0, 21.0)
    # Exact 95 % of 20 values: 6th to 15th (Conover 1999, table A3); of 10: 2nd to 9th.
    assert median_interval(rng.permutation(ordered))[:3] == (10.5, 6.0, 15.0)
    assert median_interval(ordered[:10])[1:3] == (2.0, 9.0)
    assert median_interval(ordered[:5])[1:3] == (-math.inf, math.inf)


def test_p_agrees_with_the_interval_and_with_scipy() -> None:
    assert p_at_most(TEN, 0.3) == pytest.approx(stats.ttest_1samp(TEN, 0.3, alternative="greater").pvalue)
    assert p_at_most(TEN, t_interval(TEN, 0.9).low) == pytest.approx(0.05)
    assert (p_at_most([1.0, 1.0]), p_at_most([0.0, 0.0]), p_at_most([-1.0, -1.0])) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0], "needs 2 values or more, not 1"),
        ([1.0, math.nan, 2.0], "1 of 3 values are not finite"),
        ([[1.0, 2.0]], r"not of shape \(1, 2\)"),
    ],
)
def test_what_is_no_sample_is_refused(values, message: str) -> None:
    for interval_of in (mean_interval, t_interval, median_interval):
        with pytest.raises(ValueError, match=message):
            interval_of(values)


# Ratios.


@given(st.floats(-2.0, 2.0), st.integers(0, 1000))
def test_ratio_lies_beyond_r_exactly_when_the_difference_does(r: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    below = draw.normal(3.0, 1.0, 12)
    above = 0.4 * below + draw.normal(size=12)
    ratio, difference = ratio_interval(above, below), t_interval(above - r * below)
    if math.isfinite(ratio.low):
        assert (ratio.low > r) == (difference.low > 0.0)
        assert (ratio.high < r) == (difference.high < 0.0)


def test_ratio_scales_and_ends() -> None:
    below = rng.normal(3.0, 0.5, 20)
    above = rng.normal(1.0, 0.5, 20)
    one, ten = ratio_interval(above, below), ratio_interval(10.0 * above, below)
    assert ten[:3] == pytest.approx([10.0 * bound for bound in one[:3]])
    assert ratio_interval(above, np.full(20, 2.0))[1:3] == pytest.approx([b / 2.0 for b in t_interval(above)[1:3]])
    assert ratio_interval(0.25 * below, below)[:3] == pytest.approx((0.25, 0.25, 0.25))
    assert ratio_interval(above, rng.normal(0.0, 1.0, 20))[1:3] == (-math.inf, math.inf)
    assert math.isnan(ratio_interval(above, np.zeros(20)).estimate)
    with pytest.raises(ValueError, match="20 numerators and 19 denominators"):
        ratio_interval(above, below[1:])
