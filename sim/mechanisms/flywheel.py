"""Flywheel: modules are inputs to each other's redesign, so cheaper modules make trials cheaper.

    κ_i = κ₀ · max(κ_min, f_i(r)),   r_j = c_j / c_j⁰,   E_ij ≥ 0 the elasticity of i's trial price to j's cost

    power      f_i = Π_j r_j^(E_ij)                             the theory's
    ces        f_i = (Σ_j s_ij r_j^ρ)^(E_i / ρ), ρ = 1/2        E_i = Σ_j E_ij, s_ij = E_ij / E_i: inputs complement
    additive   f_i = 1 + Σ_j E_ij (r_j − 1)                     no better than 1 − E_i

The three agree at founding to first order: the last two ask whether a result hangs on the first.

Limits: L5, cost exponents solve a_i = max over j with i in D_j of (1 + (E a)_j) / (γ d_j); when each slot's own cluster
is its smallest this is the Leontief inverse (I − B E)⁻¹ b, b_i = 1/(γ d_i), and the loop gain θ = ρ(B E) runs away from
1 on (power form). L6, without loops the series ends.
Source: claim d; Leontief (1936); McNerney et al. (2011) for E = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled

Floats = NDArray[np.float64]

_RHO = 0.5  # elasticity of substitution 1 − ρ between inputs of a trial
_LOG_CEILING = 230.0  # a fresh module among mature ones makes trials dear, but finite


def trial_price(
    costs: Floats, reference: Floats, elasticity: Floats, base: float | Floats, floor: float, form: str = "power"
) -> Floats:
    """Return the price of a trial on each cluster.

    Args:
        costs: cost of each module, shape (n,).
        reference: its cost at founding c⁰, shape (n,).
        elasticity: E, shape (T, n).
        base: price at founding κ₀, money, scalar or shape (T,).
        floor: lowest price relative to founding κ_min.
        form: power, ces or additive.

    Returns:
        Prices in money, shape (T,).
    """
    relative = costs / reference
    if form == "additive":
        return np.asarray(base * np.maximum(1.0 + elasticity @ (relative - 1.0), floor))
    if form == "ces":
        total = elasticity.sum(axis=1)
        mean = np.divide(elasticity @ relative**_RHO, total, out=np.ones_like(total), where=total > 0.0)
        log_price = total / _RHO * np.log(mean)
    else:
        return np.asarray(base * _power_law(relative, elasticity, floor))
    return np.asarray(base * np.exp(np.clip(log_price, np.log(floor), _LOG_CEILING)))


@compiled
def _power_law(relative: Floats, elasticity: Floats, floor: float) -> Floats:
    logs = np.log(relative)
    prices = np.empty(len(elasticity))
    for t in range(len(elasticity)):
        log_price = 0.0
        for j in range(len(relative)):
            if elasticity[t, j] != 0.0:
                log_price += elasticity[t, j] * logs[j]
        prices[t] = exp(min(max(log_price, log(floor)), _LOG_CEILING))
    return prices


def loop_gain(elasticity: Floats, sizes: Sequence[int] | Floats, gamma: float) -> float:
    """Return θ = ρ(B E) for slot elasticities E (M, M) and cluster sizes d (M,), with B = diag(1/(γ d))."""
    gains = elasticity / (gamma * np.asarray(sizes, dtype=np.float64))[:, None]
    return _spectral_radius(gains.tobytes(), len(gains)) if elasticity.any() else 0.0


@lru_cache(maxsize=256)
def _spectral_radius(matrix: bytes, size: int) -> float:
    return float(np.abs(np.linalg.eigvals(np.frombuffer(matrix).reshape(size, size))).max())


def cost_exponents(
    elasticity: Floats, clusters: Sequence[Sequence[int]], gamma: float, iterations: int = 100_000
) -> Floats:
    """Return the exponents a (M,) of c_i ∝ n^(-a_i), iterating the law of the flywheel; inf where it runs away."""
    slots = elasticity.shape[0]
    member = np.array([[i in clusters[j] for j in range(slots)] for i in range(slots)])
    sizes = np.array([len(cluster) for cluster in clusters], dtype=np.float64)
    exponents = np.zeros(slots)
    for _ in range(iterations):
        speed = (1.0 + elasticity @ exponents) / (gamma * sizes)
        renewed = np.where(member, speed[None, :], 0.0).max(axis=1)
        if np.allclose(renewed, exponents, rtol=1e-12, atol=0.0):
            return np.asarray(renewed)
        if renewed.max() > 1e6:
            break
        exponents = renewed
    return np.full(slots, np.inf)


def acyclic(elasticity: Floats, clusters: Sequence[Sequence[int]]) -> Floats:
    """Return a placebo without loops: links reversed until they run one way, scaled to equal total weight.

    A link j←k helps whatever trials on j redraw, so k must come before all of D_j in one order of the slots: joint
    redesign would close a loop otherwise. Next in the order comes the slot that keeps most weight, the lower on a tie.
    All 0 if every link lies within what is redrawn together.
    """
    either = elasticity + elasticity.T
    result = np.zeros_like(elasticity)
    left = list(range(len(elasticity)))
    ahead = list(left)  # rows that nothing of D_j has come before yet

    def fed(k: int) -> list[int]:
        return [j for j in ahead if k not in clusters[j]]

    while left:
        k = max(left, key=lambda slot: either[fed(slot), slot].sum())
        result[fed(k), k] = either[fed(k), k]
        ahead = fed(k)
        left.remove(k)
    return result * (elasticity.sum() / result.sum()) if result.any() else result


def rewired(elasticity: Floats, rng: np.random.Generator, swaps: int = 10) -> Floats:
    """Return a placebo with each slot's number and weights of inputs, and number of outputs, but other partners.

    Two links i←j and k←l become i←l and k←j, ``swaps`` times per link, unless that makes a self-link or a double one.
    """
    result = elasticity.copy()
    links = np.argwhere(result > 0.0)
    for _ in range(swaps * len(links) if len(links) > 1 else 0):
        first, second = rng.choice(len(links), size=2, replace=False)
        (i, j), (k, m) = links[first], links[second]
        if i in (m, k) or j in (m, k) or result[i, m] > 0.0 or result[k, j] > 0.0:
            continue
        result[i, m], result[i, j] = result[i, j], 0.0
        result[k, j], result[k, m] = result[k, m], 0.0
        links[first], links[second] = (i, m), (k, j)
    return result
