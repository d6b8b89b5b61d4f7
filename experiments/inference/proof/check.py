"""A check: how often something happened over many synthetic data sets, held against how often it should.

``low`` and ``high`` bound the true rate with 99.9 % (Clopper, Pearson 1934). A check passes iff some rate between them
is allowed (at least, at most or equal to the nominal rate, but for the stated tolerance) *and* they lie close together,
so that noise alone never passes.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

CONFIDENCE = 0.999
WIDEST = 0.06  # half of the distance between the bounds
ROUNDING = 1e-9

Rule = Literal["=", "≥", "≤"]
Measure = Literal["coverage", "error", "power", "counterexample", "exact"]


class Check(NamedTuple):
    """One rate and its verdict; ``id`` is the method, ``sets`` the number of data sets behind the rate."""

    id: str
    measure: Measure
    name: str
    rule: Rule
    nominal: float
    tolerance: float
    observed: float
    low: float
    high: float
    sets: int
    passed: bool


def coverage(
    method: str, name: str, hits: ArrayLike, nominal: float = 0.95, rule: Rule = "≥", tolerance: float = 0.0
) -> Check:
    """Check how often intervals hold the truth."""
    return _rate(method, "coverage", name, hits, rule, nominal, tolerance)


def error(
    method: str, name: str, hits: ArrayLike, nominal: float = 0.05, rule: Rule = "≤", tolerance: float = 0.0
) -> Check:
    """Check how often something false is found."""
    return _rate(method, "error", name, hits, rule, nominal, tolerance)


def power(method: str, name: str, hits: ArrayLike, nominal: float, tolerance: float = 0.0) -> Check:
    """Check that what is there is found at least so often."""
    return _rate(method, "power", name, hits, "≥", nominal, tolerance)


def counterexample(method: str, name: str, hits: ArrayLike, known: float, tolerance: float) -> Check:
    """Check that a method known to fail is seen to fail, as often as known."""
    return _rate(method, "counterexample", name, hits, "=", known, tolerance)


def exact(method: str, name: str, expected: float, observed: float) -> Check:
    """Check a figure that nothing random enters: equal but for rounding."""
    seen, half = float(observed), ROUNDING * max(1.0, abs(expected))
    return Check(method, "exact", name, "=", expected, half, seen, seen, seen, 1, abs(seen - expected) <= half)


def _rate(
    method: str, measure: Measure, name: str, hits: ArrayLike, rule: Rule, nominal: float, tolerance: float
) -> Check:
    happened = np.asarray(hits, dtype=bool)
    low, high = stats.binomtest(int(happened.sum()), len(happened)).proportion_ci(CONFIDENCE, method="exact")
    allowed = (rule == "≥" or low <= nominal + tolerance) and (rule == "≤" or high >= nominal - tolerance)
    passed = bool(allowed and high - low <= 2.0 * WIDEST)
    return Check(method, measure, name, rule, nominal, tolerance, float(happened.mean()), float(low), float(high),
                 len(happened), passed)  # fmt: skip
