"""Search: a trial on a module redraws its whole cluster and is kept if the perceived cost of the cluster falls.

A trial draws each cost c_j, j in D, from F(c) = c^γ on (0, 1] and is kept iff S' = Σ ŵ_j c_j < S, the present sum.

Exact shortcut. Extend the law of one draw to the measure γ c^(γ-1) dc on (0, ∞). Draws that fall into the simplex
Σ ŵ_j c_j ≤ S then arrive at the rate of trials times

    M(S) = Γ(γ+1)^d / Γ(γd+1) · S^(γd) / Π ŵ_j^γ,

their sum is S·U^(1/(γd)) and their shares are Dirichlet(γ, …, γ). Dropping those with any c_j > 1 leaves exactly the
kept trials of F, whatever S is (Poisson thinning); while M(S) ≥ 1 plain trials are cheaper, and are drawn instead.
The next kept trial over all clusters is drawn directly, so the work grows with kept trials, about log(trials).

Limits: L1, C ∝ n^(-1/(γ d*)); L2, the same distribution as trial by trial.
Source: McNerney, Farmer, Redner, Trancik (2011); Auerswald et al. (2000); Bortz, Kalos, Lebowitz (1975).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, inf, lgamma, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Clusters = Sequence[Sequence[int]]


class Kept(NamedTuple):
    """One kept trial: when in the month (0 to 1), on which cluster, and the costs it gave to its modules."""

    time: float
    cluster: int
    costs: tuple[float, ...]


class Redesign(NamedTuple):
    """What a month of trials did: costs after it (n,), trials a cluster (T,), and the kept trials in order."""

    costs: Floats
    trials: Floats
    kept: list[Kept]


def redesign(
    costs: Floats,
    weights: Floats,
    clusters: Clusters,
    budgets: Floats,
    price: Callable[[Floats], Floats],
    gamma: float,
    rng: np.random.Generator,
    shortcut: bool = True,
) -> Redesign:
    """Spend ``budgets`` on trials over one unit of time, prices following costs at once.

    Args:
        costs: cost of each module, shape (n,), in (0, 1].
        weights: perceived weight of each module, shape (n,), positive.
        clusters: for each of T clusters, the modules that its trials redraw.
        budgets: money spent on each cluster at an even pace, shape (T,).
        price: price of one trial on each cluster, (n,) costs → (T,) prices.
        gamma: exponent γ of the cost distribution.
        rng: the stream of this decision.
        shortcut: draw kept trials directly; otherwise draw every trial (the reference).

    Returns:
        The month's redesign. ``trials`` is the intensity of the trial stream summed over the month.
    """
    cost, weight, budget = costs.tolist(), weights.tolist(), budgets.tolist()
    touching: list[list[int]] = [[] for _ in cost]
    for t, cluster in enumerate(clusters):
        for j in cluster:
            touching[j].append(t)
    log_volume = [_log_volume([weight[j] for j in cluster], gamma) for cluster in clusters]
    present = [sum(weight[j] * cost[j] for j in cluster) for cluster in clusters]

    def hit(t: int) -> float:
        """Chance that a trial on cluster t is a candidate: M(S), or 1 where plain trials are drawn."""
        if not shortcut:
            return 1.0
        s, degree = present[t], gamma * len(clusters[t])
        return 0.0 if s <= 0.0 else exp(min(0.0, log_volume[t] + degree * log(s)))

    chance = [hit(t) for t in range(len(clusters))]
    rate = (budgets / price(costs)).tolist()
    trials = [0.0] * len(clusters)
    kept: list[Kept] = []
    time = 0.0
    while True:
        candidates = [r * p for r, p in zip(rate, chance, strict=True)]
        total = sum(candidates)
        wait = float(rng.standard_exponential()) / total if total > 0.0 else inf
        step = min(wait, 1.0 - time)
        for t, r in enumerate(rate):
            trials[t] += r * step
        time += wait
        if time >= 1.0:
            break
        t = _pick(candidates, total, float(rng.random()))
        cluster = clusters[t]
        if chance[t] < 1.0:
            drawn = _inside([weight[j] for j in cluster], present[t], gamma, rng)
        else:
            drawn = [float(u) ** (1.0 / gamma) for u in 1.0 - rng.random(len(cluster))]
        reached = sum(weight[j] * c for j, c in zip(cluster, drawn, strict=True))
        if reached >= present[t] or max(drawn) > 1.0:
            continue
        for j, c in zip(cluster, drawn, strict=True):
            cost[j] = c
        kept.append(Kept(time, t, tuple(drawn)))
        for other in {o for j in cluster for o in touching[j]}:
            present[other] = sum(weight[j] * cost[j] for j in clusters[other])
            chance[other] = hit(other)
        rate = [b / k for b, k in zip(budget, price(np.array(cost)).tolist(), strict=True)]
    return Redesign(np.array(cost), np.array(trials), kept)


def draw(gamma: float, uniforms: Floats) -> Floats:
    """Return one draw of a cost from F(c) = c^γ for each uniform in (0, 1]."""
    return np.asarray(np.maximum(uniforms ** (1.0 / gamma), np.finfo(np.float64).tiny))


def best_of(trials: float | Floats, gamma: float, uniforms: Floats) -> Floats:
    """Return the lowest cost among a Poisson number of trials on single modules; 1 where none was made.

    Args:
        trials: expected number of trials, scalar or shape (n,).
        gamma: exponent γ of the cost distribution.
        uniforms: one uniform in (0, 1] per module, shape (n,).

    The lowest of a Poisson stream passes x with chance exp(-trials · x^γ), solved for x.
    """
    expected = np.broadcast_to(np.asarray(trials, dtype=np.float64), uniforms.shape)
    found = np.ones_like(uniforms)
    some = expected > 0.0
    found[some] = np.minimum(1.0, -np.log(uniforms[some]) / expected[some]) ** (1.0 / gamma)
    return np.maximum(found, np.finfo(np.float64).tiny)


def _log_volume(weights: Sequence[float], gamma: float) -> float:
    d = len(weights)
    return d * lgamma(gamma + 1.0) - lgamma(gamma * d + 1.0) - gamma * sum(log(w) for w in weights)


def _inside(weights: Sequence[float], bound: float, gamma: float, rng: np.random.Generator) -> list[float]:
    """Draw costs from the extended measure, given that their weighted sum is below ``bound``."""
    d = len(weights)
    total = bound * (1.0 - float(rng.random())) ** (1.0 / (gamma * d))
    if d == 1:
        return [total / weights[0]]
    parts = rng.standard_gamma(gamma, d).tolist()
    scale = total / sum(parts)
    return [max(scale * part / w, 1e-300) for part, w in zip(parts, weights, strict=True)]


def _pick(masses: Sequence[float], total: float, uniform: float) -> int:
    left = uniform * total
    for t, mass in enumerate(masses):
        left -= mass
        if left < 0.0:
            return t
    return max(range(len(masses)), key=masses.__getitem__)  # rounding left a crumb
