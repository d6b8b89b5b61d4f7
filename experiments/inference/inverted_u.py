"""Is there an optimum inside the range? The test of Lind, Mehlum (2010), on doses with paired seeds.

    y_sx = α_s + β x + γ x² + ε        demeaned within each seed s, so that seeds pair

An inverted U needs a positive slope at the lower end, β + 2 γ x_l > 0, and a negative one at the upper, β + 2 γ x_h <
0: an intersection-union test, whose p is the larger of the two one-sided ones (covariance clustered by seed). The rise
is how far the parabola's top lies above its better end; its interval is a bootstrap over seeds. A parabola is an
assumption: data that rise and then level off can look like one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from experiments.inference.intervals import Floats, Interval

_DRAWS = 2000


class InvertedU(NamedTuple):
    """Slopes at the ends, the test's p-value, the dose of the top, and the rise from the better end to it."""

    low_slope: float
    high_slope: float
    p: float
    top: float
    rise: float


def fit(doses: Floats, outcomes: Floats) -> InvertedU:
    """Return the test on outcomes of shape (seeds, doses)."""
    from scipy import stats

    beta, gamma, covariance = _coefficients(doses, outcomes)
    ends = (float(doses.min()), float(doses.max()))
    slopes = [beta + 2.0 * gamma * end for end in ends]
    errors = []
    for end in ends:
        vector = np.array([1.0, 2.0 * end])
        errors.append(math.sqrt(max(float(vector @ covariance @ vector), 0.0)))
    degrees = len(outcomes) - 1
    signed = [slopes[0], -slopes[1]]
    p = max(
        float(stats.t.sf(slope / error, degrees)) if error > 0.0 else float(slope <= 0.0)
        for slope, error in zip(signed, errors, strict=True)
    )
    top = -beta / (2.0 * gamma) if gamma < 0.0 else math.nan
    return InvertedU(slopes[0], slopes[1], p, top, _rise(beta, gamma, ends))


def rise_interval(doses: Floats, outcomes: Floats, confidence: float) -> Interval:
    """Return the rise with the percentile interval of a bootstrap over seeds; 0 where the top is not inside."""
    ends = (float(doses.min()), float(doses.max()))
    random = np.random.default_rng(len(outcomes))
    per_seed = np.array([_per_seed(doses, row) for row in outcomes])
    drawn = per_seed[random.integers(len(outcomes), size=(_DRAWS, len(outcomes)))].mean(axis=1)
    rises = [_rise(beta, gamma, ends) for beta, gamma in drawn.tolist()]
    low, high = np.percentile(rises, [50.0 * (1.0 - confidence), 50.0 * (1.0 + confidence)])
    beta, gamma = per_seed.mean(axis=0)
    return Interval(
        _rise(float(beta), float(gamma), ends), float(low), float(high), confidence, len(outcomes), "bootstrap"
    )


def _per_seed(doses: Floats, row: Floats) -> Floats:
    """Return β and γ of one seed: with balanced doses their mean over seeds is the pooled fit."""
    x = np.column_stack([doses, doses**2])
    return np.asarray(np.linalg.lstsq(x - x.mean(axis=0), row - row.mean(), rcond=None)[0])


def _coefficients(doses: Floats, outcomes: Floats) -> tuple[float, float, Floats]:
    per_seed = np.array([_per_seed(doses, row) for row in outcomes])
    beta, gamma = per_seed.mean(axis=0).tolist()
    return beta, gamma, np.cov(per_seed.T) / len(outcomes)


def _rise(beta: float, gamma: float, ends: tuple[float, float]) -> float:
    """Return how far the top lies above the better end, signed: below 0 by how far the bottom of a U lies below.

    0 if the parabola bends outside the range.
    """
    if gamma == 0.0:
        return 0.0
    top = -beta / (2.0 * gamma)
    if not ends[0] < top < ends[1]:
        return 0.0
    distances = [gamma * (end - top) ** 2 for end in ends]  # of the ends above the bend: below 0 for an inverted U
    return -max(distances) if gamma < 0.0 else -min(distances)
