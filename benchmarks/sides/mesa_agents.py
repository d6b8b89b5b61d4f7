"""The rules in idiomatic Mesa: an agent a node of ``mesa.discrete_space.Network``, staged activation, Python floats.

Its hazards become chances of a month, 1 - exp(-H), drawn anew each month: what a threshold drawn once gives, too.
"""

from __future__ import annotations

import math
from typing import Any

import mesa
import networkx as nx
from mesa.discrete_space import Cell, FixedAgent, Network

from benchmarks.world import OPTIONS, Offer, World, offer


class Person(FixedAgent):
    """One adopter on its cell."""

    model: Any
    cell: Any

    def __init__(self, model: Any, cell: Cell, taste: float) -> None:
        super().__init__(model)
        self.cell = cell
        self.taste = taste
        self.choice: int | None = None
        self.intent: int | None = None

    def look(self) -> None:
        """Leave, or consider an option and choose; others still see the old choice."""
        self.intent = self.choice
        if self.choice is not None and self.random.random() < self.model.leaving:
            self.intent = None
            return
        given, now = self.model.given, self.model.offer
        shares = self.shares()
        others = [k for k in range(OPTIONS) if now.available[k] and k != self.choice]
        hazards = [given.p + given.q * shares[k] for k in others]
        if not others or self.random.random() >= 1.0 - math.exp(-sum(hazards)):
            return
        option = self.random.choices(others, hazards)[0]
        if self.would_take(option, self.worth(shares, now), now):
            self.intent = option

    def move(self) -> None:
        """Do what was decided."""
        self.choice = self.intent

    def shares(self) -> list[float]:
        """Return the share of neighbours that use each option."""
        counts, known = [0] * OPTIONS, 0
        for other in self.cell.neighborhood.agents:
            known += 1
            if other.choice is not None:
                counts[other.choice] += 1
        return [count / max(known, 1) for count in counts]

    def worth(self, shares: list[float], now: Offer) -> list[float]:
        """Return the utility of each option."""
        benefit = self.model.given.network_benefit
        return [self.taste * now.capability[k] - now.cost[k] + benefit * shares[k] for k in range(OPTIONS)]

    def would_take(self, option: int, worth: list[float], now: Offer) -> bool:
        """Whether an option is the best on offer and worth the change."""
        best = max(worth[k] for k in range(OPTIONS) if now.available[k])
        bar = 0.0 if self.choice is None else max(worth[self.choice] + self.model.given.switching_cost, 0.0)
        return worth[option] >= best and worth[option] > bar


class MesaAgents(mesa.Model):
    """Adopters as Mesa agents; ``graph`` is the world's network, from ``to_networkx``."""

    def __init__(self, world: World, graph: nx.Graph, seed: int) -> None:
        super().__init__(rng=seed)
        self.given = world.given
        self.month = 0
        self.leaving = 1.0 - math.exp(-self.given.churn)
        self.grid = Network(graph, capacity=1, random=self.random)
        for cell in self.grid.all_cells:
            Person(self, cell, self.random.lognormvariate(math.log(self.given.taste), self.given.taste_spread))
            _ = cell.neighborhood  # Mesa keeps it: not a cost of the first month
        for person in self.random.sample(list(self.agents), round(self.given.seeds * world.size)):
            person.choice = 0

    def step(self) -> None:
        """All look, then all move."""
        self.month += 1
        self.offer = offer(self.month)
        self.agents.do("look")
        self.agents.do("move")

    def users(self) -> list[int]:
        """Count the users of each option."""
        chosen = self.agents.get("choice")
        return [chosen.count(k) for k in range(OPTIONS)]


def to_networkx(world: World) -> nx.Graph:
    """Return the world's network as a graph of networkx."""
    graph = nx.Graph()
    graph.add_nodes_from(range(world.size))
    start, neighbours = world.network.start.tolist(), world.network.neighbours
    for node in range(world.size):
        near = neighbours[start[node] : start[node + 1]].tolist()
        graph.add_edges_from((node, other) for other in near if other > node)
    return graph
