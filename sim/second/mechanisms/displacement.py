"""displacement."""

from __future__ import annotations

from sim.second.declare import SWITCH, Section, param


class Displacement(Section):
    """A module made anew displaces what was built around the old one (Henderson, Clark 1990)."""

    enabled: bool = param(True, "Making a module moves the core of coupled slots.", unit=SWITCH, source="brief 2")
    step: float = param(
        0.3, "Standard deviation of the move of a coupled slot's core.", symbol="δ", unit="design distance", ge=0, le=2,
        source="D82",
    )  # fmt: skip
