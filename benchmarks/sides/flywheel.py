"""Our side: the model's own population of adopters, as any model would hold it."""

from __future__ import annotations

import mesa
import numpy as np

from benchmarks.world import MONTHS, OPTIONS, World, offer
from sim.agents.offers import Offers
from sim.agents.population import Population
from sim.streams import Streams


class Flywheel:
    """A ``Population`` of the default engine, moved on by ``consider``."""

    def __init__(self, world: World, seed: int) -> None:
        model = mesa.Model(rng=seed)
        self.population = Population(model, world.given, 1.0, OPTIONS, Streams(seed), world.network)
        self.offers = [Offers(*map(np.array, offer(month))) for month in range(1, MONTHS + 1)]
        self.month = 0

    def step(self) -> None:
        """Let a month pass."""
        self.population.consider(self.offers[self.month], self.month + 1)
        self.month += 1

    def users(self) -> list[int]:
        """Count the users of each option."""
        counted: list[int] = self.population.users.tolist()
        return counted
