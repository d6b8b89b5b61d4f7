"""How much of an outcome's variance the factors make, how much the seeds, and whether there are enough replicates.

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

The interval of the seeds' share is of draws over the units of the design and over the seeds. Luck that all points share
is seen once a replicate, in no unit more than in another: the variance of the replicates' means is drawn as the truth
that a chi-square of R − 1 degrees hides (a generalized interval: Weerahandi 1993). Residual luck differs from unit to
unit and needs no more, unless units share points. Then it and the variance of points are drawn so too.

How well the mean of a point is known after n replicates: the half-width of its interval is t_(n−1) s_n / √n. It is set
against the spread between points (their standard deviation, luck taken out): a mean known to a tenth of that tells the
points apart. Where equal replicates share their seed, comparisons rest on the distance of a point to the mean over all
points in the same replicate, from which common luck drops out: its half-width is given too.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from experiments.analysis import estimates
from experiments.analysis.estimates import Estimate, Floats, Units, Weights

ENOUGH = 0.1
_MOST = 1_000_000
_NOTHING = Estimate(math.nan)


@dataclass(frozen=True)
class Noise:
    """Shares of the variance of a single run, and the seeds' share in it and in the mean over the replicates."""

    spread: float  # standard deviation between points, luck taken out; 0 if luck explains all there is
    point: float = math.nan  # share that the factors make
    replicate: float = math.nan  # share of the luck that all points have in common; NaN without common random numbers
    residual: float = math.nan  # share of the luck that does not pair
    seeds: Estimate = _NOTHING  # share of both lucks, with its interval over units and seeds
    seeds_in_mean: float = math.nan  # their share in the mean over the replicates
    seeds_between: float = math.nan  # the share of what does not pair in the variance between such means
    unknown: str = ""  # why there are no shares, or nothing


def measure_noise(values: Floats, units: Units, paired: bool) -> Noise:
    """Return the shares of an outcome of shape (points, replicates)."""
    points, replicates = values.shape
    if replicates == 1:
        why = "one replicate: the seeds' share of the variance is unknown; two or more would tell"
        spread = math.sqrt(_between(values[:, 0], estimates.plain_weights(units))[0]) if points > 1 else math.nan
        return Noise(spread, unknown=why)
    if points == 1:
        return Noise(math.nan, unknown="one point: all variance is the seeds'")
    point, replicate, residual = (float(v[0]) for v in components(values, estimates.plain_weights(units), paired))
    luck = replicate + residual
    total, of_mean = point + luck, point + luck / replicates
    if min(total, of_mean) <= 1e-9 * residual:
        return Noise(0.0, unknown="the luck of so few runs hides all else")
    shares = _drawn_shares(values, units, paired) if units.count >= estimates.FEWEST_UNITS else np.empty(0)
    return Noise(
        spread=math.sqrt(max(point, 0.0)),
        point=point / total,
        replicate=replicate / total if paired else math.nan,
        residual=residual / total,
        seeds=estimates.percentiles(luck / total, shares),
        seeds_in_mean=luck / replicates / of_mean,
        seeds_between=residual / (replicates * point + residual) if point + residual / replicates > 0.0 else math.nan,
    )


def _drawn_shares(values: Floats, units: Units, paired: bool) -> Floats:
    """Return draws of the share of both lucks, over the units and over the seeds."""
    weights, replicates, random = estimates.bootstrap_weights(units), values.shape[1], estimates.generator(2)
    point, replicate, residual = components(values, weights, paired)
    squares = (weights.points**2).sum(axis=1)
    of_means = replicate + residual * squares
    if units.shared:
        freedom = _freedom(values, weights.points, paired)
        residual = np.maximum(residual, 0.0) * freedom / random.chisquare(freedom)  # rounding may leave less than 0
        point = _drawn_between(values.mean(axis=1), weights, residual / replicates, random)
    luck = residual
    if paired:
        freedom = replicates - 1.0
        luck = residual * (1.0 - squares) + of_means * freedom / random.chisquare(freedom, size=len(squares))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(luck / (point + luck))


def _freedom(values: Floats, weights: Floats, paired: bool) -> Floats:
    """Return the degrees of freedom of the residual variance in each draw of weights.

    They are Satterthwaite's where points differ in their luck, and fewer if its tails are heavier than the normal's.
    """
    points, replicates = values.shape
    if paired:
        values = values - weights.mean(axis=0) @ values
    own = values.var(axis=1, ddof=1)
    squared = own**2 * (replicates - 1.0) / (replicates + 1.0)  # of the variance, without bias under normal luck
    fourth = ((values - values.mean(axis=1, keepdims=True)) ** 4).mean(axis=1) * (replicates / (replicates - 1.0)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.fmax(fourth.sum() / squared.sum() - 3.0, 0.0)
        found = (replicates - 1.0) * (weights @ own) ** 2 / (weights**2 @ squared)
    most = (points - paired) * (replicates - 1.0)
    return np.asarray(np.fmin(found, most) / (1.0 + excess * (replicates - 1.0) / replicates / 2.0))


def _drawn_between(means: Floats, weights: Weights, luck: Floats, random: np.random.Generator) -> Floats:
    """Return draws of the variance between points whose means have a luck of that variance each.

    What is seen of it is ``unit`` times a noncentral chi-square, (√λ + z)² + χ², which is solved for λ.
    """
    w = weights.points
    means = means - w[0] @ means
    seen = np.maximum(w @ means**2 - (w @ means) ** 2, 0.0)
    squares = (w**2).sum(axis=1)
    freedom = (1.0 - squares) ** 2 / (squares - 2.0 * (w**3).sum(axis=1) + squares**2)
    unit = luck * (1.0 - squares) / freedom
    others = 2.0 * random.standard_gamma(np.maximum(freedom - 1.0, 0.0) / 2.0)
    root = np.sqrt(np.maximum(seen - unit * others, 0.0)) - np.sqrt(unit) * random.standard_normal(len(w))
    return np.asarray(np.maximum(root, 0.0) ** 2 / (1.0 - weights.squares))


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


@dataclass(frozen=True)
class Replication:
    """How the means settle; half-widths are in the outcome's unit."""

    counts: tuple[int, ...]  # 2, 3, … replicates
    median: tuple[float, ...]  # half-width at the median point after each count
    worst: tuple[float, ...]  # at the worst point
    compared: tuple[float, ...]  # of the distance to the mean over points, at the worst; none if seeds are not shared
    spread: float  # standard deviation between points, luck taken out; NaN if unknown
    needed: int | None = None  # estimated replicates for a tenth of that at the worst; None if unknown or beyond 10⁶
    needed_to_compare: int | None = None  # the same of the distance; None also if seeds are not shared
    enough: bool | None = None  # whether the worst mean is known so well; None if unknown
    unknown: str = ""  # why, or nothing


def measure_replication(values: Floats, spread: float, paired: bool) -> Replication:
    """Return how the means of an outcome of shape (points, replicates) settle, against the spread between points."""
    counts = tuple(range(2, values.shape[1] + 1))
    if not counts:
        return Replication((), (), (), (), spread, unknown="one replicate: nothing tells how the next would differ")
    paired = paired and len(values) > 1
    distances = values - values.mean(axis=0)
    halves = [_half_widths(values[:, :n]) for n in counts]
    compared = tuple(float(_half_widths(distances[:, :n]).max()) for n in counts) if paired else ()
    median, worst = (tuple(float(take(half)) for half in halves) for take in (np.median, np.max))
    if not spread > 0.0:
        why = "one point only" if math.isnan(spread) else "no spread between points is seen above the luck"
        return Replication(counts, median, worst, compared, spread, unknown=why)
    needed, to_compare = (_needed(given, ENOUGH * spread) for given in (values, distances))
    return Replication(
        counts, median, worst, compared, spread, needed, to_compare if paired else None, worst[-1] <= ENOUGH * spread
    )


def _half_widths(values: Floats) -> Floats:
    _, low, high = estimates.t_intervals(values)
    return (high - low) / 2.0


def _needed(values: Floats, half_width: float) -> int | None:
    """Return the fewest replicates that would give such a half-width at the worst point."""
    deviation, counts = float(values.std(axis=1, ddof=1).max()), range(2, _MOST + 1)
    at = bisect_left(counts, -half_width, key=lambda n: -estimates.t_quantile(n) * deviation / math.sqrt(n))
    return counts[at] if at < len(counts) else None
