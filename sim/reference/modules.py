"""Modules: those that fill the slots of firms' products, and those of the commons."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import mesa
import numpy as np

if TYPE_CHECKING:
    from sim.reference.firm import Firm
    from sim.reference.model import Reference

CHEAPEST = 1e-300


def draw(gamma: float, random: Random) -> float:
    """Return the cost that one trial comes to, drawn from F(c) = c^γ on (0, 1]."""
    cost: float = (1.0 - random.random()) ** (1.0 / gamma)
    return max(cost, CHEAPEST)


def best_of(trials: float, gamma: float, random: Random, rng: np.random.Generator) -> float:
    """Return the lowest cost among a Poisson number of trials of that mean; 1 if none was made."""
    return min((draw(gamma, random) for _ in range(rng.poisson(trials))), default=1.0)


class Module(mesa.Agent):
    """One design for one slot: its design point z, its cost c, and where it comes from.

    Attributes:
        owner: the firm that may redesign it; None for an outside module that nobody has mastered.
        origin: made, adopted, or integrated (adopted and then mastered).
        uses: live products that use it.
        secrecy: it is open if its owner opens a larger share of its modules than this.
        lineage: the module whose design it descends from; itself, unless it is a copy.
        version: how often the frontier of its slot had improved when the design was taken from outside.
    """

    model: Reference

    def __init__(
        self, model: Reference, slot: int, owner: Firm | None, origin: str, point: float, cost: float, version: int = 0
    ) -> None:
        super().__init__(model)
        self.slot = slot
        self.owner = owner
        self.origin = origin
        self.point = point
        self.cost = cost
        self.version = version
        self.lineage: int = self.unique_id
        self.secrecy = self.random.random()
        self.uses = self.forks = 0

    @property
    def is_open(self) -> bool:
        """Whether its owner has opened it."""
        return self.owner is not None and self.secrecy < self.owner.openness

    def copied(self, point: float) -> Module:
        """Return a module of its own with the same cost, origin and lineage, fitted to another point."""
        copy = Module(self.model, self.slot, self.owner, self.origin, point, self.cost, self.version)
        copy.lineage = self.lineage
        return copy


class CommonsModule(mesa.Agent):
    """A module that nobody owns and everybody uses."""

    model: Reference

    def __init__(self, model: Reference) -> None:
        super().__init__(model)
        self.cost = draw(model.parameters.search.gamma, self.random)

    def improve(self, trials: float) -> None:
        """Make so many trials on average, and keep the best."""
        gamma = self.model.parameters.search.gamma
        self.cost = min(self.cost, best_of(trials, gamma, self.random, self.model.rng))
