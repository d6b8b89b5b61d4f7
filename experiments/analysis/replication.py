"""Are there enough replicates? How well the mean of each point is known, after 2, 3, … replicates.

The half-width of the interval of a point's mean after n replicates is t_(n−1) s_n / √n. It is set against the spread
between points (their standard deviation, luck taken out): a mean known to a tenth of that tells the points apart. Where
equal replicates share their seed, comparisons rest on the distance of a point to the mean over all points in the same
replicate, from which common luck drops out: its half-width is given too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

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
        compared: half-width of the distance to the mean over points, at the worst; nothing if seeds are not shared.
        spread: standard deviation between points, luck taken out; NaN if unknown.
        needed: estimated replicates for the worst half-width to be a tenth of the spread; None if unknown or beyond
            a million.
        needed_to_compare: the same of that distance; None also if seeds are not shared.
        enough: whether the worst mean is that already; None if unknown.
        unknown: why, or nothing.
    """

    counts: tuple[int, ...]
    median: tuple[float, ...]
    worst: tuple[float, ...]
    compared: tuple[float, ...]
    spread: float
    needed: int | None
    needed_to_compare: int | None
    enough: bool | None
    unknown: str = ""

    def times(self, scale: float) -> Replication:
        """Return the same of an outcome in units of which one is so many of its own."""
        median, worst, compared = (
            tuple(value * scale for value in halves) for halves in (self.median, self.worst, self.compared)
        )
        return replace(self, median=median, worst=worst, compared=compared, spread=self.spread * scale)


def measure_replication(values: Floats, spread: float, paired: bool) -> Replication:
    """Return how the means of an outcome of shape (points, replicates) settle, against the spread between points."""
    counts = tuple(range(2, values.shape[1] + 1))
    if not counts:
        why = "one replicate: nothing tells how the next would differ"
        return Replication((), (), (), (), spread, None, None, None, why)
    paired = paired and len(values) > 1
    distances = values - values.mean(axis=0)
    halves = [_half_widths(values[:, :n]) for n in counts]
    compared = tuple(float(_half_widths(distances[:, :n]).max()) for n in counts) if paired else ()
    median, worst = (tuple(float(take(half)) for half in halves) for take in (np.median, np.max))
    if not spread > 0.0:
        why = "one point only" if math.isnan(spread) else "no spread between points is seen above the luck"
        return Replication(counts, median, worst, compared, spread, None, None, None, why)
    needed, to_compare = (
        _needed(float(given.std(axis=1, ddof=1).max()), ENOUGH * spread) for given in (values, distances)
    )
    return Replication(
        counts, median, worst, compared, spread, needed, to_compare if paired else None, worst[-1] <= ENOUGH * spread
    )


def _half_widths(values: Floats) -> Floats:
    _, low, high = t_intervals(values)
    return (high - low) / 2.0


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
