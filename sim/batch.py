"""Many runs of one world in compiled calls that let go of the interpreter's lock: many seeds, on all cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.block import Block
from sim.founding import network_of
from sim.parameters import Parameters
from sim.world import columns, dtypes


def run_batch(
    parameters: Parameters, seeds: Sequence[int], threads: int | None = None, edges: NDArray[np.int64] | None = None
) -> NDArray[Any]:
    """Return what was observed of a run for each seed, a record of all columns a month, shape (seeds, months).

    Args:
        parameters: all parameters.
        seeds: the runs' seeds.
        threads: how many run at once; as many as there are cores if None. It changes no bit.
        edges: edge list when ``diffusion.network`` is 'edges'.

    Raises:
        ValueError: a negative seed, or a faulty edge list.
    """
    workers = threads or os.cpu_count() or 1
    names, network = [column.name for column in columns()], network_of(parameters, edges)
    observed = np.empty((len(seeds), parameters.run.months, len(names)))
    step = max(1, len(seeds) // (8 * workers))

    def run(first: int) -> None:
        block = Block(parameters, seeds[first : first + step], network, told=names)
        block.go_on()
        observed[first : first + step] = block.kept.series

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(run, range(0, len(seeds), step)))
    return observed.view(dtypes()["record"]).reshape(len(seeds), -1).view(np.recarray)
