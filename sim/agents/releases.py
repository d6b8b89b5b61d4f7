"""How a firm fills the slots of a release: reuse, redevelop, make afresh, or adopt from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.module import Module
from sim.mechanisms import arbitrage, reuse, search
from sim.parameters import ScheduledRelease

if TYPE_CHECKING:
    from sim.agents.firm import Firm

Floats = NDArray[np.float64]


@dataclass
class Product:
    """A product line's present product: what it requires of each slot (M,), and the modules that fill the slots.

    ``loads`` are the slots' weights times what mismatch does to running cost (M): unit cost is their product with the
    modules' costs. A firm sets them when it puts the product into use.
    """

    name: str
    line: int
    requirement: Floats
    modules: list[Module]
    loads: list[float] = field(default_factory=list)


class Plan(NamedTuple):
    """How a release would fill one slot: the way, the module if there is one, development cost, and cost in all."""

    way: str
    module: Module | None
    development: float
    total: float


@dataclass
class Brief:
    """A release to come: its product's requirement (M,), and what chance has in store for each slot (M,)."""

    name: str
    line: int
    requirement: Floats
    noticed: Floats
    self_reliant: Floats
    reuse_considered: Floats
    fresh_costs: Floats
    secrecy: Floats
    introduces: frozenset[int]


def write_brief(firm: Firm, dated: ScheduledRelease | None, rng: np.random.Generator) -> Brief:
    """Draw what a firm's next release will require; a dated one brings its name, line and introductions along."""
    given, slots = firm.model.parameters, firm.model.architecture.slots
    return Brief(
        name=dated.name if dated else f"{firm.name}-{firm.releases + 1}",
        line=dated.line if dated else firm.releases % given.reuse.lines,
        requirement=given.reuse.heterogeneity * rng.standard_normal(len(slots)),
        noticed=rng.random(len(slots)),
        self_reliant=rng.random(len(slots)),
        reuse_considered=rng.random(len(slots)),
        fresh_costs=search.draw(given.search.gamma, 1.0 - rng.random(len(slots))),
        secrecy=rng.random(len(slots)),
        introduces=frozenset(slots.index(name) for name in dated.introduces) if dated else frozenset(),
    )


def plan_slot(firm: Firm, slot: int, brief: Brief, outside: Floats | None) -> Plan:
    """Choose what costs the firm least in all: development, and its stake times perceived weight and running cost.

    ``outside`` holds the outside modules' costs (M,), None where none can be had. A cheaper outside module is taken
    only if it is noticed, and if the firm does not insist on making the slot itself.
    """
    given = firm.model.parameters.reuse
    stake = given.stake * float(firm.perceived[slot])
    need = float(brief.requirement[slot])
    platform = firm.strategy.platform if given.enabled else 0.0
    fresh = reuse.fresh_cost(given.fresh_cost, given.generality, platform)
    gamma = firm.model.parameters.search.gamma
    plans = [Plan("made", None, fresh, fresh + stake * gamma / (gamma + 1.0))]
    if slot in brief.introduces:
        return plans[0]
    present = next((product.modules[slot] for product in firm.products if product.line == brief.line), None)
    if present is not None and present.owner is firm:
        plans.append(Plan("redeveloped", present, fresh, fresh + stake * present.cost))
    at_hand = firm.at_hand(slot) if given.enabled and brief.reuse_considered[slot] < platform else []
    if at_hand:
        plans += _plan_reuse(firm, at_hand, need, stake)
    own = min(plans, key=lambda plan: plan.total)
    effort, _ = firm.allocate()
    if outside is None or brief.noticed[slot] >= arbitrage.notice(effort, firm.model.parameters.arbitrage.alertness):
        return own
    running = float(reuse.running_cost(float(outside[slot]), abs(need), given.mismatch_penalty))
    development = given.fresh_cost * firm.model.parameters.frontier.adoption_cost
    adopted = Plan("adopted", None, development, development + stake * running)
    insists = brief.self_reliant[slot] < firm.strategy.self_reliance
    return own if insists or adopted.total >= own.total else adopted


def _plan_reuse(firm: Firm, modules: list[Module], need: float, stake: float) -> list[Plan]:
    """Plan to reuse each of some modules of one slot."""
    given = firm.model.parameters.reuse
    mismatch = np.abs([module.point - need for module in modules])
    coupled = firm.model.architecture.sizes[modules[0].slot] - 1.0
    relative = reuse.relative_cost(mismatch, coupled, given.reuse_cost, given.mismatch_cost, given.coupling_cost)
    running = reuse.running_cost([module.cost for module in modules], mismatch, given.mismatch_penalty)
    development = given.fresh_cost * relative
    totals = (development + stake * running).tolist()
    return [Plan("reused", *plan) for plan in zip(modules, development.tolist(), totals, strict=True)]


def fill(firm: Firm, slot: int, brief: Brief, plan: Plan, outside_cost: float) -> Module:
    """Return the module that a plan puts into a slot, made or changed as the plan says."""
    if plan.way == "adopted":
        return Module(firm.model, slot, None, "adopted", 0.0, outside_cost)
    need, secrecy = float(brief.requirement[slot]), float(brief.secrecy[slot])
    if plan.module is None:
        return Module(firm.model, slot, firm, "made", need, float(brief.fresh_costs[slot]), secrecy)
    if plan.way == "reused":
        return plan.module
    if plan.module.uses > 1:  # other lines keep it as it is: this line goes on with a copy
        return Module(firm.model, slot, firm, plan.module.origin, need, plan.module.cost, secrecy)
    plan.module.point = need
    return plan.module
