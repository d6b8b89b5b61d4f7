"""Leak: whoever can absorb it imitates what others leave open.

An imitation is a trial on a module of one's own at the cost of the cheapest open module of others in its slot, fitted
to one's own requirement, and kept if that is better than what one has. It comes with chance 1 − exp(−hazard · A) a
month and module.

Units: hazards 1/month.
Limit: L8, A = 0: nothing leaks to a firm that makes no trials.
Source: brief, section 6; Cohen, Levinthal (1990).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf
from typing import Any

from sim.declare import PER_MONTH, SWITCH, Column, Kind, Section, event, param
from sim.kernels.compiled import World, compiled
from sim.kernels.door import change
from sim.kernels.draws import stream, uniform
from sim.kernels.products import first_use, is_open
from sim.kernels.trials import weigh


class Leak(Section):
    """Open modules are imitated by whoever can absorb them."""

    enabled: bool = param(True, "Firms imitate open modules of others.", unit=SWITCH, source="brief 6")
    imitation: float = param(
        0.05, "Hazard, at A = 1, of imitating a cheaper open module.", unit=PER_MONTH, ge=0, le=5, source="D29"
    )


STATE = {"firms": [("imitations", "i8"), ("seen", "f8", (64,))]}
EVENTS = (Kind("imitated", "another firm's open module was imitated; value: its cost", "modules"),)
COLUMNS = (Column("imitations", "modules/month", "open modules imitated by the rivals"),)

_IMITATION = stream("imitation")
_IMITATED = event("imitated")


@compiled
def imitate(world: World, capacity: Callable[[World, int], float]) -> None:
    """Imitate cheaper open modules of others, as they are before anyone imitates."""
    for k in range(world.here.firms):
        firm = world.firms[k]
        firm.imitations = 0
    if not world.parameters.leak.enabled or world.here.firms == 1:
        return
    here = world.here
    _look_around(world)
    for k in range(world.here.firms):
        firm = world.firms[k]
        chance = 1.0 - exp(-world.parameters.leak.imitation * capacity(world, k))
        if chance == 0.0:
            continue
        weigh(world, k)
        for line in range(world.here.lines):
            for slot in range(world.design.slots):
                row = world.products[k, line].modules[slot]
                if not first_use(world, k, line, slot) or world.modules[row].owner != k:
                    continue
                module = world.modules[row]
                better = module.refitted * firm.seen[slot] < module.weight * module.cost
                if better and uniform(here.seed, _IMITATION, k * 8 + line, slot, here.month) < chance:
                    change(world, row, firm.seen[slot], module.target, _IMITATED, k, slot)
                    firm.imitations += 1
                    firm.tally.imitated += 1


@compiled
def _look_around(world: World) -> None:
    """Let each firm see the lowest cost among others' open modules on the market, a slot each; inf for none."""
    for k in range(world.here.firms):
        for slot in range(world.design.slots):
            world.firms[k].seen[slot] = inf
    for owner in range(world.here.firms):
        for line in range(world.here.lines if world.firms[owner].releases > 0 else 0):
            for slot in range(world.design.slots):
                row = world.products[owner, line].modules[slot]
                if first_use(world, owner, line, slot) and is_open(world, owner, row):
                    for k in range(world.here.firms):
                        if k != owner:
                            world.firms[k].seen[slot] = min(world.firms[k].seen[slot], world.modules[row].cost)


@compiled
def observe(world: World, row: Any) -> None:
    """Write how often rivals imitated."""
    row.imitations = 0.0
    for k in range(1, world.here.firms):
        row.imitations += world.firms[k].imitations
