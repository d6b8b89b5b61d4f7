"""The closed forms that the simulation is held against, computed from the theory alone: nothing here reads ``sim``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
Clusters = Sequence[tuple[int, ...]]


def learning_exponent(clusters: Clusters, gamma: float) -> float:
    """Return α = 1/(γ d*), d* = max_i min{d_j : i in D_j} (McNerney et al. 2011)."""
    slots = {i for cluster in clusters for i in cluster}
    return 1.0 / (gamma * max(min(len(cluster) for cluster in clusters if i in cluster) for i in slots))


def lowest_of_poisson(trials: float) -> float:
    """Return the mean of 1/(n+1) over n = 1 + Poisson(trials) draws: the founding one counts as the first.

    E[1/(N+2)] = ∫₀¹ t exp(-λ (1 - t)) dt = 1/λ - (1 - e^-λ)/λ².
    """
    return 1.0 / trials + float(np.expm1(-trials)) / trials**2


def kept(worth: float, gamma: float) -> float:
    """Return the chance that a trial on one module, drawn from F(c) = c^γ, costs less than ``worth``, ρc."""
    return min(1.0, float(worth**gamma))


def geometric(chance: float, waits: Floats) -> Floats:
    """Return the share that has waited no longer than ``waits``, when each time ends it with a chance."""
    return np.asarray(1.0 - (1.0 - chance) ** np.floor(waits))


def drawn_below(highest: float, gamma: float, costs: Floats) -> Floats:
    """Return the distribution function of draws from F(c) = c^γ, given that they lie below ``highest``."""
    return np.clip(np.asarray(costs) / highest, 0.0, 1.0) ** gamma


def leontief(elasticity: Floats, size: float, gamma: float) -> Floats:
    """Return a = (I - B E)⁻¹ b for clusters of one size d, b = 1/(γ d), when rows of E sum alike (Leontief 1936)."""
    b = 1.0 / (gamma * size)
    slots = len(elasticity)
    return np.linalg.solve(np.eye(slots) - b * elasticity, np.full(slots, b))


def flywheel_exponents(elasticity: Floats, clusters: Clusters, gamma: float) -> Floats:
    """Return the least a with a_i ≥ (1 + (E a)_j)/(γ d_j) for all j with i in D_j; inf where there is none.

    The least fixed point of the law of the flywheel, as a linear programme: minimise Σ a under these bounds.
    """
    slots = len(elasticity)
    bounds = [(i, j) for j, cluster in enumerate(clusters) for i in cluster]
    b = np.array([1.0 / (gamma * len(clusters[j])) for _, j in bounds])
    rows = np.array([b_j * elasticity[j] - np.eye(slots)[i] for b_j, (i, j) in zip(b, bounds, strict=True)])
    solution = optimize.linprog(np.ones(slots), A_ub=rows, b_ub=-b, bounds=(0.0, None))
    return np.asarray(solution.x) if solution.status == 0 else np.full(slots, np.inf)


def finite_series(elasticity: Floats, clusters: Clusters, gamma: float) -> Floats:
    """Return the exponents of the law after M rounds, which is where it ends for M slots if nothing loops.

    Where each slot is redrawn on its own, this is the series Σ_k (B E)^k b over k < M.
    """
    b = np.array([1.0 / (gamma * len(cluster)) for cluster in clusters])
    found = np.zeros(len(b))
    for _ in b:
        speed = b * (1.0 + elasticity @ found)
        found = np.array([max(speed[j] for j, cluster in enumerate(clusters) if i in cluster) for i in range(len(b))])
    return found


def reuse_cost(share: float, relative: float, generality: float, uses: int) -> float:
    """Return 1 + R (b - 1 + G/n) (Gaffney, Durek 1989)."""
    return 1.0 + share * (relative - 1.0 + generality / uses)


def bass(p: float, q: float, time: Floats) -> Floats:
    """Return F = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t) (Bass 1969)."""
    decay = np.exp(-(p + q) * time)
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))


def cascade_window(threshold: float) -> tuple[float, float]:
    """Return the mean degrees z between which cascades are global: the roots of z Q(K* - 1, z) = 1, K* = ⌊1/φ⌋.

    Q is the regularised upper incomplete gamma function (Watts 2002, Poisson degrees).
    """
    vulnerable = int(1.0 / threshold)

    def excess(z: float) -> float:
        return z * float(special.gammaincc(vulnerable - 1, z)) - 1.0

    grid = np.linspace(0.1, 4.0 * vulnerable, 1000)
    top = float(grid[np.argmax([excess(float(z)) for z in grid])])
    return float(optimize.brentq(excess, 0.1, top)), float(optimize.brentq(excess, top, 4.0 * vulnerable))
