"""What common random numbers achieve, and when enough replicates are done.

With z the replicates of one point in units of their own spread, the mean correlation over all pairs of P points is

    ρ = (|Σ z|² / R − P) / (P (P − 1))          R replicates, Σ over points

A difference of two points then varies as 2σ²(1 − ρ): with ρ near 0 the pairs are no better than independent runs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.sweep.design import Stop
from experiments.sweep.ledger import Ledger
from experiments.sweep.ordered import by_points

WEAK = 0.1
FEWEST_REPLICATES = 3
_ROUNDING = 1e-9
_MOST_REPLICATES = 1000


class Pairing(NamedTuple):
    """Mean correlation of an outcome over all pairs of points, and how many points it rests on."""

    outcome: str
    correlation: float
    points: int
    replicates: int


def pairings(ledger: Ledger) -> list[Pairing]:
    """Return what the pairs achieved, for each outcome kept that varies; of points whose replicates are all done.

    Points of a list are worlds of their own, not arms of which differences are taken: of them nothing is said.
    A thousand replicates say it to ± 0.03 for two points, and closer for more: of more the first are taken.
    """
    design = ledger.design()
    replicates = min(ledger.stopped_after() or design["replicates"], _MOST_REPLICATES)
    names = [f"{kind}.{name}" for kind in ("final", "mean") for name in design["outcomes"][kind]]
    paired = design["common_random_numbers"] and design["kind"] != "list"
    (alone,) = ledger.connection.execute("SELECT count(*) < 2 FROM design_points").fetchone()
    if not paired or replicates < FEWEST_REPLICATES or not names or alone:
        return []
    total, points = np.zeros((len(names), replicates)), np.zeros(len(names), dtype=np.int64)
    for every in by_points(ledger, names, replicates):
        undone = np.asarray(np.isnan(every).all(axis=2)).any(axis=1)
        values = every[~undone]
        with np.errstate(invalid="ignore"):
            scaled = values / _size(values)
            deviations = scaled - scaled.mean(axis=1, keepdims=True)
            spread = np.sqrt((deviations**2).mean(axis=1, keepdims=True))
            varies = spread > _ROUNDING * np.abs(scaled).max(axis=1, keepdims=True)  # false for what is no number
        total += np.divide(deviations, spread, out=np.zeros_like(deviations), where=varies).sum(axis=0).T
        points += varies.sum(axis=(0, 1))
    return [
        Pairing(name, float((total[n] @ total[n] / replicates - points[n]) / (points[n] * (points[n] - 1.0))),
                int(points[n]), replicates)
        for n, name in enumerate(names) if points[n] > 1
    ]  # fmt: skip


def warning_of(found: list[Pairing]) -> str | None:
    """Return a line on the outcomes that do not pair, or None."""
    weak = [each for each in found if each.correlation < WEAK]
    if not weak:
        return None
    some = ", ".join(f"{each.outcome} {each.correlation:.2f}" for each in weak[:3])
    more = f" and {len(weak) - 3} more" if len(weak) > 3 else ""
    return f"common random numbers do not pair for {some}{more} (correlation below {WEAK:g})"


def half_width(ledger: Ledger, stop: Stop, replicates: int) -> float:
    """Return the widest half-width of the outcome's mean over the points, from the first replicates.

    Infinite where a point has too few numbers, or an infinite one.
    """
    from scipy import stats

    widest = 0.0
    for values in by_points(ledger, [stop.outcome], replicates):
        known = ~np.isnan(values)
        count = known.sum(axis=1)
        if (count < stop.least).any() or np.isinf(values).any():
            return math.inf
        quantile, size = stats.t.ppf(0.5 + stop.confidence / 2.0, count - 1), _size(np.where(known, values, 0.0))
        each = quantile * size[:, 0] * np.nanstd(values / size, axis=1, ddof=1) / np.sqrt(count)
        widest = max(widest, float(each.max()))
    return widest


def _size(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of the largest value over the replicates of each point, shape (points, 1, names).

    It is a power of two: in units of it all squares are numbers.
    """
    return np.asarray(np.ldexp(1.0, np.frexp(np.abs(values).max(axis=1, keepdims=True))[1] - 1))
