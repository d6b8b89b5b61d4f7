"""Search: a trial on a module redraws its whole cluster and is kept if the perceived cost of the cluster falls.

A trial draws each cost c_j, j in D, from F(c) = c^γ on (0, 1] and is kept iff S' = Σ ŵ_j c_j < S, the present sum.

Exact shortcut. Extend the law of one draw to the measure γ c^(γ-1) dc on (0, ∞). Draws that fall into the simplex
Σ ŵ_j c_j ≤ S then arrive at the rate of trials times

    M(S) = Γ(γ+1)^d / Γ(γd+1) · S^(γd) / Π ŵ_j^γ,

their sum is S·U^(1/(γd)) and their shares are Dirichlet(γ, …, γ). Dropping those with any c_j > 1 leaves exactly the
kept trials of F, whatever S is (Poisson thinning). The same holds if only the k heaviest modules are drawn from the
simplex and the rest plainly from F, with candidates whose sum exceeds S dropped too: the k with the fewest candidates,
the lowest M_k(S), is used; k = 0 is plain trials. The next candidate over all clusters is drawn directly, so the work
grows with kept trials, about the logarithm of trials.

Limits: L1, C ∝ n^(-1/(γ d*)); L2, the same distribution as trial by trial.
Source: McNerney, Farmer, Redner, Trancik (2011); Auerswald et al. (2000); Bortz, Kalos, Lebowitz (1975).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import exp, inf, lgamma, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Clusters = Sequence[Sequence[int]]

_TINY = 1e-300


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
    heaviest_first = [sorted(cluster, key=lambda j: -weight[j]) for cluster in clusters]
    log_volumes = [_log_volumes([weight[j] for j in order], gamma) for order in heaviest_first]
    present = [sum(weight[j] * cost[j] for j in cluster) for cluster in clusters]

    def envelope(t: int) -> tuple[float, int]:
        """Return the chance M_k(S) that a trial on cluster t is a candidate, and its k."""
        if not shortcut:
            return 1.0, 0
        log_s = log(present[t])
        log_chance, k = min((volume + gamma * k * log_s, k) for k, volume in enumerate(log_volumes[t]))
        return exp(log_chance), k

    chance = [envelope(t) for t in range(len(clusters))]
    rate = (budgets / price(costs)).tolist()
    trials = [0.0] * len(clusters)
    kept: list[Kept] = []
    time = 0.0
    while True:
        candidates = [r * p for r, (p, _) in zip(rate, chance, strict=True)]
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
        order, k = heaviest_first[t], chance[t][1]
        drawn = _inside([weight[j] for j in order[:k]], present[t], gamma, rng) if k else []
        drawn += (max(1.0 - u, _TINY) ** (1.0 / gamma) for u in rng.random(len(order) - k).tolist())
        reached = sum(weight[j] * c for j, c in zip(order, drawn, strict=True))
        if reached >= present[t] or max(drawn) > 1.0:
            continue
        for j, c in zip(order, drawn, strict=True):
            cost[j] = c
        kept.append(Kept(time, t, tuple(cost[j] for j in cluster)))
        for other in {o for j in cluster for o in touching[j]}:
            present[other] = sum(weight[j] * cost[j] for j in clusters[other])
            chance[other] = envelope(other)
        rate = [b / p for b, p in zip(budget, price(np.array(cost)).tolist(), strict=True)]
    return Redesign(np.array(cost), np.array(trials), kept)


def draw(gamma: float, uniforms: Floats) -> Floats:
    """Return one draw of a cost from F(c) = c^γ for each uniform in (0, 1]."""
    return np.asarray(np.maximum(uniforms ** (1.0 / gamma), _TINY))


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
    chances = np.minimum(-np.log(uniforms[some]), expected[some])
    found[some] = (chances / expected[some]) ** (1.0 / gamma)
    return np.maximum(found, _TINY)


def _log_volumes(weights: Sequence[float], gamma: float) -> list[float]:
    """Return log M_k(1) over the k first modules, for k from 0 to all."""
    volumes, logs = [0.0], 0.0
    for k, weight in enumerate(weights, start=1):
        logs += log(weight)
        volumes.append(_log_simplex(gamma, k) - gamma * logs)
    return volumes


@lru_cache(maxsize=1024)
def _log_simplex(gamma: float, k: int) -> float:
    return k * lgamma(gamma + 1.0) - lgamma(gamma * k + 1.0)


def _inside(weights: Sequence[float], bound: float, gamma: float, rng: np.random.Generator) -> list[float]:
    """Draw costs from the extended measure, given that their weighted sum is below ``bound``."""
    d = len(weights)
    total = bound * (1.0 - float(rng.random())) ** (1.0 / (gamma * d))
    if d == 1:
        return [total / weights[0]]
    parts = rng.standard_gamma(gamma, d).tolist()
    scale = total / sum(parts)
    return [max(scale * part / w, _TINY) for part, w in zip(parts, weights, strict=True)]


def _pick(masses: Sequence[float], total: float, uniform: float) -> int:
    left = uniform * total
    for t, mass in enumerate(masses):
        left -= mass
        if left < 0.0:
            return t
    return max(range(len(masses)), key=masses.__getitem__)  # rounding left a crumb
