"""A check: one observed figure, held against what is expected.

``low`` and ``high`` bound the truth behind the observed figure: an interval of 99.9 %, or of rounding where nothing is
random. A check passes iff some figure between them is allowed (at least, at most or equal to what is expected, but for
the stated tolerance) *and* they lie no further apart than stated, so that noise alone never passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.999
ROUNDING = 1e-9  # of figures that should be equal to the last bits
WIDEST_RATE = 0.04  # half of the widest interval of a rate

Rule = Literal["=", "≥", "≤"]
Measure = Literal["value", "coverage", "bias", "error", "power", "counterexample"]


class Check(NamedTuple):
    """One figure and its verdict.

    Attributes:
        source: what is checked: a limit of the theory, a method, a parameter of a fit.
        measure: what kind of figure it is.
        name: what was looked at, in words.
        rule: how the truth behind the observed figure must lie to the expected one.
        expected: what is known.
        tolerance: how far beyond it the truth may lie.
        observed: what was found.
        low, high: its interval.
        passed: the verdict.
    """

    source: str
    measure: Measure
    name: str
    rule: Rule
    expected: float
    tolerance: float
    observed: float
    low: float
    high: float
    passed: bool


def mean(source: str, name: str, expected: float, samples: ArrayLike, widest: float, bias: float = 0.0) -> Check:
    """Check a mean of independent samples by its t-interval, whose half-width may be ``widest`` at most.

    ``bias`` is the least half-width: what a finite horizon may be off by.
    """
    values = np.asarray(samples, dtype=np.float64)
    error = float(values.std(ddof=1)) / len(values) ** 0.5
    half = float(stats.t.ppf((1.0 + CONFIDENCE) / 2.0, len(values) - 1)) * error
    return _value(source, name, expected, float(values.mean()), max(half, bias), half <= widest)


def distance(source: str, name: str, observed: float, allowed: float, widest: float) -> Check:
    """Check a distance of 0 or more, expected to be 0 but for ``allowed``, which may be ``widest`` at most."""
    check = _value(source, name, 0.0, observed, allowed, allowed <= widest)
    return check._replace(low=max(0.0, check.low))


def same_distribution(source: str, name: str, one: ArrayLike, other: ArrayLike, widest: float) -> Check:
    """Check by Kolmogorov and Smirnov's two-sample distance that two samples of equal size have one law, p > 0.001."""
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    critical = float(stats.kstwobign.isf(1.0 - CONFIDENCE)) * (1.0 / len(first) + 1.0 / len(second)) ** 0.5
    return distance(source, name, float(stats.ks_2samp(first, second, method="asymp").statistic), critical, widest)


def follows(
    source: str,
    name: str,
    samples: ArrayLike,
    law: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    widest: float,
    last: float = np.inf,
) -> Check:
    """Check by Kolmogorov's distance, up to ``last``, that samples have the distribution function ``law``, p > 0.001.

    It is conservative for a law of steps, whose jumps the samples must share.
    """
    values = np.asarray(samples, dtype=np.float64)
    places, counts = np.unique(values[values <= last], return_counts=True)
    share = np.cumsum(counts) / len(values)
    before = np.concatenate(([0.0], share[:-1]))
    below = law(np.nextafter(places, -np.inf))
    apart = np.maximum(np.abs(share - law(places)), np.abs(before - below))
    critical = float(stats.kstwobign.isf(1.0 - CONFIDENCE)) / len(values) ** 0.5
    return distance(source, name, float(apart.max(initial=0.0)), critical, widest)


def equal(source: str, name: str, expected: float, observed: float) -> Check:
    """Check a figure that nothing random enters: equal but for rounding."""
    return _value(source, name, expected, float(observed), ROUNDING * abs(expected), True)


def rate(
    source: str, measure: Measure, name: str, rule: Rule, expected: float, hits: ArrayLike, tolerance: float = 0.0
) -> Check:
    """Check how often something happened, by Clopper and Pearson's interval (1934)."""
    happened = np.asarray(hits, dtype=bool)
    low, high = stats.binomtest(int(happened.sum()), len(happened)).proportion_ci(CONFIDENCE, method="exact")
    narrow = bool(high - low <= 2.0 * WIDEST_RATE)
    return within(source, measure, name, rule, expected, tolerance, (float(happened.mean()), float(low), float(high)),
                  narrow)  # fmt: skip


def median(source: str, measure: Measure, name: str, samples: ArrayLike, tolerance: float) -> Check:
    """Check that a median is 0 but for a tolerance, by the interval between two order statistics."""
    values = np.sort(np.asarray(samples, dtype=np.float64))
    k = int(stats.binom.ppf((1.0 - CONFIDENCE) / 2.0, len(values), 0.5))
    found = (float(np.median(values)), float(values[k - 1]), float(values[len(values) - k]))
    return within(source, measure, name, "=", 0.0, tolerance, found)


def within(
    source: str, measure: Measure, name: str, rule: Rule, expected: float, tolerance: float,
    found: tuple[float, float, float], narrow: bool = True,
) -> Check:  # fmt: skip
    """Check a figure with its interval, ``found``, by a rule; it fails if its interval is not ``narrow``."""
    observed, low, high = found
    allowed = (rule == "≥" or low <= expected + tolerance) and (rule == "≤" or high >= expected - tolerance)
    return Check(source, measure, name, rule, expected, tolerance, observed, low, high, bool(allowed and narrow))


def _value(source: str, name: str, expected: float, observed: float, half: float, narrow: bool) -> Check:
    return within(source, "value", name, "=", float(expected), 0.0, (observed, observed - half, observed + half),
                  narrow)  # fmt: skip
