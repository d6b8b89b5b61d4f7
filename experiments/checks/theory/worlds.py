"""The worlds in which limits are observed: the first edition's, changed, whatever the defaults are.

Most start from a firm that is alone with its trials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import cpu_count
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.config import load
from experiments.shipped import shipped
from sim.batch import run_batch
from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters
from sim.world import Tables

Changes = dict[str, Any]
Floats = NDArray[np.float64]
Result = TypeVar("Result")

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"  # names of slots

# One firm, one product that comes out in month 1, made of first draws that cost nothing; then only trials at a price of
# 1, which all clusters share evenly. Nothing misfits, nothing comes from outside, nobody uses it, no money comes in.
ALONE: Changes = {
    "demand.inheritance": False,
    "demand.funding": False,
    "demand.noise": 0.0,
    "arbitrage.enabled": False,
    "frontier.enabled": False,
    "rival.count": 0,
    "diffusion.enabled": False,
    "diffusion.adopters": 1,
    "diffusion.network": "complete",
    "commons.enabled": False,
    "feedback.tooling": False,
    "displacement.enabled": False,
    "reuse.heterogeneity": 0.0,
    "reuse.fresh_cost": 0.0,
    "reuse.lines": 1,
    "reuse.interval": 60,
    "release.schedule": [{"month": 1, "name": "first"}],
    "organisation.autonomy": 1.0,
    "organisation.memory": 0.0,
    "organisation.span": 1e6,
    "search.trial_price": 1.0,
    "firm.innovation": 1.0,
    "firm.capacity": 1e12,
    "firm.endowment": 0.0,
}


def lone_slots(count: int) -> Changes:
    """Return an architecture of slots that have nothing to do with each other: each is a sample of one module."""
    return {"architecture.slots": list(LETTERS[:count]), "architecture.coupling": 0}


@cache
def _classic() -> Parameters:
    return load(shipped("configs/worlds/classic.toml")).parameters


def parameters(changes: Changes) -> Parameters:
    """Return the parameters of a world, which defaults do not move."""
    return _classic().replace(changes)


def batch(changes: Changes, seeds: int) -> NDArray[Any]:
    """Return what is observed of whole runs, a record of all columns, shape (seeds, months)."""
    return run_batch(parameters(changes), range(seeds))


def begin(changes: Changes, seed: int, until: int = 0, keeps_events: bool = False) -> Tables:
    """Return the tables of a run at the end of a month."""
    return advance_tables(found_tables(parameters(changes), seed, keeps_events=keeps_events), until)


def pay_evenly(tables: Tables, money: float) -> None:
    """Leave the focal firm this much to spend next month, evenly on all clusters, however successful they were."""
    firm = tables.world[0].firms[0]
    firm.cash = money
    firm.strategy.capacity = np.inf
    firm.success[:] = 0.0


def module_costs(tables: Tables, line: int = 0) -> Floats:
    """Return the costs of the modules in the focal firm's product of a line, by slot."""
    world = tables.world[0]
    rows = world.products[0, line].modules[: world.design.slots]
    return np.array(world.modules["cost"][rows])


def each(run: Callable[[int], Result], seeds: int) -> Sequence[Result]:
    """Return the results of runs by seed, made on all cores."""
    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(run, range(seeds)))


def differences(one: NDArray[Any], other: NDArray[Any]) -> set[str]:
    """Return the observed series in which two batches differ, to the bit."""
    return {name for name in one.dtype.names or () if not np.array_equal(one[name], other[name], equal_nan=True)}
