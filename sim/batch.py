"""Many seeds of one world, on all cores: whole runs in compiled calls that let go of the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters
from sim.world import dtypes


def run_batch(
    parameters: Parameters, seeds: Sequence[int], threads: int | None = None, edges: NDArray[np.int64] | None = None
) -> NDArray[Any]:
    """Return what was observed of a run for each seed, a record of all columns a month, shape (seeds, months).

    Args:
        parameters: all parameters.
        seeds: the runs' seeds.
        threads: how many run at once; as many as there are cores if None. It changes no bit.
        edges: edge list when ``diffusion.network`` is 'edges'.
    """
    observed = np.empty((len(seeds), parameters.run.months), dtype=dtypes()["record"])

    def run(n: int) -> None:
        tables = found_tables(parameters, seeds[n], edges, keeps_events=False)
        observed[n] = advance_tables(tables, parameters.run.months).record

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(run, range(len(seeds))))
    return observed
