"""Reuse: a slot is filled by a module that the firm has, at a fraction of a fresh one's cost, but at a mismatch.

    fresh   F · (1 + (G − 1) π)               development; made reusable as far as the platform strategy π goes
    reused  F · b,  b = min(1, b₀ + b₁ |z − x| + b₂ (d − 1))
    running cost of a module in a product     c · exp(μ |z − x|)

Limits: L3, without mismatch or trials, development with a share R of reused modules, each used n times, costs
1 + R (b − 1 + G/n) relative to fresh ones, break-even at n₀ = G/(1 − b); L4, L lines that each bring a budget: scale
elasticity of unit cost −1/(γ d*) with full reuse, 0 with fresh copies.
Source: claim c; Gaffney, Durek (1989).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def fresh_cost(cost: float, generality: float, platform: float) -> float:
    """Return the development cost of a fresh module, money; ``platform`` is 0 where nothing is made reusable."""
    return cost * (1.0 + (generality - 1.0) * platform)


def relative_cost(
    mismatch: Floats, coupled: Floats, base: float, mismatch_slope: float, coupling_slope: float
) -> Floats:
    """Return b, the cost of a reuse relative to a fresh module, for mismatches and numbers of coupled slots d − 1."""
    return np.minimum(1.0, base + mismatch_slope * mismatch + coupling_slope * coupled)


def running_cost(cost: ArrayLike, mismatch: ArrayLike, penalty: float) -> Floats:
    """Return the cost of modules as used in a product, c · exp(μ |z − x|)."""
    return np.multiply(cost, np.exp(np.multiply(penalty, mismatch)), dtype=np.float64)
