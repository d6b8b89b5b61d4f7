"""Capability follows a scaling law in effective compute: compute bought, over the cost of a unit of capability.

    q = 1 − (1 + X/C)^(−β)

the share of the reducible loss that is removed. X falls with a tariff and with a cut of supply.

Source: Kaplan et al. (2020); Hoffmann et al. (2022).
"""

from __future__ import annotations


def compute(initial: float, growth: float, month: int, lost: float, tariff: float) -> float:
    """Return the compute at a firm's disposal in a month."""
    return initial * (1.0 + growth) ** month * (1.0 - lost) / (1.0 + tariff)


def capability(compute: float, unit_cost: float, exponent: float) -> float:
    """Return the capability of a product in [0, 1]."""
    return float(1.0 - (1.0 + compute / unit_cost) ** -exponent)
