"""A world over many seeds: read from a config or the folder of a run, and run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.config import Config, load, show_path
from experiments.errors import UsageError
from experiments.kinds import refuse_other
from experiments.store import CONFIG_FILE

Floats = NDArray[np.float64]

LARGEST_SEED = 2**63 - 1
MOST_SEEDS = 10_000
_AT_ONCE = 64  # seeds between two signs of progress; it changes no bit


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
    from sim.batch import run_batch
    from sim.outcomes import COLUMNS

    parameters, edges = world.config.parameters, world.config.edges
    seen = np.empty((len(seeds), parameters.run.months, len(COLUMNS)))
    for start in range(0, len(seeds), _AT_ONCE):
        some = seeds[start : start + _AT_ONCE]
        try:
            records = run_batch(parameters, some, workers, edges)
        except ValueError as error:
            raise UsageError(f"{world.name}: {error}") from error
        for place, column in enumerate(COLUMNS):
            seen[start : start + len(some), :, place] = records[column.name]
        for _ in some:
            advance()
    return seen
