"""Intervals of a mean or a median: the values are one figure a seed, as a paired difference is.

Mean, fewer than 50 values: x̄ ± t_{n-1} s/√n, exact for normal values. From 50 on the bias-corrected and accelerated
bootstrap (BCa; Efron 1987), which follows skewness. BCa needs the many: of ten normal values it covers 0.89 in place of
0.95. It is too narrow where tails are heavy on both sides, as those of differences of skewed outcomes are: 0.90 at 80
values, where t covers as it says. So a rule that looks again and again (``looking``) uses t at every size.

Median: [x_(k), x_(n+1-k)] with the largest k for which P(Bin(n, 1/2) < k) ≤ α/2; no assumption, covers at least 1 - α.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

BCA_FROM = 50
RESAMPLES = 9999


class Interval(NamedTuple):
    """An estimate with bounds that cover the truth with ``confidence``; ``n`` seeds stand behind it."""

    estimate: float
    low: float
    high: float
    confidence: float
    n: int
    method: str


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the interval of a mean: t below 50 values, BCa from 50 on.

    Raises:
        ValueError: fewer than two values, or one that is not a finite number.
    """
    checked = finite(values)
    return t_interval(checked, confidence) if len(checked) < BCA_FROM else bca_interval(checked, confidence)


def t_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return x̄ ± t_{n-1} s/√n; of values that are all the same, that value without width."""
    checked = finite(values)
    mean, error = _mean_and_error(checked)
    half = quantile_t(confidence, len(checked) - 1) * error
    return Interval(mean, mean - half, mean + half, confidence, len(checked), "t")


def bca_interval(values: ArrayLike, confidence: float = 0.95, resamples: int = RESAMPLES) -> Interval:
    """Return the BCa bootstrap interval of a mean; the same values give the same bounds.

    A level of which the resamples hold less than one on a side has no bound: it is infinite.
    """
    checked = finite(values)
    n, (mean, error) = len(checked), _mean_and_error(checked)
    if error == 0.0:
        return Interval(mean, mean, mean, confidence, n, "BCa")
    if (resamples + 1) * (1.0 - confidence) / 2.0 < 1.0:
        return Interval(mean, -np.inf, np.inf, confidence, n, "BCa")
    size = size_of(checked - mean)
    found = stats.bootstrap(
        (checked / size,), np.mean, n_resamples=resamples, confidence_level=confidence, method="BCa",
        rng=np.random.default_rng(n),
    ).confidence_interval  # fmt: skip
    return Interval(mean, float(found.low) * size, float(found.high) * size, confidence, n, "BCa")


def median_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the interval of a median between two order statistics; without bounds if the values are too few."""
    checked = np.sort(finite(values))
    n, middle = len(checked), float(np.median(checked))
    k = int(stats.binom.ppf((1.0 - confidence) / 2.0, n, 0.5))
    low, high = (float(checked[k - 1]), float(checked[n - k])) if k > 0 else (-np.inf, np.inf)
    return Interval(middle, low, high, confidence, n, "order statistics")


def p_at_most(values: ArrayLike, bound: float = 0.0) -> float:
    """Return the one-sided p of the t test that the mean is at most ``bound``."""
    checked = finite(values)
    mean, error = _mean_and_error(checked)
    if error == 0.0:
        return 0.0 if mean > bound else 1.0
    return float(special.stdtr(len(checked) - 1, (bound - mean) / error))


def quantile_t(confidence: float, freedom: int) -> float:
    """Return the two-sided quantile of Student's t."""
    return float(-special.stdtrit(freedom, (1.0 - confidence) / 2.0))


def finite(values: ArrayLike, least: int = 2) -> Floats:
    """Return the values as a vector of floats.

    Raises:
        ValueError: they are too few, not a vector, or not all finite.
    """
    checked = np.asarray(values, dtype=np.float64)
    if checked.ndim != 1:
        raise ValueError(f"values must be a vector, one a seed, not of shape {checked.shape}")
    if len(checked) < least:
        raise ValueError(f"needs {least} values or more, not {len(checked)}")
    if missing := int((~np.isfinite(checked)).sum()):
        raise ValueError(f"{missing} of {len(checked)} values are not finite numbers")
    return checked


def size_of(values: Floats) -> float:
    """Return the size of the largest value, a power of two: in units of it all digits stay, and squares are numbers."""
    return math.ldexp(1.0, math.frexp(float(np.abs(values).max()))[1] - 1)


def _mean_and_error(values: Floats) -> tuple[float, float]:
    """Return the mean and its standard error: exactly the value and 0 if all are the same."""
    first = float(values[0])
    if (values == first).all():
        return first, 0.0
    mean = float(values.mean())
    size = size_of(values - mean)
    apart = (values - mean) / size
    return mean, size * math.sqrt(float(apart @ apart) / (len(values) - 1) / len(values))
