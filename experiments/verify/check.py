"""A check: one figure observed in the simulation, held against what a closed form expects.

``low`` and ``high`` bound the truth behind the observed figure: an interval of 99.9 %, or of rounding where nothing is
random. A check passes iff the expected figure lies inside *and* the interval is no wider than stated, so that noise
alone never passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.999
ROUNDING = 1e-9  # of figures that should be equal to the last bits


class Check(NamedTuple):
    """One figure and its verdict; ``id`` is the limit that it belongs to."""

    id: str
    name: str
    expected: float
    observed: float
    low: float
    high: float
    passed: bool


def mean(limit: str, name: str, expected: float, samples: ArrayLike, widest: float, bias: float = 0.0) -> Check:
    """Check a mean of independent samples by its t-interval, whose half-width may be ``widest`` at most.

    ``bias`` is the least half-width: what a finite horizon may be off by.
    """
    values = np.asarray(samples, dtype=np.float64)
    error = float(values.std(ddof=1)) / len(values) ** 0.5
    half = float(stats.t.ppf((1.0 + CONFIDENCE) / 2.0, len(values) - 1)) * error
    return _check(limit, name, expected, float(values.mean()), max(half, bias), half <= widest)


def distance(limit: str, name: str, observed: float, allowed: float, widest: float) -> Check:
    """Check a distance of 0 or more, expected to be 0 but for ``allowed``, which may be ``widest`` at most."""
    check = _check(limit, name, 0.0, observed, allowed, allowed <= widest)
    return check._replace(low=max(0.0, check.low))


def same_distribution(limit: str, name: str, one: ArrayLike, other: ArrayLike, widest: float) -> Check:
    """Check by Kolmogorov and Smirnov's two-sample distance that two samples of equal size have one law, p > 0.001."""
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    critical = float(stats.kstwobign.isf(1.0 - CONFIDENCE)) * (1.0 / len(first) + 1.0 / len(second)) ** 0.5
    return distance(limit, name, float(stats.ks_2samp(first, second, method="asymp").statistic), critical, widest)


def follows(
    limit: str,
    name: str,
    samples: ArrayLike,
    law: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    widest: float,
    last: float = np.inf,
) -> Check:
    """Check by Kolmogorov's distance, up to ``last``, that samples have the distribution function ``law``, p > 0.001.

    It is conservative for a law of steps, whose jumps the samples must share.
    """
    values = np.asarray(samples, dtype=np.float64)
    places, counts = np.unique(values[values <= last], return_counts=True)
    share = np.cumsum(counts) / len(values)
    before = np.concatenate(([0.0], share[:-1]))
    below = law(np.nextafter(places, -np.inf))
    apart = np.maximum(np.abs(share - law(places)), np.abs(before - below))
    critical = float(stats.kstwobign.isf(1.0 - CONFIDENCE)) / len(values) ** 0.5
    return distance(limit, name, float(apart.max(initial=0.0)), critical, widest)


def equal(limit: str, name: str, expected: float, observed: float) -> Check:
    """Check a figure that nothing random enters: equal but for rounding."""
    return _check(limit, name, expected, float(observed), ROUNDING * abs(expected), True)


def _check(limit: str, name: str, expected: float, observed: float, half: float, narrow: bool) -> Check:
    low, high = observed - half, observed + half
    return Check(limit, name, float(expected), observed, low, high, bool(low <= expected <= high and narrow))
