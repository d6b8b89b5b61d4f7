"""Modules: those that fill the slots of firms' products, and those of the commons."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import mesa
import numpy as np

if TYPE_CHECKING:
    from benchmarks.twin.firm import Firm
    from benchmarks.twin.model import Twin

CHEAPEST = 1e-300


def draw(gamma: float, random: Random) -> float:
    """Return the cost that one trial comes to, drawn from F(c) = c^γ on (0, 1]."""
    return max((1.0 - random.random()) ** (1.0 / gamma), CHEAPEST)


def best_of(trials: float, gamma: float, random: Random, rng: np.random.Generator) -> float:
    """Return the lowest cost among a Poisson number of trials of that mean; 1 if none was made."""
    return min((draw(gamma, random) for _ in range(rng.poisson(trials))), default=1.0)


class Module(mesa.Agent):
    """One design for one slot; without an owner it comes from outside as it is."""

    model: Twin

    def __init__(self, model: Twin, slot: int, owner: Firm | None, point: float, cost: float, *, outside: bool) -> None:
        super().__init__(model)
        self.slot = slot
        self.owner = owner
        self.point = point
        self.cost = cost
        self.outside = outside
        self.secrecy = self.random.random()
        self.uses = 0

    @property
    def is_open(self) -> bool:
        """Whether its owner has opened it."""
        return self.owner is not None and self.secrecy < self.owner.strategy.openness


class CommonsModule(mesa.Agent):
    """A module that nobody owns and everybody uses."""

    model: Twin

    def __init__(self, model: Twin) -> None:
        super().__init__(model)
        self.cost = draw(model.parameters.search.gamma, self.random)

    def improve(self, trials: float) -> None:
        """Make so many trials on average, and keep the best."""
        gamma = self.model.parameters.search.gamma
        self.cost = min(self.cost, best_of(trials, gamma, self.random, self.model.rng))
