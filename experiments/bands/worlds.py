"""A world over many seeds: read from a config or the folder of a run, and run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.bands.numbers import Floats
from experiments.config import Config, load, show_path
from experiments.errors import UsageError
from experiments.kinds import refuse_other
from experiments.store import CONFIG_FILE
from sim.parameters import Parameters

LARGEST_SEED = 2**63 - 1
MOST_SEEDS = 10_000
_FIRST, _SECONDS = 50, 0.5  # runs of the first piece, and how long one should take
_MANY = 10_000  # adopters: with more the first piece is one run


class World(NamedTuple):
    """A world and the name it goes by."""

    name: str
    config: Config


def read_world(path: Path, changes: Iterable[str] = (), months: int | None = None) -> World:
    """Return the world of a config file, or of the folder of a run.

    Args:
        path: the file or folder.
        changes: ``KEY=VALUE`` changes of parameters.
        months: length of the run, in place of the config's.

    Raises:
        UsageError: neither is there, or the config is faulty.
    """
    file = path
    if path.is_dir():
        file = path / CONFIG_FILE
        if not file.is_file():
            raise UsageError(f"{show_path(path)}: has no {CONFIG_FILE}; give a config, or the folder of a run")
    else:
        refuse_other(path, "config")
    return World(path.resolve().name if path.is_dir() else path.stem, load(file, changes, months))


def seeds_of(first: int, count: int) -> range:
    """Return so many seeds from a first one on.

    Raises:
        UsageError: none, too many, or beyond the largest.
    """
    if not 1 <= count <= MOST_SEEDS:
        raise UsageError(f"--seeds: must be a whole number from 1 to {MOST_SEEDS:,}, not {count}; a sweep takes more")
    if not 0 <= first <= LARGEST_SEED - count + 1:
        raise UsageError(f"--seed: must be a whole number from 0 to {LARGEST_SEED - count + 1}, not {first}")
    return range(first, first + count)


def in_pieces(
    parameters: Parameters, seeds: range, workers: int | None = None, edges: NDArray[np.int64] | None = None
) -> Iterator[tuple[range, NDArray[Any]]]:
    """Yield what ``run_batch`` gives of some seeds after others, in pieces of about half a second, which change no bit.

    Args:
        parameters: all parameters.
        seeds: the seeds.
        workers: how many runs at once; as many as there are cores if None.
        edges: the edge list, when the network is one.

    Yields:
        Seeds counted from the first one, and their records, shape (seeds, months).

    Raises:
        UsageError: values that are each in range, but do not go together.
    """
    from sim.batch import run_batch

    first, size = 0, _FIRST if parameters.diffusion.adopters <= _MANY else 1
    while first < len(seeds):
        which, began = range(first, min(first + size, len(seeds))), time.perf_counter()
        try:
            records = run_batch(parameters, seeds[first : which.stop], workers, edges)
        except ValueError as error:
            raise UsageError(str(error)) from error
        yield which, records
        first = which.stop
        size = max(1, min(4 * size, round(size * _SECONDS / (time.perf_counter() - began))))


def observe(
    world: World, seeds: range, workers: int | None = None, advance: Callable[[], None] = lambda: None
) -> Floats:
    """Return what was observed of each seed, shape (seeds, months, columns of ``sim.outcomes.COLUMNS``).

    Args:
        world: what is run.
        seeds: the seeds.
        workers: how many runs at once; as many as there are cores if None. It changes no bit.
        advance: called after each seed.

    Raises:
        UsageError: values that are each in range, but do not go together.
    """
    from sim.outcomes import COLUMNS

    parameters, edges = world.config.parameters, world.config.edges
    seen = np.empty((len(seeds), parameters.run.months, len(COLUMNS)))
    for which, records in in_pieces(parameters, seeds, workers, edges):
        for place, column in enumerate(COLUMNS):
            seen[which.start : which.stop, :, place] = records[column.name]
        for _ in which:
            advance()
    return seen
