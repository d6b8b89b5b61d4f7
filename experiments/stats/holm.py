"""Holm's procedure (1979): p-values that keep the chance of any false rejection in a family at the level or less."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike, absent: int = 0) -> NDArray[np.float64]:
    """Return p-values after Holm: of m, the least times m, the next times m - 1, and so on; each at most 1.

    Args:
        p: of each test, along the first axis; families along the others are apart.
        absent: tests of the family that are not among them: they count as if not rejected.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, axis=0, kind="stable")
    factors = (len(given) + absent - np.arange(len(given))).reshape(-1, *[1] * (given.ndim - 1))
    raised = np.maximum.accumulate(np.take_along_axis(given, order, axis=0) * factors, axis=0)
    adjusted = np.empty_like(given)
    np.put_along_axis(adjusted, order, np.minimum(raised, 1.0), axis=0)
    return adjusted
