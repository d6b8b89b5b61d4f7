"""How a firm means to fill the slots of its next release: make, copy, reuse or adopt, whichever costs least in all.

    total = development + V ŵ_i · running cost expected
    make    F (1 + (G − 1) π),  c⁰ (1 + n)^(−1/(γ d_i)),  n = F / (price of a trial): what development trials will reach
    copy    F,                  the cost of the cheapest own module
    reuse   b F,                c e^(μ |z − x|),  b = min(1, b₀ + b₁ |z − x| + b₂ (d_i − 1))
    adopt   a F,                frontier's cost · e^(μ |x|); only if noticed, supplied, and not insisted against

Limit: L3, no misfit, no trials: relative cost of R reuses is 1 + R (b − 1 + G/n).
Source: claim c; Gaffney, Durek (1989); D6-D8.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, NamedTuple

from sim.reference.effort import arbitrage_effort
from sim.reference.modules import Module

if TYPE_CHECKING:
    from sim.reference.firm import Firm


class Plan(NamedTuple):
    """A way to fill a slot: the module if there is one, what it costs to develop, and in all."""

    way: str
    module: Module | None
    development: float
    total: float


class Brief:
    """A release to come: its line, and what chance has in store for each slot, however long it has to wait."""

    def __init__(self, firm: Firm) -> None:
        given, random, slots = firm.model.parameters, firm.random, firm.model.design.numbers
        dated = firm.dated()
        self.firm = firm
        self.line = dated.line if dated else firm.releases % given.reuse.lines
        self.introduced = dated.introduces if dated else ()
        self.deviations = [random.gauss(0.0, given.reuse.heterogeneity) for _ in slots]
        alertness = given.arbitrage.alertness * arbitrage_effort(firm)
        self.noticed = [random.random() < 1.0 - exp(-alertness) for _ in slots]
        self.insisted = [random.random() < firm.strategy.self_reliance for _ in slots]
        self.reusable = [random.random() < firm.platform for _ in slots]

    def requirement(self) -> list[float]:
        """Return what the product requires, x_i = y_i + σ N, around where the firm's core is now."""
        return [core + deviation for core, deviation in zip(self.firm.core, self.deviations, strict=True)]

    def plans(self) -> list[Plan]:
        """Plan every slot with what can be had now."""
        return [self.plan(slot, need) for slot, need in enumerate(self.requirement())]

    def plan(self, slot: int, need: float) -> Plan:
        """Choose what costs least in all, the first on a tie; what is introduced is made."""
        make = self.make(slot)
        if self.firm.model.design.slots[slot] in self.introduced:
            return make
        hand = self.firm.at_hand(slot)
        plans = [make, *self.copies(slot, hand)]
        if self.reusable[slot]:
            plans += [self.reuse(slot, module, need) for module in hand]
        own = min(plans, key=lambda plan: plan.total)
        frontier = self.firm.model.frontier
        if not frontier.given.enabled or frontier.cut or not self.noticed[slot] or self.insisted[slot]:
            return own
        adopt = self.adopt(slot, need)
        return adopt if adopt.total < own.total else own

    def make(self, slot: int) -> Plan:
        """Plan a fresh module."""
        given, firm = self.firm.model.parameters, self.firm
        gamma, fresh = given.search.gamma, given.reuse.fresh_cost
        trials = fresh / (given.search.trial_price * firm.slot_prices[slot]) if given.search.enabled else 0.0
        running = gamma / (gamma + 1.0) * (1.0 + trials) ** (-1.0 / (gamma * len(firm.model.design.clusters[slot])))
        return self.priced("made", None, slot, fresh * (1.0 + (given.reuse.generality - 1.0) * firm.platform), running)

    def copies(self, slot: int, hand: list[Module]) -> list[Plan]:
        """Plan a copy of the cheapest own module, if there is one."""
        if not hand:
            return []
        source = min(hand, key=lambda module: module.cost)
        return [self.priced("copied", source, slot, self.firm.model.parameters.reuse.fresh_cost, source.cost)]

    def reuse(self, slot: int, module: Module, need: float) -> Plan:
        """Plan to reuse a module as it is; the misfit costs in development and in running."""
        given = self.firm.model.parameters.reuse
        misfit, coupled = abs(module.point - need), len(self.firm.model.design.clusters[slot]) - 1
        relative = min(1.0, given.reuse_cost + given.mismatch_cost * misfit + given.coupling_cost * coupled)
        running = module.cost * exp(given.mismatch_penalty * misfit)
        return self.priced("reused", module, slot, relative * given.fresh_cost, running)

    def adopt(self, slot: int, need: float) -> Plan:
        """Plan to take the outside module, which fits the outside standard, 0."""
        given, frontier = self.firm.model.parameters.reuse, self.firm.model.frontier
        running = frontier.costs[slot] * exp(given.mismatch_penalty * abs(need))
        return self.priced("adopted", None, slot, frontier.given.adoption_cost * given.fresh_cost, running)

    def priced(self, way: str, module: Module | None, slot: int, development: float, running: float) -> Plan:
        """Return a plan with what it costs in all, as the firm sees it."""
        stake = self.firm.model.parameters.reuse.stake * self.firm.perceived[slot]
        return Plan(way, module, development, development + stake * running)
