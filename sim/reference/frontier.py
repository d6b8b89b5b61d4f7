"""The world outside: modules on offer, cuts of their supply, and the lowest cost that anybody has reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.reference.modules import best_of

if TYPE_CHECKING:
    from sim.reference.model import Reference


class Frontier(mesa.Agent):
    """Costs of outside modules, how often each has improved, and the best known cost, a number a slot each."""

    model: Reference

    def __init__(self, model: Reference) -> None:
        super().__init__(model)
        self.given = model.parameters.frontier
        self.costs = [1.0 for _ in model.design.slots]
        self.try_out(1.0 + self.given.head_start)
        self.versions = [0 for _ in self.costs]
        self.best = list(self.costs) if self.given.enabled else [1.0 for _ in self.costs]
        self.cut_until = 0
        self.cut = False

    def step(self) -> None:
        """See whether supply is cut, advance by the month's own trials, and offer the result to all."""
        month = self.model.month
        if self.random.random() < self.given.hazard and month > self.cut_until:
            self.cut_until = month + self.given.duration - 1
        self.cut = self.given.enabled and (self.model.levers["supply_cut"] > 0.0 or month <= self.cut_until)
        before = self.costs
        self.try_out(self.given.trials)
        self.versions = [
            version + (new < old) for version, new, old in zip(self.versions, self.costs, before, strict=True)
        ]
        if self.given.enabled:
            self.best = [min(pair) for pair in zip(self.best, self.costs, strict=True)]

    def try_out(self, trials: float) -> None:
        """Make so many trials on average on each slot."""
        gamma = self.model.parameters.search.gamma
        self.costs = [min(cost, best_of(trials, gamma, self.random, self.model.rng)) for cost in self.costs]

    def note(self) -> None:
        """Take note of what firms have reached, prototypes included."""
        for firm in self.model.firms:
            for module in firm.modules():
                self.best[module.slot] = min(self.best[module.slot], module.cost)
