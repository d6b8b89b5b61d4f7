"""Proof of the method on pseudo-cases whose truth is known: runs of the table itself, judged by all its other runs.

A pseudo-fact is what a run reads, off by an error within the tolerance: even, as rejection ABC takes facts to be known
(Wilkinson 2013). Then three things must hold, and do not if the posterior is wrong:

    ranks      the true parameter is as likely to have any rank among those of the runs that fit (Talts et al. 2018)
    coverage   intervals of 50 and 90 % hold the truth as often as they say
    errors     a mechanism that was off is found needed with a Bayes factor above b in at most 1/b of pseudo-cases

The last is Markov's inequality: without the mechanism the factor is 1 on average. Pseudo-cases that too few runs fit
cannot be judged. They are left out of ranks, which does not bend them, as their number follows from the pseudo-facts
alone, and of errors, which asks for more: of all cases the share that finds a mechanism needed is less still.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy.stats import binomtest, chisquare, kstest

from experiments.case.patterns import Floats, Pattern
from experiments.fit.config import Fit
from experiments.fit.inference import like, ratio_of
from experiments.fit.pipeline import off_name
from experiments.fit.table import Rows, Table, read_table
from experiments.stats.holm import holm

LEAST = 50
"""Runs that fit a pseudo-case, for it to be used."""
ERROR = 0.01
"""Chance at most that ranks, or coverage, of all parameters fail together though the method is right."""
LEVELS = (0.5, 0.9)
ABOVE = (3.0, 20.0)
BINS = 10
_TRIES = 20  # pseudo-cases drawn for one that is wanted
_LOGARITHMIC = ("ratio", "interval")
Progress = Callable[[str, int, int], None]


class Ranks(NamedTuple):
    """Where true parameters lie among those of the runs that fit, 0 to 1, shape (cases, priors); and cases too thin."""

    places: Floats
    thin: int


class Coverage(NamedTuple):
    """How often intervals of a level hold the truth, with 95 % bounds, and p of as much by luck, after Holm."""

    share: float
    low: float
    high: float
    p: float


class Calibration(NamedTuple):
    """The calibration of one parameter: tests of its ranks, the first after Holm, and coverage at ``LEVELS``."""

    p: float
    p_bins: float
    coverage: tuple[Coverage, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is against it."""
        return self.p >= ERROR and all(each.p >= ERROR for each in self.coverage)


class Errors(NamedTuple):
    """How often a mechanism that was off is found needed."""

    cases: int  # pseudo-cases drawn
    judged: int  # those that enough runs fit to be judged
    found: tuple[int, ...]  # how many of these have a Bayes factor above each of ``ABOVE``
    p: tuple[float, ...]  # chance of as many or more, were each share of those judged the bound; shape as ``found``

    @property
    def passed(self) -> bool:
        """Whether some could be judged, and no share is beyond its bound."""
        return self.judged > 0 and all(each >= ERROR for each in self.p)

    @property
    def shares(self) -> tuple[float, ...]:
        """Return of those judged the share above each of ``ABOVE``; NaN if there are none."""
        return tuple(count / self.judged if self.judged else math.nan for count in self.found)


def pseudo_facts(patterns: Sequence[Pattern], values: Floats, tolerance: float, rng: Generator) -> Floats:
    """Return facts of which a run may be the truth: what it reads, shape (patterns,), off by an error of each."""
    found = []
    for pattern, value, chance in zip(patterns, values.tolist(), rng.random(len(values)).tolist(), strict=True):
        low, high = pattern.plausible(tolerance)
        if pattern.kind in _LOGARITHMIC:
            found.append(value * (pattern.fact / low) * (low / high) ** chance)
        elif pattern.kind == "difference":
            found.append(value + (pattern.fact - low) + chance * (low - high))
        else:
            found.append(value)
    return np.array(found)


def ranks(
    patterns: Sequence[Pattern], table: Table, tolerance: float, cases: int, seed: int, progress: Progress
) -> Ranks:
    """Return ranks of the truth in pseudo-cases drawn from a table and judged by it, without the run itself."""
    rng = np.random.default_rng(seed)
    places, thin = list[Floats](), 0
    for row in rng.permutation(_whole(table))[: _TRIES * cases].tolist():
        if len(places) == cases:
            break
        pseudo = pseudo_facts(patterns, table.values[:, row], tolerance, rng)
        rows = like(patterns, table.values, pseudo, tolerance)
        rows = rows[rows != row]
        if len(rows) < LEAST:
            thin += 1
            continue
        places.append(_rank(table.places[:, row], table.places[:, rows], rng))
        progress("ranks", len(places), cases)
    return Ranks(np.array(places).reshape(len(places), len(table.factors)), thin)


def _rank(truth: Floats, accepted: Floats, rng: Generator) -> Floats:
    """Return where the truth lies among the accepted, from 0 to 1; among equals it is drawn."""
    below = (accepted < truth[:, None]).sum(axis=1)
    equal = (accepted == truth[:, None]).sum(axis=1)
    return np.asarray((below + rng.random(len(truth)) * (equal + 1)) / (accepted.shape[1] + 1))


def judge(places: Floats) -> list[Calibration]:
    """Return how each parameter is calibrated; ``places`` are ranks, shape (cases, priors)."""
    cases, priors = places.shape
    tests = holm(np.array([kstest(one, "uniform").pvalue for one in places.T]))
    inside = np.array([(np.abs(places - 0.5) <= level / 2.0).sum(axis=0) for level in LEVELS])
    bounds = [[binomtest(int(inside[n, k]), cases, level) for k in range(priors)] for n, level in enumerate(LEVELS)]
    adjusted = holm(np.array([each.pvalue for line in bounds for each in line])).reshape(-1, priors)
    found = []
    for k in range(priors):
        covered = []
        for n in range(len(LEVELS)):
            ends = bounds[n][k].proportion_ci()
            covered.append(Coverage(inside[n, k] / cases, float(ends.low), float(ends.high), float(adjusted[n, k])))
        bins = chisquare(np.histogram(places[:, k], BINS, (0.0, 1.0))[0]).pvalue
        found.append(Calibration(float(tests[k]), float(bins), tuple(covered)))
    return found


def errors(
    patterns: Sequence[Pattern], table: Table, without: Table, tolerance: float, cases: int, seed: int,
    progress: Progress,
) -> Errors:  # fmt: skip
    """Return how often a mechanism is found needed in pseudo-cases drawn from the table without it."""
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(_whole(without))[:cases].tolist()
    factors = list[float]()
    for n, row in enumerate(drawn, start=1):
        pseudo = pseudo_facts(patterns, without.values[:, row], tolerance, rng)
        fit, rows = (like(patterns, each.values, pseudo, tolerance) for each in (table, without))
        own = int((rows != row).sum())
        if len(fit) + own >= LEAST:
            factors.append(ratio_of(len(fit) / table.runs, own / (without.runs - 1)))
        progress("errors", n, cases)
    found = tuple(int(np.sum(np.array(factors) > above)) for above in ABOVE)
    p = [
        binomtest(count, len(factors), 1.0 / above, "greater").pvalue if factors else 1.0
        for count, above in zip(found, ABOVE, strict=True)
    ]
    return Errors(len(drawn), len(factors), found, tuple(map(float, p)))


def _whole(table: Table) -> Rows:
    """Return the runs of which every pattern can be read."""
    return np.flatnonzero(np.isfinite(table.values).all(axis=0))


class Proof(NamedTuple):
    """The calibration of a fit."""

    keys: tuple[str, ...]  # of the free parameters
    places: Floats  # ranks of the truth, 0 to 1, shape (cases, priors)
    thin: int  # pseudo-cases that too few runs fit
    wanted: int  # pseudo-cases that were wanted
    each: list[Calibration]  # of each parameter; none if no pseudo-case could be used
    errors: dict[str, Errors]  # of each mechanism, by title

    def verdict(self) -> str:
        """Return what it comes to, in a sentence."""
        used, thin = len(self.places), f"{self.thin:,} more had fewer than {LEAST} fitting runs and were left out"
        if used < self.wanted:
            return f"Not shown: only {used} of {self.wanted} pseudo-cases could be used, {thin}; a larger table helps"
        if untold := [title for title, one in self.errors.items() if not one.judged]:
            return f"Not shown: no pseudo-case without {untold[0]} had {LEAST} fitting runs; a larger table helps"
        failed = [key for key, one in zip(self.keys, self.each, strict=True) if not one.passed]
        failed += [title for title, one in self.errors.items() if not one.passed]
        said = f"fails for {', '.join(failed)}" if failed else "is calibrated"
        return f"The method {said}: {used} pseudo-cases; {thin}"


def prove(fit: Fit, table: Table, folder: Path, wanted: int, progress: Progress) -> Proof:
    """Return the calibration of a fit, and how often its mechanisms are found needed where they are not."""
    patterns, tolerance, seed = fit.case.patterns, fit.settings.tolerance, fit.settings.seed
    found = ranks(patterns, table, tolerance, wanted, seed, progress)
    each = judge(found.places) if len(found.places) else []
    wrong = {}
    for mechanism in fit.mechanisms:
        without = read_table(folder / off_name(mechanism), fit.without(mechanism))
        wrong[mechanism.title] = errors(patterns, table, without, tolerance, wanted, seed, progress)
    return Proof(fit.keys if each else (), found.places, found.thin, wanted, each, wrong)
