"""Displacement: a module made anew fits badly to what was built around the old one, until that is redesigned.

    for each slot j coupled with a slot that is made:   y_j += δ N(0, 1),   x_rj moves with it

y is the firm's core, which later products' requirements are drawn around, and r the product that the module is made
for. Coupled are the slot's partners, and those whose partner it is. Outside modules stay at 0, the outside standard:
a firm that goes its own way slowly loses it.

Units: design distance.
Limit: no step, or nothing made: the core stays at 0.
Source: Henderson, Clark (1990); brief, section 2.
"""

from __future__ import annotations

from math import nan
from typing import Any

from sim.declare import SWITCH, Column, Section, param
from sim.kernels.compiled import World, compiled
from sim.kernels.draws import normal, stream
from sim.kernels.products import offered


class Displacement(Section):
    """A module made anew displaces what was built around the old one (Henderson, Clark 1990)."""

    enabled: bool = param(True, "Making a module moves the core of coupled slots.", unit=SWITCH, source="brief 2")
    step: float = param(
        0.28,
        "Standard deviation of the move of a coupled slot's core.",
        symbol="δ",
        unit="design distance",
        ge=0,
        le=2,
        source="fit of the case, docs/case.md",
    )


STATE = {"firms": [("core", "f8", (64,))]}
COLUMNS = (
    Column("core_distance", "design distance", "mean distance of the focal firm's core from the outside standard"),
    Column("misfit", "design distance", "mean misfit of modules in the focal product, by weight"),
)

_MOVE = stream("displacement")


@compiled
def displace(world: World, k: int, line: int, slot: int, occasion: int) -> None:
    """Move what is coupled with a slot that a firm makes for a product; ``occasion`` numbers what it is made for."""
    given, design, firm = world.parameters.displacement, world.design, world.firms[k]
    if not given.enabled:
        return
    for other in range(design.slots):
        if design.coupled[slot, other] != 0:
            move = given.step * normal(world.here.seed, _MOVE, k * 64 + slot, other, occasion)
            firm.core[other] += move
            world.products[k, line].requirement[other] += move


@compiled
def observe(world: World, row: Any) -> None:
    """Write how far the focal firm went from the outside standard, and how badly its modules fit."""
    slots, line = world.design.slots, offered(world, 0)
    distance, misfit = 0.0, 0.0
    for slot in range(slots):
        distance += abs(world.firms[0].core[slot]) / slots
        if line >= 0:
            product = world.products[0, line]
            off = abs(world.modules[product.modules[slot]].point - product.requirement[slot])
            misfit += world.design.weights[slot] * off
    row.core_distance = distance
    row.misfit = misfit if line >= 0 else nan
