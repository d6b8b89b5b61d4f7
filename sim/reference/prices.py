"""The flywheel: modules, and the commons' tooling, are inputs to trials, so that cheaper ones make trials cheaper.

    price of a trial on slot i = κ₀ · max(κ_min, f_i(r) · g^e),   r_j = c_j / c⁰,   c⁰ = γ / (γ + 1)

    power      f_i = Π_j r_j^(E_ij)
    ces        f_i = (Σ_j (E_ij / E_i) r_j^ρ)^(E_i / ρ),  ρ = 1/2,  E_i = Σ_j E_ij
    additive   f_i = 1 + Σ_j E_ij (r_j − 1)

    e = ε_c (χ + (1 − χ) o), o the openness of the product on offer: tools grow around what is open

Limits: L5, L6; L14, the commons held at g, trials bought scale as g^(−ε_c).
Source: claims d, f; Leontief (1936); D66, D84.
"""

from __future__ import annotations

from math import exp, inf, log
from typing import TYPE_CHECKING

from sim.reference.products import Product

if TYPE_CHECKING:
    from sim.reference.firm import Firm

DEAREST = 230.0  # log of the highest trial price relative to founding
SUBSTITUTION = 0.5  # ρ


def trial_price(firm: Firm, product: Product, slot: int) -> float:
    """Return what a trial on a slot of a product costs the firm, in money."""
    given = firm.model.parameters
    shock, base = given.shock, given.search.trial_price
    if firm.focal and shock.lasting and firm.model.month >= shock.month and firm.model.design.slots[slot] == shock.slot:
        base *= 1.0 - shock.size
    return base * relative_price(firm, product, slot)


def relative_price(firm: Firm, product: Product, slot: int) -> float:
    """Return the price of a trial relative to κ₀, floor and ceiling included."""
    given = firm.model.parameters
    reference = given.search.gamma / (given.search.gamma + 1.0)
    inputs = [
        (elasticity, product.modules[j].cost / reference if j in product.modules else 1.0)
        for j, elasticity in firm.model.design.links[slot]
    ]
    log_price = log_link(inputs, given.flywheel.form) + commons_elasticity(firm) * log(firm.model.commons_cost)
    return exp(min(max(log_price, log(given.flywheel.price_floor)), DEAREST))


def log_link(inputs: list[tuple[float, float]], form: str) -> float:
    """Return log f of the inputs, each an elasticity and a cost relative to c⁰."""
    if form == "additive":
        price = 1.0 + sum(elasticity * (relative - 1.0) for elasticity, relative in inputs)
        return log(price) if price > 0.0 else -inf
    if form == "ces" and inputs:
        total = sum(elasticity for elasticity, _ in inputs)
        mean = sum(elasticity / total * relative**SUBSTITUTION for elasticity, relative in inputs)
        return total / SUBSTITUTION * log(mean)
    return sum(elasticity * log(relative) for elasticity, relative in inputs)


def commons_elasticity(firm: Firm) -> float:
    """Return e, the elasticity of the firm's trial prices to the commons' cost."""
    given = firm.model.parameters.feedback
    if not given.tooling:
        return 0.0
    closed = given.closed_share
    # Openness is that of the last offers, as the commons' cost is that of the last month's end.
    return given.tooling_elasticity * (closed + (1.0 - closed) * firm.product_openness)
