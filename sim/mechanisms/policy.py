"""Policy: levers on a schedule of months; levels of the same lever add up.

Which levers there are, the mechanisms that they act on declare.

Source: claim h.
"""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from sim.declare import SWITCH, Column, Kind, Section, event, param
from sim.kernels.compiled import World, compiled
from sim.kernels.door import log


class Measure(Section):
    """One lever at one level from its first month to its last (both included)."""

    lever: str = param(..., "Which lever.", unit="choice", source="claim h")
    start: int = param(1, "First month.", unit="month", ge=1, le=1200, source="D30")
    end: int = param(1200, "Last month.", unit="month", ge=1, le=1200, source="D30")
    level: float = param(1.0, "Strength, in the lever's own unit.", unit="lever's", ge=0, le=1e12, source="D30")

    @model_validator(mode="after")
    def _ordered(self) -> Measure:
        if self.end < self.start:
            raise ValueError(f"end: month {self.end} is before start {self.start}")
        return self


class Policy(Section):
    """Policy levers on a schedule of months."""

    enabled: bool = param(True, "The schedule is in force.", unit=SWITCH, source="claim h")
    schedule: tuple[Measure, ...] = param((), "Levers, each with its months and level.", unit="list", source="claim h")


EVENTS = (Kind("policy", "a lever changed; value: its new level"),)
COLUMNS = (Column("policy_cost", "money", "public spending to date, net of tariffs"),)

_POLICY = event("policy")


@compiled
def govern(world: World) -> None:
    """Log the levers whose level differs from last month's; who is acted on reads the month's levels."""
    month = world.here.month
    for lever in range(world.levels.shape[1]):
        level = world.levels[month, lever]
        if level != world.levels[month - 1, lever]:
            log(world, _POLICY, -1, -1, -1, -1, level, float(lever))


@compiled
def observe(world: World, row: Any) -> None:
    """Write what policy cost."""
    row.policy_cost = world.here.policy_cost
