"""A check holds one observed figure against what is expected; a suite is checks that are run and shown together.

``low`` and ``high`` bound the truth behind the observed figure: an interval of 99.9 %, or of rounding where nothing is
random. A check passes iff some figure between them is allowed (at least, at most or equal to what is expected, but for
the stated tolerance) *and* they lie no further apart than stated, so that noise alone never passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.figure import SubFigure
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.999
ROUNDING = 1e-9  # of figures that should be equal to the last bits
WIDEST_RATE = 0.04  # half of the widest interval of a rate

Rule = Literal["=", "≥", "≤"]
Measure = Literal["value", "coverage", "bias", "error", "power", "counterexample"]


class Check(NamedTuple):
    """One figure and its verdict."""

    source: str  # what is checked: a limit of the theory, a method, a parameter of a fit; its suite names it
    measure: Measure  # what kind of figure it is
    name: str  # what was looked at, in words
    rule: Rule  # how the truth behind the observed figure must lie to the expected one
    expected: float  # what is known
    tolerance: float  # how far beyond it the truth may lie
    observed: float  # what was found
    low: float  # and high: its interval
    high: float
    passed: bool  # the verdict


def mean(name: str, expected: float, samples: ArrayLike, widest: float, bias: float = 0.0) -> Check:
    """Check a mean of independent samples by its t-interval, whose half-width may be ``widest`` at most.

    ``bias`` is the least half-width: what a finite horizon may be off by.
    """
    values = np.asarray(samples, dtype=np.float64)
    error = float(values.std(ddof=1)) / len(values) ** 0.5
    half = float(stats.t.ppf((1.0 + CONFIDENCE) / 2.0, len(values) - 1)) * error
    return _value(name, expected, float(values.mean()), max(half, bias), half <= widest)


def distance(name: str, observed: float, allowed: float, widest: float) -> Check:
    """Check a distance of 0 or more, expected to be 0 but for ``allowed``, which may be ``widest`` at most."""
    check = _value(name, 0.0, observed, allowed, allowed <= widest)
    return check._replace(low=max(0.0, check.low))


def same_distribution(name: str, one: ArrayLike, other: ArrayLike, widest: float) -> Check:
    """Check by Kolmogorov and Smirnov's two-sample distance that two samples of equal size have one law, p > 0.001."""
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    critical = float(stats.kstwobign.isf(1.0 - CONFIDENCE)) * (1.0 / len(first) + 1.0 / len(second)) ** 0.5
    return distance(name, float(stats.ks_2samp(first, second, method="asymp").statistic), critical, widest)


def follows(
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
    return distance(name, float(apart.max(initial=0.0)), critical, widest)


def equal(name: str, expected: float, observed: float) -> Check:
    """Check a figure that nothing random enters: equal but for rounding."""
    return _value(name, expected, float(observed), ROUNDING * abs(expected), True)


def rate(measure: Measure, name: str, rule: Rule, expected: float, hits: ArrayLike, tolerance: float = 0.0) -> Check:
    """Check how often something happened, by Clopper and Pearson's interval (1934)."""
    happened = np.asarray(hits, dtype=bool)
    low, high = stats.binomtest(int(happened.sum()), len(happened)).proportion_ci(CONFIDENCE, method="exact")
    ends, narrow = (float(low), float(high)), bool(high - low <= 2.0 * WIDEST_RATE)
    return _within(measure, name, rule, expected, float(happened.mean()), ends, tolerance, narrow)


def median(measure: Measure, name: str, samples: ArrayLike, tolerance: float) -> Check:
    """Check that a median is 0 but for a tolerance, by the interval between two order statistics."""
    values = np.sort(np.asarray(samples, dtype=np.float64))
    k = int(stats.binom.ppf((1.0 - CONFIDENCE) / 2.0, len(values), 0.5))
    ends = float(values[k - 1]), float(values[len(values) - k])
    return _within(measure, name, "=", 0.0, float(np.median(values)), ends, tolerance)


def exact(measure: Measure, name: str, rule: Rule, expected: float, observed: float, tolerance: float = 0.0) -> Check:
    """Check a figure that is summed over all that can happen: it has no interval."""
    return _within(measure, name, rule, expected, observed, (observed, observed), tolerance)


def _within(
    measure: Measure, name: str, rule: Rule, expected: float, observed: float, ends: tuple[float, float],
    tolerance: float = 0.0, narrow: bool = True,
) -> Check:  # fmt: skip
    """Check a figure with the ends of its interval by a rule; it fails if that is not ``narrow``."""
    low, high = ends
    allowed = (rule == "≥" or low <= expected + tolerance) and (rule == "≤" or high >= expected - tolerance)
    return Check("", measure, name, rule, expected, tolerance, observed, low, high, bool(allowed and narrow))


def _value(name: str, expected: float, observed: float, half: float, narrow: bool) -> Check:
    ends = observed - half, observed + half
    return _within("value", name, "=", float(expected), observed, ends, narrow=narrow)


Progress = Callable[[str, int, int], None]
"""Hears what comes next, how much is done, and of how much."""


class Source(NamedTuple):
    """What is checked: its title, and its checks, shorter ones if quick."""

    title: str
    checks: Callable[[bool], Iterable[Check]]


@dataclass(frozen=True)
class Suite:
    """Checks that are run and shown together."""

    file: str  # name of its files, without suffix
    noun: str  # what its sources are, in the plural
    sources: Mapping[str, Source]  # by name, in order
    above: Callable[[SubFigure], None] | None = None  # draws what is shown above the checks, if anything is

    def checks(self, name: str, quick: bool) -> list[Check]:
        """Run the checks of a source."""
        return [check._replace(source=name) for check in self.sources[name].checks(quick)]

    def run(self, quick: bool = False, progress: Progress = lambda *_: None) -> list[Check]:
        """Run all checks."""
        checks: list[Check] = []
        for done, (name, source) in enumerate(self.sources.items()):
            progress(f"{name} {source.title}", done, len(self.sources))
            checks += self.checks(name, quick)
        progress("done", len(self.sources), len(self.sources))
        return checks

    def verdict(self, checks: Sequence[Check]) -> str:
        """Return whether all checks pass, or how many fail and of which sources."""
        failed = [check for check in checks if not check.passed]
        if not failed:
            return f"All {len(checks)} checks of {len({check.source for check in checks})} {self.noun} pass"
        where = ", ".join(dict.fromkeys(check.source for check in failed))
        return f"{len(failed)} of {len(checks)} checks fail: {where}"
