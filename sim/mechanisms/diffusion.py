"""Diffusion: adopters consider a product unprompted or because neighbours use it, and take it if it is the best.

    h_k = p + q s_k                            hazard to consider option k in a month, s_k its share of the neighbours
    P(consider) = 1 - exp(-H), H = Σ_k h_k     over the available options other than one's own
    P(option k | consider) = h_k / H           competing hazards
    u_k = τ a_k - c_k + ν s_k                  taste × capability - cost of use + network benefit × share
    take k iff u_k ≥ u_l for all available l, u_k > 0, and u_k > u_j + z for a user of j (z the switching cost)

The threshold rule (Watts 2002) replaces the hazard: k is considered as soon as s_k ≥ φ and s_k > 0.

Shapes and units: n adopters, K options; shares in [0, 1], hazards in 1/month, utilities and costs in utility.
Limits: L9, one option of positive utility under complete mixing follows ``bass`` as the step gets small; L10, with
p = q = 0 nobody considers; with the threshold rule on a Poisson network, φ = 0.18, cascades need a mean degree between
1.02 and 5.76.
Source: Bass (1969); Watts (2002); Farrell, Klemperer (2007) on switching costs and network benefits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def hazard(share: Floats, p: float, q: float) -> Floats:
    """Return h = p + q s, 1/month, in the shape of ``share``."""
    return p + q * share


def consider_probability(total: ArrayLike) -> Floats:
    """Return the chance 1 - exp(-H) to consider something within a month of total hazard H."""
    return -np.expm1(-np.asarray(total, dtype=np.float64))


def prompted(share: Floats, threshold: float) -> Bools:
    """Return whether a share of neighbours makes an adopter consider, under the threshold rule."""
    return (share >= threshold) & (share > 0.0)


def drawn_option(weights: Floats, uniform: Floats) -> Ints:
    """Return the option drawn in proportion to ``weights`` (n, K), of positive sums, by uniforms (n,) in (0, 1].

    The first k whose running sum reaches u·H: an option of weight 0 is never drawn.
    """
    running = np.cumsum(weights, axis=1)
    return np.asarray(np.argmax(running >= (uniform * running[:, -1])[:, None], axis=1))


def utility(taste: Floats, capability: Floats, cost: Floats, benefit: float, share: Floats) -> Floats:
    """Return u = τ a - c + ν s; arguments broadcast, taste per adopter, capability and cost per option."""
    return taste * capability - cost + benefit * share


def acceptable(utilities: Floats, available: Bools, choice: Ints, switching_cost: float) -> Bools:
    """Return which options each adopter would take if it considered them, shape (n, K).

    Args:
        utilities: u, shape (n, K).
        available: whether an option is on offer, shape (K,).
        choice: the option in use, -1 for none, shape (n,).
        switching_cost: z, what a switch must gain at least.
    """
    best = np.where(available, utilities, -np.inf).max(axis=1)
    present = np.take_along_axis(utilities, np.maximum(choice, 0)[:, None], axis=1)[:, 0]
    bar = np.where(choice >= 0, np.maximum(present + switching_cost, 0.0), 0.0)
    other = choice[:, None] != np.arange(utilities.shape[1])
    return np.asarray(available & other & (utilities >= best[:, None]) & (utilities > bar[:, None]))


def largest(takes: Bools, share: Floats) -> Floats:
    """Return weight 1 for the options with the largest share among those taken, else 0, shape (n, K)."""
    among = np.where(takes, share, -1.0)
    return np.asarray(takes & (among == among.max(axis=1, keepdims=True)), dtype=np.float64)


def bass(p: float, q: float, time: ArrayLike) -> Floats:
    """Return the share of adopters F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t) of Bass (1969), p > 0."""
    decay = np.exp(-(p + q) * np.asarray(time, dtype=np.float64))
    return (1.0 - decay) / (1.0 + q / p * decay)
