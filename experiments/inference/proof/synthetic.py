"""Data whose truth is known: differences of mean 0 and standard deviation 1, times, curves and impulse responses."""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np

from experiments.inference.intervals import Floats

Kind = Literal["normal", "t3", "two points", "skewed", "very skewed", "heavy"]


def stream(name: str) -> np.random.Generator:
    """Return the random numbers of this name: the same each time, and others than of any other name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def differences(kind: Kind, sets: int, n: int, rng: np.random.Generator) -> Floats:
    """Return data sets of shape (sets, n), mean 0, standard deviation 1.

    Skewed are lognormal, σ = 0.5 (skewness 1.8) or 1 (6.2); heavy is the difference of two lognormals, σ = 1, whose
    logs correlate by 0.64: what pairs of a skewed outcome give.
    """
    shape = (sets, n)
    if kind == "normal":
        return np.asarray(rng.normal(size=shape))
    if kind == "t3":
        return np.asarray(rng.standard_t(3, shape) / 3.0**0.5)
    if kind == "two points":
        return np.asarray(rng.choice([-1.0, 1.0], shape))
    if kind == "heavy":
        shared = 0.8 * rng.normal(size=shape)
        one, other = (np.exp(shared + 0.6 * rng.normal(size=shape)) for _ in range(2))
        return np.asarray((one - other) / (2.0 * (np.exp(2.0) - np.exp(1.64))) ** 0.5)
    drawn = rng.lognormal(0.0, spread_of(kind), shape)
    return np.asarray((drawn - lognormal_mean(kind)) / lognormal_deviation(kind))


def spread_of(kind: Kind) -> float:
    """Return σ of the lognormal behind a skewed kind."""
    return 0.5 if kind == "skewed" else 1.0


def lognormal_mean(kind: Kind) -> float:
    """Return its mean."""
    return float(np.exp(spread_of(kind) ** 2 / 2.0))


def lognormal_deviation(kind: Kind) -> float:
    """Return its standard deviation."""
    return float(np.sqrt(np.expm1(spread_of(kind) ** 2))) * lognormal_mean(kind)


def median_of(kind: Kind) -> float:
    """Return the median of a kind's differences."""
    return (1.0 - lognormal_mean(kind)) / lognormal_deviation(kind) if "skewed" in kind else 0.0


def times(ratio: float, sets: int, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return times to a target under two arms, shape (sets, n), the first with ``ratio`` times the hazard.

    A pair shares a lognormal luck; who is not there by month 60 never is (NaN): about a third.
    """
    luck = np.exp(rng.normal(size=(sets, n))) / 50.0
    arms = [rng.exponential(1.0 / (faster * luck)) for faster in (ratio, 1.0)]
    treated, control = (np.where(arm > 60.0, np.nan, arm) for arm in arms)
    return treated, control


def responses(curve: Floats, sets: int, n: int, rng: np.random.Generator) -> Floats:
    """Return responses (sets, n, doses) around a curve (doses,): luck of the seed and luck of the run, sd 1 and 0.5."""
    return np.asarray(curve + rng.normal(size=(sets, n, 1)) + 0.5 * rng.normal(size=(sets, n, len(curve))))


def ring(modules: int, link: float) -> Floats:
    """Return direct effects in which each module acts on the next one around a ring."""
    return np.asarray(link * np.roll(np.eye(modules), 1, axis=0))


def impulses(direct: Floats, sets: int, n: int, rng: np.random.Generator) -> Floats:
    """Return impulse responses (sets, n, M, M) of seeds around (I - A)⁻¹, with noise of sd 0.1."""
    modules = len(direct)
    truth = np.linalg.inv(np.eye(modules) - direct)
    return np.asarray(truth + 0.1 * rng.normal(size=(sets, n, modules, modules)))
