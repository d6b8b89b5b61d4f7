"""A firm: aims trials, fills the slots of its releases, opens modules; firms differ in strategy, not in class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.actor import Actor, World
from sim.agents.field import Field, lay_out
from sim.agents.module import Module
from sim.agents.releases import Brief, Plan, Product, plan_slot
from sim.mechanisms import absorption, arbitrage, flywheel, organisation, reuse
from sim.parameters import Strategy

Floats = NDArray[np.float64]


class SearchProblem(NamedTuple):
    """The month's trials as arrays: modules (n), clusters (T) and the budgets on them."""

    modules: list[Module]
    weights: Floats
    clusters: list[tuple[int, ...]]
    budgets: Floats
    price: Callable[[Floats], Floats]

    @property
    def costs(self) -> Floats:
        """Costs of the modules (n,)."""
        return np.array([module.cost for module in self.modules])


@dataclass
class Ledger:
    """The firm's flows of one month, in money."""

    funding: float = 0.0
    earnings: float = 0.0
    revenue: float = 0.0
    rd_spending: float = 0.0
    development: float = 0.0


def _one_each(clusters: int, costs: Floats) -> Floats:  # noqa: ARG001  contributed trials cost one trial each
    return np.ones(clusters)


class Firm(Actor):
    """One firm with its cash, its experience, its perception of what matters, and its products.

    ``modules`` are those in live products, each once, in order of first use; ``first_uses`` has them with the first
    of the live products that use them.
    """

    def __init__(self, model: World, name: str, strategy: Strategy, perceived: Floats) -> None:
        super().__init__(model)
        self.name = name
        self.strategy = strategy
        self.openness = strategy.openness
        self.perceived = perceived
        self.focal = name == "focal"
        self.cash = strategy.endowment
        self.gap = model.parameters.arbitrage.gap
        self.experience = 0.0
        self.review = 0.0
        self.record = np.zeros(len(perceived))
        self.reference = np.ones(len(perceived))
        self.products: list[Product] = []
        self.modules: list[Module] = []
        self.first_uses: list[tuple[Product, Module]] = []
        self._own_field: tuple[tuple[bool, ...], Field] | None = None
        self._others_field: tuple[tuple[Field, tuple[bool, ...]], Field] | None = None
        self.shelf: dict[int, Module] = {}
        self.brief: Brief | None = None
        self.releases = 0
        self.filled = 0
        self.reused = 0
        self.joined: set[frozenset[int]] = set()
        self.independent = 0
        self.integrated = 0
        self.trials = 0.0
        self.kept = 0
        self.spent = 0.0
        self.last_release = 0
        self.expected_development = 0.0
        self.month = Ledger()
        self.matched = 0.0

    # What it is.

    @property
    def absorptive(self) -> float:
        """Absorptive capacity A."""
        given = self.model.parameters.absorption
        return absorption.capacity(self.experience, given.half) if given.enabled else 0.0

    def opens(self, module: Module) -> bool:
        """Whether it has opened that module; only the owner can."""
        return module.owner is self and module.secrecy < self.openness

    def unit_cost(self, product: Product) -> float:
        """Return the unit cost C of a product with the market's true weights."""
        total = 0.0
        for load, module in zip(product.loads, product.modules, strict=True):
            total += load * module.cost
        return total

    def relative_prices(self, product: Product) -> Floats:
        """Return the price of a trial on each slot of a product, relative to founding (M,)."""
        costs = np.array([module.cost for module in product.modules])
        given = self.model.parameters.flywheel
        elasticity = self.model.architecture.elasticity
        return flywheel.trial_price(costs, self.reference, elasticity, 1.0, given.price_floor, given.form)

    def at_hand(self, slot: int) -> list[Module]:
        """Return the modules for a slot that the firm could take: in live products, and on the shelf."""
        kept = self.shelf.get(slot)
        live = [module for module in self.modules if module.slot == slot]
        return live if kept is None or kept in live else [*live, kept]

    def own_modules(self, slot: int) -> list[Module]:
        """Return those of them that are its own."""
        return [module for module in self.at_hand(slot) if module.owner is self]

    def offered(self) -> Product:
        """Return the product it offers: the cheapest of its lines, the earlier on a tie."""
        return min(self.products, key=self.unit_cost)

    def product_openness(self, product: Product) -> float:
        """Return the openness of a product: the share by weight of the firm's own modules in it that are open."""
        weights = self.model.architecture.weights
        own = [(w, self.opens(m)) for w, m in zip(weights, product.modules, strict=True) if m.owner is self]
        return float(sum(w for w, is_open in own if is_open) / sum(w for w, _ in own)) if own else 0.0

    # What it decides.

    def allocate(self) -> tuple[float, float]:
        """Divide effort between arbitrage and innovation."""
        wanted = self.strategy.arbitrage if self.model.parameters.arbitrage.enabled else 0.0
        return arbitrage.split_effort(wanted, self.strategy.innovation, self.review)

    def rd_budget(self, effort: float) -> float:
        """Spend what the team can turn into trials, but set aside what the next release is expected to cost."""
        planned = max(1, self.model.next_release(self) - self.last_release)
        reserve = self.expected_development * min(1.0, (self.model.month - self.last_release) / planned)
        return float(np.clip(self.cash - reserve, 0.0, effort * self.strategy.capacity))

    def search_problem(self, budget: float) -> SearchProblem:
        """Aim a budget at the clusters of its products: from above by what is at stake, locally by success."""
        given, field = self.model.parameters, self._field()
        price = partial(
            flywheel.trial_price,
            reference=field.reference,
            elasticity=field.elasticity,
            base=given.search.trial_price * self._discounts(field.slots),
            floor=given.flywheel.price_floor,
            form=given.flywheel.form,
        )
        return SearchProblem(field.modules, field.weights, field.clusters, self._aimed(budget, field), price)

    def open_problem(self, trials: float) -> SearchProblem:
        """Aim contributed trials at the firm's open modules, by what is at stake; they cost the firm no money."""
        field = self._open_field()
        stakes = field.stakes()
        budgets = trials * stakes / stakes.sum() if field.clusters else np.zeros(0)
        price = partial(_one_each, len(field.clusters))
        return SearchProblem(field.modules, field.weights, field.clusters, budgets, price)

    def _aimed(self, budget: float, field: Field) -> Floats:
        if not field.clusters:
            return np.zeros(0)
        given = self.model.parameters.organisation
        if not given.enabled:
            return budget * organisation.aim(field.stakes(), np.zeros(len(field.slots)), 0.0)
        shares = organisation.aim(field.stakes(), self.record[field.slots], given.autonomy)
        return budget * organisation.upkeep(len(field.modules), given.span) * shares

    def _discounts(self, slots: list[int]) -> Floats:
        """Return what a lasting shock leaves of the price of trials on some slots; 1 without one."""
        given = self.model.parameters.shock
        if not (self.focal and given.lasting and given.slot and self.model.month >= given.month):
            return np.ones(len(slots))
        return np.where(np.array(slots) == self.model.architecture.slots.index(given.slot), 1.0 - given.size, 1.0)

    def _field(self) -> Field:
        """Return what it may redesign; laid out anew if its modules, or who owns them, have changed."""
        owned = tuple(module.owner is self for module in self.modules)
        if self._own_field is None or self._own_field[0] != owned:
            self._own_field = owned, lay_out(self)
        return self._own_field[1]

    def _open_field(self) -> Field:
        """Return what contributors may redesign: the open part of each cluster whose root is open."""
        full, is_open = self._field(), tuple(self.opens(module) for module in self.modules)
        key = full, is_open
        if self._others_field is None or self._others_field[0][0] is not full or self._others_field[0][1] != is_open:
            parts = [tuple(j for j in cluster if is_open[j]) for cluster in full.clusters if is_open[cluster[0]]]
            self._others_field = key, full.limited_to(list(dict.fromkeys(parts)), self.perceived)
        return self._others_field[1]

    def plan(self, brief: Brief, outside: Floats | None) -> list[Plan]:
        """Plan each slot of a release; ``outside`` holds outside modules' costs (M,), None where none can be had."""
        return [plan_slot(self, slot, brief, outside) for slot in range(len(self.perceived))]

    # What is done.

    def put_into_use(self, product: Product) -> None:
        """Renew the product's line; retire what no live product uses, but keep the best own module of each slot."""
        displaced = [p for p in self.products if p.line == product.line]
        self.products = [p for p in self.products if p.line != product.line] + [product]
        for module in product.modules:
            module.uses += 1
            module.releases += 1
        for old in displaced:
            for module in old.modules:
                module.uses -= 1
                self._shelve(module)
        self._take_stock()

    def replace_module(self, product: Product, slot: int, module: Module) -> None:
        """Exchange one module of a live product."""
        old, product.modules[slot] = product.modules[slot], module
        module.uses += 1
        old.uses -= 1
        self._shelve(old)
        self._take_stock()

    def _take_stock(self) -> None:
        """List the modules in live products, each once, with its first use, and weigh each product's slots."""
        first: dict[int, tuple[Product, Module]] = {}
        weights, penalty = self.model.architecture.weights, self.model.parameters.reuse.mismatch_penalty
        for product in self.products:
            points = np.array([module.point for module in product.modules])
            product.loads = (weights * reuse.running_cost(1.0, np.abs(points - product.requirement), penalty)).tolist()
            for module in product.modules:
                first.setdefault(int(module.unique_id), (product, module))
        self._own_field = self._others_field = None
        self.first_uses = list(first.values())
        self.modules = [module for _, module in self.first_uses]

    def _shelve(self, module: Module) -> None:
        """Keep an unused own module to fall back on if it is the best of its slot; retire it otherwise."""
        if module.uses > 0:
            return
        kept = self.shelf.get(module.slot)
        if module.owner is self and (kept is None or kept.uses > 0 or module.cost < kept.cost):
            self.shelf[module.slot] = module
            module = kept if kept is not None and kept.uses == 0 else module
        if self.shelf.get(module.slot) is not module:
            self.model.log("retired", self, slot=module.slot, module=module, value=module.cost)
            module.remove()

    def mandate(self, least: float) -> None:
        """Open as large a share of its modules as it chose, or as policy wants at least."""
        self.openness = max(self.strategy.openness, least)

    def open_ledger(self) -> None:
        """Begin a month's book; what was spent on trials in the last one is what policy may match."""
        self.matched, self.month = self.month.rd_spending, Ledger()

    def pay(self, amount: float) -> None:
        """Take an amount from cash; cash never falls below 0."""
        self.cash = max(0.0, self.cash - amount)
