"""Main effects and pairs: the mean outcome at each level of a factor, or of two.

In a grid, factorial or list the points are what was asked for, and the seeds are the evidence: the effect of a level
(its mean less the mean over all points) is computed per replicate, so that seeds pair, with Student's t over
replicates. In a sampled design (Latin hypercube, Sobol', Morris) which points fall into a group is chance too: the
interval is a bootstrap over the units of the design and the replicates together.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from experiments.analysis.groups import Axis, Groups, group
from experiments.analysis.intervals import (
    FEWEST_UNITS,
    LEVEL,
    Estimate,
    Floats,
    Integers,
    Units,
    bootstrap_weights,
    luck_weights,
    t_intervals,
)
from experiments.analysis.table import SAMPLED, Table

MOST_GROUPS = 8
MOST_PAIRED = 8  # factors of which all pairs are tabulated
_POINTS_EACH = 5


@dataclass(frozen=True)
class MainEffect:
    """The outcome by one factor.

    Attributes:
        axis: the factor, and its groups.
        counts: points in each group.
        means: mean of each group, with the interval of its distance to the mean over all points.
        spread: range of the central 90 % of the points' means in each group.
        interval: what the intervals rest on: replicate, the design's unit, or nothing.
    """

    axis: Axis
    counts: tuple[int, ...]
    means: tuple[Estimate, ...]
    spread: tuple[tuple[float, float], ...]
    interval: str

    def times(self, scale: float) -> MainEffect:
        """Return the effect in units of which one is so many of its own."""
        means = tuple(each.times(scale) for each in self.means)
        return replace(self, means=means, spread=tuple((low * scale, high * scale) for low, high in self.spread))


@dataclass(frozen=True)
class Cells:
    """The mean outcome by two factors; NaN where no point lies.

    Attributes:
        axes: the two factors, and their groups.
        means: mean of each cell, a row for each group of the first factor; intervals as of main effects.
        counts: points in each cell.
    """

    axes: tuple[Axis, Axis]
    means: tuple[tuple[Estimate, ...], ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def factors(self) -> tuple[str, str]:
        """Return the keys of the two."""
        return self.axes[0].factor, self.axes[1].factor

    def times(self, scale: float) -> Cells:
        """Return the cells in units of which one is so many of their own."""
        return replace(self, means=tuple(tuple(each.times(scale) for each in row) for row in self.means))


def main_effects(values: Floats, table: Table) -> list[MainEffect]:
    """Return the effect of each factor on an outcome of shape (points, replicates)."""
    evidence = _evidence(table)
    most = MOST_GROUPS if evidence is None else min(MOST_GROUPS, max(2, len(values) // _POINTS_EACH))
    return [
        _main_effect(values, group(factor, table.levels[factor.key], most), evidence, table.unit)
        for factor in table.varied
    ]


@dataclass(frozen=True)
class _Evidence:
    """What intervals rest on in a sampled design: its units, and the weights of points in each draw of them."""

    units: Units
    drawn: Floats


def _evidence(table: Table) -> _Evidence | None:
    """Return the units and their draws, None where the evidence are the replicates."""
    if table.design.kind not in SAMPLED:
        return None
    return _Evidence(table.units, bootstrap_weights(table.units).points)


def _main_effect(values: Floats, groups: Groups, evidence: _Evidence | None, unit: str) -> MainEffect:
    means = values.mean(axis=1)
    inside = [means[groups.member == n] for n in range(len(groups.axis.labels))]
    sampled = unit if evidence is not None and evidence.units.bounded(values.shape[1]) else ""
    return MainEffect(
        axis=groups.axis,
        counts=tuple(groups.counts),
        means=tuple(_means(values, groups.member, len(inside), evidence)),
        spread=tuple((float(np.percentile(each, 5.0)), float(np.percentile(each, 95.0))) for each in inside),
        interval=sampled if evidence is not None else "replicate" if values.shape[1] > 1 else "",
    )


def _means(values: Floats, member: Integers, count: int, evidence: _Evidence | None) -> list[Estimate]:
    """Return the mean of each of so many groups, and the interval of its distance to the mean over all points."""
    belongs = (member[:, None] == np.arange(count)).astype(np.float64)
    shares = np.full(len(values), 1.0 / len(values)) if evidence is None else evidence.units.shares
    weighted = belongs * shares[:, None]
    sizes = weighted.sum(axis=0)
    inside = weighted / np.where(sizes > 0.0, sizes, 1.0)
    means = values.mean(axis=1)
    value, whole = np.where(sizes > 0.0, inside.T @ means, np.nan), float(shares @ means)
    if evidence is None:
        _, low, high = t_intervals(inside.T @ values - values.mean(axis=0))
        known = sizes > 0.0
    else:
        low, high = _bootstrapped(values, belongs, evidence)
        bounded = evidence.units.bounded(values.shape[1])
        known = (evidence.units.per(member, count) >= FEWEST_UNITS) & bounded
    low, high = (np.where(known, whole + each, np.nan) for each in (low, high))
    return [Estimate(*map(float, each)) for each in zip(value, low, high, strict=True)]


def _bootstrapped(values: Floats, belongs: Floats, evidence: _Evidence) -> tuple[Floats, Floats]:
    """Return low and high of each group's distance to the mean, over draws of units and replicates."""
    weights = evidence.drawn
    weighted = weights * (values @ luck_weights(evidence.units, values.shape[1]).T).T
    inside = (weighted @ belongs) / np.maximum(weights @ belongs, 1e-300)
    low, high = np.percentile(
        inside - weighted.sum(axis=1, keepdims=True), [50 * (1 - LEVEL), 50 * (1 + LEVEL)], axis=0
    )
    return low, high


def pairs(values: Floats, table: Table, ranking: list[str]) -> list[Cells]:
    """Return the cells of each pair of the factors, at most the first ``MOST_PAIRED`` of their ranking."""
    keys = ranking[:MOST_PAIRED]
    most = 3 if table.design.kind in SAMPLED else MOST_GROUPS
    return [cells(values, table, one, other, most) for one, other in itertools.combinations(keys, 2)]


def heat(values: Floats, table: Table, ranking: list[str]) -> Cells | None:
    """Return the cells of the two first factors of the ranking, None if there is one only."""
    if len(ranking) < 2:
        return None
    most = min(MOST_GROUPS, max(2, math.isqrt(len(values) // 3))) if table.design.kind in SAMPLED else MOST_GROUPS
    return cells(values, table, ranking[0], ranking[1], most)


def cells(values: Floats, table: Table, one: str, other: str, most: int) -> Cells:
    """Return the mean over points and replicates in each cell of two factors in at most so many groups each."""
    factors = {factor.key: factor for factor in table.varied}
    first, second = (group(factors[key], table.levels[key], most) for key in (one, other))
    wide = len(second.axis.labels)
    at, size = first.member * wide + second.member, len(first.axis.labels) * wide
    means = _means(values, at, size, _evidence(table))
    counts = np.bincount(at, minlength=size).tolist()
    return Cells(
        axes=(first.axis, second.axis),
        means=tuple(tuple(means[n : n + wide]) for n in range(0, size, wide)),
        counts=tuple(tuple(counts[n : n + wide]) for n in range(0, size, wide)),
    )
