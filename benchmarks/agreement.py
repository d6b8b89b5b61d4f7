"""Whether sides are the same model: their adoption curves, over seeds, agree within sampling error.

Each side's mean users of each option in each month are held against ours. Ours runs over many seeds, so that the spread
between runs is known; the gap of two means is told in standard errors. The bound is that of a t test at 0.001 for all
months, options and sides together (Bonferroni). Cells with less than 20 users on average are left out: there counts
are too few for a normal law.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.world import Run, curve

Curves = NDArray[np.int64]

LEVEL, FEWEST = 0.001, 20


class Agreement(NamedTuple):
    """How far a side is from ours at most: in standard errors, their bound, and as a share of all adopters."""

    errors: float
    bound: float
    gap: float

    @property
    def holds(self) -> bool:
        """Whether the two agree within sampling error."""
        return self.errors <= self.bound


def curves(make: Callable[[int], Run], seeds: range, months: int) -> Curves:
    """Return the users of each option, shape (seeds, months, K)."""
    return np.stack([curve(make(seed), months) for seed in seeds])


def agreements(ours: Curves, others: Mapping[str, Curves], adopters: int) -> dict[str, Agreement]:
    """Hold each side's curves against ours; runs may differ in number."""
    counted = ours.mean(axis=0) >= FEWEST
    tests = int(counted.sum()) * max(len(others), 1)
    bound = float(stats.t.isf(LEVEL / (2 * tests), len(ours) - 1))
    return {name: _agreement(ours, theirs, counted, bound, adopters) for name, theirs in others.items()}


def _agreement(ours: Curves, theirs: Curves, counted: NDArray[np.bool_], bound: float, adopters: int) -> Agreement:
    gaps = np.abs(theirs.mean(axis=0) - ours.mean(axis=0))[counted]
    error = ours.std(axis=0, ddof=1)[counted] * np.sqrt(1.0 / len(ours) + 1.0 / len(theirs))
    return Agreement(float((gaps / error).max()), bound, float(gaps.max()) / adopters)
