"""search."""

from __future__ import annotations

from sim.second.declare import MONEY, SWITCH, Section, param


class Search(Section):
    """Trials on modules (Auerswald et al. 2000; McNerney et al. 2011)."""

    enabled: bool = param(True, "Firms make trials.", unit=SWITCH, source="brief 1")
    gamma: float = param(
        1.0, "Exponent of the cost distribution F(c) = c^γ of a trial.", symbol="γ", unit="1", ge=0.25, le=4,
        source="McNerney et al. 2011",
    )  # fmt: skip
    trial_price: float = param(
        10.0, "Price of a trial at founding.", symbol="κ₀", unit=MONEY, ge=1e-3, le=1e3, source="D5"
    )
