"""Sobol' indices: SALib's, and beside them those that seed noise does not inflate.

SALib's are of the mean over R replicates. With A, B, AB_i the rows of a base sample (Saltelli et al. 2010) and V the
variance of the outcome's mean over the rows A and B,

    first_i = E[B (AB_i − A)] / V            total_i = E[(A − AB_i)²] / 2V

Noise of variance s² in the mean adds s² to V and, independent in each row, to the numerator of every total: totals rise
towards 1, firsts sink. The corrected indices take each square as products of different replicates
(``experiments.analysis.intervals.crossed``), which for a difference d of two rows is

    E[<d d>] = E[d̄² − s_d² / R]

and V likewise, so numerator and denominator are without noise. With one replicate this cannot be done.

Intervals of the corrected: a bootstrap over base samples and replicates together (Owen 2007), products of different
replicates only; with two replicates over base samples alone. Percentiles. Fewer than three base samples give none, and
where the outcome is the same at all rows A and B there is no V, and so no index.
"""

from __future__ import annotations

import itertools

import numpy as np

from experiments.analysis.index import Index
from experiments.analysis.intervals import (
    DRAWS,
    FEWEST_UNITS,
    Estimate,
    Floats,
    generator,
    percentiles,
    replicate_weights,
)
from experiments.sweep.results import Design

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
    keys = [factor.key for factor in design.factors]
    ends = values.mean(axis=1).reshape(-1, _rows_each(design))[:, [0, -1]]
    if np.ptp(ends) <= _ROUNDING * np.abs(ends).max():
        return [], "it is the same at the first and last row of every base sample, so there is no variance to share out"
    found = _by_salib(values.mean(axis=1), design, keys, not shared and _blind(ends) <= _MOST_BLIND)
    if values.shape[1] == 1:
        return found, "one replicate: noise cannot be separated from effects, so no index is corrected for it"
    blocks = values.reshape(-1, _rows_each(design), values.shape[1])
    bounded = len(blocks) >= FEWEST_UNITS and (not shared or values.shape[1] >= _FEWEST_REPLICATES)
    corrected = _corrected(blocks, len(keys), bounded)
    if corrected is None:
        return found, "noise is all that is seen of the variance, so no index is freed of it"
    for measure, estimates in zip(("first, noise-corrected", "total, noise-corrected"), corrected, strict=True):
        found += [Index("sobol", measure, key, "", each) for key, each in zip(keys, estimates, strict=True)]
    return found, ""


def _rows_each(design: Design) -> int:
    k = len(design.factors)
    return 2 * k + 2 if design.second_order else k + 2


def _blind(ends: Floats) -> float:
    """Return the share of SALib's draws of base samples (ends A and B, shape (N, 2)) without variance; 1 for a few."""
    count = len(ends)
    if count < FEWEST_UNITS:
        return 1.0
    drawn = ends[np.random.default_rng(_SALIB_SEED).integers(count, size=(count, DRAWS))]
    return float((np.ptp(drawn, axis=(0, 2)) <= _ROUNDING * np.abs(ends).max()).mean())


def _by_salib(outcome: Floats, design: Design, keys: list[str], bounded: bool) -> list[Index]:
    """Return SALib's indices, with its intervals if they can be ``bounded``."""
    from SALib.analyze import sobol

    given = sobol.analyze(
        design.problem, outcome, calc_second_order=design.second_order, num_resamples=DRAWS, seed=_SALIB_SEED
    )

    def index(measure: str, key: str, other: str, value: float, half: float) -> Index:
        ends = (float(value - half), float(value + half)) if bounded else ()
        return Index("sobol", measure, key, other, Estimate(float(value), *ends))

    found = [
        index(measure, key, "", value, half)
        for measure, name in (("first", "S1"), ("total", "ST"))
        for key, value, half in zip(keys, given[name], given[f"{name}_conf"], strict=True)
    ]
    if design.second_order:
        for i, j in itertools.combinations(range(len(keys)), 2):
            found.append(index("second", keys[i], keys[j], given["S2"][i, j], given["S2_conf"][i, j]))
    return found


# Free of noise. Shapes: N base samples, R replicates, D draws, k factors.


def _corrected(blocks: Floats, k: int, bounded: bool) -> tuple[list[Estimate], list[Estimate]] | None:
    """Return first and total indices of blocks (N, rows each, R), None if no variance is left to divide by.

    With intervals if they can be ``bounded``.
    """
    count, _, replicates = blocks.shape
    whole_rows, whole_replicates = np.full((1, count), 1.0 / count), np.ones((1, replicates))
    value = _ratios(blocks, k, whole_rows, whole_replicates)
    if not np.isfinite(value).all():
        return None
    if not bounded:
        first, total = ([Estimate(float(value[0, n, i])) for i in range(k)] for n in (0, 1))
        return first, total
    random = generator()
    rows = random.multinomial(count, np.full(count, 1.0 / count), size=DRAWS) / count
    drawn = _ratios(blocks, k, rows, _different(replicate_weights(replicates)))
    if np.isnan(drawn[:, 0, 0]).mean() > _MOST_BLIND:
        return None
    first, total = ([percentiles(float(value[0, n, i]), drawn[:, n, i]) for i in range(k)] for n in (0, 1))
    return first, total


def _ratios(blocks: Floats, k: int, rows: Floats, replicates: Floats) -> Floats:
    """Return first and total indices for each draw of weights (D, N) and (D, R), shape (D, 2, k)."""
    # Without the luck of each replicate that all rows share; it is no part of any difference.
    ends = blocks[:, [0, -1], :]
    blocks = blocks - ends.mean(axis=(0, 1))
    variance = _variance(blocks, rows, replicates)
    variance = np.where(variance > 0.0, variance, np.nan)
    found = np.empty((len(rows), 2, k))
    for i in range(k):
        step = blocks[:, 1 + i] - blocks[:, 0]
        found[:, 0, i] = _mean_product(blocks[:, -1], step, rows, replicates) / variance
        found[:, 1, i] = _mean_product(step, step, rows, replicates) / 2.0 / variance
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
    weighted = means * replicates
    of_mean = (weighted.sum(axis=1) ** 2 - (weighted**2).sum(axis=1)) / _pairs(replicates)
    count = 2 * blocks.shape[0]
    return np.asarray((square - of_mean) * count / (count - 1.0))


def _pairs(replicates: Floats) -> Floats:
    return np.asarray(replicates.sum(axis=1) ** 2 - (replicates**2).sum(axis=1))


def _different(replicates: Floats) -> Floats:
    """Return the draws, those of fewer than two different replicates replaced by all, once each."""
    return np.where((replicates > 0.0).sum(axis=1, keepdims=True) < 2, 1.0, replicates)
