"""Verdicts: an interval against the smallest effect of interest."""

from __future__ import annotations

import math

from experiments.inference.intervals import Interval


def judge(interval: Interval, sign: str, sesoi: float, nothing: float = 0.0, ratio: bool = False) -> str:
    """Return supported, contradicted, negligible or undecided."""
    low, high, bound = interval.low, interval.high, sesoi
    if ratio:
        low, high = (math.log(x) if x > 0.0 else -math.inf for x in (low, high))
        nothing, bound = math.log(nothing), math.log(sesoi)
    low, high = low - nothing, high - nothing
    if sign == "-":
        low, high = -high, -low
    if low > bound:
        return "supported"
    if high < -bound:
        return "contradicted"
    return "negligible" if -bound < low and high < bound else "undecided"
