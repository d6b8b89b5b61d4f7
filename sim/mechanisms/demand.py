"""Demand pull: a parent that uses the product shows which slots matter.

    ŵ_i ∝ v_i · exp(ν (1 − clarity) z_i),  v the parent's weights      with steering
    ŵ_i ∝ w_i · exp(ν z_i),                w the market's weights      without

    v = (1 − misfit) w + misfit · u,  u unrelated weights: steering by the wrong parent aims at the wrong slots.

Source: claim b; von Hippel (1986).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def parent_weights(market: Floats, unrelated: Floats, misfit: float) -> Floats:
    """Return the parent's weights (M,): the market's, mixed with unrelated ones."""
    return (1.0 - misfit) * market + misfit * unrelated


def perceived_weights(true: Floats, error: Floats, noise: float, clarity: float) -> Floats:
    """Return perceived weights (M,), summing to 1, from true ones and standard normal errors (M,)."""
    seen = true * np.exp(noise * (1.0 - clarity) * error)
    return np.asarray(np.maximum(seen / seen.sum(), 1e-12))
