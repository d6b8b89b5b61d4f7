"""Commons: users of open products contribute trials to modules that nobody owns, which lower everyone's cost of use.

    contributes iff  benefit · openness · rights > cost
    trials = n · τ / (1 + n / congestion) / (1 + forks)
    cost of use = (1 − o) price + (o · hosting + tooling) · g,   g the commons' cost relative to founding

Limit: no openness or no rights, no contribution; the cost of use of others' products falls too (external economies).
Source: claim e; von Hippel, von Krogh (2003); Marshall (1890).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled

Floats = NDArray[np.float64]


def least_benefit(openness: Floats, rights: float, cost: float) -> Floats:
    """Return the private benefit above which a user of each product contributes (K,); inf where none can."""
    gain = openness * rights
    return np.divide(cost, gain, out=np.full_like(gain, np.inf), where=gain > 0.0)


@compiled
def willing(choice: NDArray[np.int8], benefit: Floats, least: Floats) -> NDArray[np.int64]:
    """Return how many users of each product (K,) have a private benefit above its least (K,).

    Args:
        choice: the product in use, -1 for none, shape (n,).
        benefit: private benefit, shape (n,).
        least: shape (K,).
    """
    counts = np.zeros(len(least), dtype=np.int64)
    for row in range(len(choice)):
        if choice[row] >= 0 and benefit[row] > least[choice[row]]:
            counts[choice[row]] += 1
    return counts


def trials(contributors: Floats, forks: Floats, each: float, congestion: float) -> Floats:
    """Return the trials contributed by the users of each product (K,); congestion is felt over all contributors."""
    return np.asarray(contributors * each / (1.0 + contributors.sum() / congestion) / (1.0 + forks))


def cost_of_use(openness: Floats, relative: float, price: float, hosting: float, tooling: float) -> Floats:
    """Return each product's monthly cost to a user (K,), in utility."""
    return (1.0 - openness) * price + (openness * hosting + tooling) * relative
