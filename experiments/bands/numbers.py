"""What is told of many seeds: the band of an outcome by month, and the paired difference of two worlds."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]
Answer: TypeAlias = Literal["no_value", "equal", "not_told", "b_higher", "b_lower"]

LOW, HIGH = 0.05, 0.95
"""Quantiles over seeds between which a band lies."""
LEVEL = 0.95
"""Level of the interval of a mean difference."""


class Bands(NamedTuple):
    """Outcomes over the seeds that have a value in that month, NaN where none has; shape (months, …) each."""

    seeds: Counts
    mean: Floats
    low: Floats
    median: Floats
    high: Floats


class Differences(NamedTuple):
    """The paired difference B - A over the seeds that have a value in both worlds; shape (months, …) each.

    Attributes:
        seeds: how many there are.
        a, b: mean of each world over them.
        mean: mean of the differences.
        low, high: its interval (Student's t), for that month and outcome alone; NaN below two seeds.
    """

    seeds: Counts
    a: Floats
    b: Floats
    mean: Floats
    low: Floats
    high: Floats


def bands_of(seen: Floats) -> Bands:
    """Return the bands of what was observed, shape (seeds, months, …)."""
    known = np.isfinite(seen)
    seeds, some = known.sum(axis=0), known.any(axis=0)
    quantiles = np.full((3, *some.shape), np.nan)
    if some.any():
        quantiles[:, some] = np.nanquantile(np.where(known, seen, np.nan)[:, some], (LOW, 0.5, HIGH), axis=0)
    return Bands(seeds, _mean(seen, known), *quantiles)


def differences_of(first: Floats, second: Floats) -> Differences:
    """Return the differences, second less first, seed by seed, over the months that both have."""
    from scipy.special import stdtrit

    months = min(first.shape[1], second.shape[1])
    first, second = first[:, :months], second[:, :months]
    both = np.isfinite(first) & np.isfinite(second)
    seeds = both.sum(axis=0)
    gap = np.subtract(second, first, out=np.zeros(both.shape), where=both)
    mean = _mean(gap, both)
    more = np.where(seeds > 1, seeds - 1.0, np.nan)
    spread = np.sqrt(np.square(gap - mean).sum(axis=0, where=both) / more)
    half = stdtrit(more, 0.5 + LEVEL / 2.0) * spread / np.sqrt(np.maximum(seeds, 1))
    return Differences(seeds, _mean(first, both), _mean(second, both), mean, mean - half, mean + half)


def answer_of(mean: float, low: float, high: float) -> Answer:
    """Return what a paired difference and its interval tell."""
    if not np.isfinite(mean):
        return "no_value"
    if low == high == mean == 0.0:
        return "equal"
    if not np.isfinite(low) or low <= 0.0 <= high:
        return "not_told"
    return "b_higher" if mean > 0.0 else "b_lower"


def _mean(values: Floats, known: NDArray[np.bool_]) -> Floats:
    seeds = known.sum(axis=0)
    return np.asarray(values.sum(axis=0, where=known) / np.where(seeds, seeds, np.nan))
