"""The indices of designs made for them: Sobol' samples, Morris' trajectories, and crossed levels.

**Sobol'.** SALib's indices are of the mean over R replicates. With A, B, AB_i the rows of a base sample (Saltelli et
al. 2010) and V the variance of the outcome's mean over the rows A and B,

    first_i = E[B (AB_i − A)] / V            total_i = E[(A − AB_i)²] / 2V

Noise of variance s² in the mean adds s² to V and, independent in each row, to the numerator of every total: totals rise
towards 1, firsts sink. The corrected indices take each square as products of different replicates
(``experiments.analysis.estimates.crossed``), which for a difference d of two rows is

    E[<d d>] = E[d̄² − s_d² / R]

and V likewise, so numerator and denominator are without noise. With one replicate this cannot be done.

Intervals of the corrected: a bootstrap over base samples and replicates together (Owen 2007), products of different
replicates only; with two replicates over base samples alone. Percentiles. Fewer than three base samples give none, and
where the outcome is the same at all rows A and B there is no V, and so no index.

**Morris.** An elementary effect is the change of the mean over replicates over one step of a factor, divided by the
step that its values make, as a share of its range:

    effect = (y' - y) / d        d = (x' - x) / (highest - lowest)        log scale: of the logarithms

The design draws its steps from the unit cube, but a switch, a few whole numbers or listed values jump further than the
step drawn (or not at all), so d is taken from the values. Listed numbers are where they are, also if unevenly spaced.
Between words there is no distance: any change from one to another is a whole step, d = 1 to one that is listed later.
Where two rows have the same value nothing was moved, and that trajectory has no effect of the factor.

If the outcome were noise of standard deviation s in a difference of two runs, the effect of the mean over R replicates
would be normal with deviation τ = s / (√R d), and its mean size

    luck = √(mean τ² · 2/π)

so a mu_star near that says nothing. Intervals: a bootstrap over trajectories, percentiles; none from fewer than three.
Where trajectories come to the same points again and again they share their luck: replicates are drawn too, and what
that adds to a mean of sizes is taken off; with one replicate there is no interval.
Source: Morris (1991); Campolongo, Cariboni, Saltelli (2007).

**Levels.** Over a grid of all combinations the shares of variance are exact for these levels. With f the outcome over
the grid and f_i, f_ij its means over all factors but i, or but i and j,

    first_i = Var f_i / V     pair_ij = Var (f_ij − f_i − f_j) / V     total_i = E[Var of f along i] / V     V = Var f

each square as a product of different replicates, so seed noise raises none of them. With one replicate it does. Over
the grid's levels these are the Sobol' indices. Intervals: a jackknife over replicates (three or more).

Contrasts, for a factor of two levels, are computed per replicate, so that seeds pair; Student's t over replicates.
Source: Box, Hunter, Hunter (2005), Statistics for Experimenters, ch. 5.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np

from experiments.analysis import estimates
from experiments.analysis.estimates import Estimate, Floats, Index, Units
from experiments.analysis.noise import components
from experiments.analysis.table import Table, levels_of, name_of
from experiments.sweep.results import Design, Factor

_SALIB_SEED = 1  # 0 is no seed to SALib
_ROUNDING = 1e-12
_FEWEST_REPLICATES = 3  # of which a bootstrap draws some twice and others not
_MOST_BLIND = 0.1  # of the draws may see no variance, or none above the noise


def sobol_indices(values: Floats, design: Design, shared: bool = False) -> tuple[list[Index], str]:
    """Return the indices, and why there are no corrected ones, or nothing.

    Args:
        values: outcome of each row of the design, shape (rows, replicates); rows in whole base samples.
        design: the Sobol' design.
        shared: whether base samples come to the same points again and again. The luck of those is then not seen over
            base samples, but over replicates alone.
    """
    keys, replicates = [factor.key for factor in design.factors], values.shape[1]
    rows_each = 2 * len(keys) + 2 if design.second_order else len(keys) + 2
    blocks = values.reshape(-1, rows_each, replicates)
    ends = blocks.mean(axis=2)[:, [0, -1]]
    if np.ptp(ends) <= _ROUNDING * np.abs(ends).max():
        return [], "it is the same at the first and last row of every base sample, so there is no variance to share out"
    found = _by_salib(values.mean(axis=1), design, keys, not shared and _blind(ends) <= _MOST_BLIND)
    if replicates == 1:
        return found, "one replicate: noise cannot be separated from effects, so no index is corrected for it"
    bounded = len(blocks) >= estimates.FEWEST_UNITS and (not shared or replicates >= _FEWEST_REPLICATES)
    corrected = _corrected(blocks, bounded, len(keys))
    if corrected is None:
        return found, "noise is all that is seen of the variance, so no index is freed of it"
    names = [(measure, key) for measure in ("first, noise-corrected", "total, noise-corrected") for key in keys]
    return found + [Index("sobol", *name, "", each) for name, each in zip(names, corrected, strict=True)], ""


def _blind(ends: Floats) -> float:
    """Return the share of SALib's draws of base samples (ends A and B, shape (N, 2)) without variance; 1 for a few."""
    count = len(ends)
    if count < estimates.FEWEST_UNITS:
        return 1.0
    drawn = ends[np.random.default_rng(_SALIB_SEED).integers(count, size=(count, estimates.DRAWS))]
    return float((np.ptp(drawn, axis=(0, 2)) <= _ROUNDING * np.abs(ends).max()).mean())


def _by_salib(outcome: Floats, design: Design, keys: list[str], bounded: bool) -> list[Index]:
    """Return SALib's indices, with its intervals if they can be ``bounded``."""
    from SALib.analyze import sobol

    given = sobol.analyze(
        design.problem, outcome, calc_second_order=design.second_order, num_resamples=estimates.DRAWS, seed=_SALIB_SEED
    )
    cells: list[tuple[str, str, Any, str, str]] = [
        (measure, name, n, key, "")
        for measure, name in (("first", "S1"), ("total", "ST"))
        for n, key in enumerate(keys)
    ]
    if design.second_order:
        cells += [("second", "S2", (i, j), keys[i], keys[j]) for i, j in combinations(range(len(keys)), 2)]
    found = []
    for measure, name, at, key, other in cells:
        value, half = float(given[name][at]), float(given[f"{name}_conf"][at])
        estimate = Estimate(value, value - half, value + half) if bounded else Estimate(value)
        found.append(Index("sobol", measure, key, other, estimate))
    return found


# Free of noise. Shapes: N base samples, R replicates, D draws, k factors.


def _corrected(blocks: Floats, bounded: bool, k: int) -> list[Estimate] | None:
    """Return k first and k total indices of blocks (N, rows each, R), None if no variance is left to divide by.

    With intervals if they can be ``bounded``.
    """
    count, _, replicates = blocks.shape
    value = _ratios(blocks, k, np.full((1, count), 1.0 / count), np.ones((1, replicates)))[0]
    if not np.isfinite(value).all():
        return None
    if not bounded:
        return [Estimate(float(each)) for each in value]
    rows = estimates.generator().multinomial(count, np.full(count, 1.0 / count), size=estimates.DRAWS) / count
    of_replicates = estimates.replicate_weights(replicates)
    alike = (of_replicates > 0.0).sum(axis=1, keepdims=True) < 2  # draws of one replicate: instead all, once each
    drawn = _ratios(blocks, k, rows, np.where(alike, 1.0, of_replicates))
    if np.isnan(drawn[:, 0]).mean() > _MOST_BLIND:
        return None
    return [estimates.percentiles(float(each), drawn[:, n]) for n, each in enumerate(value)]


def _ratios(blocks: Floats, k: int, rows: Floats, replicates: Floats) -> Floats:
    """Return first and total indices for each draw of weights (D, N) and (D, R), shape (D, 2k)."""
    # Without the luck of each replicate that all rows share; it is no part of any difference.
    blocks = blocks - blocks[:, [0, -1], :].mean(axis=(0, 1))
    variance = _variance(blocks, rows, replicates)
    variance = np.where(variance > 0.0, variance, np.nan)
    found = np.empty((len(rows), 2 * k))
    for i in range(k):
        step = blocks[:, 1 + i] - blocks[:, 0]
        found[:, i] = _mean_product(blocks[:, -1], step, rows, replicates) / variance
        found[:, k + i] = _mean_product(step, step, rows, replicates) / 2.0 / variance
    return found


def _mean_product(a: Floats, b: Floats, rows: Floats, replicates: Floats) -> Floats:
    """Return the mean of <a b> over rows, weighted; a and b have shape (N, R)."""
    plain = (a @ replicates.T) * (b @ replicates.T)
    same = (a * b) @ (replicates**2).T
    return np.asarray(np.einsum("dn,nd->d", rows, plain - same)) / _pairs(replicates)


def _variance(blocks: Floats, rows: Floats, replicates: Floats) -> Floats:
    """Return the variance over the rows A and B of what the factors make of the outcome."""
    square = sum(_mean_product(blocks[:, n], blocks[:, n], rows, replicates) for n in (0, -1)) / 2.0
    means = rows @ (blocks[:, 0] + blocks[:, -1]) / 2.0
    of_mean = _pairs(means * replicates) / _pairs(replicates)
    count = 2 * blocks.shape[0]
    return np.asarray((square - of_mean) * count / (count - 1.0))


def _pairs(weights: Floats) -> Floats:
    """Return the sum of the products of all pairs of different replicates in each draw, shape (D,)."""
    return np.asarray(weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1))


# Morris.


def morris_indices(values: Floats, steps: Floats, keys: list[str], shared: bool = False) -> tuple[list[Index], str]:
    """Return mu_star with its interval, mu, sigma, and with two or more replicates luck; and what was never moved.

    Args:
        values: outcome of each row of the design, shape (rows, replicates); rows in whole trajectories.
        steps: as ``realised_steps`` gives them, shape (trajectories, moves, factors).
        keys: of the factors.
        shared: whether trajectories come to the same points again and again.
    """
    trajectories, moves, _ = steps.shape
    changes = np.diff(values.reshape(trajectories, moves + 1, -1), axis=1)
    drawn = estimates.generator().multinomial(
        trajectories, np.full(trajectories, 1.0 / trajectories), size=estimates.DRAWS
    )
    found: list[Index] = []
    still = []
    for n, key in enumerate(keys):
        which, move = np.nonzero(steps[:, :, n])
        if not len(which):
            still.append(key)
            continue
        effects = changes[which, move] / steps[which, move, n][:, None]
        note = "" if len(which) == trajectories else f"moved in {len(which)} of {trajectories} trajectories"
        measures = _measures(effects, drawn[:, which], shared)
        found += [Index("morris", name, key, "", estimate, note) for name, estimate in measures.items()]
    return found, f"never moved within a trajectory, so nothing is known of it: {', '.join(still)}" if still else ""


def _measures(effects: Floats, drawn: Any, shared: bool) -> dict[str, Estimate]:
    """Return the measures of one factor of its effects, shape (trajectories that moved it, replicates).

    ``drawn`` is how often each of these trajectories is drawn, shape (draws, trajectories).
    """
    moved, replicates = effects.shape
    mean = effects.mean(axis=1)
    size = np.abs(mean)
    star = Estimate(float(size.mean()))
    if moved >= estimates.FEWEST_UNITS and not (shared and replicates == 1):
        sizes = np.abs(effects @ estimates.student_weights(replicates).T).T if shared else size
        with np.errstate(invalid="ignore"):
            draws = (drawn * sizes).sum(axis=1) / drawn.sum(axis=1)
        if shared:
            draws = np.maximum(draws - np.nanmean(draws) + star.value, 0.0)
        star = estimates.percentiles(star.value, draws)
    found = {"mu_star": star, "mu": Estimate(float(mean.mean()))}
    if moved > 1:
        found["sigma"] = Estimate(float(mean.std(ddof=1)))
    if replicates > 1:
        noise = float(effects.var(axis=1, ddof=1).mean()) / replicates
        found["luck"] = Estimate(math.sqrt(noise * 2.0 / math.pi))
    return found


def realised_steps(table: Table) -> Floats:
    """Return by what share of its range each move moved each factor, shape (trajectories, moves, factors)."""
    rows = len(table.design.factors) + 1
    levels = [(factor, table.levels[factor.key][table.rows].reshape(-1, rows)) for factor in table.design.factors]
    return np.stack([_steps(*each) for each in levels], axis=2)


def _steps(factor: Factor, levels: Any) -> Floats:
    """Return the steps between the rows of each trajectory, levels of shape (trajectories, rows)."""
    if levels.dtype == object:
        place = {level: n for n, level in enumerate(levels_of(factor, levels.ravel()))}
        places = np.array([[float(place[level]) for level in row] for row in levels.tolist()])
        return np.asarray(np.sign(np.diff(places)))
    ends = (factor.low, factor.high) if factor.values is None else factor.values
    low, high = min(map(float, ends)), max(map(float, ends))
    numbers = levels.astype(np.float64)
    if factor.scale == "log":
        numbers, low, high = np.log(numbers), math.log(low), math.log(high)
    return np.asarray(np.diff(numbers) / (high - low if high > low else 1.0))


# Levels.


def level_shares(values: Floats, table: Table) -> tuple[list[Index], str]:
    """Return the shares over a estimates.crossed design, and why there are none, or nothing.

    Args:
        values: the outcome, shape (points, replicates).
        table: of a design of which ``crossed`` is true.
    """
    keys = [factor.key for factor in table.varied]
    places = [np.unique(table.levels[key], return_inverse=True)[1] for key in keys]
    order = np.lexsort(places[::-1])
    grid = values[order].reshape(*(int(each.max()) + 1 for each in places), values.shape[1])
    shares = _with_jackknife(grid)
    if not _seen(values, table.design.common_random_numbers) or not shares:
        return [], "the variance between points is within noise, so it is not divided among the factors"
    note = "" if values.shape[1] > 1 else "one replicate: noise is in it"
    names = [(measure, key, "") for measure in ("first", "total") for key in keys]
    names += [("pair", one, other) for one, other in combinations(keys, 2)]
    return [Index("levels", *name, each, note) for name, each in zip(names, shares, strict=True)], ""


def _shares(grid: Floats) -> Floats | None:
    """Return firsts, totals and pairs, None without variance; the last axis of ``grid`` are the replicates."""
    k = grid.ndim - 1
    axes = set(range(k))
    centred = grid - grid.mean(axis=tuple(axes), keepdims=True)
    variance = float(estimates.crossed(centred).mean())
    if variance <= 0.0:
        return None
    alone = [centred.mean(axis=tuple(axes - {i}), keepdims=True) for i in range(k)]
    along = [centred - centred.mean(axis=i, keepdims=True) for i in range(k)]
    both = [
        centred.mean(axis=tuple(axes - {i, j}), keepdims=True) - alone[i] - alone[j]
        for i, j in combinations(range(k), 2)
    ]
    return np.array([estimates.crossed(part).mean() for part in (*alone, *along, *both)]) / variance


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
    spread = np.sqrt((replicates - 1.0) ** 2 / replicates * np.var(kept, axis=0, ddof=1))
    half = estimates.t_quantile(replicates) * spread
    return [Estimate(float(v), float(v - h), float(v + h)) for v, h in zip(found, half, strict=True)]


def _seen(values: Floats, paired: bool) -> bool:
    """Return whether an F test tells the points apart; with one replicate nothing can."""
    from scipy import stats

    points, replicates = values.shape
    if replicates == 1:
        return True
    point, _, residual = (float(v[0]) for v in components(values, estimates.plain_weights(Units.each(points)), paired))
    freedom = (points - 1) * (replicates - 1) if paired else points * (replicates - 1)
    ratio = replicates * point / residual + 1.0 if residual > 0.0 else math.inf
    return float(stats.f.sf(ratio, points - 1, freedom)) < 1.0 - estimates.LEVEL


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
    for one, other in combinations(high, 2):
        cells = [[(high[one] == a) & (high[other] == b) for b in (False, True)] for a in (False, True)]
        if all(cell.any() for row in cells for cell in row):
            means = [[values[cell].mean(axis=0) for cell in row] for row in cells]
            interaction = (means[1][1] - means[0][1] - means[1][0] + means[0][0]) / 2.0
            found.append(Index("contrast", "interaction", one, other, _over_replicates(interaction)))
    return found


def _over_replicates(values: Floats) -> Estimate:
    return Estimate(*map(float, estimates.t_intervals(values)))
