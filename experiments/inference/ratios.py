"""The interval of a ratio of two means, by Fieller (1954): all r that a t test of the mean of A - r B does not reject.

    (ā - r b̄)² ≤ t² (V_a - 2 r V_ab + r² V_b)          V the covariance of the two means, t of n - 1 degrees

So the ratio lies beyond r exactly when A - r B does: an effect is held against a share of a base (h against 0.10 Y₀₀)
with the uncertainty of the base in it. Exact for normal pairs. A base that may be 0 gives no bounds: infinite ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from experiments.inference.intervals import Floats, Interval, finite, quantile_t, size_of


def ratio_interval(numerators: ArrayLike, denominators: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the interval of mean(numerators) / mean(denominators) of paired figures, one a seed.

    Raises:
        ValueError: fewer than two pairs, unequal numbers of them, or one that is not finite.
    """
    above, below = finite(numerators), finite(denominators)
    if len(above) != len(below):
        raise ValueError(f"a ratio needs pairs: {len(above)} numerators and {len(below)} denominators")
    sizes = size_of(above), size_of(below)
    above, below = above / sizes[0], below / sizes[1]
    means = np.array([above.mean(), below.mean()])
    found = fieller(means, np.cov(above, below) / len(above), len(above), confidence)
    estimate, low, high = (float(np.ldexp(end, _exponent(sizes))) for end in found[:3])
    return found._replace(estimate=estimate, low=low, high=high)


def _exponent(sizes: tuple[float, float]) -> int:
    return math.frexp(sizes[0])[1] - math.frexp(sizes[1])[1]


def fieller(means: Floats, covariance: Floats, n: int, confidence: float = 0.95) -> Interval:
    """Return the interval of means[0] / means[1], given the covariance (2, 2) of the means of ``n`` seeds."""
    t = quantile_t(confidence, n - 1)
    (a, b), ((v_a, v_ab), (_, v_b)) = means.tolist(), covariance.tolist()
    square, cross, rest = b * b - t * t * v_b, a * b - t * t * v_ab, a * a - t * t * v_a
    if square <= 0.0:
        return Interval(a / b if b else math.nan, -math.inf, math.inf, confidence, n, "Fieller")
    half = math.sqrt(max(0.0, cross * cross - square * rest))
    return Interval(a / b, (cross - half) / square, (cross + half) / square, confidence, n, "Fieller")
