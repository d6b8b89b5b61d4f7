"""Counter-based random numbers: a decision's draw is a function of the seed, its stream, and whose decision it is.

No generator has a state, so what other decisions are taken, and in what order, changes no draw: arms with and without
a mechanism meet the same luck. ``key`` hashes (seed, stream, a, b, c) to 64 bits; ``nth`` goes on from a key where one
decision needs many numbers.

    word ← mix(word + golden · (next + 1))      for each of stream, a, b, c

Shapes and units: keys uint64; uniforms in (0, 1), 52 bits; normals and exponentials of mean and variance as named.
Source: SplitMix64 (Steele, Lea, Flood 2014); keyed streams as in Salmon et al. (2011).
"""

from __future__ import annotations

import hashlib
from math import cos, log, pi, sqrt

import numpy as np

from sim.kernels.compiled import compiled

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12, _ONE = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12), np.uint64(1)


def seed_key(seed: int) -> np.uint64:
    """Return the key of a run's seed, any whole number from 0.

    Raises:
        ValueError: a negative seed.
    """
    if seed < 0:
        raise ValueError(f"seed: must be 0 or more, not {seed}")
    return np.uint64(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def stream(name: str) -> np.uint64:
    """Return the number of the stream of that name."""
    return np.uint64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little"))


@compiled
def mix(word: np.uint64) -> np.uint64:
    """Return SplitMix64's mixing of 64 bits."""
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    return word ^ (word >> _S31)


@compiled
def key(seed: np.uint64, stream: np.uint64, a: int, b: int, c: int) -> np.uint64:
    """Return the key of the decision (a, b, c), whole numbers from 0, in a stream."""
    word = mix(seed + _GOLDEN * (stream + _ONE))
    word = mix(word + _GOLDEN * (np.uint64(a) + _ONE))
    word = mix(word + _GOLDEN * (np.uint64(b) + _ONE))
    return mix(word + _GOLDEN * (np.uint64(c) + _ONE))


@compiled
def nth(key: np.uint64, n: int) -> float:
    """Return the n-th uniform in (0, 1) that follows from a key."""
    return (np.float64(mix(key + _GOLDEN * (np.uint64(n) + _ONE)) >> _S12) + 0.5) * 2.0**-52


@compiled
def uniform(seed: np.uint64, stream: np.uint64, a: int, b: int, c: int) -> float:
    """Return the uniform in (0, 1) of the decision (a, b, c)."""
    return (np.float64(key(seed, stream, a, b, c) >> _S12) + 0.5) * 2.0**-52


@compiled
def exponential(seed: np.uint64, stream: np.uint64, a: int, b: int, c: int) -> float:
    """Return the draw from Exp(1) of the decision (a, b, c)."""
    return -log(uniform(seed, stream, a, b, c))


@compiled
def nth_normal(key: np.uint64, n: int) -> float:
    """Return the n-th standard normal draw that follows from a key (Box, Muller 1958)."""
    return sqrt(-2.0 * log(nth(key, 2 * n))) * cos(2.0 * pi * nth(key, 2 * n + 1))


@compiled
def normal(seed: np.uint64, stream: np.uint64, a: int, b: int, c: int) -> float:
    """Return the standard normal draw of the decision (a, b, c)."""
    return nth_normal(key(seed, stream, a, b, c), 0)


@compiled
def nth_gamma(key: np.uint64, n: int, shape: float) -> float:
    """Return a draw from Gamma(shape), from the numbers 64 n onwards of a key (Marsaglia, Tsang 2000)."""
    if shape == 1.0:
        return -log(nth(key, 64 * n))
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    c = 1.0 / sqrt(9.0 * d)
    value, place = raised, 64 * n + 2
    for _ in range(20):  # each accepts with chance above 0.95
        x = sqrt(-2.0 * log(nth(key, place))) * cos(2.0 * pi * nth(key, place + 1))
        v = (1.0 + c * x) ** 3
        if v > 0.0 and log(nth(key, place + 2)) < 0.5 * x * x + d - d * v + d * log(v):
            value = d * v
            break
        place += 3
    if shape < 1.0:
        value *= nth(key, 64 * n + 1) ** (1.0 / shape)
    return value
