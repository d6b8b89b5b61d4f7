"""A firm: aims trials, fills the slots of its releases, opens modules; firms differ in strategy, not in class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.actor import Actor, World
from sim.agents.module import Module
from sim.agents.releases import Brief, Plan, Product, plan_slot
from sim.mechanisms import absorption, arbitrage, flywheel, organisation, reuse
from sim.parameters import Strategy

Floats = NDArray[np.float64]


class SearchProblem(NamedTuple):
    """The month's trials as arrays: modules (n), clusters (T) and the budgets on them."""

    modules: list[Module]
    slots: list[int]
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
    """One firm with its cash, its experience, its perception of what matters, and its products."""

    def __init__(self, model: World, name: str, strategy: Strategy, perceived: Floats) -> None:
        super().__init__(model)
        self.name = name
        self.strategy = strategy
        self.perceived = perceived
        self.focal = name == "focal"
        self.cash = strategy.endowment
        self.gap = model.parameters.arbitrage.gap
        self.experience = 0.0
        self.review = 0.0
        self.record = np.zeros(len(perceived))
        self.reference = np.ones(len(perceived))
        self.products: list[Product] = []
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
    def modules(self) -> list[Module]:
        """Modules in live products, each once, in order of first use."""
        return list({module.unique_id: module for product in self.products for module in product.modules}.values())

    @property
    def absorptive(self) -> float:
        """Absorptive capacity A."""
        given = self.model.parameters.absorption
        return absorption.capacity(self.experience, given.half) if given.enabled else 0.0

    @property
    def openness(self) -> float:
        """Share of its modules that the firm opens, its own choice or by mandate."""
        return float(max(self.strategy.openness, self.model.policy["mandate"]))

    def opens(self, module: Module) -> bool:
        """Whether it has opened that module; only the owner can."""
        return module.owner is self and module.secrecy < self.openness

    def unit_cost(self, product: Product) -> float:
        """Return the unit cost C of a product with the market's true weights."""
        costs = np.array([module.cost for module in product.modules])
        points = np.array([module.point for module in product.modules])
        penalty = self.model.parameters.reuse.mismatch_penalty
        running = reuse.running_cost(costs, np.abs(points - product.requirement), penalty)
        return float(self.model.architecture.weights @ running)

    def relative_prices(self, product: Product) -> Floats:
        """Return the price of a trial on each slot of a product, relative to founding (M,)."""
        costs = np.array([module.cost for module in product.modules])
        given = self.model.parameters.flywheel
        elasticity = self.model.architecture.elasticity
        return flywheel.trial_price(costs, self.reference, elasticity, 1.0, given.price_floor, given.form)

    def first_uses(self) -> list[tuple[Product, Module]]:
        """Return each live module once, with the first of the live products that use it."""
        uses = [(product, module) for product in reversed(self.products) for module in reversed(product.modules)]
        return list({module.unique_id: (product, module) for product, module in uses}.values())[::-1]

    def own_modules(self, slot: int) -> list[Module]:
        """Return the firm's own modules for a slot: in live products, and on the shelf."""
        at_hand = {module.unique_id: module for module in (*self.modules, *self.shelf.values())}
        return [module for module in at_hand.values() if module.slot == slot and module.owner is self]

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
        model, given = self.model, self.model.parameters
        modules = self.modules
        index = {module.unique_id: n for n, module in enumerate(modules)}
        tasks: dict[tuple[int, ...], list[tuple[int, Product]]] = {}
        for product in self.products:
            for slot, cluster in enumerate(model.architecture.clusters):
                own = [product.modules[j] for j in cluster if product.modules[j].owner is self]
                if own and own[0].slot == slot:
                    tasks.setdefault(tuple(index[module.unique_id] for module in own), []).append((slot, product))
        clusters, slots = list(tasks), [uses[0][0] for uses in tasks.values()]
        elasticity = np.zeros((len(tasks), len(modules)))
        for t, uses in enumerate(tasks.values()):
            for slot, product in uses:  # products that share a cluster may differ in what prices its trials: their mean
                for j, weight in model.architecture.links[slot]:
                    elasticity[t, index[product.modules[j].unique_id]] += weight / len(uses)
        weights = np.array([self.perceived[module.slot] * max(1, module.uses) for module in modules])
        price = partial(
            flywheel.trial_price,
            reference=np.array([self.reference[module.slot] for module in modules]),
            elasticity=elasticity,
            base=given.search.trial_price * self._discounts(slots),
            floor=given.flywheel.price_floor,
            form=given.flywheel.form,
        )
        return SearchProblem(modules, slots, weights, clusters, self._aimed(budget, clusters, slots, modules), price)

    def _discounts(self, slots: list[int]) -> Floats:
        """Return what a lasting shock leaves of the price of trials on some slots; 1 without one."""
        given = self.model.parameters.shock
        if not (self.focal and given.lasting and given.slot and self.model.month >= given.month):
            return np.ones(len(slots))
        return np.where(np.array(slots) == self.model.architecture.slots.index(given.slot), 1.0 - given.size, 1.0)

    def open_problem(self, trials: float) -> SearchProblem:
        """Aim contributed trials at the firm's open modules, by what is at stake; they cost the firm no money."""
        full = self.search_problem(trials)
        is_open = [self.opens(module) for module in full.modules]
        clusters = [tuple(j for j in cluster if is_open[j]) for cluster in full.clusters if is_open[cluster[0]]]
        clusters = list(dict.fromkeys(clusters))
        slots = [full.modules[cluster[0]].slot for cluster in clusters]
        stakes = self._stakes(clusters, full.modules)
        budgets = trials * stakes / stakes.sum() if clusters else np.zeros(0)
        return SearchProblem(full.modules, slots, full.weights, clusters, budgets, partial(_one_each, len(clusters)))

    def _aimed(self, budget: float, clusters: list[tuple[int, ...]], slots: list[int], modules: list[Module]) -> Floats:
        if not clusters:
            return np.zeros(0)
        given = self.model.parameters.organisation
        stakes = self._stakes(clusters, modules)
        if not given.enabled:
            return budget * organisation.aim(stakes, np.zeros(len(slots)), 0.0)
        shares = organisation.aim(stakes, self.record[slots], given.autonomy)
        return budget * organisation.upkeep(len(modules), given.span) * shares

    def _stakes(self, clusters: list[tuple[int, ...]], modules: list[Module]) -> Floats:
        """Return what is at stake in each cluster's root (T,): ŵ c times uses, divided among clusters of one root."""
        roots = [modules[cluster[0]] for cluster in clusters]
        times = {root.unique_id: roots.count(root) for root in roots}
        return np.array([self.perceived[r.slot] * max(1, r.uses) * r.cost / times[r.unique_id] for r in roots])

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

    def replace_module(self, product: Product, slot: int, module: Module) -> None:
        """Exchange one module of a live product."""
        old, product.modules[slot] = product.modules[slot], module
        module.uses += 1
        old.uses -= 1
        self._shelve(old)

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

    def open_ledger(self) -> None:
        """Begin a month's book; what was spent on trials in the last one is what policy may match."""
        self.matched, self.month = self.month.rd_spending, Ledger()

    def pay(self, amount: float) -> None:
        """Take an amount from cash; cash never falls below 0."""
        self.cash = max(0.0, self.cash - amount)
