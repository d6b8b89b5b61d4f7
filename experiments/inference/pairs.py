"""Who gets there first: the hazard ratio of matched pairs.

With a stratum for each pair the partial likelihood of Cox (1972) depends on who is first alone, so that

    HR = (pairs in which the first arm is first) / (pairs in which the second is)

and the share HR / (1 + HR) has the exact interval of Clopper, Pearson (1934). Ties, and pairs in which neither arrives,
say nothing and are left out. Assumes proportional hazards within a pair. Source: Holt, Prentice (1974).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from experiments.inference.intervals import Floats, Interval


class Pairs(NamedTuple):
    """Pairs by who is first, and those that say nothing."""

    first: int
    second: int
    silent: int


def count_pairs(first: Floats, second: Floats) -> Pairs:
    """Return who is first how often; times of shape (n,), infinite if never."""
    return Pairs(int((first < second).sum()), int((second < first).sum()), int((first == second).sum()))


def hazard_ratio(first: Floats, second: Floats, confidence: float) -> Interval:
    """Return the hazard ratio of the first arm to the second; 1 with no bounds if no pair says anything."""
    from scipy import stats

    pairs = count_pairs(first, second)
    told = pairs.first + pairs.second
    if not told:
        return Interval(1.0, 0.0, math.inf, confidence, 0, "matched pairs")
    share = stats.binomtest(pairs.first, told).proportion_ci(confidence)
    ratio = [math.inf if p >= 1.0 else p / (1.0 - p) for p in (pairs.first / told, share.low, share.high)]
    return Interval(float(ratio[0]), float(ratio[1]), float(ratio[2]), confidence, told, "matched pairs")


def as_times(values: Floats) -> Floats:
    """Return times with what is missing as never."""
    return np.where(np.isnan(values), np.inf, values)
