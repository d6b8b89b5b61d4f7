"""Loops in an impulse-response matrix: what part of a shock's effect came round again?

R_ij is the long-run effect on module i of a shock of 1 % to module j. If A_ij is the direct effect of j on i, shocks
travel along all walks,

    R = I + A + A² + … = (I - A)⁻¹,   so   A = I - R⁻¹

Each R_ij splits into three parts: the *direct* A_ij (on the diagonal the shock itself, 1); the *paths*, the sum over
longer ways that visit no module twice; and the *loops*, the rest, which is there only as far as something comes round.
So without cycles loops are exactly 0, and on a ring of M links a they are R a^M: each way times a^M + a^2M + ….
The loop share is Σ loops / Σ (R - I): of all that a shock does beyond itself, the part that came round. Over seeds it
is the share of their mean R, and a jackknife says what each seed adds; so shares have intervals as means have. (At 30
seeds these cover 0.95, a BCa bootstrap of the share 0.93.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from experiments.inference.intervals import Floats

LARGEST = 12  # modules: the ways among them are 2^M sums of matrices
_WORST_CONDITION = 1e10
_ROUNDING = 1e-12


class Loops(NamedTuple):
    """R in its parts, each (…, M, M), ``direct`` with the shock itself on its diagonal; ρ(A); and the share of loops.

    The series of walks converges, and R is its sum, only if the radius is below 1.
    """

    direct: Floats
    paths: Floats
    loops: Floats
    radius: Floats
    share: Floats


def decompose(responses: ArrayLike) -> Loops:
    """Split impulse responses R (…, M, M) into direct effects, paths and loops.

    Raises:
        ValueError: not square, more than 12 modules, not finite, or not invertible.
    """
    r = np.asarray(responses, dtype=np.float64)
    if r.ndim < 2 or r.shape[-1] != r.shape[-2] or not 1 <= r.shape[-1] <= LARGEST:
        raise ValueError(f"impulse responses must be square, of 1 to {LARGEST} modules, not of shape {r.shape}")
    if not np.isfinite(r).all():
        raise ValueError("impulse responses must be finite numbers")
    if not (np.linalg.cond(r) < _WORST_CONDITION).all():
        raise ValueError("impulse responses cannot be inverted: some module's response is a sum of others'")
    itself = np.eye(r.shape[-1])
    a = itself - np.linalg.inv(r)
    links = a * (1.0 - itself)
    direct = itself + links
    simple = _without_return(links)
    loops, beyond = r - simple, (r - itself).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.abs(beyond) > _ROUNDING, loops.sum(axis=(-2, -1)) / beyond, 0.0)
    radius = np.abs(np.linalg.eigvals(a)).max(axis=-1)
    return Loops(direct, simple - direct, loops, np.asarray(radius), np.asarray(share))


def loop_shares(responses: ArrayLike) -> Floats:
    """Return the loop share of the mean of R (seeds, M, M), seed by seed: what each adds to it, shape (seeds,).

    These are the jackknife's pseudo-values n T - (n - 1) T₋ₛ (Tukey 1958), T the share of all seeds, T₋ₛ that without
    one. Their mean is the share, less most of its bias; their intervals are its intervals.

    Raises:
        ValueError: as for ``decompose``, or fewer than three seeds.
    """
    r = np.asarray(responses, dtype=np.float64)
    if r.ndim != 3 or len(r) < 3:
        raise ValueError(f"needs impulse responses of three seeds or more, shape (seeds, M, M), not {r.shape}")
    n = len(r)
    without = decompose((r.sum(axis=0) - r) / (n - 1)).share
    return np.asarray(n * decompose(r.mean(axis=0)).share - (n - 1) * without)


def _without_return(links: Floats) -> Floats:
    """Return the sum over all ways from j to i that visit no module twice, 1 from a module to itself; (…, M, M).

    Ways are summed by the set of modules that they visited: state[i, j] of a set holds those from j that end at i.
    """
    modules = links.shape[-1]
    states: dict[int, Floats] = {}
    for start in range(modules):
        states[1 << start] = np.zeros_like(links)
        states[1 << start][..., start, start] = 1.0
    total = np.zeros_like(links)
    for visited in range(1, 1 << modules):
        state = states.pop(visited)
        total += state
        onward = links @ state
        for end in range(modules):
            if not visited >> end & 1:
                after = states.setdefault(visited | 1 << end, np.zeros_like(links))
                after[..., end, :] += onward[..., end, :]
    return total
