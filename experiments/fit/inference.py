"""What the runs that fit say: which those are, what is left of each parameter, and the evidence for each mechanism.

A run fits if all its patterns lie within a tolerance of their facts. Such runs' parameters are the posterior of
rejection ABC: exact for facts that are known evenly to within the tolerance. The evidence for a mechanism is how much
more often runs fit with it than without it:

    Bayes factor   B = (a₁ / n₁) / (a₀ / n₀)        a of n runs of the table with (1), without (0), fit the facts

It is that of rejection ABC at its tolerance. Its interval takes each rate to be of a beta distribution (Jeffreys:
a + ½, n − a + ½), which zero counts allow. Grades are those of Kass and Raftery (1995).

A world's typicality with and without a mechanism tells whether it is the rule or luck that the world fits. What a
mechanism does to each pattern is seen in the worlds' own runs: each meets all patterns, and is run again with its own
seed and the mechanism off. How many still meet a pattern is compared with the worlds' other seeds, all on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import beta, ks_2samp, rankdata
from scipy.stats import t as student

from experiments.case.patterns import Floats, Pattern
from experiments.figures.words import number
from experiments.fit.table import Rows
from experiments.messages.language import marked
from experiments.stats.holm import holm

FEW = 256
"""Fewer accepted runs than these are called few."""


class Exclusion(NamedTuple):
    """How often a pattern is met."""

    share: float  # share of runs within the tolerance
    without: float  # share of runs that would be accepted if this pattern were not asked for


class Compromise(NamedTuple):
    """A run that comes near: its row, how many patterns it misses, and its largest distance where there is one."""

    row: int
    missed: int
    largest: float


def accepted(off: Floats, tolerance: float) -> Rows:
    """Return the rows within the tolerance of every fact; ``off`` has shape (patterns, runs)."""
    return np.flatnonzero((off <= tolerance).all(axis=0))


def exclusions(off: Floats, tolerance: float) -> list[Exclusion]:
    """Return for each pattern how often it is met, and what would be accepted without it."""
    met = off <= tolerance
    missed = (~met).sum(axis=0)
    return [Exclusion(float(one.mean()), float((missed - ~one == 0).mean())) for one in met]


def compromises(off: Floats, tolerance: float, most: int = 10) -> list[Compromise]:
    """Return the runs that come nearest: those that miss the fewest patterns, and of them the least far off."""
    missed = (off > tolerance).sum(axis=0)
    largest = np.where(np.isfinite(off), off, -np.inf).max(axis=0)
    order = np.lexsort((largest, missed))[:most]
    return [Compromise(int(row), int(missed[row]), float(largest[row])) for row in order]


def like(patterns: Sequence[Pattern], values: Floats, pseudo: Floats, tolerance: float) -> Rows:
    """Return the rows of a table that fit pseudo-facts, read from a run; ``values`` has shape (patterns, runs)."""
    rows = np.arange(values.shape[1])
    for pattern, known, fact in zip(patterns, values, pseudo.tolist(), strict=True):
        rows = rows[pattern.off_from(known[rows], fact) <= tolerance]
    return rows


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NARROW = 0.8
"""Width below which a parameter may be called narrowed."""
ERROR = 0.05
"""Chance at most that any pair is called correlated, or any parameter narrowed, if none is."""
_LEAST = 8  # accepted runs for a correlation


class Marginal(NamedTuple):
    """The posterior of one parameter, on the scale of its prior."""

    quantiles: tuple[float, ...]  # at ``QUANTILES``, as places from 0 to 1
    width: float  # distance from the first to the last, in that of the table: 1 if nothing was learnt
    statistic: float  # greatest distance of the distribution from that of the table (Kolmogorov, Smirnov)
    p: float  # chance of as much or more by luck in any parameter (Holm)

    @property
    def narrowed(self) -> bool:
        """Whether the facts leave clearly less of the prior, and not by luck."""
        return self.width < NARROW and self.p < ERROR


class Pair(NamedTuple):
    """Two parameters whose ranks go together in the posterior: numbers, correlation, and p after Holm."""

    one: int
    other: int
    correlation: float
    p: float


def marginals(prior: Floats, posterior: Floats) -> list[Marginal]:
    """Return of each parameter what the accepted places say against those of the whole table.

    Args:
        prior: places of all runs, shape (priors, runs).
        posterior: those of the accepted, shape (priors, accepted).
    """
    found = [_marginal(before, after) for before, after in zip(prior, posterior, strict=True)]
    adjusted = holm(np.array([one.p for one in found]))
    return [one._replace(p=float(p)) for one, p in zip(found, adjusted, strict=True)]


def _marginal(prior: Floats, posterior: Floats) -> Marginal:
    after = np.quantile(posterior, QUANTILES)
    before = np.quantile(prior, (QUANTILES[0], QUANTILES[-1]))
    spread = float(before[1] - before[0])
    test = ks_2samp(posterior, prior, method="asymp")
    width = float(after[-1] - after[0]) / spread if spread else 1.0
    return Marginal(tuple(after.tolist()), width, float(test.statistic), float(test.pvalue))


def correlated(posterior: Floats) -> list[Pair]:
    """Return the pairs whose rank correlation is beyond chance over all pairs (Holm), the strongest first.

    Args:
        posterior: places of the accepted runs, shape (priors, accepted).
    """
    count = posterior.shape[1]
    moving = [n for n, places in enumerate(posterior) if count >= _LEAST and np.ptp(places) > 0.0]
    if len(moving) < 2:
        return []
    matrix = np.corrcoef(np.array([rankdata(posterior[n]) for n in moving]))
    pairs = list(combinations(range(len(moving)), 2))
    found = np.array([matrix[pair] for pair in pairs])
    with np.errstate(divide="ignore"):
        sizes = np.abs(found) * np.sqrt((count - 2) / np.maximum(1.0 - found**2, 0.0))
    p = holm(2.0 * student.sf(sizes, count - 2))
    kept = [n for n in np.argsort(-np.abs(found), kind="stable") if p[n] < ERROR]
    return [Pair(moving[pairs[n][0]], moving[pairs[n][1]], float(found[n]), float(p[n])) for n in kept]


def quantiles(values: Floats, at: Sequence[float] = QUANTILES, least: int = 1) -> Floats:
    """Return quantiles of the values that are finite; NaN if there are fewer than ``least``."""
    finite = values[np.isfinite(values)]
    return np.quantile(finite, at) if len(finite) >= least else np.full(len(at), np.nan)


CONFIDENCE = 0.95
_DRAWS = 100_000
_GRADES = (
    (3.0, marked("weak for"), marked("weak against")), (20.0, marked("positive for"), marked("positive against")),
    (150.0, marked("strong for"), marked("strong against")),
    (math.inf, marked("very strong for"), marked("very strong against")),
)  # fmt: skip
LUCK = "other luck"  # no mechanism can be called so
NOT_SETTLED, DISAGREE = marked("not settled"), marked("tolerances disagree")


class Interval(NamedTuple):
    """An estimate and its 95 % interval."""

    estimate: float
    low: float
    high: float


class Evidence(NamedTuple):
    """What a table without a mechanism says of it."""

    accepted: int  # runs without it that fit
    runs: int  # runs of that table
    factor: Interval  # Bayes factor at the tolerance of the fit: above 1 for the mechanism
    other: Interval  # the same at the other tolerance
    typicality: float  # mean share of seeds that fit, over the plausible worlds, with the mechanism
    without: float  # the same worlds without it
    own: float  # the same over worlds that were accepted without it; NaN if there are none
    ratio: Interval  # typicality over ``without``
    # share of the worlds' own runs that meet each pattern, and last all, with the mechanism off; shape (patterns + 1,)
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
    pro, contra = next(words for most, *words in _GRADES if strength <= most)
    return pro if size > 1.0 else contra


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


def by_strength(evidence: list[Evidence]) -> list[int]:
    """Return mechanisms by their Bayes factor, the largest first; a factor without an estimate by what is sure."""
    return sorted(range(len(evidence)), key=lambda n: -evidence[n].factor.low)


def said_factor(value: float) -> str:
    """Return a Bayes factor as it is written: without limit if no run fits without the mechanism."""
    return "∞" if value == math.inf else number(value)
