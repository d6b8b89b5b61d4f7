"""The patterns of the case, as criteria fixed before any outcome was seen, and how runs are held to them.

A pattern is a list of statements. A statement is a quantity, read in the same way from the facts and from each run, and
the bounds between which it must lie. A run shows a pattern if it makes all its statements true. A pattern is *met* if
every statement is true of the median over seeds and at least half of the seeds show it whole.

The same runs without trials are the placebo: a pattern that they show as well is laid down by the dates, the design
facts and compute alone, and says nothing of the mechanism.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from experiments.case.facts import (
    DENSE,
    LATEST,
    SPARSE,
    Observation,
    active_parameters,
    introduced,
    observed,
    releases,
)

Floats = NDArray[np.float64]

INF = math.inf
LOW, HIGH = 5.0, 95.0
"""Percentiles over seeds that are shown."""
MAJORITY = 0.5
"""Share of seeds that must show a pattern whole."""
_DIGITS = 12  # what is equal but for rounding must not count as above


class Statement(NamedTuple):
    """A quantity of an observation, what it means, and the open interval in which it must lie."""

    text: str
    meaning: str
    quantity: Callable[[Observation], float]
    above: float = -INF
    below: float = INF

    def holds(self, value: float) -> bool:
        """Return whether it is true of a value; never of one that is undefined."""
        return self.above < value < self.below


class Pattern(NamedTuple):
    """A name, a description, and the statements that make it up."""

    name: str
    title: str
    statements: tuple[Statement, ...]


class Finding(NamedTuple):
    """One statement held to the runs: the fact, median and spread over seeds, and the share of seeds it is true of,
    with trials and without.
    """

    statement: Statement
    fact: float
    median: float
    low: float
    high: float
    share: float
    placebo_share: float

    @property
    def holds(self) -> bool:
        """Whether it is true of the median."""
        return self.statement.holds(self.median)


class Verdict(NamedTuple):
    """One pattern held to the runs, and the share of seeds that show it whole, with trials and without."""

    pattern: Pattern
    findings: tuple[Finding, ...]
    share: float
    placebo_share: float

    @property
    def met(self) -> bool:
        """Whether every statement is true of the median and enough seeds show the pattern whole."""
        return all(finding.holds for finding in self.findings) and self.share >= MAJORITY


# Quantities.


def _cost(one: str, other: str) -> Callable[[Observation], float]:
    return lambda seen: _ratio(_of(seen.unit_cost, one), _of(seen.unit_cost, other))


def _cost_per_token(one: str, other: str) -> Callable[[Observation], float]:
    active = active_parameters()
    return lambda seen: _cost(one, other)(seen) * active[one] / active[other]


def _against_halfway(seen: Observation) -> float:
    """Cost of the latest generation over the mean of the two before: below 1, most of a rise is undone."""
    dense, sparse, latest = (_of(seen.unit_cost, product) for product in (DENSE, SPARSE, LATEST))
    return _ratio(latest, (dense + sparse) / 2.0)


def _gain(one: str, other: str) -> Callable[[Observation], float]:
    return lambda seen: _ratio(_of(seen.capability, one), _of(seen.capability, other))


def rank_correlation(seen: Observation) -> float:
    """Spearman's rank correlation, over releases, of reuse shares with those in the facts; 0 if all are equal."""
    return _spearman(seen.reuse_share, observed().reuse_share)


def imposed_correlation() -> float:
    """Return the rank correlation with the facts that introductions give by themselves, if all else is reused."""
    imposed = {product: -float(len(introduced(product))) for product in releases()}
    return _spearman(imposed, observed().reuse_share)


def _spearman(one: dict[str, float], other: dict[str, float]) -> float:
    shares = np.array([[_of(one, product), other[product]] for product in releases()])
    if np.isnan(shares).any():
        return math.nan
    ranks: Floats = np.asarray(rankdata(shares, axis=0), dtype=np.float64)
    if (ranks == ranks[0]).all(axis=0).any():
        return 0.0
    return round(float(np.asarray(np.corrcoef(ranks.T))[0, 1]), _DIGITS)


def _later_reuse(seen: Observation) -> float:
    """Mean reuse share of the later half of releases less that of the earlier half."""
    shares = [_of(seen.reuse_share, product) for product in releases()]
    half = len(shares) // 2
    return round(float(np.mean(shares[half:]) - np.mean(shares[:half])), _DIGITS)


def _least_step(seen: Observation) -> float:
    """Return the least growth factor of users from one dated count to the next."""
    users = _dated_users(seen)
    return min((_ratio(after, before) for before, after in pairwise(users)), default=math.nan)


def _growth(seen: Observation) -> float:
    users = _dated_users(seen)
    return _ratio(users[-1], users[0])


def _slowing(seen: Observation) -> float:
    """Growth per month from the middle count to the last, relative to that from the first count to the middle."""
    months, users = list(observed().users), _dated_users(seen)
    middle = len(months) // 2
    early = _ratio(users[middle], users[0]) ** (1.0 / (months[middle] - months[0]))
    late = _ratio(users[-1], users[middle]) ** (1.0 / (months[-1] - months[middle]))
    return _ratio(late, early)


def _dated_users(seen: Observation) -> list[float]:
    return [seen.users.get(month, math.nan) for month in observed().users]


def _of(values: dict[str, float], product: str) -> float:
    return values.get(product, math.nan)


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0.0 else math.nan


# Criteria.

_GROWN = _growth(observed())

PATTERNS = (
    Pattern(
        "hump",
        "Hump in cost per active parameter",
        (
            Statement("V2 / 67B", "the sparse generation costs more", _cost(SPARSE, DENSE), above=1.0),
            Statement("V3 / V2", "the next one costs less", _cost(LATEST, SPARSE), below=1.0),
            Statement("V3 / mean of 67B and V2", "most of the rise is undone", _against_halfway, below=1.0),
        ),
    ),
    Pattern(
        "per token",
        "Cost per token falls, then is level",
        (
            Statement("V2 / 67B", "it falls", _cost_per_token(SPARSE, DENSE), below=1.0),
            Statement("V3 / V2", "it is level within a quarter", _cost_per_token(LATEST, SPARSE), 0.8, 1.25),
        ),
    ),
    Pattern(
        "capability",
        "Capability rises each generation",
        (
            Statement("V2 / 67B", "it rises", _gain(SPARSE, DENSE), above=1.0),
            Statement("V3 / V2", "it rises again", _gain(LATEST, SPARSE), above=1.0),
        ),
    ),
    Pattern(
        "reuse",
        "Later releases reuse more",
        (
            Statement(
                "rank correlation",
                "releases rank by reuse as in the facts, beyond what introductions impose",
                rank_correlation,
                above=imposed_correlation(),
            ),
            Statement("later less earlier half", "later releases reuse more", _later_reuse, above=0.0),
        ),
    ),
    Pattern(
        "growth",
        "Integrations grow, ever slower",
        (
            Statement("least step", "never fewer from count to count", _least_step, above=1.0),
            Statement("last / first", "the factor of the facts within a factor of 2", _growth, _GROWN / 2, _GROWN * 2),
            Statement("late / early pace", "growth a month slows", _slowing, below=1.0),
        ),
    ),
)


def judge(pattern: Pattern, runs: Sequence[Observation], placebo: Sequence[Observation]) -> Verdict:
    """Hold a pattern to the runs of all seeds, and to the same runs without trials."""
    case = observed()
    findings = []
    for statement in pattern.statements:
        values = np.array([statement.quantity(run) for run in runs])
        defined = values[~np.isnan(values)]
        low, median, high = np.percentile(defined, [LOW, 50.0, HIGH]).tolist() if defined.size else [math.nan] * 3
        alone = Pattern(pattern.name, pattern.title, (statement,))
        shares = _share(alone, runs), _share(alone, placebo)
        findings.append(Finding(statement, statement.quantity(case), median, low, high, *shares))
    return Verdict(pattern, tuple(findings), _share(pattern, runs), _share(pattern, placebo))


def shows(pattern: Pattern, seen: Observation) -> bool:
    """Return whether an observation makes every statement of a pattern true."""
    return all(statement.holds(statement.quantity(seen)) for statement in pattern.statements)


def _share(pattern: Pattern, runs: Sequence[Observation]) -> float:
    return float(np.mean([shows(pattern, run) for run in runs])) if runs else math.nan
