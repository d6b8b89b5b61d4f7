"""Our side: the model's own adopters in a founded world, of which only they live through the months."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.classic import CLASSIC
from benchmarks.world import OPTIONS, SEEDS, World, offer
from sim.founding import advance_tables, found_tables
from sim.kernels.adoption import Crowd, count_contributors
from sim.kernels.compiled import entry
from sim.kernels.networks import Network
from sim.mechanisms import diffusion


@entry
def pass_months(worlds: Any, crowd: Crowd, record: Any, offers: Any) -> None:
    """Let months pass, ``offers`` (months, K, 3) being capability, cost and availability."""
    world = worlds[0]
    for month in range(len(offers)):
        world.here.month += 1
        for k in range(world.here.firms):
            firm, now = world.firms[k], offers[month, k]
            firm.capability, firm.cost_of_use, firm.product_openness = now[0], now[1], 0.0
            firm.available = now[2] > 0.0
        diffusion.consider(world, crowd)
        count_contributors(world, crowd)
        diffusion.observe(world, record[0])


class Flywheel:
    """Adopters moved on month by month; ``changes`` are parameters of diffusion."""

    def __init__(self, adopters: int, seed: int, **changes: Any) -> None:
        asked = {"diffusion.adopters": adopters, "diffusion.seeds": SEEDS, "rival.count": OPTIONS - 1}
        self.parameters = CLASSIC.replace(asked | {f"diffusion.{key}": value for key, value in changes.items()})
        self.tables = advance_tables(found_tables(self.parameters, seed), 0)
        self.month = 0

    def step(self) -> None:
        """Let a month pass."""
        self.month += 1
        now = np.array(offer(self.month), dtype=float).T[None]
        pass_months(self.tables.world, self.tables.crowd, self.tables.record, now)

    def users(self) -> list[int]:
        """Count the users of each option."""
        return [int(count) for count in self.tables.crowd.options.users]

    def changed(self) -> int:
        """How many changed in the last month."""
        firms = self.tables.world[0].firms[:OPTIONS]
        return int(firms["adopted"].sum() + firms["switched_to"].sum() + firms["left"].sum())

    def world(self) -> World:
        """What the other sides are given: the same parameters and network."""
        return World(self.parameters.diffusion, Network(self.tables.crowd.start, self.tables.crowd.neighbours))
