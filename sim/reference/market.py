"""The market: what a product can do, how open it is, what it costs to use, and what it earns.

    capability  = 1 − (1 + X/C)^(−β),   X = X₀ (1 + growth)^t (1 − severity if cut) / (1 + tariff)
    cost of use = (1 − o) price + (o hosting + tooling) g
    revenue     = users · ((1 − o) price + o · service · hosting) · money

o is the product's openness, g the commons' cost relative to founding, as the last month left it.

Source: Kaplan et al. (2020); claim e; D16, D21.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.reference.firm import Firm


def offer(firm: Firm) -> None:
    """Put the cheapest live product on offer."""
    if not firm.releases:
        return
    given, model, product = firm.model.parameters.market, firm.model, firm.offered()
    lost = model.parameters.frontier.severity if model.frontier.cut else 0.0
    tariff = model.levers["compute_tariff"]
    compute = firm.strategy.compute * (1.0 + given.compute_growth) ** model.month * (1.0 - lost) / (1.0 + tariff)
    model.spend_publicly(-tariff * compute)
    firm.capability = 1.0 - (1.0 + compute / firm.unit_cost(product)) ** -given.scaling
    firm.product_openness = o = firm.openness_of(product)
    firm.cost_of_use = (1.0 - o) * given.price + (o * given.hosting + given.tooling) * model.commons_cost


def collect(firm: Firm) -> None:
    """Earn from users."""
    if firm.releases:
        given, o = firm.model.parameters.market, firm.product_openness
        price = (1.0 - o) * given.price + o * given.service * given.hosting
        firm.revenue = firm.users * price * given.revenue
        firm.cash += firm.revenue
