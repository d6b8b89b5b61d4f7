"""The floor: what a month costs if nothing is done but touch the bytes that a month must touch.

Per adopter and month it reads the choice (1 B), the counts of neighbours (K B), the number of neighbours (1 B), the
exposure (8 B), its threshold (8 B) and the month of leaving (8 B), and writes the exposure (8 B): 34 + K bytes, 36 for
two options. It is one compiled pass in one thread, in the order of memory, with no arithmetic beyond the additions and
comparisons that keep the compiler from dropping a load; it draws nothing, decides nothing, and touches no neighbour. Of
the others' work it lacks: hazards, divisions, draws, utilities, and the visits to neighbours of who changes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.world import OPTIONS, World

BYTES = 34 + OPTIONS


@njit(cache=True)
def touch(
    choice: NDArray[np.int8],
    near: NDArray[np.uint8],
    known: NDArray[np.uint8],
    exposure: NDArray[np.float64],
    threshold: NDArray[np.float64],
    leave_at: NDArray[np.float64],
) -> int:  # pragma: no cover - compiled
    """Read each column once and write the exposure; return a count that needs every byte."""
    count = 0
    for i in range(len(choice)):
        small = choice[i] + known[i]
        for k in range(near.shape[0]):
            small += near[k, i]
        exposure[i] += small
        count += (exposure[i] >= threshold[i]) | (leave_at[i] <= 0.0)
    return count


class Floor:
    """Columns of the size of a population, touched once a month."""

    def __init__(self, world: World) -> None:
        n = world.size
        self.columns = (
            np.full(n, -1, dtype=np.int8), np.ones((OPTIONS, n), dtype=np.uint8), np.full(n, 8, dtype=np.uint8),
            np.zeros(n), np.full(n, np.inf), np.full(n, np.inf),
        )  # fmt: skip

    def step(self) -> None:
        """Touch everything once."""
        if touch(*self.columns):
            raise AssertionError("no exposure reaches an infinite threshold")
