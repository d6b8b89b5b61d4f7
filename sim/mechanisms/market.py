"""Market: what a product is worth to a user, and what it earns.

    q = 1 − (1 + X/C)^(−β)                       capability: the share of the reducible loss that is removed
    X = X₀ (1 + growth)^t · (1 − lost) / (1 + tariff)
    cost of use = (1 − o) price + (o hosting + tooling) g
    revenue = users · ((1 − o) price + o · service · hosting) · money a unit of price

Units: capability in [0, 1]; costs of use in utility a month; X in compute.
Source: Kaplan et al. (2020); Hoffmann et al. (2022).
"""

from __future__ import annotations

from math import nan
from typing import Any

from sim.declare import PER_MONTH, SHARE, Column, Lever, Section, param
from sim.kernels.compiled import World, compiled
from sim.kernels.products import ALL, cost, offered
from sim.kernels.products import openness as product_openness


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


STATE = {
    "firms": [
        ("available", "?"), ("capability", "f8"), ("product_openness", "f8"), ("cost_of_use", "f8"),
        ("revenue", "f8"),
    ],
}  # fmt: skip
LEVERS = (Lever("compute_tariff", "surcharge on the price of compute"),)
COLUMNS = (
    Column("unit_cost", "1", "focal product's cost of a unit of capability, C"),
    Column("rival_unit_cost", "1", "rivals' products' mean C"),
    Column("capability", "1", "focal product's capability, 0 to 1"),
    Column("rival_capability", "1", "rivals' mean capability"),
    Column("openness", "share", "openness of the focal product, of its own modules by weight"),
    Column("cost_of_use", "utility/month", "cost of using the focal product"),
    Column("rival_cost_of_use", "utility/month", "mean cost of using the rivals' products"),
    Column("revenue", "money/month", "earned from users"),
)


@compiled
def offer(world: World) -> None:
    """Put each firm's cheapest product on offer: what it can do, how open it is, and what using it costs."""
    given, here = world.parameters, world.here
    tariff = world.policy[here.month].compute_tariff
    for k in range(world.here.firms):
        firm, line = world.firms[k], offered(world, k)
        firm.available = line >= 0
        if line >= 0:
            compute = firm.strategy.compute * (1.0 + given.market.compute_growth) ** here.month
            compute *= (1.0 - given.frontier.severity if here.cut else 1.0) / (1.0 + tariff)
            here.policy_cost -= tariff * compute
            firm.capability = 1.0 - (1.0 + compute / cost(world, k, line, ALL)) ** -given.market.scaling
            firm.product_openness = product_openness(world, k, line)
            price = (1.0 - firm.product_openness) * given.market.price
            tools = firm.product_openness * given.market.hosting + given.market.tooling
            firm.cost_of_use = price + tools * here.commons_cost


@compiled
def collect(world: World) -> None:
    """Let firms earn from their users, once there is a product."""
    given = world.parameters.market
    for k in range(world.here.firms):
        firm = world.firms[k]
        price = (1.0 - firm.product_openness) * given.price + firm.product_openness * given.service * given.hosting
        firm.revenue = firm.users * price * given.revenue if firm.available else 0.0
        firm.cash += firm.revenue


@compiled
def observe(world: World, row: Any) -> None:
    """Write what is on offer; missing where nothing is."""
    row.unit_cost, row.capability, row.openness, row.cost_of_use = nan, nan, nan, nan
    costs, capabilities, uses, rivals = 0.0, 0.0, 0.0, 0
    for k in range(world.here.firms):
        firm, line = world.firms[k], offered(world, k)
        if line >= 0 and k == 0:
            row.unit_cost, row.capability = cost(world, k, line, ALL), firm.capability
            row.openness, row.cost_of_use = firm.product_openness, firm.cost_of_use
        elif line >= 0:
            costs += cost(world, k, line, ALL)
            capabilities += firm.capability
            uses += firm.cost_of_use
            rivals += 1
    row.rival_unit_cost = costs / rivals if rivals > 0 else nan
    row.rival_capability = capabilities / rivals if rivals > 0 else nan
    row.rival_cost_of_use = uses / rivals if rivals > 0 else nan
    row.revenue = world.firms[0].revenue
