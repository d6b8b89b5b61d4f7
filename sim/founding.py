"""Founding: what firms, modules and perceptions there are before the first month."""

from __future__ import annotations

import numpy as np

from sim.agents.actor import World
from sim.agents.firm import Firm
from sim.agents.module import Module
from sim.agents.releases import Product
from sim.mechanisms import demand, search
from sim.streams import Streams


def found_firms(model: World, streams: Streams) -> list[Firm]:
    """Return the focal firm and its rivals, each with a founding product; only the focal firm has a parent."""
    given, slots = model.parameters, len(model.architecture.slots)
    unrelated = streams["parent's weights"].dirichlet(np.ones(slots))
    parents = demand.parent_weights(model.architecture.weights, unrelated, given.demand.misfit)
    firms = []
    for number in range(given.rival.count + 1):
        name = f"rival-{number}" if number else "focal"
        steered = given.demand.steering and not number
        perceived = demand.perceived_weights(
            parents if steered else model.architecture.weights,
            streams[f"perception/{name}"].standard_normal(slots),
            given.demand.noise,
            given.demand.clarity if steered else 0.0,
        )
        firm = Firm(model, name, given.rival if number else given.firm, perceived)
        _found_product(firm, streams)
        firms.append(firm)
    return firms


def _found_product(firm: Firm, streams: Streams) -> None:
    """Fill every slot with a fresh module; inherited slots start from the parent's trials."""
    given, slots = firm.model.parameters, firm.model.architecture.slots
    rng = streams[f"founding/{firm.name}"]
    costs = search.draw(given.search.gamma, 1.0 - rng.random(len(slots)))
    inherited = search.best_of(given.demand.inherited_trials, given.search.gamma, 1.0 - rng.random(len(slots)))
    if firm.focal and given.demand.inheritance:
        costs = np.where(np.isin(slots, given.demand.inherited), np.minimum(costs, inherited), costs)
    secrecy = streams[f"secrecy/{firm.name}"].random(len(slots))
    modules = [
        Module(firm.model, slot, firm, "made", 0.0, float(cost), float(secret))
        for slot, (cost, secret) in enumerate(zip(costs, secrecy, strict=True))
    ]
    firm.reference = costs
    firm.put_into_use(Product("founding", 0, np.zeros(len(slots)), modules))
    for module in modules:
        firm.model.log("founded", firm, product="founding", slot=module.slot, module=module, value=module.cost)


def found_commons(model: World, streams: Streams) -> list[Module]:
    """Return the modules of the commons, fresh draws like any other."""
    names, gamma = model.parameters.commons.modules, model.parameters.search.gamma
    costs = search.draw(gamma, 1.0 - streams["commons founding"].random(len(names)))
    return [Module(model, number, None, "made", 0.0, float(cost)) for number, cost in enumerate(costs)]
