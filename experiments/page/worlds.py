"""The worlds that a side of the page can start from.

baseline, case, closed, …     configs that come with the project
plausible-N                   world N of the fit that comes with it, on the config of the case
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from experiments.config import load
from experiments.errors import UsageError
from experiments.shipped import shipped
from sim.parameters import Parameters

BASELINE, PLAUSIBLE = "baseline", "plausible"
_FIT = "results/fit"


def shipped_worlds() -> dict[str, Path]:
    """Return the configs that come with the project, by name."""
    worlds = sorted(shipped("configs/worlds").glob("*.toml"))
    named = {name: shipped(f"configs/{name}.toml") for name in (BASELINE, "case")}
    return named | {path.stem: path for path in worlds}


@lru_cache(maxsize=1)
def plausible_count() -> int:
    """Return how many plausible worlds the fit has; they are numbered from 0."""
    with (shipped(_FIT) / "worlds.csv").open(encoding="utf-8") as file:
        return sum(1 for _ in file) - 1


@lru_cache(maxsize=64)
def base_of(source: str) -> Parameters:
    """Return the parameters of a world to start from.

    Raises:
        UsageError: there is no such world.
    """
    known = shipped_worlds()
    if source in known:
        return load(known[source]).parameters
    name, _, number = source.partition("-")
    if name == PLAUSIBLE and number.isascii() and number.isdigit() and int(number[:9]) < plausible_count():
        return load(known["case"]).parameters.replace(_plausible()[int(number)])
    last = plausible_count() - 1
    raise UsageError(f"no world is named '{source}'; worlds are {', '.join(known)} and {PLAUSIBLE}-0 to -{last}")


def changes_of(path: Path) -> dict[str, Any]:
    """Return what a config changes of the baseline, by key, so that an address can hold it.

    Raises:
        UsageError: a faulty config, or one that brings its own network.
    """
    config = load(path)
    if config.edges is not None:
        raise UsageError(f"{path}: brings an edge list, which the page cannot show; use flywheel run")
    usual = json.loads(base_of(BASELINE).model_dump_json())
    given = json.loads(config.parameters.model_dump_json())
    return {
        f"{section}.{name}": value
        for section, values in given.items()
        for name, value in values.items()
        if value != usual[section][name]
    }


@lru_cache(maxsize=1)
def _plausible() -> list[dict[str, Any]]:
    from experiments.fit.worlds import load_worlds

    return [world.parameters for world in load_worlds(shipped(_FIT))]
