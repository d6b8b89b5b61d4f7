"""market."""

from __future__ import annotations

from sim.second.declare import PER_MONTH, SHARE, Section, param


class Market(Section):
    """What a product is worth to a user, and what it earns."""

    price: float = param(
        0.25, "Monthly price of using a wholly closed product.", unit="utility", ge=0, le=10, source="D21"
    )
    hosting: float = param(
        0.15, "Monthly cost of hosting a wholly open product, before the commons lowers it.", unit="utility", ge=0,
        le=10, source="D21",
    )  # fmt: skip
    tooling: float = param(
        0.10, "Monthly cost of tooling for any product, before the commons lowers it.", unit="utility", ge=0, le=10,
        source="D21",
    )  # fmt: skip
    revenue: float = param(
        1.0, "Money that a firm earns per user and unit of price.", unit="money/utility", ge=0, le=1e6, source="D21"
    )
    service: float = param(
        0.3, "Share of the users of an open product who buy the firm's own hosting.", unit=SHARE, ge=0, le=1,
        source="D21",
    )  # fmt: skip
    scaling: float = param(
        0.10, "Exponent of the scaling law of capability in effective compute.", symbol="β", unit="1", ge=0.01, le=1,
        source="Kaplan et al. 2020",
    )  # fmt: skip
    compute_growth: float = param(
        0.02, "Growth of compute that firms buy.", unit=PER_MONTH, ge=-0.1, le=0.1, source="D16"
    )
