"""Contrasts of a seed: what one seed says when it is run under two arms, or under the four of a 2×2 design.

    difference    Y₁ - Y₀                     in logs  log Y₁ - log Y₀: growth, 0.10 is about 10 %
    interaction   h = Y₁₁ + Y₀₀ - Y₁₀ - Y₀₁   in logs  the same of log Y: h > 0 is more than proportional

The luck that the arms share drops out. Interaction hangs on the scale: a product has one in levels and none in logs. So
a claim of it is made in both. Arrays have one figure a seed, shape (seeds,), in the same order in every arm.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Scale = Literal["levels", "logs"]


def difference(treated: ArrayLike, control: ArrayLike, scale: Scale = "levels") -> Floats:
    """Return the difference of each seed.

    Raises:
        ValueError: the arms differ in their number of seeds, or logs are asked for of figures that are not positive.
    """
    one, other = _scaled(scale, treated=treated, control=control)
    return one - other


def interaction(y00: ArrayLike, y01: ArrayLike, y10: ArrayLike, y11: ArrayLike, scale: Scale = "levels") -> Floats:
    """Return h = Y₁₁ + Y₀₀ - Y₁₀ - Y₀₁ of each seed.

    Raises:
        ValueError: as for ``difference``.
    """
    neither, second, first, both = _scaled(scale, y00=y00, y01=y01, y10=y10, y11=y11)
    return (both - first) - (second - neither)


def _scaled(scale: Scale, **arms: ArrayLike) -> list[Floats]:
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in arms.items()}
    shapes = {name: values.shape for name, values in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError("arms must have the same seeds: " + ", ".join(f"{name} has {s}" for name, s in shapes.items()))
    if scale == "levels":
        return list(arrays.values())
    for name, values in arrays.items():
        if wrong := int((~(values > 0.0)).sum()):
            raise ValueError(f"logs need positive figures: {wrong} of {values.size} in {name} are not")
    return [np.log(values) for values in arrays.values()]
