"""The model: a month in stages, every agent of a kind doing its part before the next part begins."""

from __future__ import annotations

from math import floor

import mesa
import networkx as nx
from mesa.datacollection import DataCollector
from mesa.discrete_space import Network

from benchmarks.twin.adopter import Adopter
from benchmarks.twin.firm import Firm
from benchmarks.twin.frontier import Frontier
from benchmarks.twin.modules import CommonsModule
from benchmarks.twin.outcomes import REPORTERS
from sim.parameters import Parameters


class Twin(mesa.Model):
    """The default model: the mechanisms that it switches on, and its numbers.

    Args:
        months: length of the run; the default if None.
        adopters: users on the network; the default number if None.
        rng: the run's seed.
    """

    def __init__(self, months: int | None = None, adopters: int | None = None, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        self.parameters = Parameters()
        self.months = self.parameters.run.months if months is None else months
        self.month = 0
        self.lay_out()
        self.frontier = Frontier(self)
        self.firms = [Firm(self, self.parameters.firm, focal=True)]
        self.firms += [Firm(self, self.parameters.rival, focal=False) for _ in range(self.parameters.rival.count)]
        self.frontier.note()
        self.commons = [CommonsModule(self) for _ in self.parameters.commons.modules]
        self.commons_founding = sum(module.cost for module in self.commons)
        self.commons_trials = 0.0
        given = self.parameters.diffusion
        users = given.adopters if adopters is None else adopters
        graph = nx.watts_strogatz_graph(users, round(given.degree), given.rewiring, seed=self.random)
        self.network = Network(graph, capacity=1, random=self.random)
        for cell in self.network.all_cells:
            Adopter(self, cell)
        self.datacollector = DataCollector(model_reporters=REPORTERS)

    def lay_out(self) -> None:
        """Say which slots there are, what each weighs, whose costs price its trials, and which are redrawn with it."""
        given = self.parameters.architecture
        self.slots = given.slots
        weights = [given.weights.get(slot, 1.0) for slot in self.slots]
        self.weights = [weight / sum(weights) for weight in weights]
        count = len(self.slots)
        self.partners = [[(i + step) % count for step in range(1, given.coupling + 1)] for i in range(count)]
        wide = floor(given.widening * given.coupling + 0.5)
        self.clusters = [[i, *others[:wide]] for i, others in enumerate(self.partners)]

    def step(self) -> None:
        """Trials improve, releases reuse, users adopt, and what they give back feeds the next month."""
        self.month += 1
        firms, adopters = self.agents_by_type[Firm], self.agents_by_type[Adopter]
        was_cut = self.frontier.cut
        firms.do("open_books")
        self.frontier.step()
        if self.frontier.cut and not was_cut:
            firms.do("lose_adopted")
        firms.do("invent")
        firms.do("supply")
        self.commons_relative = sum(module.cost for module in self.commons) / self.commons_founding
        firms.do("offer")
        adopters.do("look")
        adopters.do("move")
        firms.do("collect")
        adopters.do("contribute")
        firms.do("receive", sum(firm.contributors for firm in self.firms))
        contributed = sum(firm.contributed for firm in self.firms)
        self.commons_trials = (1.0 - self.parameters.feedback.upstream) * contributed
        self.agents_by_type[CommonsModule].do("improve", self.commons_trials / len(self.commons))
        firms.do("review_contributions")
        firms.do("look_around")
        firms.do("imitate")
        self.frontier.note()
        self.datacollector.collect(self)
        self.running = self.month < self.months
