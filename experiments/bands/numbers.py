"""What is told of many seeds: the band of an outcome by month, and the paired difference of two worlds."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

LOW, HIGH = 0.05, 0.95
"""Quantiles over seeds between which a band lies."""
LEVEL = 0.95
"""Level of the interval of a mean difference."""


class Bands(NamedTuple):
    """An outcome over seeds, shape (months, outcomes) each; over the seeds that have a value in that month."""

    seeds: Counts
    mean: Floats
    low: Floats
    median: Floats
    high: Floats


class Differences(NamedTuple):
    """The mean of paired differences with its interval, shape (months, outcomes) each."""

    seeds: Counts
    mean: Floats
    low: Floats
    high: Floats


def bands_of(seen: Floats) -> Bands:
    """Return the bands of what was observed, shape (seeds, months, outcomes)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice|Mean of empty slice", category=RuntimeWarning)
        low, median, high = np.nanquantile(seen, [LOW, 0.5, HIGH], axis=0)
        mean = np.nanmean(seen, axis=0)
    return Bands(np.isfinite(seen).sum(axis=0), mean, low, median, high)


def differences_of(first: Floats, second: Floats) -> Differences:
    """Return the differences, second less first, seed by seed, over the seeds for which both have a value.

    The interval is Student's; there is none for fewer than two seeds. Months and outcomes are taken one at a time.
    """
    paired = second - first
    seeds = np.isfinite(paired).sum(axis=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice|Degrees of freedom", category=RuntimeWarning)
        mean, spread = np.nanmean(paired, axis=0), np.nanstd(paired, axis=0, ddof=1)
    enough = np.maximum(seeds, 2)
    half = np.where(seeds > 1, stats.t.ppf(0.5 + LEVEL / 2.0, enough - 1) * spread / np.sqrt(enough), np.nan)
    return Differences(seeds, mean, mean - half, mean + half)
