"""The worlds in which limits are observed: the first edition's, changed, whatever the defaults are.

Most start from a firm that is alone with its trials. Long searches run in months whose budgets grow, and show the
exponents of cost in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from os import cpu_count
from typing import Any, NamedTuple, TypeVar

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


Partners = tuple[tuple[int, ...], ...]

STEPS_PER_DECADE = 2
UNBOUNDED = 1e-100  # a price floor that no run of the true law here meets; a false one still ends


class Case(NamedTuple):
    """An architecture to search on: each slot's partners, the share that is redrawn with it, elasticity to each, γ.

    ``topology`` is the model's, ``floor`` the price floor, and ``commons`` the cost at which the commons are held; they
    count as tools iff it is not 1.
    """

    name: str
    partners: Partners
    widening: float
    elasticity: float
    gamma: float
    topology: str = "links"
    floor: float = UNBOUNDED
    commons: float = 1.0

    @property
    def clusters(self) -> Partners:
        """Which slots are redrawn together: each with the first of its partners, their number rounded half up."""
        return tuple((i, *near[: int(self.widening * len(near) + 0.5)]) for i, near in enumerate(self.partners))

    @property
    def links(self) -> Floats:
        """Elasticities E (M, M) of each slot's price to its partners' costs, before any placebo."""
        links = np.zeros((len(self.partners), len(self.partners)))
        for i, near in enumerate(self.partners):
            links[i, list(near)] = self.elasticity
        return links

    @property
    def changes(self) -> Changes:
        """The world's parameters."""
        names = LETTERS[: len(self.partners)]
        return ALONE | {
            "architecture.slots": list(names),
            "architecture.partners": {names[i]: [names[j] for j in near] for i, near in enumerate(self.partners)},
            "architecture.widening": self.widening,
            "flywheel.elasticity": self.elasticity,
            "flywheel.topology": self.topology,
            "feedback.tooling": self.commons != 1.0,
            "search.gamma": self.gamma,
        }


class Growth(NamedTuple):
    """Seeds of one case: time (K,) in trials a cluster at founding's price, and log costs and prices (S, K, M)."""

    time: Floats
    log_costs: Floats
    log_prices: Floats

    @property
    def log_unit_cost(self) -> Floats:
        """Log of the product's unit cost with equal weights, shape (S, K)."""
        return np.asarray(np.log(np.exp(self.log_costs).mean(axis=2)))


def ring(slots: int, reach: int) -> Partners:
    """Return as partners of each slot the next ``reach`` ones around a ring."""
    return tuple(tuple((i + step) % slots for step in range(1, reach + 1)) for i in range(slots))


def joint(slots: int, size: int, gamma: float) -> Case:
    """Return a ring on which ``size`` slots are redrawn together, without price links."""
    return Case(f"d={size}, γ={gamma:g}", ring(slots, size - 1), 1.0, 0.0, gamma)


def grow(case: Case, seeds: int, decades: int) -> Growth:
    """Run the firm with one unit of budget per cluster and unit of time, in months whose length grows."""
    time = 10.0 ** (np.arange(decades * STEPS_PER_DECADE + 1) / STEPS_PER_DECADE)
    runs = np.array(each(partial(_run, case, time), seeds))
    return Growth(time, np.log(runs[:, 0]), np.log(runs[:, 1]))


def _run(case: Case, time: Floats, seed: int) -> Floats:
    """Return costs and prices of one run, shape (2, K, M)."""
    slots = len(case.partners)
    found = np.empty((2, len(time), slots))
    tables = begin(case.changes, seed, until=1)
    world = tables.world[0]
    world.parameters.flywheel.price_floor = case.floor
    world.here.commons_cost = case.commons
    for k, budget in enumerate(np.diff(time, prepend=0.0).tolist()):
        pay_evenly(tables, slots * budget)
        tables = advance_tables(tables, k + 2)
        found[0, k], found[1, k] = module_costs(tables), world.firms[0].prices[:slots]
    return found


def exponents(time: Floats, logs: Floats, start: float) -> Floats:
    """Return -d log / d log time by least squares from 10^``start`` on, for each series in ``logs`` (S, K, …)."""
    used = time >= 10.0 ** (start - 1e-9)
    x = np.log(time[used])
    x -= x.mean()
    return np.asarray(-np.tensordot(logs[:, used], x, axes=(1, 0)) / (x @ x))
