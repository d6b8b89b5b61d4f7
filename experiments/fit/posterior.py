"""What the fit tells of parameters: how much each is narrower than before, and which go together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp, rankdata
from scipy.stats import t as student

from experiments.case.setting import Floats
from experiments.stats.holm import holm

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NARROW = 0.8
"""Width below which a parameter may be called narrowed."""
ERROR = 0.05
"""Chance at most that any pair is called correlated, or any parameter narrowed, if none is."""
_LEAST = 8  # accepted runs for a correlation


class Marginal(NamedTuple):
    """The posterior of one parameter, on the scale of its prior.

    Attributes:
        quantiles: at ``QUANTILES``, as places from 0 to 1.
        width: distance from the first to the last, in that of the table: 1 if nothing was learnt.
        statistic: greatest distance of the distribution from that of the table (Kolmogorov, Smirnov).
        p: chance of as much or more by luck in any parameter (Holm).
    """

    quantiles: tuple[float, ...]
    width: float
    statistic: float
    p: float

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
    quantiles = np.quantile(posterior, QUANTILES)
    before = np.quantile(prior, (QUANTILES[0], QUANTILES[-1]))
    spread = float(before[1] - before[0])
    test = ks_2samp(posterior, prior, method="asymp")
    width = float(quantiles[-1] - quantiles[0]) / spread if spread else 1.0
    return Marginal(tuple(quantiles.tolist()), width, float(test.statistic), float(test.pvalue))


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


def spread(values: Floats, at: Sequence[float] = QUANTILES) -> list[float]:
    """Return quantiles of the values that are finite; NaN if none is."""
    finite = values[np.isfinite(values)]
    return np.quantile(finite, at).tolist() if finite.size else [float("nan")] * len(at)
