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

from sim.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
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
    plan = _lay_out(weights.tobytes(), tuple(map(tuple, clusters)), gamma)
    cost = costs.astype(np.float64)
    trials, clock, kept = np.zeros(len(clusters)), np.zeros(1), []
    state = _begin(cost, *plan, gamma, shortcut)
    while (t := _next_kept(budgets / price(cost), trials, clock, cost, *plan, *state, gamma, shortcut, rng)) >= 0:
        kept.append(Kept(float(clock[0]), t, tuple(cost[list(clusters[t])].tolist())))
    return Redesign(cost, trials, kept)


class _Plan(NamedTuple):
    """What does not change while trials are made, T clusters end to end.

    ``members`` of cluster t, as given and ``heaviest`` first, lie between ``starts`` t and t + 1; its ``volumes``
    log M_k(1) for k from 0 to all begin at starts[t] + t; the clusters ``touched`` by a change of its costs lie between
    ``reach`` t and t + 1.
    """

    weights: Floats
    starts: Ints
    members: Ints
    heaviest: Ints
    volumes: Floats
    reach: Ints
    touched: Ints


@lru_cache(maxsize=256)
def _lay_out(weights_bytes: bytes, clusters: tuple[tuple[int, ...], ...], gamma: float) -> _Plan:
    weights = np.frombuffer(weights_bytes)
    members = np.array([j for cluster in clusters for j in cluster], dtype=np.int64)
    starts = np.zeros(len(clusters) + 1, dtype=np.int64)
    np.cumsum([len(cluster) for cluster in clusters], out=starts[1:])
    return _Plan(weights, starts, members, *_measure(weights, starts, members, gamma))


@compiled
def _measure(weights: Floats, starts: Ints, members: Ints, gamma: float) -> tuple[Ints, Floats, Ints, Ints]:
    """Return the parts of a plan that follow from the first ones."""
    size = len(starts) - 1
    heaviest, volumes = np.empty_like(members), np.zeros(len(members) + size)
    reach, touched = np.zeros(size + 1, dtype=np.int64), np.empty(size * size, dtype=np.int64)
    for t in range(size):
        cluster = members[starts[t] : starts[t + 1]]
        heaviest[starts[t] : starts[t + 1]] = cluster[np.argsort(-weights[cluster], kind="mergesort")]
        logs = 0.0
        for k in range(1, len(cluster) + 1):
            logs += log(weights[heaviest[starts[t] + k - 1]])
            volumes[starts[t] + t + k] = k * lgamma(gamma + 1.0) - lgamma(gamma * k + 1.0) - gamma * logs
        reach[t + 1] = reach[t]
        for other in range(size):
            shared = False
            for j in members[starts[other] : starts[other + 1]]:
                shared = shared or (cluster == j).any()
            if shared:
                touched[reach[t + 1]] = other
                reach[t + 1] += 1
    return heaviest, volumes, reach, touched[: reach[size]].copy()


@compiled
def _begin(
    cost: Floats,
    weights: Floats,
    starts: Ints,
    members: Ints,
    heaviest: Ints,  # noqa: ARG001  a plan is handed on whole
    volumes: Floats,
    reach: Ints,  # noqa: ARG001
    touched: Ints,  # noqa: ARG001
    gamma: float,
    shortcut: bool,
) -> tuple[Floats, Floats, Ints]:
    """Return each cluster's present sum S, the chance M_k(S) that a trial is a candidate, and its k, (T,) each."""
    size = len(starts) - 1
    present, chance, depth = np.empty(size), np.empty(size), np.empty(size, dtype=np.int64)
    for t in range(size):
        _see(t, cost, weights, starts, members, volumes, gamma, shortcut, present, chance, depth)
    return present, chance, depth


@compiled
def _see(
    t: int,
    cost: Floats,
    weights: Floats,
    starts: Ints,
    members: Ints,
    volumes: Floats,
    gamma: float,
    shortcut: bool,
    present: Floats,
    chance: Floats,
    depth: Ints,
) -> None:
    """Bring cluster t's sum, chance and k up to date, in place."""
    total = 0.0
    for place in range(starts[t], starts[t + 1]):
        total += weights[members[place]] * cost[members[place]]
    present[t], chance[t], depth[t] = total, 1.0, 0
    if not shortcut:
        return
    log_total, lowest = log(total), 0.0
    for k in range(1, starts[t + 1] - starts[t] + 1):
        log_chance = volumes[starts[t] + t + k] + gamma * k * log_total
        if log_chance < lowest:
            lowest, depth[t] = log_chance, k
    chance[t] = exp(lowest)


@compiled
def _next_kept(
    rate: Floats,
    trials: Floats,
    clock: Floats,
    cost: Floats,
    weights: Floats,
    starts: Ints,
    members: Ints,
    heaviest: Ints,
    volumes: Floats,
    reach: Ints,
    touched: Ints,
    present: Floats,
    chance: Floats,
    depth: Ints,
    gamma: float,
    shortcut: bool,
    rng: np.random.Generator,
) -> int:
    """Go on to the next kept trial at these ``rate`` of trials (T,); return its cluster, -1 at the end of the month.

    ``trials`` (T,), ``clock`` (1,), ``cost`` (n,) and the state of the clusters are brought up to date in place.
    """
    size = len(rate)
    drawn = np.empty(len(cost))
    while True:
        total = 0.0
        for t in range(size):
            total += rate[t] * chance[t]
        wait = rng.standard_exponential() / total if total > 0.0 else inf
        for t in range(size):
            trials[t] += rate[t] * min(wait, 1.0 - clock[0])
        clock[0] += wait
        if clock[0] >= 1.0:
            return -1
        left, t = rng.random() * total, 0
        while t < size - 1 and left >= rate[t] * chance[t]:
            left -= rate[t] * chance[t]
            t += 1
        while rate[t] * chance[t] == 0.0:  # rounding left a crumb
            t -= 1
        start, width, k = starts[t], starts[t + 1] - starts[t], depth[t]
        if k > 0:  # costs from the extended measure, given that their weighted sum is below the present one
            bound = present[t] * (1.0 - rng.random()) ** (1.0 / (gamma * k))
            parts = 0.0
            for i in range(k):
                drawn[i] = rng.standard_gamma(gamma) if k > 1 else 1.0
                parts += drawn[i]
            for i in range(k):
                drawn[i] = max(bound / parts * drawn[i] / weights[heaviest[start + i]], _TINY)
        for i in range(k, width):
            drawn[i] = max(1.0 - rng.random(), _TINY) ** (1.0 / gamma)
        reached, highest = 0.0, 0.0
        for i in range(width):
            reached += weights[heaviest[start + i]] * drawn[i]
            highest = max(highest, drawn[i])
        if reached >= present[t] or highest > 1.0:
            continue
        for i in range(width):
            cost[heaviest[start + i]] = drawn[i]
        for place in range(reach[t], reach[t + 1]):
            _see(touched[place], cost, weights, starts, members, volumes, gamma, shortcut, present, chance, depth)
        return t


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
    return _lowest(np.asarray(trials, dtype=np.float64).reshape(-1), gamma, uniforms)


@compiled
def _lowest(trials: Floats, gamma: float, uniforms: Floats) -> Floats:
    found = np.ones(len(uniforms))
    for n in range(len(uniforms)):
        expected = trials[n if len(trials) > 1 else 0]
        if expected > 0.0:
            chance = min(-log(uniforms[n]), expected)
            found[n] = max((chance / expected) ** (1.0 / gamma), _TINY)
    return found
