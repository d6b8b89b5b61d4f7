"""Long searches in steps that grow, and the exponents of cost in time that they show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.mechanisms import flywheel, search
from sim.streams import Streams

Floats = NDArray[np.float64]
Clusters = Sequence[tuple[int, ...]]

STEPS_PER_DECADE = 2
UNBOUNDED = 1e-100  # a price floor that no run of the true law here meets; a false one still ends


class Case(NamedTuple):
    """An architecture to search on: clusters D, price elasticities E, γ, and the price floor."""

    name: str
    clusters: Clusters
    elasticity: Floats
    gamma: float
    floor: float = UNBOUNDED


class Growth(NamedTuple):
    """Seeds of one case: time (K,) in trials a cluster at founding's price, and log costs and prices (S, K, M)."""

    time: Floats
    log_costs: Floats
    log_prices: Floats

    @property
    def log_unit_cost(self) -> Floats:
        """Log of the product's unit cost with equal weights, shape (S, K)."""
        return np.asarray(np.log(np.exp(self.log_costs).mean(axis=2)))


def ring(slots: int, size: int) -> list[tuple[int, ...]]:
    """Return clusters of each slot with the next ones around a ring, ``size`` slots in all."""
    return [tuple((i + step) % slots for step in range(size)) for i in range(slots)]


def ring_links(slots: int, reach: int, total: float) -> Floats:
    """Return elasticities E (M, M) of each slot's price to the next ``reach`` slots, ``total`` a row."""
    links = np.zeros((slots, slots))
    for step in range(1, reach + 1):
        links[np.arange(slots), (np.arange(slots) + step) % slots] += total / reach
    return links


def grow(case: Case, seeds: int, decades: int) -> Growth:
    """Search on each cluster with one unit of budget per unit of time, prices following costs at once."""
    slots = len(case.elasticity)
    time = 10.0 ** (np.arange(decades * STEPS_PER_DECADE + 1) / STEPS_PER_DECADE)
    weights, budgets = np.full(slots, 1.0 / slots), np.diff(time, prepend=0.0)
    price = partial(
        flywheel.trial_price, reference=np.ones(slots), elasticity=case.elasticity, base=1.0, floor=case.floor
    )
    costs = np.empty((seeds, len(time), slots))
    for seed in range(seeds):
        rng = Streams(seed)[f"verify/{case.name}"]
        now = search.draw(case.gamma, 1.0 - rng.random(slots))
        for k, budget in enumerate(budgets):
            spent = np.full(len(case.clusters), budget)
            now = search.redesign(now, weights, case.clusters, spent, price, case.gamma, rng).costs
            costs[seed, k] = now
    prices = np.array([[price(row) for row in run] for run in costs])
    return Growth(time, np.log(costs), np.log(prices))


def exponents(time: Floats, logs: Floats, start: float) -> Floats:
    """Return -d log / d log time by least squares from 10^``start`` on, for each series in ``logs`` (S, K, …)."""
    used = time >= 10.0 ** (start - 1e-9)
    x = np.log(time[used])
    x -= x.mean()
    return np.asarray(-np.tensordot(logs[:, used], x, axes=(1, 0)) / (x @ x))
