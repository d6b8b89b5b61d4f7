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

CHUNK = 8192  # rows made at a time


class Row(NamedTuple):
    """One row of a design: its values by factor, and where it lies in the unit cube if the design is drawn there."""

    values: tuple[Any, ...]
    unit: NDArray[np.float64] | None


class Chunk(NamedTuple):
    """Rows of a design: their values, a list a factor, and where they lie in the unit cube, shape (rows, factors)."""

    columns: list[list[Any]]
    units: NDArray[np.float64] | None


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
    for chunk in chunks(design):
        units = itertools.repeat(None) if chunk.units is None else iter(chunk.units)
        for values, unit in zip(zip(*chunk.columns, strict=True), units, strict=False):
            yield Row(values, unit)


def chunks(design: Design, size: int = CHUNK) -> Iterator[Chunk]:
    """Yield the rows of a design in their order, so many at a time."""
    if design.kind in ("grid", "factorial", "list"):
        every = (
            design.listed
            if design.kind == "list"
            else itertools.product(*(factor.grid(design.levels) for factor in design.factors))
        )
        each = iter(every)
        while found := list(itertools.islice(each, size)):
            yield Chunk([*map(list, zip(*found, strict=True))], None)
        return
    for units in _samples(design, size):
        yield Chunk([factor.column(units[:, n]) for n, factor in enumerate(design.factors)], units)


def preview(design: Design, count: int) -> Iterator[Row]:
    """Yield rows like those of a design, without making it: for timing."""
    for unit in np.random.default_rng(design.seed).random((count, len(design.factors))):
        yield Row(_values(design, unit), unit)


def _values(design: Design, unit: NDArray[np.float64]) -> tuple[Any, ...]:
    return tuple(factor.value(float(u)) for factor, u in zip(design.factors, unit, strict=True))


def _samples(design: Design, size: int) -> Iterator[NDArray[np.float64]]:
    """Yield the design in the unit cube, about as many rows at a time, shape (rows, factors)."""
    if design.kind == "sobol":
        yield from _crossed(design, size)
        return
    sample = _sample(design)
    for start in range(0, len(sample), size):
        yield sample[start : start + size]


def _crossed(design: Design, size: int) -> Iterator[NDArray[np.float64]]:
    """Yield a Sobol' design as SALib makes it: of each point A, A with one of B, if wanted B with one of A, and B."""
    from scipy.stats import qmc

    k = len(design.factors)
    source = np.arange(k)  # of each row's values: the half of the sequence that they are from
    crossed = [source + k * (source == n) for n in range(k)]
    if design.second_order:
        crossed += [source + k * (source != n) for n in range(k)]
    places = np.array([source, *crossed, source + k])
    sequence = qmc.Sobol(2 * k, seed=design.seed)  # as SALib passes it; by another name it means another sequence
    left = design.points or 0
    while left:
        count = min(left, 1 << max(size // len(places), 1).bit_length() - 1)  # the first must be a power of two
        yield sequence.random(count)[:, places].reshape(-1, k)
        left -= count


def _sample(design: Design) -> NDArray[np.float64]:
    """Return a Latin hypercube or a Morris design in the unit cube, shape (rows, factors)."""
    k = len(design.factors)
    if design.kind == "latin-hypercube":
        from scipy.stats import qmc

        return qmc.LatinHypercube(k, rng=np.random.default_rng(design.seed)).random(design.points or 0)
    from SALib.sample import morris

    problem = {"num_vars": k, "names": [f.key for f in design.factors], "bounds": [[0.0, 1.0]] * k}
    sample = morris.sample(problem, design.trajectories, num_levels=design.levels, seed=design.seed)
    return np.asarray(sample, dtype=np.float64)
