"""Demand pull: the parent's gifts of modules and of clear sight; and what users show.

    ŵ_i ∝ b_i e^(ν' z_i),   ν' = ν (1 − clarity if steered) / (1 + U/U₀ if users signal)

    b the parent's weights if it steers, else the market's; parent's = (1 − misfit) w + misfit · u, u unrelated ones

Limit: L15, U₀ = ∞ is no signal; U → ∞ is perfect sight of b.
Source: claims b, f; von Hippel (1986); D19, D85.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from sim.reference.modules import Module, best_of, draw
from sim.reference.products import Product
from sim.reference.release import put

if TYPE_CHECKING:
    from sim.reference.firm import Firm
    from sim.reference.model import Reference


def parent_weights(model: Reference) -> list[float]:
    """Return the parent's weights: the market's, mixed with unrelated ones, drawn evenly from all that sum to 1."""
    misfit = model.parameters.demand.misfit
    unrelated = [model.random.expovariate(1.0) for _ in model.design.slots]
    total = sum(unrelated)
    return [(1.0 - misfit) * w + misfit * u / total for w, u in zip(model.design.weights, unrelated, strict=True)]


def perceived(firm: Firm) -> list[float]:
    """Return what the slots weigh as a firm sees it."""
    given, signal = firm.model.parameters.demand, firm.model.parameters.feedback
    steered = firm.focal and given.steering
    weights = firm.model.parent_weights if steered else firm.model.design.weights
    noise = given.noise * (1.0 - given.clarity if steered else 1.0)
    if signal.signal and firm.releases:
        noise /= 1.0 + firm.users / signal.signal_half
    seen = [weight * exp(noise * error) for weight, error in zip(weights, firm.errors, strict=True)]
    total = sum(seen)
    return [max(each / total, 1e-12) for each in seen]


def inherit(firm: Firm) -> None:
    """Begin with the parent's modules in some slots: a prototype, until the first release."""
    given, slots = firm.model.parameters, firm.model.design.slots
    if not (firm.focal and given.demand.inheritance and given.demand.inherited):
        return
    gamma, trials = given.search.gamma, given.demand.inherited_trials
    prototype = Product(0, [0.0 for _ in slots], prototype=True)
    firm.products = [prototype]
    for slot in sorted({slots.index(name) for name in given.demand.inherited}):
        cost = min(draw(gamma, firm.random), best_of(trials, gamma, firm.random, firm.model.rng))
        put(firm, prototype, slot, Module(firm.model, slot, firm, "made", 0.0, cost))
