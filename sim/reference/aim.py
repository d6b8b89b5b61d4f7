"""Where trials go: the clusters of a firm's own modules, and each one's part of the budget.

    share of a cluster = (1 − autonomy) stake / Σ stake + autonomy (1 + record) / Σ (1 + record)
    stake = W_root(z_root) c_root / clusters of that root

``record`` is the fading memory of kept trials by slot. Trials shrink by min(1, span / modules in live products).

Source: claim g; March (1991); D20.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from math import exp
from statistics import fmean
from typing import TYPE_CHECKING

from sim.reference.modules import Module
from sim.reference.prices import trial_price
from sim.reference.products import Product
from sim.reference.search import Part, Task

if TYPE_CHECKING:
    from sim.reference.firm import Firm

Cluster = tuple[Module, ...]


def part_of(firm: Firm, module: Module) -> Part:
    """Return a module as a part of trials: its weight as perceived, and the mean of what its uses require."""
    penalty, weight = firm.model.parameters.reuse.mismatch_penalty, firm.perceived[module.slot]
    needs = [p.requirement[module.slot] for p in firm.products if p.modules.get(module.slot) is module]
    target = fmean(needs)
    present, fitted = (weight * sum(exp(penalty * abs(z - x)) for x in needs) for z in (module.point, target))
    return Part(module, present, target, fitted)


def clusters(firm: Firm) -> dict[Cluster, tuple[Product, int]]:
    """Return the own modules that must be redrawn together, each set with the first product and slot that it serves."""
    found: dict[Cluster, tuple[Product, int]] = {}
    for product in firm.products:
        for slot in firm.model.design.numbers:
            if slot in product.modules and product.modules[slot].owner is firm:
                found.setdefault(cluster(firm, product, slot), (product, slot))
    return found


def cluster(firm: Firm, product: Product, slot: int) -> Cluster:
    """Return the firm's own modules among those that a trial on a slot of a product redraws."""
    there = [product.modules[j] for j in firm.model.design.clusters[slot] if j in product.modules]
    return tuple(module for module in there if module.owner is firm)


def own_tasks(firm: Firm, budget: float) -> list[Task]:
    """Return a month's own trials: a task for each cluster, with its part of the budget."""
    given = firm.model.parameters.organisation
    parts = {module: part_of(firm, module) for module in firm.modules() if module.owner is firm}
    tasks = [
        Task([parts[module] for module in modules], partial(trial_price, firm, product, slot))
        for modules, (product, slot) in clusters(firm).items()
    ]
    at_stake = shares(stakes(tasks))
    success = shares([1.0 + firm.record[task.root.slot] for task in tasks])
    autonomy = given.autonomy if given.enabled else 0.0
    upkeep = min(1.0, given.span / max(1, len(firm.modules()))) if given.enabled else 1.0
    for task, above, local in zip(tasks, at_stake, success, strict=True):
        task.budget = budget * upkeep * ((1.0 - autonomy) * above + autonomy * local)
    return tasks


def development_tasks(firm: Firm, product: Product, made: Sequence[int], budget: float) -> list[Task]:
    """Return the trials that develop some modules of a product: the cluster of each has the same budget."""
    parts = {module: part_of(firm, module) for slot in made for module in cluster(firm, product, slot)}
    return [
        Task([parts[m] for m in cluster(firm, product, slot)], partial(trial_price, firm, product, slot), budget)
        for slot in made
    ]


def patch_tasks(firm: Firm, trials: float) -> list[Task]:
    """Return the trials that outsiders make: on what is open of each cluster, if its root is; they cost no money."""
    parts = {module: part_of(firm, module) for module in firm.open_modules()}
    open_parts = [tuple(module for module in found if module.is_open) for found in clusters(firm) if found[0].is_open]
    tasks = [Task([parts[module] for module in modules], lambda: 1.0) for modules in dict.fromkeys(open_parts)]
    for task, share in zip(tasks, shares(stakes(tasks)), strict=True):
        task.budget = trials * share
    return tasks


def stakes(tasks: Sequence[Task]) -> list[float]:
    """Return what is at stake in each task: what its root costs, divided among the tasks of that root."""
    times = Counter(task.root for task in tasks)
    return [task.parts[0].worth() / times[task.root] for task in tasks]


def shares(numbers: Sequence[float]) -> list[float]:
    """Return numbers as shares of their sum."""
    total = sum(numbers)
    return [number / total for number in numbers]
