"""Evidence for each mechanism: how much more often runs fit with it than without it.

    Bayes factor   B = (a₁ / n₁) / (a₀ / n₀)        a of n runs of the table with (1), without (0), fit the facts

It is that of rejection ABC at its tolerance. Its interval takes each rate to be of a beta distribution (Jeffreys:
a + ½, n − a + ½), which zero counts allow. Grades are those of Kass and Raftery (1995).

A world's typicality with and without a mechanism tells whether it is the rule or luck that the world fits.

What a mechanism does to each pattern is seen in the worlds' own runs: each meets all patterns, and is run again with
its own seed and the mechanism off. How many still meet a pattern is compared with the worlds' other seeds, all on.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import beta

from experiments.case.setting import Floats

CONFIDENCE = 0.95
_DRAWS = 100_000
_GRADES = ((3.0, "weak"), (20.0, "positive"), (150.0, "strong"), (math.inf, "very strong"))
LUCK = "other luck"  # no mechanism can be called so
NOT_SETTLED, DISAGREE = "not settled", "tolerances disagree"


class Interval(NamedTuple):
    """An estimate and its 95 % interval."""

    estimate: float
    low: float
    high: float


class Evidence(NamedTuple):
    """What a table without a mechanism says of it.

    Attributes:
        accepted: runs without it that fit.
        runs: runs of that table.
        factor: Bayes factor at the tolerance of the fit: above 1 for the mechanism.
        other: the same at the other tolerance.
        typicality: mean share of seeds that fit, over the plausible worlds, with the mechanism.
        without: the same worlds without it.
        own: the same over worlds that were accepted without it; NaN if there are none.
        ratio: typicality over ``without``.
        still: share of the worlds' own runs that meet each pattern, and last all, with the mechanism off; shape
            (patterns + 1,).
    """

    accepted: int
    runs: int
    factor: Interval
    other: Interval
    typicality: float
    without: float
    own: float
    ratio: Interval
    still: Floats


def bayes_factor(fit: int, runs: int, fit_without: int, runs_without: int) -> Interval:
    """Return the ratio of two acceptance rates; its estimate is infinite, or NaN, if none fits without."""
    rng = np.random.default_rng(0)
    rates = [rng.beta(a + 0.5, n - a + 0.5, _DRAWS) for a, n in ((fit, runs), (fit_without, runs_without))]
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(rates[0] / rates[1], [tail, 1.0 - tail])
    return Interval(ratio_of(fit / runs, fit_without / runs_without), float(low), float(high))


def typicality_ratio(with_it: Floats, without: Floats) -> Interval:
    """Return the ratio of mean typicalities of the same worlds, with its interval by resampling worlds.

    Args:
        with_it: typicality of each world, shape (worlds,).
        without: typicality of each with the mechanism off, likewise.
    """
    rng, worlds = np.random.default_rng(0), len(with_it)
    picked = rng.integers(worlds, size=(2000, worlds))
    means = with_it[picked].mean(axis=1), without[picked].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(means[1] > 0.0, means[0] / means[1], np.inf)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(ratios, [tail, 1.0 - tail], method="inverted_cdf")
    return Interval(ratio_of(float(with_it.mean()), float(without.mean())), float(low), float(high))


def still_met(off: Floats, tolerance: float) -> Floats:
    """Return the share of runs that meet each pattern, and last of those that meet all; shape (patterns + 1,).

    Args:
        off: in discrepancies, shape (patterns, worlds) or (patterns, worlds, seeds).
        tolerance: within which a pattern is met.
    """
    met = off.reshape(len(off), -1) <= tolerance
    return np.append(met.mean(axis=1), met.all(axis=0).mean())


def share_interval(share: float, worlds: int) -> tuple[float, float]:
    """Return the 95 % interval of a share over so many worlds (Jeffreys); wider than need be if each has many seeds."""
    tail = (1.0 - CONFIDENCE) / 2.0
    known = beta(share * worlds + 0.5, (1.0 - share) * worlds + 0.5)
    return float(known.ppf(tail)), float(known.ppf(1.0 - tail))


def below(share: float, luck: float, worlds: int) -> bool:
    """Return whether clearly fewer runs meet a pattern without a mechanism than by other luck."""
    return share_interval(share, worlds)[1] < luck


def grade(factor: Interval) -> str:
    """Return the strength of evidence in words: weak evidence is called weak, and what spans 1 not settled."""
    if factor.low <= 1.0 <= factor.high:
        return NOT_SETTLED
    size = factor.estimate if math.isfinite(factor.estimate) and factor.estimate > 0.0 else _nearer(factor)
    strength = max(size, 1.0 / size)
    return f"{next(word for most, word in _GRADES if strength <= most)} {'for' if size > 1.0 else 'against'}"


def verdict(found: Evidence) -> str:
    """Return the strength of evidence in words, unless the other tolerance clearly says the opposite."""
    sides = [grade(each).rpartition(" ")[2] for each in (found.factor, found.other)]
    return DISAGREE if set(sides) == {"for", "against"} else grade(found.factor)


def _nearer(factor: Interval) -> float:
    """Return the end of an interval that is nearer to 1: what is sure where one count is zero."""
    return factor.low if factor.low > 1.0 else factor.high


def ratio_of(one: float, other: float) -> float:
    """Return one rate over another: infinite above 0, NaN if both are."""
    return one / other if other > 0.0 else math.inf if one > 0.0 else math.nan
