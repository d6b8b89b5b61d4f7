"""Attribution over all combinations of k switches, exactly.

With v(S) the outcome when the switches S are on, |S| = s,

    Shapley value      φ_i  = Σ_{S ∌ i} s! (k − s − 1)! / k! · [v(S ∪ i) − v(S)]
    interaction        I_ij = Σ_{S ∌ i,j} s! (k − s − 2)! / (k − 1)! · [v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S)]
    interaction share  1 − Σ_i [v(i) − v(∅)] / [v(all) − v(∅)]

The values add up to v(all) − v(∅). The interaction share is what is left when each mechanism adds only what it adds by
itself: 0 if the outcome is additive. Source: Shapley (1953); Grabisch, Roubens (1999).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def values_of(outcomes: Floats) -> Floats:
    """Return the Shapley values (k, ...) of outcomes of shape (2^k, ...).

    Row n of ``outcomes`` is the set whose switches are the bits of n, the first switch the highest bit.
    """
    k = _switches(outcomes)
    found = np.zeros((k, *outcomes.shape[1:]))
    for number in range(len(outcomes)):
        size = number.bit_count()
        for i in range(k):
            bit = 1 << (k - 1 - i)
            if not number & bit:
                weight = math.factorial(size) * math.factorial(k - size - 1) / math.factorial(k)
                found[i] += weight * (outcomes[number | bit] - outcomes[number])
    return found


def interactions_of(outcomes: Floats) -> Floats:
    """Return the pairwise interaction indices (k, k, ...), symmetric, with a diagonal of 0."""
    k = _switches(outcomes)
    found = np.zeros((k, k, *outcomes.shape[1:]))
    for number in range(len(outcomes)):
        size = number.bit_count()
        for i in range(k):
            for j in range(i + 1, k):
                a, b = 1 << (k - 1 - i), 1 << (k - 1 - j)
                if not number & (a | b):
                    weight = math.factorial(size) * math.factorial(k - size - 2) / math.factorial(k - 1)
                    both = outcomes[number | a | b] - outcomes[number | a] - outcomes[number | b] + outcomes[number]
                    found[i, j] += weight * both
                    found[j, i] = found[i, j]
    return found


def interaction_share(outcomes: Floats) -> Floats:
    """Return the share of v(all) − v(∅) that no mechanism adds by itself, shape (...)."""
    k = _switches(outcomes)
    alone = sum(outcomes[1 << i] - outcomes[0] for i in range(k))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - alone / (outcomes[-1] - outcomes[0]))


def _switches(outcomes: Floats) -> int:
    k = len(outcomes).bit_length() - 1
    if len(outcomes) != 1 << k:
        raise ValueError(f"outcomes: must be 2^k of them, not {len(outcomes)}")
    return k
