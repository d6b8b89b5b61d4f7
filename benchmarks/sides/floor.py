"""The floor: what a month costs if nothing is done but touch the bytes that a month must touch.

Per adopter and month it reads the choice (1 B), the number of neighbours (1 B), the counts of neighbours (K B), the
exposure (8 B), its threshold (8 B) and the month of leaving (8 B), and writes the exposure (8 B): 34 + K bytes, 36 for
two options. It is compiled, in one thread, and touches each byte once, in the order of memory. Its only arithmetic is
one exclusive or a small byte, one addition and two comparisons a row, which keep the compiler from dropping a load and
let it work on whole vectors: from 10^6 rows on, what is left is the speed of the memory. It draws nothing, decides
nothing, and visits no neighbour. Of the others' work it lacks: hazards, divisions, draws, utilities, and the
neighbours of who changes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.world import OPTIONS, World

BYTES = 34 + OPTIONS


@njit(cache=True)
def touch(
    small: NDArray[np.uint8],
    exposure: NDArray[np.float64],
    threshold: NDArray[np.float64],
    leave_at: NDArray[np.float64],
) -> int:
    """Read each column once and write the exposure; return a count that needs every byte."""
    seen = np.uint8(0)
    for column in range(len(small)):
        for i in range(small.shape[1]):
            seen = np.uint8(seen ^ small[column, i])
    count = np.int64(seen)
    for i in range(len(exposure)):
        exposure[i] += 1.0
        count += (exposure[i] >= threshold[i]) | (leave_at[i] <= 0.0)
    return int(count)


class Floor:
    """Columns of the size of a population, touched once a month."""

    def __init__(self, world: World) -> None:
        n = world.size
        self.small = np.zeros((2 + OPTIONS, n), dtype=np.uint8)
        self.exposure, self.threshold, self.leave_at = np.zeros(n), np.full(n, np.inf), np.full(n, np.inf)

    def step(self) -> None:
        """Touch everything once."""
        if touch(self.small, self.exposure, self.threshold, self.leave_at):
            raise AssertionError("there is nothing to be seen in zeros")


@njit(cache=True)
def reach(
    rows: NDArray[np.int64],
    start: NDArray[np.int64],
    neighbours: NDArray[np.int32],
    near: NDArray[np.uint8],
    hazards: NDArray[np.float64],
) -> None:
    """Write one count and one hazard of each neighbour of ``rows``."""
    for row in rows:
        for place in range(start[row], start[row + 1]):
            near[neighbours[place], 0] += 1
            hazards[neighbours[place]] += 1.0


class FloorOfChanges(Floor):
    """The floor, and then the bytes that changes must touch: a count and a hazard of each neighbour of who changed.

    Who changes in which month is taken from our own side, run beforehand. These bytes lie all over the memory, so that
    each costs a line of the cache; the plain floor leaves them out.
    """

    def __init__(self, world: World, changed: list[NDArray[np.int64]]) -> None:
        super().__init__(world)
        self.network, self.changed, self.month = world.network, changed, 0
        self.near, self.hazards = np.zeros((world.size, 1 + OPTIONS), dtype=np.uint8), np.zeros(world.size)

    def step(self) -> None:
        """Touch everything once, and what changes reach."""
        super().step()
        reach(self.changed[self.month], self.network.start, self.network.neighbours, self.near, self.hazards)
        self.month += 1
