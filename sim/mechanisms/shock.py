"""Shock: an experimenter's hand, for impulse responses: one slot of the focal firm, or its trials, gets cheaper.

Source: D64, D71.
"""

from __future__ import annotations

from math import nan
from typing import Any

from sim.declare import SHARE, SWITCH, Column, Kind, Section, event, param
from sim.kernels.compiled import World, compiled, entry
from sim.kernels.door import change
from sim.kernels.products import burden, first_use, offered


class Shock(Section):
    """An experimenter's hand, for impulse responses: one slot of the focal firm, or its trials, gets cheaper."""

    slot: str = param("", "Slot that is shocked; empty for none.", unit="name", source="D64")
    size: float = param(0.01, "Share by which cost or price falls.", unit=SHARE, ge=0, le=0.999, source="D64")
    month: int = param(1, "Month of the shock.", unit="month", ge=1, le=1200, source="D64")
    lasting: bool = param(
        False,
        "Trials on the slot stay cheaper from then on; otherwise its modules get cheaper once.",
        unit=SWITCH,
        source="D71",
    )


EVENTS = (
    Kind("shocked", "an experimenter's shock; value: the module's new cost"),
    Kind("edited", "somebody set a module's cost or point by hand; value: its cost"),
)
COLUMNS = (Column("shocked_cost", "1", "cost, with misfit, of the focal product's slot that an experimenter shocks"),)

_SHOCKED, _EDITED = event("shocked"), event("edited")


@compiled
def strike(world: World) -> None:
    """Make the own modules of the shocked slot cheaper once, or trials on it from now on."""
    given, slot = world.parameters.shock, world.design.shocked
    if slot < 0 or world.here.month != given.month:
        return
    if given.lasting:
        world.firms[0].discounts[slot] = 1.0 - given.size
        return
    for line in range(world.here.lines):
        row = world.products[0, line].modules[slot]
        if first_use(world, 0, line, slot) and world.modules[row].owner == 0:
            module = world.modules[row]
            change(world, row, module.cost * (1.0 - given.size), module.point, _SHOCKED, 0, slot)


@entry
def edit(worlds: Any, row: int, cost: float, point: float) -> None:
    """Set the cost and point of the module in a row, between two months."""
    module = worlds[0].modules[row]
    change(worlds[0], row, cost, point, _EDITED, module.owner, module.slot)


@compiled
def observe(world: World, row: Any) -> None:
    """Write what the shocked slot costs in the focal product on offer; missing without either."""
    slot, line = world.design.shocked, offered(world, 0)
    row.shocked_cost = nan
    if slot >= 0 and line >= 0:
        product = world.products[0, line]
        module = world.modules[product.modules[slot]]
        row.shocked_cost = module.cost * burden(world, module.point, product.requirement[slot])
