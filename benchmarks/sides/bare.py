"""Default runs with nothing around them: the least that two processes can do and still have the outcomes in a file.

    python -m benchmarks.sides.bare RUNS PROCESSES FILE

Each process takes its share of the seeds in compiled calls of many runs, on one thread, and keeps the last value of
every column; all are written as one array. Nothing is planned, resumed, checked or told.
"""

from __future__ import annotations

import multiprocessing
import sys

import numpy as np
from numpy.typing import NDArray

from benchmarks.classic import CLASSIC
from sim.batch import run_batch

_AT_ONCE = 500  # runs whose months are held


def finals(seeds: range) -> NDArray[np.float64]:
    """Return the last values of all columns of default runs, shape (seeds, columns)."""
    parts = [seeds[first : first + _AT_ONCE] for first in range(0, len(seeds), _AT_ONCE)]
    return np.concatenate([_last(run_batch(CLASSIC, part, threads=1)) for part in parts])


def _last(observed: NDArray[np.void]) -> NDArray[np.float64]:
    return np.array(observed[:, -1]).view(np.float64).reshape(len(observed), -1)


def main() -> None:
    """Share the seeds among processes."""
    runs, processes, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    if processes == 1:
        np.save(path, finals(range(runs)))
        return
    shares = [range(runs * n // processes, runs * (n + 1) // processes) for n in range(processes)]
    with multiprocessing.Pool(processes) as pool:
        np.save(path, np.concatenate(pool.map(finals, shares)))


if __name__ == "__main__":
    main()
