"""Whose doing is a joint effect? Shapley values and interactions of k switches, from all 2^k settings.

With v(S) the outcome when the switches in S are on, and k the number of switches,

    φ_i  = Σ_{S ∌ i}    s! (k - s - 1)!/k!       [v(S + i) - v(S)]                         (Shapley 1953)
    I_ij = Σ_{S ∌ i,j}  s! (k - s - 2)!/(k - 1)! [v(S + i + j) - v(S + i) - v(S + j) + v(S)]   (Owen 1972)

s = |S|. The values add up to v(all) - v(none); a switch that never changes anything gets 0; switches that do the same
get the same. The *interaction share* is what no switch gives alone, 1 - Σ_i [v(i) - v(none)] / [v(all) - v(none)]:
positive if they reinforce each other, negative if they stand in for each other.

Outcomes have shape (seeds, 2^k); bit i of a column's number says whether switch i is on (``settings``). Every figure is
linear in v, so each seed has its own, and intervals over seeds follow.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.inference.intervals import Floats, Interval
from experiments.inference.ratios import ratio_interval

MOST = 10


def settings(switches: int) -> NDArray[np.bool_]:
    """Return which switches are on in each column of the outcomes, shape (2^k, k)."""
    return (np.arange(1 << switches)[:, None] >> np.arange(switches) & 1).astype(bool)


def shapley(outcomes: ArrayLike) -> Floats:
    """Return the Shapley value of each switch for each seed, shape (seeds, k).

    Raises:
        ValueError: the columns are not 2^k for k = 1 to 10, or a figure is not finite.
    """
    v = _checked(outcomes)
    on = settings(_switches(v))
    size, k = on.sum(axis=1), on.shape[1]
    # v(S) enters as a "with" for the switches in S and as a "without" for the others.
    given = np.array([0.0] + [1.0 / (k * comb(k - 1, s - 1)) for s in range(1, k + 1)])[size]
    taken = np.array([1.0 / (k * comb(k - 1, s)) for s in range(k)] + [0.0])[size]
    return np.asarray(v @ np.where(on, given[:, None], -taken[:, None]))


def interactions(outcomes: ArrayLike) -> Floats:
    """Return the interaction of each pair of switches for each seed, shape (seeds, k, k), 0 on the diagonal.

    Raises:
        ValueError: as for ``shapley``.
    """
    v = _checked(outcomes)
    on = settings(_switches(v))
    size, k = on.sum(axis=1), on.shape[1]
    found = np.zeros((len(v), k, k))
    for i in range(k):
        for j in range(i):
            both = on[:, i].astype(int) + on[:, j]
            weight = np.array([1.0 / ((k - 1) * comb(k - 2, s)) for s in range(k - 1)])[size - both]
            found[:, i, j] = found[:, j, i] = v @ np.where(both == 1, -weight, weight)
    return found


def shares(outcomes: ArrayLike, confidence: float = 0.95) -> list[Interval]:
    """Return each switch's share of the joint effect, ratios of means over seeds."""
    values = shapley(outcomes)
    total = values.sum(axis=1)
    return [ratio_interval(values[:, i], total, confidence) for i in range(values.shape[1])]


def interaction_share(outcomes: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the share of the joint effect that no switch gives alone, a ratio of means over seeds."""
    v = _checked(outcomes)
    total = v[:, -1] - v[:, 0]
    alone = sum((v[:, 1 << i] - v[:, 0] for i in range(_switches(v))), np.zeros(len(v)))
    return ratio_interval(total - alone, total, confidence)


def _switches(v: Floats) -> int:
    return int(v.shape[1]).bit_length() - 1


def _checked(outcomes: ArrayLike) -> Floats:
    v = np.asarray(outcomes, dtype=np.float64)
    if v.ndim != 2 or not 1 <= _switches(v) <= MOST or v.shape[1] != 1 << _switches(v):
        raise ValueError(f"outcomes must have shape (seeds, 2^k), k = 1 to {MOST}, not {v.shape}")
    if not np.isfinite(v).all():
        raise ValueError("outcomes must be finite numbers")
    return v
