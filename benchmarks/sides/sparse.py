"""The rules in NumPy and SciPy the plain way: a full sparse product each month, and everything anew over all rows."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from benchmarks.world import OPTIONS, World, offer

NONE = -1


class SparseProduct:
    """Adopters as columns; neighbours are counted by a CSR matrix times one column of zeros and ones an option.

    Matrix and product are float32, half the bytes of NumPy's default: the stronger rival.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.given = world.given
        self.month = 0
        self.size = n = world.size
        self.rng = np.random.default_rng(seed)
        ones = np.ones(len(world.network.neighbours), dtype=np.float32)
        self.matrix = csr_array((ones, world.network.neighbours, world.network.start), shape=(n, n))
        self.known = np.maximum(world.network.degrees, 1).astype(np.float32)[:, None]
        self.taste = self.given.taste * np.exp(self.given.taste_spread * self.rng.standard_normal(n))
        self.choice = np.full(n, NONE, dtype=np.int8)
        self.choice[self.rng.choice(n, round(self.given.seeds * n), replace=False)] = 0

    def step(self) -> None:
        """Let all look at once, then move."""
        self.month += 1
        given, now = self.given, offer(self.month)
        available = np.array(now.available)
        mine = self.choice[:, None] == np.arange(OPTIONS)
        shares = (self.matrix @ mine.astype(np.float32)) / self.known
        using = self.choice != NONE
        leaving = using & (self.rng.random(self.size) < -np.expm1(-given.churn))
        hazards = np.where(available & ~mine, given.p + given.q * shares, 0.0)
        total = hazards.sum(axis=1)
        considers = ~leaving & (self.rng.random(self.size) < -np.expm1(-total))
        running = np.cumsum(hazards, axis=1)
        option = np.argmax(running > (self.rng.random(self.size) * total)[:, None], axis=1)
        worth = self.taste[:, None] * np.array(now.capability) - np.array(now.cost) + given.network_benefit * shares
        best = np.where(available, worth, -np.inf).max(axis=1)
        present = np.where(mine, worth, 0.0).sum(axis=1)
        bar = np.where(using, np.maximum(present + given.switching_cost, 0.0), 0.0)
        reached = np.take_along_axis(worth, option[:, None], axis=1)[:, 0]
        takes = considers & (reached >= best) & (reached > bar)
        self.choice = np.where(leaving, NONE, np.where(takes, option, self.choice)).astype(np.int8)

    def users(self) -> list[int]:
        """Count the users of each option."""
        return [int(np.count_nonzero(self.choice == k)) for k in range(OPTIONS)]
