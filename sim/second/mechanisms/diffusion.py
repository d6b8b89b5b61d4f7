"""Diffusion."""

from __future__ import annotations

from typing import Literal

from sim.second.declare import PER_MONTH, SHARE, SWITCH, Section, param


class Diffusion(Section):
    """Adopters on a network consider, adopt, switch and leave (Bass 1969; Watts 2002)."""

    enabled: bool = param(True, "Adopters consider products.", unit=SWITCH, source="claim e")
    adopters: int = param(2000, "Number of adopters.", symbol="N", unit="adopters", ge=1, le=10_000_000, source="D22")
    network: Literal["complete", "ring", "small-world", "scale-free", "poisson", "edges"] = param(
        "small-world", "Social network.", unit="choice", source="Watts, Strogatz 1998; Barabási, Albert 1999"
    )
    degree: float = param(8.0, "Mean number of neighbours.", unit="neighbours", ge=0, le=200, source="D22")
    rewiring: float = param(
        0.1, "Share of ring links rewired in the small world.", unit=SHARE, ge=0, le=1, source="Watts, Strogatz 1998"
    )
    edges: str = param("", "Edge list (CSV of two columns) when the network is 'edges'.", unit="path", source="D22")
    p: float = param(
        0.0025, "Coefficient of innovation: hazard to consider a product unprompted.", symbol="p", unit=PER_MONTH,
        ge=0, le=10, source="Bass 1969; Sultan et al. 1990",
    )  # fmt: skip
    q: float = param(
        0.035, "Coefficient of imitation: further hazard when all neighbours use it.", symbol="q", unit=PER_MONTH,
        ge=0, le=10, source="Bass 1969; Sultan et al. 1990",
    )  # fmt: skip
    rule: Literal["hazard", "threshold"] = param(
        "hazard", "Consider at a hazard, or once a share of neighbours uses the product.", unit="choice",
        source="Bass 1969; Watts 2002",
    )  # fmt: skip
    threshold: float = param(
        0.18, "Share of neighbours that makes an adopter consider, under the threshold rule.", symbol="φ", unit=SHARE,
        ge=0, le=1, source="Watts 2002",
    )  # fmt: skip
    seeds: float = param(
        0.0, "Share of adopters that use the focal product from the start.", unit=SHARE, ge=0, le=1, source="D22"
    )
    taste: float = param(1.0, "Median taste for capability.", symbol="τ", unit="utility", ge=0, le=100, source="D23")
    taste_spread: float = param(0.5, "Standard deviation of log taste.", unit="1", ge=0, le=3, source="D23")
    network_benefit: float = param(
        0.1, "Utility when all neighbours use the same product.", unit="utility", ge=0, le=10, source="D23"
    )
    switching_cost: float = param(
        0.05, "Utility that a switch must gain at least.", unit="utility", ge=0, le=10, source="D23"
    )
    churn: float = param(0.01, "Hazard of leaving a product.", unit=PER_MONTH, ge=0, le=5, source="D23")
from sim.second.kernels.compiled import compiled
STATE = {"firms": [("users","i8"),("contributors","i8")]}
COLUMNS = ()
@compiled
def consider(world, crowd):
    pass
@compiled
def observe(world, row):
    pass
