"""From a design to its rows: every kind as an iterator, since a grid may be larger than memory.

Rows of designs that extend each other are stable: more replicates, a larger Sobol' design (the first half of twice the
points) and more listed points keep what is there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.sweep.design import Design


class Row(NamedTuple):
    """One row of a design: its values by factor, and where it lies in the unit cube if the design is drawn there."""

    values: tuple[Any, ...]
    unit: NDArray[np.float64] | None


def count_rows(design: Design) -> int:
    """Return how many rows a design has, without making them."""
    k = len(design.factors)
    if design.kind in ("grid", "factorial"):
        return math.prod(len(factor.grid(design.levels)) for factor in design.factors)
    if design.kind == "list":
        return len(design.listed)
    if design.kind == "morris":
        return (design.trajectories or 0) * (k + 1)
    each = 1 if design.kind == "latin-hypercube" else (2 * k + 2 if design.second_order else k + 2)
    return (design.points or 0) * each


def rows(design: Design) -> Iterator[Row]:
    """Yield the rows of a design in their order; a grid's last factor varies fastest."""
    if design.kind in ("grid", "factorial"):
        for values in itertools.product(*(factor.grid(design.levels) for factor in design.factors)):
            yield Row(values, None)
    elif design.kind == "list":
        for values in design.listed:
            yield Row(values, None)
    else:
        for unit in _sample(design):
            yield Row(_values(design, unit), unit)


def preview(design: Design, count: int) -> Iterator[Row]:
    """Yield rows like those of a design, without making it: for timing."""
    for unit in np.random.default_rng(design.seed).random((count, len(design.factors))):
        yield Row(_values(design, unit), unit)


def _values(design: Design, unit: NDArray[np.float64]) -> tuple[Any, ...]:
    return tuple(factor.value(float(u)) for factor, u in zip(design.factors, unit, strict=True))


def _sample(design: Design) -> NDArray[np.float64]:
    """Return the design in the unit cube, shape (rows, factors)."""
    k = len(design.factors)
    problem = {"num_vars": k, "names": [f.key for f in design.factors], "bounds": [[0.0, 1.0]] * k}
    if design.kind == "latin-hypercube":
        from scipy.stats import qmc

        return qmc.LatinHypercube(k, rng=np.random.default_rng(design.seed)).random(design.points or 0)
    if design.kind == "sobol":
        from SALib.sample import sobol

        sample = sobol.sample(problem, design.points, calc_second_order=design.second_order, seed=design.seed)
    else:
        from SALib.sample import morris

        sample = morris.sample(problem, design.trajectories, num_levels=design.levels, seed=design.seed)
    return np.asarray(sample, dtype=np.float64)
