"""Many runs in compiled calls that let go of the interpreter's lock: many seeds of one world, on all cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.founding import Start, found, is_drawn, network_of, nothing, releases_of, start_of
from sim.kernels.compiled import entry
from sim.kernels.draws import seed_key
from sim.kernels.networks import Network
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

    Raises:
        ValueError: a negative seed, or a faulty edge list.
    """
    columns, network = dtypes()["record"], network_of(parameters, edges)
    observed = np.full((len(seeds), parameters.run.months, len(columns.names or ())), np.nan)  # missing, if not written
    told = observed.view(columns).reshape(len(seeds), -1).view(np.recarray)
    step = 1 if is_drawn(parameters) else max(1, len(seeds) // (8 * (threads or os.cpu_count() or 1)))

    def run(first: int) -> None:
        chosen = seeds[first : first + step]
        _in_one_call(parameters, start_of(parameters, chosen[0]), chosen, network, told[first : first + step])

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(run, range(0, len(seeds), step)))
    return told


def _in_one_call(
    parameters: Parameters, start: Start, seeds: Sequence[int], network: Network, observed: NDArray[Any]
) -> None:
    keys = np.array([seed_key(seed) for seed in seeds], dtype=np.uint64)
    releases, events = releases_of(parameters), table("events", 0)
    _run(table("world", 1), nothing(), *start, keys, *network, releases, events, observed)


@entry
def _run(
    worlds: Any, blank: Any, given: Any, setting: Any, keys: NDArray[np.uint64], start: Any, neighbours: Any,
    releases: Any, events: Any, observed: Any,
) -> None:  # fmt: skip
    """Do a run for each key, one after the other in the same world, and observe it in its row."""
    for n in range(len(keys)):
        crowd = found(worlds[0], blank[0], given[0], setting[0], keys[n], False, start, neighbours)
        advance(worlds, crowd, releases, events, observed[n], observed.shape[1])
