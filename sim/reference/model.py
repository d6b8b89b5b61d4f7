"""The model: a month in stages, every agent of a kind doing its part before the next part begins."""

from __future__ import annotations

from collections import Counter

import mesa
from mesa.datacollection import DataCollector
from mesa.discrete_space import Network

from sim.parameters import Parameters
from sim.reference import commons, demand, effort, market, openness, release
from sim.reference.adopter import Adopter
from sim.reference.architecture import Architecture
from sim.reference.firm import Firm
from sim.reference.frontier import Frontier
from sim.reference.modules import CommonsModule
from sim.reference.networks import Edges, social_network
from sim.reference.outcomes import REPORTERS


class Reference(mesa.Model):
    """A focal firm, its rivals, their modules, and adopters on a network, over months.

    Args:
        parameters: all parameters; the defaults if None.
        rng: the run's seed.
        edges: pairs of adopters, numbered from 0, when ``diffusion.network`` is 'edges'.
    """

    def __init__(
        self, parameters: Parameters | None = None, rng: int | None = None, edges: Edges | None = None
    ) -> None:
        super().__init__(rng=rng)
        self.parameters = parameters or Parameters()
        self.month = 0
        self.levers: Counter[str] = Counter()
        self.policy_cost = 0.0
        self.design = Architecture(self.parameters, self.random)
        self.parent_weights = demand.parent_weights(self)
        self.frontier = Frontier(self)
        self.firms = [Firm(self, self.parameters.firm, focal=True)]
        self.firms += [Firm(self, self.parameters.rival, focal=False) for _ in range(self.parameters.rival.count)]
        self.frontier.note()
        self.commons = [CommonsModule(self) for _ in self.parameters.commons.modules]
        self.commons_founding = sum(module.cost for module in self.commons)
        self.commons_cost, self.commons_trials = 1.0, 0.0
        self.settle(edges)
        self.datacollector = DataCollector(model_reporters=REPORTERS)  # type: ignore[no-untyped-call]

    def settle(self, edges: Edges | None) -> None:
        """Put an adopter on each cell of the network; some of them use the focal product from the start."""
        graph = social_network(self.parameters.diffusion, self.random, edges)
        self.network = Network(graph, capacity=1, random=self.random)
        self.adopters = [Adopter(self, cell) for cell in self.network.all_cells]
        if self.parameters.diffusion.seeds > 0.0:
            count = max(1, round(self.parameters.diffusion.seeds * len(self.adopters)))
            for adopter in self.random.sample(self.adopters, count):
                adopter.next = self.firms[0]
                adopter.move()

    @property
    def on_offer(self) -> list[Firm]:
        """The firms that have a product on the market."""
        return [firm for firm in self.firms if firm.releases]

    def step(self) -> None:
        """Demand aims, trials improve, releases reuse, users adopt, and what they give back feeds the next month."""
        self.month += 1
        firms, adopters = self.agents_by_type[Firm], self.agents_by_type[Adopter]
        self.govern()
        self.supply()
        self.shock()
        firms.do("perceive")
        stages = [effort.invent, release.supply]
        for stage in stages if self.parameters.run.order == "search-first" else reversed(stages):
            firms.do(stage)
        firms.do(effort.work_gap)
        firms.do(market.offer)
        if self.parameters.diffusion.enabled:
            adopters.do("look")
            adopters.do("move")
        firms.do(market.collect)
        commons.grow(self)
        firms.do(openness.take_patches)
        openness.leak(self)
        self.frontier.note()
        firms.do("close_books")
        self.datacollector.collect(self)  # type: ignore[no-untyped-call]
        self.running = self.month < self.parameters.run.months

    def govern(self) -> None:
        """Set the levers of policy; levels of the same lever add up."""
        given = self.parameters.policy
        self.levers = Counter()
        for measure in given.schedule if given.enabled else ():
            if measure.start <= self.month <= measure.end:
                self.levers[measure.lever] += measure.level  # type: ignore[assignment]

    def spend_publicly(self, amount: float) -> float:
        """Return an amount that the public pays."""
        self.policy_cost += amount
        return amount

    def supply(self) -> None:
        """Let the frontier advance; when supply is cut, firms lose what they have from outside."""
        was_cut = self.frontier.cut
        self.frontier.step()
        self.agents_by_type[Firm].do("open_books")
        if self.frontier.cut and not was_cut:
            self.agents_by_type[Firm].do(release.lose_outside)

    def shock(self) -> None:
        """Let the experimenter make the focal firm's own modules of one slot cheaper, once."""
        given, firm = self.parameters.shock, self.firms[0]
        if given.slot and not given.lasting and self.month == given.month:
            for module in firm.modules():
                if module.owner is firm and self.design.slots[module.slot] == given.slot:
                    module.cost *= 1.0 - given.size
