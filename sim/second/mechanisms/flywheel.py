"""flywheel."""

from __future__ import annotations

from typing import Literal

from sim.second.declare import SWITCH, Section, param


class Flywheel(Section):
    """Modules are inputs to each other's redesign: their cost sets the price of a trial."""

    enabled: bool = param(True, "Trial prices follow module costs.", unit=SWITCH, source="claim d")
    elasticity: float = param(
        0.3, "Elasticity of a slot's trial price to the cost of one partner.", symbol="ε", unit="1", ge=0, le=2,
        source="D4",
    )  # fmt: skip
    topology: Literal["links", "rewired", "acyclic"] = param(
        "links", "Price links follow the partners, or are a placebo: rewired at equal degree, or without loops "
        "at equal total weight.", unit="choice", source="D9",
    )  # fmt: skip
    form: Literal["power", "ces", "additive"] = param(
        "power", "Functional form of the price link; all three have the elasticities at founding.", unit="choice",
        source="D66",
    )  # fmt: skip
    price_floor: float = param(
        1e-3, "Lowest trial price relative to founding.", symbol="κ_min", unit="1", ge=1e-6, le=1, source="D9"
    )
