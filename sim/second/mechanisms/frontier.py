"""frontier."""

from __future__ import annotations

from sim.second.declare import PER_MONTH, SHARE, SWITCH, Section, param


class Frontier(Section):
    """The world outside: makes trials of its own, offers modules, and can be cut off."""

    enabled: bool = param(True, "Outside modules are on offer.", unit=SWITCH, source="D11")
    head_start: float = param(
        10.0, "Trials made outside on each slot before founding.", unit="trials", ge=0, le=1e12, source="D11"
    )
    trials: float = param(2.0, "Trials made outside on each slot.", unit="trials/month", ge=0, le=1e12, source="D11")
    adoption_cost: float = param(
        0.3, "Cost of fitting in an outside module, relative to a fresh one.", unit="1", ge=0, le=2, source="D11"
    )
    hazard: float = param(0.01, "Chance that supply is cut.", symbol="h", unit=PER_MONTH, ge=0, le=1, source="claim a")
    duration: int = param(12, "Length of a supply cut.", unit="month", ge=1, le=1200, source="D12")
    severity: float = param(0.5, "Share of compute lost in a supply cut.", unit=SHARE, ge=0, le=1, source="D12")
