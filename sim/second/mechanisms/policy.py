"""Policy: levers on a schedule of months; levels of the same lever add up.

Which levers there are, the mechanisms that they act on declare.

Source: claim h.
"""

from __future__ import annotations

from pydantic import model_validator

from sim.second.declare import SWITCH, Section, param


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
