"""Shares of variance over a grid of all combinations, exact for these levels, and the contrasts of two-level factors.

With f the outcome over the grid and f_i, f_ij its means over all factors but i, or but i and j,

    first_i = Var f_i / V     pair_ij = Var (f_ij − f_i − f_j) / V     total_i = E[Var of f along i] / V     V = Var f

each square as a product of different replicates, so seed noise raises none of them. With one replicate it does. Over
the grid's levels these are the Sobol' indices. Intervals: a jackknife over replicates (three or more).

Contrasts, for a factor of two levels, are computed per replicate, so that seeds pair; Student's t over replicates.
Source: Box, Hunter, Hunter (2005), Statistics for Experimenters, ch. 5.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from experiments.analysis.groups import levels_of, name_of
from experiments.analysis.index import Index
from experiments.analysis.intervals import (
    LEVEL,
    Estimate,
    Floats,
    Units,
    crossed,
    plain_weights,
    t_intervals,
    t_quantile,
)
from experiments.analysis.noise import components
from experiments.analysis.table import Table


def level_shares(values: Floats, table: Table) -> tuple[list[Index], str]:
    """Return the shares over a crossed design, and why there are none, or nothing.

    Args:
        values: the outcome, shape (points, replicates).
        table: of a design of which ``crossed`` is true.
    """
    keys = [factor.key for factor in table.varied]
    shape = [len(set(table.levels[key].tolist())) for key in keys]
    order = np.lexsort([np.unique(table.levels[key], return_inverse=True)[1] for key in reversed(keys)])
    grid = values[order].reshape(*shape, values.shape[1])
    estimates = _with_jackknife(grid)
    if not _seen(values, table.design.common_random_numbers) or not estimates:
        return [], "the variance between points is within noise, so it is not divided among the factors"
    note = "" if values.shape[1] > 1 else "one replicate: noise is in it"
    return [
        Index("levels", measure, keys[i], "" if j is None else keys[j], estimate, note)
        for (measure, i, j), estimate in zip(_names(len(keys)), estimates, strict=True)
    ], ""


def _names(k: int) -> list[tuple[str, int, int | None]]:
    alone: list[tuple[str, int, int | None]] = [(m, i, None) for m in ("first", "total") for i in range(k)]
    return alone + [("pair", i, j) for i, j in itertools.combinations(range(k), 2)]


def _shares(grid: Floats) -> Floats | None:
    """Return the shares in the order of ``_names``; the last axis of ``grid`` are the replicates."""
    k = grid.ndim - 1
    axes = set(range(k))
    centred = grid - grid.mean(axis=tuple(axes), keepdims=True)
    variance = float(crossed(centred).mean())
    if variance <= 0.0:
        return None
    alone = [centred.mean(axis=tuple(axes - {i}), keepdims=True) for i in range(k)]
    along = [centred - centred.mean(axis=i, keepdims=True) for i in range(k)]
    both = [
        centred.mean(axis=tuple(axes - {i, j}), keepdims=True) - alone[i] - alone[j]
        for i, j in itertools.combinations(range(k), 2)
    ]
    return np.array([crossed(part).mean() for part in (*alone, *along, *both)]) / variance


def _with_jackknife(grid: Floats) -> list[Estimate]:
    """Return the shares with their intervals, nothing if in some replicates no variance is left to share."""
    found, replicates = _shares(grid), grid.shape[-1]
    if found is None:
        return []
    if replicates < 3:
        return [Estimate(float(value)) for value in found]
    without = [_shares(np.delete(grid, r, axis=-1)) for r in range(replicates)]
    kept = [each for each in without if each is not None]
    if len(kept) < replicates:
        return []
    spread = np.sqrt((replicates - 1.0) ** 2 / replicates * np.var(np.array(kept), axis=0, ddof=1))
    half = t_quantile(replicates) * spread
    return [Estimate(float(v), float(v - h), float(v + h)) for v, h in zip(found, half, strict=True)]


def _seen(values: Floats, paired: bool) -> bool:
    """Return whether an F test tells the points apart; with one replicate nothing can."""
    from scipy import stats

    points, replicates = values.shape
    if replicates == 1:
        return True
    point, _, residual = (float(v[0]) for v in components(values, plain_weights(Units.each(points)), paired))
    freedom = (points - 1) * (replicates - 1) if paired else points * (replicates - 1)
    ratio = replicates * point / residual + 1.0 if residual > 0.0 else math.inf
    return float(stats.f.sf(ratio, points - 1, freedom)) < 1.0 - LEVEL


def contrasts(values: Floats, table: Table) -> list[Index]:
    """Return the effect of each two-level factor and the interaction of each pair of them."""
    found, high, notes = [], {}, {}
    for factor in table.varied:
        levels = levels_of(factor, table.levels[factor.key])
        if len(levels) == 2:
            high[factor.key] = table.levels[factor.key] == levels[1]
            notes[factor.key] = f"{name_of(levels[1])} less {name_of(levels[0])}"
    for key, upper in high.items():
        effect = values[upper].mean(axis=0) - values[~upper].mean(axis=0)
        found.append(Index("contrast", "effect", key, "", _over_replicates(effect), notes[key]))
    for one, other in itertools.combinations(high, 2):
        cells = [[(high[one] == a) & (high[other] == b) for b in (False, True)] for a in (False, True)]
        if all(cell.any() for row in cells for cell in row):
            means = [[values[cell].mean(axis=0) for cell in row] for row in cells]
            interaction = (means[1][1] - means[0][1] - means[1][0] + means[0][0]) / 2.0
            found.append(Index("contrast", "interaction", one, other, _over_replicates(interaction)))
    return found


def _over_replicates(values: Floats) -> Estimate:
    mean, low, high = (float(each) for each in t_intervals(values))
    return Estimate(mean, low, high) if math.isfinite(low) else Estimate(mean)
