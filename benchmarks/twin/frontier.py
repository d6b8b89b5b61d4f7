"""The world outside: modules on offer, cuts of their supply, and the lowest cost that anybody has reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from benchmarks.twin.modules import best_of

if TYPE_CHECKING:
    from benchmarks.twin.model import Twin


class Frontier(mesa.Agent):
    """Costs of outside modules and lowest costs known, a number a slot each."""

    model: Twin

    def __init__(self, model: Twin) -> None:
        super().__init__(model)
        self.given = model.parameters.frontier
        self.costs = [1.0 for _ in model.slots]
        self.try_out(1.0 + self.given.head_start)
        self.best = list(self.costs)
        self.cut_until = 0
        self.cut = False

    def step(self) -> None:
        """See whether supply is cut, advance by the month's own trials, and offer the result to all."""
        if self.random.random() < self.given.hazard and self.model.month > self.cut_until:
            self.cut_until = self.model.month + self.given.duration - 1
        self.cut = self.model.month <= self.cut_until
        self.try_out(self.given.trials)
        self.best = [min(pair) for pair in zip(self.best, self.costs, strict=True)]

    def try_out(self, trials: float) -> None:
        """Make so many trials on average on each slot."""
        gamma = self.model.parameters.search.gamma
        self.costs = [min(cost, best_of(trials, gamma, self.random, self.model.rng)) for cost in self.costs]

    def note(self) -> None:
        """Take note of what firms have reached."""
        for firm in self.model.firms:
            for module in firm.modules():
                self.best[module.slot] = min(self.best[module.slot], module.cost)
