"""Intervals of means: Student's t of few values, BCa bootstrap of many."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MANY = 50


class Interval(NamedTuple):
    """An estimate with its interval, what confidence it has, how many values it rests on, and how it came about."""

    estimate: float
    low: float
    high: float
    confidence: float
    n: int
    method: str


def mean_interval(values: Floats, confidence: float) -> Interval:
    """Return the interval of a mean."""
    from scipy import stats

    n = len(values)
    if n < 2:
        return Interval(float(values.mean()) if n else math.nan, -math.inf, math.inf, confidence, n, "too few")
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    if spread <= 1e-12 * max(1.0, abs(mean)):
        return Interval(mean, mean, mean, confidence, n, "constant")
    if n < MANY:
        half = float(stats.t.ppf(0.5 + confidence / 2.0, n - 1)) * spread / math.sqrt(n)
        return Interval(mean, mean - half, mean + half, confidence, n, "t")
    found = stats.bootstrap(
        (values,), np.mean, confidence_level=confidence, n_resamples=4999, method="BCa", rng=np.random.default_rng(n)
    ).confidence_interval
    return Interval(mean, float(found.low), float(found.high), confidence, n, "BCa")
