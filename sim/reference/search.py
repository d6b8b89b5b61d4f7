"""Trials, one after the other: each redraws a cluster of modules, fitted, and is kept if the cluster gets cheaper.

    W_j(z) = ŵ_j Σ_r e^(μ |z − x_rj|)       over the live products r that use j: what a unit of j's cost weighs at z
    z*_j   = mean of x_rj over r            where a trial designs j
    kept iff  Σ_j W_j(z*_j) c'_j < Σ_j W_j(z_j) c_j,   c'_j drawn from F(c) = c^γ

Limits: L1, one module: E[c] = 1/(n + 1); L12, a misfit ρ = e^(μ |z − x|) is removed by the next trial with chance
min(1, (ρ c)^γ).
Source: Auerswald et al. (2000); McNerney, Farmer, Redner, Trancik (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import NamedTuple

from sim.reference.modules import Module, draw


@dataclass
class Part:
    """A module that trials redraw: what its cost weighs where it is, where trials put it, and what it weighs there."""

    module: Module
    present: float
    target: float
    fitted: float

    def worth(self) -> float:
        """Return what the module costs as it is, W_j(z_j) c_j."""
        return self.present * self.module.cost

    def redesign(self, cost: float) -> None:
        """Give the module a new cost, and fit it."""
        self.module.cost, self.module.point, self.present = cost, self.target, self.fitted


@dataclass
class Task:
    """Modules that are redrawn together, first the one that a trial is meant for; the money spent; a trial's price."""

    parts: list[Part]
    price: Callable[[], float]
    budget: float = 0.0
    present: float = 0.0

    @property
    def root(self) -> Module:
        """The module that a trial is meant for."""
        return self.parts[0].module

    def renew(self) -> float:
        """See what the modules cost in sum now; return the trials a month that the budget buys at the present price."""
        self.present = sum(part.worth() for part in self.parts)
        return self.budget / self.price()

    def attempt(self, gamma: float, random: Random) -> bool:
        """Draw every module anew, fitted; keep them if they cost less in sum."""
        drawn = [draw(gamma, random) for _ in self.parts]
        found = sum(part.fitted * cost for part, cost in zip(self.parts, drawn, strict=True))
        if found >= self.present:
            return False
        for part, cost in zip(self.parts, drawn, strict=True):
            part.redesign(cost)
        return True


class Kept(NamedTuple):
    """A kept trial: its task, and the cost that it gave to each of the task's modules."""

    task: Task
    costs: list[float]


def search(tasks: list[Task], gamma: float, random: Random) -> tuple[float, list[Kept]]:
    """Make the trials of one unit of time in their order, a Poisson stream; prices follow costs at once.

    Returns:
        The trials that the budgets bought (the intensity of their stream, summed over time), and those kept.
    """
    tasks = [task for task in tasks if task.budget > 0.0]
    if not tasks:
        return 0.0, []
    time = bought = 0.0
    kept: list[Kept] = []
    rates = list(accumulate(task.renew() for task in tasks))
    while True:
        wait = random.expovariate(rates[-1])
        bought += rates[-1] * min(wait, 1.0 - time)
        time += wait
        if time >= 1.0:
            return bought, kept
        task = random.choices(tasks, cum_weights=rates)[0]
        if task.attempt(gamma, random):
            kept.append(Kept(task, [part.module.cost for part in task.parts]))
            rates = list(accumulate(other.renew() for other in tasks))
