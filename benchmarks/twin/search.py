"""Trials, one after the other: each redraws the modules of one task and is kept if they get cheaper in sum."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import exp, log
from random import Random

from benchmarks.twin.modules import Module, draw

DEAREST = 230.0  # log of the highest trial price relative to founding


@dataclass
class Input:
    """A module whose cost, relative to founding, sets the price of trials on a task."""

    module: Module
    founding: float
    elasticity: float


@dataclass
class Task:
    """Modules that are redrawn together, first the one that a trial is meant for, and the money spent on them.

    Without inputs a trial costs ``base``, and never less than ``floor`` times that.
    """

    modules: list[Module]
    weights: list[float]
    budget: float
    base: float
    floor: float
    inputs: list[Input]

    def rate(self) -> float:
        """Return the trials a month that the budget buys at the present price."""
        log_price = sum(i.elasticity * log(i.module.cost / i.founding) for i in self.inputs)
        return self.budget / (self.base * exp(min(max(log_price, log(self.floor)), DEAREST)))

    def attempt(self, gamma: float, random: Random) -> bool:
        """Draw every module anew; keep what came if the weighted sum of costs falls."""
        drawn = [draw(gamma, random) for _ in self.modules]
        present = sum(weight * module.cost for weight, module in zip(self.weights, self.modules, strict=True))
        if sum(weight * cost for weight, cost in zip(self.weights, drawn, strict=True)) >= present:
            return False
        for module, cost in zip(self.modules, drawn, strict=True):
            module.cost = cost
        return True


def redesign(tasks: list[Task], gamma: float, random: Random) -> tuple[float, list[tuple[Task, list[float]]]]:
    """Make a month's trials in order of time, prices following costs at once.

    Returns:
        The trials that the budgets bought (the intensity of their stream, summed over the month), and each kept trial
        as its task and the costs that it gave to the task's modules.
    """
    time = bought = 0.0
    kept: list[tuple[Task, list[float]]] = []
    rates = list(accumulate(task.rate() for task in tasks))
    while True:
        wait = random.expovariate(rates[-1])
        bought += rates[-1] * min(wait, 1.0 - time)
        time += wait
        if time >= 1.0:
            return bought, kept
        task = random.choices(tasks, cum_weights=rates)[0]
        if task.attempt(gamma, random):
            kept.append((task, [module.cost for module in task.modules]))
            rates = list(accumulate(other.rate() for other in tasks))
