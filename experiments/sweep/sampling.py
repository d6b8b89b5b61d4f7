"""From a design to its rows: every kind as an iterator, since a grid may be larger than memory.

Rows of designs that extend each other are stable: more replicates, a larger Sobol' design (the first half of twice the
points), more points of a Sobol' sequence and more listed points keep what is there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.sweep.design import Design
from experiments.sweep.factors import texts_of

CHUNK = 8192  # rows made at a time
_SOBOL_BITS = 53  # which a double holds exactly, and enough for as many points as there may be


class Chunk(NamedTuple):
    """Rows of a design: their values as JSON, a list a factor, and where they lie in the unit cube if drawn there."""

    texts: list[list[str]]
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
    each = 1 if design.kind in ("latin-hypercube", "sobol-points") else (2 * k + 2 if design.second_order else k + 2)
    return (design.points or 0) * each


def chunks(design: Design, size: int = CHUNK) -> Iterator[Chunk]:
    """Yield the rows of a design in their order, so many at a time; a grid's last factor varies fastest."""
    if design.kind == "list":
        for start in range(0, len(design.listed), size):
            yield Chunk([*map(texts_of, zip(*design.listed[start : start + size], strict=True))], None)
    elif design.kind in ("grid", "factorial"):
        every = itertools.product(*(texts_of(factor.grid(design.levels)) for factor in design.factors))
        while found := list(itertools.islice(every, size)):
            yield Chunk([*map(list, zip(*found, strict=True))], None)
    else:
        for units in _samples(design, size):
            yield Chunk([factor.texts(units[:, n]) for n, factor in enumerate(design.factors)], units)


def preview(design: Design, count: int) -> Iterator[tuple[Any, ...]]:
    """Yield the values by factor of rows like those of a design, without making it: for timing."""
    for unit in np.random.default_rng(design.seed).random((count, len(design.factors))).tolist():
        yield tuple(factor.value(u) for factor, u in zip(design.factors, unit, strict=True))


def _samples(design: Design, size: int) -> Iterator[NDArray[np.float64]]:
    """Yield the design in the unit cube, about as many rows at a time, shape (rows, factors)."""
    if design.kind == "sobol":
        yield from _crossed(design, size)
        return
    if design.kind == "sobol-points":
        yield from _sequence(len(design.factors), design.points or 0, design.seed, size)
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


def _sequence(dimensions: int, points: int, seed: int, size: int) -> Iterator[NDArray[np.float64]]:
    """Yield the first points of a scrambled Sobol' sequence; SciPy wants the first it is asked for by powers of two."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, rng=np.random.default_rng(seed), bits=_SOBOL_BITS)
    count = 1 << max(size.bit_length() - 1, 0)
    for start in range(0, points, count):
        yield sequence.random(count)[: points - start]


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
