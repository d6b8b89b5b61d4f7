"""Absorption: only who makes trials can use what others found; A = K/(K + K₀), K the firm's own kept trials.

What A scales: mastering adopted modules, integrating contributions, imitating open modules.

Limit: L8, A = 0: nothing is absorbed.
Source: Cohen, Levinthal (1990).
"""

from __future__ import annotations

from math import exp
from typing import Any

from sim.declare import PER_MONTH, SWITCH, Column, Kind, Section, event, param
from sim.kernels.compiled import World, compiled
from sim.kernels.door import log
from sim.kernels.draws import stream, uniform
from sim.kernels.products import NO_PRODUCT


class Absorption(Section):
    """Absorptive capacity A = K/(K + K₀), with K the firm's own kept trials (Cohen, Levinthal 1990)."""

    enabled: bool = param(True, "Own experience lets the firm absorb; off: A = 0.", unit=SWITCH, source="brief 4")
    half: float = param(
        44.0, "Own kept trials at which absorptive capacity is one half.", symbol="K₀", unit="kept trials", ge=0.1,
        le=1e6, source="fit of the case, docs/case.md",
    )  # fmt: skip
    mastery: float = param(
        0.2, "Hazard, at A = 1, that an adopted module becomes the firm's own to redesign.", unit=PER_MONTH, ge=0,
        le=5, source="D13",
    )  # fmt: skip


STATE = {"firms": [("experience", "i8")]}
EVENTS = (Kind("mastered", "an adopted module became the firm's own to redesign; value: its cost", "modules"),)
COLUMNS = (
    Column("experience", "kept trials", "own kept trials to date, K"),
    Column("absorptive_capacity", "1", "absorptive capacity A"),
)

_MASTERY, _SECRECY = stream("mastery"), stream("mastered secrecy")
_MASTERED = event("mastered")
_OUTSIDE, _INTEGRATED = -1, 2


@compiled
def capacity(world: World, k: int) -> float:
    """Return a firm's absorptive capacity A in [0, 1)."""
    given, experience = world.parameters.absorption, world.firms[k].experience
    return experience / (experience + given.half) if given.enabled else 0.0


@compiled
def master(world: World, k: int) -> None:
    """Let adopted modules become the firm's own to redesign, by chance."""
    here, firm = world.here, world.firms[k]
    chance = 1.0 - exp(-world.parameters.absorption.mastery * capacity(world, k))
    for line in range(world.here.lines):
        product = world.products[k, line]
        for slot in range(world.design.slots if product.state != NO_PRODUCT else 0):
            row = product.modules[slot]
            if row < 0 or world.modules[row].owner != _OUTSIDE:
                continue
            if uniform(here.seed, _MASTERY, k * 8 + line, slot, here.month) < chance:
                module = world.modules[row]
                module.owner, module.origin = k, _INTEGRATED
                module.secrecy = uniform(here.seed, _SECRECY, k * 8 + line, slot, here.month)
                firm.tally.mastered += 1
                log(world, _MASTERED, k, product.release, slot, row, module.cost, 0.0)


@compiled
def observe(world: World, row: Any) -> None:
    """Write the focal firm's experience and absorptive capacity."""
    row.experience, row.absorptive_capacity = world.firms[0].experience, capacity(world, 0)
