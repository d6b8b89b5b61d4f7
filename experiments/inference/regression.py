"""One coefficient beside controls, with errors that belong together by seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from experiments.inference.intervals import Floats, Interval


def coefficient(y: Floats, x: Floats, controls: Sequence[Floats], confidence: float) -> Interval:
    """Return the coefficient of ``x`` in a regression of ``y`` on it and controls, each of shape (seeds, arms).

    Demeaned within each seed, so that seeds pair; the covariance is clustered by seed with the small-sample factor, and
    the quantile is Student's with seeds − 1 degrees of freedom (Cameron, Miller 2015).

    Raises:
        ValueError: the regressors do not vary, or only together.
    """
    from scipy import stats

    within = [values - values.mean(axis=1, keepdims=True) for values in (y, x, *controls)]
    seeds, arms = y.shape
    columns = np.stack(within[1:], axis=-1)
    flat = columns.reshape(seeds * arms, -1)
    if np.linalg.matrix_rank(flat) < flat.shape[1]:
        raise ValueError("the regressors do not vary, or only together")
    inverse = np.linalg.inv(flat.T @ flat)
    slopes = inverse @ flat.T @ within[0].ravel()
    residuals = within[0] - columns @ slopes
    scores = np.einsum("sak,sa->sk", columns, residuals)
    factor = seeds / (seeds - 1.0) * (seeds * arms - 1.0) / (seeds * arms - flat.shape[1])
    covariance = factor * inverse @ (scores.T @ scores) @ inverse
    half = float(stats.t.ppf(0.5 + confidence / 2.0, seeds - 1)) * math.sqrt(float(covariance[0, 0]))
    value = float(slopes[0])
    return Interval(value, value - half, value + half, confidence, seeds, "clustered by seed")
