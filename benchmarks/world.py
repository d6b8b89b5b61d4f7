"""The little world that every side of the adopters' benchmark lives in: one network, one path of offers, two options.

Parameters are the defaults of the model (small world of degree 8, hazards, churn), but a tenth of the adopters use the
first option from the start: a month then costs about what it costs in the middle of a run, so that few months tell of
many. The second option is off the market from month 20 to 23, and from month 31 it is the better one for most, so that
users switch.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.kernels.networks import Network
from sim.mechanisms.diffusion import Diffusion

OPTIONS = 2
MONTHS = 60
SEEDS = 0.1


class Offer(NamedTuple):
    """What a month offers, one entry an option: capability, cost of use in utility, and whether it is there."""

    capability: tuple[float, ...]
    cost: tuple[float, ...]
    available: tuple[bool, ...]


class World(NamedTuple):
    """What all sides are given: parameters and the network of adopters."""

    given: Diffusion
    network: Network

    @property
    def size(self) -> int:
        """Number of adopters."""
        return len(self.network.start) - 1


class Run(Protocol):
    """One side of the benchmark: adopters at month 0, moved on month by month."""

    def step(self) -> None:
        """Let a month pass."""

    def users(self) -> list[int]:
        """Count the users of each option."""


def offer(month: int) -> Offer:
    """Return what a month offers; months count from 1."""
    growth = 0.1 * month / MONTHS
    better, cost = (0.64, 0.35) if month < 31 else (0.84, 0.05)
    return Offer((0.55 + growth, better + growth), (0.25 * 0.9**month, cost), (True, not 20 <= month <= 23))


def curve(run: Run, months: int) -> NDArray[np.int64]:
    """Let months pass; return the users of each option after each, shape (months, K)."""
    counted = []
    for _ in range(months):
        run.step()
        counted.append(run.users())
    return np.array(counted, dtype=np.int64)
