"""absorption."""

from __future__ import annotations

from sim.second.declare import PER_MONTH, SWITCH, Section, param


class Absorption(Section):
    """Absorptive capacity A = K/(K + K₀), with K the firm's own kept trials (Cohen, Levinthal 1990)."""

    enabled: bool = param(True, "Own experience lets the firm absorb; off: A = 0.", unit=SWITCH, source="brief 4")
    half: float = param(
        20.0, "Own kept trials at which absorptive capacity is one half.", symbol="K₀", unit="kept trials", ge=0.1,
        le=1e6, source="Cohen, Levinthal 1990",
    )  # fmt: skip
    mastery: float = param(
        0.2, "Hazard, at A = 1, that an adopted module becomes the firm's own to redesign.", unit=PER_MONTH, ge=0,
        le=5, source="D13",
    )  # fmt: skip
