"""Time to a target, with runs that never reach it: the hazard ratio of two arms, paired by seed.

Cox's (1972) partial likelihood stratified by pairs knows only which arm of a pair is first. With k pairs where the
treated arm is first and m where the other is,

    hazard ratio = k/m,   k ~ Bin(k + m, HR/(1 + HR))

so the exact interval of a share (Clopper, Pearson 1934) gives the exact one of the ratio, whatever the luck that a pair
shares. Assumes proportional hazards within a pair, and that both arms are watched equally long. Pairs in which neither
arm gets there, or both at once, say nothing and are counted. Times in whole months make ties; among few of them and a
small hazard a month the ratio is hardly touched, else it is one of odds.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from experiments.inference.intervals import Interval


class PairedTimes(NamedTuple):
    """The interval of the log hazard ratio, and the pairs behind it; above 0 the treated arm is sooner."""

    log_hazard_ratio: Interval
    treated_first: int
    control_first: int
    ties: int
    censored: int


def hazard_ratio(treated: ArrayLike, control: ArrayLike, confidence: float = 0.95) -> PairedTimes:
    """Compare times to a target, one a seed in the same order; NaN for a run that never reached it.

    Raises:
        ValueError: the arms differ in their number of seeds.
    """
    one, other = np.asarray(treated, dtype=np.float64), np.asarray(control, dtype=np.float64)
    if one.shape != other.shape:
        raise ValueError(f"pairs need the same seeds: {one.shape} treated and {other.shape} control")
    never = np.isnan(one) & np.isnan(other)
    first, second = np.nan_to_num(one, nan=np.inf), np.nan_to_num(other, nan=np.inf)
    wins, losses = int((first < second).sum()), int((first > second).sum())
    ties = len(one) - wins - losses - int(never.sum())
    return PairedTimes(log_odds(wins, losses, confidence), wins, losses, ties, int(never.sum()))


def log_odds(wins: int, losses: int, confidence: float = 0.95) -> Interval:
    """Return the exact interval of log(p/(1 - p)) for so many wins; infinite where a side has none."""
    n = wins + losses
    if n == 0:
        return Interval(math.nan, -math.inf, math.inf, confidence, 0, "Clopper-Pearson")
    level = (1.0 - confidence) / 2.0
    least = float(special.betaincinv(wins, losses + 1, level)) if wins else 0.0
    most = float(special.betainccinv(wins + 1, losses, level)) if losses else 1.0
    estimate, low, high = (_logit(p) for p in (wins / n, least, most))
    return Interval(estimate, low, high, confidence, n, "Clopper-Pearson")


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p)) if 0.0 < p < 1.0 else math.copysign(math.inf, p - 0.5)
