"""Products, and how a firm fills the slots of the next one: reuse, redevelop, make afresh, or adopt from outside."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.twin.modules import Module, draw

if TYPE_CHECKING:
    from benchmarks.twin.firm import Firm


class Product:
    """A product of one line: what it requires of each slot, and the modules that fill the slots."""

    def __init__(self, line: int, requirement: list[float], modules: list[Module]) -> None:
        self.line = line
        self.requirement = requirement
        self.modules = modules

    def unit_cost(self, penalty: float, weights: list[float]) -> float:
        """Return the cost of a unit of capability: each module's, made worse by its mismatch."""
        return sum(
            weight * module.cost * exp(penalty * abs(module.point - need))
            for weight, module, need in zip(weights, self.modules, self.requirement, strict=True)
        )


class Plan(NamedTuple):
    """A way to fill a slot: the module if there is one, what it costs to develop, and in all."""

    way: str
    module: Module | None
    development: float
    total: float


class Brief:
    """A release to come: its requirement, and what chance has in store for each slot."""

    def __init__(self, firm: Firm) -> None:
        given, random = firm.model.parameters, firm.random
        slots = range(len(firm.model.slots))
        self.firm = firm
        self.line = firm.releases % given.reuse.lines
        self.requirement = [random.gauss(0.0, given.reuse.heterogeneity) for _ in slots]
        alertness = given.arbitrage.alertness * firm.arbitrage_effort
        self.noticed = [random.random() < 1.0 - exp(-alertness) for _ in slots]
        self.self_reliant = [random.random() < firm.strategy.self_reliance for _ in slots]
        self.reuse_considered = [random.random() < firm.strategy.platform for _ in slots]
        self.fresh_costs = [draw(given.search.gamma, random) for _ in slots]

    def plans(self) -> list[Plan]:
        """Plan every slot with what can be had now."""
        return [self.plan(slot) for slot in range(len(self.requirement))]

    def plan(self, slot: int) -> Plan:
        """Choose what costs least in all; the outside is looked at if noticed, and not where the firm insists."""
        given = self.firm.model.parameters
        own = min(self.own_plans(slot), key=lambda plan: plan.total)
        frontier = self.firm.model.frontier
        if frontier.cut or not self.noticed[slot] or self.self_reliant[slot]:
            return own
        development = given.reuse.fresh_cost * given.frontier.adoption_cost
        running = frontier.costs[slot] * exp(given.reuse.mismatch_penalty * abs(self.requirement[slot]))
        adopted = Plan("adopted", None, development, development + self.stake(slot) * running)
        return adopted if adopted.total < own.total else own

    def own_plans(self, slot: int) -> list[Plan]:
        """Return the ways to fill a slot from within: afresh, by the line's own module redesigned, or by reuse."""
        firm, stake = self.firm, self.stake(slot)
        given, gamma = firm.model.parameters.reuse, firm.model.parameters.search.gamma
        fresh = given.fresh_cost * (1.0 + (given.generality - 1.0) * firm.strategy.platform)
        plans = [Plan("made", None, fresh, fresh + stake * gamma / (gamma + 1.0))]
        for product in firm.products:
            module = product.modules[slot]
            if product.line == self.line and module.owner is firm:
                plans.append(Plan("redeveloped", module, fresh, fresh + stake * module.cost))
        if self.reuse_considered[slot]:
            plans += [self.reuse(module, stake) for module in firm.at_hand(slot)]
        return plans

    def reuse(self, module: Module, stake: float) -> Plan:
        """Return the plan to reuse a module; the mismatch costs in development and in running."""
        given = self.firm.model.parameters.reuse
        mismatch = abs(module.point - self.requirement[module.slot])
        coupled = len(self.firm.model.clusters[module.slot]) - 1
        relative = min(1.0, given.reuse_cost + given.mismatch_cost * mismatch + given.coupling_cost * coupled)
        development = given.fresh_cost * relative
        running = module.cost * exp(given.mismatch_penalty * mismatch)
        return Plan("reused", module, development, development + stake * running)

    def stake(self, slot: int) -> float:
        """Return the money that a unit of a slot's cost is worth to the firm."""
        return self.firm.model.parameters.reuse.stake * self.firm.perceived[slot]

    def fill(self, slot: int, plan: Plan) -> Module:
        """Return the module that a plan puts into a slot."""
        firm, need, old = self.firm, self.requirement[slot], plan.module
        if plan.way == "adopted":
            cost = firm.model.frontier.costs[slot]
            return Module(firm.model, slot, None, 0.0, cost, outside=True)
        if old is None:
            return Module(firm.model, slot, firm, need, self.fresh_costs[slot], outside=False)
        if plan.way == "reused":
            return old
        if old.uses > 1:  # other lines keep it as it is
            return Module(firm.model, slot, firm, need, old.cost, outside=old.outside)
        old.point = need
        return old
