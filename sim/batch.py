"""Many seeds of one world, on all cores: whole runs in compiled calls that let go of the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.founding import found, network_of, nothing, releases_of, start_of
from sim.kernels.compiled import entry
from sim.kernels.draws import seed_key
from sim.month import advance
from sim.parameters import Parameters
from sim.world import dtypes, table


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
    count, columns = min(threads or os.cpu_count() or 1, len(seeds)), dtypes()["record"]
    observed = np.full(
        (len(seeds), parameters.run.months, len(columns.names or ())), np.nan
    )  # what nobody writes is missing
    network = network_of(parameters, edges)

    def run(first: int) -> None:
        worlds, releases, events = table("world", 1), releases_of(parameters), table("events", 0)
        for n in range(first, len(seeds), count):
            start = start_of(parameters, seeds[n])
            record = observed[n].view(columns).reshape(-1).view(np.recarray)
            _run(worlds, nothing(), *start, seed_key(seeds[n]), *network, releases, events, record)

    with ThreadPoolExecutor(count or 1) as pool:
        list(pool.map(run, range(count)))
    return observed.view(columns).reshape(len(seeds), -1)


@entry
def _run(
    worlds: Any, blank: Any, given: Any, setting: Any, seed: np.uint64, start: Any, neighbours: Any,
    releases: Any, events: Any, record: Any,
) -> None:  # fmt: skip
    crowd = found(worlds[0], blank[0], given[0], setting[0], seed, False, start, neighbours)
    advance(worlds, crowd, releases, events, record, len(record))
