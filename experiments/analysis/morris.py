"""Morris screening: elementary effects on the mean over replicates, and what luck alone would give.

An elementary effect is the change of the outcome over one step of a factor, divided by the step that its values make,
as a share of its range:

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
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.analysis.groups import levels_of
from experiments.analysis.index import Index
from experiments.analysis.intervals import (
    DRAWS,
    FEWEST_UNITS,
    Estimate,
    Floats,
    generator,
    percentiles,
    student_weights,
)
from experiments.analysis.table import Table
from experiments.sweep.results import Factor


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
    drawn = generator().multinomial(trajectories, np.full(trajectories, 1.0 / trajectories), size=DRAWS)
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
    """Return the measures of one factor.

    Args:
        effects: shape (trajectories that moved it, replicates).
        drawn: how often each of these trajectories is drawn, shape (draws, trajectories).
        shared: whether trajectories share their luck.
    """
    moved, replicates = effects.shape
    mean = effects.mean(axis=1)
    size = np.abs(mean)
    star = Estimate(float(size.mean()))
    if moved >= FEWEST_UNITS and not (shared and replicates == 1):
        sizes = np.abs(effects @ student_weights(replicates).T).T if shared else size
        with np.errstate(invalid="ignore"):
            draws = (drawn * sizes).sum(axis=1) / drawn.sum(axis=1)
        if shared:
            draws = np.maximum(draws - np.nanmean(draws) + star.value, 0.0)
        star = percentiles(star.value, draws)
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
