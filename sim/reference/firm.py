"""A firm: its cash, its experience, its core, its products; what it does in a month stands beside each law."""

from __future__ import annotations

from collections import Counter
from math import exp, log, nan
from typing import TYPE_CHECKING

import mesa

from sim.mechanisms.effort import Strategy
from sim.mechanisms.release import ScheduledRelease
from sim.reference import demand
from sim.reference.modules import Module
from sim.reference.plans import Brief
from sim.reference.prices import relative_price
from sim.reference.products import Product
from sim.reference.search import Kept

if TYPE_CHECKING:
    from sim.reference.model import Reference


class Firm(mesa.Agent):
    """One firm; firms differ in strategy, not in class, and only the focal one has a parent."""

    model: Reference

    def __init__(self, model: Reference, strategy: Strategy, *, focal: bool) -> None:
        super().__init__(model)
        slots = model.design.numbers
        self.strategy = strategy
        self.focal = focal
        self.cash = strategy.endowment
        self.gap = model.parameters.arbitrage.gap
        self.errors = [self.random.gauss(0.0, 1.0) for _ in slots]  # of perceived weights
        self.core = [0.0 for _ in slots]
        self.record = [0.0 for _ in slots]  # fading memory of kept trials
        self.slot_prices = [1.0 for _ in slots]  # of trials, relative, at the last month's end
        self.products: list[Product] = []  # live ones, in order of their lines
        self.shelf: dict[int, Module] = {}  # by slot, the cheapest own module that no live product uses
        self.brief: Brief | None = None
        self.joined: set[frozenset[tuple[int, int]]] = set()
        self.events: Counter[str] = Counter()
        self.releases = self.last_release = self.independent = self.integrated = 0
        self.users = self.forks = 0
        self.experience = self.independent_size = self.spent = self.expected_development = 0.0
        self.review = self.product_openness = self.rd_spending = 0.0
        self.capability = self.cost_of_use = self.systems_cost = self.algorithms_cost = nan
        self.open_books()
        self.perceived = demand.perceived(self)
        demand.inherit(self)

    # What it has and what it is.

    def modules(self) -> list[Module]:
        """Return the modules in live products, each once."""
        return list(dict.fromkeys(module for product in self.products for module in product.modules.values()))

    def at_hand(self, slot: int) -> list[Module]:
        """Return the own modules for a slot: those of live products, and the one on the shelf."""
        everything = [*self.modules(), *self.shelf.values()]
        return [module for module in everything if module.slot == slot and module.owner is self]

    def open_modules(self) -> list[Module]:
        """Return the live modules that it owns and has opened."""
        return [module for module in self.modules() if module.owner is self and module.is_open]

    def unit_cost(self, product: Product) -> float:
        """Return what a unit of a product's capability costs, by the market's weights."""
        design = self.model.design
        return product.unit_cost(self.model.parameters.reuse.mismatch_penalty, design.weights, design.numbers)

    def offered(self) -> Product:
        """Return the product that it offers: the cheapest, of the lowest line on a tie."""
        return min(self.products, key=self.unit_cost)

    def openness_of(self, product: Product) -> float:
        """Return the share, by weight, of the firm's own modules in a product that are open."""
        weights = self.model.design.weights
        own = [module for module in product.modules.values() if module.owner is self]
        total = sum(weights[module.slot] for module in own)
        return sum(weights[module.slot] for module in own if module.is_open) / total if own else 0.0

    @property
    def absorptive(self) -> float:
        """Absorptive capacity A = K / (K + K₀) (Cohen, Levinthal 1990)."""
        given = self.model.parameters.absorption
        return self.experience / (self.experience + given.half) if given.enabled else 0.0

    def absorbs(self, hazard: float) -> bool:
        """Whether it absorbs one thing in a month, by chance."""
        return self.random.random() < 1.0 - exp(-hazard * self.absorptive)

    @property
    def platform(self) -> float:
        """Strength π of the platform strategy."""
        return self.strategy.platform if self.model.parameters.reuse.enabled else 0.0

    def dated(self) -> ScheduledRelease | None:
        """Return the next dated release, if there is one."""
        dated = self.model.parameters.release.schedule if self.focal else ()
        return dated[self.releases] if self.releases < len(dated) else None

    def next_release(self) -> int:
        """Return the month for which the next release is planned."""
        dated = self.dated()
        return dated.month if dated else self.last_release + self.model.parameters.reuse.interval

    # Its books.

    def perceive(self) -> None:
        """See anew what the slots weigh."""
        self.perceived = demand.perceived(self)

    def open_books(self) -> None:
        """Begin a month, with the best in the world as everybody knows it then."""
        self.matched = self.rd_spending  # in the last month, which policy may match
        self.openness = max(self.strategy.openness, self.model.levers["mandate"])
        self.best = list(self.model.frontier.best)
        self.revenue = self.rd_spending = self.development = 0.0
        self.trials = self.development_trials = self.inflow = self.contributed = 0.0
        self.kept = self.innovations = self.patches = self.imitations = self.contributors = 0

    def pay(self, amount: float) -> None:
        """Spend an amount on research and development."""
        self.cash = max(0.0, self.cash - amount)
        self.spent += amount

    def develop(self, cost: float) -> None:
        """Pay for development."""
        self.pay(cost)
        self.development += cost

    def learn(self, kept: list[Kept]) -> None:
        """Gain experience from own kept trials; those that set a new best in the world are independent innovations."""
        self.kept += len(kept)
        self.experience += len(kept)
        for task, costs in kept:
            slots = [part.module.slot for part in task.parts]
            better = [(slot, cost) for slot, cost in zip(slots, costs, strict=True) if cost < self.best[slot]]
            for slot, cost in better:
                self.independent_size += log(self.best[slot] / cost)
                self.best[slot] = cost
            self.innovations += bool(better)
            self.independent += bool(better)

    def close_books(self) -> None:
        """End a month: note what a trial costs now on each slot of the product on offer."""
        if self.releases:
            product = self.offered()
            self.slot_prices = [relative_price(self, product, slot) for slot in self.model.design.numbers]
