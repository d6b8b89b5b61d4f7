"""A release: slots are filled as planned, what is made displaces what was built around it, and is developed by trials.

    y_j and x_j move by δ N(0, 1) for each slot j coupled with a slot that is made
    F buys a first draw, and F of trials on the clusters of what is made, before the product comes out

Limits: L13, one slot, γ = 1, ε = 0, n = F/κ₀: E[c at release] = (n − 1 + e^(−n)) / n².
Source: Henderson, Clark (1990); brief 2; D82.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.reference.aim import development_tasks
from sim.reference.modules import Module, draw
from sim.reference.plans import Brief, Plan
from sim.reference.products import Product
from sim.reference.search import search

if TYPE_CHECKING:
    from sim.reference.firm import Firm


def supply(firm: Firm) -> None:
    """Bring out what is due and can be paid for, and master what was adopted."""
    while firm.model.month >= firm.next_release():
        firm.brief = firm.brief or Brief(firm)
        plans = firm.brief.plans()
        firm.expected_development = sum(plan.development for plan in plans) + firm.model.levers["audit"]
        if firm.expected_development > firm.cash:
            break  # saved for; what chance has in store stays as it is
        bring_out(firm, firm.brief, plans)
        firm.brief = None
    for module in firm.modules():
        if module.owner is None and firm.absorbs(firm.model.parameters.absorption.mastery):
            module.owner, module.origin, module.secrecy = firm, "integrated", firm.random.random()
            firm.events["mastered"] += 1


def bring_out(firm: Firm, brief: Brief, plans: list[Plan]) -> None:
    """Renew a line: fill its slots, develop what is made, and put the product on the market."""
    firm.develop(firm.expected_development)
    product = Product(brief.line, brief.requirement())
    displaced = [old for old in firm.products if old.line == brief.line or old.prototype]
    staying = [old for old in firm.products if old not in displaced]
    firm.products = sorted([*staying, product], key=lambda each: each.line)
    made = [slot for slot, plan in enumerate(plans) if plan.way == "made"]
    for slot in made:
        displace(firm, product, slot)
    for slot, plan in enumerate(plans):
        put(firm, product, slot, module_for(firm, product, slot, plan))
    for module in [module for old in displaced for module in old.modules.values()]:
        take_out(firm, module)
    make_trials(firm, product, made, firm.model.parameters.reuse.fresh_cost)
    firm.releases += 1
    firm.last_release = firm.model.month
    firm.events.update(["released", *(plan.way for plan in plans)])
    join(firm, product)
    penalty, design = firm.model.parameters.reuse.mismatch_penalty, firm.model.design
    firm.systems_cost = product.unit_cost(penalty, design.weights, design.systems)
    firm.algorithms_cost = product.unit_cost(penalty, design.weights, design.algorithms)


def displace(firm: Firm, product: Product, slot: int) -> None:
    """Move the firm's core, and what the product requires, in the slots coupled with one that is made."""
    given = firm.model.parameters.displacement
    if given.enabled:
        for other in firm.model.design.coupled[slot]:
            move = firm.random.gauss(0.0, given.step)
            firm.core[other] += move
            product.requirement[other] += move


def module_for(firm: Firm, product: Product, slot: int, plan: Plan) -> Module:
    """Return the module that a plan puts into a slot."""
    if plan.way == "adopted":
        frontier = firm.model.frontier
        return Module(firm.model, slot, None, "adopted", 0.0, frontier.costs[slot], frontier.versions[slot])
    if plan.module is None:
        return fresh(firm, product, slot)
    if plan.way == "copied":
        return plan.module.copied(product.requirement[slot])
    return plan.module


def fresh(firm: Firm, product: Product, slot: int) -> Module:
    """Return a module made for what a product requires; its cost is a first draw."""
    cost = draw(firm.model.parameters.search.gamma, firm.random)
    return Module(firm.model, slot, firm, "made", product.requirement[slot], cost)


def put(firm: Firm, product: Product, slot: int, module: Module) -> None:
    """Fill a slot of a live product; a module that was shelved is so no longer."""
    product.modules[slot] = module
    module.uses += 1
    if firm.shelf.get(slot) is module:
        del firm.shelf[slot]


def take_out(firm: Firm, module: Module) -> None:
    """End one use of a module; the cheapest own one of its slot without any stays on the shelf, the others retire."""
    module.uses -= 1
    if module.uses:
        return
    shelved = firm.shelf.get(module.slot)
    if module.owner is firm and (shelved is None or module.cost < shelved.cost):
        firm.shelf[module.slot] = module
        if shelved is not None:
            shelved.remove()
    else:
        module.remove()


def make_trials(firm: Firm, product: Product, made: Sequence[int], budget: float) -> None:
    """Develop what is made for a product by trials, a budget each; they are the firm's own, and make it experienced."""
    given = firm.model.parameters.search
    if given.enabled and made:
        trials, kept = search(development_tasks(firm, product, made, budget), given.gamma, firm.random)
        firm.development_trials += trials
        firm.learn(kept)


def join(firm: Firm, product: Product) -> None:
    """Count an integrated innovation: two outside designs or more, joined with a made one, in a new combination."""
    outside = [module for module in product.modules.values() if module.origin != "made"]
    combination = frozenset((module.slot, module.version) for module in outside)
    if 2 <= len(outside) < len(product.modules) and combination not in firm.joined:
        firm.integrated += 1
    firm.joined.add(combination)


def lose_outside(firm: Firm) -> None:
    """Replace outside modules when supply is cut: by the firm's cheapest own one, or else by one made in haste."""
    for product in firm.products:
        for slot, old in sorted(product.modules.items()):
            if old.owner is not None:
                continue
            own = firm.at_hand(slot)
            if own:
                put(firm, product, slot, min(own, key=lambda module: module.cost))
            else:
                make_in_haste(firm, product, slot)
            take_out(firm, old)
            firm.events["lost"] += 1


def make_in_haste(firm: Firm, product: Product, slot: int) -> None:
    """Make a module for a slot that has lost its own, paid and developed as far as cash goes."""
    paid = min(firm.cash, firm.model.parameters.reuse.fresh_cost)
    firm.develop(paid)
    displace(firm, product, slot)
    put(firm, product, slot, fresh(firm, product, slot))
    make_trials(firm, product, [slot], paid)
