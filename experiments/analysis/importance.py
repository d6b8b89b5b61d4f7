"""What matters in any design: a linear regression and a random forest.

Regression: the mean over replicates, standardised, on every factor standardised. A factor's coefficient is the standard
deviation of its part of the fit over that of the outcome; signed for a number or a switch, a size only for text, whose
levels are several columns. Interval by a bootstrap over the units of the design and the replicates together.

Forest: permutation importance out of sample. Units of the design are dealt into five parts and the replicates into two
halves; a forest grown on four parts and one half predicts the fifth part in the other half, with each factor shuffled
in turn. So neither points nor seeds are known to it: under common seeds, luck that hangs on the factors looks like an
effect to whoever has seen the seed. Half the squared error that shuffling adds, over the variance of the outcome, is
the factor's importance: for independent factors the total Sobol' index of what the forest has learnt (Gregorutti,
Michel, Saint-Pierre 2017). Its range over shuffles (5 to 95 %) shows how steady it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.analysis import estimates
from experiments.analysis.estimates import Estimate, Floats, Index, Integers, Units
from experiments.analysis.table import PLURAL, Table
from experiments.sweep.results import Factor

_FEWEST_UNITS, _FEWEST_POINTS = 5, 8
_FEWEST_REPLICATES = 3  # where units share their luck
_PARTS, _TREES, _SHUFFLES, _LARGEST_BAG = 5, 40, 10, 2000
_STEADY = 0.05
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Fit:
    """How well a method describes the outcome.

    ``explained`` is the share of the variance between points: of the regression in sample, of the forest of new points
    in new seeds (new points only, if there is one replicate).
    """

    method: str  # regression or forest
    explained: float
    unknown: str = ""  # why the method says nothing, or nothing


def columns_of(factor: Factor, levels: Any) -> Floats:
    """Return a factor's columns, shape (points, columns): one for numbers and switches, a level less one for text."""
    if levels.dtype == object:
        names = sorted(set(levels.tolist()))
        return np.array([[float(level == name) for name in names[1:]] for level in levels.tolist()])
    numbers = levels.astype(np.float64)
    return np.asarray(np.log(numbers) if factor.scale == "log" else numbers)[:, None]


def regress(values: Floats, table: Table) -> tuple[list[Index], Fit]:
    """Return the standardised coefficients of an outcome of shape (points, replicates), and the fit."""
    if reason := _reason_against(table):
        return [], Fit("regression", math.nan, reason)
    x, owner = _design(table)
    if len(x) < x.shape[1] + 3:
        return [], Fit("regression", math.nan, "too few points for so many factors")
    share = table.units.shares
    x = x - share @ x
    x = x / np.sqrt(share @ x**2)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return [], Fit("regression", math.nan, "some factors move only together, so theirs cannot be told apart")
    y = values - share @ values.mean(axis=1)
    y = y / math.sqrt(share @ y.mean(axis=1) ** 2)
    mean, root = y.mean(axis=1), np.sqrt(share)
    value = _coefficients(x, mean[:, None], share[None, :], owner)
    drawn = _coefficients(
        x, y @ estimates.luck_weights(table.units, y.shape[1]).T, estimates.bootstrap_weights(table.units).points, owner
    )
    slopes = np.linalg.lstsq(x * root[:, None], mean * root, rcond=None)[0]
    if not table.units.bounded(y.shape[1], _FEWEST_REPLICATES):
        drawn = drawn[:0]
    indices = [
        Index("regression", "coefficient", factor.key, "", estimates.percentiles(float(value[0, n]), drawn[:, n]),
              "size only" if (owner == n).sum() > 1 else "")
        for n, factor in enumerate(table.varied)
    ]  # fmt: skip
    return indices, Fit("regression", 1.0 - float(share @ (mean - x @ slopes) ** 2))


def _reason_against(table: Table) -> str:
    if not table.varied:
        return "no factor varies"
    if table.units.count < _FEWEST_UNITS:
        return f"too few {PLURAL[table.unit]}"
    return "too few points" if len(table.points) < _FEWEST_POINTS else ""


def _design(table: Table) -> tuple[Floats, Integers]:
    """Return the columns of all factors that vary, and the factor of each column."""
    parts = [columns_of(factor, table.levels[factor.key]) for factor in table.varied]
    return np.hstack(parts), np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])


def _coefficients(x: Floats, y: Floats, weights: Floats, owner: Integers) -> Floats:
    """Return the standardised coefficient of each factor, shape (draws, factors).

    Of columns ``x``, shape (points, columns), of which each has an ``owner`` among the factors; outcomes ``y``, shape
    (points, draws); and ``weights``, shape (draws, points).
    """
    draws, columns = len(weights), x.shape[1]
    mean_x, mean_y = weights @ x, (weights * y.T).sum(axis=1)
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    xx = (weights @ products).reshape(draws, columns, columns) - mean_x[:, :, None] * mean_x[:, None, :]
    xy = (weights * y.T) @ x - mean_x * mean_y[:, None]
    yy = (weights * y.T**2).sum(axis=1) - mean_y**2
    yy = np.where(yy > _ROUNDING, yy, np.nan)  # in a draw of replicates that do not vary
    slopes = np.einsum("dij,dj->di", np.linalg.pinv(xx, hermitian=True), xy)
    found = np.empty((draws, int(owner.max()) + 1))
    for n in range(found.shape[1]):
        own = owner == n
        part = slopes[:, own]
        size = np.sqrt(np.maximum(np.einsum("di,dij,dj->d", part, xx[:, own][:, :, own], part), 0.0) / yy)
        found[:, n] = size * (np.sign(part[:, 0]) if own.sum() == 1 else 1.0)
    return found


def grow(values: Floats, table: Table) -> tuple[list[Index], Fit]:
    """Return the permutation importance of each factor for an outcome of shape (points, replicates), and the fit."""
    if reason := _reason_against(table):
        return [], Fit("forest", math.nan, reason)
    x, owner = _design(table)
    random, factors, share = estimates.generator(), table.varied, table.units.shares
    parts = _together(table.units)
    error, variance, added = 0.0, 0.0, np.zeros((len(factors), _SHUFFLES))
    for seen, new in _halves(values):
        squares = _squared_errors(x, owner, seen, new, parts, random)
        error += float(squares[0] @ share)
        variance += float((new - share @ new) ** 2 @ share)
        added += ((squares[1:] - squares[0]) @ share).reshape(added.shape)
    if variance == 0.0:
        return [], Fit("forest", math.nan, "no spread between points")
    added /= 2.0 * variance
    ranges = np.percentile(added, [100.0 * _STEADY, 100.0 * (1.0 - _STEADY)], axis=1)
    indices = [
        Index("forest", "importance", factor.key, "", Estimate(float(added[n].mean()), *map(float, ranges[:, n])),
              "range over shuffles")
        for n, factor in enumerate(factors)
    ]  # fmt: skip
    return indices, Fit("forest", 1.0 - error / variance)


def _together(units: Units) -> Integers:
    """Return what must stay together when points are dealt out: their unit, or nothing if points lie in several."""
    points = len(units.shares)
    if len(units.points) > points:
        return np.arange(points)
    return np.asarray(units.of_row[np.argsort(units.points)])


def _halves(values: Floats) -> list[tuple[Floats, Floats]]:
    """Return what is learnt from and what is predicted: the means of two halves of the replicates, and vice versa."""
    # Each without the luck that all its points share, which no factor can tell; and near 1, for a tree takes a variance
    # below 10⁻¹⁶ for none.
    centred = values - values.mean(axis=0)
    centred = centred / math.ldexp(1.0, math.frexp(float(np.abs(centred).max()))[1])
    if values.shape[1] == 1:
        return [(centred[:, 0], centred[:, 0])]
    one, other = centred[:, ::2].mean(axis=1), centred[:, 1::2].mean(axis=1)
    return [(one, other), (other, one)]


def _squared_errors(
    x: Floats, owner: Integers, seen: Floats, new: Floats, parts: Integers, random: np.random.Generator
) -> Floats:
    """Return the squared errors of points held out: as they are, then by factor and shuffle, shape (cases, points)."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.model_selection import GroupKFold

    shuffled = [x]
    for n in range(int(owner.max()) + 1):
        for _ in range(_SHUFFLES):
            copy, own = x.copy(), owner == n
            copy[:, own] = x[random.permutation(len(x))][:, own]
            shuffled.append(copy)
    cases = np.stack(shuffled)
    squares = np.empty(cases.shape[:2])
    for train, test in GroupKFold(n_splits=_PARTS, shuffle=True, random_state=0).split(x, seen, parts):
        bag = _LARGEST_BAG if len(train) > _LARGEST_BAG else None
        forest = RandomForestRegressor(_TREES, max_samples=bag, random_state=0).fit(x[train], seen[train])
        predicted = forest.predict(cases[:, test].reshape(-1, x.shape[1])).reshape(len(cases), -1)
        squares[:, test] = (predicted - new[test]) ** 2
    return squares
