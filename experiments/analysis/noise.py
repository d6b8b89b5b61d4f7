"""How much of an outcome's variance the factors make, and how much the seeds.

With y_pr the outcome at point p in replicate r, and equal replicates sharing their seed,

    y_pr = m + point_p + replicate_r + residual_pr

where ``replicate`` is the luck that all points share, which drops out of comparisons of points, and ``residual`` the
luck that does not pair. The three variances are estimated without bias from mean squares, weighted by w_p, Σ w = 1:

    residual   = Σ_r V_w(y_pr − ȳ_p) / (1 − Σ w²) / (R − 1)             V_w = Σ w x² − (Σ w x)²
    replicate  = Var_r(Σ_p w_p y_pr) − residual Σ w²
    point      = (V_w(ȳ_p) − (1 − Σ w²) residual / R) / (1 − Σ v²)

v are the weights of the design's rows: w, unless rows share a point, whose luck is then drawn once and its place often.

An estimate without bias may fall below 0, which means 0 within its noise. Without common random numbers a replicate's
number means nothing, and all luck is residual. Source: Searle, Casella, McCulloch (1992), Variance Components, ch. 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from experiments.analysis.intervals import (
    Estimate,
    Floats,
    Units,
    Weights,
    bootstrap_weights,
    percentiles,
    plain_weights,
)  # fmt: skip


@dataclass(frozen=True)
class Noise:
    """Shares of the variance of a single run, and the seeds' share in it and in the mean over the replicates.

    Attributes:
        spread: standard deviation between points, luck taken out; 0 if luck explains all there is.
        point: share that the factors make.
        replicate: share of the luck that all points have in common; NaN without common random numbers.
        residual: share of the luck that does not pair.
        seeds: share of both lucks, with the interval over which points were drawn (not over which seeds).
        seeds_in_mean: their share in the mean over the replicates.
        seeds_between: the share of what does not pair in the variance between such means; indices rest on that.
        unknown: why there are no shares, or nothing.
    """

    spread: float
    point: float
    replicate: float
    residual: float
    seeds: Estimate
    seeds_in_mean: float
    seeds_between: float
    unknown: str = ""


def measure_noise(values: Floats, units: Units, paired: bool) -> Noise:
    """Return the shares of an outcome of shape (points, replicates)."""
    points, replicates = values.shape
    nothing = (math.nan,) * 3
    if replicates == 1:
        why = "one replicate: the seeds' share of the variance is unknown; two or more would tell"
        spread = math.sqrt(_between(values[:, 0], plain_weights(units))[0]) if points > 1 else math.nan
        return Noise(spread, *nothing, Estimate(math.nan), math.nan, math.nan, why)
    if points == 1:
        why = "one point: all variance is the seeds'"
        return Noise(math.nan, *nothing, Estimate(math.nan), math.nan, math.nan, why)
    point, replicate, residual = (float(v[0]) for v in components(values, plain_weights(units), paired))
    luck = replicate + residual
    total, of_mean = point + luck, point + luck / replicates
    if min(total, of_mean) <= 1e-9 * residual:
        return Noise(0.0, *nothing, Estimate(math.nan), math.nan, math.nan, "the luck of so few runs hides all else")
    shares = np.empty(0)
    if units.enough:
        drawn = components(values, bootstrap_weights(units), paired)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = (drawn[1] + drawn[2]) / (drawn[0] + drawn[1] + drawn[2])
    return Noise(
        spread=math.sqrt(max(point, 0.0)),
        point=point / total,
        replicate=replicate / total if paired else math.nan,
        residual=residual / total,
        seeds=percentiles(luck / total, shares),
        seeds_in_mean=luck / replicates / of_mean,
        seeds_between=residual / (replicates * point + residual) if point + residual / replicates > 0.0 else math.nan,
    )


def components(values: Floats, weights: Weights, paired: bool) -> tuple[Floats, Floats, Floats]:
    """Return the variances of point, replicate and residual for each draw of weights.

    Args:
        values: shape (points, replicates), two or more of each.
        weights: weights of the points.
        paired: whether equal replicates share their seed.
    """
    replicates, w = values.shape[1], weights.points
    values = values - values.mean()
    means = values.mean(axis=1)
    deviations = values - means[:, None]
    squares = (w**2).sum(axis=1)
    if paired:
        spread = w @ (deviations**2).sum(axis=1) - ((w @ deviations) ** 2).sum(axis=1)
        residual = spread / (1.0 - squares) / (replicates - 1.0)
        replicate = (w @ values).var(axis=1, ddof=1) - residual * squares
    else:
        residual = w @ values.var(axis=1, ddof=1)
        replicate = np.zeros_like(residual)
    luck = residual / replicates * (1.0 - squares) / (1.0 - weights.squares)
    return _between(means, weights) - luck, replicate, residual


def _between(means: Floats, weights: Weights) -> Floats:
    """Return the variance of points' means for each draw of weights."""
    means = means - weights.points[0] @ means
    found = weights.points @ means**2 - (weights.points @ means) ** 2
    return np.asarray(np.maximum(found, 0.0) / (1.0 - weights.squares))
