"""The outcome by one factor and by two, and series by month: means and quantiles of groups of points.

Points are grouped by a factor's levels if they are few, else by equal counts of points.

In a grid, factorial or list the points are what was asked for, and the seeds are the evidence: the effect of a level
(its mean less the mean over all points) is computed per replicate, so that seeds pair, with Student's t over
replicates. In a sampled design (Latin hypercube, Sobol', Morris) which points fall into a group is chance too: the
interval is a bootstrap over the units of the design and the replicates together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.analysis import estimates
from experiments.analysis.estimates import Estimate, Floats, Integers, Units
from experiments.analysis.table import LARGEST, SMALLEST, Table, levels_of, name_of
from experiments.figures.words import number
from experiments.sweep.results import Factor, Results

MOST_GROUPS = 8
MOST_PAIRED = 8  # factors of which all pairs are tabulated
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_POINTS_EACH = 5
_MOST_PARTS = 3  # of a fan
_FEW = 6  # levels that are kept apart though fewer groups were asked for


@dataclass(frozen=True)
class Axis:
    """A factor as an axis, and the groups along it."""

    factor: str  # its key
    labels: tuple[str, ...]  # a name for each group: its level, or the range it spans
    centres: tuple[float, ...]  # where each lies on the factor's scale; its number if the levels are no numbers
    numeric: bool  # whether the centres are values of the factor
    log: bool  # whether the factor's scale is logarithmic


class Groups(NamedTuple):
    """The groups of points by one factor: the axis that they lie on, and the group of each point, shape (points,)."""

    axis: Axis
    member: Integers

    @property
    def counts(self) -> list[int]:
        """Return how many points each group holds."""
        return [int(n) for n in np.bincount(self.member, minlength=len(self.axis.labels))]


def group(factor: Factor, levels: Any, most: int) -> Groups:
    """Return the points by a factor in at most so many groups; levels of text, or a few, are all kept apart."""
    found = levels_of(factor, levels)
    numeric, log = levels.dtype.kind == "f", factor.scale == "log"
    if len(found) <= max(most, _FEW) or not numeric:
        place = {level: n for n, level in enumerate(found)}
        member = np.array([place[level] for level in levels.tolist()], dtype=np.int64)
        centres = tuple(float(level) if numeric else float(n) for n, level in enumerate(found))
        return Groups(Axis(factor.key, tuple(map(name_of, found)), centres, numeric, log), member)
    member = _equal_counts(levels, most)
    parts = [levels[member == n] for n in range(int(member.max()) + 1)]
    names = tuple(_span(float(inside.min()), float(inside.max())) for inside in parts)
    middles = tuple(math.exp(np.log(inside).mean()) if log else float(inside.mean()) for inside in parts)
    return Groups(Axis(factor.key, names, middles, True, log), member)


def _span(low: float, high: float) -> str:
    for digits in (2, 3, 4):
        if low != high and number(low, digits) != number(high, digits):
            return f"{number(low, digits)} to {number(high, digits)}"
    return name_of(low)


def _equal_counts(levels: Floats, most: int) -> Integers:
    """Return a group for each value, with equal values together and about as many points in each group."""
    _, place, counts = np.unique(levels, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2.0
    raw = np.minimum((middle / len(levels) * most).astype(np.int64), most - 1)
    return np.asarray(np.unique(raw, return_inverse=True)[1][place], dtype=np.int64)


# By one factor, and by two.


@dataclass(frozen=True)
class MainEffect:
    """The outcome by one factor."""

    axis: Axis
    counts: tuple[int, ...]  # points in each group
    means: tuple[Estimate, ...]  # of each group, with the interval of its distance to the mean over all points
    spread: tuple[tuple[float, float], ...]  # range of the central 90 % of the points' means in each group
    interval: str  # what the intervals rest on: replicate, the design's unit, or nothing


@dataclass(frozen=True)
class Cells:
    """The mean outcome by two factors; NaN where no point lies."""

    axes: tuple[Axis, Axis]
    means: tuple[tuple[Estimate, ...], ...]  # a row for each group of the first factor; intervals as of main effects
    counts: tuple[tuple[int, ...], ...]  # points in each cell

    @property
    def factors(self) -> tuple[str, str]:
        """Return the keys of the two."""
        return self.axes[0].factor, self.axes[1].factor


def main_effects(values: Floats, table: Table) -> list[MainEffect]:
    """Return the effect of each factor on an outcome of shape (points, replicates)."""
    few = max(2, len(values) // _POINTS_EACH) if table.sampled else MOST_GROUPS
    return [
        _main_effect(values, group(factor, table.levels[factor.key], min(MOST_GROUPS, few)), table)
        for factor in table.varied
    ]


def _main_effect(values: Floats, groups: Groups, table: Table) -> MainEffect:
    means, replicates = values.mean(axis=1), values.shape[1]
    inside = [means[groups.member == n] for n in range(len(groups.axis.labels))]
    bounded = table.units.bounded(replicates) if table.sampled else replicates > 1
    return MainEffect(
        axis=groups.axis,
        counts=tuple(groups.counts),
        means=tuple(_means(values, groups.member, len(inside), table)),
        spread=tuple((float(np.percentile(each, 5.0)), float(np.percentile(each, 95.0))) for each in inside),
        interval="" if not bounded else table.unit if table.sampled else "replicate",
    )


def _means(values: Floats, member: Integers, count: int, table: Table) -> list[Estimate]:
    """Return the mean of each of so many groups, and the interval of its distance to the mean over all points."""
    belongs = (member[:, None] == np.arange(count)).astype(np.float64)
    weighted = belongs * table.units.shares[:, None]
    sizes = weighted.sum(axis=0)
    inside = weighted / np.where(sizes > 0.0, sizes, 1.0)
    means = values.mean(axis=1)
    value, whole = np.where(sizes > 0.0, inside.T @ means, np.nan), float(table.units.shares @ means)
    if table.sampled:
        low, high = _bootstrapped(values, belongs, table.units)
        known = (table.units.per(member, count) >= estimates.FEWEST_UNITS) & table.units.bounded(values.shape[1])
    else:
        _, low, high = estimates.t_intervals(inside.T @ values - values.mean(axis=0))
        known = sizes > 0.0
    low, high = (np.where(known, whole + each, np.nan) for each in (low, high))
    return [Estimate(*map(float, each)) for each in zip(value, low, high, strict=True)]


def _bootstrapped(values: Floats, belongs: Floats, units: Units) -> Floats:
    """Return low and high of each group's distance to the mean, over draws of units and replicates."""
    weights = estimates.bootstrap_weights(units).points
    weighted = weights * (values @ estimates.luck_weights(units, values.shape[1]).T).T
    inside = (weighted @ belongs) / np.maximum(weights @ belongs, 1e-300)
    return np.asarray(np.percentile(inside - weighted.sum(axis=1, keepdims=True), estimates.ENDS, axis=0))


def pairs(values: Floats, table: Table, ranking: list[str]) -> list[Cells]:
    """Return the cells of each pair of the factors, at most the first ``MOST_PAIRED`` of their ranking."""
    keys = ranking[:MOST_PAIRED]
    most = 3 if table.sampled else MOST_GROUPS
    return [cells(values, table, one, other, most) for one, other in itertools.combinations(keys, 2)]


def heat(values: Floats, table: Table, ranking: list[str]) -> Cells | None:
    """Return the cells of the two first factors of the ranking, None if there is one only."""
    if len(ranking) < 2:
        return None
    most = min(MOST_GROUPS, max(2, math.isqrt(len(values) // 3))) if table.sampled else MOST_GROUPS
    return cells(values, table, ranking[0], ranking[1], most)


def cells(values: Floats, table: Table, one: str, other: str, most: int) -> Cells:
    """Return the mean over points and replicates in each cell of two factors in at most so many groups each."""
    factors = {factor.key: factor for factor in table.varied}
    first, second = (group(factors[key], table.levels[key], most) for key in (one, other))
    wide = len(second.axis.labels)
    at, size = first.member * wide + second.member, len(first.axis.labels) * wide
    means = _means(values, at, size, table)
    counts = np.bincount(at, minlength=size).tolist()
    return Cells(
        axes=(first.axis, second.axis),
        means=tuple(tuple(means[n : n + wide]) for n in range(0, size, wide)),
        counts=tuple(tuple(counts[n : n + wide]) for n in range(0, size, wide)),
    )


# By month.


@dataclass(frozen=True)
class Band:
    """Quantiles of some runs by month, a row for each of ``QUANTILES``; NaN where no run has a value."""

    label: str
    runs: int
    quantiles: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Fan:
    """One series: the median and the central 50 and 90 % of all runs, month by month; whole, and split by a factor."""

    name: str  # of its column
    unit: str
    description: str
    months: tuple[int, ...]
    whole: Band  # over all runs
    factor: str  # what the parts are split by, or nothing
    parts: tuple[Band, ...]  # the same over the runs of each group of that factor
    outcome: str  # the outcome whose most important factor that is, or nothing


def fans(
    results: Results, table: Table, leading: dict[str, str], names: Sequence[str]
) -> tuple[list[Fan], dict[str, str]]:
    """Return a fan for each of some series, and why a series has none.

    Args:
        results: the store.
        table: whose points and replicates are used.
        leading: the most important factor of each outcome analysed.
        names: of the series.
    """
    if not names:
        return [], {}
    frame = results.read_series(("point", "replicate", "month", *names))
    columns = frame.attrs["columns"]
    frame = frame[np.isin(frame["point"], table.points) & np.isin(frame["replicate"], table.replicates)]
    arrays = {name: frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names}
    skipped = {name: reason for name, values in arrays.items() if (reason := _reason_to_skip(values))}
    places = np.searchsorted(table.points, frame["point"].to_numpy())
    return [
        _fan(name, columns[name], values, places, frame["month"].to_numpy(), table, leading)
        for name, values in arrays.items() if name not in skipped
    ], skipped  # fmt: skip


def _reason_to_skip(values: Floats) -> str:
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=-1.0))
    if largest < 0.0:
        return "is not a number in any month; no fan"
    if largest > LARGEST:
        return f"is as large as {largest:.3g}: too large to draw; no fan"
    return f"is {largest:.3g} at most: too small to draw; no fan" if 0.0 < largest < SMALLEST else ""


def _fan(
    name: str, described: dict[str, str], values: Floats, places: Integers, months: Integers, table: Table,
    leading: dict[str, str],
) -> Fan:  # fmt: skip
    every, replicates = np.arange(1, int(months.max()) + 1), len(table.replicates)

    def band(label: str, points: int, inside: Any = slice(None)) -> Band:
        finite = pd.Series(np.where(np.isfinite(values), values, np.nan)[inside])
        found = finite.groupby(months[inside]).quantile(np.array(QUANTILES)).unstack().reindex(every)
        return Band(label, points * replicates, tuple(map(tuple, found.to_numpy().T.tolist())))

    outcome = next((each for each in (f"final.{name}", f"mean.{name}") if each in leading), "")
    factor = leading.get(outcome, "")
    parts: list[Band] = []
    if factor:
        (varied,) = [each for each in table.varied if each.key == factor]
        levels = table.levels[factor]
        few = len(set(levels.tolist())) <= _MOST_PARTS or levels.dtype == object
        groups = group(varied, levels, _MOST_PARTS if few else 2)
        parts = [
            band(label, count, (groups.member == n)[places])
            for n, (label, count) in enumerate(zip(groups.axis.labels, groups.counts, strict=True))
        ]
    return Fan(
        name, described["unit"], described["description"], tuple(every.tolist()), band("all runs", len(table.points)),
        factor, tuple(parts), outcome,
    )  # fmt: skip
