"""Are there enough replicates? How well the mean of each point is known, after 2, 3, … replicates.

The half-width of the interval of a point's mean after n replicates is t_(n−1) s_n / √n. It is set against the spread
between points (their standard deviation, luck taken out): a mean known to a tenth of that tells the points apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from experiments.analysis.intervals import Floats, t_intervals, t_quantile

ENOUGH = 0.1
_MOST = 1_000_000


@dataclass(frozen=True)
class Replication:
    """How the means settle.

    Attributes:
        counts: 2, 3, … replicates.
        median: half-width at the median point after each count, in the outcome's unit.
        worst: half-width at the worst point.
        spread: standard deviation between points, luck taken out; NaN if unknown.
        needed: estimated replicates for the worst half-width to be a tenth of the spread; None if unknown or beyond
            a million.
        enough: whether it is that already; None if unknown.
        unknown: why, or nothing.
    """

    counts: tuple[int, ...]
    median: tuple[float, ...]
    worst: tuple[float, ...]
    spread: float
    needed: int | None
    enough: bool | None
    unknown: str = ""


def measure_replication(values: Floats, spread: float) -> Replication:
    """Return how the means of an outcome of shape (points, replicates) settle, against the spread between points."""
    counts = tuple(range(2, values.shape[1] + 1))
    if not counts:
        return Replication((), (), (), spread, None, None, "one replicate: nothing tells how the next would differ")
    halves = [(high - low) / 2.0 for _, low, high in (t_intervals(values[:, :n]) for n in counts)]
    median, worst = (tuple(float(take(half)) for half in halves) for take in (np.median, np.max))
    if not spread > 0.0:
        why = "one point only" if math.isnan(spread) else "no spread between points is seen above the luck"
        return Replication(counts, median, worst, spread, None, None, why)
    deviation = float(values.std(axis=1, ddof=1).max())
    return Replication(counts, median, worst, spread, _needed(deviation, ENOUGH * spread), worst[-1] <= ENOUGH * spread)


def _needed(deviation: float, half_width: float) -> int | None:
    """Return the fewest replicates that give such a half-width, by bisection."""
    low, high = 1, 2
    while not _half(deviation, high) <= half_width:
        low, high = high, 2 * high
        if high > 2 * _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _half(deviation, middle) <= half_width else (middle, high)
    return high if high <= _MOST else None


def _half(deviation: float, count: int) -> float:
    return t_quantile(count) * deviation / math.sqrt(count)
