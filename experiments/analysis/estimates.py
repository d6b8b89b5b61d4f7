"""What every method returns, and the intervals and the arithmetic of replicates that they share. All are of 95 %.

Noise that differs between replicates drops out of products of *different* replicates. For a observed R times,

    <a a> = ((Σ_r a_r)² − Σ_r a_r²) / (R (R − 1))          E <a a> = E[a]²

since what is random in a_r and in a_s is independent for r ≠ s. So the square of a mean is not inflated by its noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVEL = 0.95
ENDS = (50.0 * (1.0 - LEVEL), 50.0 * (1.0 + LEVEL))  # percentiles
DRAWS = 500
FEWEST_UNITS = 3  # of a design, from which a bootstrap over them is no accident
_SEED = 20_260_401
_ENOUGH = 0.9  # of the draws must give a number, else there is no interval
IN_UNITS = ("contrast", "morris")  # methods whose estimates have the outcome's unit
MEASURES = {
    ("sobol", "first"): "share of the variance of the mean that the factor explains by itself",
    ("sobol", "total"): "share with its interactions; seed noise raises it",
    ("sobol", "second"): "share that two factors explain only together",
    ("sobol", "first, noise-corrected"): "share by itself of the variance that the factors make",
    ("sobol", "total, noise-corrected"): "share with its interactions of the variance that the factors make",
    ("morris", "mu_star"): "mean size of the change over the factor's range, in the outcome's unit",
    ("morris", "mu"): "mean change, with its sign",
    ("morris", "sigma"): "spread of the changes: bends and interactions, and seed noise",
    ("morris", "luck"): "mu_star that seed noise would give without any effect",
    ("levels", "first"): "share of the variance over the grid that the factor explains by itself",
    ("levels", "total"): "share over the grid with its interactions",
    ("levels", "pair"): "share that two factors explain only together",
    ("contrast", "effect"): "outcome at the higher level less that at the lower, in the outcome's unit",
    ("contrast", "interaction"): "half of what one factor's effect differs between the levels of the other",
    ("regression", "coefficient"): "change in the outcome (SD) per SD of the factor; for factors with words as values, "
    "its size only",
    ("forest", "importance"): "half the squared error that shuffling it adds for new points, over the variance",
}


class Estimate(NamedTuple):
    """A value and its interval; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def clear(self) -> bool:
        """Return whether the interval is there and leaves out 0."""
        return self.low > 0.0 or self.high < 0.0

    @property
    def bounded(self) -> bool:
        """Return whether there is an interval."""
        return math.isfinite(self.low)


class Index(NamedTuple):
    """One number of one method for one factor, or for two: a line of ``indices.csv``."""

    method: str
    measure: str
    factor: str
    factor2: str
    estimate: Estimate
    note: str = ""


def of(indices: Iterable[Index], method: str, measure: str) -> list[Index]:
    """Return the indices of one method and measure."""
    return [each for each in indices if (each.method, each.measure) == (method, measure)]


def generator(stream: int = 0) -> np.random.Generator:
    """Return the generator of every bootstrap, the same each time: same store, same bytes."""
    return np.random.default_rng([_SEED, stream])


def crossed(values: Floats) -> Floats:
    """Return the mean product over pairs of different replicates; the replicates are the last axis.

    With one replicate there are no such pairs: the plain square, noise and all.
    """
    count = values.shape[-1]
    if count == 1:
        return np.asarray(values[..., 0] ** 2)
    return np.asarray((values.sum(-1) ** 2 - (values**2).sum(-1)) / (count * (count - 1.0)))


def t_intervals(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, low and high over the last axis by Student's t; NaN for low and high of fewer than two values."""
    mean, count = np.asarray(values.mean(axis=-1)), values.shape[-1]
    if count < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = t_quantile(count) * values.std(axis=-1, ddof=1) / math.sqrt(count)
    return mean, mean - half, mean + half


def t_quantile(count: int) -> float:
    """Return how many standard errors of the mean of so many values an interval reaches."""
    from scipy import stats

    return float(stats.t.ppf(0.5 + LEVEL / 2.0, count - 1))


@dataclass(frozen=True)
class Units:
    """The units of a design (points, trajectories, base samples) that were drawn independently.

    A design of few values comes to the same points again and again: a point is run once, but lies in many units, and
    counts in each.
    """

    points: Integers  # of each row of the design
    of_row: Integers  # the unit of each row, from 0

    @classmethod
    def each(cls, points: int) -> Units:
        """Return units of one point each."""
        return cls(np.arange(points), np.arange(points))

    @property
    def count(self) -> int:
        """Return how many units there are."""
        return int(self.of_row.max()) + 1

    @property
    def shared(self) -> bool:
        """Return whether units come to the same points so often that the luck of those is no longer each one's own."""
        return len(self.points) >= 2 * len(self.shares)

    def bounded(self, replicates: int, fewest: int = 2) -> bool:
        """Return whether there are intervals: enough units and, if they share luck, the fewest replicates it takes."""
        return self.count >= FEWEST_UNITS and (replicates >= fewest or not self.shared)

    @property
    def shares(self) -> Floats:
        """Return the share of the rows that lie at each point, shape (points,)."""
        return np.bincount(self.points) / len(self.points)

    def per(self, member: Integers, groups: int) -> Integers:
        """Return how many units have a row in each group of points; ``member`` is the group of each point."""
        found = np.unique(np.stack([member[self.points], self.of_row]), axis=1)[0]
        return np.bincount(found, minlength=groups)


class Weights(NamedTuple):
    """Weights of points in each draw, shape (draws, points), sums 1; and the sum of squares of those of rows."""

    points: Floats
    squares: Floats


def plain_weights(units: Units) -> Weights:
    """Return one draw in which every row of the design weighs the same."""
    return Weights(units.shares[None, :], np.array([1.0 / len(units.points)]))


def bootstrap_weights(units: Units, draws: int = DRAWS) -> Weights:
    """Return the weights in each draw of a Bayesian bootstrap over units (Rubin 1981).

    Rows of one unit share its weight: they are not independent. A point weighs as its rows do together.
    """
    from scipy import sparse

    held = sparse.csr_array((np.ones(len(units.points)), (units.points, units.of_row)))
    drawn = generator().exponential(size=(draws, units.count))
    weights = np.ascontiguousarray((held @ drawn.T).T)
    total = weights.sum(axis=1)
    squares = (drawn**2) @ np.bincount(units.of_row) / total**2
    return Weights(weights / total[:, None], squares)


def replicate_weights(replicates: int, draws: int = DRAWS) -> Floats:
    """Return how often each replicate is drawn, as shares, shape (draws, replicates).

    With the weights of points this is a bootstrap of both at once, rather wide than narrow (Owen 2007).
    """
    return generator(1).multinomial(replicates, np.full(replicates, 1.0 / replicates), size=draws) / replicates


def student_weights(replicates: int, draws: int = DRAWS) -> Floats:
    """Return weights of two or more replicates in each draw, sums 1, shape (draws, replicates); some are below 0.

    Means so weighted spread as Student's t has it. Of a few replicates drawn anew they would be too alike.
    """
    random = generator(1)
    normal = random.standard_normal((draws, replicates))
    scale = np.sqrt(replicates * random.chisquare(replicates - 1.0, size=(draws, 1)))
    return np.asarray(1.0 / replicates + (normal - normal.mean(axis=1, keepdims=True)) / scale)


def luck_weights(units: Units, replicates: int) -> Floats:
    """Return weights of the replicates for means over units: Student's where luck is seen over replicates alone."""
    return student_weights(replicates) if units.shared and replicates > 1 else replicate_weights(replicates)


def percentiles(value: float, draws: Floats) -> Estimate:
    """Return a value with the percentiles of its draws; without, if there are none or too many gave no number."""
    finite = draws[np.isfinite(draws)]
    if not len(finite) or len(finite) < _ENOUGH * len(draws):
        return Estimate(value)
    return Estimate(value, *map(float, np.percentile(finite, ENDS)))
