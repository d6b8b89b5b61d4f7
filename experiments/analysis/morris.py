"""Morris screening: elementary effects on the mean over replicates, by SALib, and what luck alone would give.

An elementary effect is the change of the outcome over one step, divided by the step in units of the factor's range.
If the outcome were noise of standard deviation s in a difference d of two runs, the effect of the mean over R
replicates would be normal with deviation τ = s / (√R δ), and its mean size

    luck = τ √(2/π)

so a mu_star near that says nothing. Source: Morris (1991); Campolongo, Cariboni, Saltelli (2007).
"""

from __future__ import annotations

import math

import numpy as np

from experiments.analysis.index import Index
from experiments.analysis.intervals import DRAWS, Estimate, Floats
from experiments.sweep.results import Design

_SALIB_SEED = 1
_ROUNDING = 1e-9


def morris_indices(values: Floats, sample: Floats, design: Design) -> list[Index]:
    """Return mu_star with its interval, mu, sigma, and with two or more replicates luck.

    Args:
        values: outcome of each row of the design, shape (rows, replicates); rows in whole trajectories.
        sample: the same rows in the unit cube, shape (rows, factors).
        design: the Morris design.
    """
    from SALib.analyze import morris

    given = morris.analyze(
        design.problem, sample, values.mean(axis=1), num_resamples=DRAWS, num_levels=design.levels, seed=_SALIB_SEED
    )
    found = []
    for n, factor in enumerate(design.factors):
        star, half = float(given["mu_star"][n]), float(given["mu_star_conf"][n])
        found.append(Index("morris", "mu_star", factor.key, "", Estimate(star, star - half, star + half)))
        found += [Index("morris", name, factor.key, "", Estimate(float(given[name][n]))) for name in ("mu", "sigma")]
    if values.shape[1] > 1:
        luck = _luck(values, sample)
        found += [
            Index("morris", "luck", factor.key, "", Estimate(float(each)))
            for factor, each in zip(design.factors, luck, strict=True)
        ]
    return found


def _luck(values: Floats, sample: Floats) -> Floats:
    """Return for each factor the mean size of an effect that noise alone would give."""
    k, replicates = sample.shape[1], values.shape[1]
    steps = np.diff(sample.reshape(-1, k + 1, k), axis=1).reshape(-1, k)
    changes = np.diff(values.reshape(-1, k + 1, replicates), axis=1).reshape(-1, replicates)
    moved = np.abs(steps) > _ROUNDING
    noise = changes.var(axis=1, ddof=1) / replicates
    found = [np.mean(noise[moved[:, n]] / steps[moved[:, n], n] ** 2) for n in range(k)]
    return np.sqrt(np.array(found) * 2.0 / math.pi)
