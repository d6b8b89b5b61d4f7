"""The rules in agentpy: one agent an adopter on ``agentpy.Network``, all look and then all move."""

from __future__ import annotations

import math
from typing import Any

import agentpy
import networkx as nx

from benchmarks.world import OPTIONS, World, offer


class Person(agentpy.Agent):  # type: ignore[misc]
    """One adopter."""

    def setup(self) -> None:
        """Draw a taste; use nothing yet."""
        given = self.model.given
        self.taste = self.model.random.lognormvariate(math.log(given.taste), given.taste_spread)
        self.choice: int | None = None
        self.intent: int | None = None

    def look(self) -> None:
        """Leave, or consider an option and choose; others still see the old choice."""
        given, now, random = self.model.given, self.model.offer, self.model.random
        self.intent = self.choice
        if self.choice is not None and random.random() < self.model.leaving:
            self.intent = None
            return
        used = [other.choice for other in self.model.network.neighbors(self)]
        shares = [used.count(k) / max(len(used), 1) for k in range(OPTIONS)]
        others = [k for k in range(OPTIONS) if now.available[k] and k != self.choice]
        hazards = [given.p + given.q * shares[k] for k in others]
        if not others or random.random() >= 1.0 - math.exp(-sum(hazards)):
            return
        option = random.choices(others, hazards)[0]
        worth = [
            self.taste * now.capability[k] - now.cost[k] + given.network_benefit * shares[k] for k in range(OPTIONS)
        ]
        best = max(worth[k] for k in range(OPTIONS) if now.available[k])
        bar = 0.0 if self.choice is None else max(worth[self.choice] + given.switching_cost, 0.0)
        if worth[option] >= best and worth[option] > bar:
            self.intent = option

    def move(self) -> None:
        """Do what was decided."""
        self.choice = self.intent


class _Model(agentpy.Model):  # type: ignore[misc]
    def setup(self) -> None:
        self.given = self.p.given
        self.leaving = 1.0 - math.exp(-self.given.churn)
        self.network = agentpy.Network(self, self.p.graph)
        self.people = agentpy.AgentList(self, self.p.graph.number_of_nodes(), Person)
        self.network.add_agents(self.people, self.network.nodes)
        for person in self.random.sample(list(self.people), round(self.given.seeds * len(self.people))):
            person.choice = 0

    def step(self) -> None:
        self.offer = offer(self.t)
        self.people.look()
        self.people.move()


class AgentpyAgents:
    """Adopters as agents of agentpy; ``graph`` is the world's network as a graph of networkx."""

    def __init__(self, world: World, graph: nx.Graph, seed: int) -> None:
        self.model: Any = _Model({"given": world.given, "graph": graph, "seed": seed})
        self.model.sim_setup(steps=10**9, seed=seed)

    def step(self) -> None:
        """Let a month pass."""
        self.model.sim_step()

    def users(self) -> list[int]:
        """Count the users of each option."""
        chosen = list(self.model.people.choice)
        return [chosen.count(k) for k in range(OPTIONS)]
