"""Diffusion: adopters consider a product unprompted or because neighbours use it, and take it if it is the best.

    h_k = p + q s_k                            hazard to consider option k in a month, s_k its share of the neighbours
    P(consider) = 1 - exp(-H), H = Σ_k h_k     over the available options other than one's own
    P(option k | consider) = h_k / H           competing hazards
    u_k = τ a_k - c_k + ν s_k                  taste × capability - cost of use + network benefit × share
    take k iff u_k ≥ u_l for all available l, u_k > 0, and u_k > u_j + z for a user of j (z the switching cost)

The threshold rule (Watts 2002) replaces the hazard: k is considered as soon as s_k ≥ φ and s_k > 0.

``stir``, ``prompt`` and ``choose`` are the same rules as compiled loops, one pass over the adopters a month.

Shapes and units: n adopters, K options; shares in [0, 1], hazards in 1/month, utilities and costs in utility.
Limits: L9, one option of positive utility under complete mixing follows ``bass`` as the step gets small; L10, with
p = q = 0 nobody considers; with the threshold rule on a Poisson network, φ = 0.18, cascades need a mean degree between
1.02 and 5.76.
Source: Bass (1969); Watts (2002); Farrell, Klemperer (2007) on switching costs and network benefits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.compiled import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Counts = NDArray[np.unsignedinteger[Any]]
Choices = NDArray[np.int8]


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


@compiled
def tell(
    rows: Ints,
    old: Ints,
    new: Ints,
    indptr: Ints,
    indices: NDArray[np.int32],
    near: Counts,
    known: Counts,
    choice: Choices,
    hazards: Floats,
    available: Bools,
    p: float,
    q: float,
) -> None:
    """Tell neighbours of changes: count anew, in place, whom they see using each option, and sum their hazards.

    Args:
        rows: who changed, each once, shape (m,).
        old, new: options before and after, -1 for none, shape (m,).
        indptr, indices: the network in compressed rows.
        near: how many neighbours use each option, shape (n, K), in place.
        known: how many neighbours there are, 1 at least, shape (n,).
        choice: the option in use after the changes, -1 for none, shape (n,).
        hazards: total hazard H of each adopter, 1/month, shape (n,), in place for ``rows`` and their neighbours.
        available: whether an option is on offer, shape (K,).
        p, q: hazards, 1/month.
    """
    for m in range(len(rows)):
        start, end = indptr[rows[m]], indptr[rows[m] + 1]
        for place in range(start, end + 1):  # the last turn is one's own
            row = np.int64(indices[place]) if place < end else rows[m]
            if place < end and old[m] >= 0:
                near[row, old[m]] -= 1
            if place < end and new[m] >= 0:
                near[row, new[m]] += 1
            hazards[row] = _total(row, near, known, choice, available, p, q)


@compiled
def total_hazards(near: Counts, known: Counts, choice: Choices, available: Bools, p: float, q: float) -> Floats:
    """Return everybody's total hazard H, 1/month, shape (n,); arguments as for ``tell``."""
    hazards = np.empty(len(choice))
    for row in range(len(choice)):
        hazards[row] = _total(row, near, known, choice, available, p, q)
    return hazards


@compiled
def _total(
    row: int | np.int64, near: Counts, known: Counts, choice: Choices, available: Bools, p: float, q: float
) -> float:
    total = 0.0
    for k in range(len(available)):
        if available[k] and k != choice[row]:
            total += p + q * (near[row, k] / known[row])
    return total


@compiled
def stir(
    exposure: Floats, threshold: Floats, hazards: Floats, choice: Choices, leave_at: Floats, month: float
) -> tuple[Ints, Ints]:
    """Add the month's hazards to ``exposure``, in place, and return who is past the threshold and who leaves.

    Args:
        exposure, threshold: hazard summed since the last consideration, and where the next one comes, shape (n,).
        hazards: total hazard of each adopter, shape (n,).
        choice: the option in use, -1 for none, shape (n,).
        leave_at: month at which it is left, shape (n,).
        month: the month.

    Returns:
        Rows past the threshold, and rows that leave, each in rising order; who leaves is not stirred.
    """
    n = len(choice)
    stirred, leaving = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    past = out = 0
    for row in range(n):
        summed = exposure[row] + hazards[row]
        if leave_at[row] <= month and choice[row] >= 0:
            leaving[out] = row
            out += 1
            continue
        exposure[row] = summed
        if summed >= threshold[row] and hazards[row] > 0.0:
            stirred[past] = row
            past += 1
    return stirred[:past].astype(np.int64), leaving[:out].astype(np.int64)


@compiled
def prompt(
    choice: Choices,
    leave_at: Floats,
    near: Counts,
    known: Counts,
    users: Ints,
    available: Bools,
    least: float,
    month: float,
) -> tuple[Ints, Ints]:
    """Return who has a share of neighbours past the threshold rule's ``least``, and who leaves.

    Args:
        choice, leave_at, month: as for ``stir``.
        near: how many neighbours use each option, shape (n, K); (0, K) under complete mixing.
        known: how many neighbours there are, 1 at least, shape (n,); (0,) under complete mixing.
        users: users of each option, shape (K,).
        available: whether an option is on offer, shape (K,).
        least: φ.
    """
    n, options = len(choice), len(available)
    prompted, leaving = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    past = out = 0
    for row in range(n):
        own = choice[row]
        if own >= 0 and leave_at[row] <= month:
            leaving[out] = row
            out += 1
            continue
        for k in range(options):
            if available[k] and k != own:
                share = near[row, k] / known[row] if len(known) else users[k] / max(n - 1, 1)
                if share >= least and share > 0.0:
                    prompted[past] = row
                    past += 1
                    break
    return prompted[:past].astype(np.int64), leaving[:out].astype(np.int64)


@compiled
def choose(
    rows: Ints,
    uniforms: Floats,
    choice: Choices,
    taste: Floats,
    near: Counts,
    known: Counts,
    users: Ints,
    available: Bools,
    capability: Floats,
    cost: Floats,
    benefit: float,
    switching_cost: float,
    p: float,
    q: float,
    least: float,
) -> tuple[Ints, Ints]:
    """Let some adopters consider, and return what each will use and how often each option was considered.

    Args:
        rows: who considers, shape (m,).
        uniforms: one each, in (0, 1], shape (m,).
        choice, near, known, users, available: as for ``prompt``.
        taste: utility per unit of capability, shape (n,).
        capability, cost: of each option, shape (K,).
        benefit, switching_cost: ν and z, utility.
        p, q: hazards, 1/month, which decide which option is considered.
        least: the threshold rule's φ, by which all options past it are considered instead; below 0 for the hazards.

    Returns:
        The option that each will use, shape (m,): its present one unless it takes another; and considerations (K,).
    """
    options = len(available)
    target, considered = np.empty(len(rows), dtype=np.int64), np.zeros(options, dtype=np.int64)
    share, worth, weight = np.empty(options), np.empty(options), np.empty(options)
    considers = np.empty(options, dtype=np.bool_)
    for m in range(len(rows)):
        row = rows[m]
        own = np.int64(choice[row])
        best = -np.inf
        running = 0.0
        for k in range(options):
            if len(known):
                share[k] = near[row, k] / known[row]
            else:
                share[k] = (users[k] - (own == k)) / max(len(choice) - 1, 1)
            worth[k] = taste[row] * capability[k] - cost[k] + benefit * share[k]
            other = available[k] and k != own
            if available[k]:
                best = max(best, worth[k])
            considers[k] = other and share[k] >= least and share[k] > 0.0
            if other:
                running += p + q * share[k]
            weight[k] = running
        if least < 0.0:
            drawn = 0
            while weight[drawn] < uniforms[m] * running:
                drawn += 1
            for k in range(options):
                considers[k] = k == drawn
        bar = max(worth[own] + switching_cost, 0.0) if own >= 0 else 0.0
        most, ties = -1.0, 0
        for k in range(options):
            considered[k] += considers[k]
            considers[k] = considers[k] and available[k] and k != own and worth[k] >= best and worth[k] > bar
            if considers[k] and share[k] >= most:
                ties = ties + 1 if share[k] == most else 1
                most = share[k]
        target[m], passed = own, 0
        for k in range(options):
            if considers[k] and share[k] == most:
                passed += 1
                if passed >= uniforms[m] * ties:
                    target[m] = k
                    break
    return target, considered


@compiled
def surplus(
    choice: Choices, taste: Floats, near: Counts, known: Counts, users: Ints, capability: Floats, cost: Floats,
    benefit: float,
) -> float:  # fmt: skip
    """Return the sum of users' utilities from what they use; arguments as for ``choose``."""
    total = 0.0
    for row in range(len(choice)):
        own = choice[row]
        if own >= 0:
            share = near[row, own] / known[row] if len(known) else (users[own] - 1) / max(len(choice) - 1, 1)
            total += taste[row] * capability[own] - cost[own] + benefit * share
    return total


def bass(p: float, q: float, time: ArrayLike) -> Floats:
    """Return the share of adopters F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t) of Bass (1969), p > 0."""
    decay = np.exp(-(p + q) * np.asarray(time, dtype=np.float64))
    return (1.0 - decay) / (1.0 + q / p * decay)
