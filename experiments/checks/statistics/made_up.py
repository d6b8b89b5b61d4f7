"""Outcomes whose truth is known: differences of mean 0 and standard deviation 1, of several shapes."""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np

from experiments.claims.estimands.base import Floats

Shape = Literal["normal", "t of 3 degrees", "two points", "heavy", "skewed", "very skewed"]


def stream(name: str) -> np.random.Generator:
    """Return the random numbers of this name: the same each time, and others than of any other name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def differences(shape: Shape, worlds: int, seeds: int, rng: np.random.Generator) -> Floats:
    """Return values of mean 0 and standard deviation 1, shape (worlds, seeds).

    Skewed are lognormal, σ = 0.5 (skewness 1.8) or 1 (6.2); heavy is the difference of two lognormals, σ = 1, whose
    logs correlate by 0.64: what pairs of a skewed outcome give.
    """
    size = (worlds, seeds)
    if shape == "normal":
        return np.asarray(rng.normal(size=size))
    if shape == "t of 3 degrees":
        return np.asarray(rng.standard_t(3, size) / 3.0**0.5)
    if shape == "two points":
        return np.asarray(rng.choice([-1.0, 1.0], size))
    if shape == "heavy":
        shared = 0.8 * rng.normal(size=size)
        one, other = (np.exp(shared + 0.6 * rng.normal(size=size)) for _ in range(2))
        return np.asarray((one - other) / (2.0 * (np.exp(2.0) - np.exp(1.64))) ** 0.5)
    sigma = 0.5 if shape == "skewed" else 1.0
    mean = np.exp(sigma**2 / 2.0)
    return np.asarray((rng.lognormal(0.0, sigma, size) / mean - 1.0) / np.expm1(sigma**2) ** 0.5)
