"""One named stream of random numbers per decision, so that arms with and without a mechanism stay paired.

A stream's state depends on the run's seed and on its own name only: switching a mechanism off leaves every other
stream untouched. Decisions taken by many rows (adopters) use ``keyed_uniform``: the draw depends on the row and on
how many draws that row has made, not on what the other rows did.
"""

from __future__ import annotations

import hashlib
from math import log

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _words(name: str) -> tuple[int, ...]:
    digest = hashlib.sha256(name.encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))


class Streams:
    """Named generators spawned from one seed by a stable hash of their names."""

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"seed: must be 0 or more, not {seed}")
        self.seed = seed
        self._open: dict[str, np.random.Generator] = {}

    def __getitem__(self, name: str) -> np.random.Generator:
        """Return the stream of that name, always the same object within a run."""
        if name not in self._open:
            sequence = np.random.SeedSequence(entropy=self.seed, spawn_key=_words(name))
            self._open[name] = np.random.Generator(np.random.PCG64(sequence))
        return self._open[name]

    def key(self, name: str) -> np.uint64:
        """Return the key of that name for ``keyed_uniform``."""
        sequence = np.random.SeedSequence(entropy=self.seed, spawn_key=_words(name))
        return np.uint64(sequence.generate_state(1, np.uint64)[0])


@compiled
def _mix(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@compiled
def keyed_uniform(key: np.uint64, rows: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one uniform in (0, 1) per row: a function of ``key``, the row's number and its count of draws.

    Args:
        key: the stream's key, from ``Streams.key``.
        rows: row numbers, shape (n,).
        draws: how many draws each row has made before, shape (n,).

    Source: SplitMix64 (Steele, Lea, Flood 2014), the mixing applied once to the row and once to the draw.
    """
    uniforms = np.empty(len(rows))
    for n in range(len(rows)):
        state = _mix(key + _GOLDEN * (np.uint64(rows[n]) + np.uint64(1)))
        state = _mix(state + _GOLDEN * (np.uint64(draws[n]) + np.uint64(1)))
        uniforms[n] = (np.float64(state >> np.uint64(12)) + 0.5) * 2.0**-52
    return uniforms


@compiled
def keyed_exponential(key: np.uint64, rows: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one draw from Exp(1) per row, from its ``keyed_uniform``."""
    uniforms = keyed_uniform(key, rows, draws)
    for n in range(len(rows)):
        uniforms[n] = -log(uniforms[n])
    return uniforms
