"""Flywheel: modules are inputs to each other's redesign, so cheaper modules make trials cheaper.

    κ_i = κ₀ · max(κ_min, f_i(r) · g^e),   r_j = c_j / c⁰, c⁰ = γ/(γ + 1), E_ij the elasticity of i's price to c_j

    power      f_i = Π_j r_j^(E_ij)                             the theory's
    ces        f_i = (Σ_j s_ij r_j^ρ)^(E_i / ρ), ρ = 1/2        E_i = Σ_j E_ij, s_ij = E_ij / E_i: inputs complement
    additive   f_i = 1 + Σ_j E_ij (r_j − 1)                     no better than 1 − E_i

The three agree to first order at r = 1: the last two ask whether a result hangs on the first. g^e is what the commons'
tools leave of the price, feedback's. A slot that has no module yet counts as r = 1.

Units: prices in money.
Limits: L5, cost exponents solve a_i = max over j with i in D_j of (1 + (E a)_j) / (γ d_j); when each slot's own cluster
is its smallest this is the Leontief inverse (I − B E)⁻¹ b, b_i = 1/(γ d_i), and the loop gain θ = ρ(B E) runs away from
1 on (power form). L6, without loops the series ends.
Source: claim d; Leontief (1936); McNerney et al. (2011) for E = 0.
"""

from __future__ import annotations

from math import exp, log, nan, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.declare import SWITCH, Column, Section, param
from sim.kernels.compiled import World, compiled
from sim.kernels.products import offered


class Flywheel(Section):
    """Modules are inputs to each other's redesign: their cost sets the price of a trial."""

    enabled: bool = param(True, "Trial prices follow module costs.", unit=SWITCH, source="claim d")
    elasticity: float = param(
        0.37, "Elasticity of a slot's trial price to the cost of one partner.", symbol="ε", unit="1", ge=0, le=2,
        source="fit of the case, docs/case.md",
    )  # fmt: skip
    topology: Literal["links", "rewired", "acyclic"] = param(
        "links", "Price links follow the partners, or are a placebo: rewired at equal degree, or without loops "
        "at equal total weight.", unit="choice", source="D9",
    )  # fmt: skip
    form: Literal["power", "ces", "additive"] = param(
        "power", "Functional form of the price link; all three agree to first order at c⁰.", unit="choice",
        source="D66",
    )  # fmt: skip
    price_floor: float = param(
        1e-3, "Lowest trial price relative to κ₀.", symbol="κ_min", unit="1", ge=1e-6, le=1, source="D9"
    )


STATE = {"firms": [("prices", "f8", (64,)), ("discounts", "f8", (64,)), ("tools", "f8")]}
COLUMNS = (
    Column("trial_price", "1", "price of a trial relative to κ₀, geometric mean over the product on offer's slots"),
    Column("rival_trial_price", "1", "the same of the rivals' products on offer, mean over rivals"),
    Column("loop_gain", "1", "loop gain θ of the focal firm's own modules above the price floor"),
)

Floats = NDArray[np.float64]

_POWER, _CES = 0, 1
_LOG_CEILING = 230.0  # dear modules make trials dear, but finite


@compiled
def found(world: World) -> None:
    """Begin with prices at κ₀."""
    for k in range(world.here.firms):
        firm = world.firms[k]
        firm.tools = 1.0
        for slot in range(world.design.slots):
            firm.prices[slot], firm.discounts[slot] = 1.0, 1.0


@compiled
def price(world: World, k: int, line: int, slot: int) -> float:
    """Return the price in money of a trial on the cluster of a slot of a firm's product."""
    return world.parameters.search.trial_price * relative_price(world, k, line, slot) * world.firms[k].discounts[slot]


@compiled
def relative_price(world: World, k: int, line: int, slot: int) -> float:
    """Return it relative to κ₀, without what an experimenter takes off."""
    given, design, product = world.parameters.flywheel, world.design, world.products[k, line]
    gamma = world.parameters.search.gamma
    log_price, mean, linear, total = 0.0, 0.0, 1.0, 0.0
    for place in range(design.priced[slot]):
        j = design.inputs[slot, place]
        elasticity = design.elasticity[slot, place]
        relative = 1.0
        if product.modules[j] >= 0:
            relative = world.modules[product.modules[j]].cost * (gamma + 1.0) / gamma
        if given.form == _POWER:
            log_price += elasticity * log(relative)
        else:
            mean += elasticity * sqrt(relative)
            linear += elasticity * (relative - 1.0)
            total += elasticity
    if given.form == _CES:
        log_price = 2.0 * total * log(mean / total) if total > 0.0 else 0.0
    elif given.form != _POWER:
        log_price = log(max(linear, 1e-300))
    log_price += log(world.firms[k].tools)
    return exp(min(max(log_price, log(given.price_floor)), _LOG_CEILING))


@compiled
def quote(world: World) -> None:
    """Note the going prices of each firm, in its product on offer, by which it plans."""
    for k in range(world.here.firms):
        line = offered(world, k)
        if line >= 0:
            for slot in range(world.design.slots):
                world.firms[k].prices[slot] = relative_price(world, k, line, slot)


@compiled
def observe(world: World, row: Any) -> None:
    """Write the mean price of a trial, the focal firm's and the rivals', and the loop gain of the focal product."""
    firm, slots = world.firms[0], world.design.slots
    row.trial_price, row.loop_gain = nan, nan
    line = offered(world, 0)
    if line >= 0:
        log_price = 0.0
        for slot in range(slots):
            log_price += log(firm.prices[slot]) / slots
        row.trial_price = exp(log_price)
        row.loop_gain = _loop_gain(world, line)
    prices, rivals = 0.0, 0
    for k in range(1, world.here.firms):
        if offered(world, k) >= 0:
            log_mean = 0.0
            for slot in range(slots):
                log_mean += log(world.firms[k].prices[slot]) / slots
            prices += exp(log_mean)
            rivals += 1
    row.rival_trial_price = prices / rivals if rivals > 0 else nan


@compiled
def _loop_gain(world: World, line: int) -> float:
    """Return ρ(B E) by power iteration on I + B E, over own modules whose price has not met the floor."""
    slots, vector, following = world.design.slots, np.ones(64), np.empty(64)
    radius = 1.0
    for _ in range(200):
        renewed = 0.0
        for slot in range(slots):
            following[slot] = vector[slot] + _gain(world, line, slot, vector)
            renewed = max(renewed, following[slot])
        for slot in range(slots):
            vector[slot] = following[slot] / renewed
        if abs(renewed - radius) <= 1e-12 * renewed:
            break
        radius = renewed
    return radius - 1.0


@compiled
def _gain(world: World, line: int, slot: int, vector: Floats) -> float:
    """Return row ``slot`` of B E, times a vector."""
    design, product, modules = world.design, world.products[0, line], world.modules
    floor = world.parameters.flywheel.price_floor
    if world.firms[0].prices[slot] <= floor * (1.0 + 1e-9) or modules[product.modules[slot]].owner != 0:
        return 0.0
    size, total = 0, 0.0
    for place in range(design.sizes[slot]):
        size += modules[product.modules[design.clusters[slot, place]]].owner == 0
    for place in range(design.priced[slot]):
        other = design.inputs[slot, place]
        if modules[product.modules[other]].owner == 0:
            total += design.elasticity[slot, place] * vector[other]
    return total / (world.parameters.search.gamma * size)
