"""Frontier: the world outside makes trials of its own, offers modules, and can be cut off.

    cost of an outside module ← min(itself, best of Poisson(trials) draws), a slot and month
    P(a cut begins) = h a month, unless there is one

Units: trials a month; hazards 1/month.
Source: claim a; brief, section 4.
"""

from __future__ import annotations

from typing import Any

from sim.declare import PER_MONTH, SHARE, SWITCH, Column, Kind, Lever, Section, event, param
from sim.kernels.compiled import World, compiled
from sim.kernels.door import log
from sim.kernels.draws import stream, uniform
from sim.kernels.trials import best_of


class Frontier(Section):
    """The world outside: makes trials of its own, offers modules, and can be cut off."""

    enabled: bool = param(True, "Outside modules are on offer.", unit=SWITCH, source="D11")
    head_start: float = param(
        3.3,
        "Trials made outside on each slot before founding.",
        unit="trials",
        ge=0,
        le=1e12,
        source="fit of the case, docs/case.md",
    )
    trials: float = param(
        5.1,
        "Trials made outside on each slot.",
        unit="trials/month",
        ge=0,
        le=1e12,
        source="fit of the case, docs/case.md",
    )
    adoption_cost: float = param(
        0.66,
        "Cost of fitting in an outside module, relative to a fresh one.",
        unit="1",
        ge=0,
        le=2,
        source="fit of the case, docs/case.md",
    )
    hazard: float = param(
        0.013,
        "Chance that supply is cut.",
        symbol="h",
        unit=PER_MONTH,
        ge=0,
        le=1,
        source="fit of the case, docs/case.md",
    )
    duration: int = param(12, "Length of a supply cut.", unit="month", ge=1, le=1200, source="D12")
    severity: float = param(0.5, "Share of compute lost in a supply cut.", unit=SHARE, ge=0, le=1, source="D12")


STATE = {
    "here": [
        ("frontier", "f8", (64,)), ("version", "i8", (64,)), ("cut", "?"), ("cut_began", "?"), ("cut_until", "i8"),
    ],
}  # fmt: skip
LEVERS = (Lever("supply_cut", "supply of outside modules and compute is cut (level: any, 0 for none)"),)
EVENTS = (Kind("cut", "supply from outside was cut"), Kind("restored", "supply from outside came back"))
COLUMNS = (
    Column("supply_cut", "0 or 1", "supply from outside is cut"),
    Column("frontier_cost", "1", "mean cost of outside modules over slots"),
)

_OUTSIDE, _SUPPLY = stream("frontier"), stream("supply")
_CUT, _RESTORED = event("cut"), event("restored")


@compiled
def found(world: World) -> None:
    """Let the world outside make a first draw and its head start."""
    here, slots = world.here, world.design.slots
    for slot in range(slots):
        here.frontier[slot], here.best[slot] = 1.0, 1.0
    _try_outside(world, 1.0 + world.parameters.frontier.head_start)
    for slot in range(slots):
        here.version[slot] = 0
    note(world)


@compiled
def advance(world: World) -> None:
    """See whether supply is cut, and let the world outside make its trials."""
    given, here = world.parameters.frontier, world.here
    struck = uniform(here.seed, _SUPPLY, 0, 0, here.month) < given.hazard
    if struck and here.month > here.cut_until:
        here.cut_until = here.month + given.duration - 1
    was_cut = here.cut
    by_policy = world.policy[here.month].supply_cut > 0.0
    here.cut = given.enabled and (by_policy or here.month <= here.cut_until)
    here.cut_began = here.cut and not was_cut
    if here.cut != was_cut:
        log(world, _CUT if here.cut else _RESTORED, -1, -1, -1, -1, 0.0, 0.0)
    _try_outside(world, given.trials)
    note(world)


@compiled
def note(world: World) -> None:
    """Take note of the best designs that are known: outside ones where they are on offer, and those in products."""
    here, slots = world.here, world.design.slots
    if world.parameters.frontier.enabled:
        for slot in range(slots):
            here.best[slot] = min(here.best[slot], here.frontier[slot])
    for row in range(here.modules):
        module = world.modules[row]
        if module.id > 0 and module.uses > 0:
            here.best[module.slot] = min(here.best[module.slot], module.cost)
    for k in range(world.here.firms):
        firm = world.firms[k]
        firm.innovations = 0
        for slot in range(slots):
            firm.best[slot] = here.best[slot]


@compiled
def _try_outside(world: World, trials: float) -> None:
    here, gamma = world.here, world.parameters.search.gamma
    for slot in range(world.design.slots):
        cost = best_of(trials, gamma, uniform(here.seed, _OUTSIDE, slot, 0, here.month))
        if cost < here.frontier[slot]:
            here.frontier[slot] = cost
            here.version[slot] += 1


@compiled
def observe(world: World, row: Any) -> None:
    """Write the state of the world outside."""
    here, slots, total = world.here, world.design.slots, 0.0
    for slot in range(slots):
        total += here.frontier[slot]
    row.supply_cut, row.frontier_cost = 1.0 if here.cut else 0.0, total / slots
